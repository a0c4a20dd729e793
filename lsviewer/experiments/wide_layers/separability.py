"""Theorem 5.3: linear separability of every class at a layer, and what follows for the squared hinge."""

import math
from typing import ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from lsviewer.core.artifacts import Checkpoint, Curve, Level, Picture, Series
from lsviewer.core.claims import Claim, Number, Report, Verdict
from lsviewer.core.jobs import Job, Progress, Step, within
from lsviewer.core.numerals import num
from lsviewer.core.spec import SpecError
from lsviewer.engine.activations import Tanh
from lsviewer.engine.context import Context
from lsviewer.engine.datasets import Dataset, Digits
from lsviewer.engine.losses import SquaredHinge
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import to_numpy
from lsviewer.engine.points import Found
from lsviewer.engine.separability import Separation, separate_all
from lsviewer.experiments.wide_layers import verdicts
from lsviewer.experiments.wide_layers.findings import examine
from lsviewer.experiments.wide_layers.places import JACOBIANS, Located, Place, locate
from lsviewer.experiments.wide_layers.setting import Problem, SummedLoss, WideLayers

ROWS, COLUMNS, ZOOM = 6, 12, 6  # of the picture of what blocks, and pixels a pixel


class Separability(WideLayers):
    """Theorem 5.3. Let assumptions 5.2 hold. 1. Every critical point at which the rows of F_k are linearly separable, each class
    from the others, and W_{k+2}, …, W_L have full column rank, is a global minimum. 2. If the training inputs are linearly
    separable, then every critical point at which W_2, …, W_L have full column rank is a global minimum.

    Shown: for every class the margin of a separating hyperplane of layer k, or the samples that block it, as pictures where they
    are pictures. The theorem's conclusion is drawn for k = L − 1 only.
    """

    title: ClassVar[str] = "Linear separability"
    place: ClassVar[str] = "theorem 5.3"
    formula: ClassVar[str] = (
        r"\langle a_j, f_k(x_i)\rangle + b_j > 0 \;\Leftrightarrow\; x_i \in C_j, \quad j = 1, \dots, m"
    )
    short_formula: ClassVar[str] = r"\mathrm{sign}(\langle a_j, f_k(x_i)\rangle + b_j) = \pm 1"
    caveats: ClassVar[tuple[str, ...]] = (
        "Theorem 5.3, 1 is used for k = L − 1 only: for k ≤ L − 2 the proof exchanges “for some unit” with “for every unit”. A "
        "numerical counterexample is known, with a C¹ activation of cubic pieces. With tanh or sigmoid none is known.",
        "So is 2, which is the case k = 0: safe for networks without a hidden layer.",
        "The loss must be one such as the squared hinge: for the squared loss separability says nothing.",
        "That hulls meet is shown up to rounding; that a plane separates is checked with the rounding of the check.",
    )

    kind: Literal["separability"] = "separability"
    dataset: Dataset = Field(Digits(limit=100), title="Data")
    network: Mlp = Field(Mlp(hidden=(32,), activation=Tanh()), title="Network")
    loss: SummedLoss = SquaredHinge()
    point: Place = Field(Found(), title="Point", description="found trains the network with the chosen loss.")
    layer: int = Field(1, ge=0, le=64, title="Layer k", description="0: the inputs themselves.")
    steps: int = Field(200, ge=1, le=10_000, title="Steps at most", description="Of the training, for a found point.")

    @property
    def verb(self) -> str:
        return "Train and separate" if isinstance(self.point, Found) else "Separate the classes"

    def run(self, context: Context) -> Job:
        """Return the job: artifacts loss (of a training), point, margins, blocking."""
        yield Progress(0.0, "reading the data")
        problem = self.pose(context)
        if problem.data.classes is None:
            raise SpecError("field 'dataset': class labels are needed here, the data has float targets")
        if self.layer >= problem.stack.depth:
            raise SpecError(f"field 'layer' is {self.layer}: 0 to {problem.stack.depth - 1} are expected")
        located = yield from within(self._located(problem, context), 0.0, 0.4)
        yield Checkpoint("point", problem.describe(), to_numpy(problem.named(located.theta)), (), located.words)
        return (yield from within(judge(problem, located, self.layer), 0.4, 1.0))

    def _located(self, problem: Problem, context: Context) -> Step[Located]:
        entries = problem.samples * problem.objective.outputs * problem.stack.size
        if not isinstance(self.point, Found) or entries <= JACOBIANS:
            located = yield from locate(problem, self.point, context, polish="no", steps=self.steps, tries=1)
            if located.path is not None:
                with torch.no_grad():
                    losses = [float(problem.objective(theta)) for theta in located.path]
                yield loss_curve(losses, "Φ during Levenberg–Marquardt")
            return located
        theta = problem.start(context.generator("init"))
        losses = []
        theta = yield from quasi_newton(problem, theta, self.steps, losses)
        yield loss_curve(losses, "Φ during L-BFGS")
        return Located(theta, f"trained {len(losses)} steps")


def judge(problem: Problem, located: Located, layer: int) -> Job:
    """Return the job that separates the classes at layer k and says what follows: artifact margins."""
    features = problem.objective.forward(located.theta).features[layer]
    assert problem.data.classes is not None
    classes = yield from within(separate_all(features, problem.data.y, problem.data.classes), 0.0, 0.8)
    yield margins(classes, layer, problem)
    if (shown := blocking(classes, problem)) is not None:
        yield shown
    theorem = None
    if problem.samples <= 1000:
        found = yield from within(examine(problem, located.theta, (layer,)), 0.8, 1.0)
        theorem = (verdicts.theorem_5_3(found, layer, classes), verdicts.critical(found))
    return report(problem, located, layer, classes, theorem)


