"""Theorems 2.1 and 4.1 at a point: the rank of the Jacobian, and what a small change of the labels does to it."""

from typing import ClassVar, Literal

import torch
from pydantic import Field

from lsviewer.core.claims import Claim, Number, Report, Verdict
from lsviewer.core.jobs import Job, Step, within
from lsviewer.core.numerals import num
from lsviewer.engine.context import Context
from lsviewer.engine.traits import traits
from lsviewer.experiments.memorization.judgement import checkpoint, full_rank, gradients, on_manifold, singular_values
from lsviewer.experiments.memorization.minimum import Place, map_of, visit
from lsviewer.experiments.memorization.setting import (
    AtPoint,
    Located,
    Problem,
    find,
)


class Dimension(AtPoint):
    """The zero set M of the loss of a smooth network with n parameters on d data points is, possibly after an
    arbitrarily small change of the labels, a smooth manifold of dimension n − d, or empty. With l outputs read d l
    for d.

    It is not empty where the activation is rectified and smooth and the last hidden layer has at least d units (theorem
    4.1).

    Measured: the rank of the Jacobian J of all residuals. Rank d makes the point a regular one, and M near it a
    manifold of dimension n − d. Where the rank is lower the labels are moved a little and a new minimum is sought
    from a random start: by Sard's theorem almost every move makes all of M regular.
    """

    title: ClassVar[str] = "Dimension of M"
    place: ClassVar[str] = "theorems 2.1 and 4.1"
    formula: ClassVar[str] = (
        r"M = \{\theta : f_\theta(x_i) = y_i,\; i = 1, \dots, d\}, \qquad \dim M = n - d \;\text{ where }\; \mathrm{rank}\, J = d"
    )
    short_formula: ClassVar[str] = r"\dim M = n - d"
    caveats: ClassVar[tuple[str, ...]] = (
        "A rank at one point says something about M near it only; “generically” is about almost all labels.",
        "The theorem allows M to be empty, as with equal inputs that have different labels; then L ≥ gap² / 2.",
        "From a singular point itself the search can stay stuck after the labels moved: it starts anew at random.",
        "Rank of J by singular values above max(n, d) ε s₁; where J does not fit, by J Jᵀ, which sees none below 10⁻⁷ s₁.",
        "The paper moves the labels and keeps the inputs; its proof bounds the move of the whole data set by ε.",
    )

    kind: Literal["dimension"] = "dimension"
    move_labels: Literal["if_singular", "always", "never"] = Field(
        "if_singular", title="Move the labels", description="A normal random change of every label, then a new minimum."
    )
    move: float = Field(
        1e-2, ge=1e-8, le=1.0, title="Size of the move", description="Standard deviation of the change of a label.",
        json_schema_extra={"log": True},
    )  # fmt: skip

    @property
    def verb(self) -> str:
        return "Measure the rank"

    def run(self, context: Context) -> Job:
        """Return the job: artifacts loss, singular_values, point, and with moved labels singular_values_moved."""
        problem, located = yield from within(self.approach(context), 0.0, 0.4)
        look = visit(map_of(problem), located.theta, context.generator("rank"), limit=self.stop_below)
        place = yield from within(look, 0.4, 0.5)
        yield singular_values(place.jacobian)
        yield checkpoint(problem, located.theta, None, "The point")
        moved = None
        singular = place.jacobian.rank.rank < min(place.m, place.n)
        if self.move_labels == "always" or (self.move_labels == "if_singular" and singular and place.m < place.n):
            moved = yield from within(self._moved(problem, context), 0.5, 1.0)
            yield singular_values(moved[1].jacobian, "singular_values_moved", " after the labels moved")
        return self._report(problem, place, located, moved)

    def _moved(self, problem: Problem, context: Context) -> Step[tuple[Problem, Place]]:
        y = problem.residuals.y
        noise = torch.randn(y.shape, dtype=y.dtype, generator=context.generator("labels")).to(y.device)
        other = problem.with_targets(y + self.move * noise)
        way = find(other, context, stop_below=self.stop_below, steps=self.steps, name="restart")
        located = yield from within(way, 0.0, 0.8)
        look = visit(map_of(other), located.theta, context.generator("rank"), limit=self.stop_below)
        return other, (yield from within(look, 0.8, 1.0))

    def _report(self, problem: Problem, place: Place, located: Located, moved: tuple[Problem, Place] | None) -> Report:
        rank, values = place.jacobian.rank.rank, place.jacobian.singular_values
        claims = [_room(place), on_manifold(place, problem.floor), full_rank(place.jacobian, place.m)]
        claims += [gradients(place.jacobian), _not_empty(problem, place)]
        numbers: dict[str, Number | str] = {
            "data_points": problem.samples, "outputs": problem.outputs, "parameters": place.n, "rank": rank,
            "dimension": place.n - rank if place.on_manifold and place.jacobian.clear else "not applicable",
            "sigma_min": float(values[-1]), "sigma_max": float(values[0]), "loss": place.loss,
            "tolerance": place.jacobian.rank.tolerance, "gap": place.jacobian.rank.gap, "loss_minimum": problem.floor,
            "point": located.words, "data_sha256": problem.data.sha256,
        }  # fmt: skip
        if moved is not None:
            claims.append(_regular_after(moved, self.move))
            numbers |= {"rank_moved": moved[1].jacobian.rank.rank, "loss_moved": moved[1].loss, "move": self.move}
        return Report(
            tuple(claims),
            numbers,
            means=_meaning(place, moved),
            does_not_mean="Nothing about M far from this point: it may have other parts, of other shape.",
        )


