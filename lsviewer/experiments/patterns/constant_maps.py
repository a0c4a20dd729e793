"""The outputs of a convolutional network on a whole section, when only first biases move and first kernels are 0.

The first maps are then constant, and what later maps hold at a position depends only on which taps of which kernels fall
on the zeros around: positions that see the same hold the same, for every alpha. Along each axis of a map the positions
fall into a few classes - left border, inside, right border after one convolution of 3 - and a map is computed once for
every pair of them. Rows and columns of a kernel that are 0 in all its channels see nothing and are left out, so
the kernels of the closed form leave one class. This is the network's own arithmetic on its own parameters, with products
by zeros left out, repeated ones done once, and the sums in another order.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from lsviewer.engine.cnn import Cnn
from lsviewer.engine.params import Params

PIECE = 1 << 22  # numbers that a layer reads at once
Taps = tuple[int, ...]
Classes = tuple[int, ...]  # of every position along one axis


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """One axis of a layer: the class below that each tap of each class of positions sees, -1 for the zeros outside."""

    sees: Tensor  # (classes, taps)
    of: Classes


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """One convolution after the first, and the pooling after it: rows, then columns."""

    taps: tuple[Taps, Taps]
    sights: tuple[Sight, Sight]
    pooled: tuple[Sight, Sight] | None

    @property
    def classes(self) -> tuple[Classes, Classes]:
        """Classes of the positions of the maps it hands on."""
        rows, columns = self.pooled or self.sights
        return rows.of, columns.of

    @property
    def reads(self) -> int:
        """Numbers of one channel below that are read for all classes together."""
        return self.sights[0].sees.numel() * self.sights[1].sees.numel()

    def convolve(self, h: Float[Tensor, "P m n C"], kernel: Float[Tensor, "O C k k"], bias: Tensor) -> Tensor:
        """Return the pre-activations (P, rows, columns, O) by classes."""
        rows, columns = (sight.sees.to(h.device) for sight in self.sights)
        kernel = kernel[:, :, list(self.taps[0])][:, :, :, list(self.taps[1])]
        around = torch.nn.functional.pad(h, (0, 0, 0, 1, 0, 1))  # class -1: zeros
        seen = around[:, rows][:, :, :, columns]  # (P, rows, k, columns, k, C)
        seen = seen.permute(0, 1, 3, 2, 4, 5).flatten(3)
        return seen @ kernel.permute(2, 3, 1, 0).flatten(0, 2) + bias

    def pool(self, h: Float[Tensor, "P m n C"], kind: str) -> Tensor:
        """Return the pooled maps by classes."""
        if self.pooled is None:
            return h
        rows, columns = (sight.sees.to(h.device) for sight in self.pooled)
        seen = h[:, rows][:, :, :, columns]  # (P, rows, 2, columns, 2, C)
        return seen.amax((2, 4)) if kind == "max" else seen.mean((2, 4))


def see(below: Classes, taps: Taps, stride: int, padding: int, count: int) -> Sight:
    """Return what ``count`` positions see through the taps; positions that see the same are one class."""
    seen = []
    for i in range(count):
        at = (i * stride + tap - padding for tap in taps)
        seen.append(tuple(below[p] if 0 <= p < len(below) else -1 for p in at))
    kinds = list(dict.fromkeys(seen))
    return Sight(torch.tensor(kinds), tuple(kinds.index(each) for each in seen))


def stages_of(network: Cnn, taps: list[tuple[Taps, Taps]] | None = None) -> tuple[Stage, ...]:
    """Return the convolutions after the first; ``taps``: of each, rows and columns that count, all where None."""
    first, *later = network.convolutions()
    below: tuple[Classes, Classes] = ((0,) * first.pooled[0], (0,) * first.pooled[1])
    every = tuple(range(network.kernel))
    found = []
    for k, step in enumerate(later):
        chosen = taps[k] if taps else (every, every)
        rows, columns = (
            see(below[axis], chosen[axis], network.stride, network.padding, step.after[axis]) for axis in (0, 1)
        )
        pooled = None
        if step.pooled != step.after:
            pooled = (see(rows.of, (0, 1), 2, 0, step.pooled[0]), see(columns.of, (0, 1), 2, 0, step.pooled[1]))
        found.append(Stage(chosen, (rows, columns), pooled))
        below = found[-1].classes
    return tuple(found)


def counts(network: Cnn, stages: tuple[Stage, ...]) -> tuple[Float[Tensor, "H rows"], Float[Tensor, "W columns"]]:
    """Return which class every row and every column of the last maps has, as zeros and ones, float64."""
    size = network.convolutions()[-1].pooled
    classes = stages[-1].classes if stages else ((0,) * size[0], (0,) * size[1])
    rows, columns = (torch.nn.functional.one_hot(torch.tensor(of)).to(torch.float64) for of in classes)
    return rows, columns


@dataclass(frozen=True, slots=True, eq=False)
class ConstantMaps:
    """A network on a section; call it with the points of the axes."""

    network: Cnn
    params: Params  # in the dtype of the evaluation
    bias: Tensor  # of the first convolution, float64
    steps: Tensor  # (z, channels): how alpha moves it, float64
    stages: tuple[Stage, ...]
    head: Tensor  # (outputs, rows, columns, channels): the linear layer by classes

    def __call__(self, axes: tuple[Float[Tensor, "n"], ...]) -> Float[Tensor, "... outputs"]:
        """Return the outputs at all points of the grid ``axes[0] x axes[1] x ...``, ij order."""
        shape = tuple(len(points) for points in axes)
        grid = torch.cartesian_prod(*axes).reshape(-1, len(axes)).to(self.bias.device, self.bias.dtype)
        widest = max((stage.reads * c for stage, c in zip(self.stages, self.network.channels)), default=1)
        widest = max(widest, self.head[0].numel())
        return torch.cat([self._outputs(part) for part in grid.split(max(1, PIECE // widest))]).reshape(*shape, -1)

    def _outputs(self, alphas: Tensor) -> Tensor:
        network = self.network
        bias = self.bias
        for axis, step in enumerate(self.steps):  # formed in float64, then rounded to the dtype of the run
            bias = bias + alphas[:, axis, None] * step
        h = network.activation(bias.to(self.head.dtype))[:, None, None, :]
        for stage, step in zip(self.stages, network.convolutions()[1:]):
            h = stage.convolve(h, self.params[f"{step.key}.weight"], self.params[f"{step.key}.bias"])
            h = stage.pool(network.activation(h), network.pooling)
        return h.flatten(1) @ self.head.flatten(1).T + self.params[f"{network.head_key}.bias"]


def constant_maps(network: Cnn, origin: Params, directions: tuple[Params, ...], dtype: torch.dtype) -> ConstantMaps:
    """Return the network on its section, evaluated in ``dtype``.

    Raises ValueError where first kernels are not 0 or a direction moves more than the first biases.
    """
    if bool((origin["0.weight"] != 0).any()):
        raise ValueError("first kernels are not 0: the outputs depend on the data")
    for direction in directions:
        if moved := [name for name, value in direction.items() if name != "0.bias" and bool((value != 0).any())]:
            raise ValueError(f"a direction moves {', '.join(moved)}; only 0.bias may move here")
    params = {name: value.to(dtype) for name, value in origin.items()}
    exact = torch.float32 if params["0.bias"].device.type == "mps" else torch.float64
    taps = [_used(params[f"{step.key}.weight"]) for step in network.convolutions()[1:]]
    stages = stages_of(network, taps)
    return ConstantMaps(
        network, params, origin["0.bias"].to(exact), torch.stack([d["0.bias"] for d in directions]).to(exact), stages,
        _head(network, params[f"{network.head_key}.weight"], stages),
    )  # fmt: skip


def _used(kernel: Float[Tensor, "O C k k"]) -> tuple[Taps, Taps]:
    """Return the rows and the columns of a kernel that are not 0 everywhere; the first where all are."""
    seen = (kernel != 0).any(0).any(0)
    rows, columns = (tuple(seen.any(axis).nonzero()[:, 0].tolist()) or (0,) for axis in (1, 0))
    return rows, columns


def _head(network: Cnn, weight: Tensor, stages: tuple[Stage, ...]) -> Tensor:
    rows, columns = (part.to(weight.device, weight.dtype) for part in counts(network, stages))
    if network.head == "average":
        share = rows.sum(0)[:, None] * columns.sum(0) / (len(rows) * len(columns))
        return torch.einsum("oc,mn->omnc", weight, share)
    size = network.convolutions()[-1].pooled
    places = weight.reshape(len(weight), -1, math.prod(size)).unflatten(2, size)
    return torch.einsum("ochw,hm,wn->omnc", places, rows, columns)
