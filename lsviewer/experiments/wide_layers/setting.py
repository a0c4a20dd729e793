"""What the experiments of this family share: data, targets and a network as the paper writes them."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from lsviewer.core.experiment import Experiment
from lsviewer.core.numerals import lowered
from lsviewer.core.spec import SpecError
from lsviewer.engine.activations import Tanh
from lsviewer.engine.backpropagation import Objective, Stack
from lsviewer.engine.context import Context
from lsviewer.engine.data import Data
from lsviewer.engine.datasets import Dataset, Teacher
from lsviewer.engine.losses import (
    Additive,
    BlakeZisserman,
    Cauchy,
    CorruptedGaussian,
    PseudoHuber,
    Squared,
    SquaredHinge,
)
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import Params, flatten, of, unflatten
from lsviewer.experiments.wide_layers.facts import range_of

Targets = Literal["one_hot", "signs", "number"]
Output = Literal["identity", "activation"]
SummedLoss = Annotated[
    Squared | PseudoHuber | Cauchy | BlakeZisserman | CorruptedGaussian | SquaredHinge,
    Field(discriminator="kind", title="Loss"),
]


class WideLayers(Experiment):
    """Base of the experiments that pose a network on data."""

    paper: ClassVar[str] = "Nguyen and Hein 2017"

    dataset: Dataset = Field(Teacher(samples=10, inputs=3), title="Data")
    targets: Targets = Field(
        "one_hot",
        title="Labels as",
        description="one_hot: 1 for the class, 0 for the others; signs: 1 and −1; number: one output, the label itself. "
        "Float targets stay as they are; the squared hinge always takes signs.",
    )
    network: Mlp = Field(Mlp(hidden=(9,), activation=Tanh()), title="Network")
    output: Output = Field(
        "identity",
        title="Output layer",
        description="activation: as in the paper; identity: an extension, the proofs carry over (σ′ = 1 there).",
    )
    loss: SummedLoss = Squared()
    dtype: Literal["float64"] = Field("float64", title="Precision", description="Ranks and zeros need float64.")

    def pose(self, context: Context) -> "Problem":
        """Return the network and its loss on the training part of the data."""
        key = ("data", self.dataset.model_dump_json(), context.files.folder)
        data = context.cached(key, lambda: self.dataset.load(context.files))
        return pose(data, self.network, self.loss, self.targets, self.output, context.device)


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """A network's loss on data, as an `Objective`, and what is wrong with the data."""

    objective: Objective
    network: Mlp
    output: Output
    data: Data
    duplicates: tuple[tuple[int, int], ...]  # pairs of equal inputs, each with the first of its kind
    unreachable: int  # targets outside the open range of the output layer

    @property
    def stack(self) -> Stack:
        return self.objective.stack

    @property
    def samples(self) -> int:
        """N."""
        return self.objective.samples

    @property
    def wide(self) -> tuple[int, ...]:
        """Hidden layers k with n_k >= N - 1."""
        return tuple(k for k in range(1, self.stack.depth) if self.stack.widths[k] >= self.samples - 1)

    @property
    def contradiction(self) -> tuple[int, int] | None:
        """Two equal inputs with different targets, or None."""
        y = self.objective.y
        return next(((i, j) for i, j in self.duplicates if not bool((y[i] == y[j]).all())), None)

    @property
    def scale(self) -> float:
        """Phi of a network with outputs zero, at least 1e-300: what "small" is measured against."""
        y = self.objective.y
        return max(float(self.objective.loss.term(torch.zeros_like(y), y).sum()), 1e-300)

    @property
    def rounding(self) -> float:
        """A Phi that float64 cannot tell from zero: every output off by a hundred roundings."""
        size = float(self.objective.y.square().sum()) + self.objective.y.numel() * 1e-2
        return (100.0 * torch.finfo(torch.float64).eps) ** 2 * size

    def start(self, generator: torch.Generator) -> Tensor:
        """Return random initial parameters as theta."""
        widths = self.stack.widths
        module = self.network.build(widths[0], widths[-1], dtype=torch.float64, generator=generator)
        return flatten(of(module)).to(self.objective.x.device)

    def named(self, theta: Tensor) -> Params:
        """Return theta by name."""
        shapes = self.network.shapes(self.stack.widths[0], self.stack.widths[-1])
        return unflatten(theta, {name: torch.empty(shape, device="meta") for name, shape in shapes.items()})

    def describe(self) -> dict[str, object]:
        """Return the network as checkpoints say it."""
        return self.network.model_dump(mode="json") | {
            "inputs": self.stack.widths[0], "outputs": self.stack.widths[-1],
        }  # fmt: skip

    @property
    def words(self) -> str:
        """``[3, 9, 1], tanh, identity output, N = 10``."""
        end = "identity output" if self.output == "identity" else "activated output"
        return f"{list(self.stack.widths)}, {self.network.activation.label}, {end}, N = {self.samples}"


def pose(data: Data, network: Mlp, loss: Additive, targets: Targets, output: Output, device: torch.device) -> Problem:
    """Return the problem in float64."""
    x = data.x.flatten(1).to(device, torch.float64)
    y = encode(data, loss, targets).to(device)
    widths = network.widths(x.shape[1], y.shape[1])
    if len(widths) < 3:
        raise SpecError(
            "field 'network.hidden' is empty: the theorems are about a wide hidden layer, give at least one"
        )
    stack = Stack(widths, network.activation, output == "activation")
    unreachable = 0
    if output == "activation" and loss.kind != "squared_hinge":
        low, high = range_of(network.activation)
        unreachable = int(((y <= low) | (y >= high)).sum())
    return Problem(Objective(stack, x, y, loss), network, output, data, equal_inputs(x), unreachable)


def features_name(layer: int) -> str:
    """Return how titles call the matrix whose rank is asked: ``[F₁, 1]``, ``[X, 1]`` for the inputs."""
    return f"[F{lowered(layer)}, 1]" if layer else "[X, 1]"


def encode(data: Data, loss: Additive, targets: Targets) -> Tensor:
    """Return the targets [N, m], float64."""
    if loss.kind == "squared_hinge":
        return loss.encoded(data.labels).to(torch.float64)
    if data.classes is None:
        return data.y.to(torch.float64)
    if targets == "number":
        return data.y.to(torch.float64)[:, None]
    one_hot = functional.one_hot(data.y, data.classes).to(torch.float64)
    return 2.0 * one_hot - 1.0 if targets == "signs" else one_hot


def equal_inputs(x: Tensor) -> tuple[tuple[int, int], ...]:
    """Return pairs (first, later) of equal inputs."""
    _, groups = torch.unique(x, dim=0, return_inverse=True)
    first: dict[int, int] = {}
    pairs = []
    for k, group in enumerate(groups.tolist()):
        if group in first:
            pairs.append((first[group], k))
        first.setdefault(group, k)
    return tuple(pairs)
