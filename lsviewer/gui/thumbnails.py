"""Small pictures of examples: built-in patterns as the section that is planted from them, sketches for what is no pattern."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPen, QPolygonF

from lsviewer.core.arrays import Array
from lsviewer.core.files import Files
from lsviewer.core.pattern import BuiltinPattern, builtin_names
from lsviewer.gui import colormaps, theme

GRID = 256
SLICED_GRID = 65  # points an axis of a volume whose middle is shown


def paint_thumbnail(painter: QPainter, rect: QRectF, picture: str, crop: float = 0.3) -> None:
    """Paint the picture of an example into ``rect``, filling it; ``crop`` of what is cut off is cut at the top."""
    if picture in SKETCHES:
        SKETCHES[picture](painter, rect)
        return
    values = _pattern(picture)
    if values.ndim == 1:
        _paint_line(painter, rect, values)
    else:
        _paint_image(painter, rect, _coloured(picture), crop)


@lru_cache(maxsize=64)
def _pattern(name: str) -> Array:
    """Return a built-in pattern; of a volume the slice in the middle."""
    pattern = BuiltinPattern(name=name)
    if pattern.axes == 3:
        values = pattern.values(Files(), SLICED_GRID)
        return values[:, :, SLICED_GRID // 2]
    return pattern.values(Files(), GRID)


@lru_cache(maxsize=64)
def _coloured(name: str) -> QImage:
    """Return a pattern or a field of this module in the colours of a loss, row 0 at the top."""
    values = _field() if name == "plane" else _pattern(name)
    return _image(values)


def _image(values: Array) -> QImage:
    rows = np.ascontiguousarray(values.T[::-1])
    colours = np.ascontiguousarray(colormaps.colours(rows, float(rows.min()), float(rows.max()), "lipari")[..., :3])
    height, width = rows.shape
    return QImage(colours.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def _field() -> Array:
    """Return what a random plane through a trained network looks like: one wide valley with soft, uneven walls."""
    a, b = np.meshgrid(np.linspace(-1, 1, GRID), np.linspace(-1, 1, GRID), indexing="ij")
    valley = (a * 0.9 + 0.15 * b + 0.12) ** 2 + 0.8 * (b - 0.1 * a - 0.05) ** 2
    walls = 0.16 * np.sin(3.1 * a + 0.4) * np.cos(2.3 * b) + 0.08 * np.sin(5.3 * b - 2 * a)
    return np.asarray(np.log(0.03 + valley + walls * valley))


def _paint_image(painter: QPainter, rect: QRectF, image: QImage, crop: float) -> None:
    scale = max(rect.width() / image.width(), rect.height() / image.height())
    width, height = rect.width() / scale, rect.height() / scale
    source = QRectF((image.width() - width) / 2, (image.height() - height) * crop, width, height)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(rect, image, source)


def _paint_line(painter: QPainter, rect: QRectF, values: Array) -> None:
    painter.fillRect(rect, theme.tokens().color("sunken"))
    _polyline(painter, rect.adjusted(24, 24, -24, -28), np.linspace(0, 1, len(values)), values, "accent")


def _paint_plane(painter: QPainter, rect: QRectF) -> None:
    _paint_image(painter, rect, _coloured("plane"), 0.5)


def _paint_sigma(painter: QPainter, rect: QRectF) -> None:
    """The implicit activation of two losses: softplus-like, and a parabola, dashed."""
    painter.fillRect(rect, theme.tokens().color("sunken"))
    t = np.linspace(-1, 1, 120)
    area = rect.adjusted(28, 20, -28, -24)
    painter.setPen(QPen(theme.tokens().color("border"), 1))
    painter.drawLine(QPointF(rect.left() + 16, area.bottom() + 6), QPointF(rect.right() - 16, area.bottom() + 6))
    soft = np.log1p(np.exp(4 * t)) / np.log1p(np.exp(4.0))
    _polyline(painter, area, (t + 1) / 2, 0.08 + 0.9 * t**2, "orange", dashed=True)
    _polyline(painter, area, (t + 1) / 2, soft, "accent")


def _paint_inertia(painter: QPainter, rect: QRectF) -> None:
    """Eigenvalues counted: a grey heap at zero, a few in accent far to the right."""
    painter.fillRect(rect, theme.tokens().color("sunken"))
    floor, width = rect.bottom() - 24, rect.width()
    for centre, spread, height, token in ((0.36, 0.09, 0.66, "zero"), (0.76, 0.05, 0.3, "accent")):
        for step in range(-4, 5):
            tall = rect.height() * height * float(np.exp(-((step / 2.4) ** 2)))
            left = rect.left() + width * (centre + spread * step / 4) - 5
            painter.fillRect(QRectF(left, floor - tall, 10, tall), theme.tokens().color(token))
    painter.setPen(QPen(theme.tokens().color("border"), 1))
    painter.drawLine(QPointF(rect.left() + 16, floor), QPointF(rect.right() - 16, floor))


def _paint_walk(painter: QPainter, rect: QRectF) -> None:
    """Level lines of a valley, and a path along its floor."""
    painter.fillRect(rect, theme.tokens().color("sunken"))
    area = rect.adjusted(24, 20, -24, -20)
    x = np.linspace(0, 1, 80)
    floor = 0.5 + 0.16 * np.sin(4.5 * x - 1.2)
    for offset in (-0.42, -0.28, -0.16, 0.16, 0.28, 0.42):
        _polyline(painter, area, x, np.clip(floor + offset, 0, 1), "border")
    _polyline(painter, area, x, floor, "accent")


def _polyline(painter: QPainter, area: QRectF, x: Array, y: Array, token: str, *, dashed: bool = False) -> None:
    points = [
        QPointF(area.left() + a * area.width(), area.bottom() - b * area.height()) for a, b in zip(x, y, strict=True)
    ]
    pen = QPen(theme.tokens().color(token), 2)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    if dashed:
        pen.setDashPattern([3, 2])
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    path = QPainterPath()
    path.addPolygon(QPolygonF(points))
    painter.drawPath(path)
    painter.restore()


SKETCHES: dict[str, Callable[[QPainter, QRectF], None]] = {
    "sigma": _paint_sigma,
    "plane": _paint_plane,
    "inertia": _paint_inertia,
    "walk": _paint_walk,
}
"""Pictures that no built-in pattern has."""


def is_known(picture: str) -> bool:
    """Return whether there is such a picture."""
    return picture in SKETCHES or picture in builtin_names()
