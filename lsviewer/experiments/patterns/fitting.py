"""Theorem 1 by training (Czarnecki et al. 2019, Observation 2): gradient descent finds the pattern.

What is hard is not the pattern but the conditioning of first-layer features: a network of z bias units ends at 13-15
dB. So layer 2 is parametrised by tables (`tables`), and

- the loss is the squared error of the loss of the network itself, ``mean (sigma(q(h)) - T(h) - a)²``, with a the mean
  residual of each batch (direct), or the regression of eq. 12 on ``sigma^-1(T)`` (eq12);
- a batch is a rectangle (a box) of points (`batches`), so that layer 2 costs rows plus columns. In the first 60 % of the
  run (50 % with three axes) every second batch lies at random points between the grid points, against the multilinear
  pattern; then all lie on the grid. In-cell points to the end would cap the grid at 52 dB, as a cell is bent where units
  switch; none at all leaves 35 dB between the points;
- Adam for the tables and, slower, for biases and output, Muon for the matrices, all on a cosine in steps
  (`SCHEDULES`). With two axes a second moment of 0.95 is worth 3 dB over 0.99, a small rate of Muon 4 dB
  over 2e-2.

Measured at 128x128, hidden 256-256-288-64 relu, cross-entropy, 1000 / 2000 steps: photo 72 / 87 dB, glyph 66 / 74 dB;
hidden 256-256-64, 1000 steps, photo: tanh 78, sine 81, gelu 69 dB; between the grid points 35 to 50 dB. Volumes
of 32x32x32, hidden 256-256-288-64 relu, 300 / 1000 steps: gyroid 45 (three seeds 44.6 to 45.1) / 56 dB, shells 40 / 56 dB;
blobs 50 and torus 50 dB at 300; between the grid points 28 to 45 dB. There everything may go faster, but what matters is
that the tables start smooth (`tables.WAVES`): with all frequencies of the knots two seeds of three ended at 38 dB.
"""

import math
from itertools import pairwise
from typing import Literal, NamedTuple, TypeVar

import torch
from torch import Tensor

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Curve, Level, Series
from lsviewer.core.jobs import Progress, Step
from lsviewer.engine.context import Context
from lsviewer.engine.networks import Mlp
from lsviewer.experiments.patterns.batches import Wanted
from lsviewer.experiments.patterns.found import Expected, section_of
from lsviewer.experiments.patterns.goal import Goal
from lsviewer.experiments.patterns.map_tables import MapTables
from lsviewer.experiments.patterns.measures import psnr
from lsviewer.experiments.patterns.optimisers import Adam, Muon
from lsviewer.experiments.patterns.tables import Layout, Tables, start_tables


class Schedule(NamedTuple):
    """The rates at the start of a run, and the share of it in which every second batch lies between the grid points."""

    tables: float
    rest: float
    matrices: float
    in_cells: float


SCHEDULES = {z: Schedule(6e-2, 3e-3, 5e-3, 0.6) for z in (1, 2)} | {3: Schedule(8e-2, 6e-3, 3e-2, 0.5)}  # by axes
FIGURES: dict[int, list[tuple[int, float]]] = {  # steps, dB that are promised, by axes
    1: [(350, 35.0), (1000, 50.0), (2000, 70.0)],
    2: [(350, 35.0), (1000, 50.0), (2000, 70.0)],
    3: [(300, 35.0), (1000, 50.0), (2000, 55.0)],
}

Objective = Literal["direct", "eq12"]
T = TypeVar("T", Tables, MapTables)


def expected_of(layout: Layout, grid: int, steps: int) -> Expected:
    """Return what training promises; short runs, small networks and fine grids are not judged when they miss it."""
    known = FIGURES[layout.z]
    level = known[0][1]
    for (low, first), (high, second) in pairwise(known):
        share = math.log(max(low, min(high, steps)) / low) / math.log(high / low)
        level += share * (second - first)
    reason = ""
    if steps < known[0][0]:
        reason = f"{steps} steps are few: figures are known from {known[0][0]} steps on."
    elif layout.tables < 256 or (layout.z > 1 and max(layout.dense, default=0) < 64):
        reason = "Figures are known for at least 256 units that read the knots and 64 after them."
    elif layout.knots < grid:
        reason = f"Layer 1 holds {layout.knots} knots on an axis, the pattern has {grid} points."
    elif grid > (finest := 32 if layout.z == 3 else 128):
        reason = f"Figures are known for grids up to {finest} points on an axis."
    return Expected(math.floor(level), 20.0, 2e-2, reason)


