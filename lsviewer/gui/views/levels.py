"""Which values get the ends of the colour map: all of them, the middle per cent, or two numbers the user typed."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

from PySide6.QtGui import QDoubleValidator
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Section
from lsviewer.gui import colormaps
from lsviewer.gui.numbers import full_number

Mode = Literal["loss", "error", "target"]
FLAT = 4e-6  # some thirty roundings of float32: what is left when a constant pattern is planted


@dataclass(frozen=True, slots=True)
class Levels:
    """How the ends of the colour map are chosen."""

    kind: Literal["auto", "percentile", "manual"] = "auto"
    low: float = 0.0
    high: float = 1.0
    percentile: float = 99.0

    def limits(self, values: Array) -> tuple[float, float]:
        """Return the values that get the first and the last colour."""
        match self.kind:
            case "auto":
                return unless_flat(*colormaps.limits(values))
            case "percentile":
                return colormaps.limits(values, self.percentile)
            case "manual":
                return self.low, self.high

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: object) -> "Levels":
        """Return levels from a project file; what is unfit becomes auto."""
        if not isinstance(data, dict):
            return cls()
        try:
            made = cls(
                data.get("kind", "auto"),
                float(data.get("low", 0)),
                float(data.get("high", 1)),
                float(data.get("percentile", 99)),
            )
        except (TypeError, ValueError):
            return cls()
        known = made.kind in ("auto", "percentile", "manual") and 1 <= made.percentile <= 100
        fits = known and math.isfinite(made.low) and math.isfinite(made.high) and made.low < made.high
        return made if fits else cls()


def unless_flat(low: float, high: float) -> tuple[float, float]:
    """Return the limits, or for a surface that is flat but for the rounding of float32 a span of 1 around its one value."""
    if high - low > FLAT * max(1.0, abs(low), abs(high)):
        return low, high
    middle = 0.5 * (low + high)
    return middle - 0.5, middle + 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Mapped:
    """What a map shows of a section: values, the ends of the colour map, its name, and the symbol over the bar."""

    values: Array
    low: float
    high: float
    colour_map: str
    symbol: str


def mapped(section: Section, mode: Mode, levels: Levels, colour_map: str) -> Mapped:
    """Return what ``mode`` shows: the loss; L - T - a, symmetric around zero; or T + a in greys with the limits of the loss.

    A section without a pattern shows its loss in every mode.
    """
    if mode == "error" and section.error is not None:
        low, high = colormaps.symmetric_limits(section.error)
        return Mapped(section.error, low, high, colormaps.ERROR, "error")
    if mode == "target" and section.target is not None:
        low, high = colormaps.limits(section.target)
        return Mapped(section.target, low, high, colormaps.PATTERN, "T")
    low, high = levels.limits(section.values)
    return Mapped(section.values, low, high, colour_map, section.symbol)


class LevelsDialog(QDialog):
    """Asks for the two ends of the colour map."""

    def __init__(self, low: float, high: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("levels_dialog")
        self.setWindowTitle("Levels")
        self.low_edit, self.high_edit = QLineEdit(full_number(low)), QLineEdit(full_number(high))
        form = QFormLayout()
        for label, edit in (("Lowest", self.low_edit), ("Highest", self.high_edit)):
            edit.setObjectName(f"levels_{label.lower()}")
            edit.setValidator(QDoubleValidator(edit))
            edit.textChanged.connect(self._check)
            form.addRow(label, edit)
        self._hint = QLabel("Lowest must be below highest.")
        self._hint.setVisible(False)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel | QDialogButtonBox.StandardButton.Apply)
        self._buttons.rejected.connect(self.reject)
        self._buttons.button(QDialogButtonBox.StandardButton.Apply).clicked.connect(self.accept)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self._hint)
        layout.addWidget(self._buttons)

    def levels(self) -> Levels | None:
        """Return what was typed, or None if it is not two numbers in order."""
        try:
            low, high = float(self.low_edit.text()), float(self.high_edit.text())
        except ValueError:
            return None
        return Levels("manual", low, high) if math.isfinite(low) and math.isfinite(high) and low < high else None

    def _check(self) -> None:
        fits = self.levels() is not None
        self._hint.setVisible(not fits)
        self._buttons.button(QDialogButtonBox.StandardButton.Apply).setEnabled(fits)
