"""A small panel that opens over a button and closes at the next click beside it."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QWidget

from lsviewer.gui import theme

GAP = 4  # px


class Popup(QFrame):
    """Base of the popups of the ink."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)

    def pop_up(self, over: QWidget) -> None:
        """Open above or below a widget, whichever has room."""
        self.adjustSize()
        corner = over.mapToGlobal(QPoint(0, -self.height() - GAP))
        screen = over.screen().availableGeometry()
        if corner.y() < screen.top():
            corner = over.mapToGlobal(QPoint(0, over.height() + GAP))
        corner.setX(max(screen.left(), min(corner.x(), screen.right() - self.width())))
        self.move(corner)
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A panel with a hairline, as menus have."""
        tokens = theme.tokens()
        painter = QPainter(self)
        painter.fillRect(self.rect(), tokens.color("panel"))
        painter.setPen(tokens.color("border"))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()
