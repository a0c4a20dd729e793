"""The surface where nobody asked for anything: random filter-normalised sections through a network, and its full Hessian.

Sections after Li et al. 2018; eigenvalues of the Hessian of the mean loss over all samples by Lanczos in float64, each with
the bound of its residual.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Axis, Curve, Mark, Section, Series
from lsviewer.core.jobs import Step, within
from lsviewer.engine.context import Context
from lsviewer.engine.curvature import Curvature
from lsviewer.engine.directions import random_directions
from lsviewer.engine.lanczos import Pairs, top_eigenvalues
from lsviewer.engine.params import Params, flatten, forward, move, unflatten
from lsviewer.engine.risk import Risk
from lsviewer.experiments.patterns.found import AXES
from lsviewer.experiments.patterns.grid_losses import grid_losses

PLANES = 3  # random sections that are averaged; the first is shown
GRID = 21
HALF_WIDTH = 0.5
EIGENVALUES = 8
DISTANCES = np.linspace(0.0, HALF_WIDTH, 11)  # of the rings over which the rise is averaged
ACCURACY, STEPS = 1e-3, 100  # of Lanczos: an eigenvalue to so much of the largest, in at most so many products


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Mean rise of the loss over random sections, the same by distance, and the Hessian's largest eigenvalues."""

    rise: float
    profile: Array  # (len(DISTANCES),)
    pairs: Pairs


def look(context: Context, risk: Risk, params: Params, loss: float, name: str) -> Step[Seen]:
    """Return what is seen around a network; yields the first random section as artifact ``random_NAME``.

    ``loss`` is that of the network itself. Two networks are looked at along the same noise, scaled to their own rows.
    """
    generator = context.generator("random sections")
    half = np.linspace(-HALF_WIDTH, HALF_WIDTH, GRID)
    rises, profiles = [], []
    for k in range(PLANES):
        directions = random_directions(params, 2, generator)
        part = grid_losses(risk, params, directions, (half, half), f"random section {k + 1} of {PLANES}, {name}")
        values = yield from within(part, 0.6 * k / PLANES, 0.6 * (k + 1) / PLANES)
        rises.append(float(values.mean()) - loss)
        profiles.append(by_distance(values - loss, half))
        if k == 0:
            axes = tuple(Axis(axis, half) for axis in AXES[:2])
            marks = (Mark((0.0, 0.0), "network", "origin"),)
            yield Section(f"random_{name}", axes, values, title=f"Random section, {name}", marks=marks)
    pairs = yield from within(_hessian(context, risk, params), 0.6, 1.0)
    return Seen(float(np.mean(rises)), np.mean(profiles, axis=0), pairs)


def by_distance(values: Array, half: Array) -> Array:
    """Return the mean of the values (n, n) over rings around the middle, one for each of the `DISTANCES`."""
    away = np.hypot(half[:, None], half[None, :])
    rings = np.abs(away[..., None] - DISTANCES).argmin(axis=-1)
    inside = away <= HALF_WIDTH + 0.5 * DISTANCES[1]
    return np.array([values[inside & (rings == k)].mean() for k in range(len(DISTANCES))])


def _hessian(context: Context, risk: Risk, params: Params) -> Step[Pairs]:
    wide = risk.to(torch.float64, "cpu")
    like = move(params, dtype=torch.float64, device="cpu")

    def mean_loss(theta: Tensor) -> Tensor:
        return wide.loss(forward(wide.network, unflatten(theta, like), wide.x), wide.target).mean()

    curvature, generator = Curvature(mean_loss, flatten(like)), context.generator("lanczos")
    size = len(curvature.theta)
    return (yield from top_eigenvalues(curvature, size, EIGENVALUES, generator, accuracy=ACCURACY, steps=STEPS))


def rise_curve(one: Seen, other: Seen) -> Curve:
    """Return how the loss rises away from both networks, on the mean of the random sections."""
    pairs = (("with", one), ("without", other))
    series = tuple(Series(label, DISTANCES, seen.profile) for label, seen in pairs)
    return Curve("random_rise", f"Rise on {PLANES} random sections", "distance from the network", "mean rise", series)


def eigenvalue_curve(one: Pairs, other: Pairs) -> Curve:
    """Return the largest eigenvalues of both networks, by number."""
    series = []
    for label, pairs in (("with", one), ("without", other)):
        values = pairs.values.numpy()
        series.append(Series(label, np.arange(1, len(values) + 1, dtype=float), values, "points"))
    return Curve("eigenvalues", "Top eigenvalues of the Hessian", "number", "eigenvalue", tuple(series))
