"""Several patterns trained together: one trunk, whose last hidden layer a head for each reads (Czarnecki et al. 2019, Fig. 1).

As in `fitting`, with the squared errors of all heads added up: every weight below the heads is moved by the gradients of all of
them. Each head has a free constant of its own.

Measured at 128 x 128, digits, a galaxy in three colours, the worst channel after 500 steps: hidden 256-256-768-192 49 dB in
15 CPU seconds, hidden 256-256-288-64 45 dB in 2.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Artifact, Curve, Level, Series
from lsviewer.core.jobs import Progress, Step
from lsviewer.engine.context import Context
from lsviewer.engine.networks import Mlp
from lsviewer.experiments.patterns.batches import Wanted
from lsviewer.experiments.patterns.fitting import SCHEDULES, finite
from lsviewer.experiments.patterns.goal import Goal
from lsviewer.experiments.patterns.measures import psnr
from lsviewer.experiments.patterns.optimisers import Adam, Muon
from lsviewer.experiments.patterns.tables import Layout, Tables, start_tables

Show = Callable[[Array], Iterable[Artifact]]  # losses of all heads (heads, G, G), float64: what to show of them


def fit_heads(
    network: Mlp, layout: Layout, goal: Goal, patterns: Array, names: tuple[str, ...], steps: int, show: Show,
    level: float | None, context: Context,
) -> Step[tuple[Tables, ...]]:  # fmt: skip
    """Train; yield progress, what ``show`` makes of the losses, and the curves "loss" and "psnr".

    ``patterns`` is (heads, G, G). Returns the network of every head: the same tensors below, its own read-out.
    Raises `FloatingPointError` naming the step where the error is no longer finite.
    """
    generator = context.generator("training")
    like = torch.zeros(0, dtype=context.dtype, device=context.device)
    trunk = start_tables(network, layout, context.generator("init"), like)
    read, constant = _start_heads(len(trunk.read), len(patterns), context.generator("heads"), like)
    wanted = Wanted.of(np.moveaxis(patterns, 0, -1), layout.z, trunk.basis, like)
    table_step, matrix_step = Adam(trunk.tables), Muon(trunk.matrices)
    rest_step = Adam([*trunk.biases, read, constant])
    parameters = [*trunk.tables, *trunk.matrices, *trunk.biases, read, constant]
    schedule = SCHEDULES[layout.z]
    split = len(trunk.tables), len(trunk.tables) + len(trunk.matrices)
    history = _History(goal, patterns, names, show, steps, level)

    def losses() -> Array:
        with torch.no_grad():
            heights = trunk.features([wanted.grid] * layout.z) @ read + constant
            return np.moveaxis(goal.loss(heights).cpu().to(torch.float64).numpy(), -1, 0)

    for step in range(steps):
        if step % history.every == 0:
            yield from history.show(step, losses())
        batch = wanted.between if step % 2 and step < schedule.in_cells * steps else wanted.on_grid
        cardinals, asked = batch(generator)
        residual = goal.loss(trunk.features(cardinals) @ read + constant) / goal.amplitude - asked
        axes = tuple(range(layout.z))
        error = (residual - residual.mean(axes).detach()).square().mean(axes).sum()
        gradients = list(torch.autograd.grad(error, parameters))
        history.errors.append(finite(float(error.detach()), step))
        cosine = 0.5 * (1.0 + math.cos(math.pi * step / steps))
        table_step.step(gradients[: split[0]], schedule.tables * cosine)
        matrix_step.step(gradients[split[0] : split[1]], schedule.matrices * cosine)
        rest_step.step(gradients[split[1] :], schedule.rest * cosine)
        yield Progress((step + 1) / steps, f"step {step + 1} of {steps}")
    yield from history.show(steps, losses())
    return tuple(replace(trunk, read=read[:, head], constant=constant[head]) for head in range(len(patterns)))


def _start_heads(units: int, heads: int, generator: torch.Generator, like: Tensor) -> tuple[Tensor, Tensor]:
    """Return random read-outs (units, heads) and constants in the middle of the heights, both to be trained."""
    drawn = torch.randn(units, heads, generator=generator, dtype=torch.float64) / math.sqrt(units)
    return drawn.to(like).requires_grad_(), torch.full((heads,), 0.5).to(like).requires_grad_()


class _History:
    """The course of a training, and what is shown of it."""

    def __init__(
        self, goal: Goal, patterns: Array, names: tuple[str, ...], show: Show, steps: int, level: float | None
    ) -> None:
        self.goal, self.patterns, self.names, self.shown, self.level = goal, patterns, names, show, level
        self.every = min(100, max(10, steps // 50))
        self.errors: list[float] = []
        self.measured: list[tuple[int, list[float]]] = []

    def show(self, step: int, values: Array) -> Step[None]:
        """Yield what is shown of the losses (heads, G, G), and the curves."""
        errors = [each - self.goal.amplitude * pattern for each, pattern in zip(values, self.patterns, strict=True)]
        self.measured.append((step, [psnr(error - error.mean(), self.goal.amplitude) for error in errors]))
        yield from self.shown(values)
        steps = np.array([at for at, _ in self.measured], np.float64)
        found = np.array([db for _, db in self.measured])
        series = tuple(Series(name, steps, found[:, k].copy()) for k, name in enumerate(self.names))
        levels = (Level(self.level, f"expected {self.level:.0f} dB"),) if self.level is not None else ()
        yield Curve("psnr", "PSNR of every channel", "step", "dB", series, levels=levels)
        if self.errors:
            taken = np.arange(1.0, len(self.errors) + 1.0)
            series = (Series("batch", taken, np.array(self.errors)),)
            yield Curve(
                "loss", "Squared error of all heads while training", "step", "mean squared error", series, log_y=True
            )
