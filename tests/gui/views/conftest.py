"""Real mouse gestures for the views: QTest has no wheel, and its mouseMove holds no button."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

NONE, LEFT = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton


def _send(widget: QWidget, kind: QEvent.Type, at: QPointF, button: Qt.MouseButton, held: Qt.MouseButton) -> None:
    event = QMouseEvent(kind, at, widget.mapToGlobal(at), button, held, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(widget, event)


@pytest.fixture
def wheel() -> Callable[..., None]:
    """Return a function that turns the wheel over a point of a widget by an angle in eighths of a degree."""

    def turn(widget: QWidget, at: QPointF, angle: int) -> None:
        place = QPointF(widget.mapToGlobal(at.toPoint()))
        plain, phase = Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase
        QApplication.sendEvent(widget, QWheelEvent(at, place, QPoint(), QPoint(0, angle), NONE, plain, phase, False))

    return turn


@pytest.fixture
def drag() -> Callable[..., None]:
    """Return a function that presses at a point, moves in steps with the button held, and releases."""

    def pull(widget: QWidget, start: QPoint, end: QPoint, steps: int = 8, button: Qt.MouseButton = LEFT) -> None:
        a, b = QPointF(start), QPointF(end)
        _send(widget, QEvent.Type.MouseButtonPress, a, button, button)
        for step in range(1, steps + 1):
            _send(widget, QEvent.Type.MouseMove, a + (b - a) * (step / steps), NONE, button)
        _send(widget, QEvent.Type.MouseButtonRelease, b, button, NONE)

    return pull
