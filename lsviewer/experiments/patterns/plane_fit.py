"""Multi-point optimisation (Skorokhodov and Burtsev 2019): theta_0, theta_1, theta_2 trained until the cells show the pattern.

Every step takes some cells of the grid at random, and for every few of them a batch of samples of its own, and goes down
the gradient of ``mean_cells (L(cell) - a - amplitude T(cell))²`` with Adam on a cosine. a is given, or the mean of
L - amplitude T over the last known losses of all cells (the free constant of a section). Losses of a batch stand in
for losses over the data, so their spread is pressed down as well.

A quarter of the cells a step, with new samples for every `TOGETHER` of them, reaches in 25 CPU seconds what all cells with
the same samples reach in 80 (16 x 16 smiley, digits, hidden 256-256). Small directions at the start learn slowly, large
weights in them start at losses of 20 and spend their steps on coming down; large biases do neither.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Curve, Level, Series
from lsviewer.core.jobs import Progress, Step
from lsviewer.engine.context import Context
from lsviewer.engine.losses import Loss
from lsviewer.engine.networks import Mlp
from lsviewer.engine.risk import Risk
from lsviewer.experiments.patterns.clock import Clock
from lsviewer.experiments.patterns.found import section_of
from lsviewer.experiments.patterns.grid_losses import grid_losses, silent, unit_axes
from lsviewer.experiments.patterns.measures import fit_of
from lsviewer.experiments.patterns.optimisers import Adam
from lsviewer.experiments.patterns.overlap import Overlap, overlap_of
from lsviewer.experiments.patterns.planes import (
    TOGETHER,
    TOGETHER_GPU,
    Cells,
    coordinates,
    corner,
    orthogonal,
    random_start,
)

WATCHED = 256  # training samples on which all cells are measured now and then
MEASUREMENTS = 20
GOOD = 0.95


@dataclass(frozen=True, slots=True)
class Course:
    """How to train: steps, cells of one step, samples of one batch, rate at the start, the loss of low cells if given."""

    steps: int
    cells: int
    batch: int
    rate: float
    amplitude: float
    low: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Measurement:
    """All cells after so many steps and CPU seconds, on the watched samples."""

    step: int
    seconds: float
    overlap: Overlap
    error: float  # root mean square, in amplitudes


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """The plane found (row 0: its middle), the CPU seconds of its steps, and what was measured on the way."""

    theta: Tensor  # (1 + z, n), directions orthogonal
    seconds: float
    course: tuple[Measurement, ...]


def fit_plane(
    network: Mlp, loss: Loss, risk: Risk, outputs: int, pattern: Array, course: Course, context: Context
) -> Step[Fitted]:
    """Train; yield progress, the section as far as it is known, and the curves "overlap" and "error".

    Raises `FloatingPointError` naming the step where a loss is no longer finite.
    """
    cells = Cells(network, network.shapes(risk.inputs, outputs), loss)
    start = random_start(network, risk.inputs, outputs, pattern.ndim, context.dtype, context.generator("init"))
    free = start.to(context.device)
    at = coordinates(pattern.shape).to(context.dtype).to(context.device)
    target = torch.tensor(pattern.ravel(), dtype=context.dtype, device=context.device) * course.amplitude
    generator = context.generator("cells")
    adam, clock, watch = Adam([free]), Clock(), _Watch(cells, risk, pattern, course, context)
    together = TOGETHER if context.device.type == "cpu" else TOGETHER_GPU
    known = yield from _first_look(cells, orthogonal(free), at, risk, course.batch, together, generator)
    for step in range(course.steps):
        if step % watch.every == 0:
            yield from watch.measure(step, clock.seconds, orthogonal(free))
        constant = float((known - target).mean()) if course.low is None else course.low
        chosen = torch.randperm(len(at), generator=generator)[: course.cells].to(context.device)
        with clock:
            leaf = free.detach().requires_grad_()
            theta = orthogonal(leaf)
            flat, total = theta.detach(), torch.zeros_like(free)
        for some in chosen.split(together):
            with clock:
                x, y = _batch(risk, course.batch, generator)
                gradient, known[some] = cells.gradient(flat, at[some], constant + target[some], x, y)
                total += gradient
            yield Progress(step / course.steps, f"step {step + 1} of {course.steps}")
        with clock:
            (gradient,) = torch.autograd.grad(theta, leaf, total / (len(chosen) * course.amplitude**2))
            adam.step([gradient], course.rate * 0.5 * (1.0 + math.cos(math.pi * step / course.steps)))
        if not bool(torch.isfinite(known).all()):
            raise FloatingPointError(
                f"a loss is not finite at step {step + 1}; try a smaller learning rate than {course.rate:g}"
            )
        if (step + 1) % watch.glance == 0:
            yield section_of(known.reshape(pattern.shape).cpu().double().numpy(), pattern, course.amplitude)
    theta = orthogonal(free)
    yield from watch.measure(course.steps, clock.seconds, theta)
    return Fitted(theta, clock.seconds, tuple(watch.found))


def _first_look(
    cells: Cells, theta: Tensor, at: Tensor, risk: Risk, batch: int, together: int, generator: torch.Generator
) -> Step[Tensor]:
    """Return the losses of all cells on random batches."""
    known = torch.zeros(len(at), dtype=at.dtype, device=at.device)
    for some in torch.arange(len(at), device=at.device).split(together):
        with torch.no_grad():
            known[some] = cells(at[some] @ theta, *_batch(risk, batch, generator))
        yield Progress(0.0, "first look at all cells")
    return known


def _batch(risk: Risk, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    rows = torch.randint(len(risk.x), (size,), generator=generator).to(risk.x.device)
    return risk.x[rows], risk.target[rows]


def cell_losses(risk: Risk, theta: Tensor, cells: Cells, shape: tuple[int, ...], words: str) -> Step[Array]:
    """Return the loss at all cells over all samples of the risk, float64; yields after every cell."""
    like = {name: torch.empty(size, device="meta") for name, size in cells.shapes.items()}
    return (yield from grid_losses(risk, *corner(theta, like), unit_axes(shape), words))


class _Watch:
    """Measures all cells on some training samples now and then, and draws the curves."""

    def __init__(self, cells: Cells, risk: Risk, pattern: Array, course: Course, context: Context) -> None:
        rows = torch.randperm(len(risk.x), generator=context.generator("watched"))[:WATCHED].to(risk.x.device)
        self.risk = Risk(risk.network, risk.loss, risk.x[rows], risk.target[rows])
        self.cells, self.pattern, self.course = cells, pattern, course
        self.every = max(1, course.steps // MEASUREMENTS)
        self.glance = max(1, min(10, course.steps // 40))
        self.found: list[Measurement] = []

    def measure(self, step: int, seconds: float, theta: Tensor) -> Step[None]:
        done, steps = step / self.course.steps, self.course.steps
        measuring = cell_losses(self.risk, theta, self.cells, self.pattern.shape, f"measured at step {step} of {steps}")
        values = yield from silent(measuring, done)
        amplitude = self.course.amplitude
        fit = fit_of(values, amplitude * self.pattern, amplitude)
        error = 10.0 ** (-fit.psnr_db / 20.0)
        self.found.append(Measurement(step, seconds, overlap_of(values, self.pattern, amplitude), error))
        yield section_of(values, self.pattern, amplitude)
        yield self._overlap()
        yield self._error()

    def _overlap(self) -> Curve:
        seconds = np.array([each.seconds for each in self.found])
        high, low = (np.array([getattr(each.overlap, name) for each in self.found]) for name in ("high", "low"))
        return Curve(
            "overlap", f"Overlap with the pattern (IoU), on {len(self.risk.x)} training samples", "CPU time in s", "IoU",
            (Series("high cells", seconds, high), Series("low cells", seconds, low)), levels=(Level(GOOD, f"{GOOD}"),),
        )  # fmt: skip

    def _error(self) -> Curve:
        seconds = np.array([each.seconds for each in self.found])
        return Curve(
            "error", "Error of the section during the optimisation", "CPU time in s", "RMS error, in amplitudes",
            (Series("all cells", seconds, np.array([each.error for each in self.found])),), log_y=True,
        )  # fmt: skip
