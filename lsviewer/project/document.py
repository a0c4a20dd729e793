"""The immutable project: entries (named experiments), patterns, finished runs, view state. Edits return a new value.

Untouched parts keep their identity, so a panel compares with ``is`` and returns at once when its part is the same.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from lsviewer.core.arrays import Array, freeze
from lsviewer.core.artifacts import Artifact
from lsviewer.core.claims import Report
from lsviewer.core.experiment import Experiment

Outcome = Literal["done", "failed", "cancelled"]


class ProjectError(ValueError):
    """One clear sentence about a project file: which file, which member, which field, what was expected."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One experiment of the project, as the user set it up."""

    id: str  # "e1", never reused
    name: str
    experiment: Experiment


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One finished execution: what was asked, what it showed, what it asserts, and on what it ran."""

    id: str  # "r7"
    entry: str  # id of the entry it came from
    experiment: Experiment  # as it was when it ran
    outcome: Outcome
    report: Report = field(default_factory=Report)
    artifacts: Mapping[str, Artifact] = field(default_factory=dict)
    pattern: Array | None = None  # the pattern it ran with, where it used one
    sentence: str = ""  # why it failed, or where it was cancelled
    finished: str = ""  # ISO 8601, local time with offset
    seconds: float = 0.0
    device: str = "cpu"
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """The number shown in lists: 7 of ``r7``."""
        return int(self.id.removeprefix("r"))


@dataclass(frozen=True, slots=True, eq=False)
class Project:
    """Everything an ``.lsv`` file remembers. ``view`` (cameras, levels, layout, the selected entry) is saved but not undone."""

    title: str = "Untitled"
    notes: str = ""
    entries: tuple[Entry, ...] = ()
    patterns: Mapping[str, Array] = field(default_factory=dict)  # float32 in [0, 1], ij order
    runs: tuple[Run, ...] = ()
    view: Mapping[str, Any] = field(default_factory=dict)  # JSON values

    def entry(self, entry_id: str) -> Entry:
        """Return the entry with that id; raises KeyError."""
        for entry in self.entries:
            if entry.id == entry_id:
                return entry
        raise KeyError(entry_id)

    def run(self, run_id: str) -> Run:
        """Return the run with that id; raises KeyError."""
        for run in self.runs:
            if run.id == run_id:
                return run
        raise KeyError(run_id)

    def with_entry(self, entry: Entry) -> "Project":
        """Return the project with ``entry`` in the place of the one with its id, or at the end."""
        if any(old.id == entry.id for old in self.entries):
            return replace(self, entries=tuple(entry if old.id == entry.id else old for old in self.entries))
        return replace(self, entries=(*self.entries, entry))

    def without_entry(self, entry_id: str) -> "Project":
        """Return the project without that entry; its runs stay."""
        return replace(self, entries=tuple(entry for entry in self.entries if entry.id != entry_id))

    def with_pattern(self, name: str, values: Array) -> "Project":
        """Return the project with a pattern set, float32 and read-only."""
        if values.dtype.name != "float32":
            values = values.astype("float32")
        return replace(self, patterns={**self.patterns, name: freeze(values)})

    def without_pattern(self, name: str) -> "Project":
        """Return the project without that pattern."""
        return replace(self, patterns={key: value for key, value in self.patterns.items() if key != name})

    def with_run(self, run: Run) -> "Project":
        """Return the project with a run added, or replaced by id."""
        return replace(self, runs=(*(old for old in self.runs if old.id != run.id), run))

    def without_runs(self, *run_ids: str) -> "Project":
        """Return the project without those runs."""
        return replace(self, runs=tuple(run for run in self.runs if run.id not in run_ids))

    def next_id(self, letter: Literal["e", "r"]) -> str:
        """Return the next free id: ``e3``, ``r8``."""
        used = [entry.id for entry in self.entries] if letter == "e" else [run.id for run in self.runs]
        return f"{letter}{1 + max((int(name[1:]) for name in used), default=0)}"


def free_name(wanted: str, taken: Mapping[str, object]) -> str:
    """Return ``wanted`` or ``wanted 2``, ``wanted 3``, ... so that it is not in ``taken``."""
    stem = re.sub(r" \d+$", "", wanted.strip()) or "drawing"
    name, count = stem, 1
    while name in taken:
        count += 1
        name = f"{stem} {count}"
    return name
