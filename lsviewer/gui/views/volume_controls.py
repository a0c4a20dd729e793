"""The sliders of a volume, one an axis, and its ``...`` menu: what is shown, levels, colour map, marks."""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QGridLayout, QLabel, QSlider, QWidget

from lsviewer.core.artifacts import Section
from lsviewer.gui.views.base import Cursor
from lsviewer.gui.views.map_menu import MapMenu
from lsviewer.gui.views.readout import nearest

if TYPE_CHECKING:
    from lsviewer.gui.views.volume import Volume


class VolumeSliders(QWidget):
    """``moved(axis, index)`` when the user moves a slider; `show_place` moves them and tells nobody.

    The titles of the slices say where they cut.
    """

    moved = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setColumnStretch(1, 1)
        self._names, self._sliders = [], []
        for axis in range(3):
            name, slider = QLabel(f"α{'₁₂₃'[axis]}"), QSlider(Qt.Orientation.Horizontal)
            name.setBuddy(slider)
            slider.setObjectName(f"volume_slice_{axis + 1}")
            slider.setMinimumWidth(40)
            slider.valueChanged.connect(partial(self.moved.emit, axis))
            for column, widget in enumerate((name, slider)):
                grid.addWidget(widget, axis, column)
            self._names.append(name)
            self._sliders.append(slider)

    def show_place(self, section: Section, place: Cursor) -> None:
        """Show where the slices cut."""
        for axis, coordinate, name, slider in zip(section.axes, place, self._names, self._sliders, strict=True):
            name.setText(axis.name)
            slider.setAccessibleName(f"Slice at {axis.name}")
            slider.setToolTip(f"Where the volume is cut across {axis.name}.")
            slider.blockSignals(True)
            slider.setRange(0, len(axis.values) - 1)
            slider.setValue(nearest(axis, coordinate))
            slider.blockSignals(False)


class VolumeMenu(MapMenu):
    """The menu of a section with three axes."""

    def __init__(self, view: "Volume") -> None:
        super().__init__(view)
        self._middle = QAction("Cut through the middle", self)
        self._middle.setToolTip("Let all three slices go through the middle of the volume (key 0).")
        self._middle.triggered.connect(view.cut_middle)

    def _listed(self) -> list[QAction]:
        menus = (self._show, self._levels, self._colours)
        return [*(menu.menuAction() for menu in menus), self._marks, self._middle]
