"""The channels of a picture one by one, each the loss of a head, and its error in colour: four squares with one cursor."""

import numpy as np
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Artifact, Picture
from lsviewer.gui import theme
from lsviewer.gui.numbers import format_number
from lsviewer.gui.square import source_rect
from lsviewer.gui.views.plane_picture import PlanePicture, channels_of, decibels
from lsviewer.gui.views.plot import text
from lsviewer.gui.views.raster import image_of

MARGIN, GAP, HEAD = 16, 12, 20  # px
CRISP_FROM = 3.0
FULL = 4.0  # root mean squares: a few large errors would leave the rest grey
TINTS = ((1.0, 0.36, 0.30), (0.38, 0.85, 0.42), (0.42, 0.58, 1.0))  # of full loss, so that blue is as light as green


class Channels(PlanePicture):
    """Shows a `Picture` with a target: red, green, blue, and what each misses, amplified."""

    name = "Channels"
    heading = "Three losses"

    def __init__(self) -> None:
        super().__init__()
        self._panels: tuple[tuple[QImage, str, str], ...] = ()

    def show_artifact(self, artifact: Artifact) -> None:
        super().show_artifact(artifact)
        assert self.picture is not None
        self._panels = panels_of(self.picture)

    def squares(self, rect: QRectF) -> list[QRect]:
        side = min((rect.width() - 2 * MARGIN - GAP) / 2, (rect.height() - MARGIN - GAP - 2 * HEAD) / 2)
        side = max(8, int(side))
        left, top = rect.center().x() - side - GAP / 2, rect.top() + HEAD
        return [
            QRect(round(left + column * (side + GAP)), round(top + row * (side + GAP + HEAD)), side, side)
            for row in (0, 1)
            for column in (0, 1)
        ]

    def paint_picture(self, painter: QPainter, rect: QRectF) -> None:
        tokens = theme.tokens()
        for (image, words, number), square in zip(self._panels, self.squares(rect), strict=True):
            n = image.width()
            painter.setRenderHint(
                QPainter.RenderHint.SmoothPixmapTransform, square.width() / max(1, n - 1) <= CRISP_FROM
            )
            painter.drawImage(QRectF(square), image, source_rect(n, n))
            painter.setPen(QPen(QColor(tokens.line), 1))
            painter.drawRect(square.adjusted(-1, -1, 0, 0))
            painter.setFont(theme.font(12))
            painter.setPen(QColor(tokens.ink2))
            middle = square.top() - HEAD / 2
            text(painter, square.left(), middle, words, Qt.AlignmentFlag.AlignLeft)
            painter.setFont(theme.font(12, 500, tabular=True))
            painter.setPen(QColor(tokens.ink))
            text(painter, square.right() + 1, middle, number, Qt.AlignmentFlag.AlignRight)


def panels_of(picture: Picture) -> tuple[tuple[QImage, str, str], ...]:
    """Return an image, words and a number for each of the four squares."""
    assert picture.error is not None
    panels = [
        (image_of(picture.pixels[..., k, None] * np.array(TINTS[k])), channel.name, decibels(channel.psnr_db))
        for k, channel in enumerate(channels_of(picture))
    ]
    reach = reach_of(picture.error)
    return (*panels, (image_of(amplified(picture.error, reach)), "error", f"± {format_number(reach, 2)}"))


def reach_of(error: Array) -> float:
    """Return the error that gets full colour: the largest one, but at most `FULL` times the root mean square."""
    return min(float(np.abs(error).max()), FULL * float(np.sqrt(np.square(error).mean())))


def amplified(error: Array, reach: float) -> Array:
    """Return an error as colours around a middle grey, 0 or 1 where it is ``reach`` or more."""
    return 0.5 + np.clip(error, -reach, reach) / (2.0 * reach) if reach > 0 else np.full(error.shape, 0.5)
