"""Planting while the mouse moves: a planter keeps the network and renews what a stroke changes.

In the accurate form of the closed construction column j of the pattern enters by the gate weights that read hat j of
the second axis, and where that hat is 0 - exactly 0 at every other grid point - these weights do not act. So a stroke
over some columns renews their weights and the section is evaluated again, through the network, on these columns. In
the folded form and for z = 1 everything is planted anew.
"""

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from lsviewer.core.arrays import Array
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import Params
from lsviewer.experiments.patterns.construction import Plan, Planted, digits_of, plant
from lsviewer.experiments.patterns.goal import Goal, Risk
from lsviewer.experiments.patterns.placement import Placement
from lsviewer.experiments.patterns.separable import grid_axes, separable


@dataclass(slots=True, eq=False)
class Planter:
    """The network with the last pattern planted, and its section; `show` takes the next pattern."""

    plan: Plan
    network: Mlp
    inputs: int
    outputs: int
    goal: Goal
    risk: Risk
    dtype: torch.dtype
    device: torch.device
    placement: Placement | None = None  # where the planted network goes in a larger one
    origin: Params = field(init=False)  # in dtype, on device
    directions: tuple[Params, ...] = field(init=False)
    _pattern: Array | None = field(init=False, default=None)
    _values: Array | None = field(init=False, default=None)

    def show(self, pattern: Array) -> Array:
        """Plant the pattern and return the loss at all grid points, float64 (G,) * z."""
        if self._pattern is None or self._values is None:
            self._values = self._replant(pattern)
        elif len(columns := _changed(pattern, self._pattern)):
            everything = self.plan.z != 2 or self.plan.variant != "accurate" or 2 * len(columns) > self.plan.grid
            self._values = self._replant(pattern) if everything else self._renew(pattern, columns)
        self._pattern = pattern
        return self._values

    def _replant(self, pattern: Array) -> Array:
        heights = self.goal.heights(torch.tensor(pattern, dtype=torch.float64))
        planted = plant(self.plan, self.network, self.inputs, self.outputs, self.goal, heights, digits_of(self.dtype))
        planted = self.placement.on_upper(planted) if self.placement else planted
        rounded = in_dtype(planted, self.dtype, self.device)
        self.origin, self.directions = rounded.origin, rounded.directions
        return self._section(grid_axes(self.plan.grid, self.plan.z))

    def _renew(self, pattern: Array, columns: Array) -> Array:
        grid = self.plan.grid
        where = torch.from_numpy(columns)
        heights = self.goal.heights(torch.tensor(pattern[:, columns], dtype=torch.float64))
        below = self.placement is not None and self.placement.carrier.mixes
        weight = self.origin[f"{2 * (self.plan.first + 2 + below)}.weight"]
        here = heights.to(self.dtype).to(self.device)
        weight[:grid, grid + where.to(self.device)] = here
        weight[grid : 2 * grid, grid + where.to(self.device)] = -here
        rows, points = grid_axes(grid, 2)
        assert self._values is not None
        values = self._values.copy()
        values[:, columns] = self._section((rows, points[where]))
        return values

    def _section(self, axes: tuple[Tensor, ...]) -> Array:
        network = self.placement.upper if self.placement else self.network
        outputs = separable(network, self.origin, self.directions, self.dtype)(axes)
        return self.risk(outputs).numpy()


def _changed(new: Array, old: Array) -> Array:
    """Return the indices on the last axis where the patterns differ."""
    return np.flatnonzero((new != old).reshape(-1, new.shape[-1]).any(axis=0))


def in_dtype(planted: Planted, dtype: torch.dtype, device: torch.device) -> Planted:
    """Return the parameters rounded to the dtype of the run and on its device."""

    def rounded(params: Params) -> Params:
        return {name: value.to(dtype).to(device) for name, value in params.items()}

    return Planted(rounded(planted.origin), tuple(rounded(direction) for direction in planted.directions))
