"""Multi-point optimisation on tiny grids: gradients against autograd through the plane, losses against numpy."""

import itertools
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
from lsviewer.engine.losses import CrossEntropy, Squared
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import forward, unflatten
from lsviewer.experiments import EXPERIMENTS, from_json
from lsviewer.experiments.patterns.multipoint import MultiPoint
from lsviewer.experiments.patterns.overlap import overlap_of
from lsviewer.experiments.patterns.planes import Cells, coordinates, orthogonal, random_start

SMALL: dict[str, Any] = {
    "kind": "multipoint",
    "dataset": {"kind": "digits", "limit": 200},
    "network": {"kind": "mlp", "hidden": [24, 24]},
    "pattern": {"kind": "formula", "expression": "exp(-20*((a-0.3)**2 + (b-0.6)**2))"},
    "grid": 5,
    "cells": 25,
    "steps": 60,
    "batch_size": 16,
    "learning_rate": 0.01,
    "device": "cpu",
}


def run(**changes: Any) -> tuple[Report, dict[str, Artifact]]:
    experiment = from_json({**SMALL, **changes})
    return finish(experiment.run(open_context(experiment, Files())))


@pytest.fixture(scope="module")
def small() -> tuple[Report, dict[str, Artifact]]:
    return run()


@pytest.mark.parametrize("loss", [CrossEntropy(), Squared()])
def test_sums_over_cells_are_the_gradient_through_the_plane(loss: CrossEntropy | Squared) -> None:
    network, generator = Mlp(hidden=(7, 6)), torch.Generator().manual_seed(1)
    data = Digits(limit=30).load(Files())
    x, target = data.x.flatten(1).double(), loss.targets(data.labels)
    target = target.double() if target.is_floating_point() else target
    theta = random_start(network, 64, 10, 2, torch.float64, generator)
    shapes = network.shapes(64, 10)
    like = {name: torch.empty(shape) for name, shape in shapes.items()}
    at = coordinates((3, 4))
    goal = torch.linspace(0.0, 2.0, 12, dtype=torch.float64)
    found, losses = Cells(network, shapes, loss).gradient(theta, at, goal, x, target)

    free = theta.clone().requires_grad_()
    each = [
        loss(forward(network, unflatten(free[0] + a * free[1] + b * free[2], like), x), target).mean()
        for a, b in itertools.product(np.linspace(-0.5, 0.5, 3), np.linspace(-0.5, 0.5, 4))
    ]
    wanted = torch.stack(each)
    (gradient,) = torch.autograd.grad((wanted - goal).square().sum(), free)
    # sums of 30 x 64 products in another order: 1e-13 of the largest entry
    assert torch.allclose(losses, wanted.detach(), rtol=1e-12)
    assert float((found - gradient).abs().max()) <= 1e-11 * float(gradient.abs().max())


