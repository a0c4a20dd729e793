"""Observation 1 of Czarnecki et al. 2019: the section on other data with the same labels, and the exact law where they differ.

Tolerances. *Law*: both sides in float64; a mean over some thousand samples, each from sums over a few hundred units, is
rounded by less than 1e-12 of losses up to 10, and 1e-10 is allowed, in proportion beyond. *Random inputs*: the first layer's
weights are 0, so every later number is the same to the last bit: exactly 0. *Brute force* in the dtype of the run as in
Theorem 1.
"""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Axis, Checkpoint, Curve, Level, Section, Series
from lsviewer.core.claims import Claim, Number, Report, Verdict, at_least, at_most
from lsviewer.core.experiment import Experiment
from lsviewer.core.jobs import Job, Progress, within
from lsviewer.core.pattern import BuiltinPattern, PatternSource
from lsviewer.core.spec import SpecError
from lsviewer.engine.activations import Relu
from lsviewer.engine.context import Context
from lsviewer.engine.data import Data, marginal
from lsviewer.engine.datasets import Dataset, Digits, MnistSmall
from lsviewer.engine.implicit import implicit_activation
from lsviewer.engine.losses import CrossEntropy
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import move, to_numpy
from lsviewer.experiments.patterns.construction import Planted, digits_of, make_plan, plant
from lsviewer.experiments.patterns.found import AXES, rounding_level, section_of
from lsviewer.experiments.patterns.goal import Goal, goal_on
from lsviewer.experiments.patterns.law import ClassLoss, bound, class_losses, orthogonal_ray, predicted
from lsviewer.experiments.patterns.measures import fit_of
from lsviewer.experiments.patterns.parts import Measured, Part, laid, measure
from lsviewer.experiments.patterns.planter import Planter, in_dtype
from lsviewer.experiments.patterns.separable import grid_axes, separable
from lsviewer.experiments.patterns.setting import MAX_GRID, heights_lost, load_data, load_pattern
from lsviewer.experiments.patterns.shares import Shares, Tilt, variation


