"""Assumptions 3.2 and 5.2: what holds, and each of them broken once."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lsviewer.core.artifacts import Curve
from lsviewer.core.claims import Verdict
from lsviewer.experiments.wide_layers.assumptions import Assumptions, pyramidal_from
from lsviewer.experiments.wide_layers.facts import activation_claims, activation_facts
from tests.experiments.wide_layers.cases import claim, run, save_data


def test_the_defaults_meet_every_assumption_of_section_3() -> None:
    report, artifacts = run(Assumptions)
    rows = [one for one in report.claims if "5.2, 2" not in one.statement]
    assert {one.verdict for one in rows} == {Verdict.HOLDS}
    other = claim(report, "5.2, 2 and 3")
    assert other.verdict is Verdict.NOT_APPLICABLE and "beyond the label" in other.reason
    assert report.numbers["assumption_3_2"] == "holds" and report.numbers["assumption_5_2"] == "fails"
    assert report.numbers["distinct_inputs"] == 10
    assert report.numbers["wide_layers"] == "1"
    assert report.numbers["pyramidal_from"] == 1
    losses = artifacts["losses"]
    assert isinstance(losses, Curve) and len(losses.series) == 5
    assert list(artifacts) == ["losses", "hinge", "activation"]


@pytest.mark.parametrize("kind", ["sigmoid", "tanh", "softplus", "atan", "erf"])
def test_the_activations_of_lemma_3_3_and_two_more_pass(kind: str) -> None:
    report, _ = run(Assumptions, network={"hidden": [9], "activation": {"kind": kind}})
    assert report.numbers["assumption_3_2"] == "holds"


@pytest.mark.parametrize(
    "kind", ["relu", "leaky_relu", "elu", "softsign", "gelu", "silu", "sine", "identity", "smoolu", "truncated_tanh"]
)
def test_these_activations_fail(kind: str) -> None:
    report, _ = run(Assumptions, network={"hidden": [9], "activation": {"kind": kind}})
    assert report.numbers["assumption_3_2"] == "fails"
    assert "hypothesis fails" in report.means


def test_tanh_cubed_meets_the_assumption_as_printed_but_has_slope_zero() -> None:
    report, _ = run(Assumptions, network={"hidden": [9], "activation": {"kind": "tanh_cubed"}})
    assert report.numbers["assumption_3_2"] == "holds"
    slope = claim(report, "σ′ > 0")
    assert slope.verdict is Verdict.FAILS and "3.4 as printed fails" in slope.reason


def test_an_unknown_function_is_probed_and_never_confirmed() -> None:
    rows = activation_claims(lambda t: torch.tanh(t) + 0.01 * torch.atan(t))
    assert {row.verdict for row in rows} == {Verdict.UNDECIDED}
    assert all("probed" in str(row.evidence) for row in rows)
    assert not activation_facts(torch.sin).increasing
    assert not activation_facts(lambda t: torch.tanh(t**3)).steep
    assert not activation_facts(torch.relu).once
    assert not activation_facts(lambda t: t + 1e-3 * torch.relu(t - 0.12345)).once
    assert activation_facts(lambda t: torch.tanh(1000 * t) + t).once  # steep, and no kink


def test_the_hinge_belongs_to_the_other_theorem() -> None:
    report, _ = run(Assumptions, dataset={"kind": "gaussian", "samples": 20}, loss={"kind": "squared_hinge"})
    assert claim(report, "5.2, 2 and 3").verdict is Verdict.HOLDS
    row = claim(report, "3.2, 3")
    assert row.verdict is Verdict.NOT_APPLICABLE and "no second derivative" in row.reason
    assert report.numbers["assumption_3_2"] == "fails" and report.numbers["assumption_5_2"] == "holds"
    assert report.means.startswith("Theorem 5.3 applies")


def test_a_slope_that_underflows_is_said() -> None:
    report, _ = run(Assumptions, loss={"kind": "blake_zisserman"})
    row = claim(report, "3.2, 3")
    assert row.verdict is Verdict.HOLDS and "fakes critical points" in row.reason
    # l'(6) = 12 exp(-36) / (exp(-36) + 0.1)
    assert dict(row.evidence)["l′(6)"] == pytest.approx(12 * math.exp(-36) / (math.exp(-36) + 0.1), rel=1e-12)


def test_equal_inputs_are_named(tmp_path: Path) -> None:
    x = np.random.default_rng(0).standard_normal((6, 2))
    x[4] = x[1]
    data = save_data(tmp_path / "d.npz", x, np.arange(6, dtype=np.float32)[:, None])
    report, _ = run(Assumptions, tmp_path, dataset=data)
    row = claim(report, "No two training samples")
    assert row.verdict is Verdict.FAILS and "1 and 4" in row.reason and "Φ = 0 cannot" in row.reason
    assert report.numbers["distinct_inputs"] == 5


def test_targets_that_tanh_cannot_reach_are_counted(tmp_path: Path) -> None:
    y = np.array([[0.5], [1.0], [-2.0], [0.0]], dtype=np.float32)
    data = save_data(tmp_path / "d.npz", np.eye(4), y)
    report, _ = run(Assumptions, tmp_path, dataset=data, output="activation")
    row = claim(report, "The output layer can reach")
    assert row.verdict is Verdict.FAILS and row.measured == 2
    identity, _ = run(Assumptions, tmp_path, dataset=data)
    assert "extension" in claim(identity, "The output layer can reach").reason


@pytest.mark.parametrize(
    ("hidden", "wide", "pyramid", "reach"),
    [
        ([9], "1", Verdict.HOLDS, Verdict.HOLDS),
        ([10], "1", Verdict.HOLDS, Verdict.FAILS),  # n_k = N: condition 1 cannot hold
        ([8], "none", Verdict.NOT_APPLICABLE, Verdict.FAILS),
        ([9, 2, 4], "1", Verdict.FAILS, Verdict.FAILS),
        ([4, 9, 1], "2", Verdict.HOLDS, Verdict.HOLDS),
    ],
)
def test_widths(hidden: list[int], wide: str, pyramid: Verdict, reach: Verdict) -> None:
    report, _ = run(Assumptions, network={"hidden": hidden, "activation": {"kind": "tanh"}})
    assert report.numbers["wide_layers"] == wide
    assert claim(report, "Above a wide layer").verdict is pyramid
    assert claim(report, "Condition 1 of theorem 3.8").verdict is reach


def test_pyramidal_from() -> None:
    found: Any = [pyramidal_from(widths) for widths in ((3, 9, 1), (3, 2, 5, 1), (9, 5, 2), (1, 2, 3))]
    assert found == [1, 2, 0, 2]