def test_directions_become_orthogonal_and_equally_long() -> None:
    free = torch.randn(4, 50, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    theta = orthogonal(free)
    gram = theta[1:] @ theta[1:].T
    assert torch.equal(theta[0], free[0])
    assert torch.allclose(gram, float(free[1] @ free[1]) * torch.eye(3, dtype=torch.float64), atol=1e-10)


def test_all_high_has_no_overlap_with_the_low_cells() -> None:
    pattern = np.ones((10, 10))
    pattern[4, 4:7] = 0.0
    flat = overlap_of(np.ones((10, 10)) + 1e-3 * np.eye(10), pattern, 1.0)
    assert flat.accuracy == pytest.approx(0.97) and flat.low == 0.0 and flat.least == 0.0
    exact = overlap_of(3.0 + 0.5 * pattern, pattern, 0.5)
    assert (exact.high, exact.low, exact.accuracy) == (1.0, 1.0, 1.0)
    shifted = pattern.copy()
    shifted[4, 4], shifted[4, 7] = 1.0, 0.0  # two of three low cells, one wrong: 2 of 4
    assert overlap_of(shifted, pattern, 1.0).low == pytest.approx(0.5)


def test_the_section_is_the_loss_of_the_network_it_hands_out(small: tuple[Report, dict[str, Artifact]]) -> None:
    report, artifacts = small
    section, test, checkpoint = (artifacts[name] for name in ("section", "section_test", "checkpoint"))
    assert isinstance(section, Section) and isinstance(test, Section) and isinstance(checkpoint, Checkpoint)
    data = Digits(limit=200).load(Files())
    assert data.x_test is not None and data.y_test is not None
    for found, x, y in ((section, data.x, data.y), (test, data.x_test, data.y_test)):
        for i, j in ((0, 0), (4, 1), (2, 3)):
            point = {
                name: value.astype(np.float64)
                + i / 4 * checkpoint.directions[0][name].astype(np.float64)
                + j / 4 * checkpoint.directions[1][name].astype(np.float64)
                for name, value in checkpoint.params.items()
            }
            h = x.flatten(1).numpy().astype(np.float64)
            for layer in (0, 2):
                h = np.maximum(h @ point[f"{layer}.weight"].T + point[f"{layer}.bias"], 0.0)
            h = h @ point["4.weight"].T + point["4.bias"]
            wanted = float((special.logsumexp(h, axis=1) - h[np.arange(len(h)), y.numpy()]).mean())
            assert found.values[i, j] == pytest.approx(wanted, rel=1e-5)
    held = {claim.statement: claim.verdict for claim in report.claims}
    assert held["The whole network on all data gives these losses"] is Verdict.HOLDS
    assert held["The directions are orthogonal and equally long"] is Verdict.HOLDS


def test_the_error_falls_and_the_section_is_shown_while_it_forms(small: tuple[Report, dict[str, Artifact]]) -> None:
    _, artifacts = small
    error, overlap, comparison = (artifacts[name] for name in ("error", "overlap", "comparison"))
    assert isinstance(error, Curve) and isinstance(overlap, Curve) and isinstance(comparison, Curve)
    assert error.series[0].y[-1] < 0.5 * error.series[0].y[0]
    assert [series.label for series in overlap.series] == ["high cells", "low cells"]
    assert [series.label for series in comparison.series] == ["multi-point", "closed form"]
    seen = []
    experiment = from_json({**SMALL, "compare": False, "steps": 20})
    finish(experiment.run(open_context(experiment, Files())), lambda event: seen.append(event))
    assert sum(isinstance(event, Section) and event.name == "section" for event in seen) >= 20
    assert max(event.fraction for event in seen if isinstance(event, Progress)) <= 1.0


def test_the_same_seed_gives_the_same_plane_and_a_closed_job_ends() -> None:
    values = [run(compare=False, steps=10)[1]["section"] for _ in range(2)]
    assert all(isinstance(each, Section) for each in values)
    assert np.array_equal(values[0].values, values[1].values)  # type: ignore[union-attr]
    experiment = from_json(SMALL)
    job = experiment.run(open_context(experiment, Files()))
    for _ in range(40):
        next(job)
    job.close()


def test_grey_targets_keep_their_greys_and_curves_have_one_axis() -> None:
    _, artifacts = run(target="grey", low=None, amplitude=1.0, compare=False, steps=10)
    section = artifacts["section"]
    assert isinstance(section, Section) and section.target is not None
    assert len(np.unique(section.target)) > 2 and section.target.max() <= 1.0
    _, artifacts = run(pattern={"kind": "builtin", "name": "double_well"}, grid=9, steps=10, loss={"kind": "squared"})
    section = artifacts["section"]
    assert isinstance(section, Section) and section.values.shape == (9,)


def test_what_the_closed_form_cannot_do_is_said_and_not_judged() -> None:
    report, _ = run(network={"kind": "mlp", "hidden": [12, 8], "activation": {"kind": "tanh"}}, steps=10)
    claim = report.claims[-1]
    assert claim.verdict is Verdict.NOT_APPLICABLE and "relu" in claim.reason
    report, _ = run(network={"kind": "mlp", "hidden": [8, 8]}, steps=10)
    assert report.claims[-1].verdict is Verdict.NOT_APPLICABLE and "this grid needs 10" in report.claims[-1].reason
    assert report.claims[0].verdict is Verdict.FAILS  # ten steps show nothing


def test_what_cannot_be_done_is_said_in_one_sentence() -> None:
    with pytest.raises(SpecError, match="field 'pattern' is constant"):
        run(pattern={"kind": "formula", "expression": "0.5"})
    with pytest.raises(SpecError, match="3 axes"):
        run(pattern={"kind": "formula", "expression": "a*b*c"})
    with pytest.raises(FloatingPointError, match=r"not finite at step \d+; try a smaller learning rate than 10"):
        deep = {"kind": "mlp", "hidden": [16] * 30, "activation": {"kind": "identity"}}  # products of 31 large matrices
        run(learning_rate=10.0, steps=60, network=deep, loss={"kind": "squared"})
    assert MultiPoint in EXPERIMENTS
    assert "about 60 times" in from_json(SMALL).notes()[0]


@pytest.mark.slow
def test_a_small_picture_is_found_and_costs_more_than_the_closed_form() -> None:
    report, _ = run(
        dataset={"kind": "digits"}, network={"kind": "mlp", "hidden": [128, 128]}, grid=8, steps=500, cells=32,
        pattern={"kind": "builtin", "name": "heart"}, learning_rate=3e-3, batch_size=32,
    )  # fmt: skip
    assert {claim.verdict for claim in report.claims} == {Verdict.HOLDS}
    assert float(report.numbers["lowest_cell_accuracy"]) > 0.8
