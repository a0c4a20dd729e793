"""Filters on a whole pattern: values in [0, 1] in, float32 values in [0, 1] out; one, two or three axes, ij order, or a picture
in colour (n, n, 3), whose channels are treated alike.

"Left", "right", "horizontal" are as seen: axis 0 points right, axis 1 points up.
"""

import numpy as np

from lsviewer.core.arrays import Array
from lsviewer.core.pattern import is_colour


def blur(values: Array, sigma: float = 1.0) -> Array:
    """Return the pattern smoothed by a Gaussian of ``sigma`` grid points; the edge continues by its mirror image."""
    result = np.asarray(values, np.float64)
    for axis, n in enumerate(values.shape[:2] if is_colour(values) else values.shape):
        result = np.moveaxis(np.tensordot(_gaussian(n, sigma), result, axes=(1, axis)), 0, axis)
    return _finish(result)


def sharpen(values: Array, amount: float = 1.0, sigma: float = 1.0) -> Array:
    """Return the pattern plus ``amount`` times what a blur takes away (unsharp mask)."""
    return _finish(values + amount * (values - blur(values, sigma).astype(np.float64)))


def invert(values: Array) -> Array:
    """Return 1 - values."""
    return _finish(1.0 - values)


def levels(values: Array, black: float = 0.0, white: float = 1.0, gamma: float = 1.0) -> Array:
    """Return the pattern with ``black`` sent to 0 and ``white`` to 1, then raised to ``1 / gamma`` (above 1 is brighter)."""
    if not white > black:
        raise ValueError(f"white is {white:.4g}, but must lie above black, {black:.4g}")
    stretched = np.clip((np.asarray(values, np.float64) - black) / (white - black), 0.0, 1.0)
    return _finish(stretched if gamma == 1 else stretched ** (1.0 / gamma))


def rotate_left(values: Array) -> Array:
    """Return a plane pattern turned by a quarter against the clock, as seen."""
    return _finish(np.rot90(values))


def rotate_right(values: Array) -> Array:
    """Return a plane pattern turned by a quarter with the clock, as seen."""
    return _finish(np.rot90(values, -1))


def flip_horizontal(values: Array) -> Array:
    """Return the pattern with left and right exchanged."""
    return _finish(np.flip(values, 0))


def flip_vertical(values: Array) -> Array:
    """Return the pattern with up and down exchanged: along axis 1, or the values of a curve."""
    return _finish(1.0 - values if values.ndim == 1 else np.flip(values, 1))


def fill(values: Array, value: float | tuple[float, ...]) -> Array:
    """Return the constant pattern of the same shape; a colour for a picture in colour."""
    return np.full(values.shape, np.clip(value, 0.0, 1.0), np.float32)


def _gaussian(n: int, sigma: float) -> Array:
    """Return the (n, n) matrix of the blur along one axis, rows summing to 1: it keeps constants and their symmetry."""
    if n == 1 or sigma <= 0:
        return np.eye(n)
    reach = int(np.ceil(4 * sigma))
    offsets = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (offsets / sigma) ** 2)
    weights /= weights.sum()
    period = 2 * n
    columns = (np.arange(n)[:, None] + offsets[None, :]) % period
    columns = np.where(columns < n, columns, period - 1 - columns)
    matrix = np.zeros((n, n))
    np.add.at(matrix, (np.broadcast_to(np.arange(n)[:, None], columns.shape), columns), weights[None, :])
    return matrix


def _finish(values: Array) -> Array:
    return np.ascontiguousarray(np.clip(values, 0.0, 1.0), dtype=np.float32)
