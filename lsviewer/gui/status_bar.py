"""The line at the bottom: on the left the values at the cursor, on the right what the project runs on and whether it is saved."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from lsviewer.gui import theme
from lsviewer.gui.labels import ElidedLabel, label

HEIGHT = 28
PARTS = 6


class BottomBar(QWidget):
    """Words parted by space alone. `show_left` are values or a hint, `show_right` data, network, device, saved."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bottom-bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(HEIGHT)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 1, 16, 0)
        row.setSpacing(24)
        self._left: list[QLabel] = [label("", "status") for _ in range(PARTS)]
        for part in self._left:
            part.setFont(theme.font(12, tabular=True))
            row.addWidget(part)
        self._hint = ElidedLabel("", "status")
        self._hint.setFont(theme.font(12))
        row.addWidget(self._hint, 1)
        self._right: list[QLabel] = [label("", "status") for _ in range(PARTS)]
        for part in self._right:
            part.setFont(theme.font(12, tabular=True))
            part.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            row.addWidget(part)
        self.show_left(())
        self.show_right(())

    def show_left(self, parts: Sequence[str]) -> None:
        """Show values such as ``α = (0.62, 0.71)``, ``L = 2.9929``."""
        _fill(self._left, parts)

    def show_hint(self, text: str) -> None:
        """Show one sentence beside the values, "" takes it away."""
        self._hint.setText(text)

    def show_right(self, parts: Sequence[str]) -> None:
        """Show parts such as ``digits, mlp 256-288-64``, ``cpu, float32``, ``saved 14:03``."""
        _fill(self._right, parts)


def _fill(labels: list[QLabel], parts: Sequence[str]) -> None:
    for index, part in enumerate(labels):
        text = parts[index] if index < len(parts) else ""
        if part.text() != text:
            part.setText(text)
        part.setVisible(bool(text))
