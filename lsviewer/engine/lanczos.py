"""Lanczos with full reorthogonalisation on products alone: top eigenvalues with error bounds, norm, density, trace.

After k steps A Q = Q T + beta_k q e_k^T. A Ritz pair (theta, Q s) has residual beta_k |s_k|, and some eigenvalue lies
within it (Parlett 1998, theorem 4.5.1): the bound travels with every value. Full reorthogonalisation, twice, keeps Q
orthogonal to rounding, so no eigenvalue is found twice. Multiple eigenvalues show once: a Krylov space cannot see
their multiplicity.

The density is stochastic Lanczos quadrature (Ubaru, Chen and Saad 2017): nodes are Ritz values, weights the squared
first components of the eigenvectors of T, which sum to 1 for every start. It is for pictures: counts need all
eigenvalues. The trace is Hutch++ (Meyer et al. 2021).
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from lsviewer.core.jobs import Progress, Step

Apply = Callable[[Tensor], Tensor]
"""v [n] -> A v [n] for a symmetric A."""


@dataclass(frozen=True, slots=True, eq=False)
class Krylov:
    """An orthonormal basis Q and the tridiagonal T = Q^T A Q; ``last`` is beta_k, zero where the space is invariant."""

    basis: Float[Tensor, "k n"]  # rows
    diagonal: Float[Tensor, "k"]
    off_diagonal: Float[Tensor, "k_1"]
    last: float

    def ritz(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return Ritz values (ascending), eigenvectors of T (columns) and residual bounds."""
        tridiagonal = torch.diag(self.diagonal) + torch.diag(self.off_diagonal, 1) + torch.diag(self.off_diagonal, -1)
        values, vectors = torch.linalg.eigh(tridiagonal)
        return values, vectors, self.last * vectors[-1].abs()


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Eigenvalues in descending order of absolute value, unit eigenvectors, and how far off a value can be."""

    values: Float[Tensor, "k"]
    vectors: Float[Tensor, "k n"]  # rows
    bounds: Float[Tensor, "k"]
    products: int  # how many products A v it took


def grow(apply: Apply, start: Float[Tensor, "n"], steps: int, enough: Callable[[Krylov], bool] | None = None,
         every: int = 8) -> Step[Krylov]:  # fmt: skip
    """Return the Krylov space after so many steps, or fewer where it is invariant or ``enough`` says so (asked now and then)."""
    steps = min(steps, len(start))
    basis = start.new_empty(steps, len(start))
    diagonal: list[float] = []
    off: list[float] = []
    q, beta, scale = start / start.norm(), 0.0, 0.0
    for k in range(steps):
        basis[k] = q
        w = apply(q)
        alpha = float(w @ q)
        diagonal.append(alpha)
        known = basis[: k + 1]
        for _ in range(2):
            w = w - known.T @ (known @ w)
        beta = float(w.norm())
        scale = max(scale, abs(alpha), beta)
        done = beta <= 1e-14 * scale or k == steps - 1
        if done or (enough is not None and (k + 1) % every == 0):
            space = Krylov(
                known, start.new_tensor(diagonal), start.new_tensor(off), beta if not beta <= 1e-14 * scale else 0.0
            )
            if done or (enough is not None and enough(space)):
                return space
        off.append(beta)
        q = w / beta
        yield Progress((k + 1) / steps, f"Lanczos step {k + 1}")
    raise AssertionError("a Krylov space has at least one step")


def top_eigenvalues(
    apply: Apply, size: int, count: int, generator: torch.Generator, *, accuracy: float = 1e-8, steps: int = 400,
    device: torch.device | str = "cpu",
) -> Step[Pairs]:  # fmt: skip
    """Return the ``count`` eigenvalues of largest absolute value, each to ``accuracy`` of the largest if the steps
    suffice.

    An eigenvalue within ``accuracy`` is off by (residual)^2 / gap only; the bound given is the cautious one.
    """
    start = torch.randn(size, dtype=torch.float64, generator=generator).to(device)

    def enough(space: Krylov) -> bool:
        values, _, bounds = space.ritz()
        order = values.abs().argsort(descending=True)[:count]
        return len(order) == count and bool((bounds[order] <= accuracy * values.abs().max()).all())

    space = yield from grow(apply, start, steps, enough, every=max(4, count // 2))
    values, vectors, bounds = space.ritz()
    order = values.abs().argsort(descending=True)[:count]
    return Pairs(values[order], vectors[:, order].T @ space.basis, bounds[order], len(space.diagonal))


def spectral_norm(
    apply: Apply, size: int, generator: torch.Generator, *, steps: int = 24, device: torch.device | str = "cpu"
) -> Step[float]:
    """Return the largest absolute eigenvalue plus its residual bound: at least the norm, once Lanczos has seen its vector."""
    start = torch.randn(size, dtype=torch.float64, generator=generator).to(device)
    space = yield from grow(apply, start, steps)
    values, _, bounds = space.ritz()
    return float((values.abs() + bounds).max())


@dataclass(frozen=True, slots=True, eq=False)
class Density:
    """A spectrum as nodes with weights that sum to 1: the share of eigenvalues near each node."""

    nodes: Float[Tensor, "k"]
    weights: Float[Tensor, "k"]


def density(
    apply: Apply, size: int, generator: torch.Generator, *, starts: int = 8, steps: int = 64,
    device: torch.device | str = "cpu",
) -> Step[Density]:  # fmt: skip
    """Return the spectral density by stochastic Lanczos quadrature over random starts."""
    nodes, weights = [], []
    for _ in range(starts):
        start = torch.randn(size, dtype=torch.float64, generator=generator).to(device)
        space = yield from grow(apply, start, steps)
        values, vectors, _ = space.ritz()
        nodes.append(values)
        weights.append(vectors[0].square() / starts)
    found, order = torch.cat(nodes).sort()
    return Density(found, torch.cat(weights)[order])


def trace(
    apply: Apply, size: int, generator: torch.Generator, *, products: int = 96, device: torch.device | str = "cpu"
) -> Step[float]:
    """Return the trace by Hutch++: exact on a random range, Hutchinson's estimate on the rest."""
    third = max(1, min(products // 3, size))
    probes = torch.randn(third, size, dtype=torch.float64, generator=generator).to(device)
    images = torch.empty_like(probes)
    for k in range(third):
        images[k] = apply(probes[k])
        yield Progress(k / (3 * third), "trace")
    q = torch.linalg.qr(images.T).Q.T
    total = 0.0
    for k in range(len(q)):
        total += float(q[k] @ apply(q[k]))
        yield Progress((third + k) / (3 * third), "trace")
    if third == size:
        return total
    signs = torch.randint(0, 2, (third, size), generator=generator).to(device, torch.float64) * 2 - 1
    for k in range(third):
        rest = signs[k] - q.T @ (q @ signs[k])
        total += float(rest @ apply(rest)) / third
        yield Progress((2 * third + k) / (3 * third), "trace")
    return total
