"""Pictures of examples, painted from what was recorded when they ran; nothing here is invented."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from lsviewer.gui import colormaps, theme
from lsviewer.gui.examples import Example
from lsviewer.gui.examples.records import Bar, Line, Record, image_of, read

TONES = ("accent", "orange", "zero", "ink2", "border")  # one after the other
SIGNS = {-1: "orange", 0: "zero", 1: "accent"}
MAPS = {"loss": "lipari", "grey": "gray"}


def paint_thumbnail(painter: QPainter, rect: QRectF, example: Example) -> None:
    """Paint the picture of an example into ``rect``, filling it; an empty place before it was recorded."""
    record = read(example)
    painter.fillRect(rect, theme.tokens().color("sunken"))
    if record is None:
        return
    painter.save()
    painter.setClipRect(rect)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if record.image:
        square = _paint_image(painter, rect, _image(image_of(example), record.image), example.crop)
        for line in record.lines:
            _paint_line(painter, square, line, over_image=True)
    else:
        _paint_plot(painter, rect, record)
    painter.restore()


@lru_cache(maxsize=64)
def _image(file: Path, kind: str) -> QImage:
    """Return the recorded image in its colours, row 0 at the top."""
    with Image.open(file) as opened:
        pixels = np.asarray(opened)
    if kind != "colour":
        pixels = colormaps.colours(pixels / 255.0, 0.0, 1.0, MAPS[kind])[..., :3]
    pixels = np.ascontiguousarray(pixels, np.uint8)
    height, width = pixels.shape[:2]
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def _paint_image(painter: QPainter, rect: QRectF, image: QImage, crop: float) -> QRectF:
    """Paint the image so that it fills ``rect``, and return where the whole of it would lie."""
    scale = max(rect.width() / image.width(), rect.height() / image.height())
    width, height = image.width() * scale, image.height() * scale
    whole = QRectF(
        rect.left() - (width - rect.width()) / 2, rect.top() - (height - rect.height()) * crop, width, height
    )
    # few cells are cells (multi-point); many are samples of something smooth
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, image.width() > 24)
    painter.drawImage(whole, image)
    return whole


def _paint_plot(painter: QPainter, rect: QRectF, record: Record) -> None:
    area = rect.adjusted(24, 20, -24, -20)
    painter.setPen(QPen(theme.tokens().color("border"), 1))
    painter.drawLine(QLineF(rect.left() + 16, area.bottom() + 4.5, rect.right() - 16, area.bottom() + 4.5))
    for bar in record.bars:
        _paint_bar(painter, area.adjusted(0, 0, 0, 4), bar)
    for line in reversed(record.lines):  # the first one is what it is about: on top
        _paint_line(painter, area, line)


def _paint_bar(painter: QPainter, area: QRectF, bar: Bar) -> None:
    left, right = area.left() + bar.left * area.width(), area.left() + bar.right * area.width()
    high = max(2.0, bar.height * area.height())
    rect = QRectF(left + 0.5, area.bottom() - high, max(2.0, right - left - 1), high)
    painter.fillRect(rect, theme.tokens().color(SIGNS[bar.sign]))


def _paint_line(painter: QPainter, area: QRectF, line: Line, *, over_image: bool = False) -> None:
    points = [QPointF(area.left() + x * area.width(), area.bottom() - y * area.height()) for x, y in line.points]
    colour = theme.tokens().color(TONES[min(line.tone, len(TONES) - 1)])
    if over_image and line.style in ("points", "rings"):
        _paint_marks(painter, points, ring=line.style == "rings")
    elif over_image:
        _stroke(painter, points, QColor(0, 0, 0, 120), 4)
        _stroke(painter, points, QColor(Qt.GlobalColor.white), 2)
    elif line.style == "points":
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        for point in points:
            painter.drawEllipse(point, 2.2, 2.2)
    elif line.style == "stems":
        painter.setPen(QPen(colour, 3))
        for point in points:
            painter.drawLine(QPointF(point.x(), area.bottom() + 4), point)
    elif line.style == "band":
        colour.setAlpha(60)
        _stroke(painter, points, colour, 7)
    else:
        _stroke(painter, points, colour, 2, dashed=line.style == "dashed" or line.tone == 1)


def _paint_marks(painter: QPainter, points: list[QPointF], *, ring: bool) -> None:
    """White on black as everywhere on maps: a ring for a minimum, a dot for another place."""
    white, black = QColor(Qt.GlobalColor.white), QColor(0, 0, 0, 140)
    radius = 7.0 if ring else 3.5
    for point in points:
        painter.setPen(QPen(black, 4))
        painter.setBrush(Qt.BrushStyle.NoBrush if ring else white)
        painter.drawEllipse(point, radius, radius)
        if ring:
            painter.setPen(QPen(white, 2))
            painter.drawEllipse(point, radius, radius)


def _stroke(painter: QPainter, points: list[QPointF], colour: QColor, width: float, *, dashed: bool = False) -> None:
    pen = QPen(colour, width)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    if dashed:
        pen.setDashPattern([3, 2])
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(QPolygonF(points))
