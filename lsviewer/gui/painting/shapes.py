"""Shapes as signed distances on the grid, and the antialiased coverage that follows from them.

A shape knows its signed distance (negative inside) and its bounds, both in grid points: ``x`` counts along axis 0 (to the
right), ``y`` along axis 1 (up). Coverage falls from 1 to 0 across an edge centred on distance 0 when it is hard, one grid
point wide; a soft edge reaches inwards, so that a soft brush never paints beyond its circle.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from lsviewer.core.arrays import Array

Point = tuple[float, float]
Bounds = tuple[float, float, float, float]  # x0, y0, x1, y1
Window = tuple[slice, slice]

HARD_EDGE = 1.0  # grid points: the narrowest edge that does not show stairs


class Shape(Protocol):
    """Anything with a signed distance; arrays broadcast together."""

    @property
    def bounds(self) -> Bounds:
        """The smallest box around the shape."""
        ...

    def distance(self, x: Array, y: Array) -> Array:
        """Return the signed distance at grid coordinates, negative inside."""
        ...


@dataclass(frozen=True, slots=True)
class Segment:
    """A round brush drawn from ``start`` to ``end`` while its radius changes evenly."""

    start: Point
    end: Point
    start_radius: float
    end_radius: float

    @property
    def bounds(self) -> Bounds:
        (x0, y0), (x1, y1) = self.start, self.end
        r0, r1 = self.start_radius, self.end_radius
        return min(x0 - r0, x1 - r1), min(y0 - r0, y1 - r1), max(x0 + r0, x1 + r1), max(y0 + r0, y1 + r1)

    def distance(self, x: Array, y: Array) -> Array:
        along, away = _project(x, y, self.start, self.end)
        return away - (self.start_radius + along * (self.end_radius - self.start_radius))


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-aligned rectangle with these opposite corners."""

    start: Point
    end: Point

    @property
    def bounds(self) -> Bounds:
        (x0, y0), (x1, y1) = self.start, self.end
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)

    def distance(self, x: Array, y: Array) -> Array:
        x0, y0, x1, y1 = self.bounds
        dx = np.abs(x - (x0 + x1) / 2) - (x1 - x0) / 2
        dy = np.abs(y - (y0 + y1) / 2) - (y1 - y0) / 2
        return np.hypot(np.maximum(dx, 0), np.maximum(dy, 0)) + np.minimum(np.maximum(dx, dy), 0)


@dataclass(frozen=True, slots=True)
class Ellipse:
    """The ellipse inscribed in the box of these opposite corners; its distance is exact to first order at the rim."""

    start: Point
    end: Point

    @property
    def bounds(self) -> Bounds:
        return Box(self.start, self.end).bounds

    def distance(self, x: Array, y: Array) -> Array:
        x0, y0, x1, y1 = self.bounds
        a, b = max((x1 - x0) / 2, 0.5), max((y1 - y0) / 2, 0.5)
        u, v = (x - (x0 + x1) / 2) / a, (y - (y0 + y1) / 2) / b
        level = np.hypot(u, v)
        slope = np.hypot(u / a, v / b)  # |grad level| * level
        return np.where(slope > 1e-9, level * (level - 1) / np.maximum(slope, 1e-9), -min(a, b))


@dataclass(frozen=True, slots=True)
class Polygon:
    """A closed polygon, filled by the even-odd rule."""

    corners: tuple[Point, ...]

    @property
    def bounds(self) -> Bounds:
        xs, ys = zip(*self.corners, strict=True)
        return min(xs), min(ys), max(xs), max(ys)

    def distance(self, x: Array, y: Array) -> Array:
        inside = np.zeros(np.broadcast_shapes(x.shape, y.shape), bool)
        nearest = np.full(inside.shape, np.inf)
        for (x0, y0), (x1, y1) in zip(self.corners, self.corners[1:] + self.corners[:1], strict=True):
            nearest = np.minimum(nearest, _project(x, y, (x0, y0), (x1, y1))[1])
            if y0 != y1:
                crosses = (y0 > y) != (y1 > y)
                inside ^= crosses & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
        return np.where(inside, -nearest, nearest)


