"""A segmented control: up to three or four choices side by side, one of them taken."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from lsviewer.gui import theme

PADDING = 10  # of a segment, left and right of its words together


def width_of(words: Sequence[str]) -> int:
    """Return how many pixels a control with these words takes at least; the taken one is bold."""
    widest = QFontMetrics(theme.font(13, 600))
    return sum(widest.horizontalAdvance(one) + PADDING for one in words)


class Segmented(QWidget):
    """Choices as ``(value, words)``; ``changed(value)`` when the user takes one (`set_value` says nothing)."""

    changed = Signal(str)

    def __init__(self, options: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("segmented")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._values = [value for value, _ in options]
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for index, (value, words) in enumerate(options):
            button = QPushButton(words)
            button.setObjectName(f"segment-{value}")
            button.setProperty("segment", True)
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setMinimumWidth(width_of((words,)))  # bold when taken: keep its place
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.installEventFilter(self)
            self._group.addButton(button, index)
            row.addWidget(button, 1)
        self._group.button(0).setChecked(True)
        self._group.idClicked.connect(self._clicked)
        self.setFocusProxy(self._group.button(0))

    @property
    def value(self) -> str:
        """The value taken."""
        return self._values[self._group.checkedId()]

    def set_value(self, value: str) -> None:
        """Take a value without telling; an unknown one raises ValueError."""
        self._group.button(self._values.index(value)).setChecked(True)

    def set_option_enabled(self, value: str, enabled: bool, reason: str = "") -> None:
        """Offer a value or not; the reason is its tooltip."""
        button = self._group.button(self._values.index(value))
        button.setEnabled(enabled)
        button.setToolTip(reason)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Arrows move to the neighbour and take it, as in a group of radio buttons."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}.get(
                Qt.Key(event.key())
            )
            if step is not None:
                button = self._group.button((self._group.checkedId() + step) % len(self._values))
                if button.isEnabled():
                    button.setFocus(Qt.FocusReason.TabFocusReason)
                    button.click()
                return True
        return False

    def _clicked(self, index: int) -> None:
        self.changed.emit(self._values[index])
