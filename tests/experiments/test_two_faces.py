"""One section, two pictures; the oracle is numpy on the network of the checkpoint, sample by sample."""

from typing import Any

import numpy as np
import pytest
import torch
from scipy import special

from lsviewer.core.artifacts import Artifact, Checkpoint, Section
from lsviewer.core.claims import Report
from lsviewer.core.files import Files
from lsviewer.core.jobs import finish
from lsviewer.core.spec import SpecError
from lsviewer.engine.context import open_context
from lsviewer.engine.datasets import Digits
from lsviewer.engine.losses import CrossEntropy, Squared
from lsviewer.experiments import EXPERIMENTS, from_json
from lsviewer.experiments.patterns import two_faces
from lsviewer.experiments.patterns.faces import make_faces
from lsviewer.experiments.patterns.two_faces import TwoFaces

SMALL: dict[str, Any] = {
    "dataset": {"kind": "digits", "limit": 300},
    "held_out": {"kind": "thinned", "class_index": 4, "keep": 0.1},
    "network": {"kind": "mlp", "hidden": [24, 24, 48]},
    "pattern": {"kind": "formula", "expression": "0.5 + 0.4*sin(5*a)*cos(4*b)"},
    "held_out_pattern": {"kind": "formula", "expression": "a*b"},
    "grid": 12,
    "device": "cpu",
}
DATA = Digits(limit=300).load(Files())


def run(**changes: Any) -> tuple[Report, dict[str, Artifact]]:
    experiment = from_json({"kind": "two_faces", **SMALL, **changes})
    return finish(experiment.run(open_context(experiment, Files())))


def held_out() -> tuple[np.ndarray, np.ndarray]:
    """Return the test part with one tenth of its fours, written out again."""
    assert DATA.x_test is not None and DATA.y_test is not None
    x, y = DATA.x_test.numpy(), DATA.y_test.numpy()
    fours = np.flatnonzero(y == 4)
    keep = np.ones(len(y), bool)
    keep[fours[round(0.1 * len(fours)) :]] = False
    return x[keep], y[keep]


def outputs(artifacts: dict[str, Artifact], x: np.ndarray, alpha: tuple[float, ...]) -> np.ndarray:
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


@pytest.fixture(scope="module")
def double() -> tuple[Report, dict[str, Artifact]]:
    return run(dtype="float64")


def test_every_claim_holds_in_both_precisions(double: tuple[Report, dict[str, Artifact]]) -> None:
    for report, _ in (double, run()):
        assert {claim.verdict for claim in report.claims} == {"holds"}
        for part in ("train", "held_out"):
            assert float(report.numbers[f"psnr_{part}_db"]) >= 80
            assert float(report.numbers[f"brute_force_{part}_psnr_db"]) >= 80
    # float64: outputs of about 20 and losses of about 10, rounded at 1e-16 of themselves
    assert float(double[0].numbers["psnr_train_db"]) > 250


@pytest.mark.parametrize("loss", ["cross_entropy", "squared"])
def test_the_two_losses_of_all_samples_are_the_two_pictures(loss: str) -> None:
    report, artifacts = run(dtype="float64", loss={"kind": loss}, amplitude=0.7)
    assert {claim.verdict for claim in report.claims} == {"holds"}
    a = np.linspace(0, 1, 12)
    pictures = 0.5 + 0.4 * np.sin(5 * a)[:, None] * np.cos(4 * a)[None], a[:, None] * a[None]
    parts = (DATA.x.numpy(), DATA.y.numpy()), held_out()
    for (x, y), picture in zip(parts, pictures):
        values = []
        for i, j in ((0, 0), (11, 0), (3, 8), (7, 11)):
            v = outputs(artifacts, x, (i / 11, j / 11))
            if loss == "cross_entropy":
                losses = special.logsumexp(v, axis=1) - v[np.arange(len(y)), y]
            else:
                losses = ((v - np.eye(10)[y]) ** 2).sum(1)
            values.append(losses.mean() - 0.7 * picture[i, j])
        assert np.ptp(values) < 1e-10  # one constant, losses of about 10 to 40 in float64


def test_the_pictures_are_two(double: tuple[Report, dict[str, Artifact]]) -> None:
    report, artifacts = double
    assert float(report.numbers["psnr_held_out_to_a_db"]) < 15
    first, second = artifacts["section"], artifacts["section_held_out"]
    assert isinstance(first, Section) and isinstance(second, Section)
    assert next(iter(artifacts)) == "section"  # the one a bundle takes with the training data


def test_a_real_test_part_is_enough_where_its_shares_differ() -> None:
    report, _ = run(held_out={"kind": "test_part"}, dtype="float64")
    assert {claim.verdict for claim in report.claims} == {"holds"}
    assert 0 < float(report.numbers["tv"]) < 0.02


def test_other_data_are_held_out_data_too() -> None:
    other = {"kind": "other_data", "dataset": {"kind": "gaussian", "classes": 10, "samples": 203, "inputs": 90}}
    report, _ = run(held_out=other)
    assert {claim.verdict for claim in report.claims} == {"holds"}
    assert report.numbers["held_out_samples"] == 203


