"""What the ``...`` menus of the maps offer: what is shown, levels, colour map, profile, contours, marks, zoom."""

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QMenu

from lsviewer.gui.views.levels import Levels, LevelsDialog
from lsviewer.gui.views.option_menu import COLOUR_MAPS, OptionMenu

if TYPE_CHECKING:
    from lsviewer.gui.views.heatmap import Heatmap
    from lsviewer.gui.views.map_view import MapView

MODES = [("Loss", "loss"), ("Error, L − T − a", "error"), ("Pattern, T", "target")]
LEVELS = [
    ("All values", Levels()),
    ("Middle 99 %", Levels("percentile", percentile=99.0)),
    ("Middle 90 %", Levels("percentile", percentile=90.0)),
]


class MapMenu(OptionMenu):
    """What every map offers; subclasses say in which order, among what else."""

    def __init__(self, view: "MapView") -> None:
        super().__init__(view)
        self._map = view
        self._show = self._choices("Show", "mode", MODES)
        self._levels = self._levels_menu()
        self._colours = self._choices("Colour map", "colour_map", COLOUR_MAPS)
        self._marks = self._toggle("Marks", "marks")

    def ask_levels(self) -> None:
        """Ask for the ends of the colour map; cancelling leaves them."""
        if (limits := self._map.limits) is None:
            return
        dialog = LevelsDialog(*limits, self._map)
        dialog.finished.connect(partial(self._answered, dialog))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _answered(self, dialog: LevelsDialog, result: int) -> None:
        if result == QDialog.DialogCode.Accepted and (levels := dialog.levels()) is not None:
            self.choose("levels", levels.to_json())

    def _levels_menu(self) -> QMenu:
        menu = self._choices("Levels", "levels", [(words, one.to_json()) for words, one in LEVELS])
        manual = menu.addAction("From … to …")
        manual.setObjectName("levels_manual")
        manual.triggered.connect(self.ask_levels)
        return menu

    def _is_possible(self, option: str, value: Any) -> bool:
        section = self._map.section
        return option != "mode" or value == "loss" or (section is not None and section.target is not None)


class HeatmapMenu(MapMenu):
    """The menu of a section with two axes."""

    def __init__(self, view: "Heatmap") -> None:
        super().__init__(view)
        self._profile = self._choices("Profile", "profile", [("Along α₁", 0), ("Along α₂", 1), ("Hidden", None)])
        self._contours = self._toggle("Contours", "contours")
        self._reset = QAction("Reset zoom", self)
        self._reset.setToolTip("Show the whole section (double-click, or the key 0).")
        self._reset.triggered.connect(view.reset_zoom)

    def _listed(self) -> list[QAction]:
        menus = (self._show, self._levels, self._colours, self._profile)
        return [*(menu.menuAction() for menu in menus), self._contours, self._marks, self._reset]
