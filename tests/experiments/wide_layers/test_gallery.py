"""The table of examples: every check answers as theory does, and the points are what they are said to be."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
import scipy.optimize
import torch

from lsviewer.core.artifacts import Curve, Section
from lsviewer.core.claims import Verdict
from lsviewer.core.files import Files
from lsviewer.core.jobs import finish
from lsviewer.core.spec import parse
from lsviewer.engine.context import open_context
from lsviewer.experiments.wide_layers.gallery import Gallery, judged
from lsviewer.experiments.wide_layers.gallery_cases import CASES, Name
from lsviewer.experiments.wide_layers.places import Located
from lsviewer.experiments.wide_layers.setting import Problem
from tests.experiments.wide_layers.cases import claim, run

GLOBAL = ("all_conditions", "one_unit_more")


def made(name: Name) -> tuple[Problem, Located]:
    experiment = parse(Gallery, {"case": name})
    return finish(CASES[name].make(open_context(experiment, Files())))[0]


def phi_of(problem: Problem, theta: np.ndarray) -> float:
    """The sum of squares of a network of one hidden tanh layer, in numpy."""
    inputs, hidden, outputs = problem.stack.widths
    x, y = problem.objective.x.numpy(), problem.objective.y.numpy()
    cuts = np.cumsum([hidden * inputs, hidden, outputs * hidden])
    w1, b1, w2, b2 = np.split(theta, cuts)
    out = np.tanh(x @ w1.reshape(hidden, inputs).T + b1) @ w2.reshape(outputs, hidden).T + b2
    return float(((out - y) ** 2).sum())


@pytest.mark.parametrize("name", get_args(Name))
def test_every_row_of_the_table_has_the_stated_answer(name: Name) -> None:
    report, artifacts = run(Gallery, case=name)
    first = report.claims[0]
    assert first.verdict is Verdict.HOLDS, (first.reason, first.evidence)
    assert report.numbers["answers_right"] == report.numbers["answers"] == len(first.evidence) >= 5
    around = artifacts["around"]
    assert isinstance(around, Section) and np.isfinite(around.values).all()
    # the plane goes through the point: the grid has it, or comes within a cell of it
    phi = float(report.numbers["loss"])
    assert float(around.values.min()) <= phi * (1 + 1e-9) + 0.05 * float(np.ptp(around.values))
    assert ("leaving" in artifacts) == (name not in GLOBAL)
    assert CASES[name].words in report.means


def test_a_case_that_answers_otherwise_is_said_to() -> None:
    """The broken twin: the same report against a theory that wants the opposite."""
    report, _ = run(Gallery, case="copied_units")
    found = replace(report, claims=report.claims[1:])
    case = CASES["copied_units"]
    for wrong in (
        replace(case, verdicts={**case.verdicts, "rank [F_1, 1] = N": Verdict.HOLDS}),
        replace(case, verdicts={**case.verdicts, "no such row": Verdict.HOLDS}),
        replace(case, numbers={"rank_features": (3, 3)}),
    ):
        first = judged(wrong, found, None).claims[0]
        assert (first.verdict is Verdict.FAILS and ", not " in first.reason) or "no such row" in first.reason
    assert (
        "rank [F_1, 1] = N: fails, not holds"
        in judged(replace(case, verdicts={"rank [F_1, 1] = N": Verdict.HOLDS}), found, None).claims[0].reason
    )


def test_what_should_fail_stands_beside_what_fails() -> None:
    report, _ = run(Gallery, case="copied_units")
    row = claim(report, "rank [F_1, 1] = N")
    assert row.verdict is Verdict.FAILS and row.expected == "= 10; should fail"


def test_the_narrow_minimum_is_strict_and_a_lower_one_exists_by_scipy() -> None:
    problem, located = made("narrow")
    theta = located.theta.numpy()
    phi = phi_of(problem, theta)
    assert phi == pytest.approx(0.99673, abs=1e-5)

    def numerical(step: float) -> np.ndarray:
        n = len(theta)
        unit = step * np.eye(n)
        rows = [[
            phi_of(problem, theta + a + b) - phi_of(problem, theta + a - b) - phi_of(problem, theta - a + b)
            + phi_of(problem, theta - a - b) for b in unit] for a in unit]  # fmt: skip
        return np.array(rows) / (4 * step**2)

    # second differences: truncation h^2, rounding eps phi / h^2; both about 1e-6 at h = 1e-4 .. 1e-3
    assert float(np.linalg.eigvalsh(numerical(1e-3)).min()) > 1e-2
    gradient = scipy.optimize.approx_fprime(theta, lambda t: phi_of(problem, t), 1e-7)
    assert float(np.abs(gradient).max()) < 1e-5
    rng = np.random.default_rng(0)
    back = scipy.optimize.minimize(lambda t: phi_of(problem, t), theta + 0.01 * rng.standard_normal(6), tol=1e-10)
    assert back.fun == pytest.approx(phi, abs=1e-8)
    ends = [scipy.optimize.minimize(lambda t: phi_of(problem, t), rng.standard_normal(6)).fun for _ in range(6)]
    assert min(ends) < 0.13


def test_copied_units_are_critical_by_numpy() -> None:
    problem, located = made("copied_units")
    theta = located.theta.numpy()
    gradient = scipy.optimize.approx_fprime(theta, lambda t: phi_of(problem, t), 1e-7)
    assert float(np.abs(gradient).max()) < 1e-5 and phi_of(problem, theta) > 0.01


def test_dead_units_leave_the_best_plane() -> None:
    problem, located = made("dead_units")
    x, y = problem.objective.x.numpy(), problem.objective.y.numpy()
    design = np.column_stack([x, np.ones(6)])
    residual = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    assert float(problem.objective(located.theta)) == pytest.approx(float((residual**2).sum()), rel=1e-12)


def test_a_repeated_input_leaves_one_half() -> None:
    problem, located = made("repeated_input")
    y = problem.objective.y
    assert float(y[7] - y[2]) == pytest.approx(1.0, abs=1e-6)
    outputs = problem.stack.outputs(located.theta, problem.objective.x)
    # both labels are missed by 1/2, all others are met
    missed = (outputs - y).abs()[:, 0]
    assert missed[[2, 7]].tolist() == pytest.approx([0.5, 0.5], abs=1e-6)
    assert float(np.delete(missed.numpy(), [2, 7]).max()) < 1e-6


def test_ways_down_leave_a_saddle_and_come_back_to_a_minimum() -> None:
    saddle, artifacts = run(Gallery, case="zero_weights_above")
    assert float(saddle.numbers["loss_beside"]) < 1e-24 and "reach Φ = 0" in saddle.means
    curve = artifacts["leaving"]
    assert isinstance(curve, Curve) and len(curve.series) == 2
    assert float(np.nanmax(np.diff(curve.series[0].y))) <= 0.0  # never upwards
    minimum, _ = run(Gallery, case="narrow")
    assert minimum.numbers["loss_beside"] == pytest.approx(float(minimum.numbers["loss"]), rel=1e-9)
    assert "come back" in minimum.means
    flat, _ = run(Gallery, case="plateau")
    assert "do not move" in flat.means
    lower, _ = run(Gallery, case="several_layers_above")
    assert float(lower.numbers["loss_beside"]) < 12.0


def test_the_plane_is_that_of_the_objective() -> None:
    """A row of the map against the loss in numpy, along the first axis: a line, so three points of it give the direction."""
    report, artifacts = run(Gallery, case="copied_units")
    around = artifacts["around"]
    assert isinstance(around, Section)
    middle = int(np.abs(around.axes[1].values).argmin())
    assert around.axes[1].values[middle] == pytest.approx(0.0, abs=1e-12)
    here = float(np.interp(0.0, around.axes[0].values, around.values[:, middle]))
    assert here == pytest.approx(float(report.numbers["loss"]), rel=1e-2)
    (end,) = [mark for mark in around.marks if mark.kind == "minimum"]
    assert float(np.interp(end.position[0], around.axes[0].values, around.values[:, middle])) < 1e-3
    assert torch.isfinite(torch.tensor(around.values)).all()
