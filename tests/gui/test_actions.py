"""The table of actions: one source for menus, shortcuts, top bar, search and help."""

from collections import Counter

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from lsviewer.gui import theme
from lsviewer.gui.actions import MENUS, TABLE, Actions, tip


class Owner:
    def __init__(self) -> None:
        self.asked: list[str] = []

    def save(self) -> None:
        self.asked.append("save")

    def full_screen(self, on: bool) -> None:
        self.asked.append(f"full screen {on}")


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    return widget


def test_no_two_actions_share_a_key_or_a_shortcut() -> None:
    keys = Counter(spec.key for spec in TABLE)
    shortcuts = Counter(spec.shortcut for spec in TABLE if spec.shortcut)
    assert max(keys.values()) == 1
    assert [shortcut for shortcut, count in shortcuts.items() if count > 1] == []


@pytest.mark.parametrize("spec", TABLE, ids=lambda spec: spec.key)
def test_every_action_has_words_a_tip_a_menu_and_an_icon_that_exists(spec, qapp) -> None:
    assert spec.menu in MENUS
    assert spec.tip.endswith(".")
    assert spec.text[0].isupper() and "!" not in spec.text
    if spec.icon:
        theme.icon(spec.icon)  # raises for an unknown name


def test_every_verb_of_the_top_bar_has_an_icon() -> None:
    assert [spec.key for spec in TABLE if spec.verb and not spec.icon] == []


def test_an_action_nobody_answers_for_does_not_show(window: QWidget) -> None:
    actions = Actions(window)
    actions.connect_to(Owner())
    assert actions["save"].isVisible()
    assert not actions["about"].isVisible()
    assert "about" in actions.unanswered() and "save" not in actions.unanswered()


def test_actions_reach_the_method_of_their_name_with_checked_only_where_it_means_something(window: QWidget) -> None:
    owner, actions = Owner(), Actions(window)
    actions.connect_to(owner)
    actions.allow(("project",))
    actions["save"].trigger()
    actions["full_screen"].trigger()
    assert owner.asked == ["save", "full screen True"]


def test_the_first_to_answer_wins(window: QWidget) -> None:
    first, second, actions = Owner(), Owner(), Actions(window)
    actions.connect_to(first)
    actions.connect_to(second)
    actions.allow(("project",))
    actions["save"].trigger()
    assert (first.asked, second.asked) == (["save"], [])


def test_what_cannot_be_done_is_disabled_and_says_why(window: QWidget) -> None:
    actions = Actions(window)
    actions.connect_to(Owner())
    assert not actions["save"].isEnabled()
    assert actions["save"].toolTip().endswith("Open or begin a project first.")
    actions.allow(("project",))
    assert actions["save"].isEnabled()
    assert actions["save"].toolTip() == "Save the project. (Ctrl+S)"
    assert actions.reason("save") == ""


def test_a_tip_names_the_shortcut() -> None:
    spec = next(spec for spec in TABLE if spec.key == "search_commands")
    assert "(Ctrl+K)" in tip(spec)
