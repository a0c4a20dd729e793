"""A section all of whose parameters are free: theta_0 in its middle and directions theta_1..theta_z, as rows of one matrix.

A cell at alpha lies at ``c(alpha) Theta`` with ``c = (1, alpha_1 - 1/2, ..., alpha_z - 1/2)``. The parameters of several cells
are one small matrix product, their losses one batched pass, and one backward pass gives every cell its own row of gradients g.
The gradients by theta_0, theta_1, theta_2 are then the sums of g, x g, y g over the cells, ``C^T g``: the plane itself is
never differentiated through (Skorokhodov and Burtsev 2019).

The directions that are used are orthogonal and of equal length: Gram-Schmidt on the free ones, scaled to the first. Without
that the plane may be skewed until the picture is squeezed into a line.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from lsviewer.engine.losses import Loss
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import Params, flatten, of, unflatten

BIAS = 3.0  # standard deviation of the biases of a direction at the start
TOGETHER = 4  # cells whose parameters are formed together on a CPU: they stay in its cache
TOGETHER_GPU = 256


def coordinates(shape: tuple[int, ...]) -> Float[Tensor, "cells z1"]:
    """Return c(alpha) of all cells of a grid over [0, 1]^z, in C order, float64."""
    axes = [torch.linspace(-0.5, 0.5, n, dtype=torch.float64) for n in shape]
    grid = torch.stack(torch.meshgrid(*axes, indexing="ij"), -1).reshape(-1, len(shape))
    return torch.cat([torch.ones(len(grid), 1, dtype=torch.float64), grid], 1)


def orthogonal(free: Float[Tensor, "z1 n"]) -> Float[Tensor, "z1 n"]:
    """Return the same theta_0, and directions orthogonal to one another, all as long as the first; differentiable."""
    found = [free[0], free[1]]
    for direction in free[2:]:
        for other in found[1:]:
            direction = direction - (direction @ other) / (other @ other) * other
        found.append(direction * (free[1].norm() / direction.norm()))
    return torch.stack(found)


def corner(theta: Float[Tensor, "z1 n"], like: Mapping[str, Tensor]) -> tuple[Params, tuple[Params, ...]]:
    """Return the point alpha = 0 and the directions by name."""
    directions = tuple(unflatten(row, like) for row in theta[1:])
    return unflatten(theta[0] - 0.5 * theta[1:].sum(0), like), directions


def random_start(
    network: Mlp, inputs: int, outputs: int, z: int, dtype: torch.dtype, generator: torch.Generator
) -> Float[Tensor, "z1 n"]:
    """Return an ordinary random network, and random directions of its size whose hidden biases are large.

    With them the thresholds of hidden units pass over the plane; the output layer keeps its biases.
    """
    rows = []
    for row in range(1 + z):
        params = of(network.build(inputs, outputs, dtype=torch.float64, generator=generator))
        for layer in range(len(network.hidden)) if row else ():
            bias = params[f"{2 * layer}.bias"]
            bias.copy_(BIAS * torch.randn(bias.shape, dtype=torch.float64, generator=generator))
        rows.append(flatten(params))
    return torch.stack(rows).to(dtype)


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The losses of a network at several points of parameter space at once."""

    network: Mlp
    shapes: dict[str, tuple[int, ...]]
    loss: Loss

    def __call__(
        self, points: Float[Tensor, "cells n"], x: Float[Tensor, "batch d"], target: Shaped[Tensor, "batch ..."]
    ) -> Float[Tensor, "cells"]:
        """Return the mean loss over the batch at every point; differentiable."""
        cells, last = len(points), len(self.network.hidden)
        parts = points.split([math.prod(shape) for shape in self.shapes.values()], 1)
        h = x.expand(cells, *x.shape)
        for layer in range(last + 1):
            weight = parts[2 * layer].view(cells, *self.shapes[f"{2 * layer}.weight"])
            h = torch.baddbmm(parts[2 * layer + 1][:, None], h, weight.mT)
            h = self.network.activation(h) if layer < last else h
        losses = self.loss(h.flatten(0, 1), target.repeat(cells, *[1] * (target.ndim - 1)))
        return losses.view(cells, -1).mean(1)

    def gradient(
        self, theta: Float[Tensor, "z1 n"], at: Float[Tensor, "cells z1"], goal: Float[Tensor, "cells"], x: Tensor,
        target: Tensor,
    ) -> tuple[Float[Tensor, "z1 n"], Float[Tensor, "cells"]]:  # fmt: skip
        """Return the gradient of ``sum (L - goal)²`` by theta as sums over the cells, and the losses L."""
        points = (at @ theta).requires_grad_()
        losses = self(points, x, target)
        (g,) = torch.autograd.grad((losses - goal).square().sum(), points)
        return at.T @ g, losses.detach()
