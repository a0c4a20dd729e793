"""Claims, their counts, their evidence."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from lsviewer.core.claims import Claim, Report, Verdict
from lsviewer.gui.number_grid import precise
from lsviewer.gui.panels.claims import ClaimRow, ClaimsPanel, shown
from tests.gui import showroom


def make(qtbot: QtBot) -> ClaimsPanel:
    panel = ClaimsPanel()
    qtbot.addWidget(panel)
    panel.resize(320, 800)
    panel.show()
    panel.show_report("run 6, construct", showroom.REPORT)
    return panel


def rows(panel: ClaimsPanel) -> list[ClaimRow]:
    return [row for row in panel.findChildren(ClaimRow) if row.isVisible()]


def test_the_counts_add_up_and_chips_without_claims_are_left_out(qtbot: QtBot) -> None:
    panel = make(qtbot)
    assert panel.counts() == {Verdict.HOLDS: 5, Verdict.FAILS: 1, Verdict.UNDECIDED: 1, Verdict.NOT_APPLICABLE: 1}
    panel.show_report("run 7", Report((Claim("One", "= 1", 1, None, Verdict.HOLDS),)))
    assert panel.filters[Verdict.HOLDS].isVisible() and not panel.filters[Verdict.FAILS].isVisible()


def test_a_chip_filters_and_a_second_one_adds(qtbot: QtBot) -> None:
    panel = make(qtbot)
    qtbot.mouseClick(panel.filters[Verdict.FAILS], Qt.MouseButton.LeftButton)
    assert [row.claim.verdict for row in rows(panel)] == [Verdict.FAILS]
    qtbot.mouseClick(panel.filters[Verdict.UNDECIDED], Qt.MouseButton.LeftButton)
    assert {row.claim.verdict for row in rows(panel)} == {Verdict.FAILS, Verdict.UNDECIDED}
    qtbot.mouseClick(panel.filters[Verdict.FAILS], Qt.MouseButton.LeftButton)
    qtbot.mouseClick(panel.filters[Verdict.UNDECIDED], Qt.MouseButton.LeftButton)
    assert len(rows(panel)) == 8


def test_a_click_opens_the_evidence_and_closes_the_one_before(qtbot: QtBot) -> None:
    panel = make(qtbot)
    first, second = rows(panel)[0], rows(panel)[1]
    qtbot.mouseClick(second, Qt.MouseButton.LeftButton)
    assert second.is_open
    assert any(label.text() == "64, 1797" and label.isVisible() for label in second.findChildren(QLabel))
    qtbot.mouseClick(first, Qt.MouseButton.LeftButton)
    assert first.is_open and not second.is_open


def test_return_opens_and_closes(qtbot: QtBot) -> None:
    panel = make(qtbot)
    row = rows(panel)[1]
    qtbot.keyClick(row, Qt.Key.Key_Return)
    assert row.is_open
    qtbot.keyClick(row, Qt.Key.Key_Return)
    assert not row.is_open


def test_the_text_carries_every_digit(qtbot: QtBot) -> None:
    text = make(qtbot).text()
    assert "fails: " in text and "measured 0.214, expected < 0.05" in text
    assert "max_abs_error: 6.9e-05" in text and "r2: 0.99999998" in text


def test_nothing_finished_yet(qtbot: QtBot) -> None:
    panel = make(qtbot)
    panel.show_report("", None)
    assert panel.text().splitlines()[1:] == []
    assert rows(panel) == []


def test_values_as_they_are_shown() -> None:
    assert shown(83.1, "dB") == "83.1 dB"
    assert shown(None) == "—"
    assert precise(0.99999998) == "0.99999998"  # not 1, which it is not
    assert precise(1 - 5e-13) == "1 − 5 × 10⁻¹³"
    assert precise(64) == "64"
    assert precise(2.302585) == "2.3026"
