"""Observation 2 on small networks: the layers above h against the whole network, courses, and claims holding and failing."""

from typing import Any

import numpy as np
import pytest
import torch

from lsviewer.core.artifacts import Artifact, Checkpoint, Curve, Section
from lsviewer.core.claims import Report, Verdict
from lsviewer.core.files import Files
from lsviewer.core.jobs import finish
from lsviewer.core.spec import SpecError
from lsviewer.engine.activations import Sigmoid
from lsviewer.engine.context import open_context
from lsviewer.engine.datasets import Digits
from lsviewer.engine.losses import CrossEntropy
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import forward, of
from lsviewer.experiments import EXPERIMENTS, from_json
from lsviewer.experiments.patterns.goal import make_goal, risk
from lsviewer.experiments.patterns.ordinary_fit import Budget, Course, Upper, relative
from lsviewer.experiments.patterns.supervised_comparison import SupervisedComparison

SMALL: dict[str, Any] = {
    "kind": "supervised_comparison",
    "dataset": {"kind": "digits", "limit": 300},
    "network": {"kind": "mlp", "hidden": [24, 32, 16]},
    "pattern": {"kind": "formula", "expression": "0.5 + 0.5*sin(12*a)*cos(9*b)"},
    "grid": 12,
    "steps": 60,
    "batch_size": 64,
    "learning_rate": 0.01,
    "device": "cpu",
}


def run(**changes: Any) -> tuple[Report, dict[str, Artifact]]:
    experiment = from_json({**SMALL, **changes})
    return finish(experiment.run(open_context(experiment, Files())))


@pytest.fixture(scope="module")
def small() -> tuple[Report, dict[str, Artifact]]:
    return run()


def test_the_layers_above_h_are_the_whole_network_with_biases_h() -> None:
    network = Mlp(hidden=(5, 6, 4), activation=Sigmoid())  # units that rest at 0 put out 1/2
    data = Digits(limit=100).load(Files())
    params = of(network.build(64, 10, dtype=torch.float64, generator=torch.Generator().manual_seed(2)))
    params["2.bias"].copy_(torch.linspace(-1, 1, 6))
    goal = make_goal(CrossEntropy(), data.labels, 1.0)
    points = torch.tensor([[0.0, 0.0], [0.3, 0.9], [1.0, 0.2]], dtype=torch.float64)
    upper = Upper(network, params, points, torch.zeros(3).double(), goal, risk(CrossEntropy(), data.labels))
    for point, found, loss in zip(points, upper(points), upper.losses()):
        whole = {name: value.clone() for name, value in params.items()}
        whole["0.weight"].zero_()
        whole["0.bias"][:2] = point
        outputs = forward(network, whole, data.x.double())
        assert torch.allclose(outputs, found.expand(100, 10), atol=1e-13)
        assert loss == pytest.approx(float(torch.nn.functional.cross_entropy(outputs, data.y)), abs=1e-12)


