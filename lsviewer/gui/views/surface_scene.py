"""What the 3D view draws: blocks, the lines of the box around them, and the labels over the picture. No widget, no state.

A `Scene` is a value made from a section and a few choices; the camera is another. Parts go to the renderer, labels to a QPainter
with the same projection, on the screen and on paper alike.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from lsviewer.core.artifacts import Axis, Section
from lsviewer.gui import colormaps, theme
from lsviewer.gui.numbers import nice_ticks, tick_labels
from lsviewer.gui.views.base import Cursor, paint_ring
from lsviewer.gui.views.camera import Camera, Floats
from lsviewer.gui.views.gl_renderer import Part
from lsviewer.gui.views.plot import text
from lsviewer.gui.views.relief import BASE, TALL, VERTEX, Relief, bilinear, heights, relief, thinned

PatternMode = Literal["off", "over", "beside"]
BESIDE = 1.12  # half the distance between the two blocks when they stand side by side
WIRES = 33  # lines of the wire pattern along each axis


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One section as a block, and perhaps its pattern as a wire over it or as a grey block on its left."""

    section: Section
    low: float
    high: float
    exaggeration: float
    colour_map: str
    block: Relief
    pattern: PatternMode = "off"
    grey: Relief | None = None

    @property
    def shift(self) -> float:
        """World x of the middle of the section's block."""
        return BESIDE if self.grey is not None else 0.0

    @property
    def top(self) -> float:
        """World z of the upper end of the box."""
        return BASE + TALL * self.exaggeration

    def corners(self) -> Floats:
        """Return the corners (8, 3) of everything drawn."""
        across = 1.0 + self.shift
        return np.array([(x, y, z) for x in (-across, across) for y in (-1.0, 1.0) for z in (0.0, self.top)])

    def place(self, world_x: float, world_y: float) -> Cursor:
        """Return the axis coordinates of a world point of the section's block."""
        pairs = zip(self.section.axes, (world_x - self.shift, world_y))
        return tuple(float(a.values[0] + (w + 1) / 2 * (a.values[-1] - a.values[0])) for a, w in pairs)

    def world(self, position: Cursor) -> Floats:
        """Return the world point (3,) on the surface at axis coordinates; in a hole, on the floor."""
        x, y = (_unit(axis, value) for axis, value in zip(self.section.axes, position))
        z = float(bilinear(self.block.heights, np.array([x]), np.array([y]))[0])
        return np.array([x + self.shift, y, z if math.isfinite(z) else 0.0])


def scene(
    section: Section,
    limits: tuple[float, float],
    exaggeration: float,
    colour_map: str,
    pattern: PatternMode,
    reuse: "Scene | None" = None,
) -> Scene:
    """Return the scene of ``section`` between ``limits``; the strip of ``reuse`` is taken over where the shape is the same."""
    low, high = limits
    values = thinned(section.values)
    block = relief(values, low, high, colour_map, exaggeration)
    if reuse is not None and reuse.block.strip.size == block.strip.size:
        block = Relief(block.vertices, reuse.block.strip, block.heights, block.top, block.has_holes)
    grey = None
    if section.target is None:
        pattern = "off"
    elif pattern == "beside":
        shown = thinned(section.target) + section.offset
        grey = relief(shown, low, high, colormaps.PATTERN, exaggeration)
    return Scene(section, low, high, exaggeration, colour_map, block, pattern, grey)


def parts(shown: Scene, camera: Camera) -> list[Part]:
    """Return what the renderer draws."""
    block, shift = shown.block, (shown.shift, 0.0, 0.0)
    made = [Part("section", block.vertices, block.strip, has_holes=block.has_holes, shift=shift)]
    if shown.grey is not None:
        grey = shown.grey
        made.append(
            Part("pattern", grey.vertices, grey.strip, has_holes=grey.has_holes, shift=(-shown.shift, 0.0, 0.0))
        )
    if shown.pattern == "over" and shown.section.target is not None:
        made.append(_wire(shown))
    made += [_walls(shown, camera, centre) for centre in ([-shown.shift, shown.shift] if shown.shift else [0.0])]
    return made


