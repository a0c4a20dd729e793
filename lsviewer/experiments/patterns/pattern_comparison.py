"""One pattern in one network by three ways, and what each costs: closed form, training, multi-point optimisation.

Tolerances. CPU seconds of one run vary by some ten per cent, with the machine by more; the ratios that are claimed are above 1,
and mostly far above. A float32 risk differs from the exact one by the rounding of some thousand products and sums per output:
1e-4 max(1, L), in float64 1e-10.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
import torch
from pydantic import Field

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Artifact, Curve, Level, Section, Series
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
from lsviewer.engine.risk import Risk, brute_force, sample
from lsviewer.experiments.patterns.found import section_of
from lsviewer.experiments.patterns.overlap import is_high
from lsviewer.experiments.patterns.plane_fit import GOOD, Course, cell_losses, fit_plane
from lsviewer.experiments.patterns.planes import Cells, corner
from lsviewer.experiments.patterns.rivals import Moment, Rival, construct, moment_of, train
from lsviewer.experiments.patterns.setting import load_data, load_pattern
from lsviewer.experiments.patterns.theorem1 import Theorem1

MAX_CELLS = 4096
POINTS = 16  # of every way
TOLERANCE = {torch.float32: (1e-4, "10⁻⁴"), torch.float64: (1e-10, "10⁻¹⁰")}
WAYS = {"construction": "closed form", "training": "training", "multipoint": "multi-point"}


class PatternComparison(Experiment):
    """The same pattern in the same network three times: written down by the closed form of Theorem 1, trained as in
    Observation 2, and found by multi-point optimisation, which trains all parameters of the plane.

    All three are measured on all cells and all training samples: the root mean square error in amplitudes, and the overlap of
    high and low cells with the pattern (the smaller IoU counts).

    Shown: the three sections side by side while they form, error and overlap against CPU time, and by how much the closed form is
    faster at an equal or better overlap.
    """

    title: ClassVar[str] = "Three ways to one pattern"
    paper: ClassVar[str] = "Czarnecki et al. 2019"
    place: ClassVar[str] = "and Skorokhodov and Burtsev 2019"
    formula: ClassVar[str] = (
        r"L\left(\theta_0 + \alpha_i \theta_1 + \beta_j \theta_2\right) \approx a + A\,\mathcal{T}_{ij}"
    )
    short_formula: ClassVar[str] = (
        r"L\left(\theta_0 + \alpha_i \theta_1 + \beta_j \theta_2\right) \approx a + A\,\mathcal{T}_{ij}"
    )
    caveats: ClassVar[tuple[str, ...]] = (
        "The ways do not ask for the same: multi-point optimisation uses the inputs, so its low cells may solve the task. The "
        "other two ignore the inputs.",
        "Seconds are CPU seconds of this machine, of the steps alone; what is loaded and allocated once is paid before.",
        "Multi-point optimisation is measured on 256 training samples on its way, and on all of them at its end.",
        "Its objective and schedule here differ from the paper's, so its seconds are not the paper's seconds.",
    )

    kind: Literal["pattern_comparison"] = "pattern_comparison"
    dataset: Dataset = Field(Digits(), title="Data")
    network: Mlp = Field(Mlp(hidden=(256, 256)), title="Network")
    loss: Loss = Field(CrossEntropy(), title="Loss")
    pattern: PatternSource = Field(BuiltinPattern(name="smiley"), title="Pattern")
    grid: int = Field(16, ge=2, le=64, title="Grid", description="Cells per axis.", json_schema_extra={"unit": "cells"})
    target: Literal["binary", "grey"] = Field(
        "binary",
        title="Target",
        description="binary: cells above the middle are high, the others low; grey: as painted.",
    )
    amplitude: float = Field(
        2.0, ge=0.01, le=100.0, title="Amplitude", description="Distance of high and low in loss units.",
        json_schema_extra={"log": True},
    )  # fmt: skip
    low: float | None = Field(
        0.3, ge=0.0, le=100.0, title="Low level",
        description="Loss of low cells of multi-point optimisation; empty leaves the constant free.",
    )  # fmt: skip
    training_steps: int = Field(300, ge=10, le=20_000, title="Training", description="Steps.")
    multipoint_steps: int = Field(1000, ge=10, le=100_000, title="Multi-point", description="Steps.")

    @property
    def verb(self) -> str:
        return "Compare"

    # --- jobs ------------------------------------------------------------------------------------------------------------

    def run(self, context: Context) -> Job:
        """Return the job: a section for each way, curves "error" and "overlap" against CPU time."""
        yield Progress(0.0, "reading the data")
        data = load_data(context, self.dataset)
        pattern = self._target(context)
        recipe = Theorem1(
            dataset=self.dataset, network=self.network, loss=self.loss, pattern=self.pattern, grid=self.grid,
            amplitude=self.amplitude, seed=self.seed, device=self.device, dtype=self.dtype,
        )  # fmt: skip
        courses: dict[str, list[Moment]] = {name: [] for name in WAYS}
        found: dict[str, Rival | str] = {"construction": construct(recipe, data, pattern, context)}
        if isinstance(planted := found["construction"], Rival):
            courses["construction"].append(planted.end)
            yield from self._shown("construction", planted.values, pattern, courses)
        training = train(recipe, data, pattern, self.training_steps, context, courses["training"])
        found["training"] = yield from within(self._follow(training, "training", pattern, courses), 0.01, 0.1)
        optimising = self._optimise(context, data, pattern, courses["multipoint"])
        multipoint = yield from within(self._follow(optimising, "multipoint", pattern, courses), 0.1, 0.95)
        assert isinstance(multipoint, Rival)
        found["multipoint"] = multipoint
        worst = yield from within(self._check(context, data, found), 0.95, 1.0)
        return self._report(data, found, multipoint, worst, context.dtype)

    def _target(self, context: Context) -> Array:
        pattern = load_pattern(context, self.pattern, self.grid)
        if pattern.size > MAX_CELLS:
            raise SpecError(f"field 'grid': the pattern has {pattern.size} cells, at most {MAX_CELLS} are optimised")
        return pattern if self.target == "grey" else is_high(pattern).astype(np.float64)

    def _optimise(self, context: Context, data: Data, pattern: Array, course: list[Moment]) -> Step[Rival | str]:
        """Return what multi-point optimisation reaches; yields as `train` does."""
        risk = Risk.of(self.network, self.loss, data, dtype=context.dtype, device=context.device)
        cells = Cells(self.network, self.network.shapes(data.inputs, data.outputs), self.loss)
        settings = Course(self.multipoint_steps, 64, 32, 3e-3, self.amplitude, self.low)
        iou = 0.0
        fitting = within(fit_plane(self.network, self.loss, risk, data.outputs, pattern, settings, context), 0.0, 0.97)
        while True:
            try:
                event = next(fitting)
            except StopIteration as stop:
                fitted = stop.value
                break
            if isinstance(event, Curve) and event.name == "error" and event.series[0].x[-1] > 0:
                seconds, error = float(event.series[0].x[-1]), float(event.series[0].y[-1])
                course.append(Moment(seconds, error, iou))
            elif isinstance(event, Curve) and event.name == "overlap":
                iou = float(min(series.y[-1] for series in event.series))
            elif not isinstance(event, Curve):
                yield event
        job = cell_losses(risk, fitted.theta, cells, pattern.shape, "all cells on all training samples")
        values = yield from within(job, 0.97, 1.0)
        if course and course[-1].seconds == fitted.seconds:
            course.pop()  # the last one was measured on some samples only
        course.append(moment_of(fitted.seconds, values, pattern, self.amplitude))
        origin, directions = corner(
            fitted.theta, {name: torch.empty(shape, device="meta") for name, shape in cells.shapes.items()}
        )
        return Rival(tuple(course), values, origin, directions)

    def _follow(
        self, job: Step[Rival | str], name: str, pattern: Array, courses: dict[str, list[Moment]]
    ) -> Step[Rival | str]:
        """Run one of the ways; what it shows goes beside the others."""
        while True:
            try:
                event = next(job)
            except StopIteration as stop:
                found: Rival | str = stop.value
                break
            if isinstance(event, Progress):
                yield replace(event, text=f"{WAYS[name]}: {event.text}")
            elif isinstance(event, Section):
                yield from self._shown(name, event.values, pattern, courses)
        if isinstance(found, Rival):
            yield from self._shown(name, found.values, pattern, courses)
        return found

    # --- what is shown ---------------------------------------------------------------------------------------------------

    def _shown(self, name: str, values: Array, pattern: Array, courses: dict[str, list[Moment]]) -> Iterator[Artifact]:
        """Yield the section of a way as it stands, and both curves with all that is known."""
        title = WAYS[name].capitalize()
        if course := courses[name]:
            title += f": IoU {course[-1].iou:.2f}, {_seconds(course[-1].seconds)}"
        yield replace(section_of(values, pattern, self.amplitude), name=f"section_{name}", title=title, marks=())
        yield Curve(
            "error", "Error against CPU time", "CPU time in s", "RMS error, in amplitudes",
            _series(courses, "error"), log_x=True, log_y=True,
        )  # fmt: skip
        yield Curve(
            "overlap", "Overlap with the pattern against CPU time", "CPU time in s", "IoU",
            _series(courses, "iou"), log_x=True, levels=(Level(GOOD, f"{GOOD}"),),
        )  # fmt: skip

    # --- what is claimed -------------------------------------------------------------------------------------------------

    def _check(self, context: Context, data: Data, found: dict[str, Rival | str]) -> Step[float]:
        """Return the largest difference, in max(1, L), between the sections and the whole network on all data."""
        risk, worst = Risk.of(self.network, self.loss, data, dtype=context.dtype, device=context.device), 0.0
        ways = [rival for rival in found.values() if isinstance(rival, Rival)]
        for k, rival in enumerate(ways):
            chosen = sample(rival.values.shape, POINTS, context.generator("brute force"))
            axes = tuple(np.linspace(0.0, 1.0, n) for n in rival.values.shape)
            job = brute_force(risk, rival.origin, rival.directions, axes, rival.values, chosen)
            compared = yield from within(job, k / len(ways), (k + 1) / len(ways))
            worst = max(worst, compared.largest_scaled)
        return worst

    def _report(
        self, data: Data, found: dict[str, Rival | str], multipoint: Rival, worst: float, dtype: torch.dtype
    ) -> Report:
        bound, words = TOLERANCE[dtype]
        planted = found["construction"]
        claims = (
            self._faster("multipoint", multipoint, planted),
            self._faster("training", found["training"], planted),
            at_most("The whole network on all data gives these losses", worst, bound, expected=f"≤ {words} max(1, L)",
                    reason="Full parameter vectors, every sample, at random cells of each section.",
                    evidence=(("cells of each", POINTS), ("samples", len(data)))),
        )  # fmt: skip
        numbers: dict[str, Number | str] = {
            "network_parameters": self.network.size(data.inputs, data.outputs), "brute_force_max_abs_diff": worst,
            "training_steps": self.training_steps, "multipoint_steps": self.multipoint_steps,
        }  # fmt: skip
        for name, rival in found.items():
            if isinstance(rival, Rival):
                end = rival.end
                numbers |= {f"{name}_iou": end.iou, f"{name}_rms_error": end.error, f"{name}_cpu_seconds": end.seconds}
                if (reached := rival.seconds_to(GOOD)) is not None:
                    numbers[f"{name}_cpu_seconds_to_iou"] = reached
                if isinstance(planted, Rival) and rival is not planted:
                    numbers[f"cpu_ratio_{name}_to_construction"] = _spent(rival)[0] / planted.end.seconds
        return Report(claims, numbers, self._means(found), (
            "It does not mean that multi-point optimisation is a bad idea: it found such pictures before anyone knew why they "
            "are there, and its low cells solve the task. Nor that training would pass any of these planes by itself."
        ))  # fmt: skip

    def _faster(self, name: str, rival: Rival | str, planted: Rival | str) -> Claim:
        what = {"multipoint": "multi-point optimisation", "training": "training"}[name]
        statement = f"The closed form is faster than {what}, with an equal or better overlap"
        if isinstance(planted, str) or isinstance(rival, str):
            reason = planted if isinstance(planted, str) else str(rival)
            return Claim(statement, "> 1 ×", None, None, Verdict.NOT_APPLICABLE, reason)
        seconds, until = _spent(rival)
        ratio, better = seconds / planted.end.seconds, planted.end.iou >= rival.end.iou
        return Claim(
            statement, "> 1 ×", ratio, 1.0, Verdict.HOLDS if ratio > 1.0 and better else Verdict.FAILS,
            f"CPU seconds {until} by those of the closed form with all its cells; same network, same pattern.", "×",
            evidence=((f"{WAYS[name]}, CPU s", seconds), ("closed form, CPU s", planted.end.seconds),
                      (f"IoU of {what}", rival.end.iou), ("IoU of the closed form", planted.end.iou),
                      (f"RMS error of {what}", rival.end.error), ("RMS error of the closed form", planted.end.error)),
        )  # fmt: skip

    def _means(self, found: dict[str, Rival | str]) -> str:
        planted = found["construction"]
        parts = []
        for name in ("training", "multipoint"):
            rival = found[name]
            if isinstance(rival, Rival):
                seconds, until = _spent(rival)
                part = f"{WAYS[name]} {_seconds(seconds)} {until}"
                if isinstance(planted, Rival):
                    part += f", {_times(seconds / planted.end.seconds)} as long"
                parts.append(part)
        if isinstance(planted, Rival):
            first = f"In CPU time the closed form took {_seconds(planted.end.seconds)} to IoU {planted.end.iou:.3f}"
            return f"{'; '.join([first, *parts])}. All in one network, {self.network.describe()}."
        return f"CPU time in one network, {self.network.describe()}: {'; '.join(parts)}. {planted}"


def _spent(rival: Rival) -> tuple[float, str]:
    """Return the CPU seconds to `GOOD` overlap, or all of them where it was never reached, and words that say which."""
    reached = rival.seconds_to(GOOD)
    return (
        (rival.end.seconds, f"in all, to IoU {rival.end.iou:.3f}") if reached is None else (reached, f"to IoU {GOOD}")
    )


def _series(courses: dict[str, list[Moment]], name: str) -> tuple[Series, ...]:
    """Return a line for each way that has begun; a single moment is a point."""
    return tuple(
        Series(
            WAYS[way], np.array([moment.seconds for moment in course]),
            np.array([getattr(moment, name) for moment in course]), "line" if len(course) > 1 else "points",
        )
        for way, course in courses.items()
        if course
    )  # fmt: skip


def _seconds(seconds: float) -> str:
    return f"{seconds:.3g} s" if seconds >= 1 else f"{1000 * seconds:.0f} ms"


def _times(ratio: float) -> str:
    """Return ``5 000 times``: two digits are all that such a ratio bears."""
    digits = 10 ** max(0, math.floor(math.log10(ratio)) - 1) if ratio >= 1 else 0.1
    return f"{round(ratio / digits) * digits:,.4g} times".replace(",", " ")
