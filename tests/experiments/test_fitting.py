"""Training a pattern: the basis, the fold, the optimisers, the course of a run."""

import math
from typing import Any

import numpy as np
import pytest
import torch

from lsviewer.core.artifacts import Artifact, Curve, Section
from lsviewer.core.claims import Report, Verdict
from lsviewer.core.files import Files
from lsviewer.core.jobs import Event, Progress, finish
from lsviewer.core.pattern import BuiltinPattern
from lsviewer.core.spec import SpecError, parse
from lsviewer.engine.activations import Gelu, Identity, LeakyRelu, Relu, Sigmoid, Silu, Sine, Softplus, Tanh
from lsviewer.engine.context import Context, open_context
from lsviewer.engine.losses import CrossEntropy, Labels
from lsviewer.engine.networks import Mlp
from lsviewer.experiments.patterns import fitting
from lsviewer.experiments.patterns.basis import make_basis
from lsviewer.experiments.patterns.fitting import expected_of, fit
from lsviewer.experiments.patterns.goal import make_goal
from lsviewer.experiments.patterns.optimisers import Adam, orthogonal
from lsviewer.experiments.patterns.separable import grid_axes, separable
from lsviewer.experiments.patterns.tables import Layout, fold, make_layout, start_tables
from lsviewer.experiments.patterns.theorem1 import Theorem1

ACTIVATIONS = [
    Relu(),
    LeakyRelu(),
    Tanh(),
    Sigmoid(),
    Softplus(),
    Softplus(alpha=3.0),
    Gelu(),
    Silu(),
    Sine(),
    Sine(frequency=30.0),
]
LABELS = Labels(torch.arange(60) % 4, 4)


def recipe(**changes: Any) -> Theorem1:
    base: dict[str, Any] = {
        "dataset": {"kind": "digits", "limit": 100},
        "network": {"kind": "mlp", "hidden": [48, 48, 32]},
        "grid": 24,
        "method": "train",
        "steps": 60,
    }
    return parse(Theorem1, {**base, **changes})


def run(**changes: Any) -> tuple[Report, dict[str, Artifact], list[Event]]:
    experiment, events = recipe(**changes), []
    report, artifacts = finish(experiment.run(open_context(experiment, Files())), events.append)
    return report, artifacts, events


# --- parts -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda a: a.label)
def test_cardinal_functions_are_one_at_their_knot_and_zero_at_the_others(activation: Any) -> None:
    basis = make_basis(activation, 33)
    # float64 times a condition number of at most 1e5
    assert torch.allclose(
        basis.cardinal(torch.linspace(0, 1, 33, dtype=torch.float64)), torch.eye(33).double(), atol=1e-9
    )


def test_the_cardinal_functions_of_relu_are_hat_functions() -> None:
    alpha = torch.rand(50, dtype=torch.float64)
    hats = (1 - (10 * alpha[:, None] - torch.arange(11)).abs()).clamp_min(0)
    assert torch.allclose(make_basis(Relu(), 11).cardinal(alpha), hats, atol=1e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda a: a.label)
@pytest.mark.parametrize("hidden", [(20, 20, 18, 6), (20, 9), (11, 15, 7)])
@pytest.mark.parametrize("z", [1, 2, 3])
def test_folding_into_an_ordinary_network_changes_nothing(activation: Any, hidden: tuple[int, ...], z: int) -> None:
    network, goal = Mlp(hidden=hidden, activation=activation), make_goal(CrossEntropy(), LABELS, 1.0)
    layout = make_layout(network, z, 10)
    tables = start_tables(network, layout, torch.Generator().manual_seed(0), torch.zeros(0, dtype=torch.float64))
    planted = fold(tables, 3, 4, goal)
    points = tuple(torch.rand(7, dtype=torch.float64) for _ in range(z))
    outputs = separable(network, planted.origin, planted.directions, torch.float64)(points)
    with torch.no_grad():
        heights = tables([tables.basis.cardinal(alpha) for alpha in points])
    expected = goal.base + heights[..., None] * goal.rise
    assert torch.allclose(outputs, expected, atol=1e-9)


