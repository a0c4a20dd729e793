"""The picture that the losses of three heads make, in the square of the painting beside it; below, how near its channels are."""

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from lsviewer.core.artifacts import Artifact
from lsviewer.gui import theme
from lsviewer.gui.numbers import format_number
from lsviewer.gui.square import foot_rect, paint_axes, source_rect, square_rect
from lsviewer.gui.views.plane_picture import Channel, PlanePicture, channels_of, decibels
from lsviewer.gui.views.plot import text
from lsviewer.gui.views.raster import image_of

CRISP_FROM = 6.0  # px a grid point: as in the painting
TABLE_FROM = 92  # px of foot
LINE, INDENT, FROM_BELOW = 22, 16, 24  # px
NARROW = 240  # px of square: below it the table takes the width of the card


class ColourMap(PlanePicture):
    """Shows a `Picture` with a target on the plane it lies on."""

    name = "Picture found"
    heading = "Found picture"

    def __init__(self) -> None:
        super().__init__()
        self._image = QImage()
        self._channels: tuple[Channel, ...] = ()

    def show_artifact(self, artifact: Artifact) -> None:
        super().show_artifact(artifact)
        assert self.picture is not None
        self._image, self._channels = image_of(self.picture.pixels), channels_of(self.picture)

    def squares(self, rect: QRectF) -> tuple[QRect]:
        return (square_rect(round(rect.width()), round(rect.height())).translated(rect.topLeft().toPoint()),)

    def paint_picture(self, painter: QPainter, rect: QRectF) -> None:
        (square,), n = self.squares(rect), self._image.width()
        crisp = square.width() / max(1, n - 1) > CRISP_FROM
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not crisp)
        painter.drawImage(QRectF(square), self._image, source_rect(n, n))
        paint_axes(painter, square)
        foot = foot_rect(round(rect.width()), round(rect.height())).translated(rect.topLeft().toPoint())
        if foot.height() >= TABLE_FROM:
            self._paint_table(painter, square, foot)
        elif foot.height() >= LINE:
            words = ", ".join(decibels(channel.psnr_db).removesuffix(" dB") for channel in self._channels) + " dB"
            middle = max(foot.top() + LINE / 2, rect.bottom() - FROM_BELOW)
            _pair(painter, rect.left() + INDENT, rect.right() - INDENT, middle, "PSNR", words)

    def _paint_table(self, painter: QPainter, square: QRect, foot: QRect) -> None:
        beyond = 0 if square.width() >= NARROW else square.left() - foot.left() - INDENT
        left, right = square.left() - beyond, square.right() + 1 + beyond
        columns = (left, left + (right - left) * 0.55, right)
        top = foot.top() + LINE / 2
        painter.setFont(theme.font(12))
        painter.setPen(QColor(theme.tokens().ink3))
        text(painter, columns[0], top, "head", Qt.AlignmentFlag.AlignLeft)
        text(painter, columns[1], top, "PSNR", Qt.AlignmentFlag.AlignRight)
        text(painter, columns[2], top, "largest error", Qt.AlignmentFlag.AlignRight)
        for row, channel in enumerate(self._channels, start=1):
            middle = top + row * LINE
            _pair(painter, columns[0], columns[1], middle, channel.name, decibels(channel.psnr_db))
            text(painter, columns[2], middle, format_number(channel.largest_error, 2), Qt.AlignmentFlag.AlignRight)


def _pair(painter: QPainter, left: float, right: float, middle: float, words: str, number: str) -> None:
    painter.setFont(theme.font(12))
    painter.setPen(QColor(theme.tokens().ink2))
    text(painter, left, middle, words, Qt.AlignmentFlag.AlignLeft)
    painter.setFont(theme.font(12, 500, tabular=True))
    painter.setPen(QColor(theme.tokens().ink))
    text(painter, right, middle, number, Qt.AlignmentFlag.AlignRight)
