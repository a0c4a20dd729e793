"""A hairline between two regions that can be dragged."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QWidget


class Grip(QWidget):
    """A hairline that can be dragged: ``dragged(dx)``; a double click asks for the width of the style (``reset()``)."""

    dragged = Signal(int)
    reset = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(1)
        self._from: int | None = None
        self._hit = _GripArea(self)
        self.setProperty("hairline", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

    def place_hit_area(self) -> None:
        """Put the area that takes the mouse over both sides of the hairline."""
        if (home := self.parentWidget()) is not None:
            self._hit.setParent(home)
            self._hit.setGeometry(self.x() - 3, self.y(), 7, self.height())
            self._hit.raise_()
            self._hit.setVisible(self.isVisibleTo(home))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.place_hit_area()

    def moveEvent(self, event: object) -> None:
        self.place_hit_area()


class _GripArea(QWidget):
    def __init__(self, grip: Grip) -> None:
        super().__init__(grip)
        self._grip = grip
        self._from: int | None = None
        self.setCursor(Qt.CursorShape.SplitHCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._from = round(event.globalPosition().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._from is not None:
            now = round(event.globalPosition().x())
            self._grip.dragged.emit(now - self._from)
            self._from = now

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._from = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._grip.reset.emit()
