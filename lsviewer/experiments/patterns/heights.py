"""Several functions of the section's coordinates on one set of knots: the part of a network that knows h and not x.

Each function is a table of heights in [0, 1] at the grid points, realised as in `construction`: knots and, in the accurate form,
hats are shared; gates are its own. Layers that come after the construction pass the values on, one unit each, because relu
leaves what is not negative. The first layer is read by biases alone: alpha moves them by G - 1 over [0, 1].
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from lsviewer.experiments.patterns.construction import (
    STAGES,
    Plan,
    Variant,
    gates,
    reader,
    second_differences,
)


@dataclass(frozen=True, slots=True, eq=False)
class Bank:
    """Weights and biases of the hidden layers in use, and how the values are read from the last of them; float64."""

    layers: tuple[tuple[Tensor, Tensor], ...]  # weight (units, units below), bias; the first weight has no columns
    read: Float[Tensor, "tables units"]
    constant: Float[Tensor, "tables"]
    steps: Float[Tensor, "z units"]  # how alpha moves the biases of layer 1

    @property
    def widths(self) -> tuple[int, ...]:
        """Units in every layer."""
        return tuple(len(bias) for _, bias in self.layers)


def bank_widths(z: int, grid: int, variant: Variant, depth: int, tables: int = 1) -> tuple[int, ...]:
    """Return the units in each of ``depth`` layers; raises ValueError where the construction is deeper."""
    stages = STAGES[z, variant]
    if depth < len(stages):
        raise ValueError(f"{len(stages)} layers are needed for {variant}, {depth} are there")
    each = [z * grid * (tables if stage == "gates" else 1) for stage in stages]
    return (*each, *[tables] * (depth - len(stages)))


def make_bank(variant: Variant, depth: int, tables: Sequence[Tensor], digits: int = 53) -> Bank:
    """Return the bank of these tables, each (G,) * z in [0, 1]; ``digits`` of the arithmetic that will run it."""
    z, grid = tables[0].ndim, tables[0].shape[0]
    plan = Plan(z, grid, variant, 0, depth)
    thresholds = -torch.arange(-1, grid - 1, dtype=torch.float64).repeat(z)
    layers = [(torch.zeros(z * grid, 0, dtype=torch.float64), thresholds)]
    if "hats" in plan.stages:
        hats = torch.block_diag(*[second_differences(grid)] * z)
        layers.append((hats, torch.zeros(z * grid, dtype=torch.float64)))
    if "gates" in plan.stages:
        each = [gates(plan, table, digits) for table in tables]
        layers.append((torch.cat([weight for weight, _ in each]), torch.cat([bias for _, bias in each])))
    rows, constants = zip(*(reader(plan, table, digits) for table in tables))
    read = torch.block_diag(*rows) if "gates" in plan.stages else torch.stack(rows)
    constant = torch.tensor(constants, dtype=torch.float64)
    eye = torch.eye(len(tables), dtype=torch.float64)
    while len(layers) < depth:
        layers.append((read, constant))
        read, constant = eye, torch.zeros(len(tables), dtype=torch.float64)
    steps = (grid - 1.0) * torch.eye(z, dtype=torch.float64).repeat_interleave(grid, dim=1)
    return Bank(tuple(layers), read, constant, steps)
