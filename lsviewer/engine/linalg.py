"""Ranks, inertias and gaps, each with the tolerance that decided it, and long LAPACK calls that leave the job
responsive.

A number of zeros is never a fact about floating point alone. So `Rank` and `Inertia` carry the threshold, and `gap`
says by which factor the smallest value that counts stands above the largest that does not: a gap of 1e8 is a
decision, a gap of 3 is none.
"""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import torch
from jaxtyping import Float
from torch import Tensor

from lsviewer.core.jobs import Progress, Step

T = TypeVar("T")
EPS = torch.finfo(torch.float64).eps


@dataclass(frozen=True, slots=True)
class Rank:
    """How many singular values lie above ``tolerance``; ``gap`` is the least of these over the greatest of the others.

    The gap is infinite where there are no others, or only exact zeros.
    """

    rank: int
    tolerance: float
    gap: float


def rank(singular_values: Float[Tensor, "k"], shape: tuple[int, int], *, tolerance: float | None = None) -> Rank:
    """Return the numerical rank of a matrix of that shape; the tolerance is max(shape) eps s_1 (LAPACK's rounding)."""
    s = singular_values.sort(descending=True).values
    bound = max(shape) * EPS * float(s[0]) if tolerance is None else tolerance
    count = int((s > bound).sum())
    return Rank(count, bound, _ratio(s, count))


@dataclass(frozen=True, slots=True)
class Inertia:
    """Numbers of positive, zero and negative eigenvalues; |x| <= ``tolerance`` is zero. ``smallest`` is the least
    that is not.

    ``zero_radius`` is the largest absolute value among the zeros, ``gap`` is ``smallest / zero_radius``.
    """

    positive: int
    zero: int
    negative: int
    tolerance: float
    smallest: float
    zero_radius: float

    @property
    def gap(self) -> float:
        """Smallest non-zero over largest zero in absolute value; infinite where the zeros are exact."""
        return math.inf if self.zero_radius == 0.0 else self.smallest / self.zero_radius

    @property
    def counts(self) -> tuple[int, int, int]:
        """(positive, zero, negative)."""
        return self.positive, self.zero, self.negative


def inertia(eigenvalues: Float[Tensor, "n"], tolerance: float) -> Inertia:
    """Count positive, negative and zero eigenvalues; |x| <= tolerance is zero."""
    size = eigenvalues.abs()
    zero = size <= tolerance
    smallest = float(size[~zero].min()) if bool((~zero).any()) else 0.0
    radius = float(size[zero].max()) if bool(zero.any()) else 0.0
    positive = int((eigenvalues > tolerance).sum())
    zeros = int(zero.sum())
    return Inertia(positive, zeros, len(eigenvalues) - positive - zeros, tolerance, smallest, radius)


def _ratio(descending: Tensor, count: int) -> float:
    if count == 0 or count == len(descending) or float(descending[count]) == 0.0:
        return math.inf
    return float(descending[count - 1] / descending[count])


def positive_solve(matrix: Float[Tensor, "m m"], right: Float[Tensor, "m"]) -> Float[Tensor, "m"] | None:
    """Return the solution for a symmetric positive definite matrix by Cholesky, or None where it is not (numerically)."""
    factor, info = torch.linalg.cholesky_ex(matrix)
    if int(info) != 0:
        return None
    return torch.cholesky_solve(right[:, None], factor)[:, 0]


QUICK = 600  # LAPACK on matrices up to this size takes less than 50 ms


def eigenvalues(matrix: Float[Tensor, "n n"], text: str = "eigenvalues") -> Step[Tensor]:
    """Return all eigenvalues of a symmetric matrix, ascending; yields while LAPACK works."""
    return (yield from in_background(lambda: torch.linalg.eigvalsh(matrix), len(matrix) > QUICK, text))


def eigensystem(matrix: Float[Tensor, "n n"], text: str = "eigenvectors") -> Step[tuple[Tensor, Tensor]]:
    """Return all eigenvalues, ascending, and eigenvectors (columns) of a symmetric matrix; yields while LAPACK works."""
    return (yield from in_background(lambda: tuple(torch.linalg.eigh(matrix)), len(matrix) > QUICK, text))


def singular_values(matrix: Float[Tensor, "m n"], text: str = "singular values") -> Step[Tensor]:
    """Return all min(m, n) singular values, descending; yields while LAPACK works.

    A QR factorisation first makes the matrix square: backward stable, and several times faster for long matrices.
    """
    tall = matrix if matrix.shape[0] >= matrix.shape[1] else matrix.T

    def work() -> Tensor:
        core = torch.linalg.qr(tall, mode="r").R if tall.shape[0] > 2 * tall.shape[1] else tall
        return torch.linalg.svdvals(core)

    return (yield from in_background(work, tall.shape[0] * tall.shape[1] ** 2 > QUICK**3, text))


def in_background(work: Callable[[], T], long: bool, text: str) -> Step[T]:
    """Return ``work()``; where it is ``long`` it runs beside the generator, which yields every 40 ms meanwhile.

    One LAPACK call cannot be cut into steps, and torch releases the interpreter during it. A cancelled job leaves the
    call to its end; nobody takes its answer, and the thread keeps no process alive.
    """
    if not long:
        return work()
    answers: list[T] = []
    errors: list[BaseException] = []

    def body() -> None:
        try:
            answers.append(work())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=body, name=f"lsviewer {text}", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(0.04)
        yield Progress(0.5, text)
    if errors:
        raise errors[0]
    return answers[0]
