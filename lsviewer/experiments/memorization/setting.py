"""What Cooper's experiments share: data as residuals, a point of parameter space, and the way down to zero loss.

The paper's targets are numbers (section 2.1) or vectors (remark 4.2). Class labels become one-hot vectors, or the
label itself as a number.
"""

import math
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from lsviewer.core.artifacts import Curve, Level, Series
from lsviewer.core.claims import Number
from lsviewer.core.experiment import Experiment
from lsviewer.core.jobs import Progress, Step
from lsviewer.core.spec import Spec, SpecError
from lsviewer.engine import linalg
from lsviewer.engine.activations import Tanh
from lsviewer.engine.context import Context
from lsviewer.engine.data import Data
from lsviewer.engine.datasets import Dataset, Teacher
from lsviewer.engine.gauss_newton import Descent, Residuals, levenberg_marquardt
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import Params, flatten, forward, of
from lsviewer.engine.points import Found, FromCheckpoint, Init
from lsviewer.engine.traits import traits

Targets = Literal["one_hot", "number"]
GRAM_MOST = 6000  # residuals: J J^T has 0.3 GB then, and Levenberg-Marquardt needs it three times
Evidence = tuple[tuple[str, str | Number], ...]


class TeacherInside(Spec):
    """The teacher that made the data as a part of the network, all other units at zero: a point where M is singular.

    The targets are computed again in float64, so that the loss there is zero to rounding.
    """

    kind: Literal["teacher"] = "teacher"


StopBelow = Annotated[
    float,
    Field(
        ge=1e-40,
        le=1.0,
        title="Stop below",
        description="Loss at which the search for a minimum ends; rounding may end it before.",
        json_schema_extra={"log": True},
    ),
]
Steps = Annotated[
    int, Field(ge=1, le=10_000, title="Steps at most", description="Of Levenberg-Marquardt, for one way down.")
]
MinimumPoint = Annotated[Found | Init | FromCheckpoint | TeacherInside, Field(discriminator="kind", title="Point")]


class Memorization(Experiment):
    """Base of the experiments that fit data with a network."""

    paper: ClassVar[str] = "Cooper 2018"

    dataset: Dataset = Field(Teacher(samples=20, inputs=5), title="Data")
    targets: Targets = Field(
        "one_hot",
        title="Class labels as",
        description="one_hot: one output a class; number: one output, the label itself. Float targets stay as they are.",
    )
    network: Mlp = Field(Mlp(hidden=(20,), activation=Tanh()), title="Network")
    dtype: Literal["float64"] = Field("float64", title="Precision", description="Counting zeros needs float64.")

    def notes(self) -> tuple[str, ...]:
        """Return what these settings break: activations with kinks."""
        found = traits(self.network.activation)
        if found.smooth:
            return ()
        return (
            f"{self.network.activation.label} is not smooth: the theorems do not apply where a unit sits on a kink; "
            "elsewhere they hold for the smooth piece around the point.",
        )

    def surface(self) -> dict[str, Any]:
        """Return the loss as others say it: the sum of squares of this network on these data."""
        said = self.model_dump(mode="json", include={"dataset", "targets", "network", "seed", "device"})
        return said | {"loss": {"kind": "squared"}, "reduction": "sum"}

    def pose(self, context: Context) -> "Problem":
        """Return the data as residuals of the network."""
        return pose(self.dataset.load(context.files), self.network, self.targets, context.device)


