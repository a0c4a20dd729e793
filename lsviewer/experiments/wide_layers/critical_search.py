"""Many starts towards critical points: minima, saddles, and those refused, with the reason."""

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Curve, Level, Series, Spectrum
from lsviewer.core.claims import Claim, Number, Report, Verdict
from lsviewer.core.jobs import Job, Progress, Step, within
from lsviewer.core.numerals import num
from lsviewer.core.spec import SpecError
from lsviewer.engine.activations import Tanh
from lsviewer.engine.batched_descent import descend, find_critical, hessians
from lsviewer.engine.context import Context
from lsviewer.engine.existence import Existence, zero_nearby
from lsviewer.engine.linalg import EPS, Inertia, inertia
from lsviewer.engine.networks import Mlp
from lsviewer.experiments.wide_layers.findings import SMALL, Findings, examine
from lsviewer.experiments.wide_layers.places import HESSIANS, affordable, starts
from lsviewer.experiments.wide_layers.setting import Problem, WideLayers

CERTIFIED = 50  # zeros of Phi looked at by Krawczyk's test at most
LABELS = (
    "global minimum", "saddle, index 1", "saddle, index 2", "saddle, index 3 or more",
    "strict minimum", "minimum or degenerate", "maximum or degenerate",
    "refused: not converged", "refused: plateau", "refused: at infinity",
)  # fmt: skip
SAME = 1e-6  # relative difference of Phi and of eigenvalues within which two points count as one


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """Where one start ended. ``refused`` says why it is no critical point; empty where it is one."""

    theta: Tensor
    phi: float
    gradient: float
    cancellation: float
    inertia: Inertia
    eigenvalues: Tensor
    refused: str

    @property
    def kind(self) -> str:
        """What the eigenvalues say."""
        positive, zero, negative = self.inertia.counts
        if negative == 0:
            return "strict minimum" if zero == 0 else "minimum or degenerate"
        return "saddle" if positive else "maximum or degenerate"


class CriticalSearch(WideLayers):
    """Which critical points are there, besides global minima? From many random starts Newton's method, damped, goes towards
    points where the gradient vanishes, saddles as readily as minima.

    A point is accepted only if its gradient is below 10⁻¹¹ (times Φ at outputs zero where that is above 1), its parameters are
    bounded, and the gradient is small against the terms that it is the sum of: a plateau where every unit saturates passes the
    first test alone.

    Shown: loss against gradient norm of every end, accepted or refused, with the reason; loss against index, the number of
    negative eigenvalues; the Hessian of the highest saddle.
    """

    title: ClassVar[str] = "Search for critical points"
    place: ClassVar[str] = "section 3.2"
    formula: ClassVar[str] = r"\nabla \Phi(\theta) = 0: \quad \Delta\theta = -(H^2 + \lambda I)^{-1} H\, \nabla\Phi"
    short_formula: ClassVar[str] = r"\nabla \Phi(\theta) = 0"
    caveats: ClassVar[tuple[str, ...]] = (
        "What is found depends on the starts: no search shows that there are no other critical points.",
        "Points that differ by an order or a sign of units are counted once: same Φ, same eigenvalues.",
        "Zero eigenvalues leave open whether a point is a local minimum.",
    )

    kind: Literal["critical_search"] = "critical_search"
    network: Mlp = Field(Mlp(hidden=(3,), activation=Tanh()), title="Network")
    starts: int = Field(200, ge=1, le=2000, title="Starts")
    spread: float = Field(
        0.5,
        ge=0.01,
        le=10.0,
        title="Spread",
        description="Factor of the random weights.",
        json_schema_extra={"log": True},
    )
    down: int = Field(
        6, ge=0, le=1000, title="Steps down", description="Of Levenberg–Marquardt on the loss, before the gradient."
    )
    stagger: bool = Field(
        True,
        title="Stagger",
        description="Start number i takes i mod (steps + 1) of them: the first end at saddles, the last at minima.",
    )
    steps: int = Field(150, ge=1, le=2000, title="Steps at most")

    @property
    def verb(self) -> str:
        return f"Search from {self.starts} starts"

    def run(self, context: Context) -> Job:
        """Return the job: artifacts map, index, saddle."""
        yield Progress(0.0, "reading the data")
        problem = self.pose(context)
        if problem.stack.size > HESSIANS:
            raise SpecError(
                f"field 'network.hidden': {problem.stack.size} parameters, the search takes at most {HESSIANS}"
            )
        theta = self.spread * starts(problem, context, self.starts)
        if self.down:
            theta = theta[: affordable(problem, self.starts)]
            first = descend(problem.objective, theta, steps=self.down, stop_below=problem.rounding, keep=self.stagger)
            down = yield from within(first, 0.0, 0.3)
            theta = down.theta if not self.stagger else staggered(down.path, self.down)
        search = find_critical(problem.objective, theta, steps=self.steps, stop_below=1e-30)
        ended = (yield from within(search, 0.3, 0.8)).theta
        found = yield from within(self._judge(problem, ended), 0.8, 1.0)
        accepted = [one for one in found if not one.refused]
        yield gradient_map(found, problem)
        yield index_map(found, problem)
        saddles = [one for one in accepted if one.inertia.negative]
        if saddles:
            highest = max(saddles, key=lambda one: one.phi)
            title = f"Hessian of the highest saddle found, Φ = {highest.phi:.4g}"
            yield Spectrum("saddle", title, highest.eigenvalues.numpy(), "eigenvalue", highest.inertia.tolerance)
        zeros = [one for one in accepted if one.phi <= problem.rounding][:CERTIFIED]
        nearby = []
        for one in zeros:
            nearby.append((yield from zero_nearby(problem.objective, one.theta)))
            yield Progress(0.95, "exact zeros nearby")
        return report(problem, found, accepted, nearby)

    def _judge(self, problem: Problem, ended: Tensor) -> Step[list[Candidate]]:
        spectra = torch.linalg.eigvalsh(hessians(problem.objective, ended)).cpu()
        found = []
        for count, (theta, values) in enumerate(zip(ended, spectra)):
            if count % 8 == 0:
                yield Progress(count / len(ended), f"point {count} of {len(ended)}")
            measured = yield from examine(problem, theta, ())
            tolerance = max(8.0 * len(values) * EPS * float(values.abs().max()), 10.0 * measured.gradient)
            found.append(
                Candidate(
                    theta,
                    measured.phi,
                    measured.gradient,
                    measured.cancellation,
                    inertia(values, tolerance),
                    values,
                    refusal(measured),
                )
            )
        return found


