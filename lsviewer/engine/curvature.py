"""Second derivatives: products with the Hessian, the whole Hessian in chunks of columns, and how far it is from
Gauss-Newton.

The graph of the gradient is built once and kept; every product with the Hessian is one more backward pass through it
(Pearlmutter 1994), many at once for whole columns. For L = |r|^2

    H = 2 J^T J + E,    E = 2 sum_i r_i Hess f_i,    |E| ~ |r|

so at a zero of the loss H is 2 J^T J and its inertia is (rank J, n - rank J, 0) (Cooper 2018, proposition 2.3). Off
it, by Weyl, no eigenvalue is further than |E|_2 from one of 2 J^T J: a count of zeros is honest only with the
tolerance

    tol = n eps lam_max + |E|_2,

and the count says something only where the smallest positive eigenvalue stands well above it.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from lsviewer.core.jobs import Progress, Step
from lsviewer.engine import lanczos
from lsviewer.engine.linalg import EPS

Function = Callable[[Tensor], Tensor]
"""theta [n] -> a number (a loss) or [m] (residuals); differentiable."""


class Curvature:
    """Products with the Hessian of a loss at one point; keeps the graph of the gradient."""

    def __init__(self, loss: Function, theta: Float[Tensor, "n"]) -> None:
        self.theta = theta.detach().clone().requires_grad_()
        value = loss(self.theta)
        self.value = float(value.detach())
        (self._gradient,) = torch.autograd.grad(value, self.theta, create_graph=True)
        self.gradient = self._gradient.detach()

    def __call__(self, v: Float[Tensor, "n"]) -> Float[Tensor, "n"]:
        """Return H v."""
        if not self._gradient.requires_grad:  # a loss that is linear in theta
            return torch.zeros_like(v)
        (product,) = torch.autograd.grad(
            self._gradient, self.theta, v, retain_graph=True, allow_unused=True, materialize_grads=True
        )
        return product

    def columns(self, v: Float[Tensor, "k n"]) -> Float[Tensor, "k n"]:
        """Return H v for several rows v at once."""
        if not self._gradient.requires_grad:
            return torch.zeros_like(v)
        (products,) = torch.autograd.grad(
            self._gradient,
            self.theta,
            v,
            retain_graph=True,
            is_grads_batched=True,
            allow_unused=True,
            materialize_grads=True,
        )
        return products

    def hessian(self, chunk: int = 32) -> Step[Tensor]:
        """Return the whole Hessian [n, n], symmetrised; yields after every chunk of columns."""
        n = len(self.theta)
        whole = self.theta.new_empty(n, n)
        for start in range(0, n, chunk):
            stop = min(start + chunk, n)
            rows = self.theta.new_zeros(stop - start, n)
            rows[torch.arange(stop - start), torch.arange(start, stop)] = 1.0
            whole[start:stop] = self.columns(rows)
            yield Progress(stop / n, f"Hessian column {stop} of {n}")
        return 0.5 * (whole + whole.T)


def sum_of_squares(residuals: Function) -> Function:
    """Return the loss |r|^2 of a residual map."""
    return lambda theta: residuals(theta).square().sum()


def jacobian(residuals: Function, theta: Float[Tensor, "n"]) -> Float[Tensor, "m n"]:
    """Return the Jacobian by autograd: for any residual map; networks have a faster one in ``gauss_newton``."""
    return torch.autograd.functional.jacobian(residuals, theta.detach())


def residual_curvature(residuals: Function, theta: Float[Tensor, "n"]) -> Curvature:
    """Return products with E = 2 sum_i r_i Hess f_i, without the cancellation of H - 2 J^T J."""
    with torch.no_grad():
        fixed = 2.0 * residuals(theta.detach())
    return Curvature(lambda point: (fixed * residuals(point)).sum(), theta)


def counting_tolerance(
    residuals: Function, theta: Float[Tensor, "n"], lambda_max: float, generator: torch.Generator
) -> Step[tuple[float, float]]:
    """Return (n eps lam_max + |E|_2, |E|_2): what an eigenvalue must exceed to count as not zero."""
    apply = residual_curvature(residuals, theta)
    # Of a large network every product costs a second, and the basis a lot of memory: the residual bound covers few steps.
    steps = 24 if len(theta) <= 200_000 else 8
    bend = yield from lanczos.spectral_norm(apply, len(theta), generator, steps=steps, device=theta.device)
    return len(theta) * EPS * lambda_max + bend, bend
