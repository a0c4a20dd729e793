"""Krawczyk's test: where it says that an exact zero exists, Newton's method in 50 digits finds it in the ball; where there is
none, however small the residuals, it says nothing."""

import math
from itertools import pairwise

import mpmath
import pytest
import torch

from lsviewer.core.jobs import finish
from lsviewer.engine.activations import Activation, Relu, Sigmoid, Softplus, Tanh, TanhCubed
from lsviewer.engine.backpropagation import Objective, Stack
from lsviewer.engine.batched_descent import descend
from lsviewer.engine.existence import Existence, krawczyk, zero_nearby
from lsviewer.engine.losses import Additive, Cauchy, Squared, SquaredHinge

FUNCTIONS = {
    "tanh": mpmath.tanh, "sigmoid": lambda t: 1 / (1 + mpmath.exp(-t)), "softplus": lambda t: mpmath.log(1 + mpmath.exp(t)),
}  # fmt: skip


def pose(
    widths: tuple[int, ...], samples: int, activation: Activation, activated: bool = False, loss: Additive | None = None
) -> Objective:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(samples, widths[0], dtype=torch.float64, generator=generator)
    y = 0.2 + 0.6 * torch.rand(samples, widths[-1], dtype=torch.float64, generator=generator)
    return Objective(Stack(widths, activation, activated), x, y, loss or Squared())


