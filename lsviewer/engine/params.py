"""A point of parameter space, by name (params) or as one flat vector (theta), and the network as a pure function of it."""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lsviewer.core.arrays import Array, freeze
from lsviewer.core.spec import SpecError
from lsviewer.engine.networks import Network

Params = dict[str, Tensor]
"""Parameters in ``named_parameters`` order: ``0.weight``, ``0.bias``, ``2.weight``, ..."""


def of(module: nn.Module) -> Params:
    """Return the parameters of a module, detached; they share its memory."""
    return {name: value.detach() for name, value in module.named_parameters()}


def flatten(params: Mapping[str, Tensor]) -> Float[Tensor, "n"]:
    """Return all parameters as one vector theta, in order, each in C order."""
    return torch.cat([value.reshape(-1) for value in params.values()])


def unflatten(theta: Float[Tensor, "n"], like: Mapping[str, Tensor]) -> Params:
    """Return theta cut into the names and shapes of ``like``; views of theta."""
    sizes = [value.numel() for value in like.values()]
    if theta.shape != (sum(sizes),):
        raise ValueError(f"theta has shape {tuple(theta.shape)}, the parameters need ({sum(sizes)},)")
    parts = torch.split(theta, sizes)
    return {name: part.view(value.shape) for (name, value), part in zip(like.items(), parts, strict=True)}


def move(
    params: Mapping[str, Tensor], *, dtype: torch.dtype | None = None, device: torch.device | str | None = None
) -> Params:
    """Return the parameters in another dtype or on another device."""
    return {name: value.to(dtype=dtype, device=device) for name, value in params.items()}


def combine(
    origin: Mapping[str, Tensor], directions: tuple[Mapping[str, Tensor], ...], alpha: tuple[float, ...]
) -> Params:
    """Return ``origin + sum_i alpha_i direction_i``; a key a direction lacks is zero there."""
    if len(directions) != len(alpha):
        raise ValueError(f"{len(directions)} directions, but {len(alpha)} coordinates")
    point = dict(origin)
    for direction, step in zip(directions, alpha, strict=True):
        for name, value in direction.items():
            if value.shape != point[name].shape:
                raise ValueError(
                    f"{name} has shape {tuple(point[name].shape)} in the origin, {tuple(value.shape)} in a direction"
                )
            point[name] = point[name] + step * value
    return point


def to_numpy(params: Mapping[str, Tensor]) -> dict[str, Array]:
    """Return read-only numpy copies by name, for artifacts."""
    return {name: freeze(value.detach().cpu().numpy().copy()) for name, value in params.items()}


def from_numpy(params: Mapping[str, Array], *, dtype: torch.dtype, device: torch.device | str = "cpu") -> Params:
    """Return tensors by name; copies."""
    return {name: torch.tensor(value, dtype=dtype, device=device) for name, value in params.items()}


def check(params: Mapping[str, Tensor], network: Network, inputs: int, outputs: int, source: str) -> None:
    """Raise `SpecError` naming the first parameter that does not fit the network, both shapes named."""
    wanted = network.shapes(inputs, outputs)
    for name in [*wanted, *(name for name in params if name not in wanted)]:
        if name not in params:
            raise SpecError(f"{source}: parameter '{name}' is missing; {network.describe()} needs shape {wanted[name]}")
        if name not in wanted:
            raise SpecError(
                f"{source}: parameter '{name}' is not part of {network.describe()} with {inputs} inputs, {outputs} outputs"
            )
        if tuple(params[name].shape) != wanted[name]:
            raise SpecError(
                f"{source}: parameter '{name}' has shape {tuple(params[name].shape)}, {network.describe()} needs {wanted[name]}"
            )


def forward(network: Network, params: Mapping[str, Tensor], x: Float[Tensor, "N ..."]) -> Float[Tensor, "N l"]:
    """Return the outputs of the network at ``params``; differentiable in both, inputs of any shape are arranged."""
    return network.forward(params, x)
