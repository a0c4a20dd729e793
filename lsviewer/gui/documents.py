"""The project as a file: new, open, save, recent, autosave and recovery, and the question before work is lost.

Reading and writing happen aside (`background`); the project on screen is swapped only when a new one has been read whole.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Qt, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from lsviewer.gui.background import run_aside
from lsviewer.gui.session import Session
from lsviewer.project.archive import load, save
from lsviewer.project.autosave import Autosave, Recoverable, find_recoverable
from lsviewer.project.document import Project

log = logging.getLogger(__name__)
SUFFIX = ".lsv"
FILTER = "lsviewer projects (*.lsv)"
RECENT = 10
Then = Callable[[], None]


def moved(project: Project, old: Path, new: Path) -> Project:
    """Return the project with the relative paths of its experiments as they must be in another folder."""
    if old == new:
        return project
    from lsviewer.project.recipes import rebased

    entries = tuple(replace(entry, experiment=rebased(entry.experiment, old, new)) for entry in project.entries)
    runs = tuple(replace(run, experiment=rebased(run.experiment, old, new)) for run in project.runs)
    same = entries == project.entries and all(
        a.experiment == b.experiment for a, b in zip(runs, project.runs, strict=True)
    )
    return project if same else replace(project, entries=entries, runs=runs)


def nothing() -> None:
    """What follows when nothing follows."""


class Documents(QObject):
    """File commands of one window. Everything that may take time or ask a question goes on in a callback."""

    problem = Signal(str, str)  # what could not be done, and why: one sentence each
    opened = Signal()  # another project is on screen
    recent_changed = Signal()
    recoverable = Signal(object)  # list[Recoverable]
    busy = Signal(str)  # "Opening cat.lsv", "" when done

    def __init__(self, session: Session, window: QWidget, thumbnail: Callable[[], bytes], autosave_s: int = 30) -> None:
        super().__init__(window)
        self._session, self._window, self._thumbnail = session, window, thumbnail
        self._autosave = Autosave()
        self.is_keeping = False  # the side file is being written
        self._restored: Recoverable | None = None  # its side file goes once that work is kept again
        self._after_save: Then = nothing
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.keep)
        self.set_autosave_interval(autosave_s)
        session.clean_changed.connect(self._on_clean_changed)

    # -- commands ------------------------------------------------------------------------------------------------

    def new(self, project: Project | None = None, folder: Path | None = None, then: Then = nothing) -> None:
        """Start a new project (an example, a recipe of ``folder``, an empty one) after asking about the present one."""

        def begin() -> None:
            self._show(project or Project(), None, folder=folder)
            then()

        self.ask_to_leave(begin)

    def open(self, path: Path | None = None) -> None:
        """Open a project file, or ask for one."""
        if path is None:
            dialog = self._dialog("Open project", QFileDialog.AcceptMode.AcceptOpen)
            dialog.fileSelected.connect(self._open_chosen)
            dialog.open()
        else:
            self.ask_to_leave(lambda: self._read(path))

    def save(self, then: Then = nothing) -> None:
        """Save to the project's file, or ask for one the first time."""
        if self._session.path is None:
            self.save_as(then)
        else:
            self.save_to(self._session.path, then)

    def save_as(self, then: Then = nothing) -> None:
        """Ask for a file and save to it."""
        dialog = self._dialog("Save project", QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(SUFFIX.removeprefix("."))
        stem = (
            self._session.path.name
            if self._session.path
            else f"{self._session.project.title.lower().replace(' ', '-')}{SUFFIX}"
        )
        dialog.selectFile(stem)
        self._after_save = then
        dialog.fileSelected.connect(self._save_chosen)
        dialog.open()

    def ask_to_leave(self, then: Then) -> None:
        """Go on with ``then`` if nothing would be lost, else after the user saved or chose not to."""
        if self._session.is_clean:
            then()
            return
        box = QMessageBox(self._window)
        box.setObjectName("unsaved")
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setText(f"Save the changes to {self.name}?")
        box.setInformativeText("They are lost otherwise.")
        box.setStandardButtons(
            QMessageBox.StandardButton.Save | QMessageBox.StandardButton.Discard | QMessageBox.StandardButton.Cancel
        )
        box.setDefaultButton(QMessageBox.StandardButton.Save)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def answered(button: int) -> None:
            if button == QMessageBox.StandardButton.Save:
                self.save(then)
            elif button == QMessageBox.StandardButton.Discard:
                then()

        box.finished.connect(answered)
        box.open()

    @property
    def name(self) -> str:
        """What the project is called: its file's name, or its title."""
        return self._session.path.name if self._session.path else self._session.project.title

    # -- recent files --------------------------------------------------------------------------------------------

    def recent(self) -> list[Path]:
        """Return the files opened or saved last that still exist, newest first."""
        stored = QSettings().value("recent", [])
        paths = [stored] if isinstance(stored, str) else stored if isinstance(stored, list) else []
        return [Path(path) for path in paths if Path(path).exists()][:RECENT]

    def forget_recent(self) -> None:
        """Empty the list of recent files."""
        QSettings().setValue("recent", [])
        self.recent_changed.emit()

    def _remember(self, path: Path) -> None:
        paths = [str(path), *(str(old) for old in self.recent() if old != path)]
        QSettings().setValue("recent", paths[:RECENT])
        self.recent_changed.emit()

    # -- autosave and recovery -----------------------------------------------------------------------------------

    def set_autosave_interval(self, seconds: int) -> None:
        """Keep unsaved work every so often; 0 turns it off."""
        if seconds > 0:
            self._timer.start(seconds * 1000)
        else:
            self._timer.stop()

    def keep(self) -> None:
        """Write unsaved work to the side file, aside; does nothing while the last one is still being written."""
        if self._session.is_clean or self.is_keeping:
            return
        project, path = self._session.project, self._session.path
        self.is_keeping = True
        run_aside(lambda: self._autosave.save(project, path), self._kept, self._not_kept)

    def look_for_lost_work(self) -> None:
        """Say with `recoverable` what a crash left behind, if anything."""
        run_aside(find_recoverable, self._found, lambda sentence: log.warning("recovery: %s", sentence))

    def restore(self, lost: Recoverable) -> None:
        """Put what a crash left behind on screen as unsaved work; its side file goes once that work is kept again."""

        def read(project: Project) -> None:
            self._show(project, lost.path, clean=False)
            self._restored = lost
            self.keep()

        self.ask_to_leave(
            lambda: run_aside(lost.load, read, lambda why: self.problem.emit("The work cannot be restored", why))
        )

    def end(self) -> None:
        """Stop the timer and remove the side file: the window closes in peace."""
        self._timer.stop()
        self._autosave.clear()

    def _kept(self, side: Path | None) -> None:
        self.is_keeping = False
        if self._restored is not None:
            self._restored.discard()
            self._restored = None
        if self._session.is_clean:
            self._autosave.clear()

    def _not_kept(self, sentence: str) -> None:
        self.is_keeping = False
        log.warning("autosave: %s", sentence)
        self.problem.emit("Autosave does not work", sentence)

    def _found(self, lost: list[Recoverable]) -> None:
        if lost:
            self.recoverable.emit(lost)

    def _on_clean_changed(self, clean: bool) -> None:
        if clean and not self.is_keeping:
            self._autosave.clear()

    # -- reading and writing -------------------------------------------------------------------------------------

    def _dialog(self, title: str, mode: QFileDialog.AcceptMode) -> QFileDialog:
        folder = (
            self._session.path.parent if self._session.path else Path(str(QSettings().value("folder", Path.home())))
        )
        dialog = QFileDialog(self._window, title, str(folder), FILTER)
        dialog.setAcceptMode(mode)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return dialog

    def _open_chosen(self, chosen: str) -> None:
        self.open(Path(chosen))

    def _save_chosen(self, chosen: str) -> None:
        path = Path(chosen)
        self.save_to(path if path.suffix else path.with_suffix(SUFFIX), self._after_save)

    def _read(self, path: Path) -> None:
        self.busy.emit(f"Opening {path.name}")

        def read(project: Project) -> None:
            self.busy.emit("")
            self._show(project, path)
            self._remember(path)

        def failed(sentence: str) -> None:
            self.busy.emit("")
            self.problem.emit(f"{path.name} cannot be opened", sentence)

        run_aside(lambda: load(path), read, failed)

    def save_to(self, path: Path, then: Then = nothing) -> None:
        """Write the project to ``path`` aside; then it is saved there, unless the user has gone on meanwhile."""
        project, undo_index = self._session.project, self._session.undo_stack.index()
        folder = self._session.files.folder
        thumbnail = self._thumbnail()
        self.busy.emit(f"Saving {path.name}")

        def written(_: None) -> None:
            self.busy.emit("")
            now = self._session.project
            untouched = self._session.undo_stack.index() == undo_index and now.runs is project.runs
            if (there := moved(now, folder, path.parent)) is not now:
                self._session.adopt(there)
            if untouched:
                self._session.saved(path)
            else:  # the user went on working while it was written
                self._session.path = path
                self._session.path_changed.emit(path)
            QSettings().setValue("folder", str(path.parent))
            self._remember(path)
            then()

        def failed(sentence: str) -> None:
            self.busy.emit("")
            self.problem.emit(f"{path.name} cannot be saved", sentence)

        run_aside(lambda: save(moved(project, folder, path.parent), path, thumbnail), written, failed)

    def _show(self, project: Project, path: Path | None, *, clean: bool = True, folder: Path | None = None) -> None:
        self._session.open(project, path, clean=clean, folder=folder)
        self.opened.emit()
