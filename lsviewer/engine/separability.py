"""Is one class linearly separable from the rest? A hyperplane that shows it, or the points that block it.

Definition 5.1 of Nguyen and Hein (2017): a and b with s_i (a . x_i + b) > 0 for all samples, s = 1 for the class and -1 for
the others. Least squares on s is tried first: it is fast and often enough. Else a linear programme,

    max t   with   s_i (a . z_i + b) >= t,  |a|_inf <= 1        (z: x centred and scaled, column by column)

whose dual are weights lambda >= 0 of sum 1 with sum lambda_i s_i = 0: t = min |sum lambda_i s_i z_i|_1. At t = 0 they are a
point in which the convex hulls of both sides meet, and the samples with lambda_i > 0 are those that block. A separating
plane is checked on the data as they are, with the rounding of the check; touching hulls can be shown up to rounding only.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy.optimize
import torch
from jaxtyping import Float
from torch import Tensor

from lsviewer.core.arrays import Array
from lsviewer.core.jobs import Progress, Step
from lsviewer.engine.linalg import EPS, in_background

MEET = 1e-7  # hulls nearer than this, in units of the scaled features, are said to meet


@dataclass(frozen=True, slots=True, eq=False)
class Separation:
    """What is known of one class against the rest. ``separable`` None: undecided."""

    label: int
    separable: bool | None
    margin: float  # least distance of a sample from the plane, negative where none separates
    by: Literal["least squares", "linear programme"]
    normal: Array  # (w,)
    offset: float
    blocking: tuple[int, ...]  # samples whose hulls meet
    meet: float  # how far from meeting the hulls are at most, scaled features


def separate_all(features: Float[Tensor, "N w"], labels: Tensor, classes: int) -> Step[tuple[Separation, ...]]:
    """Return the answer for every class."""
    found = []
    x = np.asarray(features.cpu(), dtype=np.float64)
    y = np.asarray(labels.cpu())
    for label in range(classes):
        yield Progress(label / classes, f"class {label} of {classes}")
        signs = np.where(y == label, 1.0, -1.0)
        found.append((yield from in_background(lambda s=signs, c=label: separate(x, s, c), x.size > 20_000, f"class {label}")))  # type: ignore[misc]  # fmt: skip
    return tuple(found)


def separate(x: Array, signs: Array, label: int = 0) -> Separation:
    """Return the answer for one class against the rest; signs are 1 and -1."""
    centre, scale = x.mean(0), x.std(0)
    moving = scale > 1e-13 * max(float(np.abs(x).max()), 1e-300)  # constant columns separate nothing
    z = (x[:, moving] - centre[moving]) / scale[moving]
    quick, *_ = np.linalg.lstsq(np.column_stack([z, np.ones(len(z))]), signs, rcond=None)
    plane = _plane(quick, centre, scale, moving)
    if (margin := _margin(x, signs, *plane)) > 0.0:
        return Separation(label, True, margin, "least squares", plane[0], plane[1], (), 0.0)
    width = z.shape[1]
    rows = np.column_stack([-signs[:, None] * z, -signs, np.ones(len(z))])
    cost = np.zeros(width + 2)
    cost[-1] = -1.0
    bounds = [(-1.0, 1.0)] * width + [(None, None), (None, float(width) * 1e3)]
    solved = scipy.optimize.linprog(cost, A_ub=rows, b_ub=np.zeros(len(z)), bounds=bounds, method="highs")
    if solved.x is None:
        return Separation(label, None, margin, "linear programme", plane[0], plane[1], (), float("inf"))
    best = _plane(solved.x[:-1], centre, scale, moving)
    reached = _margin(x, signs, *best)
    if reached > 0.0:
        return Separation(label, True, reached, "linear programme", best[0], best[1], (), 0.0)
    weights = np.maximum(-np.asarray(solved.ineqlin.marginals), 0.0)
    meet, blocking = _meeting(z, signs, weights)
    separable = False if meet < MEET else None
    return Separation(label, separable, min(reached, 0.0), "linear programme", best[0], best[1], blocking, meet)


def _plane(scaled: Array, centre: Array, scale: Array, moving: Array) -> tuple[Array, float]:
    """Return normal and offset for the features as they are."""
    normal = np.zeros(len(centre))
    normal[moving] = scaled[: int(moving.sum())] / scale[moving]
    return normal, float(scaled[-1] - normal @ centre)


def _margin(x: Array, signs: Array, normal: Array, offset: float) -> float:
    """Return the least signed distance of the samples from a plane, rounding taken off; negative where one is beyond it."""
    size = float(np.linalg.norm(normal))
    if size == 0.0:
        return -1.0
    rounding = (len(normal) + 2) * EPS * (np.abs(x) @ np.abs(normal) + abs(offset))
    return float((signs * (x @ normal + offset) - rounding).min()) / size


def _meeting(z: Array, signs: Array, weights: Array) -> tuple[float, tuple[int, ...]]:
    """Return the distance of the two convex combinations the weights make, and the samples in them."""
    ours, theirs = weights * (signs > 0), weights * (signs < 0)
    if ours.sum() == 0.0 or theirs.sum() == 0.0:
        return float("inf"), ()
    ours, theirs = ours / ours.sum(), theirs / theirs.sum()
    distance = float(np.abs(ours @ z - theirs @ z).max())
    order = np.argsort(-(ours + theirs))
    heavy = [int(i) for i in order if ours[i] + theirs[i] > 1e-9]
    return distance, tuple(heavy)


def classes_of(y: Tensor) -> Tensor:
    """Return the class [N] of targets [N, m]: the largest entry."""
    return torch.argmax(y, dim=1)
