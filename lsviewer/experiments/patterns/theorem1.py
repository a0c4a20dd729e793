"""Theorem 1 of Czarnecki et al. 2019 as an experiment: a pattern planted in closed form, or found by training."""

import math
from collections.abc import Hashable
from typing import ClassVar, Literal, Self

import numpy as np
import torch
from pydantic import Field
from pydantic.config import JsonDict

from lsviewer.core.arrays import Array
from lsviewer.core.claims import Number, Report
from lsviewer.core.experiment import Experiment
from lsviewer.core.jobs import Job, Progress, Step, within
from lsviewer.core.pattern import DEFAULT_CUBE, DEFAULT_GRID, BuiltinPattern, PatternSource
from lsviewer.core.spec import SpecError
from lsviewer.engine.activations import Relu
from lsviewer.engine.cnn import Cnn
from lsviewer.engine.context import Context
from lsviewer.engine.data import Data
from lsviewer.engine.datasets import Dataset, MnistSmall
from lsviewer.engine.losses import CrossEntropy, Loss
from lsviewer.engine.networks import Mlp, Network
from lsviewer.experiments.patterns import blocks
from lsviewer.experiments.patterns.carrier import Aligned, Directions
from lsviewer.experiments.patterns.channels import by_channel, lift, refuse_unliftable, spoken
from lsviewer.experiments.patterns.construction import (
    STAGES,
    Plan,
    Planted,
    digits_of,
    finest_grid,
    make_plan,
    plant,
    rounded,
)
from lsviewer.experiments.patterns.fitting import expected_of, fit
from lsviewer.experiments.patterns.found import Expected, Found, checkpoint_of, rounding_level, section_of
from lsviewer.experiments.patterns.goal import BEND, Goal, make_goal, risk
from lsviewer.experiments.patterns.kernels_fit import VARIANT, refuse_untrainable, train_kernels, training_notes
from lsviewer.experiments.patterns.map_tables import make_map_layout
from lsviewer.experiments.patterns.placement import Placement, place
from lsviewer.experiments.patterns.planter import Planter, in_dtype
from lsviewer.experiments.patterns.report import check
from lsviewer.experiments.patterns.separable import grid_axes
from lsviewer.experiments.patterns.slices import MAX_CUBE, refuse_large
from lsviewer.experiments.patterns.tables import fold, make_layout
from lsviewer.experiments.patterns.wiring import Part, diagram_of

MAX_GRID = 512
METHOD: JsonDict = {"only_when": {"method": "train"}}


