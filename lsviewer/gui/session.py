"""The one mutable thing of the window: the current project, its undo stack, its file and whether it is saved.

Everything that can be undone goes through `Session.edit`; runs and view state go through `Session.remember`. Either way one
signal says ``changed(old, new)`` and panels compare their part by identity.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Checkpoint
from lsviewer.core.experiment import Experiment
from lsviewer.core.files import Files
from lsviewer.project.document import Entry, Project, Run

UNDO_LIMIT = 200


@dataclass(frozen=True, slots=True)
class _Undoable:
    """The part of a project that undo brings back; runs and view state stay as they are."""

    title: str
    notes: str
    entries: tuple[Entry, ...]
    patterns: Mapping[str, Array]

    @classmethod
    def of(cls, project: Project) -> "_Undoable":
        return cls(project.title, project.notes, project.entries, project.patterns)

    def same(self, other: "_Undoable") -> bool:
        """Whether nothing differs; patterns are compared by identity, they are frozen."""
        same_patterns = self.patterns.keys() == other.patterns.keys() and all(
            values is other.patterns[name] for name, values in self.patterns.items()
        )
        return same_patterns and (self.title, self.notes, self.entries) == (other.title, other.notes, other.entries)

    def put_into(self, project: Project) -> Project:
        return replace(project, title=self.title, notes=self.notes, entries=self.entries, patterns=self.patterns)


class _Edit(QUndoCommand):
    """The only command class: puts the old value back, or the new one."""

    def __init__(
        self, session: "Session", text: str, before: _Undoable, after: _Undoable, merge: str, selected: str
    ) -> None:
        super().__init__(text)
        self._session, self._before, self._after, self._merge, self._selected = session, before, after, merge, selected

    def id(self) -> int:
        return 1 if self._merge else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _Edit) or other._merge != self._merge:
            return False
        self._after = other._after
        return True

    def redo(self) -> None:
        self._session._put(self._after, self._selected)

    def undo(self) -> None:
        self._session._put(self._before, self._selected)


class Session(QObject):
    """Holds the project. ``selected`` is the id of the entry on screen, "" when there is none."""

    changed = Signal(object, object)  # old Project, new Project
    selection_changed = Signal(str)  # entry id
    clean_changed = Signal(bool)
    path_changed = Signal(object)  # Path | None
    replaced = Signal()  # another project was opened: views start afresh

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project = Project()
        self.path: Path | None = None
        self.folder = Path.home()  # where relative paths start while there is no file
        self.selected = ""
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(UNDO_LIMIT)
        self._unsaved_runs = False
        self._was_clean = True
        self.undo_stack.cleanChanged.connect(self._tell_clean)

    @property
    def is_clean(self) -> bool:
        """Whether everything worth saving is saved."""
        return self.undo_stack.isClean() and not self._unsaved_runs

    @property
    def files(self) -> Files:
        """Where the specs of this project find files and patterns."""
        points = {
            f"{run.id}/{name}": artifact.params
            for run in self.project.runs
            for name, artifact in run.artifacts.items()
            if isinstance(artifact, Checkpoint)
        }
        return Files(self.path.parent if self.path else self.folder, self.project.patterns, points)

    @property
    def entry(self) -> Entry | None:
        """The entry on screen."""
        return next((entry for entry in self.project.entries if entry.id == self.selected), None)

    def open(self, project: Project, path: Path | None, *, clean: bool = True, folder: Path | None = None) -> None:
        """Hold another project: undo starts anew, the entry last on screen is selected. Recovered work is not clean."""
        old, self.project, self.path = self.project, project, path
        self.folder = folder or Path.home()
        self.undo_stack.clear()
        self._unsaved_runs = not clean
        wanted = str(project.view.get("selected", ""))
        known = [entry.id for entry in project.entries]
        self.selected = wanted if wanted in known else (known[0] if known else "")
        self.replaced.emit()
        self.changed.emit(old, project)
        self.selection_changed.emit(self.selected)
        self.path_changed.emit(path)
        self._tell_clean()

    def adopt(self, new: Project) -> None:
        """Take ``new`` without an undo step: what the window adds by itself to a project that was just begun."""
        self._swap(new)
        if self.entry is None and new.entries:
            self.select(new.entries[0].id)

    def edit(self, text: str, new: Project, merge: str = "") -> None:
        """Make ``new`` the project as one undo step called ``text``; steps with the same ``merge`` key in a row become one."""
        before, after = _Undoable.of(self.project), _Undoable.of(new)
        if not before.same(after):
            self.undo_stack.push(_Edit(self, text, before, after, merge, self.selected))

    def edit_experiment(self, text: str, experiment: Experiment, merge: str = "") -> None:
        """Change the experiment of the selected entry."""
        if self.entry is not None and experiment != self.entry.experiment:
            self.edit(text, self.project.with_entry(replace(self.entry, experiment=experiment)), merge)

    def select(self, entry_id: str) -> None:
        """Put another entry on screen (not an undo step)."""
        if entry_id != self.selected:
            self.selected = entry_id
            self.selection_changed.emit(entry_id)

    def add_run(self, run: Run, *, counts: bool = True) -> None:
        """Keep a finished run: saved with the project, not undoable; one that does not count asks for no saving."""
        self._unsaved_runs = self._unsaved_runs or counts
        self._swap(self.project.with_run(run))
        self._tell_clean()

    def drop_runs(self, *run_ids: str) -> None:
        """Forget runs: not undoable, so the caller asks first."""
        self._unsaved_runs = True
        self._swap(self.project.without_runs(*run_ids))
        self._tell_clean()

    def remember_view(self, **view: Any) -> None:
        """Keep view state (cameras, levels, layout) for the next save; alone it does not make a project unsaved."""
        self._swap(replace(self.project, view={**self.project.view, **view}))

    def saved(self, path: Path) -> None:
        """Say that the present project is now in ``path``."""
        self.path = path
        self._unsaved_runs = False
        self.undo_stack.setClean()
        self.path_changed.emit(path)
        self._tell_clean()

    def _put(self, part: _Undoable, selected: str) -> None:
        new = part.put_into(self.project)
        self._swap(new)
        known = [entry.id for entry in new.entries]
        if selected in known and selected != self.selected:
            self.select(selected)
        elif self.selected not in known:
            self.select(known[-1] if known else "")

    def _swap(self, new: Project) -> None:
        old, self.project = self.project, new
        self.changed.emit(old, new)

    def _tell_clean(self) -> None:
        if self.is_clean != self._was_clean:
            self._was_clean = self.is_clean
            self.clean_changed.emit(self.is_clean)
