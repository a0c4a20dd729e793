"""Theorem 2 on small data; the oracle is numpy on the network of the checkpoint, sample by sample."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy import special

from lsviewer.core.artifacts import Artifact, Checkpoint, Curve, Section
from lsviewer.core.claims import Claim, Report
from lsviewer.core.files import Files
from lsviewer.core.jobs import finish
from lsviewer.core.spec import SpecError
from lsviewer.engine.context import open_context
from lsviewer.engine.datasets import Digits, Teacher
from lsviewer.experiments import EXPERIMENTS, from_json
from lsviewer.experiments.patterns import answers, theorem2
from lsviewer.experiments.patterns.answers import find_answers
from lsviewer.experiments.patterns.heights import make_bank
from lsviewer.experiments.patterns.theorem2 import Theorem2

SMALL: dict[str, Any] = {
    "dataset": {"kind": "digits", "limit": 300},
    "network": {"kind": "mlp", "hidden": [144, 36, 36, 12]},
    "pattern": {"kind": "formula", "expression": "0.5 + 0.3*sin(5*a)*cos(4*b) + 0.15*a"},
    "grid": 12,
    "epochs": 0,
    "device": "cpu",
}
DATA = Digits(limit=300).load(Files())


def run(**changes: Any) -> tuple[Report, dict[str, Artifact]]:
    experiment = from_json({"kind": "theorem2", **SMALL, **changes})
    return finish(experiment.run(open_context(experiment, Files())))


def claim(report: Report, words: str) -> Claim:
    return next(claim for claim in report.claims if words in claim.statement)


def outputs(artifacts: dict[str, Artifact], x: np.ndarray, alpha: tuple[float, ...]) -> np.ndarray:
    """Return the outputs of every sample, numpy on the parameters as they were exported."""
    found = artifacts["checkpoint"]
    assert isinstance(found, Checkpoint)
    at = {
        name: value.astype(np.float64) + sum(a * d[name] for a, d in zip(alpha, found.directions))
        for name, value in found.params.items()
    }
    h = x.reshape(len(x), -1).astype(np.float64)
    layers = len(at) // 2
    for layer in range(layers):
        h = h @ at[f"{2 * layer}.weight"].T + at[f"{2 * layer}.bias"]
        h = h if layer == layers - 1 else np.maximum(h, 0.0)
    return h


def cross_entropy(logits: np.ndarray, y: np.ndarray) -> float:
    return float((special.logsumexp(logits, axis=1) - logits[np.arange(len(y)), y]).mean())


@pytest.fixture(scope="module")
def double() -> tuple[Report, dict[str, Artifact]]:
    return run(dtype="float64", epochs=1)


def test_every_claim_holds_and_the_test_part_is_not_claimed(double: tuple[Report, dict[str, Artifact]]) -> None:
    for report, _ in (double, run()):
        assert {c.verdict for c in report.claims if "test part" not in c.statement} == {"holds"}
        assert claim(report, "seen on the test part").verdict == "not_applicable"
        assert report.numbers["accuracy_at_minimum"] == 1.0
        assert float(report.numbers["loss_at_minimum"]) <= 1e-3
        assert int(report.numbers["brute_force_points"]) > 40


def test_the_closed_form_is_exact_on_the_grid(double: tuple[Report, dict[str, Artifact]]) -> None:
    # float64: rounding of a few sums below 10; float32: 1e-6 of losses of 2
    assert float(double[0].numbers["psnr_db"]) > 250
    assert float(run()[0].numbers["psnr_db"]) > 110


def test_both_sections_are_the_losses_of_all_samples(double: tuple[Report, dict[str, Artifact]]) -> None:
    _, artifacts = double
    assert DATA.x_test is not None and DATA.y_test is not None
    for name, x, y in (("section", DATA.x, DATA.y), ("section_test", DATA.x_test, DATA.y_test)):
        section = artifacts[name]
        assert isinstance(section, Section)
        for i, j in ((0, 0), (4, 9), (11, 3)):
            expected = cross_entropy(outputs(artifacts, x.numpy(), (i / 11, j / 11)), y.numpy())
            assert section.values[i, j] == pytest.approx(expected, abs=1e-12)


def test_every_single_training_sample_has_the_loss_of_the_pattern(double: tuple[Report, dict[str, Artifact]]) -> None:
    _, artifacts = double
    section = artifacts["section"]
    assert isinstance(section, Section)
    logits, y = outputs(artifacts, DATA.x.numpy(), (5 / 11, 2 / 11)), DATA.y.numpy()
    losses = special.logsumexp(logits, axis=1) - logits[np.arange(len(y)), y]
    assert np.ptp(losses) < 1e-12
    assert losses[0] == pytest.approx(section.values[5, 2], abs=1e-12)


def test_h_star_is_marked_where_the_pattern_is_lowest(double: tuple[Report, dict[str, Artifact]]) -> None:
    _, artifacts = double
    section = artifacts["section"]
    assert isinstance(section, Section) and section.target is not None
    (mark,) = section.marks
    assert mark.label == "h*"
    i, j = (round(11 * a) for a in mark.position)
    assert section.target[i, j] == section.target.min()
    logits = outputs(artifacts, DATA.x.numpy(), mark.position)
    assert cross_entropy(logits, DATA.y.numpy()) == pytest.approx(9e-4, rel=1e-9)
    assert (logits.argmax(1) == DATA.y.numpy()).all()


def test_the_directions_move_biases_of_units_that_do_not_see_x(double: tuple[Report, dict[str, Artifact]]) -> None:
    found = double[1]["checkpoint"]
    assert isinstance(found, Checkpoint)
    for direction in found.directions:
        moved = [name for name, value in direction.items() if value.any()]
        assert moved == ["0.bias"]
        assert not found.params["0.weight"][direction["0.bias"] != 0].any()
    assert np.abs(found.params["0.weight"]).sum() > 0


def test_the_bound_of_eq_17_lies_above_the_error(double: tuple[Report, dict[str, Artifact]]) -> None:
    curve = run()[1]["bound"]
    assert isinstance(curve, Curve)
    bound, error = (series.y for series in curve.series)
    both = np.isfinite(bound) & np.isfinite(error)
    assert both.sum() > 5 and (error[both] <= bound[both]).all()
    assert claim(double[0], "eq. 17").verdict == "holds"


@pytest.mark.parametrize("epsilon", [1e-2, 1e-5, 1e-6])
def test_the_loss_at_h_star_is_what_was_asked_for(epsilon: float) -> None:
    report, _ = run(epsilon=epsilon)
    assert 0.8 * epsilon < float(report.numbers["loss_at_minimum"]) <= epsilon


def test_the_folded_form_needs_a_layer_less() -> None:
    report, _ = run(network={"kind": "mlp", "hidden": [144, 36, 12]})
    assert report.numbers["variant"] == "folded"
    assert {c.verdict for c in report.claims if "test part" not in c.statement} == {"holds"}


def test_further_layers_pass_on_what_they_get() -> None:
    report, _ = run(network={"kind": "mlp", "hidden": [144, 36, 36, 12, 11, 13]})
    assert {c.verdict for c in report.claims if "test part" not in c.statement} == {"holds"}


@pytest.mark.parametrize("loss", ["cross_entropy", "squared"])
def test_one_axis_and_both_losses(loss: str) -> None:
    pattern = {"kind": "formula", "expression": "0.5+0.4*sin(9*a)"}
    report, artifacts = run(pattern=pattern, loss={"kind": loss}, network={"kind": "mlp", "hidden": [144, 36, 20]})
    assert {c.verdict for c in report.claims if "test part" not in c.statement} == {"holds"}
    section = artifacts["section"]
    assert isinstance(section, Section) and section.values.shape == (12,)


def test_squared_loss_shifts_the_first_output() -> None:
    report, artifacts = run(loss={"kind": "squared"}, amplitude=5.0, dtype="float64")
    assert {c.verdict for c in report.claims if "test part" not in c.statement} == {"holds"}
    section = artifacts["section"]
    assert isinstance(section, Section)
    found = outputs(artifacts, DATA.x.numpy(), (3 / 11, 8 / 11)) - np.eye(10)[DATA.y.numpy()]
    np.testing.assert_allclose(found[:, 0], math.sqrt(section.values[3, 8]), rtol=1e-12)
    np.testing.assert_allclose(found[:, 1:], 0.0, atol=1e-12)


def test_float_targets_are_interpolated() -> None:
    report, artifacts = run(
        dataset={"kind": "teacher", "samples": 60, "outputs": 2}, loss={"kind": "squared"}, dtype="float64"
    )
    assert {c.verdict for c in report.claims} == {"holds", "not_applicable"}
    data = Teacher(samples=60, outputs=2).load(Files())
    section = artifacts["section"]
    assert isinstance(section, Section)
    residual = outputs(artifacts, data.x.numpy(), (1.0, 0.0)) - data.y.numpy()
    assert (residual**2).sum(1).mean() == pytest.approx(section.values[11, 0], abs=1e-9)


def test_an_ordinary_training_stands_beside_it(double: tuple[Report, dict[str, Artifact]]) -> None:
    report, artifacts = double
    curve = artifacts["loss"]
    assert isinstance(curve, Curve)
    assert "L(h*)" in curve.levels[0].text
    assert curve.levels[0].value == pytest.approx(9e-4, rel=1e-6)
    assert report.numbers["ordinary_loss"] == pytest.approx(curve.series[0].y[-1])


def test_a_weight_from_the_input_into_the_section_breaks_the_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    right = theorem2.assemble

    def leaking(*given: Any) -> Any:
        planted = right(*given)
        planted.origin["0.weight"][3, 20] = 0.5
        return planted

    monkeypatch.setattr(theorem2, "assemble", leaking)
    report, _ = run()
    assert claim(report, "do not see the input").verdict == "fails"
    assert claim(report, "all training samples give").verdict == "fails"
    assert claim(report, "eq. 17").verdict == "holds"  # the bound is true of any network


def test_a_sample_that_is_answered_wrongly_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = theorem2.find_answers

    def one_off(data: Any, *given: Any) -> Any:
        y = data.y.clone()
        y[7] = (y[7] + 1) % 10
        return (yield from right(theorem2.replace(data, y=y), *given))

    monkeypatch.setattr(theorem2, "find_answers", one_off)
    report, _ = run()
    assert claim(report, "classifies every").measured == pytest.approx(1 - 1 / 300)
    assert claim(report, "classifies every").verdict == "fails"
    assert claim(report, "within ε").verdict == "fails"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"amplitude": 2.31}, "at most log 10 = 2.3026; choose at most 2.301"),
        ({"network": {"kind": "mlp", "hidden": [30, 36, 36, 12]}}, "do not separate the classes of all 300 training samples"),
        ({"network": {"kind": "mlp", "hidden": [144, 33, 36, 12]}}, "hidden 2 has 33 units, this grid needs 34"),
        ({"network": {"kind": "mlp", "hidden": [144, 36]}}, "has 2 hidden layers, this pattern needs at least 3"),
        ({"network": {"kind": "mlp", "hidden": [24, 36, 36, 12]}}, "hidden 1 has 24 units, this grid needs 25 and as many"),
        ({"network": {"kind": "mlp", "hidden": [144, 36, 36, 12], "activation": {"kind": "tanh"}}}, "made of relu units"),
        ({"dataset": {"kind": "teacher"}}, "it needs class labels"),
        ({"dataset": {"kind": "teacher"}, "loss": {"kind": "squared"}}, "need as many random features in hidden 1, 120 are left"),
        ({"pattern": {"kind": "formula", "expression": "0.25"}}, "there is nothing to find"),
    ],
)  # fmt: skip
def test_bad_recipes_are_one_sentence(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(SpecError) as caught:
        run(**changes)
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_preview_keeps_the_answers_and_shows_the_same_section(monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = from_json({"kind": "theorem2", **SMALL})
    context = open_context(experiment, Files())
    for _ in range(2):
        job = experiment.preview(context)
        assert job is not None
        _, shown = finish(job)
        monkeypatch.setattr(answers, "_separate", None)  # a second search would fail
        monkeypatch.setattr(theorem2, "find_answers", None)
    section = shown["section"]
    assert isinstance(section, Section) and section.target is not None
    np.testing.assert_allclose(section.values, section.target - section.target.min() + 9e-4, atol=1e-5)


def test_a_duplicate_with_another_label_cannot_be_answered() -> None:
    x, y = DATA.x.clone(), DATA.y.clone()
    x[1], y[1] = x[0], (y[0] + 1) % 10
    data = theorem2.replace(DATA, x=x, y=y)
    with pytest.raises(SpecError, match="do not separate"):
        finish(find_answers(data, 120, torch.Generator().manual_seed(0)))


def test_a_bank_realises_several_tables_on_one_set_of_knots() -> None:
    generator = torch.Generator().manual_seed(0)
    tables = [torch.rand(6, 6, generator=generator, dtype=torch.float64) for _ in range(2)]
    for variant in ("accurate", "folded"):
        bank = make_bank(variant, 4, tables)  # type: ignore[arg-type]
        for i, j in ((0, 0), (5, 2), (3, 5)):
            h = torch.relu(bank.layers[0][1] + torch.tensor([i / 5, j / 5], dtype=torch.float64) @ bank.steps)
            for weight, bias in bank.layers[1:]:
                h = torch.relu(weight @ h + bias)
            values = bank.read @ h + bank.constant
            # heights rounded to the multiples that keep folded sums exact: 2^-40 or finer
            np.testing.assert_allclose(values, [table[i, j] for table in tables], atol=1e-11)


@pytest.mark.slow
def test_joint_training_finds_the_pattern_and_most_of_the_solution() -> None:
    report, artifacts = run(method="train", steps=400, network={"kind": "mlp", "hidden": [256, 80, 80, 64]})
    assert float(report.numbers["psnr_db"]) > 15.0
    assert float(report.numbers["accuracy_at_minimum"]) > 0.9
    assert {c.verdict for c in report.claims} <= {"holds", "undecided", "not_applicable"}
    assert claim(report, "eq. 17").verdict == "holds"
    section = artifacts["section"]
    assert isinstance(section, Section)
    expected = cross_entropy(outputs(artifacts, DATA.x.numpy(), (2 / 11, 6 / 11)), DATA.y.numpy())
    assert section.values[2, 6] == pytest.approx(expected, abs=1e-5)


def test_joint_training_runs_with_another_activation() -> None:
    network = {"kind": "mlp", "hidden": [60, 24, 16], "activation": {"kind": "tanh"}}
    report, _ = run(method="train", steps=20, network=network, grid=6)
    assert claim(report, "all training samples give").verdict == "holds"
    assert claim(report, "within ε").verdict == "undecided"


def test_the_notes_say_what_the_first_layer_is_used_for() -> None:
    assert "24 knots of h and 120 random features" in from_json({"kind": "theorem2", **SMALL}).notes()[0]
    assert "no unit left" in Theorem2(grid=512).notes()[0]
    assert "32 × 32" in Theorem2(method="train").notes()[0]


def test_a_run_can_be_stopped_and_the_same_seed_gives_the_same_numbers() -> None:
    experiment = from_json({"kind": "theorem2", **SMALL})
    job = experiment.run(open_context(experiment, Files()))
    for _ in range(5):
        next(job)
    job.close()
    first, second = run()[0].numbers, run()[0].numbers
    assert first == second


def test_it_does_not_run_by_itself_after_a_stroke() -> None:
    assert from_json({"kind": "theorem2"}).rest_s is None
    assert from_json({"kind": "theorem1"}).rest_s == 0.7
    assert from_json({"kind": "theorem1", "method": "train"}).rest_s is None


def test_it_is_listed() -> None:
    assert Theorem2 in EXPERIMENTS and Theorem2.uses_pattern
