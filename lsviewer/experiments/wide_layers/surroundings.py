"""What lies around a critical point with Phi > 0: ways down that begin a step aside of it, and Phi on a plane through it."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from lsviewer.core.artifacts import Axis, Curve, Mark, Section, Series
from lsviewer.core.jobs import Progress, Step
from lsviewer.core.numerals import num
from lsviewer.engine.batched_descent import descend, hessians
from lsviewer.engine.context import Context
from lsviewer.experiments.wide_layers.setting import Problem

ASIDE = 0.01  # length of the step aside
WAYS = 8
FARTHEST = 12.0  # how far the plane reaches towards the end of a way down
ROWS = 4  # of the plane, evaluated at once


@dataclass(frozen=True, slots=True, eq=False)
class Left:
    """Where the ways down ended: the best of them, its Phi, and what that is called."""

    theta: Tensor  # [n]
    phi: float
    words: str


def leave(problem: Problem, theta: Tensor, context: Context, steps: int = 300) -> Step[Left]:
    """Yield the artifact ``leaving`` and return where the best way down ended."""
    noise = torch.randn(WAYS, len(theta), dtype=torch.float64, generator=context.generator("aside"))
    start = theta + ASIDE * noise / noise.norm(dim=1, keepdim=True)
    found = yield from descend(
        problem.objective, start, steps=steps, stop_below=1e-3 * problem.rounding, text="ways down"
    )
    phi = float(problem.objective(theta))
    least = float(found.values.min())
    rows = torch.stack(found.history)  # [rounds, ways]
    gap = torch.full((1, WAYS), math.nan, dtype=torch.float64)
    y = torch.cat([rows, gap]).T.flatten().clamp(min=1e-34)
    x = torch.cat([torch.arange(len(rows), dtype=torch.float64), torch.tensor([math.nan]).double()]).repeat(WAYS)
    flat = torch.tensor([0.0, float(len(rows) - 1)], dtype=torch.float64)
    series = (
        Series(f"{WAYS} ways down", x.numpy(), y.numpy()),
        Series(f"Φ = {num(phi, 4)} at the point", flat.numpy(), torch.full_like(flat, phi).numpy(), "dashed"),
    )
    title = f"Ways down from {ASIDE:g} aside"
    yield Curve("leaving", title, "step", "Φ", series, log_y=True)
    if least <= problem.rounding:
        words = "Ways down that begin beside it reach Φ = 0."
    elif least < phi - 1e-6 * max(phi, 1e-300):
        words = f"Ways down that begin beside it fall to Φ = {num(least, 3)}."
    elif float((found.theta - start).abs().max()) < 1e-3 * ASIDE:
        words = "Ways down that begin beside it do not move."
    else:
        words = "Ways down that begin beside it come back to the same Φ."
    return Left(found.theta[int(found.values.argmin())], least, words)


def plane(problem: Problem, theta: Tensor, left: Left | None, points: int = 81) -> Step[Section]:
    """Yield the artifact ``around``: Phi on a plane through the point.

    The first axis leads to the end of the best way down, where that lies apart; else along the least curvature, as the second,
    which then is as long as makes Phi rise equally.
    """
    values, vectors = torch.linalg.eigh(hessians(problem.objective, theta[None])[0])
    order = values.argsort()
    flat = [vectors[:, k] for k in order[:2].tolist()]
    away = float((left.theta - theta).norm()) if left is not None else 0.0
    if left is not None and 10.0 * ASIDE < away:
        first = (left.theta - theta) / away
        reach = min(away, FARTHEST)
        span = torch.linspace(-0.4 * reach, 1.4 * reach, points, dtype=torch.float64)
        name = "way down"
    else:
        first, away, reach = flat[0], 0.0, 1.5
        span = torch.linspace(-reach, reach, points, dtype=torch.float64)
        name = "flattest"
    second = next(v for v in (*flat, vectors[:, -1]) if float((v - first * (first @ v)).norm()) > 0.1)
    second = second - first * (first @ second)
    second = second / second.norm()
    half = 0.5 * float(span[-1] - span[0])
    if away == 0.0:  # as far as Phi rises equally
        bent = [max(float(values @ (vectors.T @ v).square()), 1e-12) for v in (first, second)]
        half *= min(1.0, max(0.1, math.sqrt(bent[0] / bent[1])))
    other = torch.linspace(-half, half, points, dtype=torch.float64)
    grid = torch.full((points, points), math.nan, dtype=torch.float64)
    for row in range(0, points, ROWS):
        along = span[row : row + ROWS, None, None] * first + other[None, :, None] * second
        with torch.no_grad():
            grid[row : row + ROWS] = problem.objective(theta + along)
        yield Progress(row / points, "the plane through the point")
    marks = [Mark((0.0, 0.0), "the point", "origin")]
    if 0.0 < away <= 1.4 * reach:
        marks.append(Mark((away, 0.0), "end of the way down", "minimum"))
    axes = (Axis(name, span.numpy()), Axis("across", other.numpy()))
    section = Section("around", axes, grid.numpy(), "Φ on a plane through the point", "Φ", marks=tuple(marks))
    yield section
    return section
