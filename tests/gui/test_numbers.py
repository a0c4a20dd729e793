"""Numbers as text: the examples of the look, and facts about ticks that hold for any range."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsviewer.gui.numbers import (
    fixed,
    format_count,
    format_number,
    format_point,
    full_number,
    nice_ticks,
    power_of_ten,
    tick_labels,
)

THIN = "\u202f"


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (1.4e-6, 2, "1.4 × 10⁻⁶"),
        (-6.9e-5, 2, "−6.9 × 10⁻⁵"),
        (0.214, 3, "0.214"),
        (83.1, 3, "83.1"),
        (109802, 3, f"109{THIN}802"),
        (-3, 3, "−3"),
        (0.0, 3, "0"),
        (9.9996, 3, "10"),
        (2.9929, 5, "2.9929"),
        (1234567.0, 3, "1.23 × 10⁶"),
        (float("nan"), 3, "not a number"),
        (float("-inf"), 3, "−∞"),
        (5e-324, 2, "4.9 × 10⁻³²⁴"),
    ],
)
def test_numbers_are_written_as_in_the_look(value: float, digits: int, text: str) -> None:
    assert format_number(value, digits) == text


def test_counts_points_and_powers() -> None:
    assert format_count(16384) == f"16{THIN}384"
    assert format_point((0.62, -0.714)) == "(0.62, −0.71)"
    assert [power_of_ten(n) for n in (-6, 0, 1)] == ["10⁻⁶", "1", "10"]
    assert full_number(0.1 + 0.2) == "0.30000000000000004"


def test_rounded_zero_has_no_sign() -> None:
    assert fixed(-0.001, 2) == "0.00"


def test_axis_labels_share_decimals_and_split_off_what_is_common() -> None:
    assert tick_labels([0, 0.25, 0.5, 0.75, 1], trim=True).labels == ("0", "0.25", "0.5", "0.75", "1")
    assert tick_labels([2.4, 2.6, 2.8, 3.0]).labels == ("2.4", "2.6", "2.8", "3.0")
    small = tick_labels([-5e-5, 0.0, 5e-5])
    assert small.labels == ("−5", "0", "5")
    assert small.name("error") == "error, 10⁻⁵"
    flat = tick_labels([2.30259, 2.302591, 2.302592])
    assert flat.labels == ("0", "1", "2")
    assert flat.name("L") == "L − 2.30259, 10⁻⁶"


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.integers(2, 8))
def test_ticks_lie_inside_are_even_and_about_as_many_as_asked(low: float, span: float, count: int) -> None:
    high = low + span
    ticks = nice_ticks(low, high, count)
    slack = 1e-8 * max(abs(low), abs(high), span)
    assert all(low - slack <= tick <= high + slack for tick in ticks)
    steps = [b - a for a, b in itertools.pairwise(ticks)]
    assert all(math.isclose(step, steps[0], rel_tol=1e-6, abs_tol=slack) for step in steps)
    assert 1 <= len(ticks) <= 2 * count + 1