class Transfer(Experiment):
    """A pattern planted by Theorem 1 is found again on any samples with the same label marginal P(y): the outputs ignore the
    inputs, so the data enter through how often each label occurs, and through nothing else.

    Where the marginal differs, the loss changes by exactly −(p′ − p)·logits with cross-entropy, and twice that for the
    outputs with squared loss. The change is at most the total variation distance of p and p′ times the range of the
    logits, and on a ray orthogonal to p′ − p it is one constant over the whole section.

    Shown: the same section on the training part, the test part, another data set with the same classes, random inputs with
    the training labels, and under a P(y) of your choice; the change along a line, predicted and measured with the whole
    network on all samples.
    """

    title: ClassVar[str] = "Observation 1: transfer"
    paper: ClassVar[str] = "Czarnecki et al. 2019"
    place: ClassVar[str] = "section 2"
    formula: ClassVar[str] = (
        r"L_{p'}(h) - L_p(h) = -(p' - p)\cdot q(h), \qquad "
        r"|L_{p'} - L_p| \leq \mathrm{TV}(p, p')\,\max_h\left(\max_c q_c(h) - \min_c q_c(h)\right)"
    )
    short_formula: ClassVar[str] = r"L_{p'}(h) - L_p(h) = -(p' - p)\cdot q(h)"
    caveats: ClassVar[tuple[str, ...]] = (
        "The paper says that the pattern transfers approximately when P(y) is approximately the same; the law and the bound "
        "printed here are exact, and stronger than the observation.",
        "Samples of another data set may be smaller or larger than the network's inputs: they are filled with zeros or cut. "
        "That changes nothing, because the outputs ignore them.",
        "Theorem 2 keeps a solution of the task inside the pattern and gives this guarantee up.",
    )
    uses_pattern: ClassVar[bool] = True

    kind: Literal["transfer"] = "transfer"
    dataset: Dataset = Field(MnistSmall(limit=2000), title="Data")
    network: Mlp = Field(Mlp(hidden=(256, 256, 256)), title="Network")
    loss: ClassLoss = Field(CrossEntropy(), title="Loss")
    pattern: PatternSource = Field(BuiltinPattern(name="cat"), title="Pattern")
    grid: int | None = Field(
        None, ge=2, le=MAX_GRID, title="Grid", description="Points per axis; empty takes the pattern's own.",
        json_schema_extra={"unit": "points"},
    )  # fmt: skip
    amplitude: float = Field(
        1.0, ge=0.01, le=100.0, title="Amplitude", description="Height of the pattern in loss units.",
        json_schema_extra={"log": True},
    )  # fmt: skip
    shares: Shares = Field(Tilt(), title="Chosen P(y)", description="The training samples, weighted to these shares.")
    other: Dataset = Field(Digits(), title="Other data", description="A data set with the same number of classes.")
    ray: Literal["steepest", "orthogonal"] = Field(
        "steepest", title="Ray",
        description="steepest: one logit moves; orthogonal: at right angles to every p′ − p shown, so that all parts "
        "differ by constants.",
    )  # fmt: skip

    @property
    def verb(self) -> str:
        return "Plant and transfer"

    @property
    def rest_s(self) -> float:
        return 3.0  # all samples of all parts at 64 points take seconds

    def notes(self) -> tuple[str, ...]:
        return ("Sections, law and bound follow the sliders of P(y) at once; the whole network is measured at rest.",)

    def run(self, context: Context) -> Job:
        """Return the job: a section for every part, the change along a line for every part whose P(y) differs."""
        yield Progress(0.0, "reading the data")
        pattern = load_pattern(context, self.pattern, self.grid)
        planted = self._plant(context, pattern)
        axes = grid_axes(pattern.shape[0], pattern.ndim)
        outputs = separable(self.network, planted.origin, planted.directions, context.dtype)(axes)
        by_class = class_losses(self.loss, outputs)
        section = self._training(by_class, planted.p, pattern)
        yield section
        yield self._checkpoint(planted)
        for part in planted.parts:
            yield self._on_part(by_class, part, pattern)
        origin, *directions = (
            move(each, dtype=torch.float64, device="cpu") for each in (planted.origin, *planted.directions)
        )
        exact = separable(self.network, origin, tuple(directions), torch.float64)(axes)
        yield _difference(self.loss, planted.parts[-1], planted.p, pattern.shape, exact)
        measuring = measure(
            self.network, planted.planted, self.loss, planted.data, planted.parts, pattern.shape,
            context.generator("brute force"),
        )  # fmt: skip
        measured = yield from within(measuring, 0.1, 1.0)
        for part in planted.parts:
            if part.moves(planted.p):
                yield _change(self.loss, part, planted.p, exact, measured)
        return self._report(context, planted, section, exact, measured)

    def preview(self, context: Context) -> Job | None:
        """Return the job that plants the pattern and shows it on the training part; None without relu units."""
        return self._preview(context) if isinstance(self.network.activation, Relu) else None

    def _preview(self, context: Context) -> Job:
        """The planter gives the outputs, not a loss: another P(y) then costs one product with them."""
        pattern = load_pattern(context, self.pattern, self.grid)
        data = load_data(context, self.dataset)
        parts = self._parts(context, data)

        def make() -> Planter:
            plan = make_plan(self.network, pattern.ndim, pattern.shape[0])
            goal = self._goal(data, parts)
            return Planter(
                plan, self.network, data.inputs, data.outputs, goal, lambda outputs: outputs.cpu(), context.dtype,
                context.device,
            )  # fmt: skip

        planter = context.cached(("transfer planter", self._setting(context), pattern.shape), make)
        outputs = torch.from_numpy(planter.show(pattern))
        by_class = class_losses(self.loss, outputs)
        yield self._training(by_class, data.marginal, pattern)
        for part in parts:
            yield self._on_part(by_class, part, pattern)
        yield _difference(self.loss, parts[-1], data.marginal, pattern.shape, outputs.to(torch.float64))
        for part in parts:
            if part.moves(data.marginal) or part.x is None:  # what the sliders move is never left as it was
                yield _change(self.loss, part, data.marginal, outputs.to(torch.float64))
        return Report()

    def _setting(self, context: Context) -> Hashable:
        shifts = (self.other, self.shares) if self.ray == "orthogonal" else ()  # the ray is orthogonal to them
        chosen = (self.dataset, self.network, self.loss, self.amplitude, self.ray, *shifts)
        return (*(str(part) for part in chosen), context.files.folder, context.dtype, context.device)

    # --- what is planted -------------------------------------------------------------------------------------------------

    def _plant(self, context: Context, pattern: Array) -> "Setup":
        data = load_data(context, self.dataset)
        parts = self._parts(context, data)
        goal = self._goal(data, parts)
        plan = make_plan(self.network, pattern.ndim, pattern.shape[0])
        heights = goal.heights(torch.tensor(pattern, dtype=torch.float64))
        exact = plant(plan, self.network, data.inputs, data.outputs, goal, heights, digits_of(context.dtype))
        lost = heights_lost(plan, heights, context.dtype)
        level = rounding_level(context.dtype, goal.offset + goal.amplitude, goal.amplitude, lost)
        return Setup(self.network, in_dtype(exact, context.dtype, context.device), data, goal, parts, level)

    def _goal(self, data: Data, parts: tuple[Part, ...]) -> Goal:
        p = marginal(data.labels)
        implicit = implicit_activation(self.loss, data.labels)
        if self.ray == "orthogonal":
            ray = orthogonal_ray(self.loss, p, torch.stack([part.q - p for part in parts]))
            if isinstance(self.loss, CrossEntropy):
                implicit = implicit_activation(self.loss, data.labels, ray)
            else:  # the squared loss rises by t² along any unit vector from the mean
                implicit = replace(implicit, ray=ray)
        return goal_on(implicit, self.amplitude)

    def _parts(self, context: Context, data: Data) -> tuple[Part, ...]:
        """Return the parts; those that are samples are kept while only the chosen shares change."""
        key = ("transfer parts", str(self.dataset), str(self.other), context.files.folder, context.seed)
        chosen = self.shares.of(data.marginal)
        sampled = context.cached(key, lambda: self._sampled(context, data))
        return (*sampled, Part("shares", f"under {self.shares.label}", chosen, None, None))

    def _sampled(self, context: Context, data: Data) -> tuple[Part, ...]:
        parts = []
        if data.x_test is not None and data.test_labels is not None:
            tested = data.test_labels
            parts.append(Part("test", "on the test part", marginal(tested), data.x_test, tested))
        other = load_data(context, self.other, "other data")
        if other.classes != data.classes:
            has = f"has {other.classes} classes" if other.classes else "has float targets, no classes"
            raise SpecError(f"field 'other': {other.name} {has}, {data.name} has {data.classes} classes")
        x = laid(other.x, data.inputs)
        parts.append(Part("other", f"on {other.name.replace('_', ' ')}", other.marginal, x, other.labels))
        noise = torch.rand(data.x.shape, generator=context.generator("random inputs"))
        parts.append(Part("random", "on random inputs with the training labels", data.marginal, noise, data.labels))
        return tuple(parts)

    # --- what is shown ---------------------------------------------------------------------------------------------------

    def _training(self, by_class: Tensor, p: Tensor, pattern: Array) -> Section:
        section = section_of((by_class @ p).numpy(), pattern, self.amplitude)
        return replace(section, title="Loss on the training part")

    def _on_part(self, by_class: Tensor, part: Part, pattern: Array) -> Section:
        section = section_of((by_class @ part.q).numpy(), pattern, self.amplitude)
        return replace(section, name=f"section_{part.name}", title=f"Loss {part.on}")

    def _checkpoint(self, planted: "Setup") -> Checkpoint:
        data = planted.data
        network = {**self.network.model_dump(mode="json"), "inputs": data.inputs, "outputs": data.outputs}
        zeros = {name: torch.zeros_like(value) for name, value in planted.origin.items()}
        directions = tuple(to_numpy({**zeros, **direction}) for direction in planted.directions)
        return Checkpoint("checkpoint", network, to_numpy(planted.origin), directions, title="θ₀ and its directions")

    # --- what is claimed -------------------------------------------------------------------------------------------------

    def _report(
        self, context: Context, planted: "Setup", section: Section, exact: Tensor, measured: Measured
    ) -> Report:
        p, values = planted.p, section.values
        scale = max(1.0, float(np.abs(values).max()) / 10.0)
        assert section.target is not None
        fit = fit_of(values, section.target, self.amplitude)
        brute = float(np.abs(measured.single @ p.numpy() - values[tuple(measured.points.T)]).max())
        single = context.dtype != torch.float64
        claims = [
            at_least("On the training part the loss is the pattern plus a constant", fit.psnr_db, planted.level,
                     expected=f"≥ {planted.level:.0f} dB", unit="dB",
                     evidence=(("largest error", fit.max_abs_error), ("points", values.size))),
            at_most("The whole network on all training samples gives these losses", brute,
                    (1e-4 if single else 1e-10) * scale, expected="≤ 10⁻⁴" if single else "≤ 10⁻¹⁰",
                    reason="Full parameter vector, every sample; for losses beyond 10 in proportion.",
                    evidence=(("points", len(measured.points)), ("samples", len(planted.data)))),
        ]  # fmt: skip
        numbers: dict[str, Number | str] = {
            "psnr_db": fit.psnr_db, "offset": fit.offset, "brute_force_points": len(measured.points),
            "brute_force_max_abs_diff": brute, "data_sha256": planted.data.sha256,
            "samples": len(planted.data),
        }  # fmt: skip
        if not any(part.name == "test" for part in planted.parts):
            claims.append(Claim("On the test part the loss changes by the law", "≤ 10⁻¹⁰", None, None,
                                Verdict.NOT_APPLICABLE, "The data has no test part."))  # fmt: skip
        by_class = class_losses(self.loss, exact)
        for part in planted.parts:
            if part.name == "random":
                claims.append(self._random(measured))
                numbers["random_max_abs_diff"] = float(claims[-1].measured or 0.0)
                continue
            claims.append(self._law(part, p, exact, measured, scale))
            numbers[f"law_{part.name}_max_abs_diff"] = float(claims[-1].measured or 0.0)
            change = (by_class @ part.q - by_class @ p).numpy()
            numbers[f"tv_{part.name}"] = variation(p, part.q)
            numbers[f"change_{part.name}_max_abs"] = float(np.abs(change).max())
            if part.moves(p):
                claims.append(self._bound(part, p, exact, change))
            if part.moves(p) and self.ray == "orthogonal":
                claims.append(_constant(part, change, scale))
        return Report(tuple(claims), numbers, *self._words(planted, numbers))

    def _law(self, part: Part, p: Tensor, exact: Tensor, measured: Measured, scale: float) -> Claim:
        points, change = measured.change(part, p.numpy())
        law = predicted(self.loss, exact[tuple(torch.from_numpy(points.T))], p, part.q).numpy()
        return at_most(
            f"The loss {part.on} changes by {_law_words(self.loss)}", float(np.abs(change - law).max()), 1e-10 * scale,
            expected="≤ 10⁻¹⁰", reason="All samples through the whole network in float64 against the law (Observation 1).",
            evidence=(("largest change", float(np.abs(change).max())), ("TV(p, p′)", variation(p, part.q)),
                      ("points", len(points)),
                      ("samples", "training samples, weighted" if part.x is None else len(part.x))),
        )  # fmt: skip

    def _bound(self, part: Part, p: Tensor, exact: Tensor, change: Array) -> Claim:
        limit = bound(self.loss, exact, p, part.q)
        slack = 64 * torch.finfo(torch.float64).eps * float(exact.abs().max())
        largest = float(np.abs(change).max())
        return at_most(
            f"The change {part.on} keeps to {_bound_words(self.loss)} of the {_outputs(self.loss)}", largest, limit + slack,
            expected=f"≤ {limit:.3g}", reason="Over the whole section, in float64.",
            evidence=(("TV(p, p′)", variation(p, part.q)), ("bound", limit), ("share of the bound used", largest / limit)),
        )  # fmt: skip

    def _random(self, measured: Measured) -> Claim:
        found, whole = measured.parts["random"], measured.parts["whole"]
        difference = np.abs(found.losses - whole.losses).max()
        double = np.abs(found.losses64 - whole.losses64).max()
        return at_most(
            "Random inputs with the same labels give the same losses", float(max(difference, double)), 0.0, expected="= 0",
            reason="Uniform noise in place of the training inputs, the whole network, to the last bit.",
            evidence=(("difference in the precision of the run", float(difference)), ("in float64", float(double)),
                      ("points", len(measured.line))),
        )  # fmt: skip

    def _words(self, planted: "Setup", numbers: dict[str, Number | str]) -> tuple[str, str]:
        change, tv = numbers["change_shares_max_abs"], numbers["tv_shares"]
        means = (
            f"The inputs do not matter: under {self.shares.label}, at total variation {tv:.3g} from the training labels, "
            f"the loss of the same section changes by up to {change:.3g}, exactly as −(p′ − p) and the "
            f"{_outputs(self.loss)} say."
        )
        return means, (
            "It does not mean that ordinary networks lose nothing on other data: theirs depend on the inputs, and this law "
            "is about the labels alone."
        )


