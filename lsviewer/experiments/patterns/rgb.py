"""A picture in colour in the losses of three heads on one trunk (Czarnecki et al. 2019, Fig. 1), planted or trained.

Tolerances. *Grid*: as in Theorem 1, the rounding of losses of that size, and of heights in the folded form, turned into
dB. *Brute force*: two evaluations of one network in another order differ by the rounding of sums over some hundred units:
1e-4 in float32 and 1e-10 in float64 for losses up to 10, in proportion beyond.
"""

import math
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from pydantic.config import JsonDict

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Checkpoint, Curve, Picture, Section
from lsviewer.core.claims import Claim, Number, Report, Verdict, at_least, at_most
from lsviewer.core.colour import CHANNELS, ColourSource, GradientColours, to_pixels
from lsviewer.core.experiment import Experiment
from lsviewer.core.jobs import Job, Progress, Step, within
from lsviewer.core.spec import SpecError
from lsviewer.engine.context import Context
from lsviewer.engine.data import Data
from lsviewer.engine.datasets import Dataset, Digits
from lsviewer.engine.losses import CrossEntropy, Loss
from lsviewer.engine.networks import Mlp, Network
from lsviewer.engine.params import move, to_numpy
from lsviewer.experiments.patterns.construction import Planted, digits_of, plant
from lsviewer.experiments.patterns.fitting import expected_of, fit
from lsviewer.experiments.patterns.found import rounding_level, section_of
from lsviewer.experiments.patterns.goal import Goal, make_goal, risk
from lsviewer.experiments.patterns.heads import head_of, merge, part_of, plan_heads
from lsviewer.experiments.patterns.heads_check import Compared, brute_force_heads
from lsviewer.experiments.patterns.measures import cell_means, fit_of, psnr
from lsviewer.experiments.patterns.planter import in_dtype
from lsviewer.experiments.patterns.separable import grid_axes, middles, separable
from lsviewer.experiments.patterns.setting import MAX_GRID, heights_lost, load_data
from lsviewer.experiments.patterns.tables import fold, make_layout
from lsviewer.experiments.patterns.verification import sample_points

POINTS = 64
METHOD: JsonDict = {"only_when": {"method": "train"}}


