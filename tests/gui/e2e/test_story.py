"""Draw, watch it planted, save, reopen, export, and let a program without lsviewer verify it."""

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox
from shiboken6 import Shiboken

from lsviewer.core.artifacts import Checkpoint, Section
from lsviewer.core.claims import Verdict
from lsviewer.gui.export import ExportDialog
from lsviewer.gui.exportables import exportables
from lsviewer.gui.help import topic_for
from lsviewer.gui.square import square_rect
from lsviewer.gui.views.network_diagram import NetworkDiagram
from lsviewer.project import archive
from tests.gui.mouse import move

from .conftest import Desk

CROSS = [(0.2 + 0.6 * t / 20, 0.2 + 0.6 * t / 20) for t in range(21)]


def planted(desk: Desk) -> Section:
    section = desk.workshop.stage.shown_section
    assert section is not None
    return section


def train_rings(desk: Desk, steps: int) -> None:
    recipe = {
        "kind": "theorem1", "dataset": {"kind": "digits"}, "pattern": {"kind": "builtin", "name": "rings"},
        "grid": 32, "method": "train", "steps": steps,
    }  # fmt: skip
    desk.workshop.commands.open_recipe(recipe, "Rings")
    desk.until(lambda: desk.workshop.session.project.title == "Rings")
    desk.do("train")


@pytest.mark.slow
def test_a_drawing_is_planted_while_the_mouse_moves_and_survives_save_and_reopen(
    sit_down: Callable[..., Desk], tmp_path: Path
) -> None:
    desk = sit_down()
    desk.do("new_drawing")
    desk.engine()
    desk.until(lambda: desk.workshop.stage.shown_section is not None)
    flat = planted(desk)
    assert np.ptp(flat.values) < 1e-4

    desk.stroke(*CROSS, release=False)  # the button is still held
    on, off = (int(np.abs(flat.axes[0].values - place).argmin()) for place in (0.5, 0.9))
    desk.until(
        lambda: planted(desk).values[on, on] - planted(desk).values[off, on] > 0.5
    )  # high on the stroke, low beside it

    assert desk.workshop.session.undo_stack.count() == 0  # nothing is edited yet: this was the live preview
    desk.qtbot.mouseRelease(desk.workshop.editor.canvas, Qt.MouseButton.LeftButton)
    assert desk.workshop.session.undo_stack.count() == 1
    desk.until(lambda: bool(desk.runs))  # at rest the whole experiment has run by itself
    run = desk.runs[-1]
    assert run.outcome == "done"
    assert {claim.verdict for claim in run.report.claims} == {Verdict.HOLDS}
    assert isinstance(run.artifacts["checkpoint"], Checkpoint)

    path = tmp_path / "drawing.lsv"
    desk.do("save")
    desk.choose_file(path)
    desk.settle()
    assert desk.workshop.session.is_clean
    kept = archive.load(path)
    assert np.array_equal(kept.patterns["drawing"], desk.workshop.session.project.patterns["drawing"])

    desk.do("new_project")
    desk.workshop.documents.open(path)
    desk.settle()
    desk.until(lambda: desk.workshop.editor.values is not None)
    assert np.array_equal(desk.workshop.editor.values, kept.patterns["drawing"])
    assert desk.workshop.session.project.runs[-1].report == run.report


@pytest.mark.slow
def test_undo_takes_one_stroke_back_and_the_section_follows(sit_down: Callable[..., Desk]) -> None:
    desk = sit_down()
    desk.do("new_drawing")
    desk.engine()
    desk.stroke((0.2, 0.5), (0.8, 0.5))
    desk.stroke((0.5, 0.2), (0.5, 0.8))
    twice = desk.workshop.session.project.patterns["drawing"]
    desk.do("undo")
    once = desk.workshop.session.project.patterns["drawing"]
    assert once.sum() < twice.sum()
    desk.until(
        lambda: np.allclose(planted(desk).target, once, atol=1e-6) if planted(desk).target is not None else False
    )
    desk.do("undo")
    assert desk.workshop.session.project.patterns["drawing"].sum() == 0
    desk.do("redo")
    desk.do("redo")
    assert np.array_equal(desk.workshop.session.project.patterns["drawing"], twice)


