"""Gestures: what one press, drag and release does to a pattern, in greys or in colour. Plain numpy; the canvas turns mouse and
keys into points.

A gesture starts from a base, collects coverage and shows ``values`` after each point. Cancelled, it leaves nothing.
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from lsviewer.core.arrays import Array
from lsviewer.gui.painting.colours import Colour
from lsviewer.gui.painting.flood import flood
from lsviewer.gui.painting.shapes import (
    HARD_EDGE,
    Box,
    Ellipse,
    Outline,
    Point,
    Polygon,
    Segment,
    Shape,
    Window,
    cover,
    linear_fade,
    radial_fade,
    union,
)
from lsviewer.gui.painting.symmetry import Symmetry, images, matrices

ShapeName = Literal["line", "rectangle", "ellipse"]
MIN_RADIUS = 0.5  # grid points


@dataclass(frozen=True, slots=True)
class Ink:
    """How the next gesture draws. Lengths are grid points of the pattern."""

    size: float = 11.0  # diameter of the brush, width of lines and outlines
    softness: float = 0.35  # 0: hard edge, 1: the fall-off reaches the middle
    value: float = 0.85  # the level that is laid on
    colour: Colour = (0.93, 0.55, 0.70)  # the same on a picture in colour
    opacity: float = 1.0  # how much of it, per gesture
    symmetry: Symmetry = "none"
    turns: int = 6  # of the rotational symmetry
    filled: bool = True  # rectangle, ellipse and polygon; else their outline
    tolerance: float = 0.08  # of the flood fill, in levels
    radial: bool = False  # gradient
    text_size: float = 28.0  # height of a line of text

    @property
    def group(self) -> Array:
        """The matrices of the symmetry, (k, 2, 2)."""
        return matrices(self.symmetry, self.turns)


@dataclass
class Gesture:
    """Base of all gestures: lays ``ink`` over ``base`` with ``mask``. ``text`` is what the Undo menu will say."""

    base: Array  # (n, n) or (n, n, 3) float32, never written to
    ink: Ink
    text: str = "Draw"
    values: Array = field(init=False)  # like base: the pattern as it looks now
    mask: Array = field(init=False)  # (n, n) float32 coverage

    def __post_init__(self) -> None:
        self.values = np.array(self.base, np.float32)
        self.mask = np.zeros(self.base.shape[:2], np.float32)

    def extend(self, at: Point, pressure: float = 1.0) -> Window | None:
        """Go on to ``at`` (grid coordinates) and return the window that changed, None when nothing did."""
        raise NotImplementedError

    @property
    def changed(self) -> bool:
        """Whether the pattern differs from the base."""
        return not np.array_equal(self.values, self.base)

    def _lay(self, window: Window | None) -> Window | None:
        """Compose the window anew from base, mask and ink."""
        if window is not None:
            base = self.base[window]
            weight = self.mask[window] * np.float32(self.ink.opacity)
            if base.ndim == 3:
                self.values[window] = base + weight[..., None] * (np.array(self.ink.colour, np.float32) - base)
            else:
                self.values[window] = base + weight * (np.float32(self.ink.value) - base)
        return window


@dataclass
class BrushStroke(Gesture):
    """A freehand stroke; tablet pressure scales the brush."""

    text: str = "Brush stroke"
    _last: tuple[Point, float] | None = field(default=None, init=False)

    def extend(self, at: Point, pressure: float = 1.0) -> Window | None:
        radius = max(self.ink.size / 2 * pressure, MIN_RADIUS)
        start, start_radius = self._last or (at, radius)
        self._last = at, radius
        segment = Segment(start, at, start_radius, radius)
        edge = soft_edge(self.ink.softness, max(radius, start_radius))
        window: Window | None = None
        for matrix in self.ink.group:
            window = union(window, cover(self.mask, segment, matrix, edge))
        return self._lay(window)


@dataclass
class Drag(Gesture):
    """A gesture that depends on where it began and where it is now: drawn anew at each point."""

    start: Point = (0.0, 0.0)
    constrained: bool = False  # whole eighths of a turn, squares and circles
    _dirty: Window | None = field(default=None, init=False)

    def extend(self, at: Point, pressure: float = 1.0) -> Window | None:
        previous, self._dirty = self._dirty, None
        if previous is not None:
            self.mask[previous] = 0.0
        self._dirty = self._draw(_constrain(self.start, at, self._square) if self.constrained else at)
        return self._lay(union(previous, self._dirty))

    @property
    def _square(self) -> bool:
        return False

    def _draw(self, end: Point) -> Window | None:
        raise NotImplementedError


@dataclass
class ShapeDrag(Drag):
    """A line, or a rectangle or ellipse between opposite corners."""

    shape: ShapeName = "line"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.text = self.shape.capitalize()

    @property
    def _square(self) -> bool:
        return self.shape != "line"

    def _draw(self, end: Point) -> Window | None:
        radius = max(self.ink.size / 2, MIN_RADIUS)
        edge = HARD_EDGE
        drawn: Shape
        if self.shape == "line":
            drawn, edge = Segment(self.start, end, radius, radius), soft_edge(self.ink.softness, radius)
        else:
            body = Box(self.start, end) if self.shape == "rectangle" else Ellipse(self.start, end)
            drawn = body if self.ink.filled else Outline(body, self.ink.size)
        return _cover_all(self.mask, drawn, self.ink.group, edge)


@dataclass
class Gradient(Drag):
    """The ink at full strength where the drag began, fading to nothing where it ends."""

    text: str = "Gradient"

    def _draw(self, end: Point) -> Window | None:
        fade = radial_fade if self.ink.radial else linear_fade
        n = self.base.shape[0]
        for start, stop in zip(images(self.start, n, self.ink.group), images(end, n, self.ink.group), strict=True):
            np.maximum(self.mask, fade((n, n), start, stop), out=self.mask)
        return whole(self.base)


@dataclass
class PolygonClicks(Gesture):
    """Corners one click at a time; the pointer is the corner to come."""

    text: str = "Polygon"
    corners: list[Point] = field(default_factory=list)
    _dirty: Window | None = field(default=None, init=False)

    def add(self, at: Point) -> Window | None:
        """Fix a corner."""
        self.corners.append(at)
        return self.extend(at)

    def remove(self, at: Point) -> Window | None:
        """Take the last corner back."""
        if self.corners:
            self.corners.pop()
        return self.extend(at)

    def extend(self, at: Point, pressure: float = 1.0) -> Window | None:
        return self._redraw([*self.corners, at])

    def close(self) -> Window | None:
        """Draw the polygon of the fixed corners alone."""
        return self._redraw(self.corners)

    def _redraw(self, corners: list[Point]) -> Window | None:
        previous, self._dirty = self._dirty, None
        if previous is not None:
            self.mask[previous] = 0.0
        shape: Shape
        distinct = tuple(dict.fromkeys(corners))
        if len(distinct) >= 3:
            body = Polygon(distinct)
            shape = body if self.ink.filled else Outline(body, self.ink.size)
        else:
            ends = distinct or ((-9.0, -9.0),)
            shape = Segment(ends[0], ends[-1], MIN_RADIUS, MIN_RADIUS)
        self._dirty = _cover_all(self.mask, shape, self.ink.group, HARD_EDGE)
        return self._lay(union(previous, self._dirty))


@dataclass
class Fill(Gesture):
    """Flood fill from where it is pressed."""

    text: str = "Fill"

    def extend(self, at: Point, pressure: float = 1.0) -> Window | None:
        n = self.base.shape[0]
        for x, y in images(at, n, self.ink.group):
            i, j = round(x), round(y)
            if 0 <= i < n and 0 <= j < n:
                np.maximum(self.mask, flood(self.base, (i, j), self.ink.tolerance), out=self.mask)
        return self._lay(whole(self.base))


@dataclass
class Stamp(Gesture):
    """A ready coverage laid down with its middle at the point: text."""

    text: str = "Text"
    coverage: Array = field(default_factory=lambda: np.zeros((0, 0), np.float32))  # (w, h), ij order
    _at: Point | None = field(default=None, init=False)
    _dirty: Window | None = field(default=None, init=False)

    def extend(self, at: Point, pressure: float = 1.0) -> Window | None:
        self._at = at
        previous, self._dirty = self._dirty, None
        if previous is not None:
            self.mask[previous] = 0.0
        low = [round(c - (m - 1) / 2) for c, m in zip(at, self.coverage.shape, strict=True)]
        begin = [max(v, 0) for v in low]
        end = [min(v + m, n) for v, m, n in zip(low, self.coverage.shape, self.mask.shape, strict=True)]
        if all(b < e for b, e in zip(begin, end, strict=True)):
            self._dirty = slice(begin[0], end[0]), slice(begin[1], end[1])
            self.mask[self._dirty] = self.coverage[
                begin[0] - low[0] : end[0] - low[0], begin[1] - low[1] : end[1] - low[1]
            ]
        return self._lay(union(previous, self._dirty))

    def write(self, coverage: Array) -> Window | None:
        """Put another coverage in the place of the present one."""
        self.coverage = coverage
        return self.extend(self._at) if self._at is not None else None


def whole(values: Array) -> Window:
    """Return the window that holds a whole plane pattern."""
    return slice(0, values.shape[0]), slice(0, values.shape[1])


def soft_edge(softness: float, radius: float) -> float:
    """Return over how many grid points a brush of that radius fades."""
    return max(HARD_EDGE, softness * (radius + HARD_EDGE / 2))


def _cover_all(mask: Array, shape: Shape, group: Array, edge: float) -> Window | None:
    window: Window | None = None
    for matrix in group:
        window = union(window, cover(mask, shape, matrix, edge))
    return window


def _constrain(start: Point, end: Point, square: bool) -> Point:
    """Return ``end`` moved to the nearest eighth of a turn around ``start``, or to the corner of a square."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    if square:
        side = max(abs(dx), abs(dy))
        return start[0] + float(np.copysign(side, dx)), start[1] + float(np.copysign(side, dy))
    angle = round(np.arctan2(dy, dx) / (np.pi / 4)) * np.pi / 4
    length = float(np.hypot(dx, dy))
    return start[0] + length * float(np.cos(angle)), start[1] + length * float(np.sin(angle))
