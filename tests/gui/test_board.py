"""The board of cards: a map and a surface for a section or two, maps alone where three sections are compared."""

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from lsviewer.core.artifacts import Axis, Curve, Section, Series
from lsviewer.gui.board import Board


@pytest.mark.parametrize(("sections", "cards"), [(1, 2), (2, 4), (3, 3), (4, 4)])
def test_three_sections_and_more_are_shown_as_maps(qtbot: QtBot, sections: int, cards: int) -> None:
    board = Board()
    qtbot.addWidget(board)
    board.resize(900, 600)
    board.show()
    axes = tuple(Axis(name, np.linspace(0, 1, 4)) for name in ("a", "b"))
    for k in range(sections):
        board.show_artifact(Section(f"section_{k}", axes, np.eye(4), title=f"Way {k}"))
    shown = [card for card in board.cards() if card.isVisible()]
    assert len(shown) == len(board.cards()) == cards
    places = [card.geometry() for card in shown]
    assert not any(one.intersects(other) for i, one in enumerate(places) for other in places[:i])
    if sections >= 3:
        assert [card.title for card in shown] == [f"Way {k}" for k in range(sections)]
    board.clear()
    assert not board.cards()


@pytest.mark.parametrize(
    ("title", "name", "beside"),
    [
        ("Loss, found in 7 steps: below 1e-26", "Loss", "found in 7 steps: below 1e-26, run 1"),
        ("Singular values of [F₁, 1]", "Singular values of [F₁, 1]", "run 1"),
        ("Rank of [F₁, 1]: 10, certified", "Rank of [F₁, 1]", "10, certified, run 1"),
    ],
)
def test_what_a_title_adds_stands_beside_the_name(qtbot: QtBot, title: str, name: str, beside: str) -> None:
    board = Board()
    qtbot.addWidget(board)
    steps = Series("L", np.arange(3.0), np.ones(3))
    board.show_artifact(Curve("loss", title, "step", "L", (steps,)), "run 1")
    (card,) = board.cards()
    assert card.title == name and card.accessibleName() == f"{name}, {beside}"
