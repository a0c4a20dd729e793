"""Proposition 2.3 at one point: the eigenvalues of the Hessian, counted with the tolerance that decides."""

from typing import ClassVar, Literal

from pydantic import Field

from lsviewer.core.claims import Report
from lsviewer.core.jobs import Job, within
from lsviewer.core.numerals import num
from lsviewer.engine.context import Context
from lsviewer.experiments.memorization.judgement import (
    answer,
    checkpoint,
    counts,
    full_rank,
    gradients,
    on_manifold,
    singular_values,
    smooth,
    spectrum,
    top_directions,
)
from lsviewer.experiments.memorization.minimum import Minimum, Route, map_of, measure
from lsviewer.experiments.memorization.setting import (
    AtPoint,
    Problem,
    TeacherInside,
)


class Inertia(AtPoint):
    """At a point where the loss of a smooth network with n parameters is zero on d data points, the Hessian of the
    loss has d positive eigenvalues, n − d zero ones and no negative one. With l outputs read d l for d.

    Needed: every residual fᵢ has a gradient there, and the gradients are independent: the Jacobian J has full rank.
    Both are measured. Where J has a lower rank, there are as many positive eigenvalues as the rank.

    Shown: all eigenvalues on a signed logarithmic axis with the tolerance that decides what is zero, the singular
    values of J, and the way down to the point. A click on an eigenvalue draws the loss along its eigenvector; with
    Shift it is kept, and the next one spans a plane with it.
    """

    title: ClassVar[str] = "Inertia"
    place: ClassVar[str] = "proposition 2.3"
    formula: ClassVar[str] = r"L(m) = 0 \;\Rightarrow\; n_+ = d, \quad n_0 = n - d, \quad n_- = 0"
    short_formula: ClassVar[str] = r"n_+ = d, \; n_0 = n - d, \; n_- = 0"
    caveats: ClassVar[tuple[str, ...]] = (
        "Needs ∇fᵢ ≠ 0 and J of full rank: both are measured.",
        "The loss is the sum of squares, as in the paper; a mean divides the spectrum by d l.",
        "The paper's proof says that A has d nonnegative eigenvalues; positive is meant.",
        "Off the zero of the loss the Hessian is 2 JᵀJ + E with |E| of the size of √L. So zero means up to n ε λ_max + |E|, and "
        "without a clear gap the answer is “not resolved”.",
        "For f = (w·x)², y = 0 the Hessian is zero on M: without gradients the proposition says nothing.",
    )

    kind: Literal["inertia"] = "inertia"
    route: Route = Field(
        "auto",
        title="Route",
        description="hessian: all second derivatives; gram: the matrix 2 J Jᵀ of the size of the data, for large networks.",
    )
    reduction: Literal["sum", "mean"] = Field(
        "sum", title="Loss is the", description="sum of squares as in the paper, or their mean: divided by d l."
    )

    @property
    def verb(self) -> str:
        return "Count eigenvalues"

    def run(self, context: Context) -> Job:
        """Return the job: artifacts loss, spectrum, singular_values, point."""
        problem, located = yield from within(self.approach(context), 0.0, 0.3)
        factor = 1.0 if self.reduction == "sum" else 1.0 / problem.m
        generator = context.generator("curvature")
        measuring = measure(
            map_of(problem), located.theta, generator, route=self.route, limit=self.stop_below, factor=factor
        )
        found = yield from within(measuring, 0.3, 0.85)
        teacher = isinstance(self.point, TeacherInside)  # its targets are not those of the data
        yield spectrum(found, problem, "" if teacher else "point")
        yield singular_values(found.jacobian)
        rows = yield from within(top_directions(problem, located.theta, 3), 0.85, 1.0)
        yield checkpoint(problem, located.theta, rows, "Minimum and its steepest directions")
        return self._report(problem, found, located.words)

    def _report(self, problem: Problem, found: Minimum, words: str) -> Report:
        d = "d" if problem.outputs == 1 else "d l"
        place = on_manifold(found, problem.floor)
        claims = (*counts(found, d), place, full_rank(found.jacobian, found.m), gradients(found.jacobian))
        claims += smooth(problem)
        numbers = answer(found) | {
            "parameters": found.n, "data_points": problem.samples, "outputs": problem.outputs,
            "rank": found.jacobian.rank.rank, "residual_bend": found.bend, "loss_minimum": problem.floor,
            "route": found.route, "reduction": self.reduction, "point": words, "data_sha256": problem.data.sha256,
        }  # fmt: skip
        return Report(
            claims,
            numbers,
            means=_meaning(found) + _repeated(problem),
            does_not_mean="Nothing about other points of M, nor about generalisation. The zeros are zero only up to "
            f"the tolerance {num(found.inertia.tolerance)}.",
        )


def _meaning(found: Minimum) -> str:
    positive, zero, _ = found.inertia.counts
    if found.m >= found.n or found.jacobian.flat or found.far:
        return f"The proposition says nothing about this point (L = {num(found.loss)}): a hypothesis fails, see the claims."
    if not found.resolved:
        return f"At this point (L = {num(found.loss)}) the eigenvalues do not decide how many are zero."
    rank = found.jacobian.rank.rank
    if rank < found.m:
        return (
            f"The point is singular: {positive} positive eigenvalues, as many as J has rank, for {found.m} residuals. "
            f"M need not be a manifold of dimension {found.n - found.m} here."
        )
    where = "Near this point" if found.on_manifold else f"Near this point (L = {num(found.loss)}, not zero)"
    return f"{where} the minima form a smooth surface of dimension {zero}: {positive} ways up, {zero} level."


def _repeated(problem: Problem) -> str:
    if not problem.duplicates:
        return ""
    i, j = problem.duplicates[0]
    return f" {len(problem.duplicates)} inputs are repeated (first: {i} and {j}); the paper assumes distinct ones."
