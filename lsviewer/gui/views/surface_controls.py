"""The row of controls under a surface, and its ``...`` menu: where to look from, how tall, colours, pattern, floor, bar."""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSlider, QWidget

from lsviewer.gui.segmented import Segmented
from lsviewer.gui.views.option_menu import COLOUR_MAPS, OptionMenu
from lsviewer.gui.views.viewpoint import LOOKS

if TYPE_CHECKING:
    from lsviewer.gui.views.surface import Surface

SLIDER, HEIGHT = 84, 28
WITH_LOOKS = 258  # px: a narrower row keeps the height alone; the looks are in the menu
PER_UNIT = 50  # steps of the slider for exaggeration 1
PATTERNS = [("Hidden", "off"), ("As a wire over the surface", "over"), ("Beside the surface", "beside")]
FLOORS = [("Where there is no pattern", "auto"), ("Always", "on"), ("Never", "off")]


class SurfaceMenu(OptionMenu):
    """Where to look from, colours, pattern, floor, colour bar."""

    def __init__(self, view: "Surface", reset: QAction) -> None:
        super().__init__(view)
        looks = QMenu("Look from", view)
        for look, (words, _) in LOOKS.items():
            looks.addAction(words).triggered.connect(partial(view.look_from, look))
        self._menus = (
            looks,
            self._choices("Colour map", "colour_map", COLOUR_MAPS),
            self._choices("Show pattern", "pattern", PATTERNS),
            self._choices("Contours on the floor", "floor", FLOORS),
        )
        self._bar = self._toggle("Colour bar", "colour_bar")
        self._reset = reset

    def _listed(self) -> list[QAction]:
        return [*(menu.menuAction() for menu in self._menus), self._bar, self._reset]


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

    def show_choices(self, look: str, exaggeration: float) -> None:
        """Show where the surface is looked at from and how tall it is; tells nobody."""
        self.look.set_value(look)
        self._slider.blockSignals(True)
        self._slider.setValue(round(exaggeration * PER_UNIT))
        self._slider.blockSignals(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        wide = self.width() >= WITH_LOOKS
        self.look.setVisible(wide)
        self._slider.setMaximumWidth(SLIDER if wide else 16777215)  # Qt's own "no limit"

    def _height_moved(self, value: int) -> None:
        if self._view.exaggeration != value / PER_UNIT:
            self._view.set_options(height=value / PER_UNIT)
            self._view.state_changed.emit()
