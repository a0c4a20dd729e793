"""A condition that fails, from the card on the first page to the row that says so, and on to the next example by keyboard."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QPushButton

from lsviewer.core.artifacts import Section
from lsviewer.core.claims import Verdict
from lsviewer.gui.panels.claims import ClaimRow

from .conftest import Desk


@pytest.mark.slow
def test_an_example_that_should_fail_says_so_and_another_is_chosen_by_keyboard(sit_down: Callable[..., Desk]) -> None:
    desk = sit_down()
    desk.engine()
    desk.click(
        next(c for c in desk.launch.window.welcome.gallery.cards if c.example.title == "Nine copies of one unit")
    )
    desk.until(lambda: len(desk.runs) == 1 and not desk.workshop.runner.live)
    run = desk.runs[0]
    assert run.outcome == "done", run.sentence
    assert isinstance(desk.workshop.stage.shown_section, Section)

    rows = {row.claim.statement: row for row in desk.window.findChildren(ClaimRow) if row.isVisible()}
    first, broken = rows["The checks answer as theory does"], rows["rank [F_1, 1] = N"]
    assert first.claim.verdict is Verdict.HOLDS and broken.claim.verdict is Verdict.FAILS
    desk.click(broken)
    assert broken.is_open

    combo = next(c for c in desk.window.findChildren(QComboBox) if c.accessibleName() == "Example" and c.isVisible())
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_Down)  # the next one: narrow
    button = next(b for b in desk.window.findChildren(QPushButton) if b.text() == "Check the example" and b.isVisible())
    desk.click(button)
    desk.until(lambda: len(desk.runs) == 2 and not desk.workshop.runner.live)
    assert desk.runs[1].report.numbers["example"] == "A narrow network: a strict minimum"
    assert desk.runs[1].report.claims[0].verdict is Verdict.HOLDS
