"""The set-up panel: what is changed in its form reaches the session, as one step that can be undone."""

from typing import Literal

from pydantic import Field
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from lsviewer.core.experiment import Experiment
from lsviewer.gui.panels.setup import SetupPanel
from lsviewer.gui.session import Session
from lsviewer.project.document import Entry, Project


class Picky(Experiment):
    kind: Literal["picky"] = "picky"
    case: Literal["first", "second", "third", "fourth"] = Field("first", title="Case")


def test_what_is_changed_in_the_form_reaches_the_session_as_one_step(qtbot: QtBot) -> None:
    session, panel = Session(), SetupPanel()
    qtbot.addWidget(panel)
    panel.edited.connect(session.edit_experiment)  # as the workshop does
    session.open(Project(entries=(Entry("e1", "first", Picky()),)), None)
    panel.show_experiment(Picky())
    panel.show()
    combo = next(box for box in panel.findChildren(QComboBox) if box.accessibleName() == "Case")
    qtbot.keyClick(combo, Qt.Key.Key_Down)
    assert session.entry is not None and session.entry.experiment == Picky(case="second")
    assert session.undo_stack.undoText() == "Change case"
    session.undo_stack.undo()
    assert session.entry.experiment == Picky()
