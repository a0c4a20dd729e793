"""The converse of Observation 1: one section that shows one picture on the training data and another on held-out data."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Checkpoint, Curve, Section, Series
from lsviewer.core.claims import Claim, Number, Report, at_least, at_most
from lsviewer.core.experiment import Experiment
from lsviewer.core.jobs import Job, Progress, within
from lsviewer.core.pattern import BuiltinPattern, PatternSource
from lsviewer.core.spec import Spec, SpecError
from lsviewer.engine.activations import Relu
from lsviewer.engine.context import Context
from lsviewer.engine.data import Data, marginal
from lsviewer.engine.datasets import Dataset, Digits, MnistSmall
from lsviewer.engine.losses import CrossEntropy, Labels
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import to_numpy
from lsviewer.experiments.patterns.construction import STAGES, Planted, Variant, digits_of
from lsviewer.experiments.patterns.faces import Faces, make_faces
from lsviewer.experiments.patterns.found import section_of
from lsviewer.experiments.patterns.heights import bank_widths, make_bank
from lsviewer.experiments.patterns.law import ClassLoss, class_losses
from lsviewer.experiments.patterns.measures import Fit, fit_of, psnr
from lsviewer.experiments.patterns.parts import laid, line_points
from lsviewer.experiments.patterns.planter import in_dtype
from lsviewer.experiments.patterns.separable import grid_axes, separable
from lsviewer.experiments.patterns.setting import MAX_GRID, load_data, load_pattern
from lsviewer.experiments.patterns.shares import variation
from lsviewer.experiments.patterns.verification import Sampled, brute_force, sample_points

LEVEL = 80.0  # dB
RANDOM = 44  # points beside the line, 64 in all
VARIANTS: tuple[Variant, ...] = ("accurate", "folded")


class Thinned(Spec):
    """The test part with fewer samples of one class."""

    kind: Literal["thinned"] = "thinned"
    class_index: int = Field(0, ge=0, le=999, title="Class", description="Index of the class, from 0.")
    keep: float = Field(0.2, ge=0.0, le=1.0, title="Keep", description="Share of its test samples that stay.")

    def samples(self, data: Data, context: Context) -> tuple[Tensor, Labels]:
        """Return inputs and labels."""
        x, labels = test_part(data)
        members = (labels.y == self.class_index).nonzero()[:, 0]
        if not len(members):
            raise SpecError(f"field 'held_out.class_index' is {self.class_index}: the test part has no sample of it")
        stay = torch.ones(len(labels.y), dtype=torch.bool)
        stay[members[round(self.keep * len(members)) :]] = False
        if not stay.any():
            raise SpecError("field 'held_out.keep' is 0: no sample is left")
        return x[stay], Labels(labels.y[stay], labels.classes)


class AsItIs(Spec):
    """The test part of the data; its classes must not have the very same shares."""

    kind: Literal["test_part"] = "test_part"

    def samples(self, data: Data, context: Context) -> tuple[Tensor, Labels]:
        """Return inputs and labels."""
        return test_part(data)


class OtherData(Spec):
    """Another data set with the same number of classes."""

    kind: Literal["other_data"] = "other_data"
    dataset: Dataset = Field(Digits(), title="Data")

    def samples(self, data: Data, context: Context) -> tuple[Tensor, Labels]:
        """Return inputs, filled with zeros or cut to the network's size, and labels."""
        other = load_data(context, self.dataset, "held-out data")
        if other.classes != data.classes:
            has = f"has {other.classes} classes" if other.classes else "has float targets, no classes"
            raise SpecError(f"field 'held_out': {other.name} {has}, {data.name} has {data.classes} classes")
        return laid(other.x, data.inputs), other.labels


HeldOut = Annotated[Thinned | AsItIs | OtherData, Field(discriminator="kind", title="Held-out data")]