# --- values ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Setup:
    """The planted section and the parts it is looked at on."""

    network: Mlp
    planted: Planted  # in the dtype and on the device of the run
    data: Data
    goal: Goal
    parts: tuple[Part, ...]
    level: float  # dB that rounding leaves

    @property
    def origin(self) -> dict[str, Tensor]:
        return self.planted.origin

    @property
    def directions(self) -> tuple[dict[str, Tensor], ...]:
        return self.planted.directions

    @property
    def p(self) -> Float[Tensor, "classes"]:
        return self.data.marginal


# --- what is shown -----------------------------------------------------------------------------------------------------------


def _difference(loss: ClassLoss, part: Part, p: Tensor, shape: tuple[int, ...], outputs: Tensor) -> Section:
    by_class = class_losses(loss, outputs)
    change = (by_class @ part.q - by_class @ p).numpy()
    law = predicted(loss, outputs, p, part.q).numpy()
    title = f"Change of the loss {part.on}, the law as target"
    axes = tuple(Axis(name, np.linspace(0.0, 1.0, n)) for name, n in zip(AXES, shape))
    return Section("difference", axes, change, title=title, symbol="ΔL", target=law)


def _change(loss: ClassLoss, part: Part, p: Tensor, outputs: Tensor, measured: Measured | None = None) -> Curve:
    """Return the law along a line with its bound, on the side the change goes to, and what was measured there."""
    places = np.linspace(0.0, 1.0, outputs.shape[0])
    line = outputs if outputs.ndim == 2 else outputs[:, outputs.shape[1] // 2]
    law = predicted(loss, line, p, part.q).numpy()
    series = [Series(f"law {_law_words(loss)}", places, law)]
    if measured is not None:
        count = len(measured.line)
        _, change = measured.change(part, p.numpy())
        series.append(Series("whole network, all samples", places[measured.line[:, 0]], change[:count], "points"))
    limit = bound(loss, outputs, p, part.q)
    levels = [Level(limit, _bound_words(loss))] if law.max() > 0 else []
    levels += [Level(-limit, f"−{_bound_words(loss)}")] if law.min() < 0 else []
    where = "" if outputs.ndim == 2 else f", α₂ = {(outputs.shape[1] // 2) / (outputs.shape[1] - 1):.2f}"
    return Curve(
        f"change_{part.name}",
        f"Change of the loss {part.on}{where}",
        "α₁",
        "L′ − L",
        tuple(series),
        levels=tuple(levels),
    )


def _constant(part: Part, change: Array, scale: float) -> Claim:
    middle = 0.5 * (float(change.max()) + float(change.min()))
    return at_most(
        f"The change {part.on} is one constant", float(np.abs(change - middle).max()), 1e-10 * scale, expected="≤ 10⁻¹⁰",
        reason="The ray is orthogonal to p′ − p; over the whole section, in float64.", evidence=(("constant", middle),),
    )  # fmt: skip


def _law_words(loss: ClassLoss) -> str:
    return "(p\u00a0−\u00a0p′)·logits" if isinstance(loss, CrossEntropy) else "2(p\u00a0−\u00a0p′)·outputs"


def _outputs(loss: ClassLoss) -> str:
    return "logits" if isinstance(loss, CrossEntropy) else "outputs"


def _bound_words(loss: ClassLoss) -> str:
    return "TV(p,\u00a0p′)\u00a0· range" if isinstance(loss, CrossEntropy) else "2\u00a0TV(p,\u00a0p′)\u00a0· range"
