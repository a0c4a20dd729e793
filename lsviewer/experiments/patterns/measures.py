"""How close a section is to its pattern: PSNR, R², largest error, and the same between the grid points.

The only freedom of Czarnecki et al. 2019, eq. 8, is a constant, so the best constant is taken off and nothing else (a
free scale would flatter: optimisers shrink it). PSNR has the amplitude as its peak.
"""

import math
from dataclasses import dataclass

import numpy as np

from lsviewer.core.arrays import Array

FLOOR = 1e-40  # mean square that counts as none: 400 dB


@dataclass(frozen=True, slots=True)
class Fit:
    """A section against its target: ``offset`` is the best constant."""

    psnr_db: float
    r2: float
    max_abs_error: float
    offset: float
    worst: tuple[int, ...]  # grid point of the largest error


def fit_of(values: Array, target: Array, amplitude: float) -> Fit:
    """Return how well ``values ~ target + constant``."""
    if values.shape != target.shape:
        raise ValueError(f"the section has shape {values.shape}, its target {target.shape}")
    offset = float((values - target).mean())
    error = values - target - offset
    worst = np.unravel_index(int(np.abs(error).argmax()), error.shape)
    spread = float(((target - target.mean()) ** 2).sum())
    r2 = 1.0 - float((error**2).sum()) / spread if spread > 0 else math.nan
    return Fit(psnr(error, amplitude), r2, float(np.abs(error).max()), offset, tuple(int(k) for k in worst))


def psnr(error: Array, amplitude: float) -> float:
    """Return 10 log10(amplitude² / mean square of the error); at most 400, NaN stays."""
    return -10.0 * math.log10(max(float(((error / amplitude) ** 2).mean()), FLOOR))


def cell_means(values: Array) -> Array:
    """Return the mean of the 2^z corners of every cell: the multilinear interpolant at the middles, (G - 1,) * z."""
    for axis in range(values.ndim):
        values = np.moveaxis(values, axis, 0)
        values = np.moveaxis(0.5 * (values[1:] + values[:-1]), 0, axis)
    return values


def lowest(values: Array) -> tuple[int, ...]:
    """Return the grid point of the smallest value."""
    return tuple(int(k) for k in np.unravel_index(int(np.nanargmin(values)), values.shape))
