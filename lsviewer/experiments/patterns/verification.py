"""Brute force: the loss at random grid points with the whole network on all data, twice, by two code paths.

In the dtype of the run: theta_0 + sum_i alpha_i theta_i as one full parameter vector, loaded into the
``torch.nn.Sequential`` that a stranger would write down, all samples, the loss of every sample, their mean. In
float64: numpy alone, with activations and losses written out again here, so that an error in the engine cannot hide
behind itself. There, samples whose pre-activations in a layer are equal bit for bit are carried on as one (all of
them, where the weights into it are 0); where they differ every sample goes through.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from scipy import special
from torch import Tensor, nn

from lsviewer.core.arrays import Array
from lsviewer.core.jobs import Progress, Step
from lsviewer.engine import activations as act
from lsviewer.engine import losses as ls
from lsviewer.engine.cnn import Cnn
from lsviewer.engine.networks import Network
from lsviewer.engine.params import Params, combine
from lsviewer.experiments.patterns.numpy_maps import NumpyMaps

BATCH = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Sampled:
    """Losses at sampled grid points."""

    points: Array  # (n, z) indices
    losses: Array  # (n,) in the dtype of the run, means in float64
    spread: float  # largest difference of an output between two samples, over all points
    losses64: Array  # (n,) in float64, numpy


def sample_points(shape: tuple[int, ...], count: int, generator: torch.Generator) -> Array:
    """Return ``count`` different random grid points (all of them where there are fewer), (n, z) indices."""
    total = math.prod(shape)
    flat = torch.randperm(total, generator=generator)[:count].numpy()
    return np.stack(np.unravel_index(flat, shape), axis=1)


def alphas(point: Array, shape: tuple[int, ...]) -> tuple[float, ...]:
    """Return the section coordinates of a grid point, each in [0, 1]."""
    return tuple(int(k) / (n - 1) for k, n in zip(point, shape))


def brute_force(
    network: Network,
    origin: Params,
    directions: tuple[Params, ...],
    loss: ls.Loss,
    x: Tensor,
    labels: ls.Labels,
    points: Array,
    shape: tuple[int, ...],
) -> Step[Sampled]:
    """Return the losses at the points; ``origin`` and ``directions`` in the dtype and on the device of the run."""
    first = origin["0.weight"]
    module = network.build(math.prod(x.shape[1:]), labels.outputs, dtype=first.dtype).to(first.device)
    other = _Numpy(network, origin, directions, loss, x, labels)
    step = min(BATCH, network.rows)
    found, found64, spread = [], [], 0.0
    for k, point in enumerate(points):
        alpha = alphas(point, shape)
        module.load_state_dict(at(origin, directions, alpha))
        total = 0.0
        low = torch.full((labels.outputs,), math.inf, dtype=first.dtype, device=first.device)
        high = -low
        for start in range(0, len(x), step):
            part = slice(start, start + step)
            outputs, losses = _batch(
                module, loss, network.arrange(x[part]), ls.Labels(labels.y[part], labels.classes), first
            )
            total += float(losses.to("cpu", torch.float64).sum())
            least, most = outputs.amin(0), outputs.amax(0)
            low, high = torch.minimum(low, least), torch.maximum(high, most)
            yield Progress(
                (k + min(1.0, (start + step) / len(x))) / len(points), f"brute force, point {k + 1} of {len(points)}"
            )
        spread = max(spread, float((high - low).max()))
        found.append(total / len(x))
        found64.append(other(alpha))
    return Sampled(points, np.array(found), spread, np.array(found64))


def at(origin: Params, directions: tuple[Params, ...], alpha: tuple[float, ...]) -> Params:
    """Return the point of the section, formed in float64 and rounded once to the dtype of the run."""
    like = origin["0.weight"]

    def wide(params: Params) -> Params:
        return {name: value.cpu().to(torch.float64) for name, value in params.items()}

    point = combine(wide(origin), tuple(wide(direction) for direction in directions), alpha)
    return {name: value.to(like.dtype).to(like.device) for name, value in point.items()}


def _batch(module: nn.Sequential, loss: ls.Loss, x: Tensor, labels: ls.Labels, like: Tensor) -> tuple[Tensor, Tensor]:
    targets = loss.targets(labels).to(like.device)
    if targets.is_floating_point():
        targets = targets.to(like.dtype)
    with torch.inference_mode():
        outputs = module(x.to(like.dtype).to(like.device))
        return outputs, loss(outputs, targets)


# --- float64, by numpy alone -------------------------------------------------------------------------------------------------


class _Numpy:
    """The network and its loss once more; call it with section coordinates to get the mean loss over all samples."""

    def __init__(self, network: Network, origin: Params, directions: tuple[Params, ...], loss: ls.Loss, x: Tensor,
                 labels: ls.Labels) -> None:  # fmt: skip
        self.depth = len(network.hidden)
        self.activation = numpy_activation(network.activation)
        self.loss = loss
        self.y, self.classes = labels.y.numpy(), labels.classes
        self.origin = {name: value.cpu().numpy().astype(np.float64) for name, value in origin.items()}
        self.directions = [
            {name: value.cpu().numpy().astype(np.float64) for name, value in direction.items()}
            for direction in directions
        ]
        self.x = x.flatten(1).numpy()
        self.maps = NumpyMaps(network, self.activation, self.x) if isinstance(network, Cnn) else None
        moved = {name.split(".")[0] for each in self.directions for name, value in each.items() if bool(value.any())}
        self.first = min((int(index) // 2 for index in moved), default=0)  # layers below are the same at all points
        self.below: Array | None = None

    def __call__(self, alpha: tuple[float, ...]) -> float:
        params = dict(self.origin)
        for step, direction in zip(alpha, self.directions):
            for name, value in direction.items():
                params[name] = params[name] + step * value
        if self.maps is not None:
            moves = any(bool(each["0.weight"].any()) for each in self.directions if "0.weight" in each)
            return float(numpy_losses(self.loss, self.maps(params, moves), self.y, self.classes).mean())
        name = f"{2 * self.first}.weight"
        if self.below is None or any(bool(each[name].any()) for each in self.directions if name in each):
            parts = (self.x[k : k + BATCH].astype(np.float64) for k in range(0, len(self.x), BATCH))
            self.below = np.concatenate([self._layers(part, params, 0, self.first) @ params[name].T for part in parts])
        h = self.below + params[f"{2 * self.first}.bias"]
        if bool((h == h[0]).all()):
            h = h[:1]
        if self.first < self.depth:
            h = self._layers(self.activation(h), params, self.first + 1, self.depth)
            h = h @ params[f"{2 * self.depth}.weight"].T + params[f"{2 * self.depth}.bias"]
        return float(numpy_losses(self.loss, h, self.y, self.classes).mean())

    def _layers(self, h: Array, params: dict[str, Array], start: int, stop: int) -> Array:
        for layer in range(start, stop):
            h = self.activation(h @ params[f"{2 * layer}.weight"].T + params[f"{2 * layer}.bias"])
        return h


def numpy_activation(activation: act.Activation) -> Callable[[Array], Array]:
    """Return an activation of the engine, written out in numpy."""
    match activation:
        case act.Relu():
            return lambda x: np.where(x > 0, x, 0.0)
        case act.LeakyRelu(slope=slope):
            return lambda x: np.where(x > 0, x, slope * x)
        case act.Tanh():
            return np.tanh
        case act.Sigmoid():
            return special.expit
        case act.Softplus(alpha=alpha):
            return lambda x: np.logaddexp(0.0, alpha * x) / alpha
        case act.Gelu():
            return lambda x: x * special.ndtr(x)
        case act.Silu():
            return lambda x: x * special.expit(x)
        case act.Sine(frequency=frequency):
            return lambda x: np.sin(frequency * x)
        case act.Identity():
            return lambda x: x
    raise ValueError(f"no numpy form of {activation.kind}")


def numpy_losses(loss: ls.Loss, outputs: Array, y: Array, classes: int | None) -> Array:
    """Return the loss of every sample; one row of outputs stands for all samples."""
    rows = np.arange(len(y))
    if isinstance(loss, ls.CrossEntropy):
        peak = outputs.max(1, keepdims=True)
        normaliser = peak + np.log(np.exp(outputs - peak).sum(1, keepdims=True))
        return np.broadcast_to(normaliser - outputs, (len(y), outputs.shape[1]))[rows, y]
    if classes is None:
        wanted = y.astype(np.float64)
    else:
        wanted = np.zeros((len(y), classes))
        wanted[rows, y] = 1.0
    match loss:
        case ls.Squared():
            return ((outputs - wanted) ** 2).sum(1)
        case ls.PseudoHuber(delta=delta):
            return (2 * delta**2 * (np.sqrt(1 + ((outputs - wanted) / delta) ** 2) - 1)).sum(1)
        case ls.Cauchy(delta=delta):
            return (delta**2 * np.log1p(((outputs - wanted) / delta) ** 2)).sum(1)
        case ls.SquaredHinge():
            return (np.maximum(0.0, 1.0 - (2.0 * wanted - 1.0) * outputs) ** 2).sum(1)
    raise ValueError(f"no numpy form of {loss.kind}")
