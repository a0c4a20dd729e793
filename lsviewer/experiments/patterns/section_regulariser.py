"""Ordinary training with a regulariser that asks for the shape of a section around the network as it is at every step.

The section through theta is ``theta + sum_i (alpha_i - home_i) theta_i`` with directions fixed before training; the network sits
at home. On a batch B and some cells of the grid the regulariser is the mean of

    (L_B(cell) - L_B(theta) - asked(cell))²,

and the objective ``L_B(theta) + weight * regulariser``. This is the kind of preference for a local geometry that the conclusion
of Czarnecki et al. 2019 warns of.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Axis, Mark, Section
from lsviewer.core.jobs import Progress, Step
from lsviewer.engine.directions import random_directions
from lsviewer.engine.params import Params, flatten, unflatten
from lsviewer.engine.risk import Risk
from lsviewer.experiments.patterns.found import AXES
from lsviewer.experiments.patterns.grid_losses import grid_losses, silent, unit_axes
from lsviewer.experiments.patterns.optimisers import Adam
from lsviewer.experiments.patterns.planes import Cells, coordinates

WATCHED = 256  # training samples on which loss and regulariser are measured now and then
MEASUREMENTS = 30
BIASES = 6.0  # standard deviation of the steps of biases, for reach 1
ROWS = 2.0  # multiples of the norms of rows, for reach 1


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """The shape of the section that is asked for, above the network's own loss, and where it lies."""

    shape: Array  # (G,) * z, 0 at home, in loss units
    home: tuple[float, ...]  # the network's place in [0, 1]^z
    directions: tuple[Params, ...]  # full, in the dtype of the run

    def corner(self, params: Params) -> Params:
        """Return the point alpha = 0 of the section through ``params``."""
        found = dict(params)
        for place, direction in zip(self.home, self.directions):
            found = {name: value - place * direction[name] for name, value in found.items()}
        return found

    def section(self, name: str, title: str, values: Array, centre: float) -> Section:
        """Return the artifact: the losses, the shape asked for as target, the network's place marked."""
        axes = tuple(Axis(axis, points) for axis, points in zip(AXES, unit_axes(values.shape)))
        marks = (Mark(self.home, "network", "origin"),)
        return Section(name, axes, values, title=title, target=self.shape, offset=centre, marks=marks)

    def residual(self, values: Array, centre: float) -> Array:
        """Return how far a section is from the shape, the network's loss taken off."""
        return values - centre - self.shape


@dataclass(frozen=True, slots=True)
class Course:
    """How to train; both runs of a comparison differ in the weight only."""

    steps: int
    batch: int
    rate: float
    cells: int
    decay: float  # of the weights, decoupled (Loshchilov and Hutter 2019)


@dataclass(frozen=True, slots=True)
class Measurement:
    """After so many steps, on the watched samples: the loss, and the root mean square residual of the section."""

    step: int
    loss: float
    residual: float


def bias_directions(start: Params, z: int, reach: float, generator: torch.Generator) -> tuple[Params, ...]:
    """Return directions that move first-layer biases, each its own quarter of the units, by random steps."""
    units = len(start["0.bias"])
    each = max(1, units // 4)
    directions = []
    for axis in range(z):
        direction = {name: torch.zeros_like(value) for name, value in start.items()}
        step = BIASES * reach * torch.randn(each, dtype=torch.float64, generator=generator)
        direction["0.bias"][axis * each : (axis + 1) * each] = step.to(direction["0.bias"])
        directions.append(direction)
    return tuple(directions)


def weight_directions(start: Params, z: int, reach: float, generator: torch.Generator) -> tuple[Params, ...]:
    """Return random filter-normalised directions through the start (Li et al. 2018), zero for biases."""
    zeros = {name: torch.zeros_like(value) for name, value in start.items()}
    drawn = random_directions(start, z, generator)
    return tuple(zeros | {name: ROWS * reach * value for name, value in each.items()} for each in drawn)


def fit_shape(
    cells: Cells, risk: Risk, start: Params, asked: Asked, course: Course, weight: float, name: str, title: str,
    batches: torch.Generator, places: torch.Generator,
) -> Step[tuple[Params, tuple[Measurement, ...]]]:  # fmt: skip
    """Train; yields progress and the section as artifact ``name``; returns the parameters and what was measured on the way.

    Raises `FloatingPointError` naming the step where the objective is no longer finite.
    """
    theta = flatten(start).detach().clone()
    at = coordinates(asked.shape.shape)[:, 1:] + 0.5 - torch.tensor(asked.home, dtype=torch.float64)
    moves = torch.stack([flatten(direction) for direction in asked.directions])
    shape = torch.tensor(asked.shape.ravel(), dtype=theta.dtype, device=theta.device)
    adam, watch = Adam([theta]), _Watch(cells, risk, asked, course, name, title)
    at = at.to(theta)
    for step in range(course.steps):
        if step % watch.every == 0:
            yield from watch.measure(step, unflatten(theta, start))
        rows = torch.randint(len(risk.x), (course.batch,), generator=batches).to(risk.x.device)
        leaf = theta.clone().requires_grad_()
        if weight > 0:
            some = torch.randperm(len(at), generator=places)[: course.cells].to(theta.device)
            losses = cells(torch.cat([leaf[None], leaf + at[some] @ moves]), risk.x[rows], risk.target[rows])
            residual = losses[1:] - losses[0] - shape[some]
            objective = losses[0] + weight * residual.square().mean()
        else:
            objective = cells(leaf[None], risk.x[rows], risk.target[rows])[0]
        (gradient,) = torch.autograd.grad(objective, leaf)
        if not math.isfinite(float(objective.detach())):
            raise FloatingPointError(
                f"the objective is not finite at step {step + 1}; try a smaller learning rate than {course.rate:g}, "
                f"or a smaller weight than {weight:g}"
            )
        rate = course.rate * 0.5 * (1.0 + math.cos(math.pi * step / course.steps))
        theta.mul_(1.0 - rate * course.decay)
        adam.step([gradient], rate)
        yield Progress((step + 1) / course.steps, f"{title}, step {step + 1} of {course.steps}")
    found = unflatten(theta, start)
    yield from watch.measure(course.steps, found)
    return found, tuple(watch.found)


class _Watch:
    """Measures loss and section on some training samples now and then."""

    def __init__(self, cells: Cells, risk: Risk, asked: Asked, course: Course, name: str, title: str) -> None:
        generator = torch.Generator().manual_seed(0)  # the same samples for both runs
        rows = torch.randperm(len(risk.x), generator=generator)[:WATCHED].to(risk.x.device)
        self.risk = Risk(risk.network, risk.loss, risk.x[rows], risk.target[rows])
        self.cells, self.asked, self.steps, self.name, self.title = cells, asked, course.steps, name, title
        self.every = max(1, course.steps // MEASUREMENTS)
        self.found: list[Measurement] = []

    def measure(self, step: int, params: Params) -> Step[None]:
        axes = unit_axes(self.asked.shape.shape)
        corner, text = self.asked.corner(params), f"{self.title}, measured at step {step}"
        measuring = grid_losses(self.risk, corner, self.asked.directions, axes, text)
        values = yield from silent(measuring, step / self.steps)
        with torch.no_grad():
            loss = float(self.cells(flatten(params)[None], self.risk.x, self.risk.target)[0])
        self.found.append(Measurement(step, loss, root_mean_square(self.asked.residual(values, loss))))
        yield self.asked.section(self.name, self.title, values, loss)


def root_mean_square(values: Array) -> float:
    """Return the root of the mean square."""
    return float(np.sqrt(np.square(values).mean()))