@pytest.mark.slow
def test_a_bundle_exported_by_hand_is_verified_by_a_program_of_its_own(
    sit_down: Callable[..., Desk], tmp_path: Path
) -> None:
    desk = sit_down()
    desk.engine()
    from lsviewer.gui.examples import EXAMPLES

    desk.workshop.open_example(EXAMPLES[0])
    desk.until(lambda: bool(desk.runs))
    desk.do("export_bundle")
    desk.until(lambda: any(isinstance(w, ExportDialog) for w in QApplication.topLevelWidgets()))
    dialog = next(w for w in QApplication.topLevelWidgets() if isinstance(w, ExportDialog))
    assert dialog.thing.name == "Bundle"
    with desk.qtbot.waitSignal(dialog.exported, timeout=60_000):
        dialog.write_to(tmp_path / "bundle")
    done = subprocess.run(
        [sys.executable, "-I", "verify.py"], cwd=tmp_path / "bundle", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "agrees" in done.stdout
    desk.do("verify")  # the same from the window
    desk.until(lambda: desk.launch.window.banner.isVisible())
    assert "verify.py agrees with run 1" in desk.launch.window.banner.accessibleName()


@pytest.mark.slow
def test_closing_with_unsaved_work_asks_and_cancel_keeps_everything(sit_down: Callable[..., Desk]) -> None:
    desk = sit_down()
    desk.do("new_drawing")
    desk.engine()
    desk.stroke((0.2, 0.5), (0.8, 0.5))
    desk.window.close()
    desk.answer("unsaved", "Cancel")
    assert desk.window.isVisible()
    assert desk.workshop.worker.isRunning()
    desk.window.close()
    desk.until(lambda: True)
    boxes = [box for box in desk.window.children() if box.objectName() == "unsaved"]
    discard = next(b for b in boxes[-1].buttons() if "Discard" in b.text() or "without" in b.text().lower())  # type: ignore[attr-defined]
    discard.click()
    assert not timers_of_nobody()  # nothing polls for the worker: a timer of its own would outlive window and workshop
    desk.until(lambda: not desk.window.isVisible())
    desk.until(lambda: not desk.workshop.worker.isRunning())


def timers_of_nobody() -> list[QTimer]:
    """Active timers that no object will take with it."""
    wrappers = [item for item in Shiboken.getAllValidWrappers() if isinstance(item, QTimer)]
    return [timer for timer in wrappers if timer.isActive() and timer.parent() is None]


@pytest.mark.slow
def test_training_can_be_held_and_gone_on_with_and_shows_its_curves(sit_down: Callable[..., Desk]) -> None:
    desk = sit_down()
    desk.engine()
    train_rings(desk, steps=200)
    desk.until(lambda: any(run.progress.fraction > 0.1 for run in desk.workshop.runner.live.values()))
    desk.do("pause")
    (held,) = desk.workshop.runner.live.values()
    assert held.state == "paused"
    desk.qtbot.waitUntil(lambda: desk.workshop.studio.desk.runs.rows()[0].state == "paused")
    desk.do("pause")
    desk.until(lambda: not desk.workshop.runner.live)
    run = desk.runs[-1]
    assert run.outcome == "done"
    assert {"section", "loss", "psnr"} <= set(run.artifacts)
    assert desk.workshop.studio.desk.tabs.current == "curves"
    assert all(claim.verdict != Verdict.FAILS for claim in run.report.claims), run.report.claims


@pytest.mark.slow
def test_a_card_names_only_a_run_of_the_experiment_on_screen(sit_down: Callable[..., Desk]) -> None:
    desk = sit_down()
    desk.engine()
    train_rings(desk, steps=20000)
    section = desk.workshop.studio.desk.section
    desk.until(lambda: "%" in section.accessibleName())
    number = next(iter(desk.workshop.runner.live.values())).id.removeprefix("r")
    desk.workshop.commands.choose_kind("theorem2")
    heard = next(iter(desk.workshop.runner.live.values())).progress
    desk.until(lambda: next(iter(desk.workshop.runner.live.values())).progress != heard)
    assert f"run {number}" not in section.accessibleName()
    desk.workshop.commands.choose_kind("theorem1")
    desk.until(lambda: f"run {number}, " in section.accessibleName())
    desk.do("cancel")
    desk.until(lambda: not desk.workshop.runner.live)
    assert "%" not in section.accessibleName()


@pytest.mark.slow
def test_a_run_of_which_nothing_was_heard_yet_can_be_held_too(sit_down: Callable[..., Desk]) -> None:
    desk = sit_down()
    desk.engine()
    train_rings(desk, steps=20)
    (live,) = desk.workshop.runner.live.values()
    assert live.state == "queued"
    desk.do("pause")
    assert [run.state for run in desk.workshop.runner.live.values()] == ["paused"]
    desk.do("pause")
    desk.until(lambda: not desk.workshop.runner.live)
    assert desk.runs[-1].outcome == "done"


@pytest.mark.slow
def test_a_network_that_is_too_narrow_is_refused_with_the_way_out_as_a_button(sit_down: Callable[..., Desk]) -> None:
    desk = sit_down()
    desk.engine()
    recipe = {
        "kind": "theorem1", "dataset": {"kind": "digits"}, "pattern": {"kind": "builtin", "name": "rings"},
        "network": {"kind": "mlp", "hidden": [64, 65, 4]}, "grid": 128,
    }  # fmt: skip
    desk.workshop.commands.open_recipe(recipe, "Narrow")
    desk.until(lambda: any(run.outcome == "failed" for run in desk.runs))
    row = desk.workshop.studio.desk.runs.rows()[0]
    assert "hidden 1 has 64 units, this grid needs 256" in row.text
    assert row.remedy == "Use grid 32"
    desk.workshop.studio.desk.runs.remedy_asked.emit(row.id)
    desk.until(lambda: bool(desk.runs) and desk.runs[-1].outcome == "done")
    assert desk.runs[-1].report.numbers["grid"] == 32


@pytest.mark.slow
def test_a_picture_named_on_the_command_line_becomes_the_pattern(sit_down: Callable[..., Desk], tmp_path: Path) -> None:
    from PIL import Image

    picture = np.zeros((40, 40), np.uint8)
    picture[:10, :20] = 255  # top left
    Image.fromarray(picture).save(tmp_path / "corner.png")
    desk = sit_down(tmp_path / "corner.png")
    desk.engine()
    desk.until(lambda: desk.workshop.session.entry is not None)
    values = desk.workshop.editor.values
    assert values is not None
    assert values[2, -3] > 0.9
    assert values[-3, 2] < 0.1
    desk.until(lambda: desk.workshop.stage.shown_section is not None)
    section = planted(desk)
    assert section.values[2, -3] > section.values[-3, 2] + 0.5


@pytest.mark.slow
def test_a_picture_dropped_over_unsaved_work_waits_for_the_answer(
    sit_down: Callable[..., Desk], tmp_path: Path
) -> None:
    from PIL import Image

    Image.fromarray(np.eye(40, dtype=np.uint8) * 255).save(tmp_path / "line.png")
    desk = sit_down()
    desk.engine()
    desk.workshop.commands.open_recipe({"kind": "activation_table"}, "Table")  # an experiment without a pattern
    desk.until(lambda: desk.workshop.session.project.title == "Table")
    desk.do("run")
    desk.until(lambda: bool(desk.runs))
    desk.do("show_welcome")
    desk.launch.window.welcome.dropped.emit([tmp_path / "line.png"])
    desk.answer("unsaved", "Cancel")
    desk.settle()
    assert desk.workshop.session.project.title == "Table" and not desk.workshop.session.project.patterns
    desk.launch.window.welcome.dropped.emit([tmp_path / "line.png"])
    desk.until(lambda: any(box.isVisible() for box in desk.window.findChildren(QMessageBox)))
    desk.answer("unsaved", "Discard")
    desk.until(lambda: list(desk.workshop.session.project.patterns) == ["line"])
    assert desk.workshop.session.project.title == "line"
    desk.until(lambda: desk.workshop.stage.shown_section is not None)


@pytest.mark.slow
def test_a_file_that_is_no_project_is_one_sentence_across_the_window(
    sit_down: Callable[..., Desk], tmp_path: Path
) -> None:
    (tmp_path / "broken.lsv").write_bytes(b"PK\x03\x04 and then nothing")
    desk = sit_down(tmp_path / "broken.lsv")
    desk.settle()
    desk.until(lambda: desk.launch.window.banner.isVisible())
    assert "broken.lsv" in desk.launch.window.banner.accessibleName()
    assert desk.launch.window.shows_welcome


@pytest.mark.slow
def test_a_checkpoint_from_outside_gets_a_plane_through_it(sit_down: Callable[..., Desk], tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    rng = np.random.default_rng(0)
    shapes = {"0.weight": (12, 64), "0.bias": (12,), "2.weight": (10, 12), "2.bias": (10,)}
    save_file(
        {name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()},
        tmp_path / "w.safetensors",
    )
    desk = sit_down(tmp_path / "w.safetensors")
    desk.engine()
    desk.until(lambda: desk.workshop.session.entry is not None)
    experiment = desk.workshop.session.entry.experiment  # type: ignore[union-attr]
    assert experiment.network.hidden == (12,)  # type: ignore[attr-defined]
    desk.workshop.session.edit_experiment("Change grid", experiment.replace(grid=9))
    desk.do("run")
    desk.until(lambda: bool(desk.runs))
    assert desk.runs[-1].outcome == "done", desk.runs[-1].sentence
    assert desk.workshop.studio.desk.board.cards()


@pytest.mark.slow
@pytest.mark.parametrize("title", ["The implicit activation", "20 up, 121 level, 0 down", "A volume"])
def test_one_click_on_an_example_shows_its_results(sit_down: Callable[..., Desk], title: str) -> None:
    from lsviewer.gui.examples import EXAMPLES

    desk = sit_down()
    desk.engine()
    card = next(card for card in desk.launch.window.welcome.gallery.cards if card.example.title == title)
    assert card.example in EXAMPLES
    desk.click(card)
    desk.until(lambda: bool(desk.runs) and not desk.workshop.runner.live)
    run = desk.runs[-1]
    assert run.outcome == "done", run.sentence
    assert Verdict.FAILS not in {claim.verdict for claim in run.report.claims}
    assert desk.workshop.stage.views()


@pytest.mark.slow
def test_closing_during_a_run_asks_first_and_keeping_on_keeps_on(sit_down: Callable[..., Desk]) -> None:
    desk = sit_down()
    desk.engine()
    train_rings(desk, steps=20000)
    desk.until(lambda: any(run.progress.fraction > 0 for run in desk.workshop.runner.live.values()))
    desk.window.close()
    desk.answer("runs-going-on", "Keep running")
    assert desk.window.isVisible()
    assert desk.workshop.runner.live
    desk.do("cancel")
    desk.until(lambda: not desk.workshop.runner.live)
    run = desk.runs[-1]
    assert run.outcome == "cancelled"
    assert "what it showed is kept" in run.sentence
    assert "section" in run.artifacts or "loss" in run.artifacts


@pytest.mark.slow
def test_an_example_that_was_declined_does_not_run_something_else_later(
    sit_down: Callable[..., Desk], tmp_path: Path
) -> None:
    from lsviewer.experiments import from_json
    from lsviewer.gui.examples import EXAMPLES
    from lsviewer.project.document import Entry, Project

    archive.save(
        Project(entries=(Entry("e1", "sigma", from_json({"kind": "implicit_activation"})),)), tmp_path / "a.lsv"
    )
    desk = sit_down()
    desk.do("new_drawing")
    desk.engine()
    desk.stroke((0.2, 0.5), (0.8, 0.5))
    desk.workshop.open_example(next(example for example in EXAMPLES if example.recipe["kind"] == "implicit_activation"))
    desk.answer("unsaved", "Cancel")
    desk.workshop.session.saved(tmp_path / "drawing.lsv")
    desk.workshop.documents.open(tmp_path / "a.lsv")
    desk.until(lambda: desk.workshop.session.path == tmp_path / "a.lsv")
    assert not desk.workshop.runner.live
    assert desk.runs == ()


@pytest.mark.slow
def test_the_network_lights_up_where_the_mouse_is_on_the_section(sit_down: Callable[..., Desk]) -> None:
    desk = sit_down(size=(1280, 720))
    recipe = {
        "kind": "theorem1", "dataset": {"kind": "digits", "limit": 200}, "pattern": {"kind": "builtin", "name": "rings"},
        "grid": 32, "network": {"kind": "mlp", "hidden": [64, 64, 64, 8]},
    }  # fmt: skip
    desk.workshop.commands.open_recipe(recipe, "Rings")
    desk.engine()
    desk.until(lambda: desk.workshop.session.project.title == "Rings")
    desk.do("run")
    desk.until(lambda: bool(desk.runs) and "network" in desk.runs[-1].artifacts)
    tabs = desk.workshop.studio.desk.tabs
    tabs.show_page("network")
    view = next(v for v in desk.workshop.studio.desk.artifact_tabs.views() if isinstance(v, NetworkDiagram))
    assert view.isVisible() and view.diagram is not None and topic_for(view).title == "Network"
    heatmap = desk.workshop.section.view
    assert heatmap is not None
    square = square_rect(heatmap.width(), heatmap.height())
    hats = next(k for k, block in enumerate(view.diagram.blocks) if block.name == "hats α₁")

    def is_lit(alpha: float) -> bool:
        """Whether the hat of the nearest grid point is the brightest."""
        values = view.block_values(hats)
        return values is not None and abs(int(values.argmax()) - 31 * alpha) < 1.0

    for alpha in (0.2, 0.8):
        at = QPointF(square.left() + alpha * (square.width() - 1), square.center().y()).toPoint()
        move(heatmap, at)
        desk.until(partial(is_lit, alpha))
    desk.click(heatmap, at)  # pinned: it stays while the tabs have the whole centre
    desk.workshop.studio.desk.maximise(tabs)
    assert view.height() > 300 and view.cursor_is_pinned
    things = exportables(
        desk.workshop.stage.finished_run(), None, (), desk.workshop.session.files, view.cursor_position
    )
    drawn = next(thing for thing in things if thing.name == "Network diagram")
    assert drawn.formats[0].suffix == ".svg" and "at α = (0.79, 0.50)" in drawn.context
