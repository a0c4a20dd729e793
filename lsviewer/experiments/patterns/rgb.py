"""A picture in colour in the losses of three heads on one trunk (Czarnecki et al. 2019, Fig. 1), planted or trained."""

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from pydantic.config import JsonDict

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Artifact, Checkpoint, Picture
from lsviewer.core.claims import Report
from lsviewer.core.colour import CHANNELS, ColourSource, GradientColours, to_pixels
from lsviewer.core.experiment import Experiment
from lsviewer.core.jobs import Job, Progress, Step, within
from lsviewer.core.spec import SpecError
from lsviewer.engine.activations import Relu
from lsviewer.engine.context import Context
from lsviewer.engine.data import Data
from lsviewer.engine.datasets import Dataset, Digits
from lsviewer.engine.losses import CrossEntropy, Loss
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import move, to_numpy
from lsviewer.experiments.patterns.construction import Planted, digits_of, plant
from lsviewer.experiments.patterns.fitting import expected_of
from lsviewer.experiments.patterns.found import rounding_level, section_of
from lsviewer.experiments.patterns.goal import Goal, make_goal, risk
from lsviewer.experiments.patterns.heads import merge, part_of, plan_heads
from lsviewer.experiments.patterns.heads_check import brute_force_heads
from lsviewer.experiments.patterns.heads_fit import fit_heads
from lsviewer.experiments.patterns.heads_report import Checks, Painted, Promise, report_of
from lsviewer.experiments.patterns.planter import Planter, in_dtype
from lsviewer.experiments.patterns.separable import grid_axes, middles, separable
from lsviewer.experiments.patterns.setting import MAX_GRID, heights_lost, load_data
from lsviewer.experiments.patterns.tables import fold, make_layout
from lsviewer.experiments.patterns.verification import sample_points

POINTS = 64
METHOD: JsonDict = {"only_when": {"method": "train"}}


