"""What stands in the place of the canvas for a pattern with three axes: three slices through its middle, and other ways to one.

Of an array with more axes it also says which three are shown, and where the others are cut.
"""

import numpy as np
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from lsviewer.core.array_files import Fixed
from lsviewer.core.arrays import Array
from lsviewer.gui import theme
from lsviewer.gui.painting.array_slices import ArraySlices
from lsviewer.gui.painting.importers import to_image

CUTS = ((2, "α₁, α₂"), (1, "α₁, α₃"), (0, "α₂, α₃"))  # across which axis, and the axes of the slice
LARGEST, GAP, CAPTION = 150, 12, 20  # px


class VolumePage(QWidget):
    """Shows a volume; tells where the user wants another one from, and how the array is cut."""

    formula_wanted = Signal()
    gallery_wanted = Signal()
    import_wanted = Signal()
    slices_chosen = Signal(object)
    """Where an array is cut: for every axis an index, or None."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pattern-volume")
        self._cuts = MiddleCuts()
        self._sentence = QLabel(
            "It is not drawn by hand: choose one, type a formula in a, b, c, or import an array or images."
        )
        self._sentence.setProperty("role", "secondary")
        self._sentence.setWordWrap(True)
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.slices = ArraySlices()
        self.slices.chosen.connect(self.slices_chosen)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        for words, name, signal in (
            ("Choose…", "volume-gallery", self.gallery_wanted),
            ("Formula…", "volume-formula", self.formula_wanted),
            ("Import…", "volume-import", self.import_wanted),
        ):
            button = QPushButton(words)
            button.setObjectName(name)
            button.clicked.connect(signal)
            row.addWidget(button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 16, 8)
        column.setSpacing(12)
        column.addStretch(1)
        for widget in (self._cuts, self.slices, self._sentence):
            column.addWidget(widget)
        column.addLayout(row)
        column.addStretch(2)

    def show_values(self, values: Array) -> None:
        """Show a volume."""
        self._cuts.show_values(values)

    def show_array(self, shape: tuple[int, ...], fixed: Fixed) -> None:
        """Show how an array of this shape is cut; an empty shape: the pattern is a whole one."""
        self.slices.setVisible(bool(shape))
        self._sentence.setVisible(not shape)
        if shape:
            self.slices.show_choice(shape, fixed)


class MiddleCuts(QWidget):
    """Three slices through the middle of a volume, in greys, side by side."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Slices through the middle of the pattern")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._slices: list[Array] = []
        self.setFixedHeight(LARGEST + CAPTION)

    def show_values(self, values: Array) -> None:
        """Show a volume."""
        self._slices = [np.take(values, values.shape[axis] // 2, axis=axis) for axis, _ in CUTS]
        self.update()

    def resizeEvent(self, event: object) -> None:
        self.setFixedHeight(self._side() + CAPTION)

    def _side(self) -> int:
        return max(24, min(LARGEST, (self.width() - 2 * GAP) // 3))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setFont(theme.font(11))
        painter.setPen(theme.tokens().color("ink2"))
        side = self._side()
        left = (self.width() - 3 * side - 2 * GAP) / 2
        for k, (cut, (_, words)) in enumerate(zip(self._slices, CUTS)):
            x = left + k * (side + GAP)
            painter.drawImage(QRectF(x, 0, side, side), to_image(cut))
            painter.drawText(QRectF(x, side + 4, side, CAPTION - 4), Qt.AlignmentFlag.AlignCenter, words)
