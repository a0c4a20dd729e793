"""The ``...`` menu of a view: choices and toggles that set its options by name, and the view says that its state changed."""

from functools import partial
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu

from lsviewer.gui import colormaps
from lsviewer.gui.views.base import View

COLOUR_MAPS = [
    ("Lipari", "lipari"),
    ("Viridis", "viridis"),
    ("Cividis", "cividis"),
    ("Batlow", "batlow"),
    ("Grey", "gray"),
]
assert {name for _, name in COLOUR_MAPS} == set(colormaps.OFFERED)


class OptionMenu(QObject):
    """Base of the menus: makes actions, checks what stands when a menu opens, and tells the view what was chosen."""

    def __init__(self, view: View) -> None:
        super().__init__(view)
        self._view = view
        self._toggles: dict[str, QAction] = {}

    def actions(self) -> list[QAction]:
        """Return the actions as they stand now."""
        state = self._view.state()
        for option, action in self._toggles.items():
            action.setChecked(bool(state[option]))
        return self._listed()

    def choose(self, option: str, value: Any, _checked: bool = False) -> None:
        """Give the view an option, as the user did."""
        if self._view.state()[option] != value:
            self._view.set_options(**{option: value})
            self._view.state_changed.emit()

    def _listed(self) -> list[QAction]:
        """The actions in the order of the menu."""
        raise NotImplementedError

    def _is_possible(self, _option: str, _value: Any) -> bool:
        """Whether a choice makes sense for what the view shows."""
        return True

    def _choices(self, words: str, option: str, choices: list[tuple[str, Any]]) -> QMenu:
        """Return a menu of which one entry stands: (words, value) each."""
        menu = QMenu(words, self._view)
        menu.setObjectName(f"{self._view.objectName()}_{option}_menu")
        group = QActionGroup(menu)
        for text, value in choices:
            action = menu.addAction(text)
            action.setCheckable(True)
            action.setData(value)
            group.addAction(action)
            action.triggered.connect(partial(self.choose, option, value))
        menu.aboutToShow.connect(partial(self._check, menu, option))
        return menu

    def _toggle(self, words: str, option: str) -> QAction:
        """Return an action that switches an option on and off."""
        action = self._toggles[option] = QAction(words, self)
        action.setObjectName(f"{option}_toggle")
        action.setCheckable(True)
        action.setChecked(bool(self._view.state()[option]))
        action.toggled.connect(partial(self.choose, option))
        return action

    def _check(self, menu: QMenu, option: str) -> None:
        standing = self._view.state()[option]
        for action in menu.actions():
            action.setChecked(action.isCheckable() and action.data() == standing)
            action.setEnabled(not action.isCheckable() or self._is_possible(option, action.data()))
