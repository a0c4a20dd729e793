"""Ordinary training: mini-batches, Adam or SGD with momentum, cosine schedule. Plain updates on theta as one vector.

Adam is Kingma and Ba 2015, algorithm 1, with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2); SGD adds the
weight decay to the gradient and uses heavy-ball momentum. Both are what ``torch.optim.AdamW`` and ``torch.optim.SGD`` compute;
written out because the first import of ``torch.optim`` costs more than a second. The rate of step t of T is
``rate (1 + cos(pi t / T)) / 2`` (Loshchilov and Hutter 2017, eq. 5, without restarts), or constant.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from lsviewer.core.artifacts import Curve, Series
from lsviewer.core.jobs import Progress, Step
from lsviewer.engine import params as points
from lsviewer.engine.data import Data
from lsviewer.engine.losses import Loss
from lsviewer.engine.networks import Network
from lsviewer.engine.params import Params
from lsviewer.engine.risk import Risk

BEAT_S = 0.05  # between two words to the outside
MEASUREMENTS = 40  # of the losses over all samples during a run, at fixed steps
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8  # of Adam

OptimizerName = Literal["adam", "sgd"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """How to train. A batch size beyond the number of samples takes them all."""

    optimizer: OptimizerName = "adam"
    learning_rate: float = 3e-3
    batch_size: int = 64
    epochs: int = 30
    weight_decay: float = 0.0
    momentum: float = 0.9  # of sgd
    cosine: bool = True

    def steps(self, samples: int) -> int:
        """Return the number of steps over so many samples; the last batch of an epoch may be smaller."""
        return self.epochs * -(-samples // self.batch_size)


@dataclass(frozen=True, slots=True)
class Quality:
    """Mean loss and share of right answers over all samples of a part; accuracy is NaN for float targets."""

    loss: float
    accuracy: float


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """The trained parameters and how good they are; ``test`` is None where the data have no test part."""

    params: Params
    steps: int
    train: Quality
    test: Quality | None


def fit(
    network: Network,
    loss: Loss,
    data: Data,
    start: Params,
    schedule: Schedule,
    *,
    generator: torch.Generator,
) -> Step[Fitted]:
    """Train from ``start``, in its dtype and on its device; yield curves "loss" and "accuracy", return the end.

    ``generator`` shuffles the samples (CPU). Raises `FloatingPointError` naming the first step whose loss is not finite.
    """
    first = next(iter(start.values()))
    train = Risk.of(network, loss, data, dtype=first.dtype, device=first.device)
    theta = points.flatten(start).detach().clone().requires_grad_()
    update = _adam(theta, schedule) if schedule.optimizer == "adam" else _sgd(theta, schedule)
    samples = len(train.x)
    steps = schedule.steps(samples)
    per_epoch = steps // schedule.epochs
    losses = torch.zeros(steps, dtype=first.dtype, device=first.device)
    history = _History(network, loss, data, train)
    due = set(np.linspace(0, steps, MEASUREMENTS + 1).round().astype(int).tolist())
    order = torch.empty(0, dtype=torch.int64)
    last = time.monotonic()
    for step in range(steps):
        if step in due:
            _refuse_broken(losses[:step], schedule)
            yield from history.measure(step, points.unflatten(theta.detach(), start), step / steps)
            last = time.monotonic()
        if step % per_epoch == 0:
            order = torch.randperm(samples, generator=generator).to(first.device)
        begin = step % per_epoch * schedule.batch_size
        rows = order[begin : begin + schedule.batch_size]
        gradient, losses[step] = _gradient(theta, start, train, rows)
        factor = (1.0 + math.cos(math.pi * step / steps)) / 2.0 if schedule.cosine else 1.0
        with torch.no_grad():
            update(gradient, schedule.learning_rate * factor, step + 1)
        if time.monotonic() - last >= BEAT_S:
            _refuse_broken(losses[: step + 1], schedule)
            yield Progress((step + 1) / steps, f"step {step + 1} of {steps}")
            last = time.monotonic()
    _refuse_broken(losses, schedule)
    found = points.unflatten(theta.detach(), start)
    if not bool(torch.isfinite(theta).all()):
        raise FloatingPointError(_advice(f"the parameters are not finite after step {steps}", schedule))
    yield from history.measure(steps, found, 1.0)
    return Fitted(found, steps, history.train[-1], history.test[-1] if history.test else None)


def _gradient(theta: Float[Tensor, "n"], like: Params, risk: Risk, rows: Int[Tensor, "batch"]) -> tuple[Tensor, Tensor]:
    """Return the gradient of the mean loss of a batch by theta, and that loss."""
    outputs = points.forward(risk.network, points.unflatten(theta, like), risk.x[rows])
    mean = risk.loss(outputs, risk.target[rows]).mean()
    return torch.autograd.grad(mean, theta)[0], mean.detach()


# --- the updates -------------------------------------------------------------------------------------------------------------

Update = Callable[[Tensor, float, int], None]  # gradient, rate, number of the step from 1


def _adam(theta: Float[Tensor, "n"], schedule: Schedule) -> Update:
    mean, square = torch.zeros_like(theta, requires_grad=False), torch.zeros_like(theta, requires_grad=False)

    def update(gradient: Tensor, rate: float, step: int) -> None:
        mean.lerp_(gradient, 1.0 - BETA_1)
        square.mul_(BETA_2).addcmul_(gradient, gradient, value=1.0 - BETA_2)
        spread = square.sqrt().div_(math.sqrt(1.0 - BETA_2**step)).add_(EPSILON)
        theta.mul_(1.0 - rate * schedule.weight_decay)
        theta.addcdiv_(mean, spread, value=-rate / (1.0 - BETA_1**step))

    return update


def _sgd(theta: Float[Tensor, "n"], schedule: Schedule) -> Update:
    velocity = torch.zeros_like(theta, requires_grad=False)

    def update(gradient: Tensor, rate: float, step: int) -> None:
        velocity.mul_(schedule.momentum).add_(gradient).add_(theta, alpha=schedule.weight_decay)
        theta.add_(velocity, alpha=-rate)

    return update


# --- what is seen ------------------------------------------------------------------------------------------------------------


def measure(risk: Risk, params: Params, classes: int | None) -> Step[Quality]:
    """Return mean loss, summed in float64, and accuracy over all samples; yields after every batch of rows."""
    total, right = 0.0, 0
    step = risk.network.rows
    for begin in range(0, len(risk.x), step):
        rows = slice(begin, begin + step)
        with torch.no_grad():
            outputs = points.forward(risk.network, params, risk.x[rows])
            total += float(risk.loss(outputs, risk.target[rows]).cpu().sum(dtype=torch.float64))
            if classes is not None:
                target = risk.target[rows]
                labels = target if target.ndim == 1 else target.argmax(dim=1)  # one-hot
                right += int((outputs.argmax(dim=1) == labels).sum())
        yield Progress(min(1.0, (begin + step) / len(risk.x)))
    return Quality(total / len(risk.x), math.nan if classes is None else right / len(risk.x))


class _History:
    """Losses and accuracies over all samples at the steps where they were measured."""

    def __init__(self, network: Network, loss: Loss, data: Data, train: Risk) -> None:
        self._classes = data.classes
        self._risks = [train]
        if data.x_test is not None and data.test_labels is not None:
            self._risks.append(
                Risk.on(network, loss, data.x_test, data.test_labels, dtype=train.x.dtype, device=train.x.device)
            )
        self._at: list[int] = []
        self._found: tuple[list[Quality], list[Quality]] = ([], [])

    @property
    def train(self) -> list[Quality]:
        return self._found[0]

    @property
    def test(self) -> list[Quality]:
        return self._found[1]

    def measure(self, step: int, params: Params, fraction: float) -> Step[None]:
        """Measure all parts and yield the curves."""
        for risk, found in zip(self._risks, self._found):
            measuring = measure(risk, params, self._classes)
            while True:
                try:
                    next(measuring)
                except StopIteration as stop:
                    found.append(stop.value)
                    break
                yield Progress(fraction, f"measuring at step {step}")
        self._at.append(step)
        yield self._curve(
            "loss", "Loss during training", "mean loss", [q.loss for q in self.train], [q.loss for q in self.test]
        )
        if self._classes is not None:
            yield self._curve(
                "accuracy", "Accuracy during training", "share of right answers", [q.accuracy for q in self.train],
                [q.accuracy for q in self.test],
            )  # fmt: skip

    def _curve(self, name: str, title: str, y_label: str, train: list[float], test: list[float]) -> Curve:
        x = np.array(self._at, dtype=float)
        series = [Series("training", x, np.array(train))]
        if test:
            series.append(Series("test", x, np.array(test)))
        return Curve(name, title, "step", y_label, tuple(series), log_y=name == "loss" and min(train + test) > 0)


def _refuse_broken(losses: Float[Tensor, "steps"], schedule: Schedule) -> None:
    broken = (~torch.isfinite(losses)).nonzero()
    if len(broken):
        raise FloatingPointError(
            _advice(f"the loss is {float(losses[broken[0, 0]])} at step {int(broken[0, 0]) + 1}", schedule)
        )


def _advice(what: str, schedule: Schedule) -> str:
    return f"{what}: try a smaller learning rate than {schedule.learning_rate:g}, or larger batches than {schedule.batch_size}"
