"""What is measured at a point: loss, gradients of single residuals, rank of the Jacobian, eigenvalues of the Hessian.

Rank: singular values of J by SVD, s > max(m, n) eps s_1. Where J does not fit, square roots of the eigenvalues of J
J^T, which see no singular value below 1e-7 s_1. Inertia: |lambda| <= n eps lambda_max + |E|_2 is zero (see
`lsviewer.engine.curvature`), and a verdict only if lambda_k > 10 tol, k the rank of J: else the answer is "not
resolved". Gradients: proposition 2.3 wants every M_i smooth, so grad f_i != 0; one counts as zero below 1e-7 of what
it is at a random point of the same size, because f_i = g^2 has grad f_i ~ sqrt(f_i).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from lsviewer.core.jobs import Progress, Step, within
from lsviewer.core.spec import SpecError
from lsviewer.engine import curvature, linalg
from lsviewer.engine.linalg import Inertia, Rank
from lsviewer.experiments.memorization.setting import GRAM_MOST, Problem, fits_gram

Route = Literal["auto", "hessian", "gram"]
JACOBIAN_ENTRIES = 20_000_000  # 160 MB
HESSIAN_AUTO = 3000  # up to here the whole Hessian takes seconds
HESSIAN_MOST = 8000  # 0.5 GB, and LAPACK needs it twice
GRAM_SEES = 1e-7  # of the largest singular value: J J^T squares them
FLAT = 1e-7
RESOLVED = 10.0
LIMIT = 1e-18  # a loss above is not called zero, whatever the search was told


@dataclass(frozen=True, slots=True)
class ResidualMap:
    """Residuals H: R^n -> R^m with what is known of their derivatives."""

    m: int
    n: int
    function: Callable[[Tensor], Tensor]
    jacobian: Callable[[Tensor], Tensor]
    gram: Callable[[Tensor], Tensor]
    scale: float  # size of the loss far from a minimum: what "small" is measured against
    rounding: float  # a loss that float64 cannot tell from zero


def map_of(problem: Problem) -> ResidualMap:
    """Return the residual map of a network."""
    residuals = problem.residuals
    return ResidualMap(
        problem.m, problem.n, problem.function,
        lambda theta: residuals.jacobian(residuals.at(theta)), lambda theta: residuals.gram(residuals.at(theta)),
        max(float(residuals.y.square().sum()), 1e-300), problem.rounding,
    )  # fmt: skip


def map_by_autograd(function: Callable[[Tensor], Tensor], m: int, n: int) -> ResidualMap:
    """Return the map of any differentiable function from [n] to [m]."""

    def jacobian(theta: Tensor) -> Tensor:
        return curvature.jacobian(function, theta)

    return ResidualMap(m, n, function, jacobian, lambda theta: (j := jacobian(theta)) @ j.T, 1.0, 1e-26)


@dataclass(frozen=True, slots=True, eq=False)
class JacobianRank:
    """Singular values of J, descending, its rank, and the gradients of single residuals."""

    singular_values: Tensor  # [min(m, n)]
    rank: Rank
    by: Literal["svd", "gram"]
    least_gradient: float
    typical_gradient: float

    @property
    def clear(self) -> bool:
        """Whether the singular values that count stand well above those that do not."""
        full = self.rank.rank == len(self.singular_values)
        return self.rank.gap >= 100.0 and not (self.by == "gram" and not full)

    @property
    def flat(self) -> bool:
        """Whether some residual has no gradient."""
        return self.least_gradient <= FLAT * self.typical_gradient


def jacobian_rank(residuals: ResidualMap, theta: Tensor, generator: torch.Generator) -> Step[JacobianRank]:
    """Return the rank of J at theta; yields while LAPACK works."""
    yield Progress(0.0, "Jacobian")
    size = float(theta.square().mean().sqrt()) or 1.0
    elsewhere = size * torch.randn(len(theta), dtype=torch.float64, generator=generator).to(theta.device)
    if residuals.m * residuals.n <= JACOBIAN_ENTRIES:
        j = yield from _calmly(lambda: residuals.jacobian(theta), residuals)
        gradients = j.norm(dim=1)
        other = yield from _calmly(lambda: residuals.jacobian(elsewhere).norm(dim=1), residuals)
        values = yield from linalg.singular_values(j, "singular values of the Jacobian")
        found = linalg.rank(values, (residuals.m, residuals.n))
        return JacobianRank(values, found, "svd", float(gradients.min()), float(other.median()))
    fits_gram(residuals.m)
    k = yield from _calmly(lambda: residuals.gram(theta), residuals)
    other = yield from _calmly(lambda: residuals.gram(elsewhere).diagonal().clamp(min=0).sqrt(), residuals)
    squares = yield from linalg.eigenvalues(k, "singular values from the Gram matrix")
    values = squares.flip(0).clamp(min=0).sqrt()
    found = linalg.rank(values, (len(k), len(k)), tolerance=GRAM_SEES * float(values[0]))
    least = float(k.diagonal().clamp(min=0).sqrt().min())
    return JacobianRank(values, found, "gram", least, float(other.median()))


def _calmly(work: Callable[[], Tensor], residuals: ResidualMap) -> Step[Tensor]:
    return (
        yield from linalg.in_background(work, residuals.m > 1000 or residuals.m * residuals.n > 3_000_000, "Jacobian")
    )


def pick_route(route: Route, m: int, n: int) -> Literal["hessian", "gram"]:
    """Return the route taken; raises `SpecError` naming the size where the chosen one does not fit."""
    if route == "hessian" and n > HESSIAN_MOST:
        raise SpecError(
            f"field 'route' is 'hessian': the Hessian of {n} parameters has {8e-9 * n * n:.1f} GB, at most {HESSIAN_MOST} "
            "parameters are taken; choose gram, which needs points times outputs only"
        )
    taken: Literal["hessian", "gram"] = (
        ("hessian" if n <= HESSIAN_AUTO or (m > GRAM_MOST and n <= HESSIAN_MOST) else "gram")
        if route == "auto"
        else route
    )
    if taken == "gram":
        fits_gram(m)
    return taken


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Loss and Jacobian at one point."""

    m: int
    n: int
    sum_of_squares: float
    loss: float  # the same, or the mean
    limit: float  # the loss counts as zero up to here
    scale: float
    jacobian: JacobianRank

    @property
    def on_manifold(self) -> bool:
        """Whether the loss is zero to rounding."""
        return self.loss <= self.limit

    @property
    def far(self) -> bool:
        """Whether the loss is nowhere near zero."""
        return self.loss > 1e-4 * self.scale


