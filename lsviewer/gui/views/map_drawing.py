"""How a section with two axes is drawn into its square: image with holes, contours, path, marks. No widget, no state.

A `Plane` says which part of the section's plane fills which square of the paper; everything is placed through it.
"""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QPolygonF

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Mark, Section
from lsviewer.gui import theme
from lsviewer.gui.views.base import Cursor
from lsviewer.gui.views.contours import Contour
from lsviewer.gui.views.plot import text
from lsviewer.gui.views.raster import paint_hatch

Window = tuple[float, float, float, float]
"""The part of the plane in sight: x from, x to, y from, y to, in axis coordinates."""

CONTOURS_FROM_PX = 200  # below, contours hide more than they show
NAMES_FROM_PX = 360  # below, the name of a mark hides what it names; the status bar says it
SMOOTH_BELOW_PX = 6.0  # a cell larger than this is shown as a cell
ZOOM_MOST = 200.0


def extent(section: Section) -> Window:
    """Return the window that shows the whole section."""
    x, y = (axis.values for axis in section.axes)
    return float(x[0]), float(x[-1]), float(y[0]), float(y[-1])


@dataclass(frozen=True, slots=True)
class Plane:
    """A square on the paper and the window of the section's plane it shows."""

    square: QRect
    window: Window

    def pixel(self, position: Cursor) -> tuple[float, float]:
        """Return the point of a place; what lies on the upper or right edge is put on the last pixel inside."""
        x0, x1, y0, y1 = self.window
        x = self.square.left() + (position[0] - x0) / (x1 - x0) * self.square.width()
        y = self.square.top() + (y1 - position[1]) / (y1 - y0) * self.square.height()
        if position[0] <= x1:
            x = min(x, self.square.right() + 0.999)
        if position[1] >= y0:
            y = min(y, self.square.bottom() + 0.999)
        return x, y

    def place(self, point: QPointF) -> Cursor:
        """Return the place of a point, the inverse of `pixel`."""
        x0, x1, y0, y1 = self.window
        x = x0 + (point.x() - self.square.left()) / self.square.width() * (x1 - x0)
        return x, y1 - (point.y() - self.square.top()) / self.square.height() * (y1 - y0)

    def polygon(self, places: Array) -> QPolygonF:
        """Return the line through ``places`` (n, 2)."""
        x0, x1, y0, y1 = self.window
        xs = self.square.left() + (places[:, 0] - x0) / (x1 - x0) * self.square.width()
        ys = self.square.top() + (y1 - places[:, 1]) / (y1 - y0) * self.square.height()
        return QPolygonF([QPointF(x, y) for x, y in zip(xs.tolist(), ys.tolist())])

    def moved(self, dx: float, dy: float, full: Window) -> Window:
        """Return the window after dragging the picture by (dx, dy) pixels."""
        x0, x1, y0, y1 = self.window
        right, up = dx / self.square.width() * (x1 - x0), -dy / self.square.height() * (y1 - y0)
        return kept((x0 - right, x1 - right, y0 - up, y1 - up), full)

    def zoomed(self, factor: float, centre: Cursor, full: Window) -> Window:
        """Return the window enlarged ``factor`` times around ``centre``."""
        x0, x1, y0, y1 = self.window
        x, y = centre
        wanted = (x - (x - x0) / factor, x + (x1 - x) / factor, y - (y - y0) / factor, y + (y1 - y) / factor)
        return kept(wanted, full)


def kept(window: Window, full: Window) -> Window:
    """Return ``window`` moved and shrunk to lie within ``full``, at most `ZOOM_MOST` times smaller."""
    x0, x1 = _side(window[0], window[1], full[0], full[1])
    y0, y1 = _side(window[2], window[3], full[2], full[3])
    return x0, x1, y0, y1


def _side(low: float, high: float, first: float, last: float) -> tuple[float, float]:
    whole = last - first
    length = min(max(high - low, whole / ZOOM_MOST), whole)
    start = min(max(low, first), last - length)
    return start, start + length