def test_a_layer_to_spare_holds_the_hats() -> None:
    assert make_layout(Mlp(hidden=(256, 256, 288, 64)), 2, 128) == Layout(2, 128, True, 288, (64,))
    assert make_layout(Mlp(hidden=(256, 200, 288, 64)), 2, 128) == Layout(2, 128, False, 200, (288, 64))
    assert make_layout(Mlp(hidden=(256, 256, 288, 64), activation=Tanh()), 2, 128).hats is False
    assert make_layout(Mlp(hidden=(100, 20)), 2, 128) == Layout(2, 50, False, 20, ())


def test_networks_without_room_are_refused() -> None:
    with pytest.raises(SpecError, match="needs at least 2"):
        make_layout(Mlp(hidden=(300,)), 2, 128)
    with pytest.raises(SpecError, match="hidden 1 has 3 units, training needs 4"):
        make_layout(Mlp(hidden=(3, 9)), 2, 128)
    with pytest.raises(SpecError, match="built for one, two and three axes"):
        make_layout(Mlp(hidden=(300, 9)), 4, 16)
    with pytest.raises(SpecError, match="'identity'"):
        make_basis(Identity(), 4)


def test_adam_takes_the_steps_of_torch() -> None:
    start = torch.randn(5, dtype=torch.float64)
    ours, theirs = start.clone(), start.clone().requires_grad_()
    mine, reference = Adam([ours]), torch.optim.Adam([theirs], lr=0.03, betas=(0.9, 0.95), eps=1e-8)
    for _ in range(20):
        gradient = 2 * (ours - 1) ** 3
        mine.step([gradient], 0.03)
        theirs.grad = 2 * (theirs.detach() - 1) ** 3
        reference.step()
    assert torch.allclose(ours, theirs.detach(), atol=1e-12)


