"""Observation 1 on small data; the oracle is numpy on the network of the checkpoint, sample by sample."""

from typing import Any

import numpy as np
import pytest
from scipy import special

from lsviewer.core.artifacts import Artifact, Checkpoint, Curve, Section
from lsviewer.core.claims import Report
from lsviewer.core.files import Files
from lsviewer.core.jobs import finish
from lsviewer.core.spec import SpecError
from lsviewer.engine.context import open_context
from lsviewer.engine.data import Data
from lsviewer.engine.datasets import Digits, Gaussian
from lsviewer.engine.losses import CrossEntropy
from lsviewer.experiments import EXPERIMENTS, from_json
from lsviewer.experiments.patterns import planter, transfer
from lsviewer.experiments.patterns.law import orthogonal_ray
from lsviewer.experiments.patterns.transfer import Transfer

SMALL = {
    "dataset": {"kind": "digits", "limit": 300},
    "other": {"kind": "gaussian", "classes": 10, "samples": 203, "inputs": 90},
    "network": {"kind": "mlp", "hidden": [32, 32, 32]},
    "grid": 12,
    "shares": {"kind": "tilt", "class_index": 3, "share": 0.4},
    "device": "cpu",
}
DATA: Data = Digits(limit=300).load(Files())


def run(**changes: Any) -> tuple[Report, dict[str, Artifact]]:
    experiment = from_json({"kind": "transfer", **SMALL, **changes})
    return finish(experiment.run(open_context(experiment, Files())))


def oracle(artifacts: dict[str, Artifact], x: np.ndarray, alpha: tuple[float, float]) -> np.ndarray:
    """Return the outputs of every sample, numpy on the parameters as they were exported."""
    found = artifacts["checkpoint"]
    assert isinstance(found, Checkpoint)
    at = {
        name: value.astype(np.float64) + sum(a * d[name] for a, d in zip(alpha, found.directions))
        for name, value in found.params.items()
    }
    h = x.reshape(len(x), -1).astype(np.float64)
    for layer in range(4):
        h = h @ at[f"{2 * layer}.weight"].T + at[f"{2 * layer}.bias"]
        h = h if layer == 3 else np.maximum(h, 0.0)
    return h


@pytest.fixture(scope="module")
def double() -> tuple[Report, dict[str, Artifact]]:
    return run(dtype="float64")


def test_every_claim_holds_in_both_precisions(double: tuple[Report, dict[str, Artifact]]) -> None:
    for report, _ in (double, run()):
        assert [claim.statement for claim in report.claims if claim.verdict != "holds"] == []
        assert report.numbers["brute_force_points"] >= 44
        assert report.numbers["random_max_abs_diff"] == 0.0
        for part in ("test", "other", "shares"):
            assert float(report.numbers[f"law_{part}_max_abs_diff"]) <= 1e-10


def test_the_sections_are_the_losses_of_these_samples(double: tuple[Report, dict[str, Artifact]]) -> None:
    _, artifacts = double
    assert DATA.x_test is not None and DATA.y_test is not None
    parts = {"section": (DATA.x, DATA.y), "section_test": (DATA.x_test, DATA.y_test)}
    for name, (x, y) in parts.items():
        section = artifacts[name]
        assert isinstance(section, Section)
        for i, j in ((0, 0), (3, 8), (11, 2)):
            logits = oracle(artifacts, x.numpy(), (i / 11, j / 11))
            losses = special.logsumexp(logits, axis=1) - logits[np.arange(len(y)), y.numpy()]
            # both are float64 means of a few hundred losses below 10
            assert section.values[i, j] == pytest.approx(losses.mean(), abs=1e-12)


def test_the_chosen_marginal_weights_the_classes(double: tuple[Report, dict[str, Artifact]]) -> None:
    report, artifacts = double
    counts = np.bincount(DATA.y.numpy()).astype(float)
    weights = counts * 0.6 / (counts.sum() - counts[3])
    weights[3] = 0.4
    section = artifacts["section_shares"]
    assert isinstance(section, Section)
    logits = oracle(artifacts, DATA.x.numpy(), (5 / 11, 7 / 11))
    losses = special.logsumexp(logits, axis=1) - logits[np.arange(len(logits)), DATA.y.numpy()]
    means = np.array([losses[DATA.y.numpy() == c].mean() for c in range(10)])
    assert section.values[5, 7] == pytest.approx(weights @ means, abs=1e-12)
    assert report.numbers["tv_shares"] == pytest.approx(0.4 - counts[3] / counts.sum())