def _wire(shown: Scene) -> Part:
    """Every few grid lines of T + a, in the colour of series 2."""
    target = thinned(np.asarray(shown.section.target)) + shown.section.offset
    z = heights(target, shown.low, shown.high, shown.exaggeration) + 0.004
    n0, n1 = z.shape
    vertices = np.empty((n0, n1), VERTEX)
    vertices["position"][..., 0] = np.linspace(-1, 1, n0)[:, None]
    vertices["position"][..., 1] = np.linspace(-1, 1, n1)[None, :]
    vertices["position"][..., 2] = np.nan_to_num(z)
    vertices["colour"] = _rgba(theme.tokens().orange)
    index = np.arange(n0 * n1, dtype=np.uint32).reshape(n0, n1)
    rows, columns = (np.unique(np.linspace(0, n - 1, min(n, WIRES)).round().astype(int)) for n in (n0, n1))
    along = np.stack([index[rows, :-1], index[rows, 1:]], axis=-1).ravel()
    across = np.stack([index[:-1, columns], index[1:, columns]], axis=-1).ravel()
    return Part("wire", vertices.ravel(), np.concatenate([along, across]), lines=True)


def rear(camera: Camera) -> tuple[float, float]:
    """Return x and y (-1 or 1) of the two walls behind the block."""
    back = camera.axes()[2]
    return (-1.0 if back[0] > 0 else 1.0), (-1.0 if back[1] > 0 else 1.0)


def _walls(shown: Scene, camera: Camera, centre: float) -> Part:
    """The base and the two rear walls as lines in the border colour."""
    x, y, top = *rear(camera), shown.top
    lines = [
        ((-1, y, top), (1, y, top)),
        ((x, -1, top), (x, 1, top)),
        ((x, y, 0), (x, y, top)),
        ((-x, y, 0), (-x, y, top)),
        ((x, -y, 0), (x, -y, top)),
        ((-1, -1, 0), (1, -1, 0)),
        ((1, -1, 0), (1, 1, 0)),
        ((1, 1, 0), (-1, 1, 0)),
        ((-1, 1, 0), (-1, -1, 0)),
    ]
    vertices = np.empty(2 * len(lines), VERTEX)
    vertices["position"] = np.array(lines, np.float32).reshape(-1, 3)
    vertices["colour"] = _rgba(theme.tokens().border)
    indices = np.arange(len(vertices), dtype=np.uint32)
    return Part(f"walls {centre}", vertices, indices, lines=True, shift=(centre, 0.0, 0.0))


