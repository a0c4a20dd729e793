"""The whole network on all samples at points of a section where the outputs depend on the inputs (Theorem 2).

Directions move first-layer biases only, so the product of the inputs with the first layer's weights is the same at all points and
computed once; everything after it is computed anew at every point, for every sample, as the network says. Losses are
computed in float64 from outputs in the dtype of the run, so that ``|L - T| <= c max_i |eps_i|`` (eq. 17) is a statement
about the outputs alone.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from lsviewer.core.arrays import Array
from lsviewer.core.jobs import Progress, Step
from lsviewer.engine.losses import CrossEntropy, Labels, Squared
from lsviewer.engine.networks import Mlp
from lsviewer.experiments.patterns.construction import Planted
from lsviewer.experiments.patterns.verification import alphas

Wanted = Callable[[int], Float[Tensor, "N l"]]  # number of a point -> the outputs asked for there (eq. 14)


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """A planted or trained network and the samples of one part, ready to be evaluated at points of the section."""

    network: Mlp
    planted: Planted  # in the dtype and on the device of the run
    loss: CrossEntropy | Squared
    labels: Labels
    product: Float[Tensor, "N units"]  # inputs times first-layer weights

    @staticmethod
    def of(network: Mlp, planted: Planted, loss: CrossEntropy | Squared, x: Tensor, labels: Labels) -> "Whole":
        """Return the whole network on these samples."""
        first = planted.origin["0.weight"]
        product = x.flatten(1).to(first.dtype).to(first.device) @ first.T
        return Whole(network, planted, loss, labels, product)

    def outputs(self, alpha: tuple[float, ...]) -> Float[Tensor, "N l"]:
        """Return the outputs of all samples at one point; the biases are formed in float64 and rounded once."""
        origin, wide = self.planted.origin, torch.float64
        bias = origin["0.bias"].cpu().to(wide)  # not every device has float64
        for step, direction in zip(alpha, self.planted.directions):
            bias = bias + step * direction["0.bias"].cpu().to(wide)
        h = self.network.activation(self.product + bias.to(self.product.dtype).to(self.product.device))
        last = len(self.network.hidden)
        for layer in range(1, last + 1):
            h = functional.linear(h, origin[f"{2 * layer}.weight"], origin[f"{2 * layer}.bias"])
            h = self.network.activation(h) if layer < last else h
        return h

    def losses(self, outputs: Float[Tensor, "N l"]) -> Float[Tensor, "N"]:
        """Return the loss of every sample, float64."""
        target = self.loss.targets(self.labels)
        target = target.to(torch.float64) if target.is_floating_point() else target
        return self.loss(outputs.to("cpu", torch.float64), target)

    def accuracy(self, outputs: Float[Tensor, "N l"]) -> float:
        """Return the share of samples whose class has the largest output, NaN for float targets."""
        if self.labels.classes is None:
            return math.nan
        return float((outputs.cpu().argmax(1) == self.labels.y).to(torch.float64).mean())


@dataclass(frozen=True, slots=True, eq=False)
class Swept:
    """What was found at the points."""

    losses: Array  # (n,) mean over all samples
    largest: Array  # (n,) largest max_i |eps_i| in the norm of the loss, NaN without targets
    accuracy: Array  # (n,)


def sweep(whole: Whole, points: Array, shape: tuple[int, ...], wanted: Wanted | None = None) -> Step[Swept]:
    """Return losses, accuracies and, with ``wanted`` outputs, the largest distance from them, at points (n, z) of indices."""
    losses, largest, accuracy = np.empty(len(points)), np.full(len(points), np.nan), np.empty(len(points))
    for k, point in enumerate(points):
        with torch.inference_mode():
            outputs = whole.outputs(alphas(point, shape))
            losses[k] = float(whole.losses(outputs).mean())
            accuracy[k] = whole.accuracy(outputs)
            if wanted is not None:
                largest[k] = float(distance(whole.loss, outputs.to("cpu", torch.float64) - wanted(k)).max())
        yield Progress((k + 1) / len(points), f"brute force, point {k + 1} of {len(points)}")
    return Swept(losses, largest, accuracy)


def distance(loss: CrossEntropy | Squared, difference: Float[Tensor, "N l"]) -> Float[Tensor, "N"]:
    """Return |eps_i|: the largest entry for cross-entropy, the Euclidean length for the squared loss."""
    return difference.abs().amax(1) if isinstance(loss, CrossEntropy) else difference.norm(dim=1)


def lipschitz(loss: CrossEntropy | Squared, target: Array, largest: Array) -> Array:
    """Return c of eq. 17 at losses T: 2 for cross-entropy, since the gradient softmax - e_y has the 1-norm 2 (1 - p_y);
    ``2 sqrt(T) + max |eps|`` for the squared loss, since ``|t + eps|² - |t|² = 2 t.eps + |eps|²``.
    """
    return np.full(len(target), 2.0) if isinstance(loss, CrossEntropy) else 2.0 * np.sqrt(target) + largest
