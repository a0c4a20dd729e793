"""Where artifacts go: tabs and rows of the board."""

import numpy as np
import pytest

from lsviewer.core.artifacts import Axis, Checkpoint, Curve, Diagram, Picture, Section, Spectrum
from lsviewer.gui.artifact_places import board_rows, is_square, leads, led_rows, rank, row_heights, tab_of

POINTS = np.linspace(0, 1, 3)
PLANE = Section("section", (Axis("a", POINTS), Axis("b", POINTS)), np.zeros((3, 3)))
LINE = Section("section", (Axis("a", POINTS),), np.zeros(3))


@pytest.mark.parametrize(
    ("artifact", "key"),
    [
        (Curve("loss", "Loss", "step", "", ()), "curves"),
        (Curve("sigma", "σ", "t", "", ()), "implicit"),
        (Spectrum("hessian", "Hessian", np.zeros(3)), "spectrum"),
        (Diagram("network", "", (), (), (), np.zeros((0, 1)), (), ()), "network"),
        (Picture("digit", "A digit", np.zeros((2, 2))), "pictures"),
    ],
)
def test_each_sort_has_its_tab(artifact, key: str) -> None:
    tab = tab_of(artifact)
    assert tab is not None and tab.key == key


def test_a_checkpoint_is_not_looked_at() -> None:
    assert tab_of(Checkpoint("checkpoint", {}, {})) is None


def test_curves_come_before_numbers_and_strangers_last() -> None:
    assert rank("curves") < rank("error") < rank("numbers") < rank("something else")


def test_sections_with_two_axes_are_square() -> None:
    assert is_square(PLANE) and not is_square(LINE)


@pytest.mark.parametrize(
    ("squares", "others", "rows"),
    [
        (0, 0, ()),
        (0, 1, (1,)),
        (0, 2, (1, 1)),
        (0, 3, (1, 2)),
        (2, 0, (2,)),
        (2, 1, (2, 1)),
        (2, 3, (2, 3)),
        (2, 4, (2, 2, 2)),
        (4, 1, (3, 2)),
        (8, 0, (4, 4)),
        (7, 4, (4, 3, 2, 2)),
    ],
)
def test_rows_of_the_board(squares: int, others: int, rows: tuple[int, ...]) -> None:
    counts, shares = board_rows(squares, others)
    assert counts == rows
    assert len(shares) == len(rows) and sum(shares) == pytest.approx(1.0 if rows else 0.0)
    assert not rows or shares[0] == max(shares)


@pytest.mark.parametrize(
    ("shares", "least", "room", "heights"),
    [
        ((0.6, 0.4), (100, 100), 1000, [600, 400]),  # room for all
        ((0.6, 0.2, 0.2), (200, 160, 160), 600, [280, 160, 160]),  # the high row gives way
        ((0.6, 0.4), (260, 160), 300, [260, 160]),  # too little: scrolled
        ((), (), 300, []),
    ],
)
def test_no_row_is_lower_than_what_can_be_read(
    shares: tuple[float, ...], least: tuple[int, ...], room: int, heights: list[int]
) -> None:
    assert row_heights(shares, least, room) == heights


def test_a_spectrum_with_facts_leads_its_board() -> None:
    assert leads(Spectrum("spectrum", "", np.zeros(3), facts=("n = 3",)))
    assert not leads(Spectrum("block", "", np.zeros(3))) and not leads(PLANE)


@pytest.mark.parametrize(("others", "rows"), [(0, (1,)), (2, (1, 2)), (4, (1, 4)), (5, (1, 3, 2))])
def test_rows_under_a_leading_card(others: int, rows: tuple[int, ...]) -> None:
    counts, shares = led_rows(others)
    assert counts == rows and sum(shares) == pytest.approx(1.0) and shares[0] >= 0.5
