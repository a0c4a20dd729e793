"""Contour lines of a section as polylines in axis coordinates. Pure; contourpy does the tracing."""

from dataclasses import dataclass

import contourpy
import numpy as np

from lsviewer.core.arrays import Array
from lsviewer.gui.numbers import nice_ticks

SPECK = 14
"""A line with fewer vertices is noise to the eye and is dropped."""


@dataclass(frozen=True, slots=True, eq=False)
class Contour:
    """One line of the level ``value``; every second level is ``strong``."""

    value: float
    points: Array  # (n, 2), axis coordinates
    strong: bool


def levels(low: float, high: float, count: int = 9) -> list[float]:
    """Return about ``count`` round levels strictly between ``low`` and ``high``."""
    margin = (high - low) * 1e-6
    return [tick for tick in nice_ticks(low, high, count) if low + margin < tick < high - margin]


def contours(x: Array, y: Array, values: Array, low: float, high: float) -> list[Contour]:
    """Return the contour lines of ``values[i0, i1]`` on the grid ``x`` (n0,) times ``y`` (n1,), without specks.

    Points that are not finite are left out; lines end there.
    """
    if min(values.shape) < 2 or not np.isfinite(values).any():
        return []
    grid = np.ma.masked_invalid(values.T)  # contourpy has rows along y
    tracer = contourpy.contour_generator(x, y, grid, name="serial", line_type=contourpy.LineType.Separate)
    return [
        Contour(value, np.asarray(line), strong=index % 2 == 1)
        for index, value in enumerate(levels(low, high))
        for line in tracer.lines(value)
        if len(line) >= SPECK
    ]
