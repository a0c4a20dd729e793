"""One line across the window that asks for a decision or tells of a problem, and goes when it is answered."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from lsviewer.gui import theme
from lsviewer.gui.buttons import icon_button, push_button
from lsviewer.gui.labels import IconLabel, label

Answer = tuple[str, Callable[[], None]]


class Banner(QFrame):
    """`ask` shows a sentence with buttons, the last of them primary; any answer closes it. ``closed()``."""

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self.setProperty("banner", True)
        self.setFixedHeight(48)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 8, 0)
        row.setSpacing(8)
        self._icon = IconLabel("clock-counter-clockwise", "undecided", 16)
        self._text = label("")
        self._text.setFont(theme.font(13, 500))
        row.addWidget(self._icon)
        row.addWidget(self._text, 1)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        row.addLayout(self._buttons)
        close = icon_button("x", "Close this message", name="close-banner")
        close.clicked.connect(self.dismiss)
        row.addWidget(close)
        self.hide()

    def ask(self, text: str, answers: Sequence[Answer] = (), icon: str = "clock-counter-clockwise") -> None:
        """Show ``text`` with a button for each answer; an older question gives way."""
        self._icon.show_icon(icon, "undecided")
        self._text.setText(text)
        self.setAccessibleName(text)
        while (item := self._buttons.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for index, (words, answer) in enumerate(answers):
            button: QPushButton = push_button(words, primary=index == len(answers) - 1)
            button.clicked.connect(self.dismiss)
            button.clicked.connect(
                partial(_give, answer)
            )  # PySide wants to hold bound methods weakly; a value cannot be held so
            self._buttons.addWidget(button)
        self.show()

    def dismiss(self) -> None:
        """Take the banner away."""
        self.hide()
        self.closed.emit()


def _give(answer: Callable[[], None], *_: object) -> None:
    """Call an answer without the ``checked`` that a button's signal brings along."""
    answer()