def report(
    problem: Problem, located: Located, layer: int, classes: tuple[Separation, ...], theorem: tuple[Claim, Claim] | None
) -> Report:
    """Return all rows: the theorem first, where N is small enough for its ranks, then the classes."""
    yes = [one for one in classes if one.separable is True]
    claims = [*(theorem or ()), *(row(one, problem, layer) for one in classes)]
    numbers: dict[str, Number | str] = {
        "separable_classes": len(yes), "classes": len(classes), "layer": layer,
        "loss": float(problem.objective(located.theta)),
        "margin_min": min((one.margin for one in yes), default="none"),
        **{f"separable_{one.label}": words_of(one.separable) for one in classes},
        "samples": problem.samples, "network": problem.words, "point": located.words, "data_sha256": problem.data.sha256,
    }  # fmt: skip
    place = "the inputs" if layer == 0 else f"layer {layer}"
    return Report(
        tuple(claims), numbers, f"{len(yes)} of {len(classes)} classes are linearly separable at {place}.",
        "Separability at an untrained or trained layer says nothing about other samples.",
    )  # fmt: skip


def words_of(separable: bool | None) -> str:
    """Return yes, no or undecided."""
    return "undecided" if separable is None else "yes" if separable else "no"


def row(one: Separation, problem: Problem, layer: int) -> Claim:
    """Return one class as a claim."""
    statement = f"Class {name_of(one, problem)} is linearly separable from the others at layer {layer}"
    if one.separable is True:
        return Claim(statement, "margin > 0", one.margin, 0.0, Verdict.HOLDS, f"by {one.by}")
    if one.separable is False:
        shown = ", ".join(map(str, one.blocking[:6])) + ("…" if len(one.blocking) > 6 else "")
        reason = f"the hulls meet in a mixture of {len(one.blocking)} samples: {shown}"
        evidence = (("distance of the two mixtures", one.meet),)
        best = one.margin if one.normal.any() else 0.0  # the best "plane" is none at all
        return Claim(statement, "margin > 0", best, 0.0, Verdict.FAILS, reason, "", evidence)
    return Claim(statement, "margin > 0", one.margin, 0.0, Verdict.UNDECIDED, f"hulls at most {num(one.meet)} apart")


def margins(classes: tuple[Separation, ...], layer: int, problem: Problem) -> Curve:
    """Return the artifact ``margins``: one stem a class."""
    x = np.array([float(one.label) for one in classes])
    y = np.array([one.margin if one.separable else 0.0 for one in classes])
    title = f"Margin of every class at layer {layer}, N = {problem.samples}"
    return Curve(
        "margins", title, "class", "margin", (Series("margin", x, y, "stems"),), levels=(Level(0.0, "blocked"),)
    )


def blocking(classes: tuple[Separation, ...], problem: Problem) -> Picture | None:
    """Return the artifact ``blocking``: a row of samples for every class that is blocked, its own and others."""
    side = math.isqrt(problem.objective.x.shape[1])
    blocked = [one for one in classes if one.separable is False][:ROWS]
    if not blocked or side < 4 or side**2 != problem.objective.x.shape[1]:
        return None
    x = problem.objective.x.cpu().numpy()
    low, high = float(x.min()), float(x.max())
    gap, half = 2, COLUMNS // 2
    pixels = np.ones((len(blocked) * (side + gap) - gap, (COLUMNS + 1) * (side + gap) - gap))
    for row, one in enumerate(blocked):
        own = [k for k in one.blocking if int(problem.data.y[k]) == one.label][:half]
        others = [k for k in one.blocking if int(problem.data.y[k]) != one.label][:half]
        places = [*enumerate(own), *enumerate(others, start=half + 1)]  # a column stays free between them
        for column, sample in places:
            top, left = row * (side + gap), column * (side + gap)
            pixels[top : top + side, left : left + side] = 1.0 - (x[sample].reshape(side, side) - low) / (high - low)
    labels = ", ".join(name_of(one, problem) for one in blocked)
    title = f"What blocks {labels}: left samples of the class, right of others"
    return Picture("blocking", title, np.kron(pixels, np.ones((ZOOM, ZOOM))))


def name_of(one: Separation, problem: Problem) -> str:
    """Return the class by its name."""
    return problem.data.class_names[one.label] if problem.data.class_names else str(one.label)


def loss_curve(losses: list[float], title: str) -> Curve:
    """Return the artifact ``loss``."""
    series = Series("Φ", np.arange(len(losses), dtype=np.float64), np.maximum(np.array(losses), 1e-40))
    return Curve("loss", title, "step", "Φ", (series,), log_y=True)


def quasi_newton(problem: Problem, theta: Tensor, steps: int, losses: list[float]) -> Step[Tensor]:
    """Return theta after L-BFGS, ten iterations a step; for networks whose Jacobian does not fit. Appends every loss."""
    variable = theta.detach().clone().requires_grad_()
    search = torch.optim.LBFGS([variable], max_iter=10, history_size=20, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        search.zero_grad()
        phi = problem.objective(variable)
        phi.backward()
        return phi

    for step in range(steps):
        phi = float(search.step(closure))
        losses.append(phi)
        yield Progress(step / steps, f"training, Φ = {num(phi)}")
        if phi <= problem.rounding or (len(losses) > 3 and losses[-4] - phi < 1e-12 * losses[-4]):
            break
    return variable.detach()
