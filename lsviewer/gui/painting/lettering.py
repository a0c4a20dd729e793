"""Text as coverage: letters set by Qt, four times too large, averaged down in floats."""

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColorConstants, QFont, QFontMetricsF, QImage, QPainter

from lsviewer.core.arrays import Array

OVERSAMPLING = 4
MAX_SIDE = 1024  # grid points: more never meets a pattern


def lettering(text: str, size: float, font: QFont) -> Array:
    """Return the coverage (w, h) of ``text`` in ij order, float32; a line is ``size`` grid points high, lines are centred.

    Empty text gives an empty array.
    """
    if not text.strip():
        return np.zeros((0, 0), np.float32)
    font = QFont(font)
    font.setPixelSize(max(1, round(size * OVERSAMPLING)))
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
    bounds = QFontMetricsF(font).boundingRect(QRectF(0, 0, 1e5, 1e5), int(flags), text)
    margin = size / 4  # italics and accents overhang their boxes
    width = min(int(np.ceil(bounds.width() / OVERSAMPLING + 2 * margin)), MAX_SIDE)
    height = min(int(np.ceil(bounds.height() / OVERSAMPLING + 2 * margin)), MAX_SIDE)
    image = QImage(width * OVERSAMPLING, height * OVERSAMPLING, QImage.Format.Format_Grayscale8)
    image.fill(0)
    painter = QPainter(image)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    painter.setFont(font)
    painter.setPen(QColorConstants.White)
    inner = QRectF(0, margin * OVERSAMPLING, image.width(), image.height())
    painter.drawText(inner, int(flags), text)
    painter.end()
    fine = grey(image)
    coarse = fine.reshape(height, OVERSAMPLING, width, OVERSAMPLING).mean(axis=(1, 3))
    return np.ascontiguousarray(coarse[::-1].T, dtype=np.float32)


def grey(image: QImage) -> Array:
    """Return an image as grey levels (rows, columns) in [0, 1], float64, 16 bits deep; transparency lies on white."""
    image = on_white(image).convertToFormat(QImage.Format.Format_Grayscale16)
    rows = np.frombuffer(image.constBits(), np.uint16).reshape(image.height(), image.bytesPerLine() // 2)
    return rows[:, : image.width()].astype(np.float64) / 65535.0


def on_white(image: QImage) -> QImage:
    """Return an image without transparency: what shone through is white."""
    if not image.hasAlphaChannel():
        return image
    opaque = QImage(image.size(), QImage.Format.Format_RGBA64)
    opaque.fill(QColorConstants.White)
    painter = QPainter(opaque)
    painter.drawImage(0, 0, image)
    painter.end()
    return opaque
