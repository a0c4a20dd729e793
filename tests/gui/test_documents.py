"""The project as a file: nothing is lost, and the question is asked before anything would be."""

from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from lsviewer.gui.background import is_busy
from lsviewer.gui.documents import Documents
from lsviewer.gui.session import Session
from lsviewer.project import archive
from lsviewer.project.document import Project

BLANK = Project(title="Blank").with_pattern("cat", np.full((8, 8), 0.5))


class Desk:
    """A session with its documents and a window, as the studio has them."""

    def __init__(self, window: QWidget) -> None:
        self.window, self.session = window, Session(window)
        self.documents = Documents(self.session, window, lambda: b"", autosave_s=0)
        self.session.open(BLANK, None)
        self.problems: list[tuple[str, str]] = []
        self.documents.problem.connect(lambda *words: self.problems.append(words))

    def draw(self, level: float) -> None:
        self.session.edit("Draw", self.session.project.with_pattern("cat", np.full((8, 8), level)))

    def level(self) -> float:
        return float(self.session.project.patterns["cat"][0, 0])


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    window = QWidget()
    qtbot.addWidget(window)
    return Desk(window)


def settle(qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not is_busy(), timeout=30_000)


def saved(desk: Desk, qtbot: QtBot, path: Path) -> Path:
    desk.documents.save_to(path, lambda: None)
    settle(qtbot)
    return path


def answer(qtbot: QtBot, desk: Desk, button: QMessageBox.StandardButton) -> None:
    box = desk.window.findChild(QMessageBox, "unsaved")
    assert isinstance(box, QMessageBox)
    box.button(button).click()
    settle(qtbot)


def test_saved_and_opened_again_it_is_the_same_and_clean(desk: Desk, qtbot: QtBot, tmp_path: Path) -> None:
    desk.draw(0.25)
    path = saved(desk, qtbot, tmp_path / "a.lsv")
    assert desk.session.is_clean
    assert desk.session.path == path
    desk.documents.new(BLANK)
    assert desk.level() == 0.5
    desk.documents.open(path)
    settle(qtbot)
    assert desk.level() == 0.25
    assert desk.session.is_clean
    assert desk.documents.recent() == [path]


def test_work_done_while_saving_stays_unsaved(desk: Desk, qtbot: QtBot, tmp_path: Path) -> None:
    desk.draw(0.25)
    desk.documents.save_to(tmp_path / "a.lsv")
    desk.draw(0.75)
    settle(qtbot)
    assert not desk.session.is_clean
    assert archive.load(tmp_path / "a.lsv").patterns["cat"][0, 0] == 0.25


@pytest.mark.parametrize(
    ("button", "left", "kept"),
    [
        (QMessageBox.StandardButton.Save, True, 0.25),
        (QMessageBox.StandardButton.Discard, True, 0.1),
        (QMessageBox.StandardButton.Cancel, False, 0.1),
    ],
)
def test_unsaved_work_is_asked_for(desk: Desk, qtbot: QtBot, tmp_path: Path, button: QMessageBox.StandardButton,
                                   left: bool, kept: float) -> None:  # fmt: skip
    desk.draw(0.1)
    path = saved(desk, qtbot, tmp_path / "a.lsv")
    desk.draw(0.25)
    desk.documents.new(BLANK)
    assert desk.level() == 0.25
    answer(qtbot, desk, button)
    assert (desk.level() == 0.5) is left
    assert archive.load(path).patterns["cat"][0, 0] == pytest.approx(kept)


def test_a_file_that_is_no_project_leaves_the_present_one_on_screen(desk: Desk, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "bad.lsv").write_bytes(b"PK nonsense")
    desk.documents.open(tmp_path / "bad.lsv")
    settle(qtbot)
    assert desk.level() == 0.5
    assert len(desk.problems) == 1
    assert "bad.lsv" in desk.problems[0][0]


def test_a_full_disk_leaves_the_old_file_and_the_work_unsaved(desk: Desk, qtbot: QtBot, tmp_path: Path) -> None:
    desk.draw(0.1)
    path = saved(desk, qtbot, tmp_path / "a.lsv")
    desk.draw(0.9)
    with patch("os.fsync", side_effect=OSError(28, "No space left on device")):
        desk.documents.save()
        settle(qtbot)
    assert not desk.session.is_clean
    assert archive.load(path).patterns["cat"][0, 0] == pytest.approx(0.1)
    assert "no space left" in desk.problems[0][1]


def test_unsaved_work_is_kept_and_let_go_once_it_is_saved(desk: Desk, qtbot: QtBot, tmp_path: Path) -> None:
    desk.documents.keep()
    assert not is_busy()  # clean: nothing to keep
    desk.draw(0.25)
    desk.session.path = tmp_path / "a.lsv"
    desk.documents.keep()
    settle(qtbot)
    sides = list(tmp_path.glob(".a.lsv.*.autosave"))
    assert len(sides) == 1
    assert archive.load(sides[0]).patterns["cat"][0, 0] == 0.25
    saved(desk, qtbot, tmp_path / "a.lsv")
    assert not list(tmp_path.glob(".a.lsv.*.autosave"))


def test_lost_work_is_restored_as_unsaved(desk: Desk, qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> None:
    from datetime import datetime

    from lsviewer.project.autosave import Recoverable

    side, lock = tmp_path / "side.autosave", tmp_path / "x.lock"
    archive.save(BLANK.with_pattern("cat", np.full((8, 8), 0.75)), side)
    lock.write_text("{}")
    desk.documents.restore(Recoverable(side, tmp_path / "a.lsv", lock, "a", datetime.now().astimezone()))
    settle(qtbot)
    assert desk.level() == 0.75
    assert not desk.session.is_clean
    assert desk.session.path == tmp_path / "a.lsv"
    assert not lock.exists()
    desk.documents.end()


def test_relative_paths_still_lead_to_their_files_after_saving_elsewhere(
    desk: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    from lsviewer.experiments import from_json
    from lsviewer.project.document import Entry

    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    np.save(tmp_path / "here" / "t.npy", np.linspace(0, 1, 4))
    recipe = from_json({"kind": "theorem1", "pattern": {"kind": "array", "path": "t.npy"}})
    desk.session.open(BLANK.with_entry(Entry("e1", "a", recipe)), None, folder=tmp_path / "here")
    saved(desk, qtbot, tmp_path / "there" / "a.lsv")
    for project in (desk.session.project, archive.load(tmp_path / "there" / "a.lsv")):
        source = project.entries[0].experiment.pattern  # type: ignore[attr-defined]
        assert source.values(desk.session.files).shape == (4,)
    assert desk.session.is_clean
