"""The risk: the mean loss of a network over all data, as a function of its parameters. The plain way, used to check the fast one.

One point is computed as a stranger would: the full parameter vector is loaded into the ``torch.nn.Sequential`` of the network,
all samples go through it, and the losses of the samples are summed in float64. `lsviewer.engine.affine_risk` computes the same
on a section many times faster; the two share the loss per sample and nothing else.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from lsviewer.core.arrays import Array
from lsviewer.core.jobs import Progress, Step
from lsviewer.engine.data import Data
from lsviewer.engine.losses import Labels, Loss
from lsviewer.engine.networks import Network
from lsviewer.engine.params import Params, combine, move


@dataclass(frozen=True, slots=True, eq=False)
class Risk:
    """A network, a loss per sample, and the samples with their encoded targets, on one device and in one dtype."""

    network: Network
    loss: Loss
    x: Float[Tensor, "N ..."]  # as the network takes them: rows, or images
    target: Shaped[Tensor, "N ..."]

    @staticmethod
    def on(
        network: Network, loss: Loss, x: Shaped[Tensor, "N ..."], labels: Labels, *, dtype: torch.dtype,
        device: torch.device | str = "cpu",
    ) -> "Risk":  # fmt: skip
        """Return the risk on these samples; inputs as the network takes them, targets as the loss wants them."""
        return Risk(network, loss, network.arrange(x), loss.targets(labels)).to(dtype, device)

    @staticmethod
    def of(
        network: Network, loss: Loss, data: Data, *, dtype: torch.dtype, device: torch.device | str = "cpu"
    ) -> "Risk":
        """Return the risk on the training part of ``data``."""
        return Risk.on(network, loss, data.x, data.labels, dtype=dtype, device=device)

    def to(self, dtype: torch.dtype, device: torch.device | str) -> "Risk":
        """Return the same in another dtype, on another device."""
        target = self.target.to(device)
        if target.is_floating_point():
            target = target.to(dtype)
        return Risk(self.network, self.loss, self.x.to(device=device, dtype=dtype), target)

    @property
    def inputs(self) -> int:
        """Size of one flattened input."""
        return int(self.x[0].numel())

    def at(self, params: Mapping[str, Tensor]) -> Step[float]:
        """Return the risk at one point, computed the plain way; yields after every batch of rows."""
        outputs = len(list(params.values())[-1])
        module = self.network.build(self.inputs, outputs, dtype=self.x.dtype).to(self.x.device)
        module.load_state_dict(dict(params))
        total, step = 0.0, self.network.rows
        for start in range(0, len(self.x), step):
            rows = slice(start, start + step)
            with torch.no_grad():
                losses = self.loss(module(self.x[rows]), self.target[rows])
            total += float(losses.cpu().to(torch.float64).sum())
            yield Progress(min(1.0, (start + step) / len(self.x)))
        return total / len(self.x)


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Risks at sampled grid points: as stored in the section, and computed again."""

    points: Array  # (n, z) indices
    stored: Array  # (n,)
    recomputed: Array  # (n,) float64

    @property
    def largest(self) -> float:
        """The largest absolute difference; inf where only one of the two is finite."""
        return float(self._differences().max())

    @property
    def largest_scaled(self) -> float:
        """The largest difference divided by max(1, |risk|): absolute for risks up to 1, relative above."""
        scale = np.where(np.isfinite(self.recomputed), np.maximum(1.0, np.abs(self.recomputed)), 1.0)
        return float((self._differences() / scale).max())

    def _differences(self) -> Array:
        finite = np.isfinite(self.stored) & np.isfinite(self.recomputed)
        same = (self.stored == self.recomputed) | (np.isnan(self.stored) & np.isnan(self.recomputed))
        with np.errstate(invalid="ignore"):
            return np.where(finite, np.abs(self.stored - self.recomputed), np.where(same, 0.0, np.inf))


def sample(shape: tuple[int, ...], count: int, generator: torch.Generator) -> Array:
    """Return ``count`` different random grid points, all of them where there are fewer: indices (n, z)."""
    chosen = torch.randperm(math.prod(shape), generator=generator)[:count].numpy()
    return np.stack(np.unravel_index(np.sort(chosen), shape), axis=1)


def brute_force(
    risk: Risk,
    origin: Params,
    directions: tuple[Params, ...],
    coordinates: tuple[Array, ...],
    values: Array,
    points: Array,
) -> Step[Comparison]:
    """Compare stored ``values`` with the risk computed the plain way at the grid points ``points``, indices (n, z).

    The point ``origin + sum_i alpha_i direction_i`` is formed in float64 and rounded once to the dtype of ``risk``.
    """
    wide, *moves = (move(params, dtype=torch.float64, device="cpu") for params in (origin, *directions))
    found = np.empty(len(points))
    for k, index in enumerate(points):
        alpha = tuple(float(axis[i]) for axis, i in zip(coordinates, index, strict=True))
        there = move(combine(wide, tuple(moves), alpha), dtype=risk.x.dtype, device=risk.x.device)
        at = risk.at(there)
        while True:
            try:
                part = next(at)
            except StopIteration as stop:
                found[k] = stop.value
                break
            done = (k + (part.fraction if isinstance(part, Progress) else 0.0)) / len(points)
            yield Progress(done, f"brute force, point {k + 1} of {len(points)}")
    return Comparison(points, values[tuple(points.T)].astype(np.float64), found)
