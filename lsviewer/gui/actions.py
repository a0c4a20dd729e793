"""One table of everything a user can ask for: menus, top bar, shortcuts, command search and help are made from it.

An action is connected by its key: whoever answers for ``save`` has a method ``save``. An action nobody answers for does not show.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QIcon, QKeySequence
from PySide6.QtWidgets import QWidget

from lsviewer.gui import theme

Menu = Literal["File", "Edit", "Pattern", "Run", "View", "Help"]
MENUS: tuple[Menu, ...] = ("File", "Edit", "Pattern", "Run", "View", "Help")
Need = Literal["", "project", "experiment", "pattern", "engine", "run", "live"]

REASONS: dict[Need, str] = {
    "project": "Open or begin a project first.",
    "experiment": "Choose an experiment first.",
    "pattern": "Only for experiments that plant a pattern.",
    "engine": "The engine is being prepared.",
    "run": "Nothing has run yet.",
    "live": "Nothing is running.",
}


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One row of the table. ``needs`` are what must be there for it; ``verb`` puts it into the top bar."""

    key: str
    menu: Menu
    text: str
    shortcut: str = ""
    tip: str = ""
    icon: str = ""
    verb: str = ""  # the word in the top bar
    needs: tuple[Need, ...] = ()
    choice: str = ""  # the group of which one is always taken
    checkable: bool = False
    starts_section: bool = False  # a line above it in the menu
    submenu: str = ""


