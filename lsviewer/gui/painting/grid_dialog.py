"""Choosing how many grid points a pattern has on each axis; the pattern is resampled, not cut."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from lsviewer.gui.painting.importers import MAX_CUBE, MAX_GRID, MIN_GRID

COMMON = (32, 64, 128, 256, 512)


class GridDialog(QDialog):
    """``grid`` is the number of points an axis once accepted; ``chosen`` says it."""

    chosen = Signal(int)

    def __init__(self, grid: int, axes: int = 2, parent: QWidget | None = None, least: int = MIN_GRID) -> None:
        super().__init__(parent)
        self.setObjectName("grid-dialog")
        self.setWindowTitle("Resize grid")
        top = MAX_CUBE if axes == 3 else MAX_GRID
        self._field = QSpinBox()
        self._field.setObjectName("grid-points")
        self._field.setAccessibleName("Grid points an axis")
        self._field.setRange(least, top)
        self._field.setValue(grid)
        label = QLabel("Grid points an axis")
        label.setProperty("role", "label")
        label.setBuddy(self._field)
        line = QHBoxLayout()
        line.addWidget(label)
        line.addWidget(self._field, 1)
        quick = QHBoxLayout()
        for size in COMMON:
            if size <= top:
                button = QPushButton(str(size))
                button.setAutoDefault(False)
                button.setAccessibleName(f"{size} grid points")
                button.clicked.connect(lambda checked=False, size=size: self._field.setValue(size))
                quick.addWidget(button)
        hint = QLabel("The pattern is resampled: averaged when it gets coarser, linear between points when finer.")
        hint.setProperty("role", "hint")
        hint.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        use = buttons.addButton("Resize", QDialogButtonBox.ButtonRole.AcceptRole)
        use.setProperty("primary", True)
        use.setDefault(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addLayout(line)
        column.addLayout(quick)
        column.addWidget(hint)
        column.addWidget(buttons)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self._field.selectAll()

    def accept(self) -> None:
        """Close and say the choice."""
        super().accept()
        self.chosen.emit(self._field.value())
