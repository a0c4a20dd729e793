"""A filter-normalised random plane through a network (Li et al. 2018), evaluated with the real network on all data.

Tolerances. A float32 risk differs from the exact one by the rounding of some thousand products and sums per output, 1e-7 to 1e-6
of the outputs' size; the claims allow 1e-4 max(1, L). In float64 the same is 1e-15 to 1e-13, and 1e-10 max(1, L) is allowed. The
norms of rows rounded to float32 are off by at most 6e-8 of themselves. Which of two grid points is lower is only said where
they differ by more than four times the largest rounding seen.
"""

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch
from pydantic import AfterValidator, Field

from lsviewer.core.artifacts import Checkpoint, Mark, Section
from lsviewer.core.claims import Claim, Number, Report, Verdict, at_most
from lsviewer.core.experiment import Experiment
from lsviewer.core.jobs import Job, Progress, Step, within
from lsviewer.engine import params as points
from lsviewer.engine.context import Context
from lsviewer.engine.data import Data
from lsviewer.engine.datasets import Dataset, Digits
from lsviewer.engine.directions import cosine, expected_cosine, length, norm_ratios, random_directions
from lsviewer.engine.fast_risk import fast_risk
from lsviewer.engine.losses import CrossEntropy, Loss
from lsviewer.engine.networks import Mlp, Network
from lsviewer.engine.params import Params
from lsviewer.engine.points import Found, FromCheckpoint, Init, Point
from lsviewer.engine.risk import Comparison, Risk, brute_force, sample
from lsviewer.engine.sections import section, square_axes
from lsviewer.engine.training import Fitted, OptimizerName, Quality, Schedule, fit, measure

POINTS = 64  # checked by brute force
TOLERANCE = {torch.float32: (1e-4, "10⁻⁴"), torch.float64: (1e-10, "10⁻¹⁰")}  # times max(1, L)


def _odd(value: int) -> int:
    if value % 2 == 0:
        raise ValueError("an odd number is expected, so that the network itself lies on the grid")
    return value


