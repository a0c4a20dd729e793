"""A section or a picture as an image: the one door where ij order becomes rows and columns, and where holes are hatched."""

import numpy as np
from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from lsviewer.core.arrays import Array
from lsviewer.gui import theme
from lsviewer.gui.colormaps import Bytes, colours

HATCH_STEP = 8  # pixels between the lines of the hatch, measured across them


def as_rows(values: Array) -> Array:
    """Return ``values[i0, i1]`` as rows of an image: axis 0 to the right, axis 1 *up*, so row 0 is the last of axis 1."""
    return np.ascontiguousarray(values.T[::-1])


def section_image(values: Array, low: float, high: float, colour_map: str) -> QImage:
    """Return one pixel a grid point, coloured from ``low`` to ``high``; what is not finite is transparent."""
    pixels: Bytes = np.ascontiguousarray(colours(as_rows(values), low, high, colour_map))
    rows, columns = pixels.shape[:2]
    image = QImage(pixels.data, columns, rows, 4 * columns, QImage.Format.Format_RGBA8888_Premultiplied)
    return image.copy()  # the buffer belongs to numpy and goes away with it


def image_of(pixels: Array) -> QImage:
    """Return greys (rows, columns) or colours (rows, columns, 3) in [0, 1] as an image; what is not finite is transparent."""
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] != 3):
        raise ValueError(f"a picture has shape (rows, columns) or (rows, columns, 3), not {pixels.shape}")
    finite = np.isfinite(pixels)
    levels = (np.clip(np.where(finite, pixels, 0.0), 0.0, 1.0) * 255 + 0.5).astype(np.uint8)
    rows, columns = pixels.shape[:2]
    rgba = np.empty((rows, columns, 4), np.uint8)
    rgba[..., :3] = levels[..., None] if pixels.ndim == 2 else levels
    rgba[..., 3] = 255 * (finite if pixels.ndim == 2 else finite.all(axis=2))
    return QImage(rgba.data, columns, rows, 4 * columns, QImage.Format.Format_RGBA8888).copy()


def paint_hatch(painter: QPainter, rect: QRectF) -> None:
    """Fill ``rect`` with the sign for "no value here": sunken with lines at 45 degrees."""
    tokens = theme.tokens()
    painter.save()
    painter.setClipRect(rect)
    painter.fillRect(rect, QColor(tokens.sunken))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(tokens.ink3), 1.0))
    step = HATCH_STEP * 2**0.5
    height = rect.height()
    first = int((rect.left() - height) // step)
    last = int(rect.right() // step) + 1
    painter.drawLines(
        [QLineF(index * step, rect.bottom(), index * step + height, rect.top()) for index in range(first, last + 1)]
    )
    painter.restore()
