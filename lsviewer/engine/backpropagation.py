"""Networks and losses as Nguyen and Hein (2017) write them: layers 0 .. L with features F_k and pre-activations G_k,
an output layer with or without activation, a loss summed over samples and outputs, and the identities of lemma 2.1.

    F_k = sigma(G_k),  G_k = F_{k-1} W_k + 1 b_k^T,  Phi = sum_ij l((F_L - Y)_ij)
    Delta_L = l'(F_L - Y) o sigma'(G_L),  Delta_k = (Delta_{k+1} W_{k+1}^T) o sigma'(G_k)
    grad_{W_k} Phi = F_{k-1}^T Delta_k,  grad_{b_k} Phi = Delta_k^T 1

The paper's W_k is the transpose of torch's weight: its "full column rank n_k" is full row rank here. Everything takes
any number of leading axes in theta: many networks at once, for searches from many starts.

For the way down a loss is written as a square: rho = sign(l') sqrt(l), so that Phi = |rho|^2 and Gauss-Newton applies to
every loss that is zero at zero.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

from lsviewer.engine.losses import Additive

Function = Callable[[Tensor], Tensor]
Layer = tuple[Tensor, Tensor]
"""Weight [..., n_k, n_{k-1}] and bias [..., n_k] as in torch, or their gradients."""


@dataclass(frozen=True, slots=True, eq=False)
class Pass:
    """One forward pass. ``features[k]`` is F_k, k = 0 .. L; ``pre[k - 1]`` is G_k and ``slopes[k - 1]`` sigma'(G_k)."""

    layers: tuple[Layer, ...]
    features: tuple[Tensor, ...]  # F_k: [..., N, n_k]
    pre: tuple[Tensor, ...]  # G_k: [..., N, n_k]
    slopes: tuple[Tensor, ...]  # like pre


@dataclass(frozen=True, slots=True)
class Stack:
    """Layer widths n_0 .. n_L and the activation; the output layer has it too where ``activated``."""

    widths: tuple[int, ...]
    activation: Function
    activated: bool = False

    @property
    def depth(self) -> int:
        """L."""
        return len(self.widths) - 1

    @property
    def size(self) -> int:
        """Number of parameters."""
        return sum(fan_out * (fan_in + 1) for fan_in, fan_out in pairwise(self.widths))

    def span(self, layer: int) -> tuple[int, int]:
        """Return where layer 1 .. L begins and ends in theta: its weight, then its bias."""
        sizes = [fan_out * (fan_in + 1) for fan_in, fan_out in pairwise(self.widths)]
        start = sum(sizes[: layer - 1])
        return start, start + sizes[layer - 1]

    def split(self, theta: Tensor) -> tuple[Layer, ...]:
        """Return theta [..., n] by layers."""
        if theta.shape[-1] != self.size:
            raise ValueError(f"theta has {theta.shape[-1]} numbers, layers {self.widths} need {self.size}")
        layers = []
        for layer, (fan_in, fan_out) in enumerate(pairwise(self.widths), start=1):
            part = theta[..., slice(*self.span(layer))]
            weight = part[..., : fan_in * fan_out].unflatten(-1, (fan_out, fan_in))
            layers.append((weight, part[..., fan_in * fan_out :]))
        return tuple(layers)

    def outputs(self, theta: Tensor, x: Float[Tensor, "N p"]) -> Tensor:
        """Return F_L [..., N, m]; differentiable."""
        h = x
        for number, (weight, bias) in enumerate(self.split(theta), start=1):
            h = h @ weight.mT + bias[..., None, :]
            if number < self.depth or self.activated:
                h = self.activation(h)
        return h

    def forward(self, theta: Tensor, x: Float[Tensor, "N p"]) -> Pass:
        """Return all features, pre-activations and slopes."""
        layers = self.split(theta.detach())
        features, pre, slopes = [x], [], []
        for number, (weight, bias) in enumerate(layers, start=1):
            g = features[-1] @ weight.mT + bias[..., None, :]
            value, slope = self._with_slope(g) if number < self.depth or self.activated else (g, torch.ones_like(g))
            pre.append(g)
            features.append(value)
            slopes.append(slope)
        return Pass(layers, tuple(features), tuple(pre), tuple(slopes))

    def _with_slope(self, g: Tensor) -> tuple[Tensor, Tensor]:
        with torch.enable_grad():
            variable = g.detach().requires_grad_()
            value = self.activation(variable)
            (slope,) = torch.autograd.grad(value.sum(), variable)
        return value.detach(), slope


