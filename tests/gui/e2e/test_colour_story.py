"""A picture in colour: painted, found while the brush moves, taken back, saved, opened again, verified."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from lsviewer.core.artifacts import Picture
from lsviewer.core.claims import Verdict
from lsviewer.gui.second_opinion import second_opinion
from lsviewer.project import archive

from .conftest import Desk

RECIPE = {
    "kind": "rgb", "dataset": {"kind": "digits", "limit": 300}, "grid": 32,
    "network": {"kind": "mlp", "hidden": [64, 64, 192, 6]},
    "picture": {"kind": "gradient", "pattern": {"kind": "formula", "expression": "a*b"}},
}  # fmt: skip


def shown(desk: Desk) -> Picture:
    found = desk.workshop.stage.shown_section
    assert isinstance(found, Picture)
    return found


@pytest.mark.slow
def test_a_painting_is_found_live_and_survives_save_and_reopen(sit_down: Callable[..., Desk], tmp_path: Path) -> None:
    desk = sit_down()
    desk.engine()
    desk.workshop.commands.open_recipe(RECIPE, "Colours")
    desk.until(lambda: bool(desk.runs))
    editor = desk.workshop.editor
    assert editor.values is not None and editor.values.shape == (128, 128, 3)
    assert not np.allclose(shown(desk).pixels[6, 9], editor.ink.colour, atol=0.1)

    desk.stroke((0.2, 0.8), (0.4, 0.8), release=False)
    # Row 6 of 32 and column 9 are alpha = (0.3, 0.8): what the losses of the three heads are there, while the button is held.
    desk.until(lambda: np.allclose(shown(desk).pixels[6, 9], editor.ink.colour, atol=0.02))
    desk.qtbot.mouseRelease(editor.canvas, Qt.MouseButton.LeftButton)
    session = desk.workshop.session
    assert session.undo_stack.count() == 1 and session.project.patterns["painting"].shape == (128, 128, 3)
    desk.until(lambda: desk.runs[-1].experiment.picture.kind == "drawn" and not desk.workshop.runner.live)
    run = desk.runs[-1]
    assert {claim.verdict for claim in run.report.claims} == {Verdict.HOLDS}
    assert run.pattern is not None and run.pattern.shape == (32, 32, 3)
    assert second_opinion(run, session.files, 4).agrees

    desk.do("undo")
    assert session.project.entries[0].experiment.picture.kind == "gradient"
    desk.do("redo")
    path = tmp_path / "colours.lsv"
    desk.do("save")
    desk.choose_file(path)
    desk.settle()
    kept = archive.load(path)
    assert np.array_equal(kept.patterns["painting"], session.project.patterns["painting"])
    desk.do("new_project")
    desk.workshop.documents.open(path)
    desk.settle()
    desk.until(lambda: editor.values is not None and bool(desk.runs))
    assert np.array_equal(editor.values, kept.patterns["painting"])

    desk.workshop.commands.choose_kind("theorem1")  # greys: the painting is not for it
    assert session.entry is not None and session.entry.experiment.pattern.kind == "builtin"
    desk.stroke((0.2, 0.2), (0.8, 0.2))
    assert session.project.patterns["painting"].ndim == 3 and len(session.project.patterns) == 2

    greys = next(values for values in session.project.patterns.values() if values.ndim == 2)
    session.edit("Greys of that name", session.project.with_pattern("painting", greys))
    desk.workshop.commands.choose_kind("rgb")  # the set-up from before: a drawing in greys is a picture too
    assert editor.values is not None and editor.values.shape == (*greys.shape, 3)
    desk.stroke((0.2, 0.2), (0.8, 0.2))
    assert session.project.patterns["painting"] is greys and session.project.patterns["painting 2"].ndim == 3