def test_equal_shares_are_refused_with_the_reason() -> None:
    balanced = {"kind": "mnist_small", "limit": 200}
    with pytest.raises(SpecError, match="p′ = p; then both losses are the same function of the outputs"):
        run(dataset=balanced, held_out={"kind": "test_part"})


def test_the_folded_form_and_one_axis() -> None:
    report, _ = run(network={"kind": "mlp", "hidden": [24, 48]})
    assert {claim.verdict for claim in report.claims} == {"holds"}
    curves = {
        "pattern": {"kind": "formula", "expression": "a"},
        "held_out_pattern": {"kind": "formula", "expression": "1-a*a"},
    }
    report, artifacts = run(**curves, network={"kind": "mlp", "hidden": [12, 12, 2, 5]})
    assert {claim.verdict for claim in report.claims} == {"holds"}
    assert "line" in artifacts


def test_the_wrong_shares_break_the_second_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    right = two_faces.make_faces

    def off(loss: Any, p: Any, q: Any, amplitude: float) -> Any:
        other = q.clone()
        other[0], other[1] = other[0] + 0.02, other[1] - 0.02
        return right(loss, p, other, amplitude)

    monkeypatch.setattr(two_faces, "make_faces", off)
    report, _ = run()
    assert [claim.verdict for claim in report.claims][:2] == ["holds", "fails"]


@pytest.mark.parametrize("loss", [CrossEntropy(), Squared()])
def test_the_outputs_solve_both_equations(loss: CrossEntropy | Squared) -> None:
    p = torch.tensor([0.2, 0.3, 0.5], dtype=torch.float64)
    q = torch.tensor([0.25, 0.3, 0.45], dtype=torch.float64)
    faces = make_faces(loss, p, q, 2.0)
    first, second = torch.rand(2, 50, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    t, s = faces.coordinates(first, second)
    v = (faces.start + t[:, None] * faces.across + s[:, None] * faces.along).numpy()
    if isinstance(loss, CrossEntropy):
        by_class = special.logsumexp(v, axis=1, keepdims=True) - v
    else:
        by_class = ((v[:, None] - np.eye(3)[None]) ** 2).sum(-1)
    # losses of 20 to 2000 for so close shares, float64
    np.testing.assert_allclose(by_class @ p.numpy(), faces.constant + 2.0 * first.numpy(), rtol=1e-12)
    np.testing.assert_allclose(by_class @ q.numpy(), faces.other_constant + 2.0 * second.numpy(), rtol=1e-12)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"network": {"kind": "mlp", "hidden": [24, 47]}}, "hidden 2 has 47 units, two pictures at this grid need 48"),
        ({"network": {"kind": "mlp", "hidden": [24]}}, "two pictures need at least 2"),
        ({"network": {"kind": "mlp", "hidden": [24, 48], "activation": {"kind": "tanh"}}}, "made of relu units"),
        ({"dataset": {"kind": "gaussian"}}, "field 'held_out': gaussian has no test part"),
        ({"dataset": {"kind": "gaussian", "classes": 2, "test_fraction": 0.3}, "held_out": {"kind": "thinned"}},
         "take three classes or more, or the squared loss"),
        ({"held_out": {"kind": "thinned", "class_index": 11}}, "the test part has no sample of it"),
        ({"held_out": {"kind": "other_data", "dataset": {"kind": "gaussian"}}}, "gaussian has 4 classes, digits has 10 classes"),
        ({"held_out_pattern": {"kind": "formula", "expression": "a"}}, "both pictures lie on one section"),
        ({"held_out_pattern": {"kind": "formula", "expression": "0.5 + 0*b"}}, "field 'held_out_pattern' is constant"),
        ({"dataset": {"kind": "teacher"}}, "class labels are needed here"),
    ],
)  # fmt: skip
def test_bad_recipes_are_one_sentence(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(SpecError) as caught:
        run(**changes)
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


def test_two_classes_are_enough_for_the_squared_loss() -> None:
    data = {"kind": "gaussian", "classes": 2, "samples": 300, "test_fraction": 0.3}
    report, _ = run(dataset=data, held_out={"kind": "thinned", "keep": 0.3}, loss={"kind": "squared"})
    assert {claim.verdict for claim in report.claims} == {"holds"}


def test_the_preview_shows_both_sections() -> None:
    experiment = from_json({"kind": "two_faces", **SMALL})
    job = experiment.preview(open_context(experiment, Files()))
    assert job is not None
    _, shown = finish(job)
    assert list(shown) == ["section", "section_held_out"]
    full = run()[1]["section_held_out"]
    section = shown["section_held_out"]
    assert isinstance(section, Section) and isinstance(full, Section)
    np.testing.assert_array_equal(section.values, full.values)


def test_it_is_listed() -> None:
    assert TwoFaces in EXPERIMENTS and TwoFaces.uses_pattern