def paint_labels(painter: QPainter, shown: Scene, camera: Camera, width: float, height: float) -> None:
    """Draw ticks, tick labels and names along the near edges and the leftmost upright one."""
    tokens = theme.tokens()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(theme.font(11))
    x_back, y_back = rear(camera)
    across = 1.0 + shown.shift
    floor = (
        shown.top if camera.elevation > 75 else 0.0
    )  # from above, the walls of the block would hide the labels of its base
    x_axis, y_axis = shown.section.axes
    middle = camera.project(np.array([[0.0, 0.0, 0.0]]), width, height)[0]

    def edge(ticks: list[tuple[float, str]], start: Floats, end: Floats, name: str, *, upright: bool = False) -> None:
        a, b = camera.project(np.stack([start, end]), width, height)
        length = float(np.hypot(*(b - a)))
        if length < 24:
            return
        along = (b - a) / length
        out = np.array([along[1], -along[0]])
        if float(out @ ((a + b) / 2 - middle)) < 0:
            out = -out
        if upright:
            out = np.array([-1.0, 0.0])
        kept = ticks if length > (44 if upright else 70) else ticks[:: max(1, len(ticks) - 1)]
        units = np.array([unit for unit, _ in kept]).reshape(-1, 1)  # a flat surface has no ticks of height
        places = camera.project(start + (end - start) * units, width, height)
        for (x, y), (_, label) in zip(places.tolist(), kept):
            painter.setPen(QPen(QColor(tokens.border), 1))
            painter.drawLine(QLineF(x, y, x + 5 * out[0], y + 5 * out[1]))
            painter.setPen(QColor(tokens.ink2))
            reach = 10 + painter.fontMetrics().horizontalAdvance(label) / 2 * abs(out[0]) + 5 * abs(out[1])
            text(painter, x + reach * out[0], y + reach * out[1], label, Qt.AlignmentFlag.AlignHCenter)
        painter.setPen(QColor(tokens.ink2))
        if upright:
            tip = b if b[1] < a[1] else a
            text(painter, tip[0], tip[1] - 13, name, Qt.AlignmentFlag.AlignHCenter)
        else:
            # between two ticks, where their labels leave room
            x, y = a + 0.75 * (b - a) + (24 + 6 * abs(out[0])) * out
            text(painter, x, y, name, Qt.AlignmentFlag.AlignHCenter)

    y_near, x_near = -y_back, -x_back * across
    for centre in (-shown.shift, shown.shift) if shown.shift else (0.0,):
        ends = np.array([centre - 1, y_near, floor]), np.array([centre + 1, y_near, floor])
        edge(_axis_ticks(x_axis), *ends, x_axis.name)
    edge(_axis_ticks(y_axis), np.array([x_near, -1.0, floor]), np.array([x_near, 1.0, floor]), y_axis.name)
    corners = np.array([(x, y, 0.0) for x in (-across, across) for y in (-1.0, 1.0)])
    left = corners[int(np.argmin(camera.project(corners, width, height)[:, 0]))]
    bottom, top = left + [0, 0, BASE], left + [0, 0, shown.top]
    ticks, name = _height_ticks(shown)
    edge(ticks, bottom, top, name, upright=True)
    painter.restore()


def paint_pin(
    painter: QPainter, shown: Scene, camera: Camera, position: Cursor, width: float, height: float, *, pinned: bool
) -> None:
    """Draw the linked cursor: a ring on the surface and a short pin above it."""
    foot = shown.world(position)
    (x, y), (_, tip) = camera.project(np.stack([foot, foot + [0, 0, 0.26]]), width, height).tolist()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for colour, across in ((QColor(0, 0, 0, 110), 3.0), (QColor(255, 255, 255), 1.4)):
        painter.setPen(QPen(colour, across, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        if y - tip > 8:
            painter.drawLine(QPointF(x, y - 6), QPointF(x, tip))
    painter.restore()
    paint_ring(painter, x, y, pinned)


def _height_ticks(shown: Scene) -> tuple[list[tuple[float, str]], str]:
    """Return labels for the lowest, middle and highest value, rounded to what tells them apart, and the name of the axis."""
    span = shown.high - shown.low
    if span <= 0:
        return [], shown.section.symbol
    step = 10.0 ** (math.floor(math.log10(span)) - 1)
    values = [round((shown.low + unit * span) / step) * step for unit in (0.0, 0.5, 1.0)]
    labels = tick_labels(values)
    return list(zip((0.0, 0.5, 1.0), labels.labels)), labels.name(shown.section.symbol)


def _axis_ticks(axis: Axis) -> list[tuple[float, str]]:
    first, last = float(axis.values[0]), float(axis.values[-1])
    values = nice_ticks(first, last, 2)
    labels = tick_labels(values, trim=True).labels
    return [((value - first) / (last - first), label) for value, label in zip(values, labels)]


def _unit(axis: Axis, value: float) -> float:
    first, last = float(axis.values[0]), float(axis.values[-1])
    return min(max(2 * (value - first) / (last - first) - 1, -1.0), 1.0)


def _rgba(colour: str) -> NDArray[np.uint8]:
    return np.array(QColor(colour).getRgb(), np.uint8)