def found(objective: Objective, stop_below: float = 1e-28) -> torch.Tensor:
    start = torch.randn(8, objective.stack.size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    ends, _ = finish(descend(objective, start, steps=300, stop_below=stop_below))
    return ends.theta[int(ends.values.argmin())]


def ask(objective: Objective, theta: torch.Tensor) -> Existence:
    return finish(zero_nearby(objective, theta))[0]


def distance_to_zero(objective: Objective, theta: torch.Tensor) -> float:
    """Newton's method in 50 digits on the slice theta + J^T u, with mpmath's own network and differences for J."""
    widths, kind = objective.stack.widths, objective.stack.activation.kind  # type: ignore[attr-defined]
    x, y, start = objective.x.tolist(), objective.y.tolist(), [mpmath.mpf(v) for v in theta.tolist()]

    def residuals(values: list[mpmath.mpf]) -> list[mpmath.mpf]:
        rows = []
        for sample, target in zip(x, y):
            h, at = [mpmath.mpf(v) for v in sample], 0
            for layer, (fan_in, fan_out) in enumerate(pairwise(widths), start=1):
                weights, biases = values[at : at + fan_in * fan_out], values[at + fan_in * fan_out :]
                g = [mpmath.fdot(weights[j * fan_in : (j + 1) * fan_in], h) + biases[j] for j in range(fan_out)]
                last = layer == len(widths) - 1 and not objective.stack.activated
                h = g if last else [FUNCTIONS[kind](v) for v in g]
                at += fan_out * (fan_in + 1)
            rows += [value - mpmath.mpf(t) for value, t in zip(h, target)]
        return rows

    with mpmath.workdps(50):
        step, size = mpmath.mpf(10) ** -25, len(start)
        base = residuals(start)
        columns = [residuals([v + step * (k == j) for k, v in enumerate(start)]) for j in range(size)]
        jacobian = mpmath.matrix(len(base), size)
        for j, column in enumerate(columns):
            for i, value in enumerate(column):
                jacobian[i, j] = (value - base[i]) / step
        gram = jacobian * jacobian.T
        point, u = start, mpmath.matrix(len(base), 1)
        for _ in range(6):  # the derivative at the start: each step gains as many digits as the first one moved
            u -= mpmath.lu_solve(gram, mpmath.matrix(residuals(point)))
            moved = jacobian.T * u
            point = [a + moved[k] for k, a in enumerate(start)]
        assert max(abs(v) for v in residuals(point)) < mpmath.mpf(10) ** -30
        return float(mpmath.norm(moved))


@pytest.mark.parametrize(
    ("widths", "samples", "activation", "activated"),
    [
        ((2, 4, 1), 5, Tanh(), False),
        ((2, 3, 4, 2), 5, Softplus(), False),
        ((2, 4, 2), 4, Sigmoid(), True),
    ],
)
def test_the_zero_that_mpmath_finds_lies_within_the_radius(
    widths: tuple[int, ...], samples: int, activation: Activation, activated: bool
) -> None:
    objective = pose(widths, samples, activation, activated)
    # stopped early: a residual of 1e-7 leaves a distance that is measured well
    for stop_below in (1e-13, 1e-28):
        theta = found(objective, stop_below)
        answer = ask(objective, theta)
        assert answer.answer == "exists", answer.reason
        away = distance_to_zero(objective, theta)
        assert 0.0 < away <= answer.radius
        # the box of N m numbers is at most sqrt(N m) times as long as the step, its cube another
        assert answer.radius <= 4.0 * math.sqrt(samples * widths[-1]) * away


@pytest.mark.parametrize("loss", [Cauchy(), SquaredHinge()], ids=lambda loss: loss.kind)
def test_other_losses_that_vanish_at_zero_residuals_have_the_same_zeros(loss: Additive) -> None:
    objective = pose((3, 6, 2), 6, Tanh(), loss=loss)
    if loss.kind == "squared_hinge":
        objective = Objective(objective.stack, objective.x, torch.sign(objective.y - 0.5), loss)
    theta = found(objective)
    assert ask(objective, theta).answer == "exists"


# --- where nothing may be said -----------------------------------------------------------------------------------------------


def test_contradictory_targets_are_never_certified() -> None:
    good = pose((2, 6, 1), 5, Tanh())
    x = good.x.clone()
    x[3] = x[1]
    for gap in (1.0, 1e-15):  # the second is below what float64 residuals show
        y = good.y.clone()
        y[3] = y[1] * (1.0 + gap)
        twin = Objective(good.stack, x, y, Squared())
        assert ask(twin, found(twin)).answer == "not contracted"


def test_a_point_too_far_from_a_zero_is_not_certified() -> None:
    objective = pose((2, 4, 1), 5, Tanh())
    theta = found(objective)
    noise = torch.randn(len(theta), dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    assert ask(objective, theta).answer == "exists"
    answer = ask(objective, theta + 0.5 * noise)
    assert answer.answer == "not contracted" and math.isinf(answer.radius)


def test_a_residual_of_zero_in_float64_is_no_zero() -> None:
    """tanh never reaches 1: in float64 tanh(20) does, and Newton's step is 1/2 whatever the distance."""
    x = torch.linspace(1.0, 2.0, 3, dtype=torch.float64)[:, None]
    objective = Objective(Stack((1, 3, 1), Tanh(), True), x, torch.ones_like(x), Squared())
    theta = torch.tensor([0.3, -0.5, 0.7, 0.1, 0.2, 0.3, 0.1, 0.2, 0.3, 18.0], dtype=torch.float64)
    assert float(objective(theta)) < 1e-28
    assert krawczyk(objective, theta).answer == "not contracted"


def test_a_double_zero_is_not_certified() -> None:
    """sigma = tanh(t^3) at 0: the zero exists, and its Jacobian is 0."""
    x = torch.ones(1, 1, dtype=torch.float64)
    objective = Objective(Stack((1, 1, 1), TanhCubed(), True), x, torch.zeros(1, 1, dtype=torch.float64), Squared())
    assert krawczyk(objective, torch.zeros(4, dtype=torch.float64)).answer == "not contracted"


@pytest.mark.parametrize(
    ("objective", "why"),
    [
        (pose((2, 4, 1), 5, Relu()), "relu has no form"),
        (pose((3, 1, 1), 10, Tanh()), "6 parameters for 10 equations"),
        (pose((20, 200, 5), 100, Tanh()), "at most 4 × 10⁷"),
    ],
)
def test_what_it_is_not_made_for(objective: Objective, why: str) -> None:
    answer = ask(objective, torch.zeros(objective.stack.size, dtype=torch.float64))
    assert answer.answer == "not applicable"
    assert why in answer.reason and math.isinf(answer.radius)