class Plane(Experiment):
    """Train an ordinary network on the data and look at its loss on a plane through the point that training found.

    The plane is spanned by two random directions. Every row of a weight matrix in a direction, every filter of a convolution,
    has the norm of the same one of the network (filter normalisation), so that α = 1 moves every unit of the network by
    its own size; biases do not move.

    Nothing is planted here: this is what the surface looks like where nobody has painted, the contrast to Theorem 1, and
    the way pictures of loss landscapes are usually made.

    Shown: the training, the section coarse to fine, and a check of random grid points with the whole network on all data.
    """

    title: ClassVar[str] = "Random plane"
    paper: ClassVar[str] = "Any network"
    place: ClassVar[str] = "Li et al. 2018, section 4"
    formula: ClassVar[str] = (
        r"L\left(\theta^* + \alpha_1 \delta + \alpha_2 \eta\right), \qquad "
        r"d_{ij} \leftarrow \frac{d_{ij}}{\|d_{ij}\|}\,\|\theta^*_{ij}\| \quad (d = \delta, \eta)"
    )
    short_formula: ClassVar[str] = r"L\left(\theta^* + \alpha_1 \delta + \alpha_2 \eta\right)"
    caveats: ClassVar[tuple[str, ...]] = (
        "Two random directions out of n: a bowl on this plane does not make the surface a bowl. Directions of negative "
        "curvature are few near a trained network, and a random plane hardly ever contains one.",
        "Theorem 1 shows the other side: a plane can be chosen so that it shows any picture at all.",
        "Filter normalisation makes pictures of networks with rectified units comparable, because scaling a row and dividing "
        "the next layer by the same factor changes nothing there; for other activations it is a convention.",
    )

    kind: Literal["plane"] = "plane"
    dataset: Dataset = Field(Digits(), title="Data")
    network: Network = Field(Mlp(hidden=(64, 64)), title="Network")
    loss: Loss = Field(CrossEntropy(), title="Loss")
    point: Point = Field(
        Found(), title="Point", description="Where the plane lies: trained here, untrained, or from a file."
    )
    optimizer: OptimizerName = Field(
        "adam", title="Optimiser", description="adam (betas 0.9, 0.999), or sgd with momentum 0.9."
    )
    learning_rate: float = Field(
        3e-3, gt=0.0, le=100.0, title="Learning rate", description="At the start; it falls to 0 along a cosine.",
        json_schema_extra={"log": True},
    )  # fmt: skip
    batch_size: int = Field(
        64, ge=1, le=65_536, title="Batch", description="Samples of one step.", json_schema_extra={"unit": "samples"}
    )
    epochs: int = Field(30, ge=1, le=10_000, title="Epochs", description="How often every sample is used.")
    extent: float = Field(
        1.0, ge=1e-4, le=100.0, title="Half-width", description="The plane covers −half-width to half-width on both axes.",
        json_schema_extra={"log": True},
    )  # fmt: skip
    grid: Annotated[int, AfterValidator(_odd)] = Field(
        51, ge=5, le=257, title="Grid", description="Points per axis, an odd number.",
        json_schema_extra={"unit": "points", "step": 2},
    )  # fmt: skip

    @property
    def verb(self) -> str:
        return f"Train {self.epochs} epochs" if isinstance(self.point, Found) else "Draw plane"

    def notes(self) -> tuple[str, ...]:
        if isinstance(self.point, Found):
            return ()
        return ("The network is not trained: optimiser, learning rate, batch and epochs are not used.",)

    def run(self, context: Context) -> Job:
        """Return the job: curves "loss" and "accuracy", section "section", checkpoint "checkpoint", six claims."""
        yield Progress(0.0, "reading the data")
        data = self.dataset.load(context.files)
        network = self.network.for_inputs(data.image, data.inputs, data.name)
        return (yield from self.replace(network=network).run_on(data, context))

    def run_on(self, data: Data, context: Context) -> Job:
        """Return the job on data that the network is made for."""
        risk = Risk.of(self.network, self.loss, data, dtype=context.dtype, device=context.device)
        centre = yield from self._centre(data, risk, context)
        directions = random_directions(centre.params, 2, context.generator("directions"))
        network = self.network.model_dump(mode="json") | {"inputs": data.inputs, "outputs": data.outputs}
        yield Checkpoint(
            "checkpoint",
            network,
            points.to_numpy(centre.params),
            tuple(points.to_numpy(direction) for direction in directions),
            title="The centre and its two directions",
        )
        drawn = yield from within(self._section(risk, centre.params, directions), 0.45, 0.85)
        checks = yield from self._check(risk, centre.params, directions, drawn, context)
        return self._report(data, centre, directions, drawn, checks)

    # --- the centre ------------------------------------------------------------------------------------------------------

    def _centre(self, data: Data, risk: Risk, context: Context) -> "Step[Centre]":
        if isinstance(self.point, FromCheckpoint):
            given = self.point.load(
                context.files, self.network, data.inputs, data.outputs, dtype=context.dtype, device=context.device
            )
            return (yield from self._untrained(given, data, risk))
        module = self.network.build(
            data.inputs, data.outputs, dtype=context.dtype, generator=context.generator("init")
        ).to(context.device)
        if isinstance(self.point, Init):
            return (yield from self._untrained(points.of(module), data, risk))
        schedule = Schedule(self.optimizer, self.learning_rate, self.batch_size, self.epochs)
        training = fit(
            self.network, self.loss, data, points.of(module), schedule, generator=context.generator("batches")
        )
        fitted: Fitted = yield from within(training, 0.01, 0.45)
        return Centre(fitted.params, fitted.steps, fitted.train, fitted.test)

    def _untrained(self, params: Params, data: Data, risk: Risk) -> "Step[Centre]":
        test = None
        train: Quality = yield from within(measure(risk, params, data.classes), 0.01, 0.4)
        if data.x_test is not None and data.test_labels is not None:
            other = Risk.on(
                self.network, self.loss, data.x_test, data.test_labels, dtype=risk.x.dtype, device=risk.x.device
            )
            test = yield from within(measure(other, params, data.classes), 0.4, 0.45)
        return Centre(params, 0, train, test)

    # --- the plane -------------------------------------------------------------------------------------------------------

    def _section(self, risk: Risk, origin: Params, directions: tuple[Params, ...]) -> Step[Section]:
        axes = square_axes(self.extent, self.grid)
        here = {"found": "trained network", "init": "untrained network", "checkpoint": "network from the file"}
        marks = (Mark((0.0, 0.0), here[self.point.kind], "origin"),)
        return section(risk, origin, directions, axes, title="Random plane", marks=marks)

    def _check(
        self, risk: Risk, origin: Params, directions: tuple[Params, ...], drawn: Section, context: Context
    ) -> "Step[Checks]":
        chosen = sample(drawn.values.shape, POINTS, context.generator("points"))
        coordinates = tuple(axis.values for axis in drawn.axes)
        same = yield from within(brute_force(risk, origin, directions, coordinates, drawn.values, chosen), 0.85, 0.9)
        wide = risk.to(torch.float64, "cpu")
        origin64, *moves = (points.move(p, dtype=torch.float64, device="cpu") for p in (origin, *directions))
        directions64 = tuple(moves)
        fast = fast_risk(wide, origin64, directions64)
        values = np.full(drawn.values.shape, np.nan)
        for k, index in enumerate(map(tuple, chosen)):
            values[index] = fast(*(float(axis[i]) for axis, i in zip(coordinates, index)))
            yield Progress(0.9 + 0.04 * (k + 1) / len(chosen), f"float64, point {k + 1} of {len(chosen)}")
        double = yield from within(brute_force(wide, origin64, directions64, coordinates, values, chosen), 0.94, 1.0)
        rounding = Comparison(chosen, same.stored, double.recomputed)
        return Checks(same, double, rounding.largest)

    # --- what is claimed -------------------------------------------------------------------------------------------------

    def _report(
        self, data: Data, centre: "Centre", directions: tuple[Params, ...], drawn: Section, checks: "Checks"
    ) -> Report:
        dtype = next(iter(centre.params.values())).dtype
        bound, words = TOLERANCE[dtype]
        middle = (self.grid // 2, self.grid // 2)
        at_centre = float(drawn.values[middle])
        centre_error = abs(at_centre - centre.train.loss) / max(1.0, abs(centre.train.loss))
        ratio_error = max(float((norm_ratios(d, centre.params) - 1.0).abs().max()) for d in directions)
        angle, spread = cosine(*directions), expected_cosine(centre.params)
        ratio_bound, ratio_words = (1e-6, "10⁻⁶") if dtype == torch.float32 else (1e-14, "10⁻¹⁴")
        claims = (
            at_most("The section is the loss of the whole network on all data", checks.same.largest_scaled, bound,
                    expected=f"≤ {words} max(1, L)", reason="brute force in the precision of the run",
                    evidence=(("random grid points", len(checks.same.points)), ("samples", len(data)),
                              ("largest difference", checks.same.largest))),
            at_most("Two ways of computing it agree in float64", checks.double.largest_scaled, TOLERANCE[torch.float64][0],
                    expected=f"≤ {TOLERANCE[torch.float64][1]} max(1, L)",
                    evidence=(("random grid points", len(checks.double.points)),
                              ("largest difference", checks.double.largest),
                              ("rounding of the stored values", checks.rounding))),
            at_most("The centre has the training loss of the network", centre_error, bound, expected=f"≤ {words} max(1, L)",
                    evidence=(("at the centre", at_centre), ("over the training part", centre.train.loss))),
            at_most("Rows of the directions have the norms of the network's rows", ratio_error, ratio_bound,
                    expected=f"ratio 1 to {ratio_words}", evidence=(("rows", len(norm_ratios(directions[0], centre.params))),)),
            at_most("The two directions are nearly orthogonal", abs(angle), 4.0 * spread, expected="|cosine| ≤ 4 s",
                    reason="s is the standard deviation of the cosine of independent directions of these norms",
                    evidence=(("cosine", angle), ("s", spread))),
            self._lowest(drawn, middle, checks.rounding),
        )  # fmt: skip
        finite = drawn.values[np.isfinite(drawn.values)]
        numbers: dict[str, Number | str] = {
            "train_loss": centre.train.loss, "steps": centre.steps, "samples": len(data), "dataset_sha256": data.sha256,
            "network_parameters": self.network.size(data.inputs, data.outputs), "centre_loss": at_centre,
            "lowest_loss": float(finite.min()) if len(finite) else math.nan,
            "highest_loss": float(finite.max()) if len(finite) else math.nan,
            "not_finite_points": drawn.values.size - len(finite),
            "concave_share": concave_share(drawn.values, checks.rounding), "directions_cosine": angle,
            "direction_1_norm": length(directions[0]), "direction_2_norm": length(directions[1]),
            "brute_force_points": len(checks.same.points), "brute_force_max_abs_diff": checks.same.largest,
            "brute_force_float64_max_abs_diff": checks.double.largest,
        }  # fmt: skip
        if centre.test is not None:
            numbers["test_loss"] = centre.test.loss
        if data.classes is not None:
            numbers["train_accuracy"] = centre.train.accuracy
            if centre.test is not None:
                numbers["test_accuracy"] = centre.test.accuracy
        size = self.network.size(data.inputs, data.outputs)
        return Report(
            claims,
            numbers,
            means=f"This is the mean loss of all {len(data)} samples on one plane through the network: 2 directions of {size}, "
            "drawn at random and scaled to the network's own rows.",
            does_not_mean="It does not show the shape of the surface: a random plane almost never meets the few directions in "
            "which it falls or bends sharply, and another seed gives another picture.",
        )

    def _lowest(self, drawn: Section, middle: tuple[int, int], rounding: float) -> Claim:
        statement = "The centre is the lowest point of the grid"
        if not isinstance(self.point, Found):
            return Claim(statement, "lower than all others", None, None, Verdict.NOT_APPLICABLE,
                         "said of a network that was trained here")  # fmt: skip
        others = drawn.values.copy()
        others[middle] = np.nan
        if not np.isfinite(drawn.values[middle]) or not np.isfinite(others).any():
            return Claim(statement, "lower than all others", None, None, Verdict.UNDECIDED, "losses are not finite")
        best = np.unravel_index(np.nanargmin(others), others.shape)
        gap = float(others[best] - drawn.values[middle])
        tolerance = 4.0 * rounding
        verdict = Verdict.HOLDS if gap > tolerance else Verdict.FAILS if gap < -tolerance else Verdict.UNDECIDED
        where = tuple(float(axis.values[i]) for axis, i in zip(drawn.axes, best))
        reason = {
            Verdict.HOLDS: "the next higher point lies above it by more than the rounding",
            Verdict.FAILS: "another grid point is lower: training stopped beside the minimum of this plane",
            Verdict.UNDECIDED: "the gap to the nearest value is not larger than the rounding",
        }[verdict]
        evidence = (("lowest other point", float(others[best])), ("its α₁", where[0]), ("its α₂", where[1]))
        return Claim(statement, "lowest other point − centre > 0", gap, tolerance, verdict, reason, evidence=evidence)


@dataclass(frozen=True, slots=True, eq=False)
class Centre:
    """The point the plane goes through, the steps that led there, and how good it is on both parts of the data."""

    params: Params
    steps: int
    train: Quality
    test: Quality | None


@dataclass(frozen=True, slots=True, eq=False)
class Checks:
    """Brute force in the dtype of the run and in float64; the rounding of the stored values seen between them."""

    same: Comparison
    double: Comparison
    rounding: float


def concave_share(values: np.ndarray, rounding: float) -> float:
    """Return the share of second differences along both axes that are negative beyond the rounding; 0 for a convex grid."""
    second = np.concatenate([np.diff(values, 2, axis=axis).ravel() for axis in range(values.ndim)])
    second = second[np.isfinite(second)]
    return (
        float((second < -16.0 * rounding).mean()) if len(second) else math.nan
    )  # four values, four times the rounding
