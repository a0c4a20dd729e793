"""The sliders of a volume, one an axis, and its ``...`` menu: what is shown, levels, colour map, marks."""

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QGridLayout, QLabel, QMenu, QSlider, QWidget

from lsviewer.core.artifacts import Section
from lsviewer.gui.views.base import Cursor
from lsviewer.gui.views.heatmap_menu import COLOUR_MAPS, LEVELS, MODES
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


class VolumeMenu:
    """Holds the actions; a choice becomes an option of the view, and the view says that its state changed."""

    def __init__(self, view: "Volume") -> None:
        self._view = view
        self._menus = [
            self._menu("Show", "mode", [(words, value) for value, words in MODES.items()]),
            self._menu("Levels", "levels", [(words, one.to_json()) for words, one in LEVELS.items()]),
            self._menu("Colour map", "colour_map", [(words, name) for name, words in COLOUR_MAPS.items()]),
        ]
        self._marks = QAction("Marks", view)
        self._marks.setObjectName("marks_toggle")
        self._marks.setCheckable(True)
        self._marks.setChecked(True)
        self._marks.toggled.connect(partial(self._choose, "marks"))
        self._middle = QAction("Cut through the middle", view)
        self._middle.setToolTip("Let all three slices go through the middle of the volume (key 0).")
        self._middle.triggered.connect(view.cut_middle)

    def actions(self) -> list[QAction]:
        """Return the actions as they stand now."""
        self._marks.setChecked(bool(self._view.state()["marks"]))
        return [*(menu.menuAction() for menu in self._menus), self._marks, self._middle]

    def _menu(self, words: str, option: str, choices: list[tuple[str, Any]]) -> QMenu:
        menu = QMenu(words, self._view)
        menu.setObjectName(f"volume_{option}_menu")
        group = QActionGroup(menu)
        for text, value in choices:
            action = menu.addAction(text)
            action.setCheckable(True)
            action.setData(value)
            group.addAction(action)
            action.triggered.connect(partial(self._choose, option, value))
        menu.aboutToShow.connect(partial(self._check, menu, option))
        return menu

    def _choose(self, option: str, value: Any, _checked: bool = False) -> None:
        if self._view.state()[option] != value:
            self._view.set_options(**{option: value})
            self._view.state_changed.emit()

    def _check(self, menu: QMenu, option: str) -> None:
        section = self._view.section
        has_pattern = section is not None and section.target is not None
        for action in menu.actions():
            action.setChecked(action.data() == self._view.state()[option])
            if option == "mode":
                action.setEnabled(has_pattern or action.data() == "loss")
