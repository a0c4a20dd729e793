"""A section found, by construction or by training: where it lies, what it promises, and the artifacts that show it."""

import math
from dataclasses import dataclass

import numpy as np
import torch

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Axis, Checkpoint, Mark, Section
from lsviewer.engine.cnn import Cnn
from lsviewer.engine.data import Data
from lsviewer.engine.losses import Loss
from lsviewer.engine.networks import Network
from lsviewer.engine.params import Params, move, to_numpy
from lsviewer.experiments.patterns.carrier import ALIGNED, Carrier
from lsviewer.experiments.patterns.constant_maps import constant_maps
from lsviewer.experiments.patterns.goal import Goal, Risk
from lsviewer.experiments.patterns.measures import lowest
from lsviewer.experiments.patterns.separable import separable
from lsviewer.experiments.patterns.verification import alphas

AXES = ("α₁", "α₂", "α₃")


@dataclass(frozen=True, slots=True)
class Expected:
    """What a method promises on this pattern; ``undecided`` says why a promise is not judged."""

    grid_db: float
    between_db: float
    lowest: float  # how much higher than its minimum the pattern may be where the loss is lowest
    undecided: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A section found: the network, where it lies in parameter space, and what was to be found."""

    network: Network
    origin: Params  # in the dtype and on the device of the run
    directions: tuple[Params, ...]
    data: Data
    loss: Loss
    goal: Goal
    pattern: Array  # (G,) * z in [0, 1]
    variant: str
    expected: Expected
    carrier: Carrier = ALIGNED
    places: tuple[int, ...] = ()  # the units that carry mixed coordinates, in the order of the frame

    @property
    def dtype(self) -> torch.dtype:
        return self.origin["0.weight"].dtype

    def losses(self, axes: tuple[torch.Tensor, ...], mean: Risk, dtype: torch.dtype | None = None) -> Array:
        """Return the mean loss at the points of the axes, float64."""
        return mean(self.outputs(axes, dtype)).numpy()

    def outputs(self, axes: tuple[torch.Tensor, ...], dtype: torch.dtype | None = None) -> torch.Tensor:
        """Return the outputs at the points of the axes, the same for all samples."""
        origin, directions = self.origin, self.directions
        if dtype == torch.float64:  # not every device has it
            origin, directions = move(origin, device="cpu"), tuple(move(d, device="cpu") for d in directions)
        if isinstance(self.network, Cnn):
            return constant_maps(self.network, origin, directions, dtype or self.dtype)(axes)
        return separable(self.network, origin, directions, dtype or self.dtype)(axes)


def section_of(values: Array, pattern: Array, amplitude: float) -> Section:
    """Return the artifact ``section``; the best constant is its offset."""
    target = amplitude * pattern
    place = alphas(np.array(lowest(values)), values.shape) if np.isfinite(values).any() else None
    return Section(
        "section",
        tuple(Axis(name, np.linspace(0.0, 1.0, n)) for name, n in zip(AXES, values.shape)),
        values,
        title="Loss on the section",
        target=target,
        offset=float((values - target).mean()),
        marks=(Mark(place, "minimum", "minimum"),) if place else (),
    )


def checkpoint_of(found: Found) -> Checkpoint:
    """Return the artifact ``checkpoint``: the network, theta_0 and full directions, zeros included."""
    network = {**found.network.model_dump(mode="json"), "inputs": found.data.inputs, "outputs": found.data.outputs}
    zeros = {name: torch.zeros_like(value) for name, value in found.origin.items()}
    directions = tuple(to_numpy({**zeros, **direction}) for direction in found.directions)
    return Checkpoint("checkpoint", network, to_numpy(found.origin), directions, title="θ₀ and its directions")


def rounding_level(dtype: torch.dtype, largest: float, amplitude: float, heights: float = 0.0) -> float:
    """Return the PSNR that rounding leaves at the worst, in steps of 5 dB, at most 100 in float32 and 200 in float64.

    Losses up to ``largest`` are rounded at 8 eps, heights by at most ``heights``.
    """
    error = 8 * torch.finfo(dtype).eps * largest / amplitude + 2.0 * heights
    level = -20.0 * math.log10(error)
    return max(0.0, min(5.0 * math.floor(level / 5.0), 200.0 if dtype == torch.float64 else 100.0))
