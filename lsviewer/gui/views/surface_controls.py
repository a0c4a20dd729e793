"""The row of controls under a surface, and its ``...`` menu: where to look from, how tall, colours, pattern, floor, bar."""

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSlider, QWidget

from lsviewer.gui import colormaps
from lsviewer.gui.segmented import Segmented
from lsviewer.gui.views.viewpoint import LOOKS

if TYPE_CHECKING:
    from lsviewer.gui.views.surface import Surface

FOOT = 52  # px the row takes, with the margin under it
SLIDER, HEIGHT = 84, 28
WITH_LOOKS = 258  # px: a narrower row keeps the height alone; the looks are in the menu
PER_UNIT = 50  # steps of the slider for exaggeration 1
COLOUR_MAPS = {"lipari": "Lipari", "viridis": "Viridis", "cividis": "Cividis", "batlow": "Batlow", "gray": "Grey"}
PATTERNS = {"off": "Hidden", "over": "As a wire over the surface", "beside": "Beside the surface"}
FLOORS = {"auto": "Where there is no pattern", "on": "Always", "off": "Never"}


class SurfaceControls(QWidget):
    """Tells a surface what was chosen; the surface says what stands (`show_choices`)."""

    def __init__(self, view: "Surface") -> None:
        super().__init__(view)
        self._view = view
        self.look = Segmented([(look, words) for look, (words, _) in LOOKS.items()])
        self.look.setAccessibleName("Look from")
        self.look.changed.connect(view.look_from)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setObjectName("surface_height")
        self._slider.setRange(0, 3 * PER_UNIT)
        self._slider.setMinimumWidth(60)
        self._slider.setToolTip("How tall the surface is drawn.")
        self._slider.valueChanged.connect(self._height_moved)
        label = QLabel("Height")
        label.setBuddy(self._slider)
        self.setFixedHeight(HEIGHT)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.look)
        row.addStretch(1)
        row.addWidget(label)
        row.addWidget(self._slider, 100)
        self._actions = self._make_actions()

    def show_choices(self, look: str, exaggeration: float) -> None:
        """Show where the surface is looked at from and how tall it is; tells nobody."""
        self.look.set_value(look)
        self._slider.blockSignals(True)
        self._slider.setValue(round(exaggeration * PER_UNIT))
        self._slider.blockSignals(False)

    def actions(self) -> list[QAction]:
        """Return what the menu offers, as it stands now."""
        self._bar_action.setChecked(self._view.shows_bar)
        return self._actions

    def resizeEvent(self, event: QResizeEvent) -> None:
        wide = self.width() >= WITH_LOOKS
        self.look.setVisible(wide)
        self._slider.setMaximumWidth(SLIDER if wide else 16777215)  # Qt's own "no limit"

    def _height_moved(self, value: int) -> None:
        self._choose("height", value / PER_UNIT)

    def _make_actions(self) -> list[QAction]:
        reset = QAction("Reset view", self)
        reset.setToolTip("Look from the usual place (double-click, or the key 0).")
        reset.triggered.connect(self._view.reset_camera)
        self._bar_action = QAction("Colour bar", self)
        self._bar_action.setCheckable(True)
        self._bar_action.toggled.connect(partial(self._choose, "colour_bar"))
        looks = QMenu("Look from", self)
        for look, (words, _) in LOOKS.items():
            looks.addAction(words).triggered.connect(partial(self._view.look_from, look))
        menus = [
            looks,
            self._menu("Colour map", "colour_map", [(COLOUR_MAPS[name], name) for name in colormaps.OFFERED]),
            self._menu("Show pattern", "pattern", [(words, value) for value, words in PATTERNS.items()]),
            self._menu("Contours on the floor", "floor", [(words, value) for value, words in FLOORS.items()]),
        ]
        return [*(menu.menuAction() for menu in menus), self._bar_action, reset]

    def _menu(self, words: str, option: str, choices: list[tuple[str, str]]) -> QMenu:
        menu = QMenu(words, self)
        menu.setObjectName(f"surface_{option}_menu")
        group = QActionGroup(menu)
        for label, value in choices:
            action = menu.addAction(label)
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
        for action in menu.actions():
            action.setChecked(action.data() == self._view.state()[option])
