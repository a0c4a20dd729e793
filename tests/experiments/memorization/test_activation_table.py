"""The table of activations: every one has a row, and a wrong row is seen."""

from typing import get_args

import pytest

from lsviewer.core.artifacts import Curve
from lsviewer.core.claims import Verdict
from lsviewer.engine.activations import Activation, Silu, Sine, Smoolu, Tanh
from lsviewer.engine.traits import TRAITS, Traits, probe
from lsviewer.experiments.memorization.activation_table import ActivationTable, every_activation, row
from tests.experiments.memorization.cases import run, verdicts


def test_every_activation_has_a_row_that_the_numbers_confirm() -> None:
    report, artifacts = run(ActivationTable)
    kinds = {kind.model_fields["kind"].default for kind in get_args(get_args(Activation)[0])}
    assert set(TRAITS) == kinds
    assert len(report.claims) == len(kinds) + 1
    assert verdicts(report) == {Verdict.HOLDS}
    drawn = sum(len(a.series) for name, a in artifacts.items() if isinstance(a, Curve) and name.startswith("value"))
    assert drawn == len(kinds)


@pytest.mark.parametrize(
    ("activation", "wrong"),
    [
        (Tanh(), Traits(True, "analytic", "strictly increasing", True)),
        (Silu(), Traits(False, "analytic", "increasing", False)),
        (Smoolu(), Traits(True, "smooth", "increasing", True)),
    ],
)
def test_a_wrong_row_is_seen(activation: Activation, wrong: Traits) -> None:
    assert row(activation, wrong).verdict is Verdict.FAILS


def test_no_activation_serves_both_papers() -> None:
    assert not any(t.rectified_smooth and t.analytic_increasing for t in TRAITS.values())
    found = {k for k, t in TRAITS.items() if t.analytic_increasing}
    assert found == {"tanh", "sigmoid", "softplus", "atan", "erf", "tanh_cubed"}
    assert {k for k, t in TRAITS.items() if t.rectified_smooth} == {"smoolu", "smoothed_relu", "tanh_smoolu"}


def test_a_fast_sine_is_seen_to_be_bounded_and_not_monotone() -> None:
    seen = probe(Sine(frequency=30.0))
    assert seen.bounded
    assert not seen.monotone


def test_smoolu_is_flat_at_zero_to_every_order_a_difference_can_see() -> None:
    assert probe(Smoolu()).largest_left == 0.0
    assert len(every_activation()) == len(TRAITS)
