"""Reading ``.npy`` files as patterns: the header first, then what was chosen of the array and no more.

An array with more than three axes is cut: ``fixed`` has an entry for every axis, its index or None where the axis is kept.
"""

import math
import warnings
from pathlib import Path

import numpy as np

from lsviewer.core.arrays import Array
from lsviewer.core.resampling import MAX_POINTS, memory
from lsviewer.core.spec import SpecError

MAX_AXES = 8
Fixed = tuple[int | None, ...]
"""For every axis of an array the index at which it is cut, or None: it is an axis of the pattern."""


def read_array(path: Path, fixed: Fixed = ()) -> Array:
    """Return a ``.npy`` pattern; refuses pickles, other types, NaN, values outside [0, 1], unequal axes."""
    values, where = read_numbers(path, fixed), f"array {path.name!r}"
    if len(set(values.shape)) > 1:
        raise SpecError(f"{where} has shape {values.shape}; all axes must have the same length")
    return values


def read_numbers(path: Path, fixed: Fixed = ()) -> Array:
    """Return a ``.npy`` file of one to three axes, float64 in [0, 1]; refuses pickles, other types, NaN and other values."""
    where = f"array {path.name!r}"
    array = _opened(path)
    if fixed:
        _check(fixed, array.shape, where)
        array = array[tuple(slice(None) if index is None else index for index in fixed)]
    elif array.ndim > 3:
        example = [None if axis in kept_axes(array.shape) else n // 2 for axis, n in enumerate(array.shape)]
        raise SpecError(
            f"{where} has shape {array.shape}; a pattern has up to three axes: choose the indices of the others in "
            f"field 'fixed', for example {_json(tuple(example))}"
        )
    if array.ndim not in (1, 2, 3) or min(array.shape) < 2:
        raise SpecError(f"{where} has shape {array.shape}; one, two or three axes of at least 2 points are expected")
    if array.size > MAX_POINTS:
        raise SpecError(
            f"{where} has {array.size} values and would need {memory(array.size)}; at most {memory(MAX_POINTS)} are read"
        )
    values = np.array(array, dtype=np.float64)
    if not np.isfinite(values).all():
        raise SpecError(f"{where} has {int((~np.isfinite(values)).sum())} values that are not finite")
    return in_range(values, where)


def array_shape(path: Path) -> tuple[int, ...]:
    """Return the shape of a ``.npy`` file of numbers, from its header; raises `SpecError`."""
    return _opened(path).shape


def kept_axes(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return which three axes of an array with more to show at first: the last of the equally long ones."""
    by_length: dict[int, list[int]] = {}
    for axis, n in enumerate(shape):
        by_length.setdefault(n, []).append(axis)
    best = max(by_length.values(), key=lambda axes: (len(axes), axes[-1]))
    return tuple(best[-3:]) if len(best) >= 2 else tuple(range(len(shape)))[-3:]


def in_range(values: Array, where: str) -> Array:
    """Return values in [0, 1], rounding let go; raises `SpecError` for others."""
    slack = 1e-9
    low, high = float(values.min()), float(values.max())
    if low < -slack or high > 1 + slack:
        raise SpecError(f"{where} has values from {low:.4g} to {high:.4g}; a pattern lies in [0, 1]")
    return np.clip(values, 0.0, 1.0)


def _opened(path: Path) -> Array:
    """Return the array as a view of its file: nothing is read but the header, and that must fit the file's length."""
    where = f"array {path.name!r}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)  # a product of sizes that overflows
            _refuse_promises(path, where)
            array = np.load(path, allow_pickle=False, mmap_mode="r")
    except (ValueError, OSError, EOFError, OverflowError, RuntimeWarning) as error:
        if isinstance(error, SpecError):
            raise
        pickled = any(word in str(error).lower() for word in ("pickle", "object array", "python objects"))
        why = "holds Python objects, which are never loaded" if pickled else "is not a .npy file that can be read"
        raise SpecError(f"{where} {why}") from None
    if isinstance(array, np.lib.npyio.NpzFile):
        array.close()
        raise SpecError(f"{where} is an archive of arrays (.npz); one array (.npy) is expected")
    if array.dtype.kind not in "fiub" or array.ndim > MAX_AXES:
        raise SpecError(f"{where} must hold one array of real numbers with at most {MAX_AXES} axes")
    return np.asarray(array)


def _refuse_promises(path: Path, where: str) -> None:
    """Refuse a header that promises more than the file holds, in its own words."""
    with path.open("rb") as stream:
        if stream.read(6) != b"\x93NUMPY":
            return
        stream.seek(0)
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(stream)
        needed, there = math.prod(shape) * dtype.itemsize, path.stat().st_size - stream.tell()
    if not dtype.hasobject and (min(shape, default=0) < 0 or needed > there):
        raise SpecError(f"{where} is cut short: its header says {shape}, {needed} bytes, and {there} are there")


def _check(fixed: Fixed, shape: tuple[int, ...], where: str) -> None:
    if len(fixed) != len(shape):
        raise SpecError(f"field 'fixed' has {len(fixed)} entries; {where} has {len(shape)} axes, {shape}")
    if not 1 <= fixed.count(None) <= 3:
        raise SpecError(f"field 'fixed' keeps {fixed.count(None)} axes (null); a pattern has one, two or three")
    for axis, (index, n) in enumerate(zip(fixed, shape, strict=True)):
        if index is not None and not 0 <= index < n:
            raise SpecError(f"field 'fixed' cuts axis {axis + 1} at {index}; {where} has {n} points there, from 0")


def _json(fixed: Fixed) -> str:
    return "[" + ", ".join("null" if index is None else str(index) for index in fixed) + "]"
