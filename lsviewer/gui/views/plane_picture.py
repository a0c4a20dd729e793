"""A picture in colour on the plane of a section: what its channels say, and the base of views of it, with the shared cursor."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent

from lsviewer.core.artifacts import Artifact, Picture
from lsviewer.gui.views.base import ARROWS, Cursor, View, paint_crosshair, paint_ring

NAMES = ("red", "green", "blue")


@dataclass(frozen=True, slots=True)
class Channel:
    """How near one channel is to what was asked for."""

    name: str
    psnr_db: float  # 1 is the peak
    largest_error: float


def channels_of(picture: Picture) -> tuple[Channel, ...]:
    """Return the channels of a picture with a target."""
    error = picture.error
    assert error is not None
    squares = np.square(error).mean((0, 1))
    with np.errstate(divide="ignore"):
        decibels = -10.0 * np.log10(squares)
    return tuple(Channel(name, float(decibels[k]), float(np.abs(error[..., k]).max())) for k, name in enumerate(NAMES))


def decibels(value: float) -> str:
    """Return ``129.4 dB``; without any error ``∞ dB``."""
    return f"{value:.1f} dB" if np.isfinite(value) else "∞ dB"


class PlanePicture(View):
    """Base of the views of such a picture: the cursor in every square it is drawn in. Subclasses say where these are."""

    accepts = (Picture,)

    def __init__(self) -> None:
        super().__init__()
        self.picture: Picture | None = None
        self.setAccessibleDescription(
            "A picture on the plane of the section. Arrow keys move the cursor, Space pins it, Escape frees it."
        )

    @classmethod
    def can_show(cls, artifact: Artifact) -> bool:
        return isinstance(artifact, Picture) and artifact.target is not None and artifact.pixels.ndim == 3

    def show_artifact(self, artifact: Artifact) -> None:
        if not isinstance(artifact, Picture) or not self.can_show(artifact):
            raise TypeError(f"a picture in colour with its target is expected, not {artifact!r}")
        self.picture = artifact
        self.update()

    def clear(self) -> None:
        self.picture = None
        self.update()

    def squares(self, rect: QRectF) -> Sequence[QRect]:
        """Return the squares in which the plane is drawn when the view fills ``rect``."""
        raise NotImplementedError

    def paint_picture(self, painter: QPainter, rect: QRectF) -> None:
        """Draw everything but the cursor."""
        raise NotImplementedError

    def state(self) -> dict[str, Any]:
        return {}

    # -- drawing

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, rect = QPainter(self), QRectF(self.rect())
        self.paint_to(painter, rect)
        if self.picture is not None and self.cursor_position is not None:
            for square in self.squares(rect):
                at = _point(square, self.cursor_position)
                paint_crosshair(painter, square, at.x(), at.y())
                paint_ring(painter, int(at.x()) + 0.5, int(at.y()) + 0.5, self.cursor_is_pinned)

    def paint_to(self, painter: QPainter, rect: QRectF) -> None:
        if self.picture is not None:
            painter.save()
            self.paint_picture(painter, rect)
            painter.restore()

    # -- mouse and keys

    def position_at(self, point: QPointF) -> Cursor | None:
        """Return axis coordinates under a point of the widget, None beside the squares."""
        for square in self.squares(QRectF(self.rect())) if self.picture is not None else ():
            if QRectF(square).adjusted(-1, -1, 1, 1).contains(point):
                across = (point.x() - square.left()) / max(1, square.width())
                up = (square.top() + square.height() - point.y()) / max(1, square.height())
                return min(1.0, max(0.0, across)), min(1.0, max(0.0, up))
        return None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self.cursor_is_pinned:
            self.move_cursor(self.position_at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        position = self.position_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and position is not None:
            self.move_cursor(position, pinned=True)

    def leaveEvent(self, event: QEvent) -> None:
        if not self.cursor_is_pinned:
            self.move_cursor(None)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, here = Qt.Key(event.key()), self.cursor_position or (0.5, 0.5)
        if self.picture is None:
            super().keyPressEvent(event)
        elif key in ARROWS:
            step = 1.0 / (len(self.picture.pixels) - 1)
            moved = tuple(min(1.0, max(0.0, c + step * by)) for c, by in zip(here, ARROWS[key], strict=False))
            self.move_cursor(moved, pinned=self.cursor_is_pinned)
        elif key == Qt.Key.Key_Escape and self.cursor_position is not None:
            self.move_cursor(None)
        elif key in (Qt.Key.Key_Space, Qt.Key.Key_Return):
            self.move_cursor(here, pinned=not self.cursor_is_pinned)
        else:
            super().keyPressEvent(event)


def _point(square: QRect, position: Cursor) -> QPointF:
    return QPointF(square.left() + position[0] * square.width(), square.top() + (1.0 - position[1]) * square.height())