@pytest.mark.parametrize("shape", [(6, 17), (17, 6), (9, 9)])
def test_newton_schulz_keeps_singular_vectors_and_levels_singular_values(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    inner = u.T @ orthogonal(matrix) @ v.T
    assert torch.allclose(inner, inner.diagonal().diag(), atol=1e-10)
    assert inner.diagonal()[:-1].min() > 0.5  # the smallest may still be on its way up
    assert inner.diagonal().max() < 1.3


# --- runs --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu", "silu", "sine"])
def test_a_short_run_finds_the_pattern(activation: str) -> None:
    network = {"kind": "mlp", "hidden": [48, 48, 32], "activation": {"kind": activation}}
    report, _, _ = run(network=network, steps=150, grid=24)
    assert report.numbers["psnr_db"] > 25  # a constant section has about 12 dB
    assert [c.statement for c in report.claims if c.verdict is Verdict.FAILS] == []


def test_a_curve_is_trained_too() -> None:
    report, _, _ = run(pattern={"kind": "builtin", "name": "double_well"}, steps=100)
    assert report.numbers["psnr_db"] > 30


@pytest.mark.parametrize("objective", ["direct", "eq12"])
def test_both_objectives_are_offered(objective: str) -> None:
    assert run(objective=objective, steps=150)[0].numbers["psnr_db"] > 25


def test_points_between_the_grid_are_trained_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with_cells = run(steps=200)[0].numbers
    monkeypatch.setitem(fitting.SCHEDULES, 2, fitting.SCHEDULES[2]._replace(in_cells=0.0))
    without = run(steps=200)[0].numbers
    assert with_cells["midpoint_psnr_db"] > without["midpoint_psnr_db"] + 1


def test_the_run_shows_sections_curves_and_steps() -> None:
    _, artifacts, events = run(steps=60)
    texts = [event.text for event in events if isinstance(event, Progress)]
    assert "step 34 of 60" in texts
    sections = [event for event in events if isinstance(event, Section)]
    assert len(sections) == 60 // 10 + 2  # every 10 steps, at the end, and of the folded network
    assert all(section.target is not None and section.name == "section" for section in sections)
    loss, psnr = artifacts["loss"], artifacts["psnr"]
    assert isinstance(loss, Curve)
    assert isinstance(psnr, Curve)
    assert loss.log_y
    assert len(loss.series[0].x) == 60
    assert psnr.series[0].x.tolist() == list(range(0, 61, 10))
    # The curve ends where the folded network stands: float32 against float32 at 25 dB.
    assert psnr.series[0].y[-1] == pytest.approx(artifacts_psnr(sections[-1]), abs=1e-3)


def artifacts_psnr(section: Section) -> float:
    assert section.error is not None
    return -10 * math.log10(float((section.error**2).mean()))


def test_a_pause_changes_nothing_and_the_seed_decides() -> None:
    """Pausing is not calling next: two runs taken in turns are the same run."""

    def job(seed: int) -> Any:
        experiment = recipe(seed=seed, steps=30)
        return experiment.run(open_context(experiment, Files()))

    one, two = job(3), job(3)
    for _ in range(12):
        next(one)
    first, second = finish(two)[0], finish(one)[0]
    assert first.numbers == second.numbers
    assert finish(job(4))[0].numbers["psnr_db"] != first.numbers["psnr_db"]


def test_a_broken_run_stops_with_the_step_and_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(fitting.SCHEDULES, 2, fitting.SCHEDULES[2]._replace(tables=1e30))
    with pytest.raises(FloatingPointError, match=r"not finite at step \d+; try"):
        run(steps=60)


def test_short_runs_and_small_networks_are_undecided_rather_than_failing() -> None:
    report, _, _ = run(steps=10)
    grid = report.claims[0]
    assert grid.verdict is Verdict.UNDECIDED
    assert "10 steps are few" in grid.reason
    full = make_layout(Mlp(hidden=(256, 256, 288, 64)), 2, 128)
    assert expected_of(full, 128, 1000).grid_db == 50
    assert expected_of(full, 128, 20_000).grid_db == 70
    assert expected_of(full, 128, 1000).undecided == ""
    assert "knots" in expected_of(full, 200, 1000).undecided


@pytest.mark.slow
def test_a_thousand_steps_reach_the_promised_level() -> None:
    """Lettering is the harder kind of picture; measured 66 dB."""
    least = 50
    network, goal = Mlp(hidden=(256, 256, 288, 64)), make_goal(CrossEntropy(), LABELS, 1.0)
    pattern = BuiltinPattern(name="glyph").values(Files(), 128)
    tables, artifacts = finish(fit(network, make_layout(network, 2, 128), goal, pattern, 1000, "direct", Context()))
    psnr = artifacts["psnr"]
    assert isinstance(psnr, Curve)
    assert psnr.series[0].y[-1] >= least
    planted = fold(tables, 4, 4, goal)
    params = {name: value.float() for name, value in planted.origin.items()}
    outputs = separable(network, params, planted.directions, torch.float32)(grid_axes(128, 2))
    heights = ((outputs - goal.base) @ goal.implicit.ray / (goal.high - goal.low)).double()
    error = goal.loss(heights).numpy() - pattern
    assert -10 * np.log10(((error - error.mean()) ** 2).mean()) >= least


def test_a_volume_is_trained_like_a_picture() -> None:
    report, artifacts, _ = run(pattern={"kind": "builtin", "name": "torus"}, grid=12, steps=150)
    section = artifacts["section"]
    assert isinstance(section, Section) and section.values.shape == (12, 12, 12)
    assert report.numbers["psnr_db"] > 25  # type: ignore[operator]  # the best constant has 14
    assert all(claim.verdict is not Verdict.FAILS for claim in report.claims)
    cube = make_layout(Mlp(hidden=(256, 256, 288, 64)), 3, 32)
    assert expected_of(cube, 32, 1000).grid_db == 50
    finer = make_layout(Mlp(hidden=(256, 256, 288, 64)), 3, 40)
    assert "32 points" in expected_of(finer, 40, 1000).undecided


@pytest.mark.slow
def test_a_gyroid_is_found_in_300_steps() -> None:
    """Measured 44.9 dB, 44.6 and 45.1 with two other seeds; the best constant has 13."""
    report, _, _ = run(
        pattern={"kind": "builtin", "name": "gyroid"}, grid=32, steps=300, network={"kind": "mlp", "hidden": [256, 256, 288, 64]}
    )  # fmt: skip
    assert report.numbers["psnr_db"] > 43  # type: ignore[operator]
    assert report.claims[0].verdict is Verdict.HOLDS
