"""The theorem in words."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QScrollBar
from pytestqt.qtbot import QtBot

from lsviewer.gui.math_text import FormulaLabel
from lsviewer.gui.panels.statement import Statement
from tests.gui import showroom


def words(statement: Statement) -> str:
    return " ".join(label.text() for label in statement.findChildren(QLabel) if label.isVisibleTo(statement))


def test_statement_formula_notes_and_caveats_are_shown(qtbot: QtBot) -> None:
    statement = Statement()
    qtbot.addWidget(statement)
    statement.show_item(showroom.THEOREM_1, showroom.NOTES)
    shown = words(statement)
    assert "Theorem 1" in shown and "Czarnecki et al. 2019, section 2" in shown
    assert "<i>ε</i> &gt; 0" in shown
    assert showroom.NOTES[0] in shown and showroom.THEOREM_1.caveats[0] in shown
    assert statement.findChild(FormulaLabel) is not None


def test_at_its_natural_height_nothing_is_scrolled(qtbot: QtBot) -> None:
    statement = Statement()
    qtbot.addWidget(statement)
    statement.show()
    statement.show_item(showroom.THEOREM_1, showroom.NOTES)
    statement.resize(320, statement.natural_height(320))
    bars = [bar for bar in statement.findChildren(QScrollBar) if bar.orientation() == Qt.Orientation.Vertical]
    qtbot.waitUntil(lambda: not any(bar.isVisible() for bar in bars), timeout=1000)


def test_nothing_chosen_leaves_no_words(qtbot: QtBot) -> None:
    statement = Statement()
    qtbot.addWidget(statement)
    statement.show_item(showroom.THEOREM_1)
    statement.show_item(None)
    qtbot.wait(1)
    assert words(statement).strip() == ""


def test_notes_that_change_leave_nothing_of_the_old_ones_on_screen(qtbot: QtBot) -> None:
    statement = Statement()
    qtbot.addWidget(statement)
    statement.show()
    for note in ("Needs 257 units.", "Needs 513 units."):
        statement.show_item(showroom.THEOREM_1, (note,))
    assert "513" in words(statement)
    assert "257" not in words(statement)
