"""One training loop for three tasks: a network on data, and the layers above z bias units on a pattern, as the paper writes it.

The batch, the number of steps, Adam, its rate and the cosine are the same; so are the initial weights. For a pattern the
first layer's weights are 0, unit i has the bias ``alpha_i`` and the others 0 (Czarnecki et al. 2019, eq. 4); all layers above
are trained, on points of the grid:

- eq. 12: ``|q(h) - sigma^-1(T(h))|²``, sigma^-1 as a point of the outputs;
- direct: ``(sigma(q(h)) - T(h) - a)²``, a the mean residual of the batch.

Relative error: of the task, the loss by that of the best constant output; of a pattern, the mean square error of the section
by the variance of the pattern. Both are 1 for what has learned nothing but a constant.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from lsviewer.core.arrays import Array
from lsviewer.core.jobs import Progress, Step
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import Params, forward
from lsviewer.engine.risk import Risk
from lsviewer.experiments.patterns.goal import Goal
from lsviewer.experiments.patterns.optimisers import Adam

ROWS = 4096  # points evaluated together


@dataclass(frozen=True, slots=True)
class Budget:
    """What every training gets."""

    steps: int
    batch: int
    rate: float

    @property
    def measured(self) -> frozenset[int]:
        """Steps before which the relative error is measured: closer together at the beginning."""
        early = {0, 1, 2, 5, 10, 15, 20, 30, 40, 50, 75, 100}
        return frozenset(step for step in early if step < self.steps) | set(
            np.linspace(0, self.steps, 21).round().astype(int).tolist()
        )


@dataclass(slots=True, eq=False)
class Course:
    """Steps and relative errors there."""

    steps: list[int] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)

    def reached(self, level: float) -> int | None:
        """Return the first measured step from which on the error stays at or below the level; None where it does not."""
        found = None
        for step, error in zip(reversed(self.steps), reversed(self.errors)):
            if not error <= level:
                break
            found = step
        return found


Objective = Callable[[torch.Generator], Tensor]
"""A batch drawn with the generator gives the objective, differentiable in the parameters."""


def train(
    params: dict[str, Tensor], objective: Objective, budget: Budget, generator: torch.Generator,
    look: Callable[[int], float], words: str,
) -> Step[Course]:  # fmt: skip
    """Train the parameters in place; yields progress; ``look`` measures the relative error."""
    tensors, course = list(params.values()), Course()
    adam = Adam(tensors)
    for step in range(budget.steps + 1):
        if step in budget.measured:
            course.steps.append(step)
            course.errors.append(look(step))
        yield Progress(step / budget.steps, f"{words}, step {step} of {budget.steps}")
        if step == budget.steps:
            break
        for tensor in tensors:
            tensor.requires_grad_(True)
        value = objective(generator)
        gradients = torch.autograd.grad(value, tensors)
        for tensor in tensors:
            tensor.requires_grad_(False)
        if not math.isfinite(float(value.detach())):
            raise FloatingPointError(
                f"{words}: the error is not finite at step {step + 1}; try a smaller learning rate than {budget.rate:g}"
            )
        adam.step(list(gradients), budget.rate * 0.5 * (1.0 + math.cos(math.pi * step / budget.steps)))
    return course


def on_data(risk: Risk, params: dict[str, Tensor], batch: int) -> Objective:
    """Return the mean loss of random batches of the data."""

    def objective(generator: torch.Generator) -> Tensor:
        rows = torch.randint(len(risk.x), (batch,), generator=generator).to(risk.x.device)
        return risk.loss(forward(risk.network, params, risk.x[rows]), risk.target[rows]).mean()

    return objective


@dataclass(frozen=True, slots=True, eq=False)
class Upper:
    """The layers above the first, on points h of the grid of a pattern."""

    network: Mlp
    params: Params  # of layers 2 and up
    points: Tensor  # (G^z, z), in the dtype of the run
    pattern: Tensor  # (G^z,)
    goal: Goal
    mean: Callable[[Tensor], Tensor]  # outputs -> mean loss over the labels

    def __call__(self, points: Tensor) -> Tensor:
        """Return the outputs at points of [0, 1]^z: units beyond z rest at activation(0)."""
        first = self.network.activation(points)
        rest = self.network.activation(torch.zeros((), dtype=points.dtype, device=points.device))
        weight, z = self.params["2.weight"], points.shape[1]
        h = functional.linear(first, weight[:, :z], self.params["2.bias"] + rest * weight[:, z:].sum(1))
        for layer in range(2, len(self.network.hidden) + 1):
            h = self.network.activation(h)
            h = functional.linear(h, self.params[f"{2 * layer}.weight"], self.params[f"{2 * layer}.bias"])
        return h

    def eq12(self, batch: int) -> Objective:
        """Return the regression of eq. 12 on random points of the grid."""
        heights = self.goal.heights(self.pattern.cpu()).to(self.points)
        base, rise = self.goal.base.to(self.points), self.goal.rise.to(self.points)

        def objective(generator: torch.Generator) -> Tensor:
            rows = self._rows(batch, generator)
            return (self(self.points[rows]) - (base + heights[rows, None] * rise)).square().sum(1).mean()

        return objective

    def direct(self, batch: int) -> Objective:
        """Return the squared error of the loss itself, without its mean, on random points of the grid."""

        def objective(generator: torch.Generator) -> Tensor:
            rows = self._rows(batch, generator)
            residual = self.mean(self(self.points[rows])) / self.goal.amplitude - self.pattern[rows].cpu()
            return (residual - residual.mean().detach()).square().mean()

        return objective

    def _rows(self, batch: int, generator: torch.Generator) -> Tensor:
        return torch.randint(len(self.points), (batch,), generator=generator).to(self.points.device)

    def losses(self) -> Array:
        """Return the loss at all points of the grid, float64 (G^z,)."""
        with torch.no_grad():
            return torch.cat([self.mean(self(part)).double() for part in self.points.split(ROWS)]).numpy()


def relative(values: Array, wanted: Array) -> float:
    """Return the mean square error by the variance of what is wanted, the best constant taken off."""
    return float(np.var(values - wanted) / np.var(wanted))
