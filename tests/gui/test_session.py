"""The session: one undoable command, runs that undo leaves alone, one signal."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from lsviewer.core.experiment import Experiment
from lsviewer.gui.session import Session
from lsviewer.project.document import Entry, Project, Run


class Count(Experiment):
    kind: Literal["count"] = "count"
    steps: int = 3


def opened() -> Session:
    session = Session()
    session.open(Project(entries=(Entry("e1", "first", Count()),)), None)
    return session


def test_undo_puts_the_old_entry_back_and_redo_the_new_one() -> None:
    session = opened()
    session.edit_experiment("Change steps", Count(steps=9))
    assert session.entry is not None
    assert session.entry.experiment == Count(steps=9)
    assert session.undo_stack.undoText() == "Change steps"
    session.undo_stack.undo()
    assert session.entry.experiment == Count(steps=3)
    session.undo_stack.redo()
    assert session.entry.experiment == Count(steps=9)


def test_an_edit_that_changes_nothing_is_no_undo_step() -> None:
    session = opened()
    session.edit("Nothing", session.project)
    session.edit_experiment("Nothing", Count())
    assert session.undo_stack.count() == 0


def test_edits_with_one_merge_key_become_one_step_that_undoes_to_the_first_value() -> None:
    session = opened()
    for steps in (4, 5, 6):
        session.edit_experiment("Change steps", Count(steps=steps), merge="steps#1")
    session.edit_experiment("Change steps", Count(steps=7), merge="steps#2")
    assert session.undo_stack.count() == 2
    session.undo_stack.undo()
    session.undo_stack.undo()
    assert session.entry is not None
    assert session.entry.experiment == Count(steps=3)


def test_undo_leaves_runs_and_view_state_alone() -> None:
    session = opened()
    session.edit("Draw", session.project.with_pattern("cat", np.ones((4, 4))))
    session.add_run(Run("r1", "e1", Count(), "done"))
    session.remember_view(camera=[1, 2])
    session.undo_stack.undo()
    assert session.project.patterns == {}
    assert [run.id for run in session.project.runs] == ["r1"]
    assert session.project.view["camera"] == [1, 2]


def test_untouched_parts_keep_their_identity() -> None:
    session = opened()
    session.edit("Draw", session.project.with_pattern("cat", np.ones((4, 4))))
    seen: list[tuple[Project, Project]] = []
    session.changed.connect(lambda old, new: seen.append((old, new)))
    session.edit_experiment("Change steps", Count(steps=8))
    old, new = seen[-1]
    assert old.patterns["cat"] is new.patterns["cat"]
    assert old.runs is new.runs


def test_clean_after_save_and_again_after_undoing_to_the_saved_state(tmp_path: Path) -> None:
    session = opened()
    session.edit_experiment("Change steps", Count(steps=8))
    assert not session.is_clean
    session.saved(tmp_path / "a.lsv")
    assert session.is_clean
    session.edit_experiment("Change steps", Count(steps=9))
    session.undo_stack.undo()
    assert session.is_clean


def test_a_finished_run_makes_a_project_unsaved_but_the_view_alone_does_not() -> None:
    session = opened()
    session.remember_view(camera=[0])
    assert session.is_clean
    session.add_run(Run("r1", "e1", Count(), "done"))
    assert not session.is_clean


def test_undoing_the_entry_on_screen_selects_another() -> None:
    session = opened()
    session.edit("Add", session.project.with_entry(Entry("e2", "second", Count())))
    session.select("e2")
    session.undo_stack.undo()
    assert session.selected == "e1"


def test_opening_another_project_forgets_undo_and_selects_what_was_on_screen() -> None:
    session = opened()
    session.edit_experiment("Change steps", Count(steps=8))
    entries = (Entry("e1", "a", Count()), Entry("e2", "b", Count()))
    session.open(replace(Project(entries=entries), view={"selected": "e2"}), None)
    assert session.undo_stack.count() == 0
    assert session.selected == "e2"
    assert session.is_clean
