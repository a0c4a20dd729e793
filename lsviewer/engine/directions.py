"""Random directions in parameter space, filter-normalised (Li, Xu, Taylor, Studer and Goldstein 2018, section 4).

Every filter of a direction, a row of a weight matrix with all its inputs, is drawn from a standard normal distribution and
scaled to the norm of the same filter of the network: ``d_ij <- d_ij / |d_ij| |theta_ij|``. So one step of alpha changes every
unit by the same share, however the network's weights are scaled. Biases do not move, as in the paper's figures
(``--xignore biasbn`` in its code).
"""

import math
from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from lsviewer.engine.params import Params


def random_directions(origin: Mapping[str, Tensor], count: int, generator: torch.Generator) -> tuple[Params, ...]:
    """Return ``count`` filter-normalised directions through ``origin``, with zero biases; its dtype and device.

    They are drawn in float64 on the CPU: float32 gets the rounded same ones. A row of zeros stays a row of zeros.
    """
    return tuple(
        {name: _like(value, generator) for name, value in origin.items() if value.ndim > 1} for _ in range(count)
    )


def _like(value: Tensor, generator: torch.Generator) -> Tensor:
    noise = torch.randn(value.shape, dtype=torch.float64, generator=generator)
    wanted = _row_norms(value.to("cpu", torch.float64))
    scale = wanted / _row_norms(noise)
    return (noise * scale.reshape([-1] + [1] * (value.ndim - 1))).to(value.device, value.dtype)


def _row_norms(value: Tensor) -> Float[Tensor, "rows"]:
    return value.flatten(1).norm(dim=1)


def norm_ratios(direction: Mapping[str, Tensor], origin: Mapping[str, Tensor]) -> Float[Tensor, "rows"]:
    """Return |row of the direction| / |row of the origin| over all weights, float64, where the origin's row is not zero."""
    ratios = []
    for name, value in origin.items():
        if value.ndim > 1:
            there = _row_norms(value.to("cpu", torch.float64))
            moved = _row_norms(direction[name].to("cpu", torch.float64))
            ratios.append((moved / there)[there > 0])
    return torch.cat(ratios)


def cosine(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> float:
    """Return the cosine of the angle between two directions, summed in float64; a key one of them lacks is zero there."""
    dot = sum(float(_wide(value) @ _wide(b[name])) for name, value in a.items() if name in b)
    return dot / (length(a) * length(b))


def length(direction: Mapping[str, Tensor]) -> float:
    """Return the Euclidean norm over all parameters, in float64."""
    return math.sqrt(sum(float(_wide(value).square().sum()) for value in direction.values()))


def expected_cosine(origin: Mapping[str, Tensor]) -> float:
    """Return the standard deviation of the cosine of two independent filter-normalised directions.

    Two independent uniform unit vectors of R^f have a dot product of mean 0 and variance 1/f; a row of norm w and fan-in f
    contributes w^4 / f, and both directions have the squared length sum w^2.
    """
    variance = squared = 0.0
    for value in origin.values():
        if value.ndim > 1:
            w2 = value.to("cpu", torch.float64).flatten(1).square().sum(dim=1)
            variance += float(w2.square().sum()) / value[0].numel()
            squared += float(w2.sum())
    return math.sqrt(variance) / squared


def _wide(value: Tensor) -> Float[Tensor, "n"]:
    return value.to("cpu", torch.float64).reshape(-1)