def _room(place: Place) -> Claim:
    verdict = Verdict.HOLDS if place.n > place.m else Verdict.NOT_APPLICABLE
    reason = "" if place.n > place.m else "theorem 2.1 assumes more parameters than numbers to fit (section 1.1)"
    return Claim("There are more parameters than numbers to fit", f"> {place.m}", place.n, None, verdict, reason)


def _not_empty(problem: Problem, place: Place) -> Claim:
    """Return the claim of theorem 4.1: with these hypotheses M has a point."""
    statement = "M is not empty (theorem 4.1)"
    activation, width = problem.network.activation, (problem.network.hidden or (0,))[-1]
    found = traits(activation)
    missing = []
    if not (found.rectified and found.smooth):
        missing.append(f"{activation.label} is not rectified and smooth")
    if width < problem.samples:
        missing.append(f"the last hidden layer has {width} units for {problem.samples} points")
    if problem.duplicates:
        missing.append(f"{len(problem.duplicates)} inputs are repeated")
    if missing:
        also = "; a point of M was found all the same" if place.on_manifold else ""
        return Claim(
            statement, "L = 0 somewhere", place.loss, place.limit, Verdict.NOT_APPLICABLE, "; ".join(missing) + also
        )
    verdict = Verdict.HOLDS if place.on_manifold else Verdict.UNDECIDED
    reason = "" if place.on_manifold else "no zero was reached here; the construction of lemma 3.3 gives one"
    return Claim(statement, "L = 0 somewhere", place.loss, place.limit, verdict, reason)


def _regular_after(moved: tuple[Problem, Place], move: float) -> Claim:
    problem, place = moved
    statement = f"After the labels moved by {move:g} J has full rank at a new minimum"
    rank = place.jacobian.rank
    evidence = (
        ("loss", place.loss),
        ("gap", rank.gap),
        ("smallest singular value", float(place.jacobian.singular_values[-1])),
    )
    if not place.on_manifold:
        reason = f"L stays at {num(place.loss, 3)}"
        if problem.floor > 0:
            floor = num(problem.floor, 3)
            reason += f": equal inputs have different labels now and M is empty (L ≥ {floor}); the theorem allows it"
        verdict = Verdict.NOT_APPLICABLE if problem.floor > 0 else Verdict.UNDECIDED
        return Claim(statement, f"= {place.m}", rank.rank, rank.tolerance, verdict, reason, "", evidence)
    verdict = Verdict.HOLDS if rank.rank == place.m else Verdict.FAILS if place.jacobian.clear else Verdict.UNDECIDED
    return Claim(statement, f"= {place.m}", rank.rank, rank.tolerance, verdict, "", "", evidence)


def _meaning(place: Place, moved: tuple[Problem, Place] | None) -> str:
    rank, m, n = place.jacobian.rank.rank, place.m, place.n
    if m >= n:
        return f"{n} parameters for {m} numbers: the theorem is about overparameterised networks and says nothing here."
    if not place.on_manifold:
        return (
            f"The point (L = {num(place.loss)}) is not on M, so its rank {rank} says nothing about the dimension of M."
        )
    if rank == m:
        return f"The point is regular: near it M is a smooth manifold of dimension {n} − {m} = {n - m}."
    text = f"The point is singular: J has rank {rank} of {m}, and {n - rank} directions are level to first order."
    if moved is not None and moved[1].on_manifold and moved[1].jacobian.rank.rank == m:
        text += (
            f" After a small move of the labels a minimum found at random is regular: M has dimension {n - m} there."
        )
    return text
