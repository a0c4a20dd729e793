"""Flood fill: the grid points that hang together with the clicked one and differ little from it."""

import numpy as np

from lsviewer.core.arrays import Array


def flood(values: Array, at: tuple[int, int], tolerance: float) -> Array:
    """Return which points (n, n, bool) are joined to ``at`` by edges through values within ``tolerance`` of its own."""
    from scipy.ndimage import label  # 0.1 s to import: only once somebody fills

    near = np.abs(values - values[at]) <= tolerance + 1e-6  # float32 levels that were meant to be equal
    labels, _ = label(near)
    return np.asarray(labels == labels[at])
