"""What lies over the picture of a surface: ticks and names along its box, and the pin of the linked cursor; by QPainter."""

import math

import numpy as np
from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from lsviewer.core.artifacts import Axis
from lsviewer.gui import theme
from lsviewer.gui.numbers import nice_ticks, tick_labels
from lsviewer.gui.views.base import Cursor, paint_ring
from lsviewer.gui.views.camera import Camera, Floats
from lsviewer.gui.views.plot import text
from lsviewer.gui.views.relief import BASE
from lsviewer.gui.views.surface_scene import Scene, rear


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
    bottom, top = left + [0, 0, BASE + shown.lift], left + [0, 0, shown.top]
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
    span = shown.look.high - shown.look.low
    if span <= 0:
        return [], shown.section.symbol
    step = 10.0 ** (math.floor(math.log10(span)) - 1)
    values = [round((shown.look.low + unit * span) / step) * step for unit in (0.0, 0.5, 1.0)]
    labels = tick_labels(values)
    return list(zip((0.0, 0.5, 1.0), labels.labels)), labels.name(shown.section.symbol)


def _axis_ticks(axis: Axis) -> list[tuple[float, str]]:
    first, last = float(axis.values[0]), float(axis.values[-1])
    values = nice_ticks(first, last, 2)
    labels = tick_labels(values, trim=True).labels
    return [((value - first) / (last - first), label) for value, label in zip(values, labels)]


def paint_trajectory(painter: QPainter, shown: Scene, camera: Camera, points: Floats, width: int, height: int) -> None:
    """Draw a path over the surface: white on dark, a ring at its end; parts behind the surface are seen through it."""
    world = np.stack([shown.world((float(x), float(y))) for x, y in points])
    line = QPolygonF([QPointF(x, y) for x, y in camera.project(world, width, height)[:, :2].tolist()])
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, thick in ((QColor(0, 0, 0, 120), 4.0), (QColor(255, 255, 255), 2.0)):
        pen = QPen(colour, thick)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.drawPolyline(line)
        painter.drawEllipse(line.at(line.count() - 1), 4.0, 4.0)
    painter.restore()
