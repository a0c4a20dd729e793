"""One example as a card: its picture, its title, one sentence, where it comes from and how long it takes."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton

from lsviewer.gui import theme
from lsviewer.gui.examples import Example
from lsviewer.gui.examples.records import duration, read

CARD_WIDTH = 272  # at least
TEXT_HEIGHT = 96
PICTURE_RATIO = 0.432
STEPS = {
    Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1),
}  # fmt: skip


def card_height(width: int) -> int:
    """Return how high a card of ``width`` is: its picture and its words."""
    return round(width * PICTURE_RATIO) + TEXT_HEIGHT


class ExampleCard(QAbstractButton):
    """``chosen(Example)`` when it is clicked, ``left(columns, rows)`` when an arrow asks for the neighbour."""

    chosen = Signal(object)
    left = Signal(int, int)

    def __init__(self, example: Example) -> None:
        super().__init__()
        self.example = example
        self.has_picture = False
        self._duration = ""
        self._drawn = QPixmap()  # the picture as it was painted last, so that scrolling paints no curves
        self._drawn_as: object = None
        self.setObjectName(f"example-{example.recipe['kind']}")
        self.setAccessibleName(f"{example.title}. {example.sentence}")
        self.setToolTip(f"Open “{example.title}”")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self._choose)

    def sizeHint(self) -> QSize:
        return QSize(CARD_WIDTH, card_height(CARD_WIDTH))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif key in STEPS:
            self.left.emit(*STEPS[key])
        else:
            super().keyPressEvent(event)

    def show_picture(self) -> None:
        """Draw the picture from now on; before, its place is grey, so that the first page stands at once."""
        self.has_picture = True
        if (record := read(self.example)) is not None:
            self._duration = duration(record.seconds)
            self.setToolTip(f"Open “{self.example.title}”; it runs in about {self._duration}")
        self.update()

    def _choose(self) -> None:
        self.chosen.emit(self.example)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect())
        shape = QPainterPath()
        shape.addRoundedRect(area, 8, 8)
        painter.fillPath(shape, colours.color("panel"))
        picture = QRectF(0, 0, area.width(), area.height() - TEXT_HEIGHT)
        painter.save()
        painter.setClipPath(shape)
        if self.has_picture:
            painter.drawPixmap(picture.topLeft(), self._picture(picture))
        else:
            painter.fillRect(picture, colours.color("sunken"))
        painter.restore()
        self._paint_words(painter, QRectF(16, picture.bottom(), area.width() - 32, TEXT_HEIGHT))
        if self.hasFocus() or self.isDown():
            theme.paint_focus(painter, area, 7)
        elif self.underMouse():
            painter.setPen(QPen(colours.color("border"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 7.5, 7.5)

    def _paint_words(self, painter: QPainter, area: QRectF) -> None:
        colours = theme.tokens()
        width = round(area.width())
        painter.setPen(colours.color("ink"))
        face = theme.font(14, 600)
        painter.setFont(face)
        painter.drawText(
            area.adjusted(0, 10, 0, 0), Qt.AlignmentFlag.AlignTop, theme.elided(self.example.title, face, width)
        )
        painter.setFont(theme.font(12))
        painter.setPen(colours.color("ink2"))
        wrapped = Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        painter.drawText(area.adjusted(0, 31, 0, -30), wrapped, self.example.sentence)
        painter.setPen(colours.color("ink3"))
        foot = area.adjusted(0, 0, 0, -10)
        painter.drawText(foot, Qt.AlignmentFlag.AlignBottom, self.example.source)
        painter.drawText(foot, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignRight, self._duration)

    def _picture(self, rect: QRectF) -> QPixmap:
        """Return the picture at the size and in the colours of now."""
        ratio = self.devicePixelRatioF()
        drawn_as = (rect.size().toSize(), ratio, theme.tokens().name)
        if self._drawn_as != drawn_as:
            from lsviewer.gui.thumbnails import paint_thumbnail  # brings numpy, pydantic and colour maps

            self._drawn = QPixmap(rect.size().toSize() * ratio)
            self._drawn.setDevicePixelRatio(ratio)
            painter = QPainter(self._drawn)
            paint_thumbnail(painter, QRectF(0, 0, rect.width(), rect.height()), self.example)
            painter.end()
            self._drawn_as = drawn_as
        return self._drawn
