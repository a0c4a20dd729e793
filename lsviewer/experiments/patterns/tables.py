"""The network while it is trained: tables instead of the weights of layer 2, folded into ordinary weights at the end.

The pre-activation of layer 2 at ``(h1, h2)`` is ``U[i] + V[j]`` at the knots, and the cardinal functions of `basis`
carry it in between: every entry of a table is met on its own, whatever the conditioning of the features of layer 1.
With relu and a layer to spare the hat functions get a layer of their own, and the tables are the weights that read
them; else ``F^-1 U`` is. Folding is done in float64 and rounded once.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor

from lsviewer.core.spec import SpecError
from lsviewer.engine.activations import Relu
from lsviewer.engine.networks import Mlp
from lsviewer.experiments.patterns.basis import Basis, make_basis
from lsviewer.experiments.patterns.construction import Planted
from lsviewer.experiments.patterns.goal import Goal

WAVES = {1: 64, 2: 64, 3: 12}  # frequencies the tables start with, by axes


@dataclass(frozen=True, slots=True)
class Layout:
    """Which hidden layer does what: knots, hats where there is a layer to spare, tables, then dense layers."""

    z: int
    knots: int  # per axis
    hats: bool
    tables: int  # units
    dense: tuple[int, ...]

    @property
    def variant(self) -> str:
        return "trained on hats" if self.hats else "trained, folded"


def make_layout(network: Mlp, z: int, grid: int, below: int = 0) -> Layout:
    """Return the layout; raises `SpecError` naming what is missing.

    ``below``: hidden layers the whole network has beneath these; messages count them.
    """
    hidden = network.hidden
    if z not in (1, 2, 3):
        raise SpecError(f"field 'pattern' has {z} axes: training is built for one, two and three axes")
    if len(hidden) < 2:
        raise SpecError(
            f"field 'network.hidden' has {below + len(hidden)} hidden layer(s), training "
            f"{'with these directions ' * (below > 0)}needs at least {below + 2}"
        )
    if hidden[0] < 2 * z:
        raise SpecError(f"hidden {below + 1} has {hidden[0]} units, training needs {2 * z}: two knots on every axis")
    knots = min(grid, hidden[0] // z)
    hats = isinstance(network.activation, Relu) and len(hidden) >= 4 and hidden[1] >= z * knots
    at = 2 if hats else 1
    return Layout(z, knots, hats, hidden[at], hidden[at + 1 :])


@dataclass(slots=True, eq=False)
class Tables:
    """The network while it is trained: tables for layer 2, matrices above, one output in heights of the goal."""

    pace: ClassVar[float] = 1.0  # of the tables
    share: ClassVar[int] = 1  # by which batches are smaller

    network: Mlp
    layout: Layout
    basis: Basis
    tables: list[Tensor]  # one per axis, (knots, units)
    matrices: list[Tensor]
    biases: list[Tensor]
    read: Tensor  # (units,)
    constant: Tensor  # ()

    def __call__(self, cardinals: list[Tensor]) -> Tensor:
        """Return the output in heights at all points of a grid, given the cardinal functions at its points on each
        axis.
        """
        return self.features(cardinals) @ self.read + self.constant

    def features(self, cardinals: list[Tensor]) -> Tensor:
        """Return the last hidden layer at the same points, (..., units)."""
        pre, *others = (cardinal @ table for cardinal, table in zip(cardinals, self.tables))
        for along in others:
            pre = pre[..., None, :] + along
        h = self.network.activation(pre)
        for matrix, bias in zip(self.matrices, self.biases):
            h = self.network.activation(h @ matrix.T + bias)
        return h

    def parameters(self) -> list[Tensor]:
        return [*self.tables, *self.matrices, *self.biases, self.read, self.constant]


def start_tables(network: Mlp, layout: Layout, generator: torch.Generator, like: Tensor) -> Tables:
    """Return random tables, sums of cosines and sines with amplitudes falling as the root of the frequency, and
    random matrices.
    """
    gain, waves = network.activation.gain, min(WAVES[layout.z], layout.knots)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    def own(tensor: Tensor) -> Tensor:
        return tensor.to(like.dtype).to(like.device).requires_grad_()

    points = torch.linspace(0.0, math.pi, layout.knots, dtype=torch.float64)[:, None]
    frequency = torch.arange(1, waves + 1, dtype=torch.float64)
    features = torch.cat([torch.cos(frequency * points), torch.sin(frequency * points)], 1)
    amplitude = 0.4 * frequency.rsqrt().repeat(2)
    tables = [own(features * amplitude @ normal(2 * waves, layout.tables)) for _ in range(layout.z)]
    widths = (layout.tables, *layout.dense)
    matrices = [own(normal(n, m) * (gain / math.sqrt(m))) for m, n in pairwise(widths)]
    biases = [own(torch.zeros(n)) for n in widths[1:]]
    read = own(normal(widths[-1]) / math.sqrt(widths[-1]))
    return Tables(
        network,
        layout,
        make_basis(network.activation, layout.knots),
        tables,
        matrices,
        biases,
        read,
        own(torch.tensor(0.5)),
    )


def fold(tables: Tables, inputs: int, outputs: int, goal: Goal) -> Planted:
    """Return the ordinary network of the chosen widths that computes what the tables compute, float64."""
    layout, basis = tables.layout, tables.basis
    z, K = layout.z, layout.knots
    origin = {
        name: torch.zeros(shape, dtype=torch.float64) for name, shape in tables.network.shapes(inputs, outputs).items()
    }
    directions = []
    for axis in range(z):
        units = slice(axis * K, (axis + 1) * K)
        origin["0.bias"][units] = basis.bias
        step = torch.zeros_like(origin["0.bias"])
        step[units] = basis.step
        directions.append({"0.bias": step})
    wide = [table.detach().cpu().to(torch.float64) for table in tables.tables]
    layer = 1
    if layout.hats:
        for axis in range(z):
            units = slice(axis * K, (axis + 1) * K)
            origin["2.weight"][units, units] = basis.inverse.T
        layer = 2
    else:
        wide = [basis.inverse @ table for table in wide]
    for axis, table in enumerate(wide):
        origin[f"{2 * layer}.weight"][:, axis * K : (axis + 1) * K] = table.T
    for k, (matrix, bias) in enumerate(zip(tables.matrices, tables.biases)):
        origin[f"{2 * (layer + 1 + k)}.weight"].copy_(matrix.detach())
        origin[f"{2 * (layer + 1 + k)}.bias"].copy_(bias.detach())
    last = 2 * len(tables.network.hidden)
    origin[f"{last}.weight"].copy_(goal.rise[:, None] * tables.read.detach().cpu().to(torch.float64))
    origin[f"{last}.bias"].copy_(goal.base + goal.rise * float(tables.constant.detach()))
    return Planted(origin, tuple(directions))
