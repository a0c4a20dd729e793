"""Everything the pattern editor can do besides drawing, as actions for menus and command search."""

from collections.abc import Callable
from typing import Any, Protocol

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from lsviewer.core.arrays import Array
from lsviewer.gui import theme
from lsviewer.gui.painting import filters
from lsviewer.gui.painting.sources import Sources

Change = Callable[[Array], Array]
FILTERS: tuple[tuple[str, str, str, str, Change, tuple[int, ...]], ...] = (
    # name, title, icon, tip, change, axes
    ("blur", "Blur", "drop", "Smooth by a Gaussian of one grid point", filters.blur, (1, 2, 3)),
    ("sharpen", "Sharpen", "triangle", "Add what a blur takes away", filters.sharpen, (1, 2, 3)),
    ("invert", "Invert", "circle-half", "Exchange high and low", filters.invert, (1, 2, 3)),
    ("rotate-left", "Rotate left", "arrow-u-up-left", "A quarter against the clock", filters.rotate_left, (2,)),
    ("rotate-right", "Rotate right", "arrow-u-up-right", "A quarter with the clock", filters.rotate_right, (2,)),
    ("flip-horizontal", "Flip left and right", "arrows-left-right", "Mirror along axis 1", filters.flip_horizontal, (1, 2, 3)),
    ("flip-vertical", "Flip up and down", "arrows-down-up", "Mirror along axis 2", filters.flip_vertical, (1, 2, 3)),
    ("clear", "Clear", "trash", "Set the whole pattern to 0", lambda values: filters.fill(values, 0.0), (1, 2, 3)),
)  # fmt: skip


class Editor(Protocol):
    """What the actions ask of the editor."""

    sources: Sources

    def paste(self) -> None: ...
    def copy(self) -> None: ...
    def open_settings(self) -> None: ...
    def fill_all(self) -> None: ...
    def apply_filter(self, text: str, change: Change) -> None: ...


class PatternActions:
    """The actions by name; ``menu`` has them in order, with separators."""

    def __init__(self, editor: Any) -> None:
        self._parent: QObject = editor
        self._axes: dict[QAction, tuple[int, ...]] = {}
        asked: Editor = editor
        self.gallery = self._add(
            "gallery", "Built-in patterns…", "squares-four", "Open a built-in pattern", asked.sources.open_gallery
        )
        self.image = self._add(
            "import", "Import image or array…", "image", "PNG, JPEG, … or .npy", asked.sources.import_file
        )
        self.stack = self._add(
            "stack", "Import folder of images…", "stack", "A volume, one image a slice", asked.sources.import_stack
        )
        self.paste = self._add("paste", "Paste picture", "clipboard", "Take the clipboard as pattern", asked.paste)
        self.copy = self._add("copy", "Copy picture", "copy", "One pixel a grid point", asked.copy, (2,))
        self.formula = self._add(
            "formula", "Formula…", "math-operations", "Type the pattern", asked.sources.open_formula
        )
        self.settings = self._add(
            "brush-settings",
            "Brush settings…",
            "sliders-horizontal",
            "Size, softness, symmetry",
            asked.open_settings,
            (1, 2),
        )
        self.levels = self._add(
            "levels", "Levels…", "chart-bar", "Black, white and gamma", asked.sources.open_levels, (1, 2, 3)
        )
        self.fill = self._add(
            "fill-all", "Fill all", "paint-bucket", "Set everything to the value", asked.fill_all, (1, 2, 3)
        )
        self.grid = self._add(
            "resize-grid", "Resize grid…", "grid-four", "2 to 512 points an axis", asked.sources.open_grid, (1, 2, 3)
        )
        self.filters = {
            name: self._add(name, title, icon, tip, _bound(asked, title, change), axes)
            for name, title, icon, tip, change, axes in FILTERS
        }
        f = self.filters
        self.menu: list[QAction] = [  # in the order of the card's menu
            self.gallery, self.image, self.stack, self.formula, self._line(),
            self.copy, self.paste, self._line(),
            self.settings, self._line(),
            f["blur"], f["sharpen"], f["invert"], self.levels, self._line(),
            f["rotate-left"], f["rotate-right"], f["flip-horizontal"], f["flip-vertical"], self._line(),
            self.grid, self.fill, f["clear"],
        ]  # fmt: skip

    def set_axes(self, axes: int | None) -> None:
        """Enable what makes sense for a pattern with this many axes; None: there is no pattern."""
        for action, possible in self._axes.items():
            action.setEnabled(not possible or axes in possible)

    def _add(
        self, name: str, title: str, icon: str, tip: str, act: Callable[[], None], axes: tuple[int, ...] = ()
    ) -> QAction:
        action = QAction(theme.icon(icon), title, self._parent)
        action.setObjectName(f"pattern-{name}")
        action.setToolTip(tip)
        action.setStatusTip(tip)
        action.triggered.connect(lambda checked=False: act())
        self._axes[action] = axes
        return action

    def _line(self) -> QAction:
        line = QAction(self._parent)
        line.setSeparator(True)
        return line


def _bound(editor: Editor, title: str, change: Change) -> Callable[[], None]:
    return lambda: editor.apply_filter(title, change)
