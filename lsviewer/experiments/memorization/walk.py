"""A walk on M, and the loss on straight lines that leave it."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Axis, Curve, Level, Mark, Section, Series, Trajectory
from lsviewer.core.claims import Claim, Number, Report, Verdict, at_least, at_most
from lsviewer.core.jobs import Job, Progress, Step, within
from lsviewer.core.numerals import num
from lsviewer.core.spec import SpecError
from lsviewer.engine.context import Context
from lsviewer.engine.manifold import Chart, SingularPoint, advance, chart
from lsviewer.engine.params import forward
from lsviewer.experiments.memorization.judgement import checkpoint
from lsviewer.experiments.memorization.minimum import LIMIT
from lsviewer.experiments.memorization.plane import affordable, plane
from lsviewer.experiments.memorization.setting import (
    AtPoint,
    Located,
    Problem,
)

KEPT = 20_000_000  # numbers of the path that are kept for the pictures
SHOWN = 401  # points of the path, and rows of predictions, at most
LINE_POINTS = 8  # data points along which predictions are drawn
HOLD = (3.7, 4.3)
RISE = (1.8, 2.2)


class Walk(AtPoint):
    """M has dimension n − d, so from a minimum one can walk along it in n − d directions and the loss stays zero.

    Each step goes straight in a tangent direction, the last one carried over, and a corrector brings it back to M. On
    straight lines the loss does not stay zero: along a tangent it rises like t⁴, since M bends away like t² and the
    residuals are squared; along a normal it rises like t².

    Shown: the loss along the walk, the path in the plane that holds most of it, the loss on that plane, the two
    straight lines with their slopes, and what the network predicts between the data while it walks: the data stay
    fixed, all else moves.
    """

    title: ClassVar[str] = "Walk on M"
    place: ClassVar[str] = "beyond section 2"
    formula: ClassVar[str] = (
        r"L(\gamma(s)) = 0, \qquad L(m + t\,v_\parallel) = O(t^4), \qquad L(m + t\,v_\perp) \sim t^2"
    )
    short_formula: ClassVar[str] = r"L(\gamma(s)) = 0"
    caveats: ClassVar[tuple[str, ...]] = (
        "The paper proves that M is a manifold; walking on it is ours.",
        "Zero means to rounding: the corrector brings every point of the path below the limit named in the claim.",
        "The plane holds most of the path, not all of it: the distance of the path from the plane is in the numbers.",
    )

    kind: Literal["walk"] = "walk"
    paces: int = Field(200, ge=2, le=20_000, title="Steps of the walk")
    pace: float = Field(
        0.25, ge=1e-4, le=10.0, title="Length of a step", description="In parameter space; halved where M bends too much.",
        json_schema_extra={"log": True},
    )  # fmt: skip
    grid: int = Field(41, ge=9, le=201, title="Grid", description="Points an axis of the plane through the path.")

    @property
    def verb(self) -> str:
        return f"Walk {self.paces} steps"

    def pose(self, context: Context) -> Problem:
        """Return the data as residuals; raises `SpecError` where M has no directions."""
        problem = super().pose(context)
        if problem.m >= problem.n:
            raise SpecError(
                f"field 'network': {problem.n} parameters for {problem.m} numbers leave no direction along M; take more units"
            )
        return problem

    def run(self, context: Context) -> Job:
        """Return the job: artifacts loss, along, lines, principal_plane, path, predictions, point."""
        problem, located = yield from within(self.approach(context), 0.0, 0.2)
        limit = max(LIMIT, problem.rounding)
        if located.loss > limit:
            return _nowhere(
                located, limit, f"L = {num(located.loss, 3)}: the point is not on M; Polish drives the loss down"
            )
        try:
            first = yield from chart(problem.residuals, located.theta)
            lines = straight_lines(problem, first, located, context)
            yield lines.curve
            walked = yield from within(self._walk(problem, first, limit, context), 0.2, 0.8)
        except SingularPoint as error:
            return _nowhere(located, limit, f"the point is singular: {error}")
        centre, axes, coordinates, off = principal_plane(walked)
        yield from within(self._pictures(problem, walked, centre, axes, coordinates, off), 0.8, 1.0)
        yield checkpoint(problem, centre, axes, "Centre and axes of the plane through the path")
        return self._report(problem, walked, lines, off, limit)

    def _walk(self, problem: Problem, first: Chart, limit: float, context: Context) -> Step["Walked"]:
        direction = torch.randn(problem.n, dtype=torch.float64, generator=context.generator("heading")).to(
            first.theta.device
        )
        every = max(1, math.ceil(self.paces * problem.n / KEPT))
        thetas, kept, losses, arcs, distances = (
            [first.theta],
            [0],
            [problem.residuals.loss(problem.residuals.at(first.theta))],
            [0.0],
            [0.0],
        )
        here = first
        for k in range(self.paces):
            pace = advance(here, direction, self.pace, limit=limit, stop_below=self.stop_below)
            direction = pace.direction
            losses.append(pace.loss)
            arcs.append(arcs[-1] + pace.length)
            distances.append(float((pace.theta - first.theta).norm()))
            if (k + 1) % every == 0 or k == self.paces - 1:
                thetas.append(pace.theta)
                kept.append(k + 1)
            if k + 1 < self.paces:
                here = yield from chart(problem.residuals, pace.theta)
            if k % 25 == 24 or k == self.paces - 1:
                yield along(arcs, losses, distances, limit)
            yield Progress(
                (k + 1) / self.paces, f"step {k + 1} of {self.paces}, arc {num(arcs[-1], 3)}, L = {num(pace.loss)}"
            )
        return Walked(torch.stack(thetas), tuple(kept), np.array(losses), np.array(arcs), np.array(distances))

    def _pictures(
        self, problem: Problem, walked: "Walked", centre: Tensor, axes: Tensor, coordinates: Array, off: Array
    ) -> Step[None]:
        reach = 1.25 * max(float(np.abs(coordinates).max()), 1e-12)
        points = affordable(problem, self.grid)
        grid = tuple(
            Axis(name, np.linspace(-reach, reach, points)) for name in ("along the path 1", "along the path 2")
        )
        marks = (Mark(tuple(coordinates[0]), "start"), Mark(tuple(coordinates[-1]), "end"))
        shown = np.unique(np.linspace(0, len(walked.kept) - 1, SHOWN).round().astype(int))
        losses = walked.losses[[walked.kept[i] for i in shown]]
        yield Trajectory("path", "The walk", coordinates[shown], losses, "principal_plane", off[shown])
        title = "Loss on the plane that holds most of the walk"
        yield from plane(problem, centre, axes, grid, name="principal_plane", title=title, marks=marks)
        yield predictions(problem, walked, shown)

    def _report(self, problem: Problem, walked: "Walked", lines: "Lines", off: Array, limit: float) -> Report:
        arc, worst = float(walked.arcs[-1]), float(walked.losses.max())
        straight = lines.loss_straight(arc)
        slopes = (("fitted on lengths", f"{num(lines.window[0])} to {num(lines.window[1])}"),)
        claims = (
            at_most("The loss stays zero all along the walk", worst, limit, expected=f"≤ {num(limit)}",
                    evidence=(("steps", self.paces), ("arc", arc), ("distance from the start", float(walked.distances[-1])))),
            _between("Along a straight tangent line L rises like t⁴", lines.slope_tangent, HOLD, slopes),
            _between("Along a straight normal line L rises like t²", lines.slope_normal, RISE, slopes),
            at_least("Straight on for the same length leaves M", straight, 1e3 * max(limit, worst),
                     expected="> 1000 times that loss", reason="the path bends with M"),
        )  # fmt: skip
        numbers: dict[str, Number | str] = {
            "arc": arc, "loss_max": worst, "slope_tangent": lines.slope_tangent, "slope_normal": lines.slope_normal,
            "steps": self.paces, "distance": float(walked.distances[-1]), "loss_straight": straight,
            "off_plane_max": float(off.max()), "parameters": problem.n, "data_points": problem.samples,
            "outputs": problem.outputs, "data_sha256": problem.data.sha256,
        }  # fmt: skip
        return Report(
            claims,
            numbers,
            means=f"One connected piece of M was followed for a length of {num(arc, 3)}; the network at its end fits the data as "
            "well as at its start and is another function between them.",
            does_not_mean="Nothing about how far M reaches, nor whether it is connected; the networks met on the way need not "
            "generalise alike.",
        )


@dataclass(frozen=True, slots=True, eq=False)
class Walked:
    """The path: parameters at the kept steps, and loss, arc length and distance from the start at all of them."""

    thetas: Tensor  # [kept, n]
    kept: tuple[int, ...]
    losses: Array
    arcs: Array
    distances: Array


def _nowhere(located: Located, limit: float, reason: str) -> Report:
    claim = Claim(
        "The loss stays zero all along the walk", f"≤ {num(limit)}", located.loss, limit, Verdict.NOT_APPLICABLE, reason
    )
    numbers: dict[str, Number | str] = {
        "arc": 0.0,
        "loss_max": located.loss,
        "slope_tangent": "not applicable",
        "slope_normal": "not applicable",
    }
    return Report((claim,), numbers, means=f"There is no walk from here: {reason}.", does_not_mean="That M is empty.")


def _between(
    statement: str, slope: float, bounds: tuple[float, float], evidence: tuple[tuple[str, str | Number], ...]
) -> Claim:
    low, high = bounds
    verdict = Verdict.HOLDS if low <= slope <= high else Verdict.UNDECIDED if math.isnan(slope) else Verdict.FAILS
    middle = 0.5 * (low + high)
    reason = "too few lengths with a loss above rounding" if math.isnan(slope) else ""
    return Claim(
        statement, f"slope {middle:g} ± {high - middle:.1g}", slope, high - middle, verdict, reason, "", evidence
    )


# --- straight lines ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """The loss along one straight tangent and one straight normal line."""

    curve: Curve
    slope_tangent: float
    slope_normal: float
    window: tuple[float, float]
    problem: Problem
    theta: Tensor
    tangent: Tensor

    def loss_straight(self, length: float) -> float:
        """Return the loss at that distance on the tangent line."""
        return self.problem.residuals.loss(self.problem.residuals.at(self.theta + length * self.tangent))


def straight_lines(problem: Problem, here: Chart, located: Located, context: Context) -> Lines:
    """Return the loss on both lines and the slopes fitted where it stands above rounding and the lines are short."""
    theta = located.theta
    noise = torch.randn(problem.n + problem.m, dtype=torch.float64, generator=context.generator("lines")).to(
        theta.device
    )
    tangent = here.project(noise[: problem.n])
    normal = here.normal(noise[problem.n :])
    tangent, normal = tangent / tangent.norm(), normal / normal.norm()
    lengths = np.logspace(-5.0, 0.5, 67)
    losses = [
        np.array([problem.residuals.loss(problem.residuals.at(theta + t * v)) for t in lengths])
        for v in (tangent, normal)
    ]
    floor = max(1e4 * located.loss, 1e3 * problem.rounding * 1e-4)
    slopes, low, high = [], math.inf, 0.0
    for values in losses:
        usable = np.flatnonzero((values > floor) & (lengths < 0.3))[
            :14
        ]  # the shortest ones: higher orders are least there
        if len(usable) < 5:
            slopes.append(math.nan)
            continue
        slopes.append(float(np.polyfit(np.log(lengths[usable]), np.log(values[usable]), 1)[0]))
        low, high = min(low, lengths[usable[0]]), max(high, lengths[usable[-1]])
    shown = [np.where(values > 0, values, np.nan) for values in losses]
    curve = Curve(
        "lines", f"Straight on: slopes {slopes[0]:.2f} and {slopes[1]:.2f}", "length t", "L",
        (Series("along a tangent", lengths, shown[0]), Series("along a normal", lengths, shown[1])),
        log_x=True, log_y=True, levels=(Level(max(floor, 1e-40), "fitted above"),),
    )  # fmt: skip
    return Lines(curve, slopes[0], slopes[1], (low, high), problem, theta, tangent)


# --- what is shown -----------------------------------------------------------------------------------------------------------


def along(arcs: list[float], losses: list[float], distances: list[float], limit: float) -> Curve:
    """Return the artifact ``along``: the loss over the arc length."""
    values = np.maximum(np.array(losses), 1e-40)
    return Curve(
        "along", f"Loss along the walk, {len(losses) - 1} steps, {num(distances[-1], 3)} from the start", "arc length", "L",
        (Series("on M", np.array(arcs), values),), log_y=True, levels=(Level(limit, "limit"),),
    )  # fmt: skip


def principal_plane(walked: Walked) -> tuple[Tensor, Tensor, Array, Array]:
    """Return centre [n], two orthonormal axes [2, n], the path in them [kept, 2] and its distance from the plane [kept]."""
    centre = walked.thetas.mean(0)
    moved = walked.thetas - centre
    _, vectors = torch.linalg.eigh(moved @ moved.T)  # steps x steps: n may be large
    pair = moved.T @ vectors[:, [-1, -2]]
    axes = torch.linalg.qr(pair).Q.T.contiguous()
    inside = moved @ axes.T
    off = (moved.square().sum(1) - inside.square().sum(1)).clamp(min=0).sqrt()
    return centre, axes, inside.cpu().numpy(), off.cpu().numpy()


def predictions(problem: Problem, walked: Walked, chosen: Array) -> Section:
    """Return the artifact ``predictions``: output 1 along the walk (axis 1) on the way from data point to data point (axis 2)."""
    x = problem.residuals.x[:LINE_POINTS]
    pieces = torch.linspace(0.0, 1.0, 13, dtype=x.dtype, device=x.device)[:-1, None]
    way = torch.cat([*(a + pieces * (b - a) for a, b in pairwise(x)), x[-1:]])
    with torch.no_grad():
        rows = [
            forward(problem.network, problem.residuals.at(walked.thetas[i]), way)[:, 0].cpu().numpy() for i in chosen
        ]
    arcs = walked.arcs[[walked.kept[i] for i in chosen]]
    position = 1.0 + np.arange(len(way)) / len(pieces)
    axes = (Axis("arc length", arcs), Axis("data point", position))
    marks = tuple(Mark((0.0, float(k + 1)), str(k + 1)) for k in range(len(x)))
    title = "Predictions along the walk: fixed at the data"
    return Section("predictions", axes, np.stack(rows), title, "f", marks=marks, follows="path")