def staggered(path: tuple[Tensor, ...], steps: int) -> Tensor:
    """Return start number i after i mod (steps + 1) rounds, [b, n]."""
    rounds = [min(k % (steps + 1), len(path) - 1) for k in range(len(path[0]))]
    return torch.stack([path[round_][k] for k, round_ in enumerate(rounds)])


def refusal(found: Findings) -> str:
    """Return why a point is no critical point, or nothing."""
    if found.zero:
        return ""
    if not np.isfinite(found.phi) or found.far >= 1e4:
        return "at infinity"
    if found.gradient > found.small:
        return "not converged"
    return "" if found.critical else "plateau"


def distinct(accepted: list[Candidate]) -> list[Candidate]:
    """Return one of every group with the same loss and the same eigenvalues; all zeros of Phi are one group."""
    kept: list[Candidate] = []
    for one in sorted(accepted, key=lambda each: each.phi):
        scale = float(one.eigenvalues.abs().max())
        same = any(
            (one.phi < 1e-20 and other.phi < 1e-20)
            or (
                abs(one.phi - other.phi) <= SAME * max(one.phi, 1e-300)
                and float((one.eigenvalues - other.eigenvalues).abs().max()) <= 100.0 * SAME * scale
            )
            for other in kept
        )
        if not same:
            kept.append(one)
    return kept


def gradient_map(found: list[Candidate], problem: Problem) -> Curve:
    """Return the artifact ``map``: loss against gradient norm of all ends, by what they are."""
    series = [
        Series(
            label,
            *_log(np.array([max(one.gradient, 1e-18) for one in members]), np.array([one.phi for one in members])),
            "points",
        )
        for label, members in _groups(found, problem)
    ]
    levels = (
        Level(SMALL * max(1.0, problem.scale), "critical below", "x"),
        Level(problem.rounding, "zero to rounding"),
    )
    title = "Loss against gradient norm, where every start ended"
    return Curve("map", title, "|∇Φ|", "Φ", tuple(series), log_x=True, log_y=True, levels=levels)


def index_map(found: list[Candidate], problem: Problem) -> Curve:
    """Return the artifact ``index``: loss against the number of negative eigenvalues, critical points only."""
    zeros = [one for one in found if not one.refused and one.phi <= problem.rounding]
    others = [one for one in found if not one.refused and one.phi > problem.rounding]
    series = []
    for label, kept in (("Φ = 0", zeros), ("Φ > 0", others)):
        if kept:
            x, y = np.array([float(one.inertia.negative) for one in kept]), np.array([one.phi for one in kept])
            series.append(Series(f"{label} ({len(kept)})", x, _log(x, y)[1], "points"))
    level = Level(problem.rounding, "zero to rounding")
    title = "Loss against index of the critical points"
    return Curve("index", title, "negative eigenvalues", "Φ", tuple(series), log_y=True, levels=(level,))


