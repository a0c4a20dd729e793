"""Theorem 2 of Czarnecki et al. 2019 as an experiment: a pattern with a global minimum of the task inside.

Tolerances. *Grid*: outputs of a few units are rounded at their size, at most log((m - 1) / epsilon), and the loss is at most as
steep as the outputs; 70 dB in float32 leaves an order of magnitude. *Brute force* as in Theorem 1: 1e-4 in float32, 1e-10 in
float64 for losses up to 10. *At h\\**: the network is built for 0.9 epsilon, so that rounding does not lift it above epsilon.
"""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from pydantic.config import JsonDict
from torch import Tensor

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Checkpoint, Curve, Diagram, Level, Mark, Section, Series
from lsviewer.core.claims import Number, Report
from lsviewer.core.experiment import Experiment
from lsviewer.core.jobs import Job, Progress, Step, within
from lsviewer.core.pattern import BuiltinPattern, PatternSource
from lsviewer.engine import params as points
from lsviewer.engine.activations import Relu
from lsviewer.engine.context import Context
from lsviewer.engine.data import Data
from lsviewer.engine.datasets import Dataset, MnistSmall
from lsviewer.engine.losses import CrossEntropy
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import to_numpy
from lsviewer.engine.training import Fitted, Schedule, fit
from lsviewer.experiments.patterns import blocks
from lsviewer.experiments.patterns.answers import Answers, find_answers
from lsviewer.experiments.patterns.construction import Planted, digits_of
from lsviewer.experiments.patterns.found import section_of
from lsviewer.experiments.patterns.gated import Carrier, Halves, Layout, assemble, make_carrier, make_layout
from lsviewer.experiments.patterns.heights import make_bank
from lsviewer.experiments.patterns.joint import pairs_target, train_jointly
from lsviewer.experiments.patterns.law import ClassLoss
from lsviewer.experiments.patterns.measures import lowest
from lsviewer.experiments.patterns.minimum_report import Evidence, report
from lsviewer.experiments.patterns.planter import in_dtype
from lsviewer.experiments.patterns.separable import grid_axes
from lsviewer.experiments.patterns.setting import MAX_GRID, load_data, load_pattern
from lsviewer.experiments.patterns.verification import alphas, brute_force, sample_points
from lsviewer.experiments.patterns.whole import Whole, lipschitz, sweep
from lsviewer.experiments.patterns.wiring import Reached, diagram_of

LINE, RANDOM = 31, 32  # places on the line through h*, further random points; with h* itself 64
SECOND = 6  # points of the second program
TRAINED_GRID = 32  # a trained section costs all samples at every point
SAFE = 0.9  # of epsilon is what the network is built for
TRAIN: JsonDict = {"only_when": {"method": "train"}}