class Rgb(Experiment):
    """A picture in colour in the loss surface: one network with three heads, each with the same classification loss, and the
    losses of the three heads over one section are the red, green and blue of the picture.

    The heads share a trunk: its first layers carry the coordinates of the section, as in Theorem 1, and each head reads a
    bank of units of its own. Construct writes it down; train fits the three banks one after the other.

    Shown: the picture as the three losses give it and the one asked for, the section of every head, PSNR per channel, and a
    check of random grid points with the whole network on all data.
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
        "Trained, each head's bank is fitted for itself; the paper trains the heads jointly.",
    )

    kind: Literal["rgb"] = "rgb"
    dataset: Dataset = Field(Digits(), title="Data")
    network: Network = Field(
        Mlp(hidden=(256, 256, 768, 192)),
        title="Network",
        description="The outputs are three times those the data needs.",
    )
    loss: Loss = Field(CrossEntropy(), title="Loss")
    picture: ColourSource = Field(
        GradientColours(), title="Picture", description="An image, one pattern a channel, or greys with a gradient."
    )
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
        500, ge=10, le=20_000, title="Steps", description="Optimiser steps of every head.", json_schema_extra=METHOD
    )

    @property
    def verb(self) -> str:
        return "Plant" if self.method == "construct" else f"Train 3 heads, {self.steps} steps each"

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
        """Return the job: pictures "picture" and "target", a section and a checkpoint for every head."""
        yield Progress(0.0, "reading the data")
        data = load_data(context, self.dataset)
        colours = self._colours(context)
        goal = make_goal(self.loss, data.labels, self.amplitude)
        if self.method == "train":
            planted, level = yield from within(self._train(context, data, goal, colours), 0.01, 0.8)
        else:
            planted, level = self._construct(context, data, goal, colours)
        found = in_dtype(planted, context.dtype, context.device)
        axes = grid_axes(colours.shape[1], 2)
        values = self._losses(found, data, axes, context.dtype)
        sections = [_section(values[c], colours[c], self.amplitude, name) for c, name in enumerate(CHANNELS)]
        yield _picture(sections, self.amplitude)
        yield Picture("target", "Asked for", to_pixels(colours))
        yield from sections
        for c, name in enumerate(CHANNELS):
            yield self._checkpoint(data, found, c, name)
        between = self._losses(found, data, middles(colours.shape[1], 2), context.dtype)
        compared = yield from within(self._check(context, data, found, values), 0.8, 1.0)
        return self._report(data, found, colours, values, between, compared, level, context)

    def _colours(self, context: Context) -> Array:
        colours = self.picture.values(context.files, self.grid)
        if colours.shape[1] > MAX_GRID:
            raise SpecError(
                f"field 'picture' has {colours.shape[1]} points on an axis; set field 'grid' to at most {MAX_GRID}"
            )
        if float(np.ptp(colours.reshape(3, -1), axis=1).max()) == 0.0:
            raise SpecError("field 'picture' is one colour everywhere: there is nothing to find")
        return colours

    def _construct(self, context: Context, data: Data, goal: Goal, colours: Array) -> "tuple[Planted, Promise]":
        plan, shared = plan_heads(self.network, 2, colours.shape[1], 3)
        part = part_of(self.network, shared, 3, plan.needs())
        parts, lost = [], 0.0
        for channel in colours:
            heights = goal.heights(torch.tensor(channel, dtype=torch.float64))
            parts.append(plant(plan, part, data.inputs, data.outputs, goal, heights, digits_of(context.dtype)))
            lost = max(lost, heights_lost(plan, heights, context.dtype))
        level = rounding_level(context.dtype, goal.offset + self.amplitude, self.amplitude, lost)
        return merge(self.network, data.inputs, data.outputs, tuple(parts), shared), Promise(level, "", plan.variant)

    def _train(self, context: Context, data: Data, goal: Goal, colours: Array) -> "Step[tuple[Planted, Promise]]":
        layout = make_layout(self.network, 2, colours.shape[1])
        shared = 2 if layout.hats else 1
        part = part_of(self.network, shared, 3)
        layout = make_layout(part, 2, colours.shape[1])
        expected = expected_of(layout, colours.shape[1], self.steps)
        parts, curves = [], {}
        shown = [_section(np.zeros_like(c), c, self.amplitude, name) for c, name in zip(colours, CHANNELS)]
        for c, name in enumerate(CHANNELS):
            job = within(fit(part, layout, goal, colours[c], self.steps, "direct", context), c / 3, (c + 1) / 3)
            while True:
                try:
                    event = next(job)
                except StopIteration as stop:
                    parts.append(fold(stop.value, data.inputs, data.outputs, goal))
                    break
                if isinstance(event, Progress):
                    yield replace(event, text=f"{name}: {event.text}")
                elif isinstance(event, Section):
                    shown[c] = _named(event, name)
                    yield _picture(shown[: c + 1] + [_dark(s) for s in shown[c + 1 :]], self.amplitude)
                    yield shown[c]
                elif isinstance(event, Curve) and event.name == "psnr":
                    curves[name] = replace(event.series[0], label=name)
                    yield Curve("psnr", "PSNR on the grid", "step", "dB", tuple(curves.values()))
        merged = merge(self.network, data.inputs, data.outputs, tuple(parts), shared)
        return merged, Promise(expected.grid_db, expected.undecided, layout.variant)

    def _losses(
        self, found: Planted, data: Data, axes: tuple[torch.Tensor, ...], dtype: torch.dtype
    ) -> tuple[Array, ...]:
        """Return the mean loss of every head at the points of the axes, float64."""
        mean = risk(self.loss, data.labels)
        outputs = separable(self.network, found.origin, found.directions, dtype)(axes)
        return tuple(mean(part.contiguous()).numpy() for part in outputs.split(data.outputs, -1))

    def _check(self, context: Context, data: Data, found: Planted, values: tuple[Array, ...]) -> "Step[Checks]":
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

    def _checkpoint(self, data: Data, found: Planted, head: int, name: str) -> Checkpoint:
        network = {**self.network.model_dump(mode="json"), "inputs": data.inputs, "outputs": data.outputs}
        params = head_of(found.origin, head, data.outputs)
        zeros = {key: torch.zeros_like(value) for key, value in params.items()}
        directions = tuple(to_numpy({**zeros, **direction}) for direction in found.directions)
        return Checkpoint(
            f"checkpoint_{name}", network, to_numpy(params), directions, title=f"The trunk and its {name} head"
        )

    # --- what is claimed -------------------------------------------------------------------------------------------------

    def _report(
        self, data: Data, found: Planted, colours: Array, values: tuple[Array, ...], between: tuple[Array, ...],
        compared: "Checks", promise: "Promise", context: Context,
    ) -> Report:  # fmt: skip
        claims: list[Claim] = []
        numbers: dict[str, Number | str] = {}
        for name, channel, losses, middle in zip(CHANNELS, colours, values, between):
            fit_ = fit_of(losses, self.amplitude * channel, self.amplitude)
            halfway = psnr(middle - self.amplitude * cell_means(channel) - fit_.offset, self.amplitude)
            claim = at_least(
                f"The {name} head's loss on the grid is the {name} of the picture plus a constant", fit_.psnr_db, promise.db,
                expected=f"≥ {promise.db:.0f} dB", unit="dB",
                reason="PSNR with the amplitude as peak, the best constant removed (eq. 8).",
                evidence=(("largest error", fit_.max_abs_error), ("constant", fit_.offset), ("points", losses.size),
                          ("PSNR between grid points in dB", halfway)),
            )  # fmt: skip
            if promise.undecided and claim.verdict is Verdict.FAILS:
                claim = replace(claim, verdict=Verdict.UNDECIDED, reason=promise.undecided)
            claims.append(claim)
            numbers |= {f"psnr_{name}_db": fit_.psnr_db, f"midpoint_psnr_{name}_db": halfway}
        scale = max(1.0, max(float(np.abs(each).max()) for each in values) / 10.0)
        single = 1e-4 if context.dtype == torch.float32 else 1e-10
        moved = sum(int((v != 0).sum()) for d in found.directions for key, v in d.items() if key != "0.bias")
        claims += [
            at_most("The whole network on all data gives these losses", compared.same.largest, single * scale,
                    expected=f"≤ {_power(single)} max(1, L/10)", reason="All three heads, every sample, at random grid points.",
                    evidence=_evidence(compared.same, data)),
            at_most("In float64 the same network agrees more closely", compared.double.largest, 1e-10 * scale,
                    expected="≤ 10⁻¹⁰ max(1, L/10)", reason="The same parameters, widened to float64, both ways.",
                    evidence=_evidence(compared.double, data)),
            at_most("The three pictures lie on one section that moves first-layer biases only", moved, 0, expected="= 0",
                    reason="Entries of the two directions outside the first layer's biases that are not 0 (eq. 10).",
                    evidence=(("heads", 3), ("outputs", 3 * data.outputs))),
        ]  # fmt: skip
        worst = min(float(numbers[f"psnr_{name}_db"]) for name in CHANNELS)
        numbers |= {
            "psnr_db": worst, "variant": promise.variant, "grid": colours.shape[1],
            "brute_force_points": len(compared.same.points), "brute_force_max_abs_diff": compared.same.largest,
            "brute_force_float64_max_abs_diff": compared.double.largest,
            "network_parameters": self.network.size(data.inputs, 3 * data.outputs),
        }  # fmt: skip
        means = (
            f"Over one section the losses of three heads of {self.network.describe()}, on {len(data)} samples of {data.name}, "
            f"are the red, green and blue of the picture, each to {worst:.1f} dB or better."
        )
        return Report(
            tuple(claims), numbers, means,
            "It does not mean that the network sees the picture or the data: its outputs ignore the inputs on the whole section.",
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Promise:
    """What a method promises: dB on the grid; ``undecided`` says why it is not judged."""

    db: float
    undecided: str
    variant: str


@dataclass(frozen=True, slots=True, eq=False)
class Checks:
    """Brute force in the dtype of the run and in float64."""

    same: Compared
    double: Compared


def _section(values: Array, channel: Array, amplitude: float, name: str) -> Section:
    return _named(section_of(values, channel, amplitude), name)


def _named(section: Section, name: str) -> Section:
    return replace(section, name=f"section_{name}", title=f"Loss of the {name} head")


def _dark(section: Section) -> Section:
    """Return the same section with nothing found yet: black."""
    assert section.target is not None
    return replace(section, values=np.zeros_like(section.values), offset=0.0)


def _picture(sections: list[Section], amplitude: float) -> Picture:
    channels = np.stack([(section.values - section.offset) / amplitude for section in sections])
    return Picture("picture", "Three losses as colour", to_pixels(channels))


def _evidence(compared: Compared, data: Data) -> tuple[tuple[str, str | Number], ...]:
    return (
        ("points", len(compared.points)),
        ("heads", 3),
        ("samples", len(data)),
        ("worst head", CHANNELS[compared.worst]),
    )


def _power(value: float) -> str:
    return "10⁻" + "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(digit)] for digit in str(round(-math.log10(value))))