@dataclass(frozen=True, slots=True)
class Outline:
    """The rim of another shape, ``width`` grid points wide."""

    shape: Shape
    width: float

    @property
    def bounds(self) -> Bounds:
        x0, y0, x1, y1 = self.shape.bounds
        half = self.width / 2
        return x0 - half, y0 - half, x1 + half, y1 + half

    def distance(self, x: Array, y: Array) -> Array:
        return np.abs(self.shape.distance(x, y)) - self.width / 2


def coverage(distance: Array, edge: float = HARD_EDGE) -> Array:
    """Return 1 inside, 0 half a grid point outside and further, a smooth step over ``edge`` grid points between."""
    t = np.clip((HARD_EDGE / 2 - distance) / max(edge, HARD_EDGE), 0.0, 1.0)
    return t * t * (3 - 2 * t)


def cover(mask: Array, shape: Shape, matrix: Array, edge: float = HARD_EDGE) -> Window | None:
    """Raise ``mask`` (n, n) to the coverage of ``shape`` turned by ``matrix`` (2, 2, orthogonal) about the centre.

    Returns the window that may have changed, or None when the shape lies outside. Raising instead of adding is what keeps
    overlapping segments of one stroke from darkening.
    """
    window = _window(mask.shape, shape.bounds, matrix)
    if window is None:
        return None
    cx, cy = (mask.shape[0] - 1) / 2, (mask.shape[1] - 1) / 2
    x = np.arange(window[0].start, window[0].stop)[:, None] - cx
    y = np.arange(window[1].start, window[1].stop)[None, :] - cy
    back = matrix.T  # the inverse of an orthogonal matrix
    distance = shape.distance(back[0, 0] * x + back[0, 1] * y + cx, back[1, 0] * x + back[1, 1] * y + cy)
    np.maximum(mask[window], coverage(distance, edge), out=mask[window])
    return window


def linear_fade(shape: tuple[int, int], start: Point, end: Point) -> Array:
    """Return 1 before ``start``, falling evenly to 0 at ``end`` and beyond."""
    x, y = np.arange(shape[0])[:, None], np.arange(shape[1])[None, :]
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = max(dx * dx + dy * dy, 1e-12)
    return np.clip(1 - ((x - start[0]) * dx + (y - start[1]) * dy) / length, 0.0, 1.0)


def radial_fade(shape: tuple[int, int], start: Point, end: Point) -> Array:
    """Return 1 at ``start``, falling evenly to 0 at the distance of ``end`` and beyond."""
    x, y = np.arange(shape[0])[:, None], np.arange(shape[1])[None, :]
    radius = max(float(np.hypot(end[0] - start[0], end[1] - start[1])), 1e-6)
    return np.clip(1 - np.hypot(x - start[0], y - start[1]) / radius, 0.0, 1.0)


def union(first: Window | None, second: Window | None) -> Window | None:
    """Return the smallest window around both; None is empty."""
    if first is None or second is None:
        return first if second is None else second
    a, b = (slice(min(p.start, q.start), max(p.stop, q.stop)) for p, q in zip(first, second, strict=True))
    return a, b


def _project(x: Array, y: Array, start: Point, end: Point) -> tuple[Array, Array]:
    """Return how far along the segment the nearest point lies (0 to 1), and the distance to it."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    px, py = x - start[0], y - start[1]
    along = np.clip((px * dx + py * dy) / max(dx * dx + dy * dy, 1e-12), 0.0, 1.0)
    return along, np.hypot(px - along * dx, py - along * dy)


def _window(size: tuple[int, ...], bounds: Bounds, matrix: Array) -> Window | None:
    """Return the grid points within one of the turned bounds."""
    x0, y0, x1, y1 = bounds
    centre = (np.array(size) - 1) / 2
    corners = np.array([(x0, y0), (x0, y1), (x1, y0), (x1, y1)]) - centre
    turned = corners @ matrix.T + centre
    low = np.maximum(np.floor(turned.min(axis=0)).astype(int) - 1, 0)
    high = np.minimum(np.ceil(turned.max(axis=0)).astype(int) + 2, size)
    if (low >= high).any():
        return None
    return slice(int(low[0]), int(high[0])), slice(int(low[1]), int(high[1]))
