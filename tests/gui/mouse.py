"""A mouse that is where it was moved to.

QTest.mouseMove moves the screen's pointer: its event comes when the screen likes, and not at all where the pointer already was.
"""

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

NO_BUTTON = Qt.MouseButton.NoButton


def move(widget: QWidget, place: QPoint | QPointF, held: Qt.MouseButton = NO_BUTTON) -> None:
    """Move the mouse over a place of a widget."""
    at = QPointF(place)
    event = QMouseEvent(
        QEvent.Type.MouseMove, at, widget.mapToGlobal(at), NO_BUTTON, held, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(widget, event)