class Theorem1(Experiment):
    """Every low-dimensional pattern can be found in the loss surface of a sufficiently large deep network, on every data set.

    Conditions: the network has a first layer with at least as many units as the pattern has axes; what lies above it
    is a universal approximator; and the loss, averaged over the labels, reaches every value of the pattern up to a
    constant and is locally Lipschitz there.

    The weights into one hidden layer, the first unless you choose another, are set to zero, so the output ignores the
    input, and the coordinates of the section move biases of that layer only. The rest of the network is either written
    down in closed form (Construct) or found by gradient descent (Train, Observation 2).

    In a convolutional network the first kernels are zero and a unit is a channel: a constant map moved by its bias.

    Shown: the loss on the section next to the pattern, its error, and a check of random grid points with the
    whole network on all data.
    """

    title: ClassVar[str] = "Theorem 1"
    paper: ClassVar[str] = "Czarnecki et al. 2019"
    place: ClassVar[str] = "section 2"
    formula: ClassVar[str] = (
        r"\min_{a\in\mathbb{R}}\int_{[0,1]^z}\left\|\mathcal{T}(h)-L(\theta^*_\epsilon(h))+a\right\|^2 dh < \epsilon"
    )
    short_formula: ClassVar[str] = r"L\left(\theta_0 + \sum_i \alpha_i \theta_i\right) \approx \mathcal{T}(\alpha) + a"
    caveats: ClassVar[tuple[str, ...]] = (
        "The outputs ignore the data on the whole section; Theorem 2 is the statement that keeps a solution inside it.",
        "Eq. 10 prints 1/i as the entry of direction i; any non-zero entry does. Here α in [0, 1] moves a bias by "
        "G − 1, so that grid points fall on integers.",
        "The paper lets a direction move one unit; here each moves the biases of G units, or of as many as you choose, alone "
        "or mixed with the other's, which it allows (“arbitrary combinations of units”).",
        "Mixed directions cost one layer more, which takes them apart, and digits: a coordinate is then rounded at its size.",
        "σ has slope 0 at its minimum, where its inverse is not Lipschitz: the constant a keeps the pattern above it.",
        "The statement is about existence; it does not say that ordinary training passes such a place.",
    )
    uses_pattern: ClassVar[bool] = True

    kind: Literal["theorem1"] = "theorem1"
    dataset: Dataset = Field(MnistSmall(), title="Data")
    network: Network = Field(
        Mlp(hidden=(256, 256, 288, 64)), title="Network",
        description="In a cnn the first kernels are 0 and channels are the units; training moves every other kernel.",
        json_schema_extra={"starts": {"cnn": {"channels": [256, 256, 256], "stride": 3}}},
    )  # fmt: skip
    loss: Loss = Field(CrossEntropy(), title="Loss")
    pattern: PatternSource = Field(BuiltinPattern(name="cat"), title="Pattern")
    grid: int | None = Field(
        None, ge=2, le=MAX_GRID, title="Grid", description="Points per axis; empty takes the pattern's own.",
        json_schema_extra={"unit": "points"},
    )  # fmt: skip
    amplitude: float = Field(
        1.0, ge=0.01, le=100.0, title="Amplitude", description="Height of the pattern in loss units.",
        json_schema_extra={"log": True},
    )  # fmt: skip
    method: Literal["construct", "train"] = Field(
        "construct", title="Method", description="construct: closed form, exact on the grid; train: gradient descent."
    )
    directions: Directions = Field(
        Aligned(), title="Directions",
        description="aligned: each moves units of its own; rotated, random: orthogonal and not along the axes.",
    )  # fmt: skip
    steps: int = Field(
        1000, ge=10, le=20_000, title="Steps", description="Optimiser steps; the schedule is in steps.",
        json_schema_extra=METHOD,
    )  # fmt: skip
    objective: Literal["direct", "eq12"] = Field(
        "direct", title="Objective", json_schema_extra=METHOD,
        description="direct: error of the loss itself; eq12: regression on the inverse of σ, as in eq. 12.",
    )  # fmt: skip

    @property
    def verb(self) -> str:
        return "Plant" if self.method == "construct" else f"Train {self.steps} steps"

    @property
    def rest_s(self) -> float | None:
        return None if isinstance(self.network, Cnn) else super().rest_s  # its brute force takes ten seconds and more

    def notes(self) -> tuple[str, ...]:
        """Return what these settings lead to: the form of the construction, and how much room the widths leave."""
        return tuple(spoken(self.network, note) for note in self._notes())

    def _notes(self) -> tuple[str, ...]:
        if self.method == "train":
            return self._training_notes()
        if not isinstance(self.network.activation, Relu):
            return ("The closed form is made of relu units: choose relu, or train.",)
        z = self.pattern.axes or 2
        try:
            placement = self._placement(z, Context(seed=self.seed))
        except SpecError as error:
            return (_sentence(str(error)),)
        base, below = placement.base, placement.skipped
        finest = min(finest_grid(base, z), MAX_CUBE if z == 3 else MAX_GRID)
        words = f"a pattern with {('one axis', 'two axes', 'three axes')[z - 1]}"
        if not finest:
            return (f"Too narrow or too shallow for {words}.",)
        grid = self.grid or (DEFAULT_CUBE if z == 3 else None)
        if grid is None:
            size = " × ".join([str(finest)] * z)
            return (f"{words.replace('a pattern', 'Patterns')} fit up to {size} points.", *placement.notes())
        try:
            plan = make_plan(base, z, grid, below)
        except SpecError as error:
            wider = "-".join(str(units) for units in Plan(z, grid, "accurate", 0, len(STAGES[z, "accurate"])).needs())
            return (_sentence(str(error)), *([f"Widths that fit: {wider}."] if z == 3 and not below else []))
        needs = plan.needs()
        layer = max(range(plan.depth), key=lambda k: (needs[k] / base.hidden[k], needs[k]))
        form = {"accurate": "The accurate form", "folded": "The folded form, one layer less"}[plan.variant]
        return (
            f"{form}; needs {needs[layer]} units in layer {below + layer + 1} at this grid, "
            f"{base.hidden[layer]} are there.",
            *placement.notes(),
        )

    def with_room(self, axes: int, grid: int) -> Self:
        """Return the experiment with the usual widths, or with those a volume needs, where its own are too narrow to plant it."""
        network = self.network
        if self.method == "train" or not isinstance(network, Mlp) or not isinstance(network.activation, Relu):
            return self
        widths = [type(self).model_fields["network"].default.hidden]
        if axes == 3 and grid <= MAX_CUBE:
            widths.append(Plan(axes, grid, "accurate", 0, len(STAGES[axes, "accurate"])).needs())
        wider = [self.replace(network=network.replace(hidden=tuple(hidden))) for hidden in widths]
        return next((found for found in (self, *wider) if found._has_room(axes, grid)), self)

    def _has_room(self, axes: int, grid: int) -> bool:
        try:
            placement = self._placement(axes, Context(seed=self.seed))
            make_plan(placement.base, axes, grid, placement.skipped)
        except SpecError:
            return False
        return True

    def _training_notes(self) -> tuple[str, ...]:
        try:
            z = self.pattern.axes or 2
            grid = self.grid or (DEFAULT_CUBE if z == 3 else DEFAULT_GRID)
            if isinstance(self.network, Cnn):
                return training_notes(self.network, self.directions, z, grid)
            placement = self._placement(z, Context(seed=self.seed))
            layout = make_layout(placement.base, z, grid, placement.skipped)
        except SpecError as error:
            return (_sentence(str(error)),)
        axes = ("its one axis", "each of two axes", "each of three axes")[z - 1]
        return (
            f"Layer {placement.skipped + 1} holds {layout.knots} knots on {axes}, {layout.tables} units read them as tables.",
            *placement.notes(),
        )

    # --- jobs ------------------------------------------------------------------------------------------------------------

    def run(self, context: Context) -> Job:
        """Return the job: artifacts section, checkpoint and network, with method train also loss and psnr."""
        yield Progress(0.0, "reading the data")
        data = self._data(context)
        network = self.network.for_inputs(data.image, data.inputs, data.name)
        return (yield from (self if network is self.network else self.replace(network=network))._run(context, data))

    def _run(self, context: Context, data: Data) -> Job:
        pattern = self._pattern(context)
        if float(np.ptp(pattern)) == 0.0:
            raise SpecError(
                f"field 'pattern' is constant, {float(pattern.flat[0]):g} everywhere: there is nothing to find; "
                "draw something first"
            )
        goal = make_goal(self.loss, data.labels, self.amplitude)
        extra: dict[str, Number | str] = {}
        if self.method == "train":
            found = yield from within(self._train(context, data, goal, pattern), 0.01, 0.85)
            extra = {"steps": self.steps, "objective": self.objective}
        else:
            found = self.planted(context, data, goal, pattern)
        values = found.losses(grid_axes(pattern.shape[0], pattern.ndim), risk(self.loss, data.labels))
        yield section_of(values, pattern, self.amplitude)
        yield (checkpoint := checkpoint_of(found))
        yield diagram_of(checkpoint, self._parts(context, data, pattern), data, self.loss.label)
        return (yield from within(check(found, values, context, extra), 0.85 if extra else 0.1, 1.0))

    def preview(self, context: Context) -> Job | None:
        """Return the job that plants the pattern in closed form and shows it; None where there is no closed form."""
        return self._preview(context) if isinstance(self.network.activation, Relu) else None

    def _preview(self, context: Context) -> Job:
        data = self._data(context)
        self.network.for_inputs(data.image, data.inputs, data.name)
        pattern = self._pattern(context)
        try:
            planter = context.cached(
                ("theorem1 planter", self._setting(context), pattern.shape),
                lambda: self._planter(context, data, pattern),
            )
        except SpecError:
            if self.method == "construct":
                raise
            return Report()  # what can be trained need not fit the closed form
        yield section_of(planter.show(pattern), pattern, self.amplitude)
        return Report()

    def _train(self, context: Context, data: Data, goal: Goal, pattern: Array) -> Step[Found]:
        if isinstance(self.network, Cnn):
            refuse_untrainable(self.directions)
            trained, expected = yield from train_kernels(
                self.network, data, goal, pattern, self.steps, self.objective, context
            )
            return self._at(context, data, goal, pattern, trained, VARIANT, expected)
        placement = self._placement(pattern.ndim, context)
        layout = make_layout(placement.base, pattern.ndim, pattern.shape[0], placement.skipped)
        expected = expected_of(layout, pattern.shape[0], self.steps)
        level = None if expected.undecided else expected.grid_db
        tables = yield from fit(placement.base, layout, goal, pattern, self.steps, self.objective, context, level)
        folded = fold(tables, 1, data.outputs, goal)
        return self._found(context, data, goal, pattern, placement, folded, layout.variant, expected)

    def _found(
        self, context: Context, data: Data, goal: Goal, pattern: Array, placement: Placement, base: Planted, variant: str,
        expected: Expected,
    ) -> Found:  # fmt: skip
        """Return the whole network around the one planted or trained, in the dtype and on the device of the run."""
        whole = lift(self.network, placement.on_whole(base, data.inputs, data.outputs))
        return self._at(context, data, goal, pattern, whole, variant, expected, placement.mixed_units())

    def _at(
        self, context: Context, data: Data, goal: Goal, pattern: Array, whole: Planted, variant: str, expected: Expected,
        places: tuple[int, ...] = (),
    ) -> Found:  # fmt: skip
        whole = in_dtype(whole, context.dtype, context.device)
        return Found(
            self.network, whole.origin, whole.directions, data, self.loss, goal, pattern, variant, expected,
            self.directions, places,
        )  # fmt: skip

    def _parts(self, context: Context, data: Data, pattern: Array) -> list[Part]:
        """Return what the units compute, in the words of the diagram."""
        placement = self._placement(pattern.ndim, context)
        if self.method == "train" and isinstance(self.network, Cnn):
            return blocks.of_tables(make_map_layout(self.network, pattern.ndim, pattern.shape[0]), data.outputs)
        base, shape = placement.base, (pattern.ndim, pattern.shape[0], placement.skipped)
        if self.method == "train":
            return blocks.placed(blocks.of_tables(make_layout(base, *shape), data.outputs), placement)
        return blocks.placed(blocks.of_plan(make_plan(base, *shape), data.outputs), placement)

    def _planter(self, context: Context, data: Data, pattern: Array) -> Planter:
        placement, plan = self._plan(context, pattern)
        goal = make_goal(self.loss, data.labels, self.amplitude)
        mean = risk(self.loss, data.labels)
        return Planter(plan, placement.base, 1, data.outputs, goal, mean, context.dtype, context.device, placement)

    def _setting(self, context: Context) -> Hashable:
        """Return all that a planter depends on but the pattern."""
        chosen = (self.dataset, self.network, self.loss, self.amplitude, self.directions, self.seed)
        return (*(str(part) for part in chosen), context.files.folder, context.dtype, context.device)

    def _placement(self, z: int, context: Context) -> Placement:
        """Return where the pattern goes; in a cnn, among the units that its channels are."""
        refuse_unliftable(self.network, self.directions)
        return place(self.directions, by_channel(self.network), z, context)

    def _plan(self, context: Context, pattern: Array) -> tuple[Placement, Plan]:
        try:
            placement = self._placement(pattern.ndim, context)
            return placement, make_plan(placement.base, pattern.ndim, pattern.shape[0], placement.skipped)
        except SpecError as error:
            raise SpecError(spoken(self.network, str(error))) from None

    # --- parts -----------------------------------------------------------------------------------------------------------

    def _data(self, context: Context) -> Data:
        key = ("data", self.dataset.model_dump_json(), context.files.folder)
        return context.cached(key, lambda: self.dataset.load(context.files))

    def _pattern(self, context: Context) -> Array:
        if self.grid is not None and self.pattern.axes is not None:
            refuse_large((self.grid,) * self.pattern.axes)  # before it is made
        pattern = self.pattern.values(context.files, self.grid)
        refuse_large(pattern.shape)
        if max(pattern.shape) > MAX_GRID:
            raise SpecError(
                f"the pattern has {max(pattern.shape)} points on an axis; set field 'grid' to at most {MAX_GRID}"
            )
        return pattern

    def planted(self, context: Context, data: Data, goal: Goal, pattern: Array) -> Found:
        """Return the network planted in closed form, in the dtype and on the device of the run."""
        placement, plan = self._plan(context, pattern)
        heights = goal.heights(torch.tensor(pattern, dtype=torch.float64))
        digits = digits_of(context.dtype)
        planted = plant(plan, placement.base, 1, data.outputs, goal, heights, digits)
        expected = _promised(plan, context.dtype, goal, heights, placement.heights_lost(plan, digits))
        return self._found(context, data, goal, pattern, placement, planted, plan.variant, expected)


def _promised(plan: Plan, dtype: torch.dtype, goal: Goal, heights: torch.Tensor, lost: float) -> Expected:
    if plan.variant == "folded":
        lost += float(
            (heights - rounded(heights.reshape(-1, plan.grid), digits_of(dtype)).reshape(heights.shape)).abs().max()
        )
    level = rounding_level(dtype, goal.offset + goal.amplitude, goal.amplitude, lost)
    straight = math.floor(-20.0 * math.log10(max(goal.bend, BEND)))
    return Expected(level, min(level, straight), 1e-3)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."
