"""What a curve's plot shows, decided without drawing: scales, the value under the mouse, a section with one axis as a curve."""

import math
from dataclasses import dataclass

import numpy as np

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Curve, Level, Section, Series
from lsviewer.gui.numbers import format_number
from lsviewer.gui.views.plot import Scale, fitted

MANY = 4  # lines


@dataclass(frozen=True, slots=True)
class Ranges:
    """What part of the curve is in sight; None follows the data."""

    x: tuple[float, float] | None = None
    y: tuple[float, float] | None = None


def as_curve(section: Section) -> Curve:
    """Return a section with one axis as a curve: L, thin, over T + a, wide and pale; marks become vertical levels."""
    axis = section.axes[0]
    series = [Series(section.symbol, axis.values, section.values)]
    if section.target is not None:
        series.insert(0, Series("T + a", axis.values, section.target + section.offset, "band"))
    levels = tuple(Level(mark.position[0], mark.label, "x") for mark in section.marks if len(mark.position) == 1)
    return Curve(section.name, section.title, axis.name, section.symbol, tuple(series), levels=levels)


def scales(curve: Curve, ranges: Ranges) -> tuple[Scale, Scale]:
    """Return the scales of both axes: all of the data, tight across, and every level that is near."""
    xs = [one.x for one in curve.series] + [np.array([level.value]) for level in curve.levels if level.axis == "x"]
    ys = [one.y for one in curve.series] + [np.array([level.value]) for level in curve.levels if level.axis == "y"]
    x = fitted(_joined(xs), "log" if curve.log_x else "linear", margin=0.0)
    y = fitted(_joined(ys), "log" if curve.log_y else "linear", margin=0.08)
    if any(one.style == "stems" for one in curve.series) or _counts_from_one(curve):
        x = x.between(-0.05, 1.05)
    if ranges.x is not None and (not curve.log_x or ranges.x[0] > 0):
        x = Scale(*ranges.x, x.kind)
    if ranges.y is not None and (not curve.log_y or ranges.y[0] > 0):
        y = Scale(*ranges.y, y.kind)
    return x, y


def level_with_pattern(section: Section) -> Scale:
    """Return the scale on which a section stands exactly as its pattern does between 0 and its greatest value."""
    if section.target is None or not np.isfinite(section.target).any():
        return fitted(section.values)
    ends = np.array([min(0.0, float(np.nanmin(section.target))), float(np.nanmax(section.target))]) + section.offset
    values = section.values[np.isfinite(section.values)]
    error = 0.01 * float(ends[1] - ends[0])  # what the line is wide is not worth another scale
    if values.size and (values.min() < ends[0] - error or values.max() > ends[1] + error):
        ends = np.concatenate([ends, values])
    return fitted(ends, margin=0.0)


def has_names_beside(curve: Curve) -> bool:
    """Return whether there are so many lines, or three with one end, that their names stand right of the plot, not among them."""
    ends = [float(one.x[-1]) for one in curve.series if one.label and len(one.x)]
    return len(ends) >= MANY or (len(ends) == MANY - 1 and len(set(ends)) == 1)


def value_near(series: Series, x: float) -> tuple[float, float] | None:
    """Return the point of the series nearest to ``x`` across, or None where there is none within its range."""
    good = np.flatnonzero(np.isfinite(series.x) & np.isfinite(series.y))
    if len(good) == 0:
        return None
    xs = series.x[good]
    index = int(np.argmin(np.abs(xs - x)))
    slack = 0.02 * float(xs.max() - xs.min())
    if not float(xs.min()) - slack <= x <= float(xs.max()) + slack:
        return None
    return float(xs[index]), float(series.y[good[index]])


def words_at(curve: Curve, x: float) -> str:
    """Return the read-out at ``x`` for the status bar: the axis, then every series that has a value there."""
    points = [(one.label, value_near(one, x)) for one in curve.series]
    known = [(label, point) for label, point in points if point is not None]
    if not known:
        return ""
    at = format_number(known[0][1][0], 4)
    parts = [f"{curve.x_label or 'x'} = {at}"]
    parts += [f"{label or curve.y_label} = {format_number(point[1], 4)}" for label, point in known]
    return "   ".join(parts)


def x_count(width: float) -> int:
    """Return how many ticks an axis of this length takes."""
    return 5 if width > 300 else 3


def y_count(height: float) -> int:
    """Return how many ticks an upright axis takes."""
    return 6 if height > 300 else 4 if height > 130 else 2


def pair(value: object) -> tuple[float, float] | None:
    if isinstance(value, list | tuple) and len(value) == 2 and all(isinstance(v, int | float) for v in value):
        low, high = float(value[0]), float(value[1])
        if math.isfinite(low) and math.isfinite(high) and low < high:
            return low, high
    return None


def _joined(arrays: list[Array]) -> Array:
    return np.concatenate([np.asarray(array, np.float64) for array in arrays]) if arrays else np.empty(0)


def _counts_from_one(curve: Curve) -> bool:
    """Whether x is a short count of points: then the first and last stand a little inside."""
    return any(one.style == "points" or len(one.x) <= 12 for one in curve.series) and not curve.log_x
