"""Lemma 4.3 as an algorithm: weights of layers 1 .. k for which [F_k, 1] has rank N.

Layers below k keep random weights, which leave the rows of F_{k-1} distinct. A direction a is chosen, the best of several
hundred by its least gap, that orders the samples z_1 < z_2 < ... by a . z. Unit j is sigma(alpha a . (z_j - z_i) + beta): a step
that falls between samples j - 1 and j + 1. With alpha times the least gap = 5 it is steep enough for bounded activations.

The printed branch for softplus lets alpha grow without bound and leaves a matrix of ones and noise. Here unit j is a ramp of
its own slope, alpha_j = 5 / gap_j, with its knot at z_{j+1}: what lies right of the knot is small, what lies left of it is
not, and the matrix is triangular but for the first diagonal below.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from lsviewer.core.spec import SpecError
from lsviewer.engine.backpropagation import Stack, join

STEEP = 5.0
DIRECTIONS = 300


def full_rank_weights(
    stack: Stack, theta: Float[Tensor, "n"], x: Float[Tensor, "N p"], layer: int, generator: torch.Generator
) -> Float[Tensor, "n"]:
    """Return theta with layer k as in lemma 4.3; raises `SpecError` where it has fewer than N - 1 units."""
    samples, width = len(x), stack.widths[layer]
    if width < samples - 1:
        raise SpecError(
            f"field 'network.hidden': layer {layer} has {width} units, lemma 4.3 needs N − 1 = {samples - 1}"
        )
    z = stack.forward(theta, x).features[layer - 1]
    direction, values = best_direction(z, generator)
    ordered = values.sort().values
    gaps = ordered.diff()
    if float(gaps.min()) <= 0.0:
        raise SpecError(
            f"two of {samples} samples are equal in layer {layer - 1}: no weights of layer {layer} give rank N"
        )
    layers = [(weight.clone(), bias.clone()) for weight, bias in stack.split(theta)]
    weight, bias = layers[layer - 1]
    weight[samples - 1 :], bias[samples - 1 :] = 0.0, 0.0
    if getattr(stack.activation, "kind", "") in ("softplus", "relu", "elu", "silu", "gelu"):
        slopes, knots = STEEP / gaps, ordered[1:]
    else:
        slopes, knots = (STEEP / gaps.min()).expand(samples - 1), ordered[:-1]
    weight[: samples - 1] = -slopes[:, None] * direction
    bias[: samples - 1] = slopes * knots
    return join(tuple(layers))


def best_direction(
    z: Float[Tensor, "N w"], generator: torch.Generator
) -> tuple[Float[Tensor, "w"], Float[Tensor, "N"]]:
    """Return the unit vector whose projections have the largest least gap, of some hundred random ones, and these."""
    tried = torch.randn(DIRECTIONS, z.shape[1], dtype=z.dtype, generator=generator).to(z.device)
    tried = tried / tried.norm(dim=1, keepdim=True)
    projections = z @ tried.T
    pick = int(projections.sort(dim=0).values.diff(dim=0).min(dim=0).values.argmax())
    return tried[pick], projections[:, pick]
