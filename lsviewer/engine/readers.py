"""Readers of data files: npz, csv, IDX (MNIST) and the binary CIFAR-10 batches. Never a pickle.

Every size is checked against what the file declares before memory is taken; every error is a `SpecError` of one sentence.
"""

import csv
import gzip
import math
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np

from lsviewer.core.arrays import Array
from lsviewer.core.spec import SpecError
from lsviewer.engine.data import Raw

MAX_BYTES = 2 << 30  # unpacked size of one array or text that is read
IDX_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
CIFAR_RECORD = 1 + 3 * 32 * 32  # one label, then red, green and blue planes


def read_npz(path: Path) -> Raw:
    """Return arrays ``x`` and ``y``, and ``x_test`` with ``y_test`` where both are there."""
    try:
        with zipfile.ZipFile(path) as archive:
            found = {name: _member(archive, name, path.name) for name in ("x", "y", "x_test", "y_test")}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise SpecError(f"file {path.name!r} is not a .npz file that can be read") from error
    for name in ("x", "y"):
        if found[name] is None:
            raise SpecError(f"file {path.name!r} has no array '{name}'; x [N, ...] and y [N] or [N, l] are expected")
    if (found["x_test"] is None) != (found["y_test"] is None):
        there, lacking = ("x_test", "y_test") if found["y_test"] is None else ("y_test", "x_test")
        raise SpecError(f"file {path.name!r} has an array '{there}' but no '{lacking}'")
    x, y = found["x"], found["y"]
    assert x is not None and y is not None
    return Raw(x, y, found["x_test"], found["y_test"])


def _member(archive: zipfile.ZipFile, name: str, file: str) -> Array | None:
    """Return one array of an npz, or None; its header must agree with the size of the member."""
    try:
        info = archive.getinfo(f"{name}.npy")
    except KeyError:
        return None
    where = f"array '{name}' in {file!r}"
    with archive.open(info) as stream:
        try:
            version = np.lib.format.read_magic(stream)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, fortran, dtype = read(stream)
        except ValueError as error:
            raise SpecError(f"{where} is not a .npy array that can be read") from error
        if dtype.hasobject:
            raise SpecError(f"{where} holds Python objects, which are never loaded")
        size = math.prod(shape) * dtype.itemsize
        if size > MAX_BYTES:
            raise SpecError(f"{where} has {size} bytes, at most {MAX_BYTES} are read")
        content = _read_exactly(stream.read, size, where)
    return np.frombuffer(content, dtype=dtype).reshape(shape, order="F" if fortran else "C")


def _read_exactly(read: Callable[[int], bytes], size: int, where: str) -> bytes:
    content = read(size)
    if len(content) != size:
        raise SpecError(f"{where} is cut short: {len(content)} bytes of {size}")
    if read(1):
        raise SpecError(f"{where} is longer than the {size} bytes its header declares")
    return content


def read_csv(path: Path, *, header: Literal["auto", "yes", "no"], label: str, numbers: bool) -> Raw:
    """Return a table of numbers: the column ``label`` (name, or number from 1; empty: the last) is y, the others are x.

    ``numbers``: the label column holds float targets, not classes. ``auto`` takes a first row that is not all numbers as header.
    """
    where = f"file {path.name!r}"
    if path.stat().st_size > MAX_BYTES // 8:
        raise SpecError(f"{where} has {path.stat().st_size} bytes, at most {MAX_BYTES // 8} are read")
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpecError(f"{where} is not text in UTF-8") from error
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)  # the first of equals: a comma
    rows = [row for row in csv.reader(text.splitlines(), delimiter=delimiter) if any(cell.strip() for cell in row)]
    if not rows:
        raise SpecError(f"{where} is empty")
    named = header == "yes" or (header == "auto" and not all(map(_is_number, rows[0])))
    names = [cell.strip() for cell in rows[0]] if named else []
    body = rows[1:] if named else rows
    if not body:
        raise SpecError(f"{where} has a header but no rows")
    column = _column(label, names, len(rows[0]), where)
    table = _table(body, len(rows[0]), named, where)
    y = table[:, column]
    x = np.delete(table, column, axis=1)
    if numbers:
        return Raw(x, y[:, None])
    whole = (np.rint(y) == y) & (np.abs(y) < 2**31)  # false for NaN
    if not whole.all():
        bad = int(whole.argmin())
        raise SpecError(
            f"{where}: labels that are not integers: row {bad + 1 + named} has the label {body[bad][column].strip()!r}"
        )
    return Raw(x, y.astype(np.int64))


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _column(label: str, names: list[str], width: int, where: str) -> int:
    if not label:
        return width - 1
    if label in names:
        return names.index(label)
    if label.isdecimal() and 1 <= int(label) <= width:
        return int(label) - 1
    known = ", ".join(names) if names else f"1 to {width}"
    raise SpecError(f"{where} has no column {label!r} (field 'dataset.label_column'); there are {known}")


