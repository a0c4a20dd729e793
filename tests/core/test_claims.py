"""Claims: a measurement that is not a number never holds."""

import math

import pytest

from lsviewer.core.claims import Verdict, at_least, at_most


@pytest.mark.parametrize(
    ("measured", "verdict"),
    [(0.5, "holds"), (1.0, "holds"), (1.1, "fails"), (math.nan, "fails"), (math.inf, "fails"), (-math.inf, "fails")],
)
def test_at_most(measured: float, verdict: str) -> None:
    claim = at_most("x is small", measured, 1.0, expected="≤ 1")
    assert claim.verdict == verdict
    assert claim.tolerance == 1.0


@pytest.mark.parametrize(
    ("measured", "verdict"),
    [(60.0, "holds"), (59.9, "fails"), (math.nan, "fails"), (math.inf, "holds")],  # an exact section has infinite PSNR
)
def test_at_least(measured: float, verdict: str) -> None:
    assert at_least("psnr", measured, 60.0, expected="≥ 60 dB").verdict == verdict


def test_verdicts_are_shown_as_words() -> None:
    assert Verdict.NOT_APPLICABLE.words == "not applicable"
    assert Verdict("undecided") is Verdict.UNDECIDED
