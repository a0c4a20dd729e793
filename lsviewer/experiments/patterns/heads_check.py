"""Brute force for a network with several heads: the whole ``torch.nn.Sequential``, all samples, every head's mean loss."""

import math
from dataclasses import dataclass

import numpy as np
import torch

from lsviewer.core.arrays import Array
from lsviewer.core.jobs import Progress, Step
from lsviewer.engine.data import Data
from lsviewer.engine.losses import Loss
from lsviewer.engine.networks import Mlp
from lsviewer.experiments.patterns.construction import Planted
from lsviewer.experiments.patterns.verification import alphas, at

BATCH = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Losses of every head at sampled grid points, computed the plain way, and how far the stored ones are off."""

    points: Array  # (n, z) indices
    losses: Array  # (n, heads), means in float64
    differences: Array  # (n, heads)

    @property
    def largest(self) -> float:
        """The largest absolute difference."""
        return float(self.differences.max())

    @property
    def worst(self) -> int:
        """The head it belongs to."""
        return int(self.differences.max(axis=0).argmax())


def brute_force_heads(
    network: Mlp, found: Planted, loss: Loss, data: Data, points: Array, shape: tuple[int, ...], stored: Array
) -> Step[Compared]:
    """Compare ``stored`` (n, heads) with the losses of every head at the points; in the dtype and on the device of ``found``."""
    first = found.origin["0.weight"]
    heads = len(list(found.origin.values())[-1]) // data.outputs
    module = network.build(math.prod(data.x.shape[1:]), heads * data.outputs, dtype=first.dtype).to(first.device)
    targets = loss.targets(data.labels).to(first.device)
    targets = targets.to(first.dtype) if targets.is_floating_point() else targets
    losses = np.zeros((len(points), heads))
    for k, point in enumerate(points):
        module.load_state_dict(at(found.origin, found.directions, alphas(point, shape)))
        for start in range(0, len(data.x), BATCH):
            rows = slice(start, start + BATCH)
            with torch.inference_mode():
                outputs = module(data.x[rows].flatten(1).to(first))
                for head, part in enumerate(outputs.split(data.outputs, 1)):
                    losses[k, head] += float(loss(part, targets[rows]).cpu().to(torch.float64).sum())
            yield Progress(
                (k + min(1.0, rows.stop / len(data.x))) / len(points), f"brute force, point {k + 1} of {len(points)}"
            )
    losses /= len(data.x)
    return Compared(points, losses, np.abs(losses - stored))
