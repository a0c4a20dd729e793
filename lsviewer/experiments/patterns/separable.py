"""The outputs of a network on a whole section, when only the biases of one layer move and no output depends on the data.

Where the weights into that layer are 0, what lies below does not matter and is left out. A unit of the layer sees the
coordinates alpha that move its bias, and a later unit those of the units it has weights from. So a unit is evaluated on
the axes it depends on and nowhere twice: the pre-activations of a unit that depends on both axes are ``U[i] + V[j]`` plus
what comes from other such units. This is the network's own arithmetic, on its own parameters, with the products by zero
weights left out and the sums in another order; it reaches all G^z points of a section at the price of about one matrix
product. Where directions are mixed every unit depends on all axes and no product is spared.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import Params

PIECE = 1 << 19  # entries of the activations of one layer worked on at once: they stay in the cache of a core
Axes = frozenset[int]


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """The units of one layer that depend on the same axes, and what they read from the blocks of the layer below."""

    axes: Axes
    units: Tensor  # indices in the layer
    bias: Tensor
    sources: tuple[tuple[Axes, Tensor], ...]  # (axes of the block below, weight [below, units])


Layer = tuple[_Block, ...]
Activations = dict[Axes, Tensor]  # by block: (n0 or 1, ..., units)


@dataclass(frozen=True, slots=True, eq=False)
class Separable:
    """A network cut into blocks of units that depend on the same axes; call it with the points of the axes."""

    network: Mlp
    z: int
    bias: Tensor  # of the layer that carries, float64
    steps: Tensor  # (z, units): how alpha moves it, float64
    first: Layer
    later: tuple[Layer, ...]
    outputs: int
    dtype: torch.dtype

    def __call__(self, axes: tuple[Float[Tensor, "n"], ...]) -> Float[Tensor, "... outputs"]:
        """Return the outputs at all points of the grid ``axes[0] x axes[1] x ...``, ij order."""
        shape = tuple(len(points) for points in axes)
        everything = frozenset(range(self.z))
        layers = (self.first, *self.later)
        # Layers below `cut` and the products they feed into it are computed once; from there on units depend on all axes.
        cut = next((k for k, layer in enumerate(layers) if any(block.axes == everything for block in layer)), -1)
        cut = len(self.later) if cut < 0 else cut
        terms = self._terms(self._advance(self._first(axes), 1, cut), cut) if cut else None
        widest = max(len(block.units) for layer in layers for block in layer)
        rows = max(1, PIECE * shape[0] // (widest * torch.Size(shape).numel()))
        pieces = []
        for low in range(0, shape[0], rows):
            part = slice(low, low + rows)
            if terms is None:
                blocks = self._advance(self._first((axes[0][part], *axes[1:])), 1, len(layers))
            else:
                here = {
                    key: [term[part] if term.shape[0] > 1 else term for term in each] for key, each in terms.items()
                }
                blocks = self._advance(self._sums(here, cut), cut + 1, len(layers))
            pieces.append(self._gather(blocks, (min(rows, shape[0] - low), *shape[1:])))
        return torch.cat(pieces)

    def _first(self, axes: tuple[Tensor, ...]) -> Activations:
        """Return the layer that carries; the point is formed in float64, then rounded to the dtype of the run."""
        result = {}
        for block in self.first:
            bias = self.bias[block.units].reshape((1,) * self.z + (-1,))
            for axis in block.axes:
                along = [1] * (self.z + 1)
                along[axis] = -1
                points = axes[axis].to(bias.device, bias.dtype).reshape(along)
                bias = bias + points * self.steps[axis, block.units]
            pre = bias.to(self.dtype)
            result[block.axes] = self.network.activation(pre) if self.later else pre
        return result

    def _terms(self, below: Activations, index: int) -> dict[Axes, list[Tensor]]:
        """Return what adds up to the pre-activations of every block of a layer."""
        flat = (1,) * self.z + (-1,)
        return {
            block.axes: [block.bias.reshape(flat), *(below[key] @ weight for key, weight in block.sources)]
            for block in self.later[index - 1]
        }

    def _sums(self, terms: dict[Axes, list[Tensor]], index: int) -> Activations:
        result = {}
        for key, (total, *others) in terms.items():
            for term in others:
                total = total + term
            result[key] = self.network.activation(total) if index < len(self.later) else total
        return result

    def _advance(self, below: Activations, start: int, stop: int) -> Activations:
        for index in range(start, stop):
            below = self._sums(self._terms(below, index), index)
        return below

    def _gather(self, blocks: Activations, shape: tuple[int, ...]) -> Tensor:
        result = self.bias.new_empty((*shape, self.outputs), dtype=self.dtype)
        for block in (self.first, *self.later)[-1]:
            result[..., block.units] = blocks[block.axes]
        return result


def separable(network: Mlp, origin: Params, directions: tuple[Params, ...], dtype: torch.dtype) -> Separable:
    """Return the network cut into blocks, its parameters in ``dtype``.

    Raises ValueError where a direction moves more than the biases of one layer or the weights into it are not 0.
    """
    carrying = carrying_layer(directions)
    if bool((origin[f"{2 * (carrying - 1)}.weight"] != 0).any()):
        raise ValueError(f"the weights into layer {carrying} are not 0: the outputs depend on the data")
    network, origin, directions = _from(carrying, network, origin, directions)
    device = origin["0.weight"].device
    exact = torch.float32 if device.type == "mps" else torch.float64
    steps = torch.stack([direction["0.bias"] for direction in directions]).to(device, exact)
    depends = steps != 0  # (z, units)
    first = _blocks(depends, origin["0.bias"], ())
    layers: list[Layer] = []
    for index in range(1, len(network.hidden) + 1):
        weight = origin[f"{2 * index}.weight"].to(dtype)
        linked = (weight != 0).to(torch.float32)
        depends = depends.to(torch.float32) @ linked.T > 0
        below = layers[-1] if layers else first
        layers.append(_blocks(depends, origin[f"{2 * index}.bias"].to(dtype), tuple(below), weight))
    outputs = int(origin[f"{2 * len(network.hidden)}.bias"].shape[0])
    return Separable(network, len(directions), origin["0.bias"].to(exact), steps, first, tuple(layers), outputs, dtype)


def carrying_layer(directions: tuple[Params, ...]) -> int:
    """Return the layer, from 1 on, whose biases are all that the directions move; raises ValueError where there is none."""
    moved = sorted({name for each in directions for name, value in each.items() if bool((value != 0).any())})
    if len(moved) > 1 or any(not name.endswith(".bias") for name in moved):
        raise ValueError(f"the directions move {', '.join(moved)}; only the biases of one layer may move here")
    return int(moved[0].split(".")[0]) // 2 + 1 if moved else 1


def _from(
    layer: int, network: Mlp, origin: Params, directions: tuple[Params, ...]
) -> tuple[Mlp, Params, tuple[Params, ...]]:
    """Return the network from a layer on, with its parameters renamed."""
    if layer == 1:
        return network, origin, directions
    first = 2 * (layer - 1)

    def renamed(params: Params) -> Params:
        cut = {tuple(name.split(".")): value for name, value in params.items()}
        return {f"{int(index) - first}.{rest}": value for (index, rest), value in cut.items() if int(index) >= first}

    return network.replace(hidden=network.hidden[layer - 1 :]), renamed(origin), tuple(map(renamed, directions))


def _blocks(depends: Tensor, bias: Tensor, below: Layer, weight: Tensor | None = None) -> Layer:
    """Return the units of a layer by the axes they depend on: ``depends`` is (z, units)."""
    code = (depends * (1 << torch.arange(len(depends), device=depends.device))[:, None]).sum(0)
    found = []
    for value in code.unique().tolist():
        units = (code == value).nonzero()[:, 0]
        sources = []
        for block in below if weight is not None else ():
            part = weight[units][:, block.units]  # type: ignore[index]
            if bool((part != 0).any()):
                sources.append((block.axes, part.T.contiguous()))
        axes = frozenset(axis for axis in range(len(depends)) if value >> axis & 1)
        found.append(_Block(axes, units, bias[units], tuple(sources)))
    return tuple(found)


def grid_axes(grid: int, z: int) -> tuple[Tensor, ...]:
    """Return the grid points of [0, 1]^z, float64."""
    return tuple(torch.linspace(0.0, 1.0, grid, dtype=torch.float64) for _ in range(z))


def middles(grid: int, z: int) -> tuple[Tensor, ...]:
    """Return the middles of the cells, float64."""
    return tuple(0.5 * (points[1:] + points[:-1]) for points in grid_axes(grid, z))
