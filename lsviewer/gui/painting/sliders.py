"""A labelled slider with its number: one row of the brush settings."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

from lsviewer.gui import theme

LABEL_WIDTH, NUMBER_WIDTH = 66, 50  # px


class SliderRow(QWidget):
    """A value on an even or quadratic scale; emits ``moved(value)`` for what the user does only."""

    moved = Signal(float)

    def __init__(
        self, title: str, low: float, high: float, step: float, unit: str = "", quadratic: bool = False, tip: str = ""
    ) -> None:
        super().__init__()
        self.setObjectName(f"row-{title.lower().replace(' ', '-')}")
        self._low, self._high, self._step, self._unit, self._quadratic = low, high, step, unit, quadratic
        self._value = low
        self._label = QLabel(title)
        self._label.setProperty("role", "label")
        self._label.setFixedWidth(LABEL_WIDTH)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setObjectName(f"slider-{title.lower().replace(' ', '-')}")
        self.slider.setAccessibleName(title)
        self.slider.setRange(0, round((high - low) / step))
        self.slider.setPageStep(max(1, self.slider.maximum() // 10))
        self._label.setBuddy(self.slider)
        self._number = QLabel()
        self._number.setProperty("role", "number")
        self._number.setFont(theme.font(13, 500, tabular=True))
        self._number.setFixedWidth(NUMBER_WIDTH)
        self._number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for widget in (self, self.slider):
            widget.setToolTip(tip)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for child in (self._label, self.slider, self._number):
            row.addWidget(child, 1 if child is self.slider else 0)
        self.setFixedHeight(28)
        self.slider.valueChanged.connect(self._moved)

    def show_value(self, value: float) -> None:
        """Show a value without telling."""
        self._value = min(self._high, max(self._low, value))
        share = (self._value - self._low) / (self._high - self._low)
        blocked = self.slider.blockSignals(True)
        self.slider.setValue(round((share**0.5 if self._quadratic else share) * self.slider.maximum()))
        self.slider.blockSignals(blocked)
        self._write()

    def set_title(self, title: str) -> None:
        """Change the words in front."""
        self._label.setText(title)
        self.slider.setAccessibleName(title)

    @property
    def value(self) -> float:
        """The value shown."""
        return self._value

    def _moved(self, position: int) -> None:
        share = position / self.slider.maximum()
        raw = self._low + (share * share if self._quadratic else share) * (self._high - self._low)
        self._value = round(raw / self._step) * self._step
        self._write()
        self.moved.emit(self._value)

    def _write(self) -> None:
        number = f"{self._value:.0f}" if self._step >= 1 else f"{self._value:.2f}"
        self._number.setText(f"{number} {self._unit}".strip())
        self.slider.setProperty("accessibleDescription", self._number.text())