class AtPoint(Memorization):
    """Base of the experiments that look at one point of parameter space."""

    point: MinimumPoint = Field(Found(), title="Point")
    polish: bool = Field(False, title="Polish", description="First drive the loss of a given point down to zero.")
    stop_below: StopBelow = 1e-26
    steps: Steps = 200

    def approach(self, context: Context) -> Step[tuple["Problem", "Located"]]:
        """Return the problem and the point; yields the way down as artifact ``loss`` where there was one."""
        yield Progress(0.0, "reading the data")
        problem = self.pose(context)
        if isinstance(self.point, TeacherInside):
            return teacher_inside(problem, self.dataset, context)
        located = yield from locate(
            problem, self.point, context, polish=self.polish, stop_below=self.stop_below, steps=self.steps
        )
        if len(located.losses) > 1:
            yield descent_curve(located, self.stop_below)
        return problem, located


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Residuals of a network on data, and what is wrong with the data."""

    residuals: Residuals
    data: Data
    duplicates: tuple[tuple[int, int], ...]  # pairs of equal inputs, each with the first of its kind
    floor: float  # what equal inputs with different targets leave of the loss at least

    @property
    def network(self) -> Mlp:
        return self.residuals.network

    @property
    def samples(self) -> int:
        """d, the number of data points."""
        return int(self.residuals.x.shape[0])

    @property
    def inputs(self) -> int:
        return int(self.residuals.x.shape[1])

    @property
    def outputs(self) -> int:
        """l, the number of outputs."""
        return int(self.residuals.y.shape[1])

    @property
    def m(self) -> int:
        """Number of residuals, d l."""
        return self.residuals.shape[0]

    @property
    def n(self) -> int:
        """Number of parameters."""
        return self.residuals.shape[1]

    @property
    def rounding(self) -> float:
        """A loss that float64 cannot tell from zero: outputs as large as the targets, off by a hundred roundings each."""
        return (100.0 * linalg.EPS) ** 2 * max(1.0, float(self.residuals.y.square().sum()))

    def function(self, theta: Tensor) -> Tensor:
        """Return the residuals [m] at theta; differentiable."""
        return self.residuals(self.residuals.at(theta))

    def start(self, generator: torch.Generator) -> Tensor:
        """Return random initial parameters as theta."""
        module = self.network.build(self.inputs, self.outputs, dtype=torch.float64, generator=generator)
        return flatten(of(module)).to(self.residuals.x.device)

    def with_targets(self, y: Tensor) -> "Problem":
        """Return the same inputs with other targets [d, l]."""
        residuals = Residuals(self.network, self.residuals.x, y)
        return replace(self, residuals=residuals, floor=contradiction(residuals.x, y))

    def describe(self) -> dict[str, object]:
        """Return the network as checkpoints say it."""
        return self.network.model_dump(mode="json") | {"inputs": self.inputs, "outputs": self.outputs}


def pose(data: Data, network: Mlp, targets: Targets, device: torch.device) -> Problem:
    """Return the training part of the data as residuals of the network, float64."""
    x = data.x.flatten(1).to(device, torch.float64)
    y = encode(data, targets).to(device)
    return Problem(Residuals(network, x, y), data, equal_inputs(x), contradiction(x, y))


def encode(data: Data, targets: Targets) -> Tensor:
    """Return the targets [d, l], float64."""
    if data.classes is None:
        return data.y.to(torch.float64)
    if targets == "number":
        return data.y.to(torch.float64)[:, None]
    return functional.one_hot(data.y, data.classes).to(torch.float64)


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


def contradiction(x: Tensor, y: Tensor) -> float:
    """Return the least loss any function of x has: equal inputs with targets a gap apart leave gap^2 / 2 for a pair."""
    _, groups, counts = torch.unique(x, dim=0, return_inverse=True, return_counts=True)
    means = y.new_zeros(len(counts), y.shape[1]).index_add_(0, groups, y) / counts[:, None]
    rest = (y - means[groups]).square().sum(1)
    return float(rest[counts[groups] > 1].sum())  # single ones leave nothing, not even a rounding


def fits_gram(m: int) -> None:
    """Raise `SpecError` where the m x m Gram matrix is too large."""
    if m > GRAM_MOST:
        raise SpecError(
            f"field 'dataset.limit': {m} residuals (points times outputs) need a Gram matrix of {8e-9 * m * m:.1f} GB; "
            f"at most {GRAM_MOST} are taken"
        )


# --- the way to a point ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """A point, how it was reached, and the losses on the way."""

    theta: Tensor
    losses: tuple[float, ...]
    words: str  # "found in 7 steps"

    @property
    def loss(self) -> float:
        return self.losses[-1]


def locate(
    problem: Problem, point: MinimumPoint, context: Context, *, polish: bool, stop_below: float, steps: int, name: str = "init"
) -> Step[Located]:  # fmt: skip
    """Return the point asked for; `Found` goes down from up to three random starts, the others only where ``polish`` says so."""
    match point:
        case Found():
            return (yield from find(problem, context, stop_below=stop_below, steps=steps, name=name))
        case Init():
            theta, words = problem.start(context.generator(name)), "random init"
        case FromCheckpoint():
            params = point.load(
                context.files, problem.network, problem.inputs, problem.outputs,
                dtype=torch.float64, device=context.device,
            )  # fmt: skip
            theta, words = flatten(params), f"checkpoint {point.path}"
        case TeacherInside():
            raise ValueError("the teacher's point comes with targets of its own: see teacher_inside")
    loss = problem.residuals.loss(problem.residuals.at(theta))
    if not math.isfinite(loss):
        raise SpecError(f"field 'point': the loss at the {words} is not finite")
    if not polish:
        return Located(theta, (loss,), words)
    fits_gram(problem.m)
    found = yield from levenberg_marquardt(problem.residuals, theta, stop_below=stop_below, steps=steps)
    return Located(found.theta, found.losses, f"{words}, {len(found.losses) - 1} steps down: {found.reason}")


STARTS = 3


def find(problem: Problem, context: Context, *, stop_below: float, steps: int, name: str = "init") -> Step[Located]:
    """Return the best of up to three ways down; the first that reaches zero to rounding ends it."""
    fits_gram(problem.m)
    best: Descent | None = None
    for k in range(STARTS):
        theta = problem.start(context.generator(name if k == 0 else f"{name} {k}"))
        found = yield from levenberg_marquardt(problem.residuals, theta, stop_below=stop_below, steps=steps)
        if best is None or found.loss < best.loss:
            best = found
        if best.loss <= max(stop_below, problem.rounding) or problem.floor > 0.0:
            break
        yield Progress(0.0, f"start {k + 2} of {STARTS}")
    assert best is not None
    return Located(best.theta, best.losses, f"found in {len(best.losses) - 1} steps: {best.reason}")


def teacher_inside(problem: Problem, dataset: Dataset, context: Context) -> tuple[Problem, Located]:
    """Return the problem with the teacher's float64 outputs as targets, and the teacher inside the network as the point."""
    if not isinstance(dataset, Teacher):
        raise SpecError(f"field 'point.kind' is 'teacher': the data are '{dataset.kind}', made by no teacher")
    network = problem.network
    if not isinstance(network.activation, Tanh) or len(network.hidden) != len(dataset.hidden):
        raise SpecError(
            f"field 'network' is {network.describe()}: the teacher is a tanh network with hidden layers {dataset.hidden}, "
            "only a tanh network as deep contains it"
        )
    if any(wide < small for wide, small in zip(network.hidden, dataset.hidden)):
        raise SpecError(f"field 'network.hidden' is {network.hidden}: narrower than the teacher's {dataset.hidden}")
    teacher = Mlp(hidden=dataset.hidden, activation=Tanh())
    small = of(dataset.teacher())
    params: Params = {}
    for name, shape in network.shapes(problem.inputs, problem.outputs).items():
        value = torch.zeros(shape, dtype=torch.float64)
        value[tuple(slice(size) for size in small[name].shape)] = small[name]
        params[name] = value.to(context.device)
    y = forward(teacher, {k: v.to(context.device) for k, v in small.items()}, problem.residuals.x)
    posed = problem.with_targets(y)
    return posed, Located(flatten(params), (posed.residuals.loss(params),), "the teacher inside the network")


def descent_curve(located: Located, stop_below: float) -> Curve:
    """Return the artifact ``loss``: the way down."""
    steps = torch.arange(len(located.losses), dtype=torch.float64)
    losses = torch.tensor(located.losses, dtype=torch.float64).clamp(min=1e-40)
    return Curve(
        "loss", f"Loss, {located.words}", "step", "L", (Series("sum of squares", steps.numpy(), losses.numpy()),),
        log_y=True, levels=(Level(stop_below, "stop below"),),
    )  # fmt: skip