def _groups(found: list[Candidate], problem: Problem) -> list[tuple[str, list[Candidate]]]:
    """Return the ends by what they are, with their number: ``saddle (12)``."""
    by_label: dict[str, list[Candidate]] = {}
    for one in found:
        by_label.setdefault(_label(one, problem), []).append(one)
    return [(f"{label} ({len(by_label[label])})", by_label[label]) for label in LABELS if label in by_label]


def _log(x: Array, y: Array) -> tuple[Array, Array]:
    """Return both with exact zeros, which have no logarithm, at a small number."""
    return tuple(np.where(np.isfinite(v), np.maximum(v, 1e-34), np.nan) for v in (x, y))  # type: ignore[return-value]


def _label(one: Candidate, problem: Problem) -> str:
    if one.refused:
        return f"refused: {one.refused}"
    if one.phi <= problem.rounding:
        return "global minimum"
    many = "3 or more" if one.inertia.negative > 2 else one.inertia.negative
    return f"saddle, index {many}" if one.kind == "saddle" else one.kind


def report(
    problem: Problem, found: list[Candidate], accepted: list[Candidate], nearby: list[Existence] | None = None
) -> Report:
    """Return counts by kind, and the claim the theorems make for wide layers."""
    kinds = Counter(_label(one, problem) for one in found)
    reasons = Counter(one.refused for one in found if one.refused)
    different = distinct(accepted)
    above = [one for one in accepted if one.phi > problem.rounding]
    local = [one for one in above if one.inertia.negative == 0]
    limit = SMALL * max(1.0, problem.scale)
    claims = [
        Claim(
            f"Every accepted point has a gradient below {num(limit)}, bounded parameters and terms that cancel", "all",
            max((one.gradient for one in accepted), default=0.0), None, Verdict.HOLDS if accepted else Verdict.UNDECIDED,
            "" if accepted else "no start ended at a critical point",
            evidence=tuple((reason, count) for reason, count in reasons.items()),
        ),
        _wide(problem, local, above),
    ]  # fmt: skip
    sure = [one.radius for one in nearby or () if one.answer == "exists"]
    if nearby:
        claims.append(_exact(nearby, sure))
    numbers: dict[str, Number | str] = {
        "found": len(accepted), "refused": len(found) - len(accepted), "distinct": len(different),
        "global_minimum": kinds["global minimum"], "strict_minimum": kinds["strict minimum"],
        "saddle": sum(count for kind, count in kinds.items() if kind.startswith("saddle")),
        **{f"refused_{why.replace(' ', '_')}": reasons.get(why, 0) for why in ("plateau", "at infinity", "not converged")},
        "lowest": min((one.phi for one in accepted), default="none"),
        "highest": max((one.phi for one in accepted), default="none"),
        "certified_zeros": len(sure), "certificate_radius": max(sure, default="none"),
        "starts": len(found), "network": problem.words, "data_sha256": problem.data.sha256,
    }  # fmt: skip
    words = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    return Report(
        tuple(claims), numbers, f"{len(found)} starts ended in: {words}; {len(different)} different critical points.",
        "Nothing about critical points that no start came to.",
    )  # fmt: skip


def _exact(nearby: list[Existence], sure: list[float]) -> Claim:
    statement = "An exact global minimum exists within r of every zero of Φ found"
    why = next((one.reason for one in nearby if one.answer != "exists"), "")
    none = all(one.answer == "not applicable" for one in nearby)
    verdict = Verdict.HOLDS if not why else Verdict.NOT_APPLICABLE if none else Verdict.UNDECIDED
    reason = f"certified for {len(sure)} of {len(nearby)}" + (f"; else: {why}" if why else "")
    return Claim(statement, "= r, by Krawczyk's test", max(sure, default=None), None, verdict, reason)


def _wide(problem: Problem, local: list[Candidate], above: list[Candidate]) -> Claim:
    statement = "No accepted point with Φ > 0 is without a negative eigenvalue"
    least = min((one.phi for one in local), default=None)
    evidence = (("accepted with Φ > 0", len(above)), ("of these without negative eigenvalue", len(local)))
    if not local:
        return Claim(statement, "none", 0, None, Verdict.HOLDS, "among the points found", "", evidence)
    if problem.wide:
        reason = "a layer has n_k ≥ N − 1 units: check ranks at such a point with the critical-point experiment"
    else:
        reason = "no layer has n_k ≥ N − 1 units: the theorems do not forbid them"
    return Claim(statement, "none", least, None, Verdict.FAILS, f"{len(local)} such points; {reason}", "", evidence)