@dataclass(frozen=True, slots=True, eq=False)
class Minimum(Place):
    """Everything measured at one point. ``eigenvalues`` are all n, ascending; the Gram route adds its zeros exactly."""

    eigenvalues: Tensor
    inertia: Inertia
    bend: float  # |E|_2
    route: Literal["hessian", "gram"]
    disagreement: float | None  # largest difference between the two routes, where both were taken

    @property
    def lambda_max(self) -> float:
        return float(self.eigenvalues[-1])

    def lambda_at(self, k: int) -> float:
        """Return the k-th largest eigenvalue, from 1; 0 for k = 0 and beyond n."""
        return float(self.eigenvalues[-k]) if 1 <= k <= len(self.eigenvalues) else 0.0

    @property
    def decisive(self) -> float:
        """The eigenvalue that has to stand above the tolerance: the one with the number of the rank."""
        return self.lambda_at(self.jacobian.rank.rank)

    @property
    def gap(self) -> float:
        """The least eigenvalue that counts over the largest zero; the Gram route knows its zeros up to the tolerance."""
        zeros = self.inertia.zero_radius if self.route == "hessian" else self.inertia.tolerance
        return self.inertia.smallest / zeros if zeros > 0 else math.inf

    @property
    def resolved(self) -> bool:
        """Whether the count is a verdict: the decisive eigenvalue stands ten tolerances high, the rank is clear."""
        return self.decisive > RESOLVED * self.inertia.tolerance and self.jacobian.clear and not self.far


def visit(
    residuals: ResidualMap, theta: Tensor, generator: torch.Generator, *, limit: float = 0.0, factor: float = 1.0
) -> Step[Place]:
    """Return loss and Jacobian at theta. ``factor`` scales the loss (1 / m for a mean instead of a sum)."""
    loss = float(residuals.function(theta).detach().square().sum())
    zero = max(min(limit, LIMIT), residuals.rounding)
    rank = yield from jacobian_rank(residuals, theta, generator)
    return Place(residuals.m, residuals.n, loss, factor * loss, factor * zero, factor * residuals.scale, rank)


def measure(
    residuals: ResidualMap, theta: Tensor, generator: torch.Generator, *, route: Route = "auto", limit: float = 0.0,
    factor: float = 1.0,
) -> Step[Minimum]:  # fmt: skip
    """Return what is measured at theta. ``factor`` scales loss and spectrum."""
    taken = pick_route(route, residuals.m, residuals.n)
    place = yield from within(visit(residuals, theta, generator, limit=limit, factor=factor), 0.0, 0.15)
    gram = None
    if place.jacobian.by == "gram":
        gram = 2.0 * place.jacobian.singular_values.square().flip(0)
    elif residuals.m <= GRAM_MOST and (taken == "gram" or residuals.m <= HESSIAN_AUTO):
        k = yield from _calmly(lambda: residuals.gram(theta), residuals)
        gram = 2.0 * (yield from within(linalg.eigenvalues(k, "eigenvalues of the Gram matrix"), 0.15, 0.3))
    if taken == "hessian":
        whole = curvature.Curvature(curvature.sum_of_squares(residuals.function), theta)
        matrix = yield from within(whole.hessian(), 0.3, 0.7)
        values = yield from within(linalg.eigenvalues(matrix, "eigenvalues of the Hessian"), 0.7, 0.95)
    else:
        assert gram is not None
        zeros = gram.new_zeros(max(0, residuals.n - residuals.m))
        values = torch.cat([gram[-min(residuals.n, residuals.m) :], zeros]).sort().values
    top = float(values.abs().max())
    bound = curvature.counting_tolerance(residuals.function, theta, top, generator)
    tolerance, bend = yield from within(bound, 0.95, 1.0)
    difference = None
    if taken == "hessian" and gram is not None:
        both = min(residuals.m, residuals.n)
        difference = float((values[-both:] - gram[-both:]).abs().max()) * factor
    inertia = linalg.inertia(factor * values, factor * tolerance)
    return Minimum(
        place.m, place.n, place.sum_of_squares, place.loss, place.limit, place.scale, place.jacobian,
        factor * values, inertia, factor * bend, taken, difference,
    )  # fmt: skip
