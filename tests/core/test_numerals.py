"""Numbers as sentences write them."""

import math

import pytest

from lsviewer.core.numerals import num


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.0, 2, "0"),
        (0.25, 2, "0.25"),
        (-0.25, 2, "−0.25"),
        (123.4, 2, "123"),
        (9.94e-27, 2, "9.9 × 10⁻²⁷"),
        (1e-18, 2, "10⁻¹⁸"),
        (-1e-18, 2, "−10⁻¹⁸"),
        (3.14159e12, 4, "3.142 × 10¹²"),
        (math.inf, 2, "∞"),
        (-math.inf, 2, "−∞"),
        (math.nan, 2, "not a number"),
    ],
)
def test_numbers_in_words(value: float, digits: int, text: str) -> None:
    assert num(value, digits) == text
