"""Samples on which one and the same section is looked at, and its losses there by brute force, on the same grid points."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from lsviewer.core.arrays import Array
from lsviewer.core.jobs import Step, within
from lsviewer.engine.data import Data
from lsviewer.engine.losses import Labels, Loss
from lsviewer.engine.networks import Mlp
from lsviewer.experiments.patterns.construction import Planted
from lsviewer.experiments.patterns.law import LEAST
from lsviewer.experiments.patterns.shares import variation
from lsviewer.experiments.patterns.verification import Sampled, brute_force, sample_points

LINE = 20  # places on the line checked on all parts
RANDOM = 44  # further random grid points checked on the training part and under the chosen shares


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Samples, or weights of the training samples, on which the same section is looked at."""

    name: str
    on: str  # "on the test part"
    q: Tensor  # (classes,) marginal, float64
    x: Tensor | None
    labels: Labels | None

    def moves(self, p: Tensor) -> bool:
        """Whether the marginal differs from p."""
        return variation(p, self.q) > LEAST


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Losses with the whole network at sampled grid points."""

    points: Array  # (n, z): the line first, then random points
    line: Array  # (m, z)
    single: Array  # (n, classes) mean loss of each class in the dtype of the run
    double: Array  # (n, classes) in float64
    parts: dict[str, Sampled]  # on the line; "whole" is the training part in one piece

    def change(self, part: Part, p: Array) -> tuple[Array, Array]:
        """Return points (k, z) and the change of the loss there, float64."""
        if part.x is None:
            return self.points, self.double @ (part.q.numpy() - p)
        return self.line, self.parts[part.name].losses64 - (self.double @ p)[: len(self.line)]


def line_points(shape: tuple[int, ...]) -> Array:
    """Return grid points along the first axis, half-way on the others, (m, z) indices."""
    first = np.unique(np.linspace(0, shape[0] - 1, LINE).round().astype(int))
    return np.stack([first, *(np.full(len(first), n // 2) for n in shape[1:])], 1)


def laid(x: Tensor, inputs: int) -> Float[Tensor, "N inputs"]:
    """Return samples of any size as rows of so many numbers: filled with zeros, or cut."""
    flat = x.flatten(1)[:, :inputs]
    return torch.nn.functional.pad(flat, (0, inputs - flat.shape[1]))


def measure(
    network: Mlp, planted: Planted, loss: Loss, data: Data, parts: tuple[Part, ...], shape: tuple[int, ...],
    generator: torch.Generator,
) -> Step[Measured]:  # fmt: skip
    """Return the losses with the whole network: class by class over the training part, then on every other part."""
    assert data.classes is not None
    line = line_points(shape)
    points = np.concatenate([line, sample_points(shape, RANDOM, generator)])
    work = [len(points) * len(data), len(line) * len(data)]
    work += [len(line) * len(part.x) for part in parts if part.x is not None]
    done = 0.0

    def brute(x: Tensor, labels: Labels, where: Array) -> Step[Sampled]:
        nonlocal done
        low, done = done, min(1.0, done + len(where) * len(x) / sum(work))
        step = brute_force(network, planted.origin, planted.directions, loss, x, labels, where, shape)
        return (yield from within(step, low, done))

    columns = []
    for label in range(data.classes):
        rows = data.y == label
        columns.append((yield from brute(data.x[rows], Labels(data.y[rows], data.classes), points)))
    # in one piece, as the random inputs: the same batches, so that nothing but the inputs differs
    found = {"whole": (yield from brute(data.x, data.labels, line))}
    for part in parts:
        if part.x is not None and part.labels is not None:
            found[part.name] = yield from brute(part.x, part.labels, line)
    single = np.stack([column.losses for column in columns], -1)
    double = np.stack([column.losses64 for column in columns], -1)
    return Measured(points, line, single, double, found)