def test_the_change_is_drawn_with_its_bound_and_keeps_to_it(double: tuple[Report, dict[str, Artifact]]) -> None:
    _, artifacts = double
    for name in ("change_test", "change_other", "change_shares"):
        curve = artifacts[name]
        assert isinstance(curve, Curve)
        law, measured = curve.series
        np.testing.assert_allclose(np.interp(measured.x, law.x, law.y), measured.y, atol=1e-12)
        values = [level.value for level in curve.levels]
        assert min(np.abs(values)) >= np.abs(law.y).max()
        # a bound is drawn on each side the law goes to
        assert {np.sign(value) for value in values} == {sign for sign in (-1, 1) if (sign * law.y).max() > 0}


def test_moving_the_shares_redraws_everything_without_planting_again(monkeypatch: pytest.MonkeyPatch) -> None:
    planted: list[object] = []
    right = planter.plant
    monkeypatch.setattr(planter, "plant", lambda *given: planted.append(given) or right(*given))
    cache: dict[Any, Any] = {}
    for share in (0.4, 0.75):
        experiment = from_json(
            {"kind": "transfer", **SMALL, "shares": {"kind": "tilt", "class_index": 3, "share": share}}
        )
        job = experiment.preview(open_context(experiment, Files(), cache))
        assert job is not None
        _, shown = finish(job)
        _, whole = finish(experiment.run(open_context(experiment, Files())))
        for name in ("section", "section_test", "section_other", "section_shares", "difference"):
            live, ended = shown[name], whole[name]
            assert isinstance(live, Section) and isinstance(ended, Section)
            assert live.title == ended.title
            # float32 outputs, once widened before and once after the logarithm: losses near 5 are rounded at 5e-7
            assert np.abs(live.values - ended.values).max() < 3e-6
        curve, measured = shown["change_shares"], whole["change_shares"]
        assert isinstance(curve, Curve) and isinstance(measured, Curve)
        np.testing.assert_allclose(curve.series[0].y, measured.series[0].y, atol=3e-6)
        assert len(curve.series) == 1 and len(measured.series) == 2, "only a run has measured"
    assert len(planted) == 1


def test_shares_moved_back_to_those_of_the_data_draw_a_change_of_nothing() -> None:
    experiment = from_json({"kind": "transfer", **SMALL, "shares": {"kind": "given", "values": DATA.marginal.tolist()}})
    job = experiment.preview(open_context(experiment, Files()))
    assert job is not None
    curve = finish(job)[1]["change_shares"]
    assert isinstance(curve, Curve)
    assert np.abs(curve.series[0].y).max() < 1e-12


def test_the_bound_is_met_when_mass_moves_from_the_largest_logit_to_the_smallest() -> None:
    # the ray is e_0 of balanced classes: tilting class 0 moves mass between the largest logit and the equal others
    data = {"kind": "gaussian", "classes": 4, "samples": 200}
    report, _ = run(dataset=data, other=data, shares={"kind": "tilt", "class_index": 0, "share": 0.7})
    claim = next(claim for claim in report.claims if "keeps to" in claim.statement)
    assert dict(claim.evidence)["share of the bound used"] == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("loss", ["cross_entropy", "squared"])
def test_on_an_orthogonal_ray_every_part_differs_by_a_constant(loss: str) -> None:
    report, artifacts = run(ray="orthogonal", loss={"kind": loss}, dtype="float64")
    assert {claim.verdict for claim in report.claims} == {"holds"}
    base = artifacts["section"]
    assert isinstance(base, Section)
    for name in ("section_test", "section_other", "section_shares"):
        section = artifacts[name]
        assert isinstance(section, Section)
        assert np.ptp(section.values - base.values) < 1e-12
    # and with the other ray it does not
    report, artifacts = run(loss={"kind": loss}, dtype="float64")
    section, base = artifacts["section_shares"], artifacts["section"]
    assert isinstance(section, Section) and isinstance(base, Section)
    assert np.ptp(section.values - base.values) > 1e-2