def _table(body: list[list[str]], width: int, named: bool, where: str) -> Array:
    if width < 2:
        raise SpecError(f"{where} has one column; inputs and a label are expected")
    table = np.empty((len(body), width))
    for i, row in enumerate(body):
        if len(row) != width:
            raise SpecError(f"{where}: row {i + 1 + named} has {len(row)} cells, the first row has {width}")
        try:
            table[i] = [float(cell) for cell in row]
        except ValueError:
            j = next(j for j, cell in enumerate(row) if not _is_number(cell))
            raise SpecError(
                f"{where}: row {i + 1 + named}, column {j + 1} holds {row[j].strip()!r}, not a number"
            ) from None
    return table


def read_idx(path: Path) -> Array:
    """Return an IDX array, plain or gzipped (LeCun's format: two zeros, type, axes, sizes, data, big endian)."""
    where = f"file {path.name!r}"
    with path.open("rb") as peek:
        packed = peek.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(path) if packed else path.open("rb") as stream:
            head = stream.read(4)
            if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in IDX_TYPES or not 1 <= head[3] <= 4:
                raise SpecError(f"{where} is not an IDX file that can be read")
            dtype = np.dtype(IDX_TYPES[head[2]])
            sizes = stream.read(4 * head[3])
            if len(sizes) < 4 * head[3]:
                raise SpecError(f"{where} is cut short in its header")
            shape = tuple(int(n) for n in np.frombuffer(sizes, ">u4"))
            size = math.prod(shape) * dtype.itemsize
            if size > MAX_BYTES:
                raise SpecError(f"{where} declares {size} bytes, at most {MAX_BYTES} are read")
            content = _read_exactly(stream.read, size, where)
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise SpecError(f"{where} is not a gzip file that can be read") from error
    return np.frombuffer(content, dtype).reshape(shape).astype(dtype.newbyteorder("="))


def read_idx_pair(images: Path, labels: Path) -> tuple[Array, Array]:
    """Return float32 images in [0, 1] where they are bytes (as they are otherwise), and integer labels."""
    x, y = read_idx(images), read_idx(labels)
    if x.ndim < 2:
        raise SpecError(f"file {images.name!r} has shape {x.shape}; images [N, rows, columns] are expected")
    if y.ndim != 1:
        raise SpecError(f"file {labels.name!r} has shape {y.shape}; one label per image is expected")
    return _unit(x), y.astype(np.int64) if y.dtype.kind in "iu" else y


def read_cifar(paths: list[Path]) -> tuple[Array, Array]:
    """Return images [N, 3, 32, 32] in [0, 1] and labels of binary CIFAR-10 batches (Krizhevsky 2009)."""
    parts = []
    for path in paths:
        size = path.stat().st_size
        if size == 0 or size % CIFAR_RECORD or size > MAX_BYTES // 4:
            raise SpecError(
                f"file {path.name!r} has {size} bytes, not a multiple of the {CIFAR_RECORD} of one CIFAR-10 record"
            )
        records = np.fromfile(path, np.uint8).reshape(-1, CIFAR_RECORD)
        if (highest := int(records[:, 0].max())) > 9:
            raise SpecError(f"file {path.name!r} has the label {highest}; CIFAR-10 has 0 to 9")
        parts.append(records)
    records = np.concatenate(parts)
    return _unit(records[:, 1:].reshape(-1, 3, 32, 32)), records[:, 0].astype(np.int64)


def _unit(x: Array) -> Array:
    return x.astype(np.float32) / np.float32(255.0) if x.dtype == np.uint8 else x