def fit(
    network: Mlp, layout: Layout, goal: Goal, pattern: Array, steps: int, objective: Objective, context: Context,
    level: float | None = None,
) -> Step[Tables]:  # fmt: skip
    """Train; yield progress, partial sections and the curves "loss" and "psnr" (``level``: the PSNR expected at the end).

    Raises `FloatingPointError` naming the step where the error is no longer finite.
    """
    like = torch.zeros(0, dtype=context.dtype, device=context.device)
    tables = start_tables(network, layout, context.generator("init"), like)
    return (yield from train(tables, goal, pattern, steps, objective, context, level))


def train(
    tables: T, goal: Goal, pattern: Array, steps: int, objective: Objective, context: Context,
    level: float | None = None,
) -> Step[T]:  # fmt: skip
    """Train tables in place, as `fit` does."""
    generator, like = context.generator("training"), tables.read.detach()
    target = Wanted.of(pattern, pattern.ndim, tables.basis, like, tables.share)
    table_step, rest_step, matrix_step = (
        Adam(tables.tables),
        Adam([*tables.biases, tables.read, tables.constant]),
        Muon(tables.matrices),
    )
    schedule = SCHEDULES[pattern.ndim]
    split = len(tables.tables), len(tables.tables) + len(tables.matrices)
    history = _History(tables, goal, pattern, target, steps, level)
    for step in range(steps):
        if step % history.every == 0:
            yield from history.show(step)
        batch = target.between if step % 2 and step < schedule.in_cells * steps else target.on_grid
        cardinals, wanted = batch(generator)
        error = _mean_square(goal, tables(cardinals), wanted, objective)
        gradients = list(torch.autograd.grad(error, tables.parameters()))
        history.keep(step, float(error.detach()))
        cosine = 0.5 * (1.0 + math.cos(math.pi * step / steps))
        table_step.step(gradients[: split[0]], schedule.tables * tables.pace * cosine)
        matrix_step.step(gradients[split[0] : split[1]], schedule.matrices * cosine)
        rest_step.step(gradients[split[1] :], schedule.rest * cosine)
        yield Progress((step + 1) / steps, f"step {step + 1} of {steps}")
    yield from history.show(steps)
    return tables


def _mean_square(goal: Goal, heights: Tensor, wanted: Tensor, objective: Objective) -> Tensor:
    """Return the squared error of the loss without its mean, in amplitudes, or of the height (eq. 12)."""
    if objective == "eq12":
        return (heights - goal.heights(wanted.cpu()).to(heights.dtype).to(heights.device)).square().mean()
    residual = goal.loss(heights) / goal.amplitude - wanted
    return (residual - residual.mean().detach()).square().mean()


def finite(error: float, step: int) -> float:
    """Return the error of a step; raises `FloatingPointError` naming the step where it is no longer finite."""
    if not math.isfinite(error):
        raise FloatingPointError(
            f"the error is not finite at step {step + 1}; try another seed, float64, or a smaller amplitude"
        )
    return error


class _History:
    """The course of a training, and what is shown of it."""

    def __init__(
        self, tables: Tables | MapTables, goal: Goal, pattern: Array, target: Wanted, steps: int, level: float | None
    ) -> None:
        self.tables, self.goal, self.pattern, self.target, self.level = tables, goal, pattern, target, level
        self.every = min(100, max(10, steps // 50))
        self.errors: list[float] = []
        self.measured: list[tuple[int, float]] = []

    def keep(self, step: int, error: float) -> None:
        self.errors.append(finite(error, step))

    def show(self, step: int) -> Step[None]:
        """Yield the section as it is now and the curves."""
        with torch.no_grad():
            heights = self.tables([self.target.grid] * self.pattern.ndim)
            values = self.goal.loss(heights).cpu().to(torch.float64).numpy()
        section = section_of(values, self.pattern, self.goal.amplitude)
        assert section.error is not None
        self.measured.append((step, psnr(section.error, self.goal.amplitude)))
        yield section
        yield self._psnr_curve()
        if self.errors:
            yield self._loss_curve()

    def _psnr_curve(self) -> Curve:
        steps, found = (torch.tensor(column, dtype=torch.float64).numpy() for column in zip(*self.measured))
        levels = (Level(self.level, f"expected {self.level:.0f} dB"),) if self.level is not None else ()
        return Curve("psnr", "PSNR on the grid", "step", "dB", (Series("on the grid", steps, found),), levels=levels)

    def _loss_curve(self) -> Curve:
        errors = torch.tensor(self.errors, dtype=torch.float64)
        return Curve(
            "loss", "Squared error while training", "step", "mean squared error",
            (Series("batch", torch.arange(1, len(errors) + 1).numpy(), errors.numpy()),), log_y=True,
        )  # fmt: skip