def paint_image(painter: QPainter, plane: Plane, image: QImage, full: Window, *, has_holes: bool, crisp: bool) -> None:
    """Draw one pixel a grid point, grid points 0 and n - 1 on the edges of ``full``; holes are hatched."""
    n0, n1 = image.width(), image.height()
    x0, x1, y0, y1 = plane.window
    left, right = ((x - full[0]) / (full[1] - full[0]) * (n0 - 1) for x in (x0, x1))
    low, high = ((y - full[2]) / (full[3] - full[2]) * (n1 - 1) for y in (y0, y1))
    source = QRectF(left + 0.5, n1 - 0.5 - high, right - left, high - low)
    area = QRectF(plane.square)
    if has_holes:
        paint_hatch(painter, area)
    cell = area.width() / max(right - left, 1e-9)
    # between a hole and its neighbours there is nothing to interpolate
    smooth = cell < SMOOTH_BELOW_PX and not has_holes and not crisp
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
    painter.drawImage(area, image, source)


def paint_contours(painter: QPainter, plane: Plane, lines: list[Contour]) -> None:
    """Draw 1 px white lines, 24 or 40 % opaque; nothing in a small square."""
    if plane.square.width() < CONTOURS_FROM_PX or not lines:
        return
    painter.save()
    painter.setClipRect(plane.square)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for strong in (False, True):
        path = QPainterPath()
        for line in lines:
            if line.strong == strong:
                path.addPolygon(plane.polygon(line.points))
        pen = QPen(QColor(255, 255, 255, 102 if strong else 61), 1.0)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawPath(path)
    painter.restore()


def paint_path(painter: QPainter, plane: Plane, points: Array) -> None:
    """Draw a path (steps, 2) on the section: white on a dark halo, a dot where it starts, a square where it ends."""
    points = points[np.isfinite(points).all(axis=1)]
    if len(points) == 0:
        return
    painter.save()
    painter.setClipRect(plane.square)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    path = plane.polygon(points)
    for colour, width in ((QColor(0, 0, 0, 110), 4.0), (QColor(255, 255, 255), 1.8)):
        painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        painter.drawPolyline(path)
    painter.setPen(QPen(QColor(0, 0, 0, 150), 1))
    painter.setBrush(QColor(255, 255, 255))
    painter.drawEllipse(path.first(), 3.5, 3.5)
    end = path.last()
    painter.drawRect(QRectF(end.x() - 3, end.y() - 3, 6, 6))
    painter.restore()


def paint_marks(painter: QPainter, plane: Plane, marks: tuple[Mark, ...]) -> None:
    """Draw named places: a minimum is a cross, the origin a square, a point a dot; in a large square with the name beside."""
    painter.save()
    painter.setClipRect(plane.square)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(theme.font(11, 500))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for mark in marks:
        if len(mark.position) != 2:
            continue
        x, y = plane.pixel(mark.position)
        shape = _shape(mark, x, y)
        on_the_right = x < plane.square.right() - 70
        align = Qt.AlignmentFlag.AlignLeft if on_the_right else Qt.AlignmentFlag.AlignRight
        at = x + (8 if on_the_right else -8)
        for colour, width, shift in ((QColor(0, 0, 0, 150), 3.5, 1), (QColor(255, 255, 255), 1.6, 0)):
            painter.setPen(QPen(colour, width))
            painter.drawPath(shape)
            if plane.square.width() >= NAMES_FROM_PX:
                text(painter, at + shift, y + shift, mark.label, align)
    painter.restore()


def _shape(mark: Mark, x: float, y: float) -> QPainterPath:
    path = QPainterPath()
    match mark.kind:
        case "minimum":
            for side in (-4.0, 4.0):
                path.moveTo(x - side, y - 4)
                path.lineTo(x + side, y + 4)
        case "origin":
            path.addRect(x - 4, y - 4, 8, 8)
        case "point":
            path.addEllipse(QPointF(x, y), 3.5, 3.5)
    return path
