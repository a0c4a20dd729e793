"""Choosers for an array with more than three axes: which three are shown, and a slider for the index of every other one."""

from functools import partial
from itertools import combinations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QSlider, QWidget

from lsviewer.core.array_files import MAX_AXES, Fixed


class ArraySlices(QWidget):
    """``chosen(fixed)`` when the user chooses; `show_choice` tells nobody. Axes are counted from 1, indices from 0."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("array-slices")
        self._shape: tuple[int, ...] = ()
        self._fixed: Fixed = ()
        self._triples: list[tuple[int, ...]] = []
        self._kept = QComboBox()
        self._kept.setObjectName("array-axes")
        self._kept.setAccessibleName("Axes of the array that are shown")
        self._kept.setToolTip("Which three axes of the array are those of the pattern; they are equally long.")
        self._kept.activated.connect(self._keep)
        label = QLabel("Shown")
        label.setProperty("role", "label")
        label.setBuddy(self._kept)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        grid.addWidget(label, 0, 0)
        grid.addWidget(self._kept, 0, 1, 1, 2)
        self._rows: list[tuple[QLabel, QSlider, QLabel]] = []
        for axis in range(MAX_AXES):
            name, slider, number = QLabel(f"Axis {axis + 1}"), QSlider(Qt.Orientation.Horizontal), QLabel()
            name.setProperty("role", "label")
            name.setBuddy(slider)
            slider.setObjectName(f"array-axis-{axis + 1}")
            slider.setAccessibleName(f"Index on axis {axis + 1} of the array")
            slider.valueChanged.connect(partial(self._cut, axis))
            number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            for column, widget in enumerate((name, slider, number)):
                grid.addWidget(widget, axis + 1, column)
            self._rows.append((name, slider, number))

    def show_choice(self, shape: tuple[int, ...], fixed: Fixed) -> None:
        """Show where an array of this shape is cut."""
        if shape != self._shape:
            self._shape = shape
            self._triples = kept_choices(shape)
            self._kept.clear()
            self._kept.addItems([f"Axes {', '.join(str(axis + 1) for axis in axes)}" for axes in self._triples])
        self._fixed = fixed
        kept = tuple(axis for axis, index in enumerate(fixed) if index is None)
        self._kept.setCurrentIndex(self._triples.index(kept) if kept in self._triples else -1)
        for axis, (name, slider, number) in enumerate(self._rows):
            is_cut = axis < len(fixed) and fixed[axis] is not None
            for widget in (name, slider, number):
                widget.setVisible(is_cut)
            if is_cut:
                slider.blockSignals(True)
                slider.setRange(0, shape[axis] - 1)
                slider.setValue(fixed[axis] or 0)
                slider.blockSignals(False)
                number.setText(f"{fixed[axis]} of {shape[axis] - 1}")

    def _keep(self, row: int) -> None:
        kept = self._triples[row]
        self._choose(tuple(None if axis in kept else n // 2 for axis, n in enumerate(self._shape)))

    def _cut(self, axis: int, index: int) -> None:
        self._choose((*self._fixed[:axis], index, *self._fixed[axis + 1 :]))

    def _choose(self, fixed: Fixed) -> None:
        self.show_choice(self._shape, fixed)
        self.chosen.emit(fixed)


def kept_choices(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Return the triples of axes a pattern can be made of: those of one length, at least 2."""
    return [
        axes
        for axes in combinations(range(len(shape)), 3)
        if len({shape[axis] for axis in axes}) == 1 and shape[axes[0]] > 1
    ]
