"""Observation 2 of Czarnecki et al. 2019, measured: fitting a pattern beside ordinary supervised training, on common axes.

Tolerances. *Solved* is a level of the relative error, chosen by the user, 10⁻³ by default: 30 dB for a section, a loss 1000 times
below that of the best constant output for a task. *Brute force* in the precision of the run as for any section.
"""

from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
import torch
from pydantic import Field

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Checkpoint, Curve, Level, Section, Series
from lsviewer.core.claims import Claim, Number, Report, Verdict, at_most
from lsviewer.core.experiment import Experiment
from lsviewer.core.jobs import Job, Progress, Step, within
from lsviewer.core.pattern import BuiltinPattern, PatternSource
from lsviewer.core.spec import SpecError
from lsviewer.engine.context import Context
from lsviewer.engine.data import Data
from lsviewer.engine.datasets import Dataset, Digits
from lsviewer.engine.losses import CrossEntropy, Loss
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import forward, of, to_numpy
from lsviewer.engine.risk import Comparison, Risk, brute_force, sample
from lsviewer.experiments.patterns.construction import Planted
from lsviewer.experiments.patterns.fitting import fit
from lsviewer.experiments.patterns.found import section_of
from lsviewer.experiments.patterns.goal import Goal, make_goal, risk
from lsviewer.experiments.patterns.grid_losses import unit_axes
from lsviewer.experiments.patterns.ordinary_fit import Budget, Course, Upper, on_data, relative, train
from lsviewer.experiments.patterns.planter import in_dtype
from lsviewer.experiments.patterns.separable import grid_axes, separable
from lsviewer.experiments.patterns.setting import load_data, load_pattern
from lsviewer.experiments.patterns.tables import Tables, fold, make_layout

POINTS = 64
TOLERANCE = {torch.float32: (1e-4, "10⁻⁴"), torch.float64: (1e-10, "10⁻¹⁰")}
ROUTES = {
    "supervised": "supervised, x to y",
    "eq12": "eq. 12, h to the inverse of σ",
    "direct": "direct, h to the pattern",
    "tables": "eq. 12 in tables",
}


