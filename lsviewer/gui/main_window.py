"""The window: top bar, welcome page or studio, bottom bar. It answers for what concerns the window alone.

The studio is built later than the window (`adopt_studio`): the first page must stand before plots and OpenGL are imported.
Everything about projects and runs is answered by others, who are connected by the same table of actions.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QPoint, QSettings, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from lsviewer.gui import theme
from lsviewer.gui.actions import Actions
from lsviewer.gui.banner import Banner
from lsviewer.gui.command_search import Command, CommandSearch
from lsviewer.gui.help import AboutDialog, HelpDialog, help_page, topic_for
from lsviewer.gui.preferences import Preferences
from lsviewer.gui.status_bar import BottomBar
from lsviewer.gui.top_bar import HEIGHT, TopBar
from lsviewer.gui.welcome import Welcome

if TYPE_CHECKING:  # the studio brings the views, and they are not wanted before the window stands
    from lsviewer.gui.catalogue import Item
    from lsviewer.gui.studio import Studio

SMALLEST = QSize(1040, 640)
FIRST_SIZE = QSize(1440, 900)
PATTERN_VERBS = ("draw", "plant", "train", "verify", "export")
OTHER_VERBS = ("run", "verify", "export")
Commands = Callable[[], Sequence[Command]]


class MainWindow(QMainWindow):
    """``close_asked(event)`` lets the owner of unsaved work refuse; ``colours_asked(mode)`` for the preference to be kept."""

    close_asked = Signal(object)  # QCloseEvent
    colours_asked = Signal(str)
    preferences_asked = Signal()
    welcome_shown = Signal()
    files_dropped = Signal(object)  # list[str]
    painted = Signal()  # once: the window stands

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("main-window")
        self.setWindowTitle("lsviewer")
        self.setMinimumSize(SMALLEST)
        self.resize(FIRST_SIZE)
        self.setAcceptDrops(True)
        self._was_painted = False
        self.table = Actions(self)
        self.top_bar = TopBar(self.table)
        self.setMenuWidget(self.top_bar)
        self.welcome = Welcome()
        self.bottom_bar = BottomBar()
        self.banner = Banner()
        self.studio: Studio | None = None
        self._commands: list[Commands] = []
        self._search = CommandSearch(self)
        self._item: Item | None = None
        self._stack = QStackedWidget()
        self._stack.addWidget(self.welcome)
        centre = QWidget()
        box = QVBoxLayout(centre)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        self._banner_row = QWidget()
        self._banner_row.setObjectName("desk")
        self._banner_row.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        banner_box = QVBoxLayout(self._banner_row)
        banner_box.setContentsMargins(8, 8, 8, 0)
        banner_box.addWidget(self.banner)
        self._banner_row.hide()
        box.addWidget(self._banner_row)
        box.addWidget(self._stack, 1)
        box.addWidget(self.bottom_bar)
        self.setCentralWidget(centre)
        self.banner.closed.connect(self._banner_row.hide)
        self.top_bar.search_asked.connect(self.search_commands)
        self.top_bar.theme_asked.connect(self.turn_lights)
        self.table.connect_to(self)
        self._show_colours()
        theme.watcher.changed.connect(self._show_colours)
        self.show_welcome()

    # -- what others tell the window -----------------------------------------------------------------------------

    def adopt_studio(self, studio: "Studio") -> None:
        """Take the studio in; it stays hidden until `show_studio`."""
        self.studio = studio
        self._stack.addWidget(studio)
        studio.restore_layout(QSettings())
        studio.layout_changed.connect(self._show_folds)
        self._show_folds()

    def show_studio(self) -> None:
        """Put the studio on screen."""
        if self.studio is not None:
            self._stack.setCurrentWidget(self.studio)
            self.top_bar.set_engine_menus(True)

    @property
    def shows_welcome(self) -> bool:
        """Whether the first page is on screen."""
        return self._stack.currentWidget() is self.welcome

    def show_experiment(self, item: "Item | None", notes: tuple[str, ...] = (), current: str = "") -> None:
        """Show the words of the experiment on screen, and the verbs it knows; ``current`` is the one going on."""
        self._item = item
        uses_pattern = item is None or item.uses_pattern
        current = current or ("draw" if uses_pattern else "")
        self.top_bar.show_verbs(PATTERN_VERBS if uses_pattern else OTHER_VERBS, current)
        if self.studio is not None:
            self.studio.left.show_item(item, notes)
            if self.studio.desk.uses_pattern != uses_pattern:
                self.studio.desk.show_mode(uses_pattern=uses_pattern)

    def show_title(self, name: str, *, clean: bool) -> None:
        """Show the project's name in the title of the window, with the mark for unsaved changes."""
        self.setWindowTitle(f"{name}[*] - lsviewer" if name else "lsviewer")
        self.setWindowModified(bool(name) and not clean)

    def ask(
        self, text: str, answers: Sequence[tuple[str, Callable[[], None]]] = (), icon: str = "clock-counter-clockwise"
    ) -> None:
        """Show a banner with a sentence and buttons."""
        self.banner.ask(text, answers, icon)
        self._banner_row.show()

    def add_commands(self, commands: Commands) -> None:
        """Let the command search offer more: called each time it opens."""
        self._commands.append(commands)

    def take_preferences(self, preferences: Preferences) -> None:
        """Follow what the user prefers about colours and motion."""
        app = QApplication.instance()
        if isinstance(app, QApplication) and preferences.colours != theme.watcher.mode:
            theme.apply(app, preferences.colours)
        if self.studio is not None:
            self.studio.set_motion(not preferences.reduced_motion)
        self._show_colours()

    # -- actions the window answers for --------------------------------------------------------------------------

    def show_welcome(self) -> None:
        """Show the first page."""
        self._stack.setCurrentWidget(self.welcome)
        self.top_bar.show_verbs(())
        self.top_bar.set_engine_menus(False)
        self.welcome_shown.emit()

    def search_commands(self) -> None:
        """Open the command search under the top bar."""
        offered = [*self._action_commands(), *(command for commands in self._commands for command in commands())]
        self._search.open_with(offered, self.mapToGlobal(self.rect().topLeft()) + _below(self.width()))

    def find_experiment(self) -> None:
        """Put the keyboard into the filter of the list, opening it where it is folded."""
        if self.studio is not None:
            self.studio.left.find_experiment()

    def toggle_library(self) -> None:
        """Fold or unfold the list and the statement."""
        if self.studio is not None:
            self.studio.toggle_left()
        self._show_folds()

    def toggle_claims(self) -> None:
        """Fold or unfold the claims."""
        if self.studio is not None:
            self.studio.toggle_right()
        self._show_folds()

    def maximise_card(self) -> None:
        """Give the card in use the whole centre, or take it back."""
        if self.studio is not None:
            self.studio.maximise_focused()

    def reset_layout(self) -> None:
        """Bring every panel back to its place."""
        if self.studio is not None:
            self.studio.reset_layout()
        self._show_folds()

    def full_screen(self, on: bool) -> None:
        """Use the whole screen, or go back."""
        self.setWindowState(
            self.windowState() | Qt.WindowState.WindowFullScreen
            if on
            else self.windowState() & ~Qt.WindowState.WindowFullScreen
        )

    def turn_lights(self) -> None:
        """Go from light to dark, or back."""
        self.colours_asked.emit("light" if theme.tokens().is_dark else "dark")

    def light_colours(self) -> None:
        """Use the light colours."""
        self.colours_asked.emit("light")

    def dark_colours(self) -> None:
        """Use the dark colours."""
        self.colours_asked.emit("dark")

    def system_colours(self) -> None:
        """Follow the desktop."""
        self.colours_asked.emit("system")

    def preferences(self) -> None:
        """Ask for the dialog with the preferences."""
        self.preferences_asked.emit()

    def help(self) -> None:
        """Explain the part of the window in use."""
        topic = topic_for(self.welcome if self.shows_welcome else QApplication.focusWidget())
        HelpDialog(help_page(topic, None if self.shows_welcome else self._item, list(self.table)), self).open()

    def about(self) -> None:
        """Show version and licences."""
        AboutDialog(self).open()

    def quit(self) -> None:
        """Close the window."""
        self.close()

    # -- Qt ------------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._was_painted:
            self._was_painted = True
            QTimer.singleShot(0, self, self._tell_painted)

    def _tell_painted(self) -> None:
        self.painted.emit()
        self.welcome.gallery.show_pictures()

    def restore_geometry(self) -> None:
        """Take the size and place of the last time."""
        stored = QSettings().value("window/geometry")
        if isinstance(stored, QByteArray):
            self.restoreGeometry(stored)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.close_asked.emit(event)
        if event.isAccepted():
            settings = QSettings()
            settings.setValue("window/geometry", self.saveGeometry())
            if self.studio is not None:
                self.studio.save_layout(settings)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.files_dropped.emit([url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_folds()

    def _action_commands(self) -> list[Command]:
        commands = []
        for spec in self.table:
            action = self.table[spec.key]
            if action.isVisible() and spec.key != "search_commands":
                reason = "" if action.isEnabled() else self.table.reason(spec.key)
                hint = action.shortcut().toString(action.shortcut().SequenceFormat.NativeText)
                group = f"{spec.menu}, {spec.submenu}" if spec.submenu else spec.menu
                commands.append(Command(spec.text, action.trigger, group, hint, spec.icon, reason))
        return commands

    def _show_colours(self) -> None:
        self.table[f"{theme.watcher.mode}_colours"].setChecked(True)

    def _show_folds(self) -> None:
        if self.studio is not None:
            self.table["toggle_library"].setChecked(not self.studio.left.is_compact)
            self.table["toggle_claims"].setChecked(not self.studio.right.is_compact)


def _below(width: int) -> QPoint:
    return QPoint(width // 2, HEIGHT + 4)
