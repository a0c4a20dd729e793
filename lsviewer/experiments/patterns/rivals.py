"""The same pattern in the same network by the two routes of Theorem 1, timed: the closed form, and training in tables."""

from dataclasses import dataclass

import numpy as np

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Section
from lsviewer.core.jobs import Progress, Step
from lsviewer.core.spec import SpecError
from lsviewer.engine.activations import Relu
from lsviewer.engine.context import Context
from lsviewer.engine.data import Data
from lsviewer.experiments.patterns.clock import Clock
from lsviewer.experiments.patterns.fitting import fit
from lsviewer.experiments.patterns.goal import make_goal, risk
from lsviewer.experiments.patterns.measures import fit_of
from lsviewer.experiments.patterns.overlap import Overlap, overlap_of
from lsviewer.experiments.patterns.separable import grid_axes
from lsviewer.experiments.patterns.tables import make_layout
from lsviewer.experiments.patterns.theorem1 import Theorem1

TRAINING_STEPS = 300


@dataclass(frozen=True, slots=True, eq=False)
class Rival:
    """What a route reached: CPU seconds and root mean square errors in amplitudes on the way, the overlap at the end."""

    seconds: Array  # (k,)
    errors: Array  # (k,)
    overlap: Overlap
    values: Array  # (G,) * z


def construct(recipe: Theorem1, data: Data, pattern: Array, context: Context) -> Rival | str:
    """Return the closed form with the CPU seconds of writing it down and evaluating all cells; or why it does not fit.

    It is done twice, and the second one is timed: the first pays for what is loaded and allocated once.
    """
    if not isinstance(recipe.network.activation, Relu):
        return "The closed form is made of relu units."
    try:
        for _ in range(2):
            clock = Clock()
            with clock:
                goal = make_goal(recipe.loss, data.labels, recipe.amplitude)
                found = recipe.planted(context, data, goal, pattern)
                mean = risk(recipe.loss, data.labels)
                values = found.losses(grid_axes(pattern.shape[0], pattern.ndim), mean)
    except SpecError as error:
        return f"The closed form does not fit: {error}."
    return Rival(
        np.array([clock.seconds]), np.array([_error(values, pattern, recipe.amplitude)]),
        overlap_of(values, pattern, recipe.amplitude), values,
    )  # fmt: skip


def train(recipe: Theorem1, data: Data, pattern: Array, context: Context) -> Step[Rival | str]:
    """Return what training in tables reaches in `TRAINING_STEPS` steps; or why it cannot be done. Yields progress only."""
    try:
        layout = make_layout(recipe.network, pattern.ndim, pattern.shape[0])
        goal = make_goal(recipe.loss, data.labels, recipe.amplitude)
    except SpecError as error:
        return f"Training in tables does not fit: {error}."
    clock, seconds, errors, values = Clock(), [], [], pattern
    job = fit(recipe.network, layout, goal, pattern, TRAINING_STEPS, "direct", context)
    try:
        while True:
            with clock:
                event = next(job, None)
            if event is None:
                break
            if isinstance(event, Progress):
                yield event
            elif isinstance(event, Section) and clock.seconds:
                values = event.values
                seconds.append(clock.seconds)
                errors.append(_error(values, pattern, recipe.amplitude))
    finally:
        job.close()
    return Rival(np.array(seconds), np.array(errors), overlap_of(values, pattern, recipe.amplitude), values)


def _error(values: Array, pattern: Array, amplitude: float) -> float:
    return float(10.0 ** (-fit_of(values, amplitude * pattern, amplitude).psnr_db / 20.0))
