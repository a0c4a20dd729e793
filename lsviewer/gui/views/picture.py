"""A picture of colours or greys as it is: whole, undistorted, its pixels crisp when they are large."""

from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from lsviewer.core.artifacts import Artifact, Picture
from lsviewer.gui import theme
from lsviewer.gui.numbers import fixed
from lsviewer.gui.views.base import View
from lsviewer.gui.views.raster import image_of, paint_hatch

MARGIN = 16
CRISP_FROM_PX = 3.0


class PictureView(View):
    """Shows a `Picture`, row 0 at the top."""

    accepts = (Picture,)
    name = "Picture"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picture: Picture | None = None
        self._image: QImage | None = None

    def show_artifact(self, artifact: Artifact) -> None:
        if not isinstance(artifact, Picture):
            raise TypeError(f"a picture is expected, not {artifact!r}")
        self.picture, self._image = artifact, image_of(artifact.pixels)
        self.setAccessibleDescription(artifact.title)
        self.update()

    def clear(self) -> None:
        self.picture = self._image = None
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        self.paint_to(QPainter(self), QRectF(self.rect()))

    def paint_to(self, painter: QPainter, rect: QRectF) -> None:
        if self._image is None or self.picture is None:
            return
        area = fitted_rect(self._image.width(), self._image.height(), rect)
        painter.save()
        if not np.isfinite(self.picture.pixels).all():
            paint_hatch(painter, area)
        crisp = area.width() / self._image.width() >= CRISP_FROM_PX
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not crisp)
        painter.drawImage(area, self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(QColor(theme.tokens().line), 1))
        painter.drawRect(area.adjusted(-1, -1, 0, 0))
        painter.restore()

    def value_at(self, point: QPointF) -> tuple[int, int, tuple[float, ...]] | None:
        """Return row, column and values of the pixel under a point of the widget, or None beside the picture."""
        if self.picture is None or self._image is None:
            return None
        area = fitted_rect(self._image.width(), self._image.height(), QRectF(self.rect()))
        column = int((point.x() - area.left()) / area.width() * self._image.width() // 1)
        row = int((point.y() - area.top()) / area.height() * self._image.height() // 1)
        if not (0 <= row < self._image.height() and 0 <= column < self._image.width()):
            return None
        return row, column, tuple(float(v) for v in np.atleast_1d(self.picture.pixels[row, column]))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self.value_at(event.position())
        if found is None:
            self.status.emit("")
        else:
            row, column, values = found
            self.status.emit(f"row {row}, column {column}   " + ", ".join(fixed(value, 3) for value in values))

    def leaveEvent(self, event: QEvent) -> None:
        self.status.emit("")
        super().leaveEvent(event)

    def state(self) -> dict[str, Any]:
        return {}


def fitted_rect(width: int, height: int, rect: QRectF) -> QRectF:
    """Return the largest rectangle of this shape inside ``rect`` less margins, centred, whole pixels a pixel where possible."""
    room = rect.adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
    scale = max(min(room.width() / width, room.height() / height), 1e-3)
    if scale >= CRISP_FROM_PX:
        scale = float(int(scale))
    w, h = width * scale, height * scale
    return QRectF(round(room.center().x() - w / 2), round(room.center().y() - h / 2), w, h)
