"""All settings of the ink in one popup: what does not fit under the canvas."""

from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from lsviewer.gui.painting.easel import MAX_SIZE
from lsviewer.gui.painting.gestures import Ink
from lsviewer.gui.painting.popup import Popup
from lsviewer.gui.painting.sliders import LABEL_WIDTH, SliderRow
from lsviewer.gui.painting.symmetry import MAX_TURNS, TITLES

Rows = tuple[tuple[str, SliderRow], ...]


def size_row() -> SliderRow:
    """Return the row of the brush size."""
    return SliderRow(
        "Size", 1, MAX_SIZE, 1, "px", quadratic=True, tip="Diameter in grid points ( [ and ], or the wheel)"
    )


def value_row() -> SliderRow:
    """Return the row of the level that is laid on."""
    return SliderRow("Value", 0, 1, 0.01, tip="Level that is drawn (0 to 9; Alt+click takes it from the pattern)")


def text_row() -> SliderRow:
    """Return the row of the height of letters."""
    return SliderRow("Text size", 4, 256, 1, "px", quadratic=True, tip="Height of a line of text in grid points")


class InkPopup(Popup):
    """Shows an ink; emits ``changed(ink)`` for what the user does."""

    changed = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("ink-popup")
        self.setAccessibleName("Brush settings")
        self.setFixedWidth(300)
        self._ink = Ink()
        self._rows: Rows = (
            ("size", size_row()),
            ("value", value_row()),
            ("softness", SliderRow("Softness", 0, 1, 0.05, tip="How far the fall-off reaches into the brush")),
            ("opacity", SliderRow("Opacity", 0.05, 1, 0.05, tip="How much one stroke covers")),
            ("tolerance", SliderRow("Tolerance", 0, 1, 0.01, tip="How far levels may differ and still be filled")),
            ("text_size", text_row()),
        )
        self._symmetry = QComboBox()
        self._symmetry.setObjectName("symmetry")
        self._symmetry.setAccessibleName("Symmetry")
        for symmetry, title in TITLES.items():
            self._symmetry.addItem(title, symmetry)
        self._turns = QComboBox()
        self._turns.setObjectName("turns")
        self._turns.setAccessibleName("Turns of the rotational symmetry")
        self._turns.setToolTip("How many times the stroke is turned around the middle")
        for turns in range(2, MAX_TURNS + 1):
            self._turns.addItem(f"{turns}", turns)
        self._filled = QCheckBox("Fill shapes")
        self._filled.setToolTip("Rectangles, ellipses and polygons are filled; otherwise their outline is drawn")
        self._radial = QCheckBox("Radial gradient")
        self._radial.setToolTip("The gradient spreads around its start; otherwise along the drag")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(4)
        for name, row in self._rows:
            row.moved.connect(lambda value, name=name: self._change(**{name: value}))
            column.addWidget(row)
        label = QLabel("Symmetry")
        label.setProperty("role", "label")
        label.setFixedWidth(LABEL_WIDTH)
        label.setBuddy(self._symmetry)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(label)
        line.addWidget(self._symmetry, 1)
        line.addWidget(self._turns)
        column.addLayout(line)
        column.addWidget(self._filled)
        column.addWidget(self._radial)
        self._symmetry.activated.connect(self._choose_symmetry)
        self._turns.activated.connect(self._choose_symmetry)
        self._filled.clicked.connect(lambda on: self._change(filled=on))
        self._radial.clicked.connect(lambda on: self._change(radial=on))
        self.show_ink(self._ink)

    def show_ink(self, ink: Ink) -> None:
        """Show an ink without telling."""
        self._ink = ink
        for name, row in self._rows:
            row.show_value(getattr(ink, name))
        self._symmetry.setCurrentIndex(self._symmetry.findData(ink.symmetry))
        self._turns.setCurrentIndex(self._turns.findData(ink.turns))
        self._turns.setVisible(ink.symmetry == "rotational")
        self._filled.setChecked(ink.filled)
        self._radial.setChecked(ink.radial)

    def pop_up(self, over: QWidget) -> None:
        super().pop_up(over)
        self._rows[0][1].slider.setFocus(Qt.FocusReason.PopupFocusReason)

    def set_colour_mode(self, on: bool) -> None:
        """Leave the level out where colours are laid on."""
        dict(self._rows)["value"].setVisible(not on)

    def _choose_symmetry(self) -> None:
        self._change(symmetry=self._symmetry.currentData(), turns=self._turns.currentData())
        self._turns.setVisible(self._ink.symmetry == "rotational")
        self.adjustSize()

    def _change(self, **changes: Any) -> None:
        self._ink = replace(self._ink, **changes)
        self.changed.emit(self._ink)
