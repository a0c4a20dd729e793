"""What the canvas shows while something that it can take is held over it."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from lsviewer.gui import theme

WORDS = "Drop to use as the pattern"
HEIGHT = 32  # px, of the words' ground


class DropHint(QWidget):
    """A veil over the square with a dashed border and words; takes no mouse."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("drop-hint")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        veil = tokens.color("panel")
        veil.setAlphaF(0.6)
        painter.fillRect(self.rect(), veil)
        painter.setPen(QPen(tokens.color("accent"), 2, Qt.PenStyle.DashLine))
        painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        painter.setFont(theme.font(13, 600))
        width = painter.fontMetrics().horizontalAdvance(WORDS) + 24
        ground = QRectF((self.width() - width) / 2, (self.height() - HEIGHT) / 2, width, HEIGHT)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens.color("panel"))
        painter.drawRoundedRect(ground, 4, 4)
        painter.setPen(tokens.color("ink"))
        painter.drawText(ground, Qt.AlignmentFlag.AlignCenter, WORDS)
        painter.end()