def test_a_wrong_law_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    right = transfer.predicted
    monkeypatch.setattr(transfer, "predicted", lambda *given: right(*given) * (1 + 1e-6))
    report, _ = run()
    assert [claim.verdict for claim in report.claims if "changes by" in claim.statement][-1] == "fails"


def test_inputs_that_reach_the_output_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    plant = transfer.in_dtype

    def leaking(planted: Any, *given: Any) -> Any:
        planted.origin["0.weight"][0, 20] = 1e-3
        return plant(planted, *given)

    monkeypatch.setattr(transfer, "in_dtype", leaking)
    with pytest.raises(ValueError, match="weights into layer 1 are not 0"):
        run()


def test_without_a_test_part_it_says_so() -> None:
    report, artifacts = run(dataset={"kind": "gaussian", "classes": 10, "samples": 300}, other={"kind": "digits"})
    assert "section_test" not in artifacts
    assert [claim.verdict for claim in report.claims].count("not_applicable") == 1


def test_the_orthogonal_ray_is_orthogonal_and_not_constant() -> None:
    p = Gaussian(classes=3).load(Files()).marginal
    q = p.clone()
    q[0], q[2] = q[0] + 0.1, q[2] - 0.1
    ray = orthogonal_ray(CrossEntropy(), p, (q - p)[None])
    assert abs(float(ray @ (q - p))) < 1e-15
    assert float(ray.max() - ray.min()) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"shares": {"kind": "given", "values": [0.5, 0.6]}}, "the shares sum to 1.1, a marginal sums to 1"),
        ({"shares": {"kind": "given", "values": "0.5; 0.5"}}, "field 'shares.values' has 2 shares, the data has 10 classes"),
        ({"shares": {"kind": "given", "values": "half"}}, "numbers with commas"),
        ({"shares": {"kind": "given", "values": [1.5, -0.5]}}, "none of them negative"),
        ({"shares": {"kind": "tilt", "class_index": 12}}, "field 'shares.class_index' is 12: the data has classes 0 to 9"),
        ({"other": {"kind": "gaussian", "classes": 4}}, "gaussian has 4 classes, digits has 10 classes"),
        ({"other": {"kind": "teacher"}}, "field 'other': teacher has float targets, no classes"),
        ({"dataset": {"kind": "teacher"}}, "class labels are needed here"),
        ({"loss": {"kind": "cauchy"}}, "field 'loss.kind' is 'cauchy': there are cross_entropy, squared"),
        ({"pattern": {"kind": "formula", "expression": "0.5"}}, "there is nothing to find"),
        ({"ray": "orthogonal", "dataset": {"kind": "gaussian", "classes": 2}, "other": {"kind": "gaussian", "classes": 2},
          "shares": {"kind": "tilt", "share": 0.9}}, "no direction is left"),
        ({"grid": 40}, "hidden 1 has 32 units"),
    ],
)  # fmt: skip
def test_bad_recipes_are_one_sentence(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(SpecError) as caught:
        run(**changes)
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_preview_shows_the_same_section() -> None:
    experiment = from_json({"kind": "transfer", **SMALL})
    context = open_context(experiment, Files())
    job = experiment.preview(context)
    assert job is not None
    _, shown = finish(job)
    section, full = shown["section"], run()[1]["section"]
    assert isinstance(section, Section) and isinstance(full, Section)
    # two orders of summation in float32, losses below 10
    np.testing.assert_allclose(section.values, full.values, atol=1e-5)


def test_a_curve_with_one_axis_transfers_too() -> None:
    report, artifacts = run(pattern={"kind": "formula", "expression": "0.5+0.4*sin(7*a)"})
    assert {claim.verdict for claim in report.claims} == {"holds"}
    section = artifacts["section_other"]
    assert isinstance(section, Section) and section.values.shape == (12,)


def test_it_is_listed() -> None:
    assert Transfer in EXPERIMENTS and Transfer.uses_pattern
