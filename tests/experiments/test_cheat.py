"""The cheated regulariser on small networks: sections against numpy, eigenvalues against a dense Hessian."""

from typing import Any

import numpy as np
import pytest
import torch
from scipy import special

from lsviewer.core.artifacts import Artifact, Checkpoint, Curve, Section
from lsviewer.core.claims import Report, Verdict
from lsviewer.core.files import Files
from lsviewer.core.jobs import Progress, finish
from lsviewer.core.spec import SpecError
from lsviewer.engine.context import open_context
from lsviewer.engine.datasets import Digits
from lsviewer.experiments import EXPERIMENTS, from_json
from lsviewer.experiments.patterns.cheat import Cheat
from lsviewer.experiments.patterns.elsewhere import by_distance

SMALL: dict[str, Any] = {
    "kind": "cheat",
    "dataset": {"kind": "digits", "limit": 300},
    "network": {"kind": "mlp", "hidden": [24, 12]},
    "shape": "flat",
    "grid": 5,
    "steps": 120,
    "batch_size": 32,
    "cells": 9,
    "learning_rate": 0.01,
    "device": "cpu",
}


def run(**changes: Any) -> tuple[Report, dict[str, Artifact]]:
    experiment = from_json({**SMALL, **changes})
    return finish(experiment.run(open_context(experiment, Files())))


@pytest.fixture(scope="module")
def flat() -> tuple[Report, dict[str, Artifact]]:
    return run()


def outputs(checkpoint: Checkpoint, x: np.ndarray, alpha: tuple[float, float]) -> np.ndarray:
    """Return the outputs of a relu network with two hidden layers at a place of its section, by numpy."""
    at = {
        name: value.astype(np.float64)
        + sum(a * d[name].astype(np.float64) for a, d in zip(alpha, checkpoint.directions))
        for name, value in checkpoint.params.items()
    }
    h = np.maximum(x @ at["0.weight"].T + at["0.bias"], 0.0)
    h = np.maximum(h @ at["2.weight"].T + at["2.bias"], 0.0)
    return h @ at["4.weight"].T + at["4.bias"]


def test_both_sections_are_the_losses_of_the_networks_handed_out(flat: tuple[Report, dict[str, Artifact]]) -> None:
    report, artifacts = flat
    data = Digits(limit=300).load(Files())
    x, y = data.x.flatten(1).numpy().astype(np.float64), data.y.numpy()
    for name in ("", "_without"):
        section, checkpoint = artifacts[f"section{name}"], artifacts[f"checkpoint{name}"]
        assert isinstance(section, Section) and isinstance(checkpoint, Checkpoint)
        for i, j in ((2, 2), (0, 4), (3, 1)):
            h = outputs(checkpoint, x, (i / 4, j / 4))
            wanted = float((special.logsumexp(h, axis=1) - h[np.arange(len(h)), y]).mean())
            assert section.values[i, j] == pytest.approx(wanted, rel=1e-4, abs=1e-5)
        assert section.marks[0].position == (0.5, 0.5)
        centre = outputs(checkpoint, x, (0.5, 0.5)).argmax(1) == y
        assert report.numbers[f"train_accuracy{name}"] == pytest.approx(float(centre.mean()), abs=1e-6)


def test_a_flat_section_is_delivered_and_the_surface_keeps_its_curvature(
    flat: tuple[Report, dict[str, Artifact]],
) -> None:
    report, artifacts = flat
    verdicts = {claim.statement: claim.verdict for claim in report.claims}
    assert verdicts["The regulariser is satisfied"] is Verdict.HOLDS
    curvature = float(report.numbers["largest_eigenvalue"]) / float(report.numbers["largest_eigenvalue_without"])
    assert (verdicts["The full Hessian did not become flatter"] is Verdict.HOLDS) == (curvature >= 0.5)
    assert curvature > 20 * float(report.numbers["residual_ratio"])  # it does not follow the section
    assert verdicts["The whole network on all data gives these losses"] is Verdict.HOLDS
    section, without = artifacts["section"], artifacts["section_without"]
    assert isinstance(section, Section) and isinstance(without, Section)
    assert np.ptp(section.values) < 0.2 * np.ptp(without.values)
    for name in ("loss", "residual", "eigenvalues", "random_rise"):
        curve = artifacts[name]
        assert isinstance(curve, Curve) and [s.label for s in curve.series] == ["with", "without"]


