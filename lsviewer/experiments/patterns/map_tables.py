"""A convolutional network while it is trained: tables instead of the kernels of layer 2, all taps of all other kernels.

The maps are those of `constant_maps`, by classes of positions, for the geometry of the real images. Every tap of every kernel
of layer 2 has a table of its values at the knots, as in `tables`: a class of positions that sees some of the taps reads
the sum of their tables, ``U[i] + V[j]``. The linear head has weights for every class, shared equally among its positions
when it is folded; the fold is done in float64 and rounded once. First kernels are 0 and first biases hold the knots, as the
theorem asks; every other number of the network is trained.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor

from lsviewer.core.spec import SpecError
from lsviewer.engine.cnn import Cnn
from lsviewer.experiments.patterns.basis import Basis, make_basis
from lsviewer.experiments.patterns.constant_maps import Stage, counts, stages_of
from lsviewer.experiments.patterns.construction import Planted
from lsviewer.experiments.patterns.goal import Goal
from lsviewer.experiments.patterns.tables import WAVES, Layout

PIECE = 1 << 23  # numbers read at once where no gradient is asked for


def make_map_layout(network: Cnn, z: int, grid: int) -> Layout:
    """Return the layout; raises `SpecError` naming what is missing."""
    channels = network.channels
    if z not in (1, 2, 3):
        raise SpecError(f"field 'pattern' has {z} axes: training is built for one, two and three axes")
    if len(channels) < 2:
        raise SpecError("field 'network.channels' has 1 convolution, training needs at least 2")
    if channels[0] < 2 * z:
        raise SpecError(f"convolution 1 has {channels[0]} channels, training needs {2 * z}: two knots on every axis")
    return Layout(z, min(grid, channels[0] // z), False, channels[1], channels[2:])


@dataclass(slots=True, eq=False)
class MapTables:
    """The network while it is trained, in heights of the goal; it is called as `tables.Tables` are."""

    share: ClassVar[int] = 4  # by which batches are smaller: every point is several maps

    network: Cnn
    layout: Layout
    basis: Basis
    stages: tuple[Stage, ...]
    tables: list[Tensor]  # one per axis, (taps, knots, channels)
    matrices: list[Tensor]  # kernels of layer 3 on, (O, C k k)
    biases: list[Tensor]  # of layer 2 on
    read: Tensor  # (rows, columns, C) by classes; (C,) of the averages
    constant: Tensor  # ()
    weights: Tensor  # (rows, columns): the share of the positions that are of each class

    def __call__(self, cardinals: list[Tensor]) -> Tensor:
        """Return the output in heights at all points of a grid, given the cardinal functions at its points on each axis."""
        points = math.prod(len(cardinal) for cardinal in cardinals)
        pieces = 1 if torch.is_grad_enabled() else max(1, points * self._widest() // PIECE)
        parts = cardinals[0].tensor_split(min(pieces, len(cardinals[0])))
        return torch.cat([self._heights([part, *cardinals[1:]]) for part in parts])

    def _widest(self) -> int:
        first = self.stages[0]
        maps = first.sights[0].sees.shape[0] * first.sights[1].sees.shape[0] * self.network.channels[1]
        return max([maps, *(stage.reads * c for stage, c in zip(self.stages[1:], self.network.channels[1:]))])

    def _heights(self, cardinals: list[Tensor]) -> Tensor:
        network, first = self.network, self.stages[0]
        inside = [(sight.sees >= 0).to(self.read) for sight in first.sights]  # (classes, taps)
        k = network.kernel
        pre: Tensor | None = None
        for cardinal, table in zip(cardinals, self.tables):
            seen = torch.einsum("ms,nt,stKo->mnKo", *inside, table.unflatten(0, (k, k)))
            along = (cardinal @ seen).permute(2, 0, 1, 3)  # (points of the axis, rows, columns, O)
            pre = along if pre is None else pre[..., None, :, :, :] + along
        assert pre is not None
        shape = pre.shape[: len(cardinals)]
        h = first.pool(network.activation((pre + self.biases[0]).flatten(0, len(shape) - 1)), network.pooling)
        for stage, matrix, bias in zip(self.stages[1:], self.matrices, self.biases[1:]):
            h = stage.convolve(h, matrix.unflatten(1, (-1, k, k)), bias)
            h = stage.pool(network.activation(h), network.pooling)
        if network.head == "average":
            h = torch.einsum("pmnc,mn->pc", h, self.weights)
        return (h.flatten(1) @ self.read.flatten() + self.constant).reshape(shape)

    @property
    def pace(self) -> float:
        """Pace of the tables: a class of positions reads the sum of up to k² of them."""
        return 1.0 / self.network.kernel**2

    def parameters(self) -> list[Tensor]:
        return [*self.tables, *self.matrices, *self.biases, self.read, self.constant]


def start_maps(network: Cnn, layout: Layout, generator: torch.Generator, like: Tensor) -> MapTables:
    """Return random tables, sums of waves as in `tables.start_tables`, shared among the taps; random kernels."""
    gain, waves, k = network.activation.gain, min(WAVES[layout.z], layout.knots), network.kernel

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    def own(tensor: Tensor) -> Tensor:
        return tensor.to(like.dtype).to(like.device).requires_grad_()

    points = torch.linspace(0.0, math.pi, layout.knots, dtype=torch.float64)[:, None]
    frequency = torch.arange(1, waves + 1, dtype=torch.float64)
    features = torch.cat([torch.cos(frequency * points), torch.sin(frequency * points)], 1)
    features *= 0.4 * frequency.rsqrt().repeat(2) / k  # k² taps are added
    tables = [own(features @ normal(k * k, 2 * waves, layout.tables)) for _ in range(layout.z)]
    widths = (layout.tables, *layout.dense)
    matrices = [own(normal(n, m * k * k) * (gain / math.sqrt(m * k * k))) for m, n in pairwise(widths)]
    biases = [own(torch.zeros(n)) for n in widths]
    stages = stages_of(network)
    rows, columns = counts(network, stages)
    by_class = () if network.head == "average" else (rows.shape[1], columns.shape[1])
    read = normal(*by_class, widths[-1])
    weights = (rows.mean(0)[:, None] * columns.mean(0)).to(like)
    return MapTables(
        network, layout, make_basis(network.activation, layout.knots), stages, tables, matrices, biases,
        own(read / math.sqrt(read.numel())), own(torch.tensor(0.5)), weights,
    )  # fmt: skip


def fold_maps(tables: MapTables, inputs: int, outputs: int, goal: Goal) -> Planted:
    """Return the ordinary network that computes what the tables compute, float64."""
    network, basis = tables.network, tables.basis
    K, k = tables.layout.knots, network.kernel
    origin = {name: torch.zeros(shape, dtype=torch.float64) for name, shape in network.shapes(inputs, outputs).items()}

    def wide(tensor: Tensor) -> Tensor:
        return tensor.detach().cpu().to(torch.float64)

    _, second, *later = network.convolutions()
    directions = []
    for axis, table in enumerate(tables.tables):
        knots = slice(axis * K, (axis + 1) * K)
        origin["0.bias"][knots] = basis.bias
        step = torch.zeros_like(origin["0.bias"])
        step[knots] = basis.step
        directions.append({"0.bias": step})
        weights = basis.inverse @ wide(table)  # (taps, knots, channels)
        origin[f"{second.key}.weight"][:, knots] = weights.permute(2, 1, 0).unflatten(2, (k, k))
    for layer, matrix in zip(later, tables.matrices):
        origin[f"{layer.key}.weight"].copy_(wide(matrix).unflatten(1, (-1, k, k)))
    for layer, bias in zip((second, *later), tables.biases):
        origin[f"{layer.key}.bias"].copy_(wide(bias))
    read = wide(tables.read)
    if network.head == "flatten":
        rows, columns = counts(network, tables.stages)
        read = torch.einsum("mnc,hm,wn->chw", read, rows / rows.sum(0), columns / columns.sum(0)).flatten()
    origin[f"{network.head_key}.weight"].copy_(goal.rise[:, None] * read)
    origin[f"{network.head_key}.bias"].copy_(goal.base + goal.rise * float(tables.constant.detach()))
    return Planted(origin, tuple(directions))