@dataclass(frozen=True, slots=True, eq=False)
class Objective:
    """Phi: the loss of a stack on fixed samples, summed over samples and outputs; float64."""

    stack: Stack
    x: Float[Tensor, "N p"]
    y: Float[Tensor, "N m"]  # as the loss encodes it
    loss: Additive

    @property
    def samples(self) -> int:
        """N."""
        return len(self.x)

    @property
    def outputs(self) -> int:
        """m."""
        return int(self.y.shape[1])

    def __call__(self, theta: Tensor) -> Tensor:
        """Return Phi [...] for theta [..., n]; differentiable."""
        return self.loss.term(self.stack.outputs(theta, self.x), self.y).sum((-1, -2))

    def forward(self, theta: Tensor) -> Pass:
        """Return the forward pass at theta."""
        return self.stack.forward(theta, self.x)

    def phi(self, done: Pass) -> Tensor:
        """Return Phi [...] of a forward pass."""
        return self.loss.term(done.features[-1], self.y).sum((-1, -2))

    def deltas(self, done: Pass) -> tuple[Tensor, ...]:
        """Return Delta_1 .. Delta_L, each [..., N, n_k] (lemma 2.1, 1)."""
        found = [self.loss.slope(done.features[-1], self.y) * done.slopes[-1]]
        for layer in range(len(done.layers) - 1, 0, -1):
            found.insert(0, (found[0] @ done.layers[layer][0]) * done.slopes[layer - 1])
        return tuple(found)

    def gradients(self, done: Pass, deltas: tuple[Tensor, ...]) -> tuple[Layer, ...]:
        """Return the gradients of every layer, weights as in torch (lemma 2.1, 2 and 3)."""
        return tuple((delta.mT @ below, delta.sum(-2)) for delta, below in zip(deltas, done.features))

    def gradient(self, theta: Tensor) -> Tensor:
        """Return the whole gradient [..., n] by lemma 2.1."""
        done = self.forward(theta)
        return join(self.gradients(done, self.deltas(done)))

    def roots(self, done: Pass) -> tuple[Tensor, Tensor]:
        """Return rho = sign(l') sqrt(l) and its derivative by the output, both [..., N, m]."""
        prediction = done.features[-1]
        slope = self.loss.slope(prediction, self.y)
        root = self.loss.term(prediction, self.y).clamp(min=0.0).sqrt()
        at_zero = 0.0 if self.loss.kind == "squared_hinge" else self.loss.curvature**0.5
        tiny = root < 1e-150
        rate = torch.where(tiny, at_zero, slope.abs() / (2.0 * torch.where(tiny, 1.0, root)))
        return torch.sign(slope) * root, rate

    def sensitivities(self, done: Pass, rate: Tensor) -> tuple[Tensor, ...]:
        """Return D_1 .. D_L, each [..., N, m, n_k]: derivatives of every rho by the pre-activations of layer k."""
        last = rate * done.slopes[-1]
        found = [torch.diag_embed(last)]
        for layer in range(len(done.layers) - 1, 0, -1):
            weight = done.layers[layer][0]
            found.insert(0, (found[0] @ weight[..., None, :, :]) * done.slopes[layer - 1][..., None, :])
        return tuple(found)


def join(layers: tuple[Layer, ...]) -> Tensor:
    """Return layers as one theta [..., n]."""
    return torch.cat([part for weight, bias in layers for part in (weight.flatten(-2), bias)], dim=-1)


def with_ones(features: Float[Tensor, "... N w"]) -> Float[Tensor, "... N v"]:
    """Return [F, 1]."""
    return torch.cat([features, torch.ones_like(features[..., :1])], dim=-1)


def block_jacobian(below: Tensor, sensitivity: Tensor) -> Tensor:
    """Return the Jacobian [..., N m, n_k (n_{k-1} + 1)] of rho by one layer's weight and bias."""
    weight = sensitivity[..., None] * below[..., None, None, :]
    return torch.cat([weight.flatten(-2), sensitivity], dim=-1).flatten(-3, -2)
