"""A network's residuals as a map from parameters to numbers: its Jacobian, its Gram matrix layer by layer, and
Levenberg-Marquardt.

With d samples and l outputs the residual map is H(theta) = (f(x_i)_o - y_io), m = d l numbers in the order of
samples, then outputs (Cooper 2018, section 2.1 and remark 4.2). One backward sweep gives D_k [d, l, width k], the
derivatives of every output by the pre-activations of layer k. The row of the Jacobian of sample i, output o is the
outer product of D_k[i, o] with [F_{k-1}[i], 1] over all layers k, so the Gram matrix needs no Jacobian:

    (J J^T)_{io,jp} = sum_k (F_{k-1} F_{k-1}^T + 1)_{ij} (D_k[i, o] . D_k[j, p])

Levenberg-Marquardt in data space: step = -J^T (J J^T + lam I)^-1 r, an m x m system whatever the number of
parameters. Near a zero with J of full rank lam follows |r|^2 and convergence is quadratic (Yamashita and Fukushima
2001), to the rounding of the residuals.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from lsviewer.core.jobs import Progress, Step
from lsviewer.engine import linalg
from lsviewer.engine.activations import Activation
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import Params, forward, unflatten


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """One forward and backward sweep: features F_k (F_0 = x) and derivatives D_k of every output by pre-activations."""

    features: tuple[Tensor, ...]  # layer k: [d, width k], k = 0 .. L - 1
    slopes: tuple[Tensor, ...]  # layer k + 1: [d, l, width k + 1]


@dataclass(frozen=True, slots=True, eq=False)
class Residuals:
    """The residual map of a network on fixed samples, with sum-of-squares loss L = |r|^2; everything float64."""

    network: Mlp
    x: Float[Tensor, "d p"]
    y: Float[Tensor, "d l"]

    @property
    def shape(self) -> tuple[int, int]:
        """(m, n): numbers of residuals and parameters."""
        return self.y.numel(), self.network.size(self.x.shape[1], self.y.shape[1])

    def __call__(self, params: Mapping[str, Tensor]) -> Float[Tensor, "m"]:
        """Return the residuals, samples first, then outputs; differentiable."""
        return (forward(self.network, params, self.x) - self.y).reshape(-1)

    def loss(self, params: Mapping[str, Tensor]) -> float:
        """Return the sum of squared residuals."""
        with torch.no_grad():
            return float(self(params).square().sum())

    def sweep(self, params: Mapping[str, Tensor]) -> Sweep:
        """Return features and output derivatives of all layers."""
        return sweep(self.network, params, self.x)

    def gram(self, params: Mapping[str, Tensor]) -> Float[Tensor, "m m"]:
        """Return J J^T."""
        return gram(self.sweep(params))

    def jacobian(self, params: Mapping[str, Tensor]) -> Float[Tensor, "m n"]:
        """Return the Jacobian of all residuals by all parameters (in the order of ``flatten``)."""
        return jacobian(self.sweep(params))

    def pull(self, swept: Sweep, u: Float[Tensor, "m"]) -> Float[Tensor, "n"]:
        """Return J^T u."""
        return pull(swept, u)

    def at(self, theta: Float[Tensor, "n"]) -> Params:
        """Return theta by name."""
        shapes = self.network.shapes(self.x.shape[1], self.y.shape[1])
        return unflatten(theta, {name: torch.empty(shape, device="meta") for name, shape in shapes.items()})


def derivative(activation: Activation, z: Tensor) -> tuple[Tensor, Tensor]:
    """Return the activation and its derivative at every entry."""
    with torch.enable_grad():
        variable = z.detach().requires_grad_()
        value = activation(variable)
        (slope,) = torch.autograd.grad(value.sum(), variable)
    return value.detach(), slope


@torch.no_grad()
def sweep(network: Mlp, params: Mapping[str, Tensor], x: Float[Tensor, "d p"]) -> Sweep:
    """Return features and output derivatives of all layers at ``params``."""
    depth = len(network.hidden)
    features, slopes_at = [x], []
    for layer in range(depth):
        z = torch.addmm(params[f"{2 * layer}.bias"], features[-1], params[f"{2 * layer}.weight"].T)
        value, slope = derivative(network.activation, z)
        features.append(value)
        slopes_at.append(slope)
    last = params[f"{2 * depth}.weight"]
    outputs = last.shape[0]
    identity = torch.eye(outputs, dtype=x.dtype, device=x.device)
    slopes = [identity.expand(len(x), outputs, outputs)]
    for layer in range(depth, 0, -1):
        # the last layer's derivative is the identity: one product less, and no d l x l matrix times it
        above = last.expand(len(x), *last.shape) if layer == depth else slopes[0] @ params[f"{2 * layer}.weight"]
        slopes.insert(0, above * slopes_at[layer - 1][:, None, :])
    return Sweep(tuple(features), tuple(slopes))


@torch.no_grad()
def gram(swept: Sweep) -> Float[Tensor, "m m"]:
    """Return J J^T [d l, d l], layer by layer."""
    samples, outputs = swept.slopes[-1].shape[:2]
    size = samples * outputs
    total = torch.zeros(size, size, dtype=swept.features[0].dtype, device=swept.features[0].device)
    for level, (feature, slope) in enumerate(zip(swept.features, swept.slopes)):
        below = feature @ feature.T + 1.0  # 1: the bias
        if level == len(swept.slopes) - 1:  # outputs do not mix in the last layer
            total.view(samples, outputs, samples, outputs).diagonal(dim1=1, dim2=3).add_(below[..., None])
            continue
        flat = slope.reshape(size, -1)
        block = (flat @ flat.T).view(samples, outputs, samples, outputs)
        total.view(samples, outputs, samples, outputs).addcmul_(block, below[:, None, :, None])
    return total


@torch.no_grad()
def jacobian(swept: Sweep) -> Float[Tensor, "m n"]:
    """Return the Jacobian [d l, n], columns in the order of ``params.flatten``."""
    samples, outputs = swept.slopes[-1].shape[:2]
    parts = []
    for feature, slope in zip(swept.features, swept.slopes):
        weight = slope[..., None] * feature[:, None, None, :]  # [d, l, width, fan in]
        parts += [weight.reshape(samples * outputs, -1), slope.reshape(samples * outputs, -1)]
    return torch.cat(parts, dim=1)


@torch.no_grad()
def pull(swept: Sweep, u: Float[Tensor, "m"]) -> Float[Tensor, "n"]:
    """Return J^T u, one product a layer."""
    samples, outputs = swept.slopes[-1].shape[:2]
    weights = u.view(samples, outputs, 1)
    parts = []
    for feature, slope in zip(swept.features, swept.slopes):
        back = (weights * slope).sum(1)  # [d, width]
        parts += [(back.T @ feature).reshape(-1), back.sum(0)]
    return torch.cat(parts)


@torch.no_grad()
def push(swept: Sweep, direction: Mapping[str, Tensor]) -> Float[Tensor, "m"]:
    """Return J v for a direction by name."""
    total = torch.zeros_like(swept.slopes[-1][..., 0])
    for layer, (feature, slope) in enumerate(zip(swept.features, swept.slopes)):
        step = torch.addmm(direction[f"{2 * layer}.bias"], feature, direction[f"{2 * layer}.weight"].T)
        total = total + (slope @ step[..., None])[..., 0]
    return total.reshape(-1)


@dataclass(frozen=True, slots=True, eq=False)
class Descent:
    """Where Levenberg-Marquardt ended, and the loss before it and after every accepted step."""

    theta: Float[Tensor, "n"]
    losses: tuple[float, ...]
    reason: str  # why it stopped

    @property
    def loss(self) -> float:
        """The last loss."""
        return self.losses[-1]


FLOOR = 1e-12  # the least damping, relative to the mean diagonal of the Gram matrix


def levenberg_marquardt(
    residuals: Residuals, theta: Float[Tensor, "n"], *, stop_below: float = 1e-26, steps: int = 200
) -> Step[Descent]:
    """Return the end of a descent that stops below a loss, after so many steps, or where no step lowers the loss.

    The damping is lam = mu min(1, |r|) times the mean diagonal of the Gram matrix, at least `FLOOR` of it; mu follows
    how well the linear model foretold the loss.
    """
    params = residuals.at(theta)
    r = residuals(params)
    losses = [float(r.square().sum())]
    rounding = (100.0 * linalg.EPS) ** 2 * float(residuals.y.square().sum())
    mu, reason = 1.0, f"{steps} steps"
    for step in range(steps):
        if losses[-1] <= stop_below:
            reason = "the loss is below the limit"
            break
        swept = residuals.sweep(params)
        yield _progress(step, steps, losses[-1])
        matrix = yield from linalg.in_background(lambda s=swept: gram(s), residuals.shape[0] > 1000, _words(losses[-1]))  # type: ignore[misc]
        scale = float(matrix.diagonal().mean())
        found = None
        for _ in range(30):
            lam = max(mu * min(1.0, losses[-1] ** 0.5) * scale, FLOOR * scale)
            u = yield from _solve(matrix, lam, r, _words(losses[-1]))
            if u is not None:
                candidate = theta - pull(swept, u)
                after = residuals(residuals.at(candidate))
                lower = float(after.square().sum())
                if lower < losses[-1]:
                    found = candidate, after, lower
                    break
            mu *= 4.0
            yield _progress(step, steps, losses[-1])
            if losses[-1] < rounding or mu > 1e12:
                break
        if found is None:
            reason = "only rounding is left" if losses[-1] < rounding else "no step lowers the loss"
            break
        theta, r, lower = found
        # r - K u = lam u: the linear model's loss after the step, against which the real one is judged
        ratio = (losses[-1] - lower) / max(losses[-1] - lam**2 * float(u.square().sum()), 1e-300)  # type: ignore[union-attr]
        mu = min(max(mu * (0.125 if ratio > 0.75 else 0.5 if ratio > 0.25 else 2.0), 1e-10), 1e10)
        params = residuals.at(theta)
        losses.append(lower)
        if lower < rounding and lower > 0.25 * losses[-2]:
            reason = "only rounding is left"
            break
    if losses[-1] <= stop_below:
        reason = "the loss is below the limit"
    return Descent(theta, tuple(losses), reason)


def _solve(matrix: Tensor, lam: float, r: Tensor, text: str) -> Step[Tensor | None]:
    def work() -> Tensor | None:
        damped = matrix.clone()
        damped.diagonal().add_(lam)
        return linalg.positive_solve(damped, r)

    return (yield from linalg.in_background(work, len(r) > 1000, text))


def _words(loss: float) -> str:
    return f"going down, L = {loss:.1e}"


def _progress(step: int, steps: int, loss: float) -> Progress:
    # Quadratic at the end: the logarithm of the loss tells better how far it is than the number of the step.
    return Progress(min(0.99, step / steps), _words(loss))