def test_eq_12_is_zero_where_the_outputs_are_on_the_ray_and_direct_ignores_a_constant() -> None:
    network, data = Mlp(hidden=(4, 4)), Digits(limit=100).load(Files())
    params = {name: torch.zeros(shape, dtype=torch.float64) for name, shape in network.shapes(64, 10).items()}
    goal, mean = make_goal(CrossEntropy(), data.labels, 1.0), risk(CrossEntropy(), data.labels)
    params["4.bias"].copy_(goal.base + float(goal.heights(torch.tensor(0.4, dtype=torch.float64))) * goal.rise)
    points, target = torch.rand(20, 2, dtype=torch.float64), torch.full((20,), 0.4, dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    assert float(Upper(network, params, points, target, goal, mean).eq12(8)(generator)) <= 1e-25
    shifted = Upper(network, params, points, target + 0.3, goal, mean)
    assert float(shifted.direct(8)(generator)) <= 1e-25 < float(shifted.eq12(8)(generator))


def test_all_courses_have_common_axes_and_start_near_one(small: tuple[Report, dict[str, Artifact]]) -> None:
    _, artifacts = small
    curve = artifacts["comparison"]
    assert isinstance(curve, Curve) and curve.log_y and len(curve.series) == 4
    supervised, eq12, direct, tables = curve.series
    assert [series.x[-1] for series in curve.series] == [60.0] * 4 and supervised.x[0] == tables.x[0] == 0.0
    assert 0.5 < supervised.y[0] < 2.0 and np.array_equal(eq12.y[:1], direct.y[:1])
    assert supervised.y[-1] < 0.5 * supervised.y[0] and direct.y[-1] < 1.0
    section = artifacts["section_direct"]
    assert isinstance(section, Section) and section.target is not None
    assert direct.y[-1] == pytest.approx(relative(section.values, section.target), rel=1e-9)


def test_the_network_in_the_checkpoint_has_the_section(small: tuple[Report, dict[str, Artifact]]) -> None:
    report, artifacts = small
    section, checkpoint = artifacts["section"], artifacts["checkpoint"]
    assert isinstance(section, Section) and isinstance(checkpoint, Checkpoint)
    at = {
        name: value.astype(np.float64) + 3 / 11 * checkpoint.directions[0][name] + checkpoint.directions[1][name]
        for name, value in checkpoint.params.items()
    }
    h = np.maximum(at["0.bias"], 0.0)
    for layer in (2, 4):
        h = np.maximum(at[f"{layer}.weight"] @ h + at[f"{layer}.bias"], 0.0)
    outputs = at["6.weight"] @ h + at["6.bias"]
    y = Digits(limit=300).load(Files()).y.numpy()
    wanted = float(np.log(np.exp(outputs).sum()) - outputs[y].mean())
    assert section.values[3, 11] == pytest.approx(wanted, abs=1e-4)
    assert report.claims[-1].verdict is Verdict.HOLDS


def test_a_course_is_solved_from_the_step_after_which_it_stays_low() -> None:
    assert Course([0, 10, 20, 30], [1.0, 0.05, 0.2, 0.01]).reached(0.1) == 30
    assert Course([0, 10, 20], [1.0, 0.05, 0.02]).reached(0.1) == 10
    assert Course([0, 10], [1.0, float("nan")]).reached(0.1) is None
    assert {0, 5, 60} <= Budget(60, 8, 1e-3).measured


def test_claims_follow_the_level_that_counts_as_solved() -> None:
    report, _ = run(solved=0.5, steps=500, learning_rate=3e-3, pattern={"kind": "formula", "expression": "a"})
    assert [claim.verdict for claim in report.claims[:3]] == [Verdict.HOLDS] * 3
    strict, _ = run(solved=1e-12, steps=10)
    assert [claim.verdict for claim in strict.claims[:4]] == [Verdict.UNDECIDED] * 4, "nothing to compare with"
    ripples = {"kind": "formula", "expression": "0.5 + 0.5*sin(40*a)*sin(40*b)"}
    hard, _ = run(solved=0.5, steps=200, learning_rate=3e-3, pattern=ripples)
    assert [claim.verdict for claim in hard.claims[:3]] == [Verdict.HOLDS, Verdict.FAILS, Verdict.FAILS]
    assert "eq12_steps_to_solved" in report.numbers and "eq12_steps_to_solved" not in strict.numbers
    assert "ended at relative error" in strict.means and "from step" in report.means


def test_what_cannot_be_done_is_said_in_one_sentence() -> None:
    with pytest.raises(SpecError, match="at least two hidden layers"):
        run(network={"kind": "mlp", "hidden": [32]})
    with pytest.raises(SpecError, match="hidden 1 has 3 units, training needs 4"):
        run(network={"kind": "mlp", "hidden": [3, 8]})
    deep = {"kind": "mlp", "hidden": [16] * 30, "activation": {"kind": "identity"}}
    with pytest.raises((SpecError, FloatingPointError), match="supervised training: the error is not finite at step"):
        run(learning_rate=10.0, network=deep, loss={"kind": "squared"})
    assert SupervisedComparison in EXPERIMENTS


@pytest.mark.slow
def test_digits_and_tables_are_solved_where_two_biases_are_not() -> None:
    experiment = from_json({"kind": "supervised_comparison"})
    report, _ = finish(experiment.run(open_context(experiment, Files())))
    verdicts = [claim.verdict for claim in report.claims]
    assert verdicts == [Verdict.HOLDS, Verdict.FAILS, Verdict.FAILS, Verdict.HOLDS, Verdict.HOLDS]
