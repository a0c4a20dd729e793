"""From an eigenvalue to the section along its eigenvector, with a real mouse, and back by undo."""

from collections.abc import Callable

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from tests.gui.e2e.conftest import Desk
from tests.gui.mouse import move


def test_a_click_on_an_eigenvalue_draws_its_section(sit_down: Callable[..., Desk]) -> None:
    from lsviewer.gui.views.spectrum import Distribution

    desk = sit_down()
    desk.engine()
    session = desk.workshop.session
    desk.workshop.commands.open_recipe({"kind": "inertia"}, "Counted")
    desk.until(lambda: session.project.title == "Counted")
    desk.do("run")
    desk.until(lambda: len(desk.runs) == 1 and not desk.workshop.runner.live)
    (view,) = desk.window.findChildren(Distribution)
    desk.until(lambda: view.width() > 500)
    for x in range(view.width() - 1, 0, -1):
        move(view, QPointF(x, view.height() - 70))
        if view.picked is not None:
            break
    assert view.picked == 1
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(x, view.height() - 70))
    desk.until(lambda: len(desk.runs) == 2 and not desk.workshop.runner.live)
    drawn = desk.runs[1]
    assert drawn.outcome == "done", drawn.sentence
    assert drawn.report.numbers["lambda_1"] > 100 and {c.verdict.value for c in drawn.report.claims} == {"holds"}
    assert session.entry is not None and session.entry.experiment.model_dump()["kind"] == "eigenplane"
    desk.do("undo")
    assert [entry.experiment.model_dump()["kind"] for entry in session.project.entries] == ["inertia"]
