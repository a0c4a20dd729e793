"""Patterns on another number of grid points, and whether that many fit into memory."""

import math

import numpy as np

from lsviewer.core.arrays import Array
from lsviewer.core.spec import SpecError

MAX_POINTS = 64 * 1024 * 1024  # entries of a pattern


def resample(values: Array, grid: int | None, *, clip: bool = True) -> Array:
    """Return ``values`` with ``grid`` points on every axis: box average when shrinking, then linear; None leaves it as it is."""
    if grid is None or all(n == grid for n in values.shape):
        return values
    refuse_huge(grid, values.ndim, "the pattern")
    for axis, n in enumerate(values.shape):
        values = np.moveaxis(_resample_first(np.moveaxis(values, axis, 0), n, grid), 0, axis)
    return np.clip(values, 0.0, 1.0) if clip else values


def refuse_huge(grid: int, axes: int, what: str) -> None:
    """Raise `SpecError` before a pattern is made that would not fit into memory, saying how much it would need."""
    if grid**axes > MAX_POINTS:
        size = " x ".join([str(grid)] * axes)
        raise SpecError(
            f"{what} would have {size} points and need {memory(grid**axes)}; at most {memory(MAX_POINTS)} are made"
        )


def memory(points: int) -> str:
    """Return in words how much memory so many numbers need, as float64."""
    exponent = min(4, max(1, int(math.log10(max(8 * points, 1)) // 3)))
    return f"{8 * points / 1000**exponent:.1f} {('kB', 'MB', 'GB', 'TB')[exponent - 1]}"


def _resample_first(values: Array, n: int, grid: int) -> Array:
    """Triangle filter whose width follows the shrinking, corners on corners: the usual antialiased linear resampling."""
    positions = np.linspace(0.0, n - 1.0, grid)
    width = max(1.0, (n - 1) / (grid - 1))
    weights = np.maximum(0.0, 1.0 - np.abs(positions[:, None] - np.arange(n)[None, :]) / width)
    weights /= weights.sum(axis=1, keepdims=True)
    return np.tensordot(weights, values, axes=1)
