"""Gestures on a pattern with one axis: the hand draws T over alpha. Points are (grid coordinate, value in [0, 1])."""

from dataclasses import dataclass, field, replace

import numpy as np

from lsviewer.core.arrays import Array
from lsviewer.gui.painting.gestures import MIN_RADIUS, Gesture, Ink, soft_edge
from lsviewer.gui.painting.shapes import Point, Window, coverage


@dataclass
class CurveStroke(Gesture):
    """Pulls the curve to the hand: fully within the brush's hard core, less and less over its soft edge."""

    base: Array  # (n,) float32
    text: str = "Draw curve"
    _goal: Array = field(init=False)  # (n,) where the hand was nearest to each point
    _last: Point | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._goal = np.array(self.base, np.float32)

    def extend(self, at: Point, pressure: float = 1.0) -> Window | None:
        start, self._last = self._last or at, at
        self._pull(start, at, pressure)
        if self.ink.symmetry in ("left_right", "four_fold"):
            top = len(self.base) - 1
            self._pull((top - start[0], start[1]), (top - at[0], at[1]), pressure)
        weight = self.mask * np.float32(self.ink.opacity)
        self.values[:] = self.base + weight * (self._goal - self.base)
        return slice(0, len(self.base)), slice(0, 1)

    def _pull(self, start: Point, end: Point, pressure: float) -> None:
        radius = max(MIN_RADIUS, self.ink.size / 2 * pressure)
        x = np.arange(len(self.base))
        low, high = min(start[0], end[0]), max(start[0], end[0])
        away = np.maximum(np.maximum(low - x, x - high), 0.0)
        weight = coverage(away - radius, soft_edge(self.ink.softness, radius)).astype(np.float32)
        along = np.clip((x - start[0]) / (end[0] - start[0]), 0.0, 1.0) if high > low else np.ones(len(x))
        goal = np.clip(start[1] + along * (end[1] - start[1]), 0.0, 1.0)
        # Where the hand passes again the newest place counts; a fall-off never takes back what was nearer.
        nearer = (weight >= self.mask) & (weight > 0)
        self._goal[nearer], self.mask[nearer] = goal[nearer], weight[nearer]


@dataclass
class CurveLine(Gesture):
    """A straight piece of curve between where the drag began and where it is."""

    text: str = "Line"
    start: Point = (0.0, 0.0)

    def extend(self, at: Point, pressure: float = 1.0) -> Window | None:
        stroke = CurveStroke(self.base, _exact(self.ink))
        stroke.extend(self.start)
        window = stroke.extend(at)
        self.values[:] = stroke.values
        return window


def nudge(values: Array, at: int, by: float, ink: Ink) -> Array:
    """Return the curve with the point ``at`` moved by ``by`` and its neighbours under the brush with it, read-only float32."""
    away = np.abs(np.arange(len(values)) - at).astype(np.float64)
    radius = max(MIN_RADIUS, ink.size / 2)
    moved = np.clip(values + by * coverage(away - radius, soft_edge(1.0, radius)), 0.0, 1.0).astype(np.float32)
    moved.flags.writeable = False
    return moved


def _exact(ink: Ink) -> Ink:
    return replace(ink, size=1.0, softness=0.0)
