"""One of everything a user can choose: a new loss, activation, network or data set adds its row here and is tested everywhere.

Each activation comes with a scalar twin on Python floats, each loss with one on lists of floats: oracles without torch.
"""

import math
from collections.abc import Callable, Sequence

from lsviewer.engine.activations import (
    Activation,
    Atan,
    Elu,
    Erf,
    Gelu,
    Identity,
    LeakyRelu,
    Relu,
    Sigmoid,
    Silu,
    Sine,
    Smoolu,
    SmoothedRelu,
    Softplus,
    Softsign,
    Tanh,
    TanhCubed,
    TanhSmoolu,
    TruncatedTanh,
)
from lsviewer.engine.datasets import Dataset, Digits, Gaussian, MnistSmall, Teacher
from lsviewer.engine.losses import (
    BlakeZisserman,
    Cauchy,
    CorruptedGaussian,
    CrossEntropy,
    Loss,
    PseudoHuber,
    Squared,
    SquaredHinge,
)
from lsviewer.engine.networks import Mlp

Vector = Sequence[float]


def _bump(x: float) -> float:
    return math.exp(-1 / x) if x > 0 else 0.0


ACTIVATIONS: list[tuple[Activation, Callable[[float], float]]] = [
    (Relu(), lambda x: max(x, 0.0)),
    (LeakyRelu(slope=0.1), lambda x: x if x > 0 else 0.1 * x),
    (Tanh(), math.tanh),
    (Sigmoid(), lambda x: 1 / (1 + math.exp(-x))),
    (Softplus(), lambda x: max(x, 0.0) + math.log1p(math.exp(-abs(x)))),
    (Softplus(alpha=8.0), lambda x: max(x, 0.0) + math.log1p(math.exp(-8 * abs(x))) / 8),
    (Gelu(), lambda x: x * 0.5 * math.erfc(-x / math.sqrt(2))),
    (Silu(), lambda x: x / (1 + math.exp(-x))),
    (Sine(), math.sin),
    (Sine(frequency=30.0), lambda x: math.sin(30 * x)),
    (Identity(), lambda x: x),
    (Smoolu(), lambda x: x * _bump(x)),
    (SmoothedRelu(), lambda x: x * _bump(x) / (_bump(x) + _bump(1 - x))),
    (SmoothedRelu(width=2.5), lambda x: x * _bump(x / 2.5) / (_bump(x / 2.5) + _bump(1 - x / 2.5))),
    (TruncatedTanh(), lambda x: math.tanh(max(x, 0.0))),
    (TanhSmoolu(), lambda x: math.tanh(x * _bump(x))),
    (Atan(), math.atan),
    (Erf(), math.erf),
    (TanhCubed(), lambda x: math.tanh(x**3)),
    (Elu(), lambda x: x if x > 0 else math.expm1(x)),
    (Softsign(), lambda x: x / (1 + abs(x))),
]


def _cross_entropy(p: Vector, y: int) -> float:
    return math.log(math.fsum(math.exp(v) for v in p)) - p[y]


def _squared_hinge(p: Vector, y: int) -> float:
    return math.fsum(max(0.0, 1 - (v if c == y else -v)) ** 2 for c, v in enumerate(p))


def _pseudo_huber(p: Vector, y: Vector, delta: float) -> float:
    return math.fsum(2 * delta * (math.hypot(delta, a - b) - delta) for a, b in zip(p, y))


def _cauchy(p: Vector, y: Vector, delta: float) -> float:
    return math.fsum(delta**2 * math.log(1 + ((a - b) / delta) ** 2) for a, b in zip(p, y))


def _blake_zisserman(p: Vector, y: Vector, delta: float) -> float:
    return math.fsum(math.log1p(delta) - math.log(math.exp(-((a - b) ** 2)) + delta) for a, b in zip(p, y))


def _corrupted_gaussian(p: Vector, y: Vector, alpha: float, w: float) -> float:
    def density(a: float) -> float:
        return alpha * math.exp(-(a**2)) + (1 - alpha) * math.exp(-(a**2) / w**2) / w

    return math.fsum(math.log(density(0.0)) - math.log(density(a - b)) for a, b in zip(p, y))


CLASS_LOSSES: list[tuple[Loss, Callable[[Vector, int], float]]] = [
    (CrossEntropy(), _cross_entropy),
    (SquaredHinge(), _squared_hinge),
]
TARGET_LOSSES: list[tuple[Loss, Callable[[Vector, Vector], float]]] = [
    (Squared(), lambda p, y: math.fsum((a - b) ** 2 for a, b in zip(p, y))),
    (PseudoHuber(), lambda p, y: _pseudo_huber(p, y, 1.0)),
    (PseudoHuber(delta=0.3), lambda p, y: _pseudo_huber(p, y, 0.3)),
    (Cauchy(), lambda p, y: _cauchy(p, y, 1.0)),
    (Cauchy(delta=0.4), lambda p, y: _cauchy(p, y, 0.4)),
    (BlakeZisserman(), lambda p, y: _blake_zisserman(p, y, 0.1)),
    (CorruptedGaussian(), lambda p, y: _corrupted_gaussian(p, y, 0.5, 6.0)),
    (CorruptedGaussian(alpha=0.9, width=3.0), lambda p, y: _corrupted_gaussian(p, y, 0.9, 3.0)),
]
LOSSES: list[Loss] = [loss for loss, _ in CLASS_LOSSES] + [loss for loss, _ in TARGET_LOSSES]

NETWORKS: list[Mlp] = [
    Mlp(hidden=()),
    Mlp(hidden=(7,)),
    Mlp(hidden=(6, 5, 4), activation=Tanh()),
    Mlp(hidden=(5, 9), activation=Sine(frequency=2.0)),
    Mlp(hidden=(5, 5), activation=Softplus(alpha=3.0)),
]

DATASETS: list[Dataset] = [Digits(), MnistSmall(limit=50), Gaussian(samples=90), Teacher(samples=60, outputs=2)]
"""Data that need no file and no network."""


def name(value: object) -> str:
    """Return the test id of a case: its repr without the class's fields that are defaults."""
    return f"{type(value).__name__}-{value}"
