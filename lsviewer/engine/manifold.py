"""M = {r = 0} near a point of it: the tangent space, the step back to M, and lines in both.

With J of full rank m the tangent space at theta is the kernel of J, and K = J J^T factors once: the projection of v
is v - J^T K^-1 J v, and the shortest step that cancels residuals r to first order is -J^T K^-1 r. The chord corrector
repeats that step with the J of an earlier point: linear convergence at the rate of how much J has turned, for one
sweep and two triangular solves an iteration (Allgower and Georg 1990, chapter 3).
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from lsviewer.core.jobs import Step
from lsviewer.engine import linalg
from lsviewer.engine.gauss_newton import Residuals, Sweep, gram, pull, push


class SingularPoint(ArithmeticError):
    """J J^T is not positive definite: the point is no regular one."""


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """The tangent space at one point, with J J^T factored."""

    residuals: Residuals
    theta: Float[Tensor, "n"]
    swept: Sweep
    factor: Float[Tensor, "m m"]

    def normal(self, r: Float[Tensor, "m"]) -> Float[Tensor, "n"]:
        """Return J^T (J J^T)^-1 r, the shortest vector that J maps to r."""
        return pull(self.swept, torch.cholesky_solve(r[:, None], self.factor)[:, 0])

    def project(self, v: Float[Tensor, "n"]) -> Float[Tensor, "n"]:
        """Return the tangent part of v; twice, so that the rounding of the first pass goes too."""
        for _ in range(2):
            v = v - self.normal(push(self.swept, self.residuals.at(v)))
        return v

    def correct(
        self, theta: Float[Tensor, "n"], *, stop_below: float, iterations: int = 12
    ) -> tuple[Float[Tensor, "n"], float]:
        """Return theta brought back to M and its loss: chord steps while they lower the loss, at most so many."""
        r = self.residuals(self.residuals.at(theta))
        loss = float(r.square().sum())
        for _ in range(iterations):
            if loss <= stop_below:
                break
            candidate = theta - self.normal(r)
            after = self.residuals(self.residuals.at(candidate))
            lower = float(after.square().sum())
            if not lower < loss:
                break
            theta, r, loss = candidate, after, lower
        return theta, loss


def chart(residuals: Residuals, theta: Float[Tensor, "n"]) -> Step[Chart]:
    """Return the chart at theta; raises `SingularPoint` where J J^T does not factor."""
    swept = residuals.sweep(residuals.at(theta))

    def work() -> tuple[Tensor, Tensor]:
        factor, info = torch.linalg.cholesky_ex(gram(swept))
        return factor, info

    factor, info = yield from linalg.in_background(work, residuals.shape[0] > 1000, "tangent space")
    diagonal = factor.diagonal()
    # Squares of singular values are rounded at eps: below 1e-14 of the largest the factor is noise.
    if int(info) != 0 or float(diagonal.min() / diagonal.max()) < 1e-7:
        raise SingularPoint("J does not have full rank at the point")
    return Chart(residuals, theta, swept, factor)


@dataclass(frozen=True, slots=True, eq=False)
class Pace:
    """One step along M: where it ended, the unit tangent direction it took, its length and the loss there."""

    theta: Float[Tensor, "n"]
    direction: Float[Tensor, "n"]
    length: float
    loss: float


HALVINGS = 12


def advance(here: Chart, direction: Float[Tensor, "n"], length: float, *, limit: float, stop_below: float) -> Pace:
    """Return one step of predictor and corrector along M.

    The last direction is carried over by projecting it on the tangent space here, the step is corrected by chords; it
    is halved where the corrector does not come below ``limit``, or where it moves further than half the step: then
    the chart no longer describes M there. Raises `SingularPoint` when no length works.
    """
    tangent = here.project(direction)
    size = float(tangent.norm())
    if not size > 0.0:
        raise SingularPoint("the direction has no tangent part")
    tangent = tangent / size
    for _ in range(HALVINGS):
        predicted = here.theta + length * tangent
        theta, loss = here.correct(predicted, stop_below=stop_below)
        if loss <= limit and float((theta - predicted).norm()) <= 0.5 * length:
            step = theta - here.theta
            return Pace(theta, step / step.norm(), float(step.norm()), loss)
        length *= 0.5
    raise SingularPoint(
        f"no step of length {length:.1e} or more stays on M: the loss could not be brought below {limit:.1e}"
    )
