"""Ctrl+K: a list driven by the keyboard alone."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from lsviewer.gui.command_search import Command, CommandSearch


@pytest.fixture
def done() -> list[str]:
    return []


@pytest.fixture
def search(qtbot: QtBot, done: list[str]) -> CommandSearch:
    window = QWidget()
    window.resize(800, 600)
    qtbot.addWidget(window)
    window.show()
    popup = CommandSearch(window)
    commands = [
        Command(name, lambda name=name: done.append(name), group, hint)
        for name, group, hint in (
            ("Save", "File", "Ctrl+S"),
            ("Theorem 1", "Czarnecki et al. 2019", ""),
            ("Heart", "Gallery", ""),
        )
    ]
    popup.open_with(
        [*commands, Command("Plant", lambda: done.append("Plant"), "Run", reason="Choose an experiment first.")],
        QPoint(400, 60),
    )
    yield popup
    popup.close()


def test_all_are_listed_before_anything_is_typed(search: CommandSearch) -> None:
    assert [command.text for command in search.found] == ["Save", "Theorem 1", "Heart", "Plant"]


def test_typing_finds_and_return_performs_and_closes(search: CommandSearch, done: list[str], qtbot: QtBot) -> None:
    qtbot.keyClicks(search.field, "th 1")
    assert search.found[0].text == "Theorem 1"
    qtbot.keyClick(search.field, Qt.Key.Key_Return)
    assert done == ["Theorem 1"]
    assert not search.isVisible()


def test_a_group_is_found_too(search: CommandSearch, qtbot: QtBot) -> None:
    qtbot.keyClicks(search.field, "gallery")
    assert [command.text for command in search.found] == ["Heart"]


def test_arrows_choose_and_go_round(search: CommandSearch, done: list[str], qtbot: QtBot) -> None:
    for _ in range(2):
        qtbot.keyClick(search.field, Qt.Key.Key_Down)
    qtbot.keyClick(search.field, Qt.Key.Key_Return)
    assert done == ["Heart"]


def test_what_cannot_be_done_stays_in_the_list_and_does_nothing(
    search: CommandSearch, done: list[str], qtbot: QtBot
) -> None:
    qtbot.keyClicks(search.field, "plant")
    qtbot.keyClick(search.field, Qt.Key.Key_Return)
    assert done == [] and search.isVisible()


def test_escape_leaves(search: CommandSearch, done: list[str], qtbot: QtBot) -> None:
    qtbot.keyClick(search.field, Qt.Key.Key_Escape)
    assert not search.isVisible() and done == []