class Rgb(Experiment):
    """A picture in colour in the loss surface: one network with three heads, each with the same classification loss, and the
    losses of the three heads over one section are the red, green and blue of the picture.

    The heads share a trunk: its first layers carry the coordinates of the section, as in Theorem 1. Construct writes the
    network down, a bank of units for each head; train fits trunk and heads together, as the paper does.

    Shown: the painting and the picture that the three losses make, the channels one by one with their PSNR, the section of every
    head, and a check of random grid points with the whole network on all data.
    """

    title: ClassVar[str] = "Figure 1: a picture in colour"
    paper: ClassVar[str] = "Czarnecki et al. 2019"
    place: ClassVar[str] = "section 1, Fig. 1"
    formula: ClassVar[str] = (
        r"L_c\left(\theta_0 + \alpha_1 \theta_1 + \alpha_2 \theta_2\right) \approx \mathcal{T}_c(\alpha_1, \alpha_2) + a,"
        r" \qquad c \in \{\mathrm{red}, \mathrm{green}, \mathrm{blue}\}"
    )
    short_formula: ClassVar[str] = r"L_c\left(\theta_0 + \sum_i \alpha_i \theta_i\right) \approx \mathcal{T}_c + a"
    caveats: ClassVar[tuple[str, ...]] = (
        "One loss is one number at a point: a colour needs three, so three heads. A single head shows greys.",
        "The paper squashes the losses through a sigmoid for its figure; here the constant is taken off and the amplitude "
        "divided out, nothing else.",
        "Planted, the heads share the layers that carry the coordinates and no more; trained, they share all hidden layers.",
    )

    uses_pattern: ClassVar[bool] = True
    pattern_field: ClassVar[str] = "picture"
    in_colour: ClassVar[bool] = True

    kind: Literal["rgb"] = "rgb"
    dataset: Dataset = Field(Digits(), title="Data")
    network: Mlp = Field(
        Mlp(hidden=(256, 256, 768, 192)),
        title="Network",
        description="The outputs are three times those the data needs.",
    )
    loss: Loss = Field(CrossEntropy(), title="Loss")
    picture: ColourSource = Field(
        GradientColours(), title="Picture",
        description="A painting, an image, an array, one pattern a channel, or greys with a gradient.",
    )  # fmt: skip
    grid: int | None = Field(
        128, ge=2, le=MAX_GRID, title="Grid", description="Points per axis; empty takes the picture's own.",
        json_schema_extra={"unit": "points"},
    )  # fmt: skip
    amplitude: float = Field(
        1.0, ge=0.01, le=100.0, title="Amplitude", description="Height of full colour in loss units.",
        json_schema_extra={"log": True},
    )  # fmt: skip
    method: Literal["construct", "train"] = Field(
        "construct", title="Method", description="construct: closed form, exact on the grid; train: gradient descent."
    )
    steps: int = Field(
        500,
        ge=10,
        le=20_000,
        title="Steps",
        description="Optimiser steps of trunk and heads together.",
        json_schema_extra=METHOD,
    )

    @property
    def verb(self) -> str:
        return "Plant" if self.method == "construct" else f"Train {self.steps} steps"

    def notes(self) -> tuple[str, ...]:
        if self.method == "train" or self.grid is None:
            return ()
        try:
            plan, _ = plan_heads(self.network, 2, self.grid, 3)
        except SpecError as error:
            text = str(error)
            return (f"{text[:1].upper()}{text[1:]}.",)
        return ({"accurate": "The accurate form.", "folded": "The folded form, one layer less."}[plan.variant],)

    # --- jobs ------------------------------------------------------------------------------------------------------------

    def run(self, context: Context) -> Job:
        """Return the job: "picture", a section for every head, the checkpoint of the whole network."""
        yield Progress(0.0, "reading the data")
        data = load_data(context, self.dataset)
        colours = self._colours(context)
        if float(np.ptp(colours.reshape(-1, 3), axis=0).max()) == 0.0:
            raise SpecError("field 'picture' is one colour everywhere: there is nothing to find; paint something first")
        goal = make_goal(self.loss, data.labels, self.amplitude)
        if self.method == "train":
            planted, promise = yield from within(self._train(context, data, goal, colours), 0.01, 0.8)
        else:
            planted, promise = self._construct(context, data, goal, colours)
        found = in_dtype(planted, context.dtype, context.device)
        values = self._losses(found, data, grid_axes(len(colours), 2), context.dtype)
        yield from self._shown(values, colours)
        yield self._checkpoint(data, found)
        between = self._losses(found, data, middles(len(colours), 2), context.dtype)
        checks = yield from within(self._check(context, data, found, values), 0.8, 1.0)
        moved = sum(int((v != 0).sum()) for d in found.directions for key, v in d.items() if key != "0.bias")
        size = self.network.size(data.inputs, 3 * data.outputs)
        return report_of(
            Painted(colours, self.amplitude, values, between), promise, checks, context.dtype, moved, data,
            self.network.describe(), size,
        )  # fmt: skip

    def preview(self, context: Context) -> Job | None:
        """Return the job that plants the picture in closed form and shows it; None where there is no closed form."""
        return self._preview(context) if isinstance(self.network.activation, Relu) else None

    def _preview(self, context: Context) -> Job:
        colours = self._colours(context)
        setting = tuple(str(part) for part in (self.dataset, self.network, self.loss, self.amplitude))
        key = ("rgb planters", *setting, context.files.folder, context.dtype, context.device, len(colours))
        try:
            planters = context.cached(key, lambda: self._planters(context, len(colours)))
        except SpecError:
            if self.method == "construct":
                raise
            return Report()  # what can be trained need not fit the closed form
        values = np.stack([planter.show(colours[:, :, c]) for c, planter in enumerate(planters)])
        yield picture_of(values, colours, self.amplitude)
        return Report()

    def _planters(self, context: Context, grid: int) -> tuple[Planter, ...]:
        """Return one planter a head: its share of the network, which is not joined to the others' above the trunk."""
        data = load_data(context, self.dataset)
        plan, shared = plan_heads(self.network, 2, grid, 3)
        part = part_of(self.network, shared, 3, plan.needs())
        goal, mean = make_goal(self.loss, data.labels, self.amplitude), risk(self.loss, data.labels)
        return tuple(
            Planter(plan, part, data.inputs, data.outputs, goal, mean, context.dtype, context.device) for _ in CHANNELS
        )

    def _colours(self, context: Context) -> Array:
        colours = self.picture.values(context.files, self.grid)
        if len(colours) > MAX_GRID:
            raise SpecError(
                f"field 'picture' has {len(colours)} points on an axis; set field 'grid' to at most {MAX_GRID}"
            )
        return colours

    def _construct(self, context: Context, data: Data, goal: Goal, colours: Array) -> tuple[Planted, Promise]:
        plan, shared = plan_heads(self.network, 2, len(colours), 3)
        part = part_of(self.network, shared, 3, plan.needs())
        parts, lost = [], 0.0
        for channel in np.moveaxis(colours, -1, 0):
            heights = goal.heights(torch.tensor(channel, dtype=torch.float64))
            parts.append(plant(plan, part, data.inputs, data.outputs, goal, heights, digits_of(context.dtype)))
            lost = max(lost, heights_lost(plan, heights, context.dtype))
        level = rounding_level(context.dtype, goal.offset + self.amplitude, self.amplitude, lost)
        return merge(self.network, data.inputs, data.outputs, tuple(parts), shared), Promise(level, "", plan.variant)

    def _train(self, context: Context, data: Data, goal: Goal, colours: Array) -> Step[tuple[Planted, Promise]]:
        layout = make_layout(self.network, 2, len(colours))
        expected = expected_of(layout, len(colours), self.steps)
        tables = yield from fit_heads(
            self.network, layout, goal, np.moveaxis(colours, -1, 0), CHANNELS, self.steps,
            lambda values: self._shown(values, colours), None if expected.undecided else expected.grid_db, context,
        )  # fmt: skip
        parts = tuple(fold(each, data.inputs, data.outputs, goal) for each in tables)
        merged = merge(self.network, data.inputs, data.outputs, parts, len(self.network.hidden))
        return merged, Promise(expected.grid_db, expected.undecided, layout.variant)

    def _shown(self, values: Array, colours: Array) -> Iterator[Artifact]:
        """Yield the picture that losses (3, G, G) make, and the section of every head."""
        yield picture_of(values, colours, self.amplitude)
        for c, name in enumerate(CHANNELS):
            section = section_of(values[c], colours[:, :, c], self.amplitude)
            yield replace(section, name=f"section_{name}", title=f"Loss of the {name} head")

    def _losses(self, found: Planted, data: Data, axes: tuple[torch.Tensor, ...], dtype: torch.dtype) -> Array:
        """Return the mean loss of every head at the points of the axes, float64 (3, G, G)."""
        mean = risk(self.loss, data.labels)
        outputs = separable(self.network, found.origin, found.directions, dtype)(axes)
        return np.stack([mean(part.contiguous()).numpy() for part in outputs.split(data.outputs, -1)])

    def _check(self, context: Context, data: Data, found: Planted, values: Array) -> Step[Checks]:
        points = sample_points(values[0].shape, POINTS, context.generator("brute force"))
        stored = np.stack([each[tuple(points.T)] for each in values], 1)
        job = brute_force_heads(self.network, found, self.loss, data, points, values[0].shape, stored)
        same = yield from within(job, 0.0, 0.5)
        wide = Planted(
            move(found.origin, dtype=torch.float64, device="cpu"),
            tuple(move(direction, dtype=torch.float64, device="cpu") for direction in found.directions),
        )
        exact = self._losses(wide, data, grid_axes(values[0].shape[0], 2), torch.float64)
        stored = np.stack([each[tuple(points.T)] for each in exact], 1)
        job = brute_force_heads(self.network, wide, self.loss, data, points, values[0].shape, stored)
        double = yield from within(job, 0.5, 1.0)
        return Checks(same, double)

    def _checkpoint(self, data: Data, found: Planted) -> Checkpoint:
        network = {
            **self.network.model_dump(mode="json"), "inputs": data.inputs, "outputs": 3 * data.outputs,
            "heads": list(CHANNELS),
        }  # fmt: skip
        zeros = {key: torch.zeros_like(value) for key, value in found.origin.items()}
        directions = tuple(to_numpy({**zeros, **direction}) for direction in found.directions)
        return Checkpoint(
            "checkpoint", network, to_numpy(found.origin), directions, title="The trunk and its three heads"
        )


def picture_of(values: Array, colours: Array, amplitude: float) -> Picture:
    """Return the picture that the losses (3, G, G) of the heads make, each less its best constant, in amplitudes."""
    found = np.moveaxis(values, 0, -1) / amplitude
    offset = (found - colours).mean((0, 1))
    return Picture("picture", "Three losses as colour", to_pixels(found - offset), to_pixels(colours))
