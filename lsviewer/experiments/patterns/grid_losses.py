"""The loss at all cells of a small section over all samples, in plain order: for sections that are looked at once."""

import numpy as np

from lsviewer.core.arrays import Array
from lsviewer.core.jobs import Progress, Step
from lsviewer.engine.affine_risk import AffineRisk
from lsviewer.engine.params import Params
from lsviewer.engine.risk import Risk


def grid_losses(
    risk: Risk, origin: Params, directions: tuple[Params, ...], coordinates: tuple[Array, ...], words: str
) -> Step[Array]:
    """Return the losses on the grid of the coordinates, float64 in ij order; yields after every cell."""
    fast = AffineRisk(risk, origin, directions)
    values = np.empty(tuple(len(axis) for axis in coordinates))
    for k, index in enumerate(np.ndindex(*values.shape)):
        values[index] = fast(*(float(axis[i]) for axis, i in zip(coordinates, index)))
        yield Progress((k + 1) / values.size, words)
    return values


def unit_axes(shape: tuple[int, ...]) -> tuple[Array, ...]:
    """Return the grid points of [0, 1]^z."""
    return tuple(np.linspace(0.0, 1.0, n) for n in shape)


def silent(step: Step[Array], fraction: float) -> Step[Array]:
    """Run a step at one fraction of the whole: its words are passed on, its progress is not."""
    while True:
        try:
            event = next(step)
        except StopIteration as stop:
            found: Array = stop.value
            return found
        yield Progress(fraction, event.text if isinstance(event, Progress) else "")
