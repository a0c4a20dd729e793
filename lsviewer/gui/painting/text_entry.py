"""The field that opens where the text tool was pressed: letters appear in the pattern as they are typed."""

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

MARGIN = 8  # px, to the border of the canvas
WIDTH = 180


class TextEntry(QLineEdit):
    """Enter and Tab take the text, Escape takes it back."""

    taken = Signal()
    dropped = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._canvas = parent
        self.setObjectName("text-entry")
        self.setAccessibleName("Text to draw")
        self.setPlaceholderText("Type text, then Enter")
        self.setMaxLength(60)
        self.hide()

    def open_at(self, place: QPointF) -> None:
        """Open under a place of the parent, inside the parent; keeps what is typed when it is open already."""
        parent = self._canvas
        width = min(WIDTH, parent.width() - 2 * MARGIN)
        x = min(max(MARGIN, round(place.x()) - width // 2), parent.width() - width - MARGIN)
        y = round(place.y()) + 24
        if y + self.sizeHint().height() > parent.height() - MARGIN:
            y = round(place.y()) - 24 - self.sizeHint().height()
        self.setGeometry(x, y, width, self.sizeHint().height())
        self.show()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_quietly(self) -> None:
        """Close without telling."""
        if not self.isHidden():
            blocked = self.blockSignals(True)
            self.hide()
            self.clear()
            self.blockSignals(blocked)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.taken.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.dropped.emit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self.taken.emit()