TABLE: tuple[ActionSpec, ...] = (
    ActionSpec("new_drawing", "File", "New drawing", "Ctrl+N", "Begin a project with an empty canvas.",
               "paint-brush"),
    ActionSpec("new_project", "File", "New project", "Ctrl+Shift+N", "Begin an empty project.", "file-plus"),
    ActionSpec("open_project", "File", "Open…", "Ctrl+O", "Open a project, a recipe, an image or a checkpoint.",
               "folder-open"),
    ActionSpec("show_welcome", "File", "Welcome and examples", "Ctrl+Shift+H", "Show recent projects and examples.",
               "squares-four"),
    ActionSpec("save", "File", "Save", "Ctrl+S", "Save the project.", "floppy-disk", needs=("project",),
               starts_section=True),
    ActionSpec("save_as", "File", "Save as…", "Ctrl+Shift+S", "Save the project under another name.",
               needs=("project",)),
    ActionSpec("export", "File", "Export…", "Ctrl+E", "Save a figure, its numbers or a checkpoint.", "export",
               verb="Export", needs=("project",), starts_section=True),
    ActionSpec("export_bundle", "File", "Export bundle…", "Ctrl+Shift+E",
               "Save a run so that anybody can check it without lsviewer.", "package", needs=("run",)),
    ActionSpec("preferences", "File", "Preferences…", "Ctrl+,", "Colours, threads, autosave, motion.", "gear",
               starts_section=True),
    ActionSpec("quit", "File", "Quit", "Ctrl+Q", "Close the window.", "sign-out"),
    ActionSpec("undo", "Edit", "Undo", "Ctrl+Z", "Take the last step back.", "arrow-counter-clockwise",
               needs=("project",)),
    ActionSpec("redo", "Edit", "Redo", "Ctrl+Shift+Z", "Do the step again.", "arrow-clockwise", needs=("project",)),
    ActionSpec("copy_figure", "Edit", "Copy figure", "Ctrl+Shift+C", "Copy the card last used as a picture.", "copy",
               needs=("project",), starts_section=True),
    ActionSpec("copy_recipe", "Edit", "Copy recipe", "", "Copy the set-up as JSON for the command line.", "code",
               needs=("experiment",)),
    ActionSpec("duplicate_experiment", "Edit", "Duplicate set-up", "Ctrl+Shift+D",
               "Keep this set-up and go on with a copy.", needs=("experiment",), starts_section=True),
    ActionSpec("remove_experiment", "Edit", "Remove set-up", "",
               "Take this set-up out of the project; its runs stay.", "trash", needs=("experiment",)),
    ActionSpec("draw", "Pattern", "Draw", "Ctrl+D", "Draw the pattern; the section follows the brush.", "paint-brush",
               verb="Draw", needs=("pattern",)),
    ActionSpec("pattern_gallery", "Pattern", "Gallery…", "Ctrl+G",
               "Choose one of the patterns that come with lsviewer.", "image-square", needs=("pattern",),
               starts_section=True),
    ActionSpec("import_pattern", "Pattern", "Import image or array…", "Ctrl+I",
               "Take a picture or a .npy file as the pattern.", "image", needs=("pattern",)),
    ActionSpec("pattern_formula", "Pattern", "Formula…", "Ctrl+Shift+F", "Type the pattern as a formula in a and b.",
               "math-operations", needs=("pattern",)),
    ActionSpec("paste_pattern", "Pattern", "Paste image", "Ctrl+V",
               "Take the picture on the clipboard as the pattern.", "clipboard", needs=("pattern",)),
    ActionSpec("run", "Run", "Run this set-up", "Ctrl+Return", "Run the experiment as it is set up.", "play",
               verb="Run", needs=("engine", "experiment")),
    ActionSpec("plant", "Run", "Plant", "Ctrl+Shift+P",
               "Construct a network whose loss surface is the pattern (closed form).", "leaf", verb="Plant",
               needs=("engine", "pattern")),
    ActionSpec("train", "Run", "Train", "Ctrl+T", "Train a network until its loss surface is the pattern.",
               "chart-line", verb="Train", needs=("engine", "pattern")),
    ActionSpec("verify", "Run", "Verify", "Ctrl+Shift+V",
               "Evaluate the full network at random points, again and by another way.", "shield-check", verb="Verify",
               needs=("engine", "experiment")),
    ActionSpec("pause", "Run", "Pause or resume", "Ctrl+P", "Hold the running experiment, or go on with it.", "pause",
               needs=("live",), starts_section=True),
    ActionSpec("cancel", "Run", "Cancel", "Ctrl+.", "End the running experiment; what it showed stays.", "x",
               needs=("live",)),
    ActionSpec("clear_finished", "Run", "Clear finished runs", "",
               "Take finished runs off the list and out of the project.", needs=("run",), starts_section=True),
    ActionSpec("search_commands", "View", "Search commands", "Ctrl+K",
               "Find an action, an experiment or a pattern by its name.", "magnifying-glass"),
    ActionSpec("find_experiment", "View", "Find experiment", "Ctrl+F", "Type a part of an experiment's name.",
               needs=("project",)),
    ActionSpec("toggle_library", "View", "Experiments", "Ctrl+1", "Show or hide the list and the statement.",
               checkable=True, needs=("project",), starts_section=True),
    ActionSpec("toggle_claims", "View", "Claims", "Ctrl+2", "Show or hide the claims.", checkable=True,
               needs=("project",)),
    ActionSpec("maximise_card", "View", "Maximise card", "Ctrl+M",
               "Give the card in use the whole centre, or take it back.", "arrows-out-simple", needs=("project",)),
    ActionSpec("full_screen", "View", "Full screen", "F11", "Use the whole screen.", checkable=True),
    ActionSpec("reset_layout", "View", "Reset layout", "", "Bring every panel back to its place.",
               needs=("project",)),
    ActionSpec("light_colours", "View", "Light", "", "Dark ink on light ground.", "sun", choice="colours",
               submenu="Colours", starts_section=True),
    ActionSpec("dark_colours", "View", "Dark", "", "Light ink on dark ground.", "moon", choice="colours",
               submenu="Colours"),
    ActionSpec("system_colours", "View", "As the system", "", "Follow the desktop.", "circle-half", choice="colours",
               submenu="Colours"),
    ActionSpec("help", "Help", "Help", "F1", "Explain the panel in use, and list the shortcuts.", "question"),
    ActionSpec("copy_diagnostics", "Help", "Copy diagnostics", "",
               "Copy versions, devices and settings for a report.", "clipboard-text", starts_section=True),
    ActionSpec("about", "Help", "About lsviewer", "", "Version, licences, sources.", "info"),
)  # fmt: skip


