"""The application: a painted window first, then the studio, then the engine in its thread.

What is imported before the first paint is QtWidgets and the first page alone; everything else waits for the window to stand.
"""

import faulthandler
import logging
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication

import lsviewer
from lsviewer.gui import opengl, theme
from lsviewer.gui import preferences as preferences_file
from lsviewer.gui.main_window import MainWindow
from lsviewer.gui.preferences import Preferences
from lsviewer.resources import path as resource

if TYPE_CHECKING:
    from lsviewer.gui.workshop import Workshop

log = logging.getLogger(__name__)
ICON_SIZES = (16, 20, 24, 32, 48, 64, 128, 256, 512)


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window and serve it until it is closed; returns the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    files = _parse(arguments)
    if files is None:
        return 2
    application = make_application()
    if sys.stderr is not None:  # a packaged application without a console has none
        faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Qt's loop would never let Python see Ctrl+C
    launch = Launch(files)
    # The window hides while the worker ends; closing a hidden window does not end Qt's loop by itself (6.11).
    launch.ready.connect(lambda workshop: workshop.leaving.left.connect(application.quit))
    launch.start()
    status = application.exec()
    if launch.workshop is not None and not launch.workshop.worker.wait(200):
        os._exit(status)  # inside one long call; a running QThread must not be destroyed, and everything is saved
    return status


def make_application() -> QApplication:
    """Return the application of this process with its names and its look; one that is there is used."""
    there = QApplication.instance()
    if not isinstance(there, QApplication):
        opengl.configure()
        there = QApplication([lsviewer.__name__])
    QCoreApplication.setOrganizationName("lsviewer")
    QCoreApplication.setApplicationName("lsviewer")
    QCoreApplication.setApplicationVersion(lsviewer.__version__)
    QGuiApplication.setDesktopFileName("lsviewer")
    QGuiApplication.setApplicationDisplayName("lsviewer")
    there.setWindowIcon(_icon())
    theme.apply(there, preferences_file.load().colours)
    return there


class Launch(QObject):
    """Starts one window in steps: first page, studio, engine, files. ``workshop`` is there after ``ready``."""

    ready = Signal(object)  # Workshop
    failed = Signal(str, str)  # a sentence, the traceback

    def __init__(self, files: Sequence[Path] = ()) -> None:
        super().__init__()
        self.files = tuple(files)
        self.window = MainWindow()
        self.workshop: Workshop | None = None
        self._preferences: Preferences = preferences_file.load()
        self._hook = sys.excepthook

    def start(self) -> None:
        """Show the first page; the rest follows when it has been painted."""
        sys.excepthook = self._told
        self.failed.connect(self._show_failure)
        self.window.destroyed.connect(self._unhook)
        self.window.welcome.show_engine("Preparing the engine", 0.1)
        self.window.restore_geometry()
        self.window.painted.connect(self._build)
        self.window.show()

    def _build(self) -> None:
        from lsviewer.gui.workshop import Workshop

        self.workshop = Workshop(self.window, self._preferences)
        if self.files:
            self.workshop.commands.open_files([str(file) for file in self.files])
        self.ready.emit(self.workshop)

    def _told(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Log what nobody caught and tell the user; the window stays."""
        if issubclass(kind, KeyboardInterrupt):
            self._hook(kind, error, trace)
            return
        details = "".join(traceback.format_exception(kind, error, trace))
        log.error("not caught:\n%s", details)
        self.failed.emit(f"Something went wrong inside lsviewer: {kind.__name__}: {error}", details)

    def _show_failure(self, sentence: str, details: str) -> None:
        self.window.ask(
            sentence, [("Copy details", lambda: QGuiApplication.clipboard().setText(details))], "warning-circle"
        )

    def _unhook(self) -> None:
        sys.excepthook = self._hook


def _parse(arguments: Sequence[str]) -> list[Path] | None:
    """Return the files to open; None after one line on stderr about what is wrong."""
    options = [argument for argument in arguments if argument.startswith("-")]
    if options:
        sys.stderr.write(f"lsviewer: unknown option {options[0]!r}; lsviewer --help lists what there is\n")
        return None
    files = [Path(argument) for argument in arguments]
    for file in files:
        if not file.is_file():
            sys.stderr.write(f"lsviewer: no file {str(file)!r}\n")
            return None
    return files


def _icon() -> QIcon:
    icon = QIcon()
    for size in ICON_SIZES:
        icon.addFile(str(resource("icons", f"lsviewer-{size}.png")))
    return icon