class TwoFaces(Experiment):
    """One and the same section of parameter space shows picture A in the loss on the training data and picture B in the loss
    on held-out data, whenever the classes have different shares there, p′ ≠ p.

    This is the converse of Observation 1. The two losses differ by −(p′ − p)·logits, so one number of the outputs sets their
    difference, and a second one, along a ray orthogonal to p′ − p, sets the loss on the training data. Two banks of units carry
    these two numbers. With p′ = p it is impossible.

    Shown: the section on both parts, each against its own picture, and a check of random grid points with the whole network
    on all samples of both.
    """

    title: ClassVar[str] = "Two faces"
    paper: ClassVar[str] = "Czarnecki et al. 2019"
    place: ClassVar[str] = "converse of Observation 1"
    formula: ClassVar[str] = (
        r"L_{p}(h) = a + \mathcal{A}(h), \qquad L_{p'}(h) = b + \mathcal{B}(h), \qquad "
        r"q(h) = v_0 + t(h)\,w + s(h)\,r, \quad r \perp p' - p"
    )
    short_formula: ClassVar[str] = r"L_p(h) = a + \mathcal{A}(h), \quad L_{p'}(h) = b + \mathcal{B}(h)"
    caveats: ClassVar[tuple[str, ...]] = (
        "The paper notes that changing P(y) can break the transfer; that it can be bent into any second picture is shown here "
        "and not in the paper.",
        "The outputs, and the constants a and b, grow like the amplitude divided by the total variation of p and p′: nearly "
        "equal shares need large logits, and float32 loses digits.",
        "With cross-entropy three classes are needed; two have one free logit only.",
    )
    uses_pattern: ClassVar[bool] = True

    kind: Literal["two_faces"] = "two_faces"
    dataset: Dataset = Field(MnistSmall(limit=2000), title="Data")
    held_out: HeldOut = Field(Thinned(), title="Held-out data", description="Where picture B is seen.")
    network: Mlp = Field(Mlp(hidden=(256, 256, 512)), title="Network")
    loss: ClassLoss = Field(CrossEntropy(), title="Loss")
    pattern: PatternSource = Field(BuiltinPattern(name="cat"), title="Picture A", description="On the training data.")
    held_out_pattern: PatternSource = Field(
        BuiltinPattern(name="photo"), title="Picture B", description="On the held-out data."
    )
    paint: Literal["picture_A", "picture_B"] = Field(
        "picture_A", title="Paint", description="Which picture the pattern editor shows and changes."
    )
    grid: int | None = Field(
        None, ge=2, le=MAX_GRID, title="Grid", description="Points per axis; empty takes picture A's own.",
        json_schema_extra={"unit": "points"},
    )  # fmt: skip
    amplitude: float = Field(
        1.0, ge=0.01, le=100.0, title="Amplitude", description="Height of both pictures in loss units.",
        json_schema_extra={"log": True},
    )  # fmt: skip

    @property
    def verb(self) -> str:
        return "Plant both"

    @property
    def painted(self) -> str:
        return "pattern" if self.paint == "picture_A" else "held_out_pattern"

    # --- jobs ------------------------------------------------------------------------------------------------------------

    def run(self, context: Context) -> Job:
        """Return the job: the section on both parts, both along a line, a checkpoint."""
        yield Progress(0.0, "reading the data")
        task = self._task(context)
        planted = self._plant(context, task)
        outputs = self._outputs(context, task, planted)
        sections = [self._section(task, outputs, face) for face in (0, 1)]
        yield sections[0]
        yield self._checkpoint(task, planted)
        yield sections[1]
        shape = task.pictures[0].shape
        points = np.concatenate([line_points(shape), sample_points(shape, RANDOM, context.generator("brute force"))])
        found = []
        ends = (0.05, 0.05 + 0.95 * len(task.data) / (len(task.data) + len(task.x)), 1.0)
        for (x, labels), low, high in zip(task.parts, ends, ends[1:]):
            step = brute_force(self.network, planted.origin, planted.directions, self.loss, x, labels, points, shape)
            found.append((yield from within(step, low, high)))
        yield self._curve(task, sections, found, points)
        return self._report(context, task, sections, found, points, outputs)

    def preview(self, context: Context) -> Job | None:
        """Return the job that plants both pictures and shows both sections; None without relu units."""
        return self._preview(context) if isinstance(self.network.activation, Relu) else None

    def _preview(self, context: Context) -> Job:
        task = self._task(context)
        outputs = self._outputs(context, task, self._plant(context, task))
        yield self._section(task, outputs, 0)
        yield self._section(task, outputs, 1)
        return Report()

    # --- what is planted -------------------------------------------------------------------------------------------------

    def _task(self, context: Context) -> "Task":
        data = load_data(context, self.dataset)
        p = marginal(data.labels)
        x, labels = self.held_out.samples(data, context)
        q = marginal(labels)
        first = load_pattern(context, self.pattern, self.grid)
        second = load_pattern(context, self.held_out_pattern, first.shape[0], "held_out_pattern")
        if first.ndim != second.ndim:
            raise SpecError(
                f"field 'held_out_pattern' has {second.ndim} {'axis' if second.ndim == 1 else 'axes'}, "
                f"'pattern' has {first.ndim}: both pictures lie on one section"
            )
        key = ("two faces", self._setting(context))
        faces = context.cached(key, lambda: make_faces(self.loss, p, q, self.amplitude))
        return Task(data, x, labels, p, q, (first, second), faces)

    def _setting(self, context: Context) -> Hashable:
        chosen = (self.dataset, self.held_out, self.loss, self.amplitude)
        return (*(part.model_dump_json() if isinstance(part, Spec) else part for part in chosen), context.files.folder)

    def _plant(self, context: Context, task: "Task") -> Planted:
        first, second = (torch.from_numpy(picture.copy()) for picture in task.pictures)
        t, s = task.faces.coordinates(first, second)
        low, span = float(s.min()), float(s.max() - s.min()) or 1.0
        tables = [(s - low) / span, (t + task.faces.reach) / (2.0 * task.faces.reach)]
        variant = choose_variant(self.network, first.ndim, first.shape[0])
        bank = make_bank(variant, len(self.network.hidden), tables, digits_of(context.dtype))
        shapes = self.network.shapes(task.data.inputs, task.data.outputs)
        origin = {name: torch.zeros(shape, dtype=torch.float64) for name, shape in shapes.items()}
        for k, (weight, bias) in enumerate(bank.layers):
            rows, columns = weight.shape
            origin[f"{2 * k}.weight"][:rows, :columns] = weight
            origin[f"{2 * k}.bias"][:rows] = bias
        last = 2 * len(self.network.hidden)
        rises = torch.stack([span * task.faces.along, 2.0 * task.faces.reach * task.faces.across], 1)
        origin[f"{last}.weight"][:, : bank.read.shape[1]] = rises @ bank.read
        start = task.faces.start + low * task.faces.along - task.faces.reach * task.faces.across
        origin[f"{last}.bias"].copy_(start + rises @ bank.constant)
        directions = []
        for row in bank.steps:
            step = torch.zeros(self.network.hidden[0], dtype=torch.float64)
            step[: len(row)] = row
            directions.append({"0.bias": step})
        return in_dtype(Planted(origin, tuple(directions)), context.dtype, context.device)

    def _outputs(self, context: Context, task: "Task", planted: Planted) -> Tensor:
        axes = grid_axes(task.pictures[0].shape[0], task.pictures[0].ndim)
        return separable(self.network, planted.origin, planted.directions, context.dtype)(axes)

    # --- what is shown ---------------------------------------------------------------------------------------------------

    def _section(self, task: "Task", outputs: Tensor, face: int) -> Section:
        values = (class_losses(self.loss, outputs) @ (task.p, task.q)[face]).numpy()
        section = section_of(values, task.pictures[face], self.amplitude)
        if face == 0:
            return replace(section, title="Loss on the training data: picture A")
        return replace(section, name="section_held_out", title="Loss on the held-out data: picture B")

    def _checkpoint(self, task: "Task", planted: Planted) -> Checkpoint:
        network = {
            **self.network.model_dump(mode="json"), "inputs": task.data.inputs, "outputs": task.data.outputs
        }  # fmt: skip
        zeros = {name: torch.zeros_like(value) for name, value in planted.origin.items()}
        directions = tuple(to_numpy({**zeros, **direction}) for direction in planted.directions)
        return Checkpoint("checkpoint", network, to_numpy(planted.origin), directions, title="θ₀ and its directions")

    def _curve(self, task: "Task", sections: list[Section], found: list[Sampled], points: Array) -> Curve:
        line = line_points(task.pictures[0].shape)
        places = sections[0].axes[0].values
        series = []
        for section, sampled, label in zip(sections, found, ("training", "held out")):
            values = section.values if section.values.ndim == 1 else section.values[:, section.values.shape[1] // 2]
            series.append(Series(label, places, values - section.offset))
            measured = sampled.losses[: len(line)] - section.offset
            series.append(Series(f"{label}, all samples", places[line[:, 0]], measured, "points"))
        where = "" if task.pictures[0].ndim == 1 else f" along α₂ = {sections[0].axes[1].values[line[0, 1]]:.2f}"
        return Curve("line", f"Both losses{where}, constants removed", "α₁", "loss − constant", tuple(series))

    # --- what is claimed -------------------------------------------------------------------------------------------------

    def _report(
        self,
        context: Context,
        task: "Task",
        sections: list[Section],
        found: list[Sampled],
        points: Array,
        outputs: Tensor,
    ) -> Report:
        claims: list[Claim] = []
        numbers: dict[str, Number | str] = {
            "tv": variation(task.p, task.q), "samples": len(task.data), "held_out_samples": len(task.x),
            "brute_force_points": len(points), "largest_output": float(outputs.abs().max()),
            "data_sha256": task.data.sha256,
        }  # fmt: skip
        for name, words, section, sampled in zip(
            ("train", "held_out"), ("training data the loss is picture A", "held-out data the loss is picture B"),
            sections, found,
        ):  # fmt: skip
            assert section.target is not None
            fit = fit_of(section.values, section.target, self.amplitude)
            claims.append(self._shows(words, fit, section, sampled, points))
            numbers[f"psnr_{name}_db"], numbers[f"offset_{name}"] = fit.psnr_db, fit.offset
            numbers[f"brute_force_{name}_psnr_db"] = float(dict(claims[-1].evidence)["brute force alone"])
        for name, words, section, sampled in zip(
            ("train", "held_out"), ("training", "held-out"), sections, found
        ):  # fmt: skip
            claims += self._brute(context, words, section, sampled, points)
            numbers[f"brute_force_{name}_max_abs_diff"] = float(claims[-2].measured or 0.0)
        first, second = sections
        assert first.target is not None and second.target is not None
        numbers["psnr_held_out_to_a_db"] = fit_of(second.values, first.target, self.amplitude).psnr_db
        means = (
            f"The same {first.values.size} points of parameter space show picture A in the mean loss of "
            f"{len(task.data)} training samples and picture B in that of {len(task.x)} held-out samples; all that differs is "
            f"how often each class occurs, by a total variation of {numbers['tv']:.3g}."
        )
        return Report(
            tuple(claims), numbers, means,
            "It does not mean that the loss on held-out data is arbitrary: here the outputs ignore the inputs, and with equal "
            "shares of the classes both pictures would have to be the same.",
        )  # fmt: skip

    def _shows(self, words: str, fit: Fit, section: Section, sampled: Sampled, points: Array) -> Claim:
        assert section.target is not None
        error = sampled.losses - section.target[tuple(points.T)]
        alone = psnr(error - error.mean(), self.amplitude)
        return at_least(
            f"On the {words}", min(fit.psnr_db, alone), LEVEL, expected=f"≥ {LEVEL:.0f} dB", unit="dB",
            reason="The lower of two: all grid points, and those computed with the whole network on all samples.",
            evidence=(("on the grid", fit.psnr_db), ("brute force alone", alone), ("largest error", fit.max_abs_error),
                      ("constant", fit.offset), ("points", section.values.size)),
        )  # fmt: skip

    def _brute(self, context: Context, words: str, section: Section, sampled: Sampled, points: Array) -> list[Claim]:
        at = section.values[tuple(points.T)]
        single = context.dtype != torch.float64
        bound, expected = (1e-4, "≤ 10⁻⁴") if single else (1e-10, "≤ 10⁻¹⁰")
        bound *= max(1.0, float(np.abs(section.values).max()) / 10.0)
        return [
            at_most(f"The whole network on all {words} samples gives these losses", float(np.abs(sampled.losses - at).max()),
                    bound, expected=expected, reason="Full parameter vector, every sample; beyond losses of 10 in proportion.",
                    evidence=(("points", len(points)),)),
            at_most(f"A second program in float64 agrees on the {words} samples", float(np.abs(sampled.losses64 - at).max()),
                    bound, expected=expected, reason="Through numpy alone.", evidence=(("points", len(points)),)),
        ]  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """Two parts with their marginals, two pictures, and the outputs that show them."""

    data: Data
    x: Tensor  # held out
    labels: Labels
    p: Tensor
    q: Tensor
    pictures: tuple[Array, Array]
    faces: Faces

    @property
    def parts(self) -> tuple[tuple[Tensor, Labels], ...]:
        """Inputs and labels of both."""
        return (self.data.x, self.data.labels), (self.x, self.labels)


def choose_variant(network: Mlp, z: int, grid: int) -> Variant:
    """Return the most accurate form that fits; raises `SpecError` naming the layer that is too narrow."""
    if not isinstance(network.activation, Relu):
        raise SpecError(
            f"field 'network.activation' is '{network.activation.kind}': the closed form is made of relu units"
        )
    problem = ""
    for variant in VARIANTS:
        stages = len(STAGES[z, variant])
        if len(network.hidden) < stages:
            problem = (
                f"field 'network.hidden' has {len(network.hidden)} hidden layers, two pictures need at least {stages}"
            )
            continue
        needs = bank_widths(z, grid, variant, len(network.hidden), 2)
        narrow = [k for k, (has, need) in enumerate(zip(network.hidden, needs)) if has < need]
        if not narrow:
            return variant
        k = narrow[0]
        problem = f"hidden {k + 1} has {network.hidden[k]} units, two pictures at this grid need {needs[k]}"
    raise SpecError(problem)


def test_part(data: Data) -> tuple[Tensor, Labels]:
    """Return inputs and labels of the test part; raises `SpecError` where there is none."""
    labels = data.test_labels
    if data.x_test is None or labels is None:
        raise SpecError(
            f"field 'held_out': {data.name} has no test part; set 'dataset.test_fraction', or take other data"
        )
    return data.x_test, labels
