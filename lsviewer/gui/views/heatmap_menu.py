"""What a heatmap's ``...`` menu offers: what is shown, levels, colour map, profile, contours, marks, zoom."""

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QDialog, QMenu

from lsviewer.gui import colormaps
from lsviewer.gui.views.levels import Levels, LevelsDialog

if TYPE_CHECKING:
    from lsviewer.gui.views.heatmap import Heatmap

COLOUR_MAPS = {"lipari": "Lipari", "viridis": "Viridis", "cividis": "Cividis", "batlow": "Batlow", "gray": "Grey"}
MODES = {"loss": "Loss", "error": "Error, L − T − a", "target": "Pattern, T"}
LEVELS = {
    "All values": Levels(),
    "Middle 99 %": Levels("percentile", percentile=99.0),
    "Middle 90 %": Levels("percentile", percentile=90.0),
}


class HeatmapMenu(QObject):
    """Holds the actions; a choice becomes an option of the view, and the view says that its state changed."""

    def __init__(self, view: "Heatmap") -> None:
        super().__init__(view)
        self._view = view
        self._menus = [
            self._menu("Show", "mode", [(words, value) for value, words in MODES.items()]),
            levels := self._menu("Levels", "levels", [(words, one.to_json()) for words, one in LEVELS.items()]),
            self._menu("Colour map", "colour_map", [(COLOUR_MAPS[name], name) for name in colormaps.OFFERED]),
            self._menu("Profile", "profile", [("Along α₁", 0), ("Along α₂", 1), ("Hidden", None)]),
        ]
        manual = levels.addAction("From … to …")
        manual.setObjectName("levels_manual")
        manual.triggered.connect(self.ask_levels)
        self._toggles = {
            option: self._toggle(words, option) for words, option in (("Contours", "contours"), ("Marks", "marks"))
        }
        self._reset = QAction("Reset zoom", self)
        self._reset.setToolTip("Show the whole section (double-click, or the key 0).")
        self._reset.triggered.connect(view.reset_zoom)

    def actions(self) -> list[QAction]:
        """Return the actions as they stand now."""
        state = self._view.state()
        for option, action in self._toggles.items():
            action.setChecked(bool(state[option]))
        return [*(menu.menuAction() for menu in self._menus), *self._toggles.values(), self._reset]

    def ask_levels(self) -> None:
        """Ask for the ends of the colour map; cancelling leaves them."""
        if (limits := self._view.limits) is None:
            return
        dialog = LevelsDialog(*limits, self._view)
        dialog.finished.connect(partial(self._answered, dialog))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _answered(self, dialog: LevelsDialog, result: int) -> None:
        if result == QDialog.DialogCode.Accepted and (levels := dialog.levels()) is not None:
            self._choose("levels", levels.to_json())

    def _menu(self, words: str, option: str, choices: list[tuple[str, Any]]) -> QMenu:
        menu = QMenu(words, self._view)
        menu.setObjectName(f"{option}_menu")
        group = QActionGroup(menu)
        for text, value in choices:
            action = menu.addAction(text)
            action.setCheckable(True)
            action.setData(value)
            group.addAction(action)
            action.triggered.connect(partial(self._choose, option, value))
        menu.aboutToShow.connect(partial(self._check, menu, option))
        return menu

    def _toggle(self, words: str, option: str) -> QAction:
        action = QAction(words, self)
        action.setObjectName(f"{option}_toggle")
        action.setCheckable(True)
        action.setChecked(True)
        action.toggled.connect(partial(self._choose, option))
        return action

    def _choose(self, option: str, value: Any, _checked: bool = False) -> None:
        if self._view.state()[option] != value:
            self._view.set_options(**{option: value})
            self._view.state_changed.emit()

    def _check(self, menu: QMenu, option: str) -> None:
        section = self._view.section
        has_pattern = section is not None and section.target is not None
        for action in menu.actions():
            action.setChecked(action.isCheckable() and action.data() == self._view.state()[option])
            if option == "mode":
                action.setEnabled(has_pattern or action.data() == "loss")