class SupervisedComparison(Experiment):
    """Observation 2: finding the pattern is supervised learning from h to σ⁻¹(T(h)), so it is no harder than standard loss
    optimisation for typical neural networks.

    The same network is trained three times from the same initial weights, with the same optimiser, batch and number of steps: on
    the data, as usual; on eq. 12; and directly on the loss of the section. For the last two z first-layer biases carry h, as
    the paper writes it. A fourth run keeps the network and eq. 12, but trains the weights that read h as tables.

    Shown: relative errors on common axes, the sections that the three fits end with, and the steps each needs.
    """

    title: ClassVar[str] = "Observation 2: supervised learning"
    paper: ClassVar[str] = "Czarnecki et al. 2019"
    place: ClassVar[str] = "section 2, eq. 12"
    formula: ClassVar[str] = (
        r"\arg\min_{\theta'}\; \mathbb{E}_{h\sim U([0,1]^z)} \left\| q_{\theta'}(h) - \sigma^{-1}(\mathcal{T}(h))\right\|^2"
    )
    short_formula: ClassVar[str] = r"\min_{\theta'}\, \mathbb{E}_h \| q_{\theta'}(h) - \sigma^{-1}(\mathcal{T}(h))\|^2"
    caveats: ClassVar[tuple[str, ...]] = (
        "The observation is about the kind of the problem. How fast it is learned depends on the features: two inputs that feed "
        "a wide relu layer are learned coarse to fine: a slope is fitted sooner than digits, a detailed picture is not.",
        "Relative errors of different tasks stand on one axis: the loss by that of the best constant output for the "
        "data, the mean square error by the variance of the pattern for a section.",
        "Tables are another parametrisation of the same network, with rates and batches of their own and Muon for matrices: "
        "a fourth curve, not a fourth run of the same optimiser.",
    )
    uses_pattern: ClassVar[bool] = True
    method: ClassVar[str] = "compare"  # as lists say it; what is not "construct" does not run by itself after a stroke

    kind: Literal["supervised_comparison"] = "supervised_comparison"
    dataset: Dataset = Field(Digits(), title="Data")
    network: Mlp = Field(Mlp(hidden=(256, 256, 64)), title="Network")
    loss: Loss = Field(CrossEntropy(), title="Loss")
    pattern: PatternSource = Field(BuiltinPattern(name="cat"), title="Pattern")
    grid: int | None = Field(
        64, ge=4, le=256, title="Grid", description="Points per axis; empty takes the pattern's own.",
        json_schema_extra={"unit": "points"},
    )  # fmt: skip
    amplitude: float = Field(
        1.0, ge=0.01, le=100.0, title="Amplitude", description="Height of the pattern in loss units.",
        json_schema_extra={"log": True},
    )  # fmt: skip
    steps: int = Field(
        600, ge=10, le=100_000, title="Steps", description="Of every training; the schedule is in steps."
    )
    batch_size: int = Field(
        256, ge=1, le=65_536, title="Batch", description="Samples, or points of the grid, of one step.",
        json_schema_extra={"unit": "samples"},
    )  # fmt: skip
    learning_rate: float = Field(
        3e-3, gt=0.0, le=10.0, title="Learning rate", description="Of Adam at the start; it falls to 0 along a cosine.",
        json_schema_extra={"log": True},
    )  # fmt: skip
    solved: float = Field(
        1e-3, gt=0.0, lt=1.0, title="Solved at", description="Relative error from which on a task counts as learned.",
        json_schema_extra={"log": True},
    )  # fmt: skip

    @property
    def verb(self) -> str:
        return f"Train {len(ROUTES)} times {self.steps} steps"

    # --- jobs ------------------------------------------------------------------------------------------------------------

    def run(self, context: Context) -> Job:
        """Return the job: curve "comparison", sections of the three fits, the checkpoint of the last."""
        yield Progress(0.0, "reading the data")
        data = load_data(context, self.dataset)
        pattern = load_pattern(context, self.pattern, self.grid)
        if len(self.network.hidden) < 2:
            raise SpecError(
                "field 'network.hidden': at least two hidden layers are needed, one carries h and one reads it"
            )
        layout = make_layout(self.network, pattern.ndim, len(pattern))
        goal = make_goal(self.loss, data.labels, self.amplitude)
        whole = Risk.of(self.network, self.loss, data, dtype=context.dtype, device=context.device)
        courses: dict[str, Course] = {}
        courses["supervised"] = yield from within(self._supervised(context, data, whole, goal), 0.01, 0.3)
        yield self._curve(courses)
        course = Course()
        tables = fit(self.network, layout, goal, pattern, self.steps, "eq12", context)
        trained = yield from within(_watched(tables, course, pattern * self.amplitude), 0.3, 0.67)
        courses["tables"] = course
        yield self._curve(courses)
        planted = in_dtype(fold(trained, data.inputs, data.outputs, goal), context.dtype, context.device)
        outputs = separable(self.network, planted.origin, planted.directions, context.dtype)(
            grid_axes(len(pattern), pattern.ndim)
        )
        values = risk(self.loss, data.labels)(outputs).numpy()
        yield replace(section_of(values, pattern, self.amplitude), title="Section, eq. 12 in tables")
        yield self._checkpoint(data, planted)
        for k, name in enumerate(("eq12", "direct")):
            fitting = self._pattern_route(context, data, goal, pattern, name)
            courses[name] = yield from within(fitting, 0.67 + 0.15 * k, 0.82 + 0.15 * k)
            yield self._curve(courses)
        chosen = sample(values.shape, POINTS, context.generator("brute force"))
        checking = brute_force(whole, planted.origin, planted.directions, unit_axes(values.shape), values, chosen)
        compared = yield from within(checking, 0.97, 1.0)
        return self._report(data, courses, compared, context)

    def _supervised(self, context: Context, data: Data, whole: Risk, goal: Goal) -> Step[Course]:
        params = self._start(context, data)

        def look(_: int) -> float:
            with torch.no_grad():
                losses = [
                    whole.loss(forward(self.network, params, x), y).double().sum()
                    for x, y in zip(whole.x.split(4096), whole.target.split(4096))
                ]
            return float(torch.stack(losses).sum()) / len(data) / goal.implicit.minimum

        budget = self._budget()
        return (
            yield from train(
                params, on_data(whole, params, budget.batch), budget, context.generator("batches"), look,
                "supervised training",
            )
        )  # fmt: skip

    def _pattern_route(self, context: Context, data: Data, goal: Goal, pattern: Array, name: str) -> Step[Course]:
        params = {key: value for key, value in self._start(context, data).items() if not key.startswith("0.")}
        axes = torch.meshgrid(*grid_axes(len(pattern), pattern.ndim), indexing="ij")
        points = torch.stack(axes, -1).reshape(-1, pattern.ndim).to(context.dtype).to(context.device)
        target = torch.tensor(pattern.ravel(), dtype=context.dtype, device=context.device)
        upper = Upper(self.network, params, points, target, goal, risk(self.loss, data.labels))
        shown: list[Section] = []

        def look(_: int) -> float:
            values = upper.losses().reshape(pattern.shape)
            section = section_of(values, pattern, self.amplitude)
            shown.append(replace(section, name=f"section_{name}", title=f"Section, {ROUTES[name]}"))
            return relative(values, self.amplitude * pattern)

        budget = self._budget()
        objective = upper.eq12(budget.batch) if name == "eq12" else upper.direct(budget.batch)
        training = train(params, objective, budget, context.generator("batches"), look, ROUTES[name])
        while True:
            try:
                event = next(training)
            except StopIteration as stop:
                course: Course = stop.value
                return course
            while shown:
                yield shown.pop()
            yield event

    def _start(self, context: Context, data: Data) -> dict[str, torch.Tensor]:
        module = self.network.build(
            data.inputs, data.outputs, dtype=context.dtype, generator=context.generator("init")
        ).to(context.device)
        return of(module)

    def _budget(self) -> Budget:
        return Budget(self.steps, self.batch_size, self.learning_rate)

    # --- what is shown ---------------------------------------------------------------------------------------------------

    def _curve(self, courses: dict[str, Course]) -> Curve:
        series = tuple(
            Series(
                ROUTES[name], np.array(course.steps, dtype=float), np.maximum(np.array(course.errors), 1e-16),
                "dashed" if name == "tables" else "line",
            )
            for name, course in _in_order(courses)
        )  # fmt: skip
        return Curve(
            "comparison", "Relative error in the course of training, same network", "step", "relative error", series,
            log_y=True, levels=(Level(self.solved, "solved"),),
        )  # fmt: skip

    def _checkpoint(self, data: Data, planted: Planted) -> Checkpoint:
        network = {**self.network.model_dump(mode="json"), "inputs": data.inputs, "outputs": data.outputs}
        zeros = {name: torch.zeros_like(value) for name, value in planted.origin.items()}
        directions = tuple(to_numpy({**zeros, **direction}) for direction in planted.directions)
        return Checkpoint("checkpoint", network, to_numpy(planted.origin), directions, title="θ₀ and its directions")

    # --- what is claimed -------------------------------------------------------------------------------------------------

    def _report(self, data: Data, courses: dict[str, Course], compared: Comparison, context: Context) -> Report:
        bound, words = TOLERANCE[context.dtype]
        statements = {
            "supervised": "Ordinary supervised training solves its task within the budget",
            "eq12": "Observation 2: eq. 12 from z bias units is no harder, the same budget finds the pattern",
            "direct": "Direct fitting from z bias units is no harder either",
            "tables": "Eq. 12 is no harder when the weights that read h are trained as tables",
        }
        claims = [self._solved(statements[name], course) for name, course in _in_order(courses)]
        if claims[0].verdict is Verdict.FAILS:
            claims = [_not_compared(claim) for claim in claims]
        claims.append(
            at_most("The whole network on all data gives these losses", compared.largest_scaled, bound,
                    expected=f"≤ {words} max(1, L)", reason="The network trained in tables, every sample, at random grid points.",
                    evidence=(("points", len(compared.points)), ("samples", len(data)),
                              ("largest difference", compared.largest)))
        )  # fmt: skip
        numbers: dict[str, Number | str] = {
            "steps": self.steps, "network_parameters": self.network.size(data.inputs, data.outputs),
            "brute_force_max_abs_diff": compared.largest,
        }  # fmt: skip
        for name, course in _in_order(courses):
            numbers[f"{name}_relative_error"] = course.errors[-1]
            if (reached := course.reached(self.solved)) is not None:
                numbers[f"{name}_steps_to_solved"] = reached
        means = (
            "Observation 2 says that finding the pattern is supervised learning and so no harder than it. Measured: "
            f"supervised training {self._course_words(courses['supervised'])}; eq. 12 {self._course_words(courses['eq12'])}; "
            f"direct fitting {self._course_words(courses['direct'])}; eq. 12 in tables {self._course_words(courses['tables'])}."
        )
        return Report(
            tuple(claims), numbers, means,
            "It does not mean that the observation is wrong where a curve stays high: it names the kind of the problem, and the "
            "same network with better conditioned features shows that the pattern is within its reach.",
        )  # fmt: skip

    def _solved(self, statement: str, course: Course) -> Claim:
        reached = course.reached(self.solved)
        return at_most(
            statement, course.errors[-1], self.solved, expected=f"relative error ≤ {self.solved:g}",
            reason=f"Relative error after {self.steps} steps.",
            evidence=(("steps to get there", "not reached" if reached is None else reached),
                      ("relative error at the start", course.errors[0])),
        )  # fmt: skip

    def _course_words(self, course: Course) -> str:
        reached = course.reached(self.solved)
        if reached is None:
            return f"ended at relative error {course.errors[-1]:.2g} after {self.steps} steps"
        return f"was below {self.solved:g} from step {reached} on"


def _not_compared(claim: Claim) -> Claim:
    """Return the claim undecided where it fails: a budget that supervised training does not do with compares nothing."""
    if claim.verdict is not Verdict.FAILS:
        return claim
    reason = "Supervised training did not solve its task within this budget: more steps would decide."
    return replace(claim, verdict=Verdict.UNDECIDED, reason=reason)


def _in_order(courses: dict[str, Course]) -> list[tuple[str, Course]]:
    """Return the courses in the order of `ROUTES`, in whatever order they were run."""
    return [(name, courses[name]) for name in ROUTES if name in courses]


def _watched(job: Step[Tables], course: Course, wanted: Array) -> Step[Tables]:
    """Run a training in tables: its sections give the course and are shown, its own curves are not."""
    step = 0
    while True:
        try:
            event = next(job)
        except StopIteration as stop:
            found: Tables = stop.value
            return found
        if isinstance(event, Progress):
            step += 1
            yield event
        elif isinstance(event, Section):
            course.steps.append(step)
            course.errors.append(relative(event.values, wanted))
            yield replace(event, title=f"Section, {ROUTES['tables']}")
