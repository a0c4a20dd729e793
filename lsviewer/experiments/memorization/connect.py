"""Two minima found independently, joined by a path along which the loss stays low."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Axis, Curve, Level, Mark, Series, Trajectory
from lsviewer.core.claims import Claim, Number, Report, Verdict, at_least
from lsviewer.core.jobs import Job, Progress, Step, within
from lsviewer.core.numerals import num
from lsviewer.core.spec import SpecError
from lsviewer.engine.alignment import align
from lsviewer.engine.context import Context
from lsviewer.engine.losses import CrossEntropy, Loss, Squared
from lsviewer.engine.params import flatten, forward
from lsviewer.experiments.memorization.curve_finding import adam, at, find_bend
from lsviewer.experiments.memorization.homing import join
from lsviewer.experiments.memorization.judgement import checkpoint
from lsviewer.experiments.memorization.minimum import LIMIT
from lsviewer.experiments.memorization.plane import affordable, plane
from lsviewer.experiments.memorization.setting import Memorization, Problem, Steps, StopBelow, find

LINE = 101  # points of the straight line, and of a trained curve


class Connect(Memorization):
    """Two minima found from different random starts look isolated: on the straight line between them the loss is
    high. But M is a manifold of dimension n − d, and with enough parameters the two lie on one piece of it.

    Inside M: the second minimum is first brought near the first one by reordering its hidden units (and flipping
    signs, for an odd activation), which changes nothing it computes. Then the walk goes home: straight at the target,
    projected on the tangent space, corrected back to M.

    For networks trained with cross-entropy, which has no zero, a path with one bend is trained instead (Garipov et
    al. 2018).

    Shown: the loss along the path and along the straight lines, and the loss on the plane through both ends and the
    middle of the path.
    """

    title: ClassVar[str] = "Join two minima"
    place: ClassVar[str] = "section 1, after Garipov et al. and Draxler et al."
    formula: ClassVar[str] = (
        r"\gamma : [0, 1] \to M, \qquad \gamma(0) = m_A, \quad \gamma(1) = m_B, \qquad L \circ \gamma = 0"
    )
    short_formula: ClassVar[str] = r"L(\gamma(t)) = 0"
    caveats: ClassVar[tuple[str, ...]] = (
        "The paper proves that M is a manifold, not that it is connected: a path that is not found decides nothing.",
        "Homing works for n / d of 7 and more, mostly at 3, and not near 1.",
        "Inside M means: every point of the path and one between any two neighbours is on M to rounding.",
        "A trained path (cross-entropy) keeps the loss low, not at zero; its barrier counts from the higher end.",
    )

    kind: Literal["connect"] = "connect"
    path: Literal["homing", "bezier", "polygon"] = Field(
        "homing",
        title="Path",
        description="homing: inside M, squared loss; bezier, polygon: one trained bend, any loss.",
    )
    loss: Loss = Field(Squared(), title="Loss", description="Of trained paths; homing is about squared loss.")
    reorder: bool = Field(True, title="Reorder units", description="Bring the second minimum near the first one.")
    pace: float = Field(
        0.25, ge=1e-4, le=10.0, title="Length of a step", description="Of homing, in parameter space.",
        json_schema_extra={"log": True, "only_when": {"path": "homing"}},
    )  # fmt: skip
    paces: int = Field(
        1000, ge=10, le=100_000, title="Steps at most", description="Of homing.",
        json_schema_extra={"only_when": {"path": "homing"}},
    )  # fmt: skip
    training: int = Field(
        600,
        ge=10,
        le=100_000,
        title="Training steps",
        description="Of Adam, for each end and for the bend of a trained path.",
    )
    rate: float = Field(1e-2, ge=1e-6, le=1.0, title="Learning rate", json_schema_extra={"log": True})
    stop_below: StopBelow = 1e-26
    steps: Steps = 200
    grid: int = Field(41, ge=9, le=201, title="Grid", description="Points an axis of the plane through ends and path.")

    @property
    def verb(self) -> str:
        return "Join"

    def notes(self) -> tuple[str, ...]:
        """Return what these settings break."""
        if self.path == "homing" and not isinstance(self.loss, Squared):
            return (f"Homing stays where the squared loss is zero; for {self.loss.label} choose bezier or polygon.",)
        return super().notes()

    def run(self, context: Context) -> Job:
        """Return the job: artifacts barrier, ends_plane, path, point."""
        if self.path == "homing" and not isinstance(self.loss, Squared):
            raise SpecError(
                f"field 'path' is 'homing': it follows the zeros of the squared loss, the loss is '{self.loss.kind}'; "
                "choose bezier or polygon"
            )
        yield Progress(0.0, "reading the data")
        problem = self.pose(context)
        surface = self._surface(problem)
        if self.path == "homing":
            found = yield from self._home(problem, surface, context)
        else:
            found = yield from self._bend(problem, surface, context)
        yield found.curve
        yield from within(self._plane(problem, surface, found), 0.9, 1.0)
        return self._report(problem, found)

    # --- inside M ------------------------------------------------------------------------------------------------------

    def _home(self, problem: Problem, surface: "Surface", context: Context) -> Step["Found"]:
        if problem.m >= problem.n:
            raise SpecError(
                f"field 'network': {problem.n} parameters for {problem.m} numbers leave no direction along M; take more units"
            )
        limit = max(LIMIT, problem.rounding)
        ways = [
            within(find(problem, context, stop_below=self.stop_below, steps=self.steps, name=name), low, low + 0.15)
            for name, low in (("init", 0.0), ("second", 0.15))
        ]
        first = yield from ways[0]
        second = yield from ways[1]
        if max(first.loss, second.loss) > limit:
            reason = f"no two minima with loss zero were found (L = {num(first.loss)}, {num(second.loss)})"
            return (yield from Found.on(surface, (first.theta,), second.theta, second.theta, reason=reason))
        end = self._near(problem, first.theta, second.theta)
        walk = join(
            problem.residuals, first.theta, end, pace=self.pace, steps=self.paces, limit=limit, stop_below=self.stop_below
        )  # fmt: skip
        joined = yield from within(walk, 0.3, 0.88)
        reason = "" if joined.complete else f"homing got stuck {num(joined.gap, 3)} from the other minimum"
        found = Found.on(surface, joined.points, end, second.theta, chord=joined.chord_worst, reason=reason)
        return (yield from within(found, 0.88, 0.9))

    def _near(self, problem: Problem, first: Tensor, second: Tensor) -> Tensor:
        if not self.reorder:
            return second
        named = problem.residuals.at
        return flatten(align(problem.network, named(second), named(first)))

    # --- trained -------------------------------------------------------------------------------------------------------

    def _bend(self, problem: Problem, surface: "Surface", context: Context) -> Step["Found"]:
        ends = []
        for name, low in (("init", 0.0), ("second", 0.25)):
            start = problem.start(context.generator(name))
            way = adam(
                lambda theta, _: surface(theta), start, steps=self.training, rate=self.rate, text="training an end"
            )
            ends.append((yield from within(way, low, low + 0.25)))
        end = self._near(problem, ends[0], ends[1])
        shape: Literal["bezier", "polygon"] = "bezier" if self.path == "bezier" else "polygon"
        bending = find_bend(
            surface, shape, ends[0], end, steps=self.training, rate=self.rate, generator=context.generator("bend")
        )  # fmt: skip
        bend = yield from within(bending, 0.5, 0.88)
        points = tuple(at(shape, ends[0], bend, end, t) for t in np.linspace(0.0, 1.0, LINE).tolist())
        return (yield from within(Found.on(surface, points, end, ends[1]), 0.88, 0.9))

    def _surface(self, problem: Problem) -> "Surface":
        if self.path == "homing":
            return Surface(problem, Squared(), problem.residuals.y, float(problem.samples))
        loss, data = self.loss, problem.data
        if isinstance(loss, CrossEntropy) or loss.needs_classes:
            if self.targets == "number":
                raise SpecError(
                    f"field 'targets' is 'number': the loss '{loss.kind}' needs one output a class, choose one_hot"
                )
            target = loss.targets(data.labels).to(problem.residuals.x.device)
        else:
            target = problem.residuals.y
        return Surface(problem, loss, target, 1.0)

    # --- what is shown and claimed -------------------------------------------------------------------------------------

    def _plane(self, problem: Problem, surface: "Surface", found: "Found") -> Step[None]:
        start, end = found.points[0], found.end
        across = end - start
        middle = found.points[len(found.points) // 2] - start
        first = across / across.norm().clamp(min=1e-300)
        second = middle - (middle @ first) * first
        if float(second.norm()) < 1e-9 * float(across.norm()):
            second = torch.linalg.qr(torch.stack([first, torch.ones_like(first)]).T).Q[:, 1]
        second = second / second.norm()
        axes = torch.stack([first, second])
        moved = torch.stack(found.points) - start
        inside = moved @ axes.T
        off = (moved.square().sum(1) - inside.square().sum(1)).clamp(min=0).sqrt()
        low, high = inside.min(0).values, inside.max(0).values
        high = torch.maximum(high, torch.stack([across.norm(), across.new_zeros(())]))
        margin = 0.15 * (high - low) + 0.05 * float(across.norm())
        points = affordable(problem, self.grid)
        grid = tuple(
            Axis(name, np.linspace(float(low[i] - margin[i]), float(high[i] + margin[i]), points))
            for i, name in enumerate(("from end to end", "towards the path"))
        )
        marks = (Mark((0.0, 0.0), "A", "minimum"), Mark((float(across.norm()), 0.0), "B", "minimum"))
        path = Trajectory("path", "The path", inside.cpu().numpy(), found.path, "ends_plane", off.cpu().numpy())
        yield path
        title = "Loss on the plane through both ends and the middle of the path"
        yield from plane(
            problem, start, axes, grid, name="ends_plane", title=title, factor=surface.scale / problem.samples, marks=marks,
            loss=surface.loss, target=surface.target,
        )  # fmt: skip
        yield path
        yield checkpoint(problem, start, axes, "End A and the axes of the plane")

    def _report(self, problem: Problem, found: "Found") -> Report:
        evidence = (
            ("points of the path", len(found.points)), ("length of the path", found.length),
            ("distance of the ends", found.distance), ("distance before reordering", found.distance_before),
            ("barrier before reordering", found.barrier_before),
        )  # fmt: skip
        homing = self.path == "homing"
        limit = max(LIMIT, problem.rounding) if homing else 0.1 * found.barrier_line
        statement = (
            "The loss stays zero on a path from one minimum to the other"
            if homing
            else "The loss stays low on the path"
        )
        expected = f"≤ {num(limit)}" if homing else "≤ a tenth of the line's barrier"
        if found.reason:
            verdict = Verdict.UNDECIDED
        else:
            verdict = Verdict.HOLDS if found.barrier_path <= limit else Verdict.FAILS
        numbers: dict[str, Number | str] = {
            "barrier_line": found.barrier_line, "barrier_path": found.barrier_path if not found.reason else "not joined",
            "barrier_line_unordered": found.barrier_before, "length": found.length, "distance": found.distance,
            "points": len(found.points), "loss_a": float(found.path[0]), "loss_b": found.loss_end,
            "parameters": problem.n, "data_points": problem.samples, "outputs": problem.outputs,
            "ratio": problem.n / problem.m, "data_sha256": problem.data.sha256,
        }  # fmt: skip
        claims = (
            Claim(statement, expected, found.barrier_path, limit, verdict, found.reason, "", evidence),
            at_least("The straight line between them leads over a barrier", found.barrier_line, 1e-6, expected="> 10⁻⁶",
                     reason="the highest loss on the line over the higher end"),
        )  # fmt: skip
        ratio = found.length / max(found.distance, 1e-300)
        joined = f"The two minima lie on one connected piece of M: the path is {ratio:.2f} times as long as the line."
        return Report(
            claims,
            numbers,
            means=(joined if homing else "A curve with one bend joins the two trained networks at low loss.") if not found.reason
            else f"No path was found: {found.reason}. That decides nothing about M.",
            does_not_mean="Nothing about other minima, nor that ordinary training could follow the path.",
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """The loss of an experiment as a function of theta: ``scale`` times the mean over the samples."""

    problem: Problem
    loss: Loss
    target: Tensor
    scale: float

    def __call__(self, theta: Tensor) -> Tensor:
        residuals = self.problem.residuals
        return (
            self.scale * self.loss(forward(self.problem.network, residuals.at(theta), residuals.x), self.target).mean()
        )

    def along(self, points: tuple[Tensor, ...]) -> Step[Array]:
        """Return the loss at every point."""
        values = []
        for k, point in enumerate(points):
            with torch.no_grad():
                values.append(float(self(point)))
            if k % 4 == 3:
                yield Progress(k / len(points), "loss along the path")
        return np.array(values)

    def line(self, start: Tensor, end: Tensor) -> Step[Array]:
        """Return the loss at equal steps on the straight line."""
        return self.along(tuple(start + t * (end - start) for t in np.linspace(0.0, 1.0, LINE).tolist()))


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A path and its straight rivals."""

    points: tuple[Tensor, ...]
    end: Tensor
    path: Array  # loss at the points
    line: Array  # loss on the straight line, units reordered
    before: Array  # the same without reordering
    distance_before: float
    chord: float
    reason: str  # why it is not complete, or ""

    @staticmethod
    def on(
        surface: Surface, points: tuple[Tensor, ...], end: Tensor, raw_end: Tensor, *, chord: float = math.nan, reason: str = ""
    ) -> Step["Found"]:  # fmt: skip
        """Return the path with the losses on it and on the straight lines from its start."""
        start = points[0]
        path = yield from surface.along(points)
        line = yield from surface.line(start, end)
        before = line if end is raw_end else (yield from surface.line(start, raw_end))
        return Found(points, end, path, line, before, float((raw_end - start).norm()), chord, reason)

    @property
    def loss_end(self) -> float:
        return float(self.line[-1])

    @property
    def _base(self) -> float:
        return max(float(self.line[0]), self.loss_end)

    @property
    def barrier_line(self) -> float:
        """Highest loss on the line over the higher end."""
        return float(self.line.max()) - self._base

    @property
    def barrier_before(self) -> float:
        return float(self.before.max()) - max(float(self.before[0]), float(self.before[-1]))

    @property
    def barrier_path(self) -> float:
        """Highest loss on the path over the higher end."""
        return max(0.0, float(self.path.max()) - self._base)

    @property
    def distance(self) -> float:
        return float((self.end - self.points[0]).norm())

    @property
    def length(self) -> float:
        return float(sum(float((b - a).norm()) for a, b in pairwise(self.points)))

    @property
    def curve(self) -> Curve:
        """The artifact ``barrier``: loss along path and lines, by share of the length."""
        lengths = np.cumsum([0.0, *(float((b - a).norm()) for a, b in pairwise(self.points))])
        share = np.linspace(0.0, 1.0, LINE)
        total = lengths[-1] if lengths[-1] > 0 else 1.0
        floor = 1e-40
        series = (
            Series("path", lengths / total, np.maximum(self.path, floor)),
            Series("straight line", share, np.maximum(self.line, floor), "dashed"),
            Series("straight line, units as found", share, np.maximum(self.before, floor), "dashed"),
        )
        title = f"From minimum to minimum: barrier {num(self.barrier_line, 3)} on the line, {num(self.barrier_path)} on the path"
        levels = (Level(max(self.barrier_line + self._base, floor), "top of the line"),)
        return Curve("barrier", title, "share of the way", "L", series, log_y=True, levels=levels)
