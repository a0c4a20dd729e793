"""Closing the window: what is running and what is unsaved is asked about, then the worker ends and the process may."""

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMessageBox

from lsviewer.gui.documents import Documents
from lsviewer.gui.main_window import MainWindow
from lsviewer.gui.runner import Runner
from lsviewer.gui.worker import Worker

LONGEST_STOP_MS = 30_000  # a step of a job, or the import of the engine, may take a while on a busy machine


class Leaving(QObject):
    """`ask` answers the wish to close. ``left()`` once the window is closed and the worker has let go: the process may end."""

    left = Signal()

    def __init__(
        self, window: MainWindow, documents: Documents, runner: Runner, worker: Worker, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._window, self._documents, self._runner, self._worker = window, documents, runner, worker
        self._leaving = False
        self._patience = QTimer(self, singleShot=True)  # with the worker; a timer of its own would outlive the window
        self._patience.timeout.connect(self._let_go)

    def ask(self, event: QCloseEvent) -> None:
        """Let the window close when it is time; else keep it and ask first about runs, then about unsaved work."""
        if self._leaving:
            return
        event.ignore()
        asked_for = [run for run in self._runner.live.values() if not run.at_rest]
        if asked_for:
            self._ask_about_runs(len(asked_for), max(run.progress.fraction for run in asked_for))
        else:
            self._documents.ask_to_leave(self._leave)

    def now(self) -> None:
        """Close the window without questions and wait for the worker; what is not saved is lost."""
        self._documents.end()
        self._worker.stop(LONGEST_STOP_MS)
        self._leaving = True
        self._window.close()

    def _ask_about_runs(self, count: int, fraction: float) -> None:
        box = QMessageBox(self._window)
        box.setObjectName("runs-going-on")
        box.setText("A run is still going on." if count == 1 else f"{count} runs are still going on.")
        box.setInformativeText(f"It is at {fraction:.0%}. What it has not finished is lost when the window closes." if count == 1
                               else "What they have not finished is lost when the window closes.")  # fmt: skip
        stay = box.addButton("Keep running", QMessageBox.ButtonRole.RejectRole)
        leave = box.addButton("Close anyway", QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(stay)
        box.buttonClicked.connect(lambda button: self._documents.ask_to_leave(self._leave) if button is leave else None)
        box.open()

    def _leave(self) -> None:
        """Go: the window disappears at once, the process ends as soon as the worker has let go."""
        self._documents.end()
        self._window.hide()
        self._patience.start(LONGEST_STOP_MS)
        self._worker.finished.connect(self._let_go)
        self._worker.stop(0)
        if not self._worker.isRunning():  # it ended before anybody listened
            self._let_go()

    def _let_go(self) -> None:
        if not self._leaving:
            self._leaving = True
            self._patience.stop()
            self._window.close()
            self.left.emit()
