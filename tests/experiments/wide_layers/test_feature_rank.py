"""Lemmas 4.3, 4.4 and corollary 4.5: ranks that are certified, and those that cannot be."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lsviewer.core.artifacts import Curve
from lsviewer.core.claims import Verdict
from lsviewer.core.spec import SpecError
from lsviewer.experiments.wide_layers.feature_rank import FeatureRank
from tests.experiments.wide_layers.cases import claim, run, save_data


def net(*hidden: int, kind: str = "tanh") -> dict[str, Any]:
    return {"hidden": list(hidden), "activation": {"kind": kind}}


@pytest.mark.parametrize("kind", ["tanh", "sigmoid", "softplus", "atan", "erf"])
def test_random_and_constructed_features_have_rank_n(kind: str) -> None:
    report, artifacts = run(FeatureRank, network=net(9, kind=kind), perturb=False)
    assert report.numbers["rank"] == 10 and report.numbers["certified"] == 1
    assert {one.verdict for one in report.claims} == {Verdict.HOLDS}
    assert report.numbers["construction"] == "certified"
    assert list(artifacts) == ["singular_values"]


@pytest.mark.parametrize("kind", ["tanh", "sigmoid", "softplus"])
def test_the_construction_serves_100_samples_of_one_input(kind: str, tmp_path: Path) -> None:
    x = np.sort(np.random.default_rng(0).uniform(-1, 1, 100))[:, None]
    data = save_data(tmp_path / "d.npz", x, np.zeros((100, 1), dtype="f4") + x.astype("f4"))
    report, _ = run(FeatureRank, tmp_path, dataset=data, network=net(99, kind=kind), perturb=False)
    assert report.numbers["construction"] == "certified"  # without balls: it is well conditioned


def test_deeper_layers_are_built_on_random_ones() -> None:
    report, _ = run(FeatureRank, network=net(4, 9, 2), layer=2, perturb=False)
    assert report.numbers["construction"] == "certified"


def test_a_perturbation_of_zero_weights_restores_the_rank() -> None:
    report, artifacts = run(FeatureRank)
    row = claim(report, "corollary 4.5")
    assert row.verdict is Verdict.HOLDS
    assert report.numbers["smallest_perturbation"] == 1e-8
    curve = artifacts["perturbation"]
    assert isinstance(curve, Curve)
    assert np.isfinite(curve.series[1].y).all() and np.all(np.diff(curve.series[0].y[3:]) > 0)


def test_one_unit_too_few_is_deficient_by_construction() -> None:
    report, _ = run(FeatureRank, network=net(8))
    assert report.numbers["rank"] == 9 and report.numbers["certified"] == 0
    assert [one.verdict for one in report.claims] == [Verdict.FAILS, Verdict.NOT_APPLICABLE, Verdict.NOT_APPLICABLE]
    assert "lemma 4.3 needs N − 1 = 9" in report.claims[1].reason


def test_equal_inputs_are_deficient_whatever_the_width(tmp_path: Path) -> None:
    x = np.random.default_rng(0).standard_normal((6, 2))
    x[3] = x[0]
    data = save_data(tmp_path / "d.npz", x, np.zeros((6, 1), dtype="f4"))
    report, _ = run(FeatureRank, tmp_path, dataset=data, network=net(20))
    assert report.numbers["answer"] == "deficient by construction" and report.numbers["rank"] == 5
    assert "two of 6 samples are equal" in claim(report, "Lemma 4.3").reason
    assert claim(report, "corollary 4.5").verdict is Verdict.NOT_APPLICABLE


def test_copies_have_rank_2() -> None:
    report, _ = run(FeatureRank, point={"kind": "copies"}, perturb=False)
    assert report.numbers["rank"] == 2


def test_a_layer_that_is_not_there() -> None:
    with pytest.raises(SpecError, match="field 'layer' is 3: hidden layers 1 to 1 are expected"):
        run(FeatureRank, layer=3)