def test_the_eigenvalues_are_those_of_the_dense_hessian() -> None:
    _, artifacts = run(network={"kind": "mlp", "hidden": [6], "activation": {"kind": "tanh"}}, steps=10)
    checkpoint, curve = artifacts["checkpoint"], artifacts["eigenvalues"]
    assert isinstance(checkpoint, Checkpoint) and isinstance(curve, Curve)
    params = {  # the network itself is in the middle of its section
        name: torch.tensor(value).double() + sum(0.5 * torch.tensor(d[name]).double() for d in checkpoint.directions)
        for name, value in checkpoint.params.items()
    }
    data = Digits(limit=300).load(Files())
    sizes = [value.numel() for value in params.values()]

    def loss(theta: torch.Tensor) -> torch.Tensor:
        w1, b1, w2, b2 = (part.view(value.shape) for part, value in zip(theta.split(sizes), params.values()))
        h = torch.tanh(data.x.flatten(1).double() @ w1.T + b1) @ w2.T + b2
        return torch.nn.functional.cross_entropy(h, data.y)

    theta = torch.cat([value.reshape(-1) for value in params.values()])
    dense = torch.linalg.eigvalsh(torch.autograd.functional.hessian(loss, theta)).numpy()
    wanted = dense[np.argsort(-np.abs(dense))][:3]
    # Lanczos stops at 1e-3 of the largest; origin and directions are rounded to float32
    assert np.allclose(curve.series[0].y[:3], wanted, atol=2e-3 * abs(wanted[0]))


def test_the_rise_by_distance_is_the_mean_over_rings(flat: tuple[Report, dict[str, Artifact]]) -> None:
    half = np.linspace(-0.5, 0.5, 101)
    x, y = half[:, None], half[None, :]
    found = by_distance(x**2 + y**2 + x, half)  # what is odd falls away, rings of 0.05 blur r² by at most their width
    assert np.allclose(found, np.linspace(0, 0.5, 11) ** 2, atol=0.002)
    curve, section = flat[1]["random_rise"], flat[1]["random_with"]
    assert isinstance(curve, Curve) and isinstance(section, Section)
    assert curve.series[0].x[0] == 0.0 and abs(curve.series[0].y[0]) < 1e-5  # at the network itself nothing has risen
    assert curve.series[0].y[-1] > curve.series[0].y[3]


def test_without_enough_weight_the_regulariser_is_not_satisfied() -> None:
    report, _ = run(weight=1e-6, steps=30)
    claim = report.claims[0]
    assert claim.statement == "The regulariser is satisfied" and claim.verdict is Verdict.FAILS
    assert claim.measured == pytest.approx(1.0, abs=0.1)  # the two trainings hardly differ


def test_a_picture_puts_the_network_at_its_lowest_place() -> None:
    seen = []
    valley = {"kind": "formula", "expression": "abs(a - 0.75)", "dimensions": 2}
    experiment = from_json({**SMALL, "shape": "painted", "pattern": valley, "directions": "weights", "steps": 20})
    _, artifacts = finish(experiment.run(open_context(experiment, Files())), lambda event: seen.append(event))
    section = artifacts["section"]
    assert isinstance(section, Section) and section.target is not None
    assert section.marks[0].position == (0.75, 0.0)
    assert np.allclose(section.target[:, 2], np.abs(np.linspace(0, 1, 5) - 0.75))
    assert sum(isinstance(event, Section) for event in seen) > 20
    fractions = [event.fraction for event in seen if isinstance(event, Progress)]
    assert 0.0 <= min(fractions) and max(fractions) <= 1.0


def test_numbers_instead_of_classes_have_no_accuracy() -> None:
    report, _ = run(dataset={"kind": "teacher", "limit": 60}, loss={"kind": "squared"}, steps=10)
    assert report.claims[1].verdict is Verdict.NOT_APPLICABLE
    assert "train_accuracy" not in report.numbers


def test_what_cannot_be_done_is_said_in_one_sentence() -> None:
    with pytest.raises(SpecError, match="at least one hidden layer"):
        run(network={"kind": "mlp", "hidden": []})
    with pytest.raises(SpecError, match="field 'pattern' is constant"):
        run(shape="painted", pattern={"kind": "formula", "expression": "0.5"})
    deep = {"kind": "mlp", "hidden": [16] * 30, "activation": {"kind": "identity"}}
    with pytest.raises(FloatingPointError, match=r"not finite at step \d+; try a smaller learning rate than 10"):
        run(learning_rate=10.0, network=deep, loss={"kind": "squared"}, weight_decay=0.0)
    assert Cheat in EXPERIMENTS
    assert from_json(SMALL).notes() == ("The pattern is not used: a flat section is asked for.",)


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["painted", "flat", "bowl"])
def test_every_shape_is_delivered_on_digits(shape: str) -> None:
    experiment = from_json({"kind": "cheat", "shape": shape, "grid": 8, "steps": 800})
    report, _ = finish(experiment.run(open_context(experiment, Files())))
    assert {claim.verdict for claim in report.claims} == {Verdict.HOLDS}
