"""Colour maps as tables of 256 colours, one set for heatmap, surface and figures; taken from ``cmap``.

Loss is `lipari` (Crameri 2018), error is `vik` centred at 0, a pattern is grey. All that are offered are perceptually even
and safe for colour-blind readers. Pure numpy; a value that is not finite has no colour and gets index `HOLE`.
"""

from functools import lru_cache

import cmap
import numpy as np
from numpy.typing import NDArray

from lsviewer.core.arrays import Array

LOSS, ERROR, PATTERN = "lipari", "vik", "gray"
OFFERED = ("lipari", "viridis", "cividis", "batlow", "gray")
"""What a user can choose for a loss, by name; the error map is not a choice: it must be diverging and centred."""

_CATALOGUE = {
    "lipari": "crameri:lipari",
    "vik": "crameri:vik",
    "batlow": "crameri:batlow",
    "viridis": "viridis",
    "cividis": "cividis",
    "gray": "gray",
}

LEVELS = 255
"""Colours used for finite values: indices 0 ... 254; the last index is kept for holes."""
HOLE = 255

Bytes = NDArray[np.uint8]


@lru_cache(maxsize=16)
def table(name: str) -> Bytes:
    """Return the map as read-only uint8 [255, 4] RGBA, from low to high. Raises `KeyError` for an unknown name."""
    # not lut(LEVELS): cmap 0.8 rounds the number of entries up to 256
    lut = cmap.Colormap(_CATALOGUE[name])(np.linspace(0.0, 1.0, LEVELS))
    colours = np.ascontiguousarray(np.round(np.asarray(lut) * 255).astype(np.uint8))
    colours.flags.writeable = False
    return colours


def indices(values: Array, low: float, high: float) -> Bytes:
    """Return uint8 like ``values``: 0 ... 254 for ``low`` ... ``high`` (clipped), `HOLE` where not finite."""
    span = high - low if high > low else 1.0
    with np.errstate(invalid="ignore", over="ignore"):
        # subtract first, in the values' own precision: a loss may vary in its seventh digit only
        scaled = ((values - low) * ((LEVELS - 1) / span)).astype(np.float32)
        finite = np.isfinite(scaled)
        np.clip(scaled, 0, LEVELS - 1, out=scaled)
        if finite.all():
            return (scaled + np.float32(0.5)).astype(np.uint8)
        return np.where(finite, scaled + np.float32(0.5), np.float32(HOLE)).astype(np.uint8)


def colours(values: Array, low: float, high: float, name: str) -> Bytes:
    """Return RGBA uint8 [..., 4]; what is not finite is transparent."""
    return _with_hole(name)[indices(values, low, high)]


@lru_cache(maxsize=16)
def _with_hole(name: str) -> Bytes:
    return np.concatenate([table(name), np.zeros((1, 4), np.uint8)])


def limits(values: Array, percentile: float = 100.0) -> tuple[float, float]:
    """Return the lowest and highest finite value; below 100 the middle ``percentile`` per cent of them. (0, 1) when empty."""
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return 0.0, 1.0
    if percentile >= 100.0:
        return float(finite.min()), float(finite.max())
    outside = (100.0 - percentile) / 2
    low, high = np.percentile(finite, [outside, 100.0 - outside])
    return float(low), float(high)


def symmetric_limits(values: Array) -> tuple[float, float]:
    """Return (-m, m) with the largest finite absolute value m, so that zero is the middle of the map; (-1, 1) if all zero."""
    low, high = limits(values)
    most = max(abs(low), abs(high)) if np.isfinite(values).any() else 0.0
    return (-most, most) if most > 0 else (-1.0, 1.0)
