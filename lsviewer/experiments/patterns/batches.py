"""What a training step is asked for: a pattern on a rectangle (a box) of its grid points, or at random places between them.

A batch of that form lets layer 2 cost rows plus columns: the cardinal functions of each axis are evaluated on their own.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from lsviewer.core.arrays import Array
from lsviewer.experiments.patterns.basis import Basis

BATCH: dict[int, tuple[int, ...]] = {2: (32, 64), 3: (22, 22, 22)}  # points on each axis
Batch = tuple[list[Tensor], Tensor]  # cardinal functions of each axis, the pattern there


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """A pattern with z axes, or several of them along further axes, and the cardinal functions at its grid points."""

    values: Tensor  # (G,) * z + channels, in the dtype of the run
    z: int
    basis: Basis
    grid: Tensor  # (G, knots)
    counts: tuple[int, ...]  # points on each axis

    @classmethod
    def of(cls, values: Array, z: int, basis: Basis, like: Tensor, share: int = 1) -> "Wanted":
        """Return the pattern in the dtype and on the device of ``like``; ``share``: fewer points by about that factor."""
        points = torch.linspace(0.0, 1.0, len(values), dtype=torch.float64)
        counts = tuple(max(2, round(n * share ** (-1.0 / z))) for n in BATCH.get(z, ())) or (len(values),)
        return cls(torch.tensor(values).to(like), z, basis, basis.cardinal(points).to(like), counts)

    def on_grid(self, generator: torch.Generator) -> Batch:
        """Return some of the grid points of every axis, drawn without repetition."""
        size = len(self.grid)
        picks = [torch.randperm(size, generator=generator)[:count] for count in self.counts]
        values = self.values
        for axis, pick in enumerate(picks):
            values = values.index_select(axis, pick.to(values.device))
        return [self.grid[pick.to(values.device)] for pick in picks], values

    def between(self, generator: torch.Generator) -> Batch:
        """Return random places on every axis, against the multilinear pattern."""
        last = len(self.grid) - 1
        places = [torch.rand(count, generator=generator, dtype=torch.float64) * last for count in self.counts]
        values = self.values
        for axis, place in enumerate(places):
            left = place.long().clamp_max(last - 1).to(values.device)
            weight = (place - place.floor()).to(values.dtype).to(values.device)
            weight = weight.reshape((-1,) + (1,) * (values.ndim - 1 - axis))
            values = values.index_select(axis, left) * (1 - weight) + values.index_select(axis, left + 1) * weight
        return [self.basis.cardinal(place / last).to(values.dtype).to(values.device) for place in places], values
