"""Theorem 2 by training on pairs (h, x), the literal way of Czarnecki et al. 2019: regression on ``l_i^-1(T(h))`` (eq. 14).

The first layer stays as it is drawn: random features of x, and units that alpha moves by their biases, one knot each
(`basis`). All layers above are trained. Layer 2 is parametrised by tables of its values at the knots, as in `fitting`, because
gradient descent on the knots themselves crawls; it is folded into ordinary weights at the end. A batch is a rectangle of grid
points times some samples. Adam, on a cosine in steps. It is slow, because every pair is an example of its own.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from lsviewer.core.artifacts import Curve, Series
from lsviewer.core.jobs import Progress, Step
from lsviewer.core.spec import SpecError
from lsviewer.engine.data import Data
from lsviewer.engine.losses import CrossEntropy
from lsviewer.engine.networks import Mlp
from lsviewer.experiments.patterns.answers import random_features
from lsviewer.experiments.patterns.basis import Basis, make_basis
from lsviewer.experiments.patterns.construction import Planted
from lsviewer.experiments.patterns.gated import Carrier
from lsviewer.experiments.patterns.optimisers import Adam

SIDE, SAMPLES = 4, 128  # grid points per axis and samples in a batch
RATE_TABLES, RATE_REST = 1e-2, 2e-3
SHOWN = 20  # points of the curve


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """The first layer, and what of it is trained above; tensors in the dtype of the run."""

    network: Mlp
    basis: Basis
    z: int
    weight: Float[Tensor, "features inputs"]  # float64
    bias: Float[Tensor, "features"]
    tables: list[Tensor]  # one per axis, (knots, units of layer 2)
    layers: list[tuple[Tensor, Tensor]]  # of layer 2 on the features, then of all later ones

    def parameters(self) -> list[Tensor]:
        return [*self.tables, *(tensor for layer in self.layers for tensor in layer)]

    def outputs(self, cardinals: list[Tensor], features: Float[Tensor, "n p"]) -> Float[Tensor, "points n l"]:
        """Return the outputs for all pairs of grid points of a rectangle and samples."""
        along = [cardinal @ table for cardinal, table in zip(cardinals, self.tables)]
        pre = along[0] if self.z == 1 else (along[0][:, None] + along[1][None]).flatten(0, 1)
        weight, bias = self.layers[0]
        h = self.network.activation(pre[:, None] + functional.linear(features, weight, bias)[None])
        for k, (weight, bias) in enumerate(self.layers[1:], start=1):
            h = functional.linear(h, weight, bias)
            h = h if k == len(self.layers) - 1 else self.network.activation(h)
        return h


def train_jointly(
    network: Mlp, data: Data, target: Float[Tensor, "..."], carrier: Carrier, steps: int, generator: torch.Generator,
    like: Tensor,
) -> Step[Planted]:  # fmt: skip
    """Return theta_0 and its directions, float64; ``target`` is T at the grid points, ``like`` gives dtype and device."""
    drawn = _draw(network, data, target, generator, like)
    grid = torch.linspace(0.0, 1.0, target.shape[0], dtype=torch.float64)
    cardinal = drawn.basis.cardinal(grid).to(like.dtype).to(like.device)
    features = network.activation(data.x.flatten(1).to(torch.float64) @ drawn.weight.T + drawn.bias)
    features = features.to(like.dtype).to(like.device)
    number = carrier.of(target)
    scale = max(1.0, carrier.high)
    params = drawn.parameters()
    tables, rest = Adam(params[: drawn.z]), Adam(params[drawn.z :])
    errors: list[float] = []
    for step in range(steps):
        picks = [torch.randint(len(grid), (SIDE,), generator=generator) for _ in range(drawn.z)]
        rows = torch.randint(len(data), (SAMPLES,), generator=generator)
        here = number[picks[0]] if drawn.z == 1 else number[picks[0]][:, picks[1]].flatten()
        wanted = pairs_target(carrier, data, rows, here).to(like.dtype).to(like.device)
        outputs = drawn.outputs([cardinal[pick] for pick in picks], features[rows.to(like.device)])
        error = ((outputs - wanted) / scale).square().sum(-1).mean()
        gradients = list(torch.autograd.grad(error, params))
        errors.append(float(error.detach()))
        if not math.isfinite(errors[-1]):
            raise FloatingPointError(f"the error is not finite at step {step + 1}; try another seed, or float64")
        cosine = 0.5 * (1.0 + math.cos(math.pi * step / steps))
        tables.step(gradients[: drawn.z], RATE_TABLES * cosine)
        rest.step(gradients[drawn.z :], RATE_REST * cosine)
        if (step + 1) % max(1, steps // SHOWN) == 0:
            yield _curve(errors)
        yield Progress((step + 1) / steps, f"step {step + 1} of {steps}")
    return _fold(drawn, data)


def pairs_target(carrier: Carrier, data: Data, rows: Tensor, number: Float[Tensor, "h"]) -> Float[Tensor, "h n l"]:
    """Return the outputs asked for by eq. 14: c at the class of the sample, or y plus the shift in the first output."""
    labels = data.y[rows]
    if isinstance(carrier.loss, CrossEntropy):
        return number[:, None, None] * functional.one_hot(labels, data.outputs).to(torch.float64)
    encoded = labels if data.classes is None else functional.one_hot(labels, data.outputs)
    first = functional.one_hot(torch.tensor(0), data.outputs).to(torch.float64)
    return encoded.to(torch.float64) + number[:, None, None] * first


def _draw(network: Mlp, data: Data, target: Tensor, generator: torch.Generator, like: Tensor) -> Drawn:
    if len(network.hidden) < 2:
        raise SpecError(
            f"field 'network.hidden' has {len(network.hidden)} hidden layers, joint training needs at least 2"
        )
    z = target.ndim
    knots = min(target.shape[0], network.hidden[0] // (2 * z))
    if knots < 2:
        raise SpecError(f"hidden 1 has {network.hidden[0]} units, joint training needs at least {4 * z}")
    basis = make_basis(network.activation, knots)
    weight, bias = random_features(data, network.hidden[0] - z * knots, generator)

    def own(tensor: Tensor) -> Tensor:
        return tensor.to(like.dtype).to(like.device).requires_grad_()

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    frequency = torch.arange(1, min(16, knots) + 1, dtype=torch.float64)
    points = torch.linspace(0.0, math.pi, knots, dtype=torch.float64)[:, None]
    waves = torch.cat([torch.cos(frequency * points), torch.sin(frequency * points)], 1) * frequency.rsqrt().repeat(2)
    tables = [own(0.4 * waves @ normal(waves.shape[1], network.hidden[1])) for _ in range(z)]
    widths = (len(bias), *network.hidden[1:], data.outputs)
    gain = network.activation.gain
    layers = [(own(normal(n, m) * (gain / math.sqrt(m))), own(torch.zeros(n))) for m, n in pairwise(widths)]
    return Drawn(network, basis, z, weight, bias, tables, layers)


def _fold(drawn: Drawn, data: Data) -> Planted:
    shapes = drawn.network.shapes(data.inputs, data.outputs)
    origin = {name: torch.zeros(shape, dtype=torch.float64) for name, shape in shapes.items()}
    knots = len(drawn.basis.bias)
    carried = drawn.z * knots
    directions = []
    for axis, table in enumerate(drawn.tables):
        units = slice(axis * knots, (axis + 1) * knots)
        origin["0.bias"][units] = drawn.basis.bias
        step = torch.zeros_like(origin["0.bias"])
        step[units] = drawn.basis.step
        directions.append({"0.bias": step})
        origin["2.weight"][:, units] = (drawn.basis.inverse @ table.detach().cpu().to(torch.float64)).T
    origin["0.weight"][carried:] = drawn.weight
    origin["0.bias"][carried:] = drawn.bias
    for k, (weight, bias) in enumerate(drawn.layers, start=1):
        origin[f"{2 * k}.weight"][:, carried if k == 1 else 0 :] = weight.detach().cpu()
        origin[f"{2 * k}.bias"].copy_(bias.detach())
    return Planted(origin, tuple(directions))


def _curve(errors: list[float]) -> Curve:
    values = torch.tensor(errors, dtype=torch.float64)
    return Curve(
        "joint", "Training on pairs (h, x)", "step", "mean squared error of eq. 14",
        (Series("batch", torch.arange(1, len(values) + 1).numpy(), values.numpy()),), log_y=True,
    )  # fmt: skip
