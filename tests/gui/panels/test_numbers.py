"""The numbers as a page."""

import math

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from lsviewer.core.claims import Report
from lsviewer.gui.number_grid import precise, shortened
from lsviewer.gui.panels.numbers import NumbersPanel
from tests.gui import showroom


def test_every_number_is_there_with_all_its_digits_in_the_tooltip(qtbot: QtBot) -> None:
    panel = NumbersPanel()
    qtbot.addWidget(panel)
    panel.resize(900, 300)
    panel.show_report(showroom.REPORT)
    tips = {label.toolTip() for label in panel.findChildren(QLabel)}
    texts = {label.text() for label in panel.findChildren(QLabel)}
    assert set(showroom.REPORT.numbers) <= texts
    assert {"0.99999998", "6.9e-05"} <= tips


def test_a_hash_leaves_its_name_room() -> None:
    sha = "5aa8776bc" * 7
    assert len(shortened(sha)) == 19 and shortened(sha)[:4] == sha[:4]
    assert shortened("accurate") == "accurate"


def test_columns_follow_the_width(qtbot: QtBot) -> None:
    panel = NumbersPanel()
    qtbot.addWidget(panel)
    panel.show()
    panel.show_report(showroom.REPORT)

    def columns() -> int:
        return len(
            {
                label.mapTo(panel, label.rect().topLeft()).x()
                for label in panel.findChildren(QLabel)
                if label.text().islower()
            }
        )

    panel.resize(400, 300)
    qtbot.waitUntil(lambda: columns() == 1)
    panel.resize(1200, 300)
    qtbot.waitUntil(lambda: columns() == 3)


def test_a_report_without_numbers_is_an_empty_page(qtbot: QtBot) -> None:
    panel = NumbersPanel()
    qtbot.addWidget(panel)
    panel.show_report(Report())
    assert panel.findChildren(QLabel) == []


@pytest.mark.parametrize(
    ("value", "words"), [(math.inf, "∞"), (-math.inf, "−∞"), (math.nan, "not a number"), (0.0, "0")]
)
def test_what_is_not_finite_is_said_in_words(value: float, words: str) -> None:
    assert precise(value) == words
