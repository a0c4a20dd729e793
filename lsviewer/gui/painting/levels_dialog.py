"""Levels: what becomes black, what becomes white, and the gamma between, with the picture following the sliders."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from lsviewer.core.arrays import Array
from lsviewer.gui import theme
from lsviewer.gui.painting.filters import levels
from lsviewer.gui.painting.importers import as_pattern
from lsviewer.gui.painting.sliders import SliderRow

GAP = 0.02  # between black and white
BINS = 64


class LevelsDialog(QDialog):
    """Emits ``previewed(values)`` while a slider moves; ``values`` is the result."""

    previewed = Signal(object)

    def __init__(self, base: Array, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("levels-dialog")
        self.setWindowTitle("Levels")
        self.setMinimumWidth(400)
        self._base = base
        self.values: Array = base
        self.histogram = Histogram(base)
        self.black = SliderRow("Black", 0, 1, 0.01, tip="Values up to here become 0")
        self.white = SliderRow("White", 0, 1, 0.01, tip="Values from here become 1")
        self.gamma = SliderRow("Gamma", 0.2, 5, 0.05, quadratic=True, tip="Above 1 brightens what lies between")
        self.white.show_value(1.0)
        self.gamma.show_value(1.0)
        fit = QDialogButtonBox.ButtonRole.ResetRole
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        stretch = buttons.addButton("Stretch to 0 and 1", fit)
        stretch.setObjectName("levels-stretch")
        use = buttons.addButton("Set levels", QDialogButtonBox.ButtonRole.AcceptRole)
        use.setProperty("primary", True)
        use.setDefault(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        for widget in (self.histogram, self.black, self.white, self.gamma, buttons):
            column.addWidget(widget)
        self.black.moved.connect(self._black_moved)
        self.white.moved.connect(self._white_moved)
        self.gamma.moved.connect(self._apply)
        stretch.clicked.connect(self._stretch)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)

    def _black_moved(self, value: float) -> None:
        self.white.show_value(max(self.white.value, value + GAP))
        self.black.show_value(min(value, 1 - GAP))
        self._apply()

    def _white_moved(self, value: float) -> None:
        self.black.show_value(min(self.black.value, value - GAP))
        self.white.show_value(max(value, GAP))
        self._apply()

    def _stretch(self) -> None:
        low, high = float(self._base.min()), float(self._base.max())
        if high - low >= GAP:
            self.black.show_value(low)
            self.white.show_value(high)
            self._apply()

    def _apply(self) -> None:
        self.values = as_pattern(levels(self._base, self.black.value, self.white.value, self.gamma.value))
        self.histogram.mark(self.black.value, self.white.value)
        self.previewed.emit(self.values)


class Histogram(QWidget):
    """How often each level occurs, with the chosen ends marked."""

    def __init__(self, values: Array) -> None:
        super().__init__()
        self.setFixedHeight(80)
        self.setAccessibleName("Histogram of the pattern")
        counts, _ = np.histogram(values, BINS, (0.0, 1.0))
        # square roots: a plain background would flatten all the rest
        self._heights = np.sqrt(counts / max(1, counts.max()))
        self._ends = 0.0, 1.0

    def mark(self, black: float, white: float) -> None:
        """Show where black and white are."""
        self._ends = black, white
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.tokens()
        painter = QPainter(self)
        width, height = self.width(), self.height() - 1
        for k, share in enumerate(self._heights):
            bar = QRectF(k * width / BINS, height * (1 - share), width / BINS - 1, height * share)
            painter.fillRect(bar, tokens.color("zero"))
        painter.setPen(QPen(tokens.color("border"), 1))
        painter.drawLine(0, height, width, height)
        painter.setPen(QPen(tokens.color("accent"), 2))
        for end in self._ends:
            x = min(width - 1.0, max(1.0, end * width))
            painter.drawLine(QPointF(x, 0), QPointF(x, height))
        painter.end()
