"""Levenberg-Marquardt for many small networks at once: down the loss, or towards any zero of the gradient.

Down the loss: with Phi = |rho|^2 the step is -J^T (J J^T + lam I)^-1 rho, or its twin (J^T J + lam I)^-1 J^T rho where there
are fewer parameters than residuals. lam follows |rho|, so the end is quadratic (Yamashita and Fukushima 2001).

Towards a critical point: the same for the map theta -> grad Phi with Jacobian H, step -(H^2 + lam I)^-1 H g. It lowers |g|
only and so ends at saddles as readily as at minima; it can also end where |g| has a minimum that is no zero, or creep out
to infinity, so what it finds has to be judged.

Every start has its own damping and stops for itself; the others go on in a smaller batch.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from lsviewer.core.jobs import Progress, Step
from lsviewer.core.numerals import num
from lsviewer.engine.backpropagation import Objective, block_jacobian

FLOOR = 1e-13  # the least damping, relative to the mean diagonal
CEILING = 1e14


@dataclass(frozen=True, slots=True, eq=False)
class Descents:
    """Where every start ended: theta, what was lowered (Phi, or |grad Phi|^2), and after how many accepted steps."""

    theta: Float[Tensor, "b n"]
    values: Float[Tensor, "b"]
    steps: Int[Tensor, "b"]
    history: tuple[Tensor, ...]  # values of all starts after every round, [b] each
    path: tuple[Tensor, ...] = ()  # theta of all starts after every round, [b, n] each, where asked for


@dataclass(frozen=True, slots=True, eq=False)
class _System:
    """A square system at a batch of points: how to solve it with damping, and the value it was made from."""

    matrix: Tensor  # [b, k, k]
    right: Tensor  # [b, k]
    step: Callable[[Tensor], Tensor]  # solution [b, k] -> step [b, n]


def descend(
    objective: Objective,
    start: Float[Tensor, "b n"],
    *,
    steps: int,
    stop_below: float,
    text: str = "going down",
    keep: bool = False,
) -> Step[Descents]:
    """Return the ends of all ways down the loss."""

    def system(theta: Tensor) -> _System:
        done = objective.forward(theta)
        rho, rate = objective.roots(done)
        sensitivities = objective.sensitivities(done, rate)
        lead = theta.shape[:-1]
        blocks = [block_jacobian(f.expand(*lead, *f.shape[-2:]), d) for f, d in zip(done.features, sensitivities)]
        jacobian = torch.cat(blocks, dim=-1)
        rho = rho.flatten(-2)
        if jacobian.shape[-1] <= jacobian.shape[-2]:
            return _System(jacobian.mT @ jacobian, (jacobian.mT @ rho[..., None])[..., 0], lambda u: -u)
        return _System(jacobian @ jacobian.mT, rho, lambda u: -(jacobian.mT @ u[..., None])[..., 0])

    def value(theta: Tensor) -> Tensor:
        with torch.no_grad():
            return objective(theta)

    return (yield from _march(system, value, start, steps, stop_below, text, keep))


def find_critical(
    objective: Objective, start: Float[Tensor, "b n"], *, steps: int, stop_below: float = 1e-26
) -> Step[Descents]:
    """Return where all ways down |grad Phi|^2 end."""

    def system(theta: Tensor) -> _System:
        h, g = hessians(objective, theta), objective.gradient(theta)
        return _System(h @ h, (h @ g[..., None])[..., 0], lambda u: -u)

    def value(theta: Tensor) -> Tensor:
        return objective.gradient(theta).square().sum(-1)

    return (yield from _march(system, value, start, steps, stop_below, "towards a critical point"))


def hessians(objective: Objective, theta: Float[Tensor, "b n"]) -> Float[Tensor, "b n n"]:
    """Return the Hessians of Phi at a batch of points, symmetrised."""
    with torch.enable_grad():
        variable = theta.detach().clone().requires_grad_()
        (gradient,) = torch.autograd.grad(objective(variable).sum(), variable, create_graph=True)
        # the networks do not know each other: one row of ones asks all of them at once
        rows = torch.eye(theta.shape[-1], dtype=theta.dtype, device=theta.device)[:, None, :].expand(-1, len(theta), -1)
        (columns,) = torch.autograd.grad(gradient, variable, rows, is_grads_batched=True)
    whole = columns.movedim(0, 1)
    return 0.5 * (whole + whole.mT)


def _march(
    system: Callable[[Tensor], _System],
    value: Callable[[Tensor], Tensor],
    start: Tensor,
    steps: int,
    stop_below: float,
    text: str,
    keep: bool = False,
) -> Step[Descents]:
    theta = start.detach().clone()
    values = value(theta)
    history, path = [values.clone()], [theta.clone()] if keep else []
    mu = torch.ones_like(values)
    counts, idle = (torch.zeros(len(theta), dtype=torch.int64, device=theta.device) for _ in range(2))
    active = values > stop_below
    for step in range(steps):
        who = active.nonzero()[:, 0]
        if not len(who):
            break
        here, phi = theta[who], values[who]
        equations = system(here)
        scale = equations.matrix.diagonal(dim1=-2, dim2=-1).mean(-1).clamp(min=1e-300)
        lam = torch.clamp(mu[who] * phi.sqrt().clamp(max=1.0), min=FLOOR) * scale
        damped = equations.matrix.clone()
        damped.diagonal(dim1=-2, dim2=-1).add_(lam[:, None])
        factor, info = torch.linalg.cholesky_ex(damped)
        move = equations.step(torch.cholesky_solve(equations.right[..., None], factor)[..., 0])
        tried = here + move
        after = value(tried)
        good = (info == 0) & (after < phi) & torch.isfinite(tried).all(-1)
        theta[who] = torch.where(good[:, None], tried, here)
        values[who] = torch.where(good, after, phi)
        mu[who] = torch.where(good, mu[who] * torch.where(after < 0.5 * phi, 0.2, 0.6), mu[who] * 5.0).clamp(min=1e-12)
        counts[who] += good.long()
        # near zero a fall by less than a thousandth is rounding, elsewhere the end of a way down to a positive value
        enough = torch.where(phi < 1e-20, 0.999, 1.0 - 1e-10)
        idle[who] = torch.where(good & (after < enough * phi), 0, idle[who] + 1)
        stuck = (mu[who] > CEILING) | (idle[who] > 12)
        active[who] = (values[who] > stop_below) & ~stuck
        history.append(values.clone())
        if keep:
            path.append(theta.clone())
        yield Progress(
            step / steps, f"{text}: {len(who)} of {len(theta)} under way, least value {num(float(values.min()))}"
        )
    return Descents(theta, values, counts, tuple(history), tuple(path))
