"""Sections through points of M: the general section engine, with the sum of squares in the place of the mean."""

import math
from dataclasses import replace

from torch import Tensor

from lsviewer.core.artifacts import Axis, Mark, Section
from lsviewer.core.jobs import Step
from lsviewer.engine.losses import Loss, Squared
from lsviewer.engine.params import Params
from lsviewer.engine.risk import Risk
from lsviewer.engine.sections import section
from lsviewer.experiments.memorization.setting import Problem


def plane(
    problem: Problem, theta: Tensor, directions: Tensor, axes: tuple[Axis, ...], *, name: str, title: str,
    factor: float = 1.0, marks: tuple[Mark, ...] = (), loss: Loss | None = None, target: Tensor | None = None,
) -> Step[Section]:  # fmt: skip
    """Yield ever finer sections of ``factor`` times the sum over the samples (of squares, or another loss)."""
    residuals = problem.residuals
    risk = Risk(problem.network, loss or Squared(), residuals.x, residuals.y if target is None else target)
    origin: Params = dict(residuals.at(theta))
    moves = tuple(dict(residuals.at(row)) for row in directions)
    step = section(risk, origin, moves, axes, name=name, title=title, marks=marks)
    try:
        while True:
            event = next(step)
            if isinstance(event, Section):
                event = _summed(event, factor * problem.samples)
            yield event
    except StopIteration as stop:
        return _summed(stop.value, factor * problem.samples)
    finally:
        step.close()


def affordable(problem: Problem, most: int, products: float = 3e10) -> int:
    """Return an odd number of points an axis, at most ``most``, for which a plane costs so many multiplications at most."""
    points = int(math.sqrt(products / max(1.0, float(problem.samples) * problem.n)))
    return max(9, min(most, points - 1 + points % 2))


def _summed(found: Section, factor: float) -> Section:
    return replace(found, values=factor * found.values)
