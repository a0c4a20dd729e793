"""A network that satisfies a regulariser on a section and changes nothing else: trained with it and without it, side by side.

Tolerances. *Satisfied*: the root mean square distance from the shape falls to a third or less; runs on digits fall to 1/100
for a 16 x 16 picture and to 1/1000 for a flat section. *Accuracy*: two points; seeds differ by 0.5 to 1 on a few hundred test
samples. *Curvature, random sections*: at least half of what they are without, on three random planes; a regulariser that
flattened the surface as it flattens its section would divide them by 1000. *Brute force* as for any section.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
from pydantic import Field

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Checkpoint, Curve, Series
from lsviewer.core.claims import Claim, Number, Report, Verdict, at_least, at_most
from lsviewer.core.experiment import Experiment
from lsviewer.core.jobs import Job, Progress, Step, within
from lsviewer.core.pattern import BuiltinPattern, PatternSource
from lsviewer.core.spec import SpecError
from lsviewer.engine.context import Context
from lsviewer.engine.data import Data
from lsviewer.engine.datasets import Dataset, Digits
from lsviewer.engine.losses import CrossEntropy, Loss
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import Params, of, to_numpy
from lsviewer.engine.risk import Comparison, Risk, brute_force, sample
from lsviewer.engine.training import Quality, measure
from lsviewer.experiments.patterns.elsewhere import HALF_WIDTH, PLANES, Seen, eigenvalue_curve, look, rise_curve
from lsviewer.experiments.patterns.grid_losses import grid_losses, unit_axes
from lsviewer.experiments.patterns.measures import lowest
from lsviewer.experiments.patterns.planes import Cells
from lsviewer.experiments.patterns.section_regulariser import (
    Asked,
    Course,
    Measurement,
    bias_directions,
    fit_shape,
    root_mean_square,
    weight_directions,
)
from lsviewer.experiments.patterns.setting import load_data, load_pattern

POINTS = 64
SATISFIED, SAME_ACCURACY, AS_STEEP = 1.0 / 3.0, 0.02, 0.5
TOLERANCE = {torch.float32: (1e-4, "10⁻⁴"), torch.float64: (1e-10, "10⁻¹⁰")}
Shape = Literal["painted", "flat", "bowl"]


class Cheat(Experiment):
    """A regulariser that asks for the shape of a low-dimensional section of the loss surface can be satisfied without changing
    what it was meant to change.

    A network is trained twice from the same start on the same batches: as usual, and with a penalty on how far a section
    through the network, at every step, is from the shape asked for: flat, a bowl, or a picture. The penalty is met. Accuracy, the
    largest eigenvalues of the full Hessian and random filter-normalised sections are measured for both networks.

    It is the cautionary note of the paper's conclusion: networks might satisfy such preferences independently from their
    operation over input space.

    Shown: the section with and without the regulariser, random sections through both networks, the eigenvalues, the training.
    """

    title: ClassVar[str] = "Cheating a regulariser"
    paper: ClassVar[str] = "Czarnecki et al. 2019"
    place: ClassVar[str] = "section 3, the cautionary note"
    formula: ClassVar[str] = (
        r"\min_\theta\; L(\theta) + \lambda R(\theta), \qquad"
        r" R = \mathbb{E}_{\alpha}\left(L\left(\theta + \sum_i (\alpha_i - \alpha^*_i)\theta_i\right)"
        r" - L(\theta) - A\left(\mathcal{T}(\alpha) - \mathcal{T}(\alpha^*)\right)\right)^2"
    )
    short_formula: ClassVar[str] = r"\min_\theta\; L(\theta) + \lambda\, \|\mathrm{section} - \mathcal{T}\|^2"
    caveats: ClassVar[tuple[str, ...]] = (
        "The paper says that networks might cheat in this way; it does not claim that every regulariser on a section is useless.",
        "The directions of the section are chosen before training and stay. One that changes at every step is "
        "harder to cheat, and is not what is tested here.",
        "Eigenvalues also fall as the training loss falls; the losses of both networks stand beside them.",
        "A network of relu units has kinks: its Hessian is that of the smooth piece the network lies on.",
        "That accuracy, curvature and random sections stay as they were is measured for these two networks; no theorem says so.",
    )
    uses_pattern: ClassVar[bool] = True
    method: ClassVar[str] = (
        "regularise"  # as lists say it; what is not "construct" does not run by itself after a stroke
    )

    kind: Literal["cheat"] = "cheat"
    dataset: Dataset = Field(Digits(), title="Data")
    network: Mlp = Field(Mlp(hidden=(128, 64)), title="Network")
    loss: Loss = Field(CrossEntropy(), title="Loss")
    shape: Shape = Field(
        "painted", title="Ask for",
        description="painted: the pattern; flat: one loss everywhere; bowl: a convex section, the network at its bottom.",
    )  # fmt: skip
    pattern: PatternSource = Field(BuiltinPattern(name="heart"), title="Pattern")
    grid: int = Field(16, ge=3, le=64, title="Grid", description="Cells per axis.", json_schema_extra={"unit": "cells"})
    amplitude: float = Field(
        1.0, ge=0.01, le=100.0, title="Amplitude", description="Height of the picture or the bowl in loss units.",
        json_schema_extra={"log": True},
    )  # fmt: skip
    directions: Literal["biases", "weights"] = Field(
        "biases", title="Directions",
        description="biases: of first-layer units; weights: random directions, filter-normalised at the start.",
    )  # fmt: skip
    reach: float = Field(
        1.0, ge=0.01, le=100.0, title="Reach", json_schema_extra={"log": True},
        description="1: over the section biases move by about 6, or rows by twice their norm.",
    )  # fmt: skip
    weight: float = Field(
        10.0, gt=0.0, le=1e6, title="Weight", description="λ, of the regulariser.", json_schema_extra={"log": True}
    )
    steps: int = Field(1500, ge=10, le=100_000, title="Steps", description="Optimiser steps of each training.")
    batch_size: int = Field(
        64, ge=1, le=65_536, title="Batch", description="Samples of one step.", json_schema_extra={"unit": "samples"}
    )
    cells: int = Field(
        32, ge=1, le=4096, title="Cells of a step", description="Cells the regulariser is evaluated on in one step.",
        json_schema_extra={"unit": "cells"},
    )  # fmt: skip
    learning_rate: float = Field(
        5e-3, gt=0.0, le=10.0, title="Learning rate", description="Of Adam at the start; it falls to 0 along a cosine.",
        json_schema_extra={"log": True},
    )  # fmt: skip

    weight_decay: float = Field(
        0.5, ge=0.0, le=100.0, title="Weight decay",
        description="Keeps both networks from driving the loss to zero, where every Hessian is flat.",
    )  # fmt: skip

    @property
    def verb(self) -> str:
        return "Train with and without"

    def notes(self) -> tuple[str, ...]:
        return () if self.shape == "painted" else (f"The pattern is not used: a {self.shape} section is asked for.",)

    # --- jobs ------------------------------------------------------------------------------------------------------------

    def run(self, context: Context) -> Job:
        """Return the job: sections with and without, random sections, curves "eigenvalues", "random_rise", "loss", "residual"."""
        yield Progress(0.0, "reading the data")
        data = load_data(context, self.dataset)
        if not self.network.hidden:
            raise SpecError("field 'network.hidden' is empty: at least one hidden layer is needed")
        risk = Risk.of(self.network, self.loss, data, dtype=context.dtype, device=context.device)
        module = self.network.build(
            data.inputs, data.outputs, dtype=context.dtype, generator=context.generator("init")
        ).to(context.device)
        start = of(module)
        asked = self._asked(context, start)
        cheat = yield from within(self._train(context, data, risk, start, asked, self.weight), 0.01, 0.45)
        yield self._checkpoint("checkpoint", "trained with the regulariser", data, cheat, asked)
        alone = yield from within(self._train(context, data, risk, start, asked, 0.0), 0.45, 0.65)
        yield self._checkpoint("checkpoint_without", "trained without", data, alone, asked)
        yield from _training_curves(cheat.course, alone.course)
        seen = []
        for k, (one, name) in enumerate(((cheat, "with"), (alone, "without"))):
            low = 0.65 + 0.15 * k
            seen.append((yield from within(look(context, risk, one.params, one.train.loss, name), low, low + 0.15)))
        yield eigenvalue_curve(seen[0].pairs, seen[1].pairs)
        yield rise_curve(seen[0], seen[1])
        chosen = sample(asked.shape.shape, POINTS, context.generator("brute force"))
        axes = unit_axes(asked.shape.shape)
        corner = asked.corner(cheat.params)
        checking = brute_force(risk, corner, asked.directions, axes, cheat.values, chosen)
        compared = yield from within(checking, 0.95, 1.0)
        return self._report(data, asked, cheat, alone, seen[0], seen[1], compared)

    def _asked(self, context: Context, start: Params) -> Asked:
        if self.shape == "painted":
            pattern = load_pattern(context, self.pattern, self.grid)
            home = tuple(i / (n - 1) for i, n in zip(lowest(pattern), pattern.shape))
            shape = self.amplitude * (pattern - pattern.min())
        else:
            points = np.stack(np.meshgrid(*unit_axes((self.grid, self.grid)), indexing="ij"))
            home = (0.5, 0.5)
            bowl = 2.0 * np.square(points - 0.5).sum(0)
            shape = self.amplitude * bowl if self.shape == "bowl" else np.zeros_like(bowl)
        make = bias_directions if self.directions == "biases" else weight_directions
        return Asked(shape, home, make(start, shape.ndim, self.reach, context.generator("directions")))

    def _train(
        self, context: Context, data: Data, risk: Risk, start: Params, asked: Asked, weight: float
    ) -> "Step[Trained]":
        cells = Cells(self.network, self.network.shapes(data.inputs, data.outputs), self.loss)
        course = Course(self.steps, self.batch_size, self.learning_rate, self.cells, self.weight_decay)
        name, title = (
            ("section", "With the regulariser") if weight > 0 else ("section_without", "The same section, without")
        )
        fitting = fit_shape(
            cells,
            risk,
            start,
            asked,
            course,
            weight,
            name,
            title,
            context.generator("batches"),
            context.generator("cells"),
        )
        params, history = yield from within(fitting, 0.0, 0.9)
        corner, axes = asked.corner(params), unit_axes(asked.shape.shape)
        measuring = grid_losses(risk, corner, asked.directions, axes, "the section on all training samples")
        values = yield from within(measuring, 0.9, 0.98)
        train: Quality = yield from within(measure(risk, params, data.classes), 0.98, 0.99)
        test = None
        if data.x_test is not None and data.test_labels is not None:
            other = Risk.on(
                self.network, self.loss, data.x_test, data.test_labels, dtype=risk.x.dtype, device=risk.x.device
            )
            test = yield from within(measure(other, params, data.classes), 0.99, 1.0)
        yield asked.section(name, title, values, train.loss)
        residual = root_mean_square(asked.residual(values, train.loss))
        return Trained(params, values, residual, train, test, history)

    def _checkpoint(self, name: str, title: str, data: Data, found: "Trained", asked: Asked) -> Checkpoint:
        network = {**self.network.model_dump(mode="json"), "inputs": data.inputs, "outputs": data.outputs}
        directions = tuple(to_numpy(direction) for direction in asked.directions)
        return Checkpoint(name, network, to_numpy(asked.corner(found.params)), directions, title=f"Section {title}")

    # --- what is claimed -------------------------------------------------------------------------------------------------

    def _report(
        self,
        data: Data,
        asked: Asked,
        cheat: "Trained",
        alone: "Trained",
        seen: Seen,
        other: Seen,
        compared: Comparison,
    ) -> Report:
        bound, words = TOLERANCE[next(iter(cheat.params.values())).dtype]
        size = self.network.size(data.inputs, data.outputs)
        top, top_alone = float(seen.pairs.values[0]), float(other.pairs.values[0])
        claims = (
            at_most("The regulariser is satisfied", cheat.residual / alone.residual, SATISFIED, expected="≤ ⅓ of without",
                    reason="Root mean square distance of the section from the shape asked for, by that without the regulariser.",
                    evidence=(("with", cheat.residual), ("without", alone.residual), ("cells", cheat.values.size))),
            self._accuracy(cheat, alone),
            at_least("The full Hessian did not become flatter", top / top_alone, AS_STEEP, expected="≥ ½ of without",
                     reason=f"Largest eigenvalue over all {size} parameters and all training samples, by that without.",
                     evidence=(("with", top), ("error bound", float(seen.pairs.bounds[0])), ("without", top_alone),
                               ("error bound without", float(other.pairs.bounds[0])),
                               ("training loss with", cheat.train.loss), ("training loss without", alone.train.loss))),
            at_least("Random sections rise as steeply as before", seen.rise / other.rise, AS_STEEP, expected="≥ ½ of without",
                     reason=f"Mean rise of the loss over {PLANES} filter-normalised random sections, by that without.",
                     evidence=(("with", seen.rise), ("without", other.rise), ("half-width", HALF_WIDTH))),
            at_most("The whole network on all data gives these losses", compared.largest_scaled, bound,
                    expected=f"≤ {words} max(1, L)", reason="Full parameter vector, every sample, at random cells.",
                    evidence=(("cells", len(compared.points)), ("samples", len(data)),
                              ("largest difference", compared.largest))),
        )  # fmt: skip
        numbers: dict[str, Number | str] = {
            "residual": cheat.residual, "residual_without": alone.residual,
            "residual_ratio": cheat.residual / alone.residual,
            "section_range": float(np.ptp(cheat.values)), "section_range_without": float(np.ptp(alone.values)),
            "train_loss": cheat.train.loss, "train_loss_without": alone.train.loss,
            "largest_eigenvalue": top, "largest_eigenvalue_without": top_alone,
            "random_rise": seen.rise, "random_rise_without": other.rise,
            "brute_force_max_abs_diff": compared.largest, "network_parameters": size, "steps": self.steps,
        }  # fmt: skip
        for part, one, two in (("train", cheat.train, alone.train), ("test", cheat.test, alone.test)):
            if one is not None and two is not None and not math.isnan(one.accuracy):
                numbers |= {f"{part}_accuracy": one.accuracy, f"{part}_accuracy_without": two.accuracy}
        if self.shape == "painted":
            numbers["psnr_db"] = -20.0 * math.log10(max(cheat.residual / float(np.ptp(asked.shape)), 1e-20))
        return Report(claims, numbers, *self._words(cheat, alone, top / top_alone))

    def _accuracy(self, cheat: "Trained", alone: "Trained") -> Claim:
        part = "test" if cheat.test is not None else "training"
        one, two = (found.test if found.test is not None else found.train for found in (cheat, alone))
        statement = f"It is as accurate on the {part} part as without"
        if math.isnan(one.accuracy):
            return Claim(
                statement, "≤ 0.02 less", None, None, Verdict.NOT_APPLICABLE, "The targets are numbers, not classes."
            )
        return at_most(
            statement, two.accuracy - one.accuracy, SAME_ACCURACY, expected="≤ 0.02 less",
            reason="Share of right answers without the regulariser, minus that with it.",
            evidence=(("with", one.accuracy), ("without", two.accuracy),
                      ("training loss with", cheat.train.loss), ("training loss without", alone.train.loss)),
        )  # fmt: skip

    def _words(self, cheat: "Trained", alone: "Trained", ratio: float) -> tuple[str, str]:
        shape = {"painted": "the picture", "flat": "flat", "bowl": "a bowl"}[self.shape]
        means = (
            f"Asked for a section that is {shape}, training delivered it {alone.residual / cheat.residual:.1f} times closer "
            f"than without asking; the largest eigenvalue of the Hessian is {ratio:.2f} times that without."
        )
        return means, (
            "It does not mean that regularisers on a section never help: it means that the section alone does not tell. Look at "
            "accuracy, the whole spectrum and planes that were not asked for."
        )


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A trained network, its section over all training samples, and how good it is."""

    params: Params
    values: Array  # (G,) * z
    residual: float  # root mean square distance of the section from the shape
    train: Quality
    test: Quality | None
    course: tuple[Measurement, ...]


def _training_curves(one: tuple[Measurement, ...], other: tuple[Measurement, ...]) -> Step[None]:
    pairs = (("with", one), ("without", other))

    def series(name: str) -> tuple[Series, ...]:
        return tuple(
            Series(
                label, np.array([float(each.step) for each in found]), np.array([getattr(each, name) for each in found])
            )
            for label, found in pairs
        )

    yield Curve("loss", "Loss of the network in training", "step", "mean loss", series("loss"), log_y=True)
    yield Curve(
        "residual", "Distance from the shape asked for", "step", "RMS, in loss units", series("residual"),
        log_y=True,
    )  # fmt: skip
