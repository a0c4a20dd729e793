"""Flood fill: the grid points that hang together with the clicked one and differ little from it."""

import numpy as np

from lsviewer.core.arrays import Array


def flood(values: Array, at: tuple[int, int], tolerance: float) -> Array:
    """Return which points (n, n, bool) are joined to ``at`` by edges through values within ``tolerance`` of its own.

    Colours (n, n, 3) are as far apart as the channel that differs most.
    """
    from scipy.ndimage import label  # 0.1 s to import: only once somebody fills

    away = np.abs(values - values[at])
    away = away.max(axis=2) if away.ndim == 3 else away
    near = away <= tolerance + 1e-6  # float32 levels that were meant to be equal
    labels, _ = label(near)
    return np.asarray(labels == labels[at])