class Theorem2(Experiment):
    """Every low-dimensional pattern can be found in the loss surface of a sufficiently large deep network, and within the
    pattern lies a point whose loss is within ε of the global minimum of the task.

    Conditions: the first layer's random part keeps the samples apart, and the loss of a sample can be inverted smoothly. With
    cross-entropy the pattern stays below log m for m classes: beyond, a sample would have to be misclassified.

    Some units of the first layer see only the section's coordinates h, the others see x through random weights. Above
    them the outputs for sample i are ℓᵢ⁻¹(T(h)), so that every training sample has the loss T(h). Construct writes this
    down; Train fits it on pairs (h, x), the paper's literal way, which is slow.

    Shown: the section on the training part and on the test part with h*, where the network solves the task; the bound of
    eq. 17 beside the error; an ordinary training of the same network for comparison.
    """

    title: ClassVar[str] = "Theorem 2"
    paper: ClassVar[str] = "Czarnecki et al. 2019"
    place: ClassVar[str] = "section 2, eq. 13 to 17"
    formula: ClassVar[str] = (
        r"q_{\theta^*}(h, \phi(x_i)) \approx \ell_i^{-1}(\mathcal{T}(h)), \qquad "
        r"|L(h) - \mathcal{T}(h)| \leq c\,\max_i \|\epsilon_i^h\|, \qquad L(h^*) \leq L^* + \epsilon"
    )
    short_formula: ClassVar[str] = r"q_{\theta^*}(h, \phi(x_i)) \approx \ell_i^{-1}(\mathcal{T}(h))"
    caveats: ClassVar[tuple[str, ...]] = (
        "Theorem 2 gives no guarantee on other samples: the test section is shown and measured, nothing is claimed about it.",
        "Cross-entropy cannot be inverted at T = 0, where the logit grows without bound: ε is the loss asked for at h*.",
        "Between grid points the logit is interpolated, not the loss: where the pattern falls to ε in one step, the loss "
        "falls faster than a straight line.",
        "The paper trains on pairs (h, x). That is offered as Train; it needs an example for every pair and stays far from "
        "the closed form in the same time.",
    )
    uses_pattern: ClassVar[bool] = True

    kind: Literal["theorem2"] = "theorem2"
    dataset: Dataset = Field(MnistSmall(), title="Data")
    network: Mlp = Field(Mlp(hidden=(768, 272, 272, 64)), title="Network")
    loss: ClassLoss = Field(CrossEntropy(), title="Loss")
    pattern: PatternSource = Field(BuiltinPattern(name="cat"), title="Pattern")
    grid: int | None = Field(
        None, ge=2, le=MAX_GRID, title="Grid", json_schema_extra={"unit": "points"},
        description="Points per axis; empty takes the pattern's own, and at most 32 with Train.",
    )  # fmt: skip
    amplitude: float = Field(
        2.0, ge=0.01, le=100.0, title="Amplitude", json_schema_extra={"log": True},
        description="Height of the pattern in loss units; with cross-entropy below log m − ε.",
    )  # fmt: skip
    epsilon: float = Field(
        1e-3, ge=1e-7, le=1.0, title="Loss at h*", json_schema_extra={"log": True},
        description="ε: how close to the global minimum 0 the lowest point of the pattern comes.",
    )  # fmt: skip
    method: Literal["construct", "train"] = Field(
        "construct",
        title="Method",
        description="construct: closed form; train: gradient descent on pairs (h, x), slow.",
    )
    steps: int = Field(400, ge=10, le=20_000, title="Steps", description="Optimiser steps.", json_schema_extra=TRAIN)
    epochs: int = Field(
        8, ge=0, le=1000, title="Comparison",
        description="Epochs of an ordinary training of the same network; 0 leaves it out.",
        json_schema_extra={"unit": "epochs"},
    )  # fmt: skip

    @property
    def verb(self) -> str:
        return "Plant" if self.method == "construct" else f"Train {self.steps} steps"

    @property
    def rest_s(self) -> None:
        return None  # an ordinary training for comparison takes ten seconds

    def notes(self) -> tuple[str, ...]:
        """Return what the first layer is used for, or how coarse a trained section is."""
        if self.method == "train":
            return ("Every point of a trained section costs all samples: it is drawn on at most 32 × 32 points.",)
        if self.grid is None or not self.network.hidden:
            return ()
        features = self.network.hidden[0] - 2 * self.grid
        if features < 1:
            return (f"Hidden 1 has no unit left for the input: two axes of {self.grid} points take {2 * self.grid}.",)
        return (
            f"With two axes hidden 1 holds {2 * self.grid} knots of h and {features} random features of the input.",
        )

    # --- jobs ------------------------------------------------------------------------------------------------------------

    def run(self, context: Context) -> Job:
        """Return the job: sections of both parts, the bound of eq. 17, curves of the ordinary training, a checkpoint."""
        yield Progress(0.0, "reading the data")
        task = self._task(context)
        if self.method == "construct":
            answers = yield from within(self._answers(context, task), 0.0, 0.15)
            planted = self._construct(context, task, answers)
            halves = self._halves(task, planted)
            train, test = halves_sections(halves, task, context)
        else:
            like = torch.empty(0, dtype=context.dtype, device=context.device)
            target = torch.from_numpy(task.target.copy())
            joint = train_jointly(
                self.network, task.data, target, task.carrier, self.steps, context.generator("joint"), like
            )
            found = yield from within(joint, 0.02, 0.35)
            planted = in_dtype(found, context.dtype, context.device)
            train, test = yield from within(self._swept_sections(task, planted), 0.35, 0.6)
        yield self._section(task, train, "section", "Loss on the training part")
        yield (checkpoint := self._checkpoint(task, planted))
        yield self._diagram(task, checkpoint, float(train[task.place]))
        if test is not None:
            yield self._section(task, test, "section_test", "Loss on the test part")
        evidence = yield from within(self._check(context, task, planted, train, test), 0.6, 0.85)
        yield self._bound_curve(task, evidence)
        ordinary = None
        if self.epochs:
            ordinary = yield from within(self._ordinary(context, task, evidence), 0.85, 1.0)
        numbers: dict[str, Number | str] = {
            "variant": task.layout.variant if task.layout else "trained", "epsilon": self.epsilon,
            "samples": len(task.data), "data_sha256": task.data.sha256, "grid": task.pattern.shape[0],
            "network_parameters": self.network.size(task.data.inputs, task.data.outputs),
        }  # fmt: skip
        return report(evidence, ordinary, self.epsilon, self.amplitude, self.method == "train", numbers)

    def preview(self, context: Context) -> Job | None:
        """Return the job that plants the pattern in closed form and shows the training section."""
        constructs = self.method == "construct" and isinstance(self.network.activation, Relu)
        return self._preview(context) if constructs else None

    def _preview(self, context: Context) -> Job:
        task = self._task(context)
        answers = yield from self._answers(context, task)
        halves = self._halves(task, self._construct(context, task, answers))
        number = halves.number(grid_axes(task.pattern.shape[0], task.pattern.ndim))
        train = halves.mean_loss(number, task.data.x, task.data.labels).numpy()
        yield self._section(task, train, "section", "Loss on the training part")
        return Report()

    # --- the task --------------------------------------------------------------------------------------------------------

    def _task(self, context: Context) -> "Task":
        data = load_data(context, self.dataset)
        self.loss.targets(data.labels)  # cross-entropy refuses float targets
        pattern = load_pattern(context, self.pattern, self.grid)
        if self.method == "train" and pattern.shape[0] > TRAINED_GRID:
            pattern = load_pattern(context, self.pattern, TRAINED_GRID)
        least = SAFE * self.epsilon
        carrier = make_carrier(self.loss, data.outputs, least, self.amplitude)
        layout = None
        if self.method == "construct":
            layout = make_layout(self.network, pattern.ndim, pattern.shape[0], data, self.loss)
        target = least + self.amplitude * (pattern - pattern.min())
        return Task(data, pattern, target, carrier, layout)

    def _answers(self, context: Context, task: "Task") -> Step[Answers]:
        """Return the units on x; they do not depend on the pattern and are kept while only that changes."""
        assert task.layout is not None
        key = ("theorem2 answers", self._setting(context, task.layout.features))
        if key[0] not in context.cache or context.cache[key[0]][0] != key:
            found = yield from find_answers(task.data, task.layout.features, context.generator("features"))
            return context.cached(key, lambda: found)
        return context.cached(key, lambda: context.cache[key[0]][1])

    def _setting(self, context: Context, *more: Any) -> Hashable:
        return (str(self.dataset), context.files.folder, context.seed, *more)

    def _construct(self, context: Context, task: "Task", answers: Answers) -> Planted:
        assert task.layout is not None
        heights = task.carrier.heights(torch.from_numpy(task.target.copy()))
        bank = make_bank(task.layout.variant, task.layout.mix, [heights], digits_of(context.dtype))
        exact = assemble(task.layout, self.network, task.data, answers, bank, task.carrier)
        return in_dtype(exact, context.dtype, context.device)

    def _halves(self, task: "Task", planted: Planted) -> Halves:
        assert task.layout is not None
        return Halves(task.layout, self.network, planted, self.loss, task.data.classes)

    # --- the trained section ---------------------------------------------------------------------------------------------

    def _swept_sections(self, task: "Task", planted: Planted) -> Step[tuple[Array, Array | None]]:
        """Return both sections of a network whose outputs depend on h and x together: all samples at every point."""
        shape = task.pattern.shape
        everywhere = np.stack(np.unravel_index(np.arange(task.pattern.size), shape), 1)
        found: list[Array | None] = []
        for low, (x, labels) in zip((0.0, 0.8), task.parts()):
            whole = Whole.of(self.network, planted, self.loss, x, labels)
            swept = yield from within(sweep(whole, everywhere, shape), low, 0.8 if low == 0.0 else 1.0)
            found.append(swept.losses.reshape(shape))
        train = found[0]
        assert train is not None
        return train, found[1] if len(found) > 1 else None

    # --- brute force -----------------------------------------------------------------------------------------------------

    def _check(
        self, context: Context, task: "Task", planted: Planted, train: Array, test: Array | None
    ) -> Step[Evidence]:
        shape = task.pattern.shape
        line = task.line()
        random = sample_points(shape, RANDOM, context.generator("brute force"))
        where = np.concatenate([np.array([task.place]), line, random])
        number = task.carrier.of(torch.from_numpy(task.target[tuple(where.T)]))
        rows = torch.arange(len(task.data))

        def wanted(k: int) -> Tensor:
            return pairs_target(task.carrier, task.data, rows, number[k : k + 1])[0]

        swept, second, second_found = [], 0.0, []
        for k, (x, labels) in enumerate(task.parts()):
            whole = Whole.of(self.network, planted, self.loss, x, labels)
            low = 0.5 * k
            asked = wanted if k == 0 else None
            swept.append((yield from within(sweep(whole, where, shape, asked), low, low + 0.4)))
            few = where[:: max(1, len(where) // SECOND)][:SECOND]
            step = brute_force(self.network, planted.origin, planted.directions, self.loss, x, labels, few, shape)
            again = yield from within(step, low + 0.4, low + 0.5)
            own = swept[-1].losses[:: max(1, len(where) // SECOND)][:SECOND]
            second = max(second, float(np.abs(again.losses - own).max()))
            second_found.append(float(np.abs(again.losses64 - own).max()))
        places = np.linspace(0.0, 1.0, shape[0])[line[:, 0]]
        wanted_loss = task.target[tuple(where.T)]
        bound = lipschitz(self.loss, wanted_loss, swept[0].largest) * swept[0].largest
        moved = torch.stack([direction["0.bias"] for direction in planted.directions]).ne(0).any(0)
        return Evidence(
            train, test, task.target, self.amplitude, where, swept[0], swept[1] if len(swept) > 1 else None,
            bound, places, second, max(second_found), float(planted.origin["0.weight"][moved].abs().max()),
            task.place, alphas(np.array(task.place), shape), context.dtype, task.data.classes,
        )  # fmt: skip

    # --- the comparison --------------------------------------------------------------------------------------------------

    def _ordinary(self, context: Context, task: "Task", evidence: Evidence) -> Step[Fitted]:
        """Return an ordinary training of the same network; its loss curve carries L(h*) as a level."""
        key = (
            "theorem2 ordinary",
            self._setting(context, str(self.network), str(self.loss), self.epochs, context.dtype),
        )
        level = Level(evidence.at_minimum, f"L(h*) = {evidence.at_minimum:.2g}")
        kept = context.cache.get(key[0])
        if kept is not None and kept[0] == key:
            fitted, curves = kept[1]
        else:
            data = task.data
            start = self.network.build(
                data.inputs, data.outputs, dtype=context.dtype, generator=context.generator("init")
            ).to(context.device)
            schedule = Schedule(learning_rate=1e-3, batch_size=128, epochs=self.epochs)
            training = fit(
                self.network, self.loss, data, points.of(start), schedule, generator=context.generator("batches")
            )
            curves = {}
            while True:
                try:
                    event = next(training)
                except StopIteration as stop:
                    fitted = stop.value
                    break
                if isinstance(event, Curve):
                    curves[event.name] = event
                    yield self._compared(event, level)
                elif isinstance(event, Progress):
                    yield replace(event, text=f"ordinary training, {event.text}")
            fitted, curves = context.cached(key, lambda: (fitted, curves))
        for curve in curves.values():
            yield self._compared(curve, level)
        return fitted

    @staticmethod
    def _compared(curve: Curve, level: Level) -> Curve:
        if curve.name != "loss":
            return replace(curve, title="Ordinary training of the same network: accuracy")
        return replace(curve, title="Ordinary training of the same network: loss", levels=(level,))

    # --- what is shown ---------------------------------------------------------------------------------------------------

    def _section(self, task: "Task", values: Array, name: str, title: str) -> Section:
        section = section_of(values, task.pattern, self.amplitude)
        star = Mark(alphas(np.array(task.place), task.pattern.shape), "h*", "minimum")
        return replace(section, name=name, title=title, marks=(star,))

    def _checkpoint(self, task: "Task", planted: Planted) -> Checkpoint:
        network = {
            **self.network.model_dump(mode="json"), "inputs": task.data.inputs, "outputs": task.data.outputs
        }  # fmt: skip
        zeros = {name: torch.zeros_like(value) for name, value in planted.origin.items()}
        directions = tuple(to_numpy({**zeros, **direction}) for direction in planted.directions)
        return Checkpoint("checkpoint", network, to_numpy(planted.origin), directions, title="θ₀ and its directions")

    def _diagram(self, task: "Task", checkpoint: Checkpoint, at_minimum: float) -> Diagram:
        shape, outputs = task.pattern.shape, task.data.outputs
        if task.layout is None:
            parts = blocks.of_joint(checkpoint)
        else:
            parts = blocks.of_gates(task.layout, len(shape), shape[0], self.loss, outputs)
        reached = Reached(alphas(np.array(task.place), shape), at_minimum, self.epsilon)
        return diagram_of(checkpoint, parts, task.data, self.loss.label, reached)

    def _bound_curve(self, task: "Task", evidence: Evidence) -> Curve:
        on_line = slice(1, 1 + len(evidence.places))
        error = np.abs(evidence.swept.losses - task.target[tuple(evidence.where.T)])[on_line]
        bound = evidence.bound[on_line]
        where = (
            "" if task.pattern.ndim == 1 else f" along α₂ = {alphas(np.array(task.place), task.pattern.shape)[1]:.2f}"
        )
        return Curve(
            "bound", f"Error and its bound (eq. 17){where}", "α₁", "|L − T|",
            (Series("c max |εᵢ|", evidence.places, np.where(bound > 0, bound, np.nan)),
             Series("|L − T|", evidence.places, np.where(error > 0, error, np.nan), "points")),
            log_y=True,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What is to be found: the loss T at the grid points, on these data, carried by one number."""

    data: Data
    pattern: Array
    target: Array  # T in loss units, from 0.9 epsilon
    carrier: Carrier
    layout: Layout | None  # of the closed form

    @property
    def place(self) -> tuple[int, ...]:
        """Grid point of h*, the first minimum of the pattern."""
        return lowest(self.pattern)

    def line(self) -> Array:
        """Return grid points along the first axis through h*, (m, z) indices."""
        first = np.unique(np.linspace(0, self.pattern.shape[0] - 1, LINE).round().astype(int))
        return np.stack([first, *(np.full(len(first), k) for k in self.place[1:])], 1)

    def parts(self) -> list[tuple[Tensor, Any]]:
        """Return inputs and labels of the training part, then of the test part where there is one."""
        parts: list[tuple[Tensor, Any]] = [(self.data.x, self.data.labels)]
        if self.data.x_test is not None and self.data.test_labels is not None:
            parts.append((self.data.x_test, self.data.test_labels))
        return parts


def halves_sections(halves: Halves, task: Task, context: Context) -> tuple[Array, Array | None]:
    """Return both sections of the closed form through its own parameters, in the dtype of the run."""
    number = halves.number(grid_axes(task.pattern.shape[0], task.pattern.ndim))
    sections = [halves.mean_loss(number, x, labels).numpy() for x, labels in task.parts()]
    return sections[0], sections[1] if len(sections) > 1 else None