class Actions:
    """The actions of one window, by key."""

    def __init__(self, window: QWidget) -> None:
        self._specs = {spec.key: spec for spec in TABLE}
        self._actions = {spec.key: _make(spec, window) for spec in TABLE}
        self._answered: set[str] = set()
        self._there: set[Need] = set()
        groups: dict[str, QActionGroup] = {}
        for spec in TABLE:
            if spec.choice:
                group = groups.setdefault(spec.choice, QActionGroup(window))
                group.addAction(self._actions[spec.key])
            self._actions[spec.key].setVisible(False)
        window.addActions(list(self._actions.values()))
        self.allow(())

    def __getitem__(self, key: str) -> QAction:
        return self._actions[key]

    def __iter__(self) -> Iterator[ActionSpec]:
        return iter(TABLE)

    def connect_to(self, *targets: object) -> None:
        """Let ``targets`` answer: the first with a method of an action's name. Answered actions show."""
        for key, action in self._actions.items():
            answer = next((found for target in targets if (found := getattr(target, key, None)) is not None), None)
            if answer is not None and key not in self._answered:
                # triggered carries "checked"; only a checkable action wants to know.
                action.triggered.connect(answer if action.isCheckable() else _WithoutChecked(answer))
                action.setVisible(True)
                self._answered.add(key)

    def unanswered(self) -> tuple[str, ...]:
        """Return the keys nobody answers for."""
        return tuple(key for key in self._actions if key not in self._answered)

    def allow(self, there: Collection[Need]) -> None:
        """Enable what can be done with ``there``; the others say in their tooltip what they lack."""
        self._there = set(there)
        for key, spec in self._specs.items():
            reason, action = self.reason(key), self._actions[key]
            action.setEnabled(not reason)
            action.setToolTip(tip(spec, reason))

    def reason(self, key: str) -> str:
        """Return why an action cannot be done now, "" where it can."""
        lacking = [need for need in self._specs[key].needs if need not in self._there]
        return REASONS[lacking[0]] if lacking else ""

    def of_menu(self, menu: Menu) -> Sequence[ActionSpec]:
        """Return the specs of one menu, in order."""
        return [spec for spec in TABLE if spec.menu == menu]

    def verbs(self) -> Sequence[ActionSpec]:
        """Return the specs that may stand in the top bar."""
        return [spec for spec in TABLE if spec.verb]


def tip(spec: ActionSpec, reason: str = "") -> str:
    """Return the tooltip of an action: what it does, its shortcut, and why it cannot be done now."""
    words = spec.tip or spec.text.rstrip("…")
    shortcut = QKeySequence(spec.shortcut).toString(QKeySequence.SequenceFormat.NativeText)
    return " ".join(part for part in (words, f"({shortcut})" if shortcut else "", reason) if part)


def _make(spec: ActionSpec, window: QWidget) -> QAction:
    action = QAction(theme.icon(spec.icon) if spec.icon else QIcon(), spec.text, window)
    action.setObjectName(spec.key)
    action.setCheckable(spec.checkable or bool(spec.choice))
    if spec.shortcut:
        action.setShortcut(QKeySequence(spec.shortcut))
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
    action.setStatusTip(spec.tip)
    action.setMenuRole(QAction.MenuRole.NoRole)
    if spec.key in _ROLES:
        action.setMenuRole(_ROLES[spec.key])
    return action


_ROLES = {
    "quit": QAction.MenuRole.QuitRole,
    "about": QAction.MenuRole.AboutRole,
    "preferences": QAction.MenuRole.PreferencesRole,
}


class _WithoutChecked:
    """Calls a method without the ``checked`` that QAction.triggered brings along."""

    def __init__(self, answer: object) -> None:
        self._answer = answer

    def __call__(self, *_: object) -> None:
        assert callable(self._answer)
        self._answer()
