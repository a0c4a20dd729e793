"""Figure 4 of Czarnecki et al. 2019: Theorem 2 on a regression with one input and one coordinate, closed form and trained.

First layer: one part of the units sees phi, the other is moved by h through its biases, a knot each (`basis`). Layer 2 is given
by tables of its values at the knots, U on phi and V on h, folded into ordinary weights at the end. In closed form one unit
holds y(phi) and another sqrt(T(h)), which is never negative; trained, Adam finds tables and output weights on all pairs
(h, phi_i).

Tolerances. *Closed form*: sums over a hundred knots with second differences of size one are rounded by less than 1e-12 in
float64 and 1e-4 in float32. *Trained*: 1e-3 is what the figure shows. *Between grid points* sqrt(T) is interpolated: at most
delta² / 8 max |sqrt(T)''| with the second derivative below 20 beside the minima, twice that in the loss: 5 delta².
"""

import math
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float
from pydantic import AfterValidator, Field
from pydantic.config import JsonDict
from torch import Tensor

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Axis, Checkpoint, Curve, Mark, Section, Series
from lsviewer.core.claims import Claim, Number, Report, Verdict, at_most
from lsviewer.core.experiment import Dtype, Experiment
from lsviewer.core.jobs import Job, Progress, Step, within
from lsviewer.engine.activations import Relu
from lsviewer.engine.context import Context
from lsviewer.engine.losses import Labels, Squared
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import Params, combine, forward, move, to_numpy
from lsviewer.engine.risk import Comparison, Risk, brute_force, sample
from lsviewer.experiments.patterns.basis import make_basis
from lsviewer.experiments.patterns.optimisers import Adam

STARS = (-0.5, 0.5)
SHOWN = (-0.5, 0.0, 0.5, 1.0)  # h of the predictions that are drawn
POINTS = 64  # checked by brute force
RATE_TABLES, RATE_REST = 4e-2, 1e-2
WAVES = 16
TRAIN: JsonDict = {"only_when": {"method": "train"}}


def _meets_the_minima(value: int) -> int:
    if value % 4 != 1:
        raise ValueError("one more than a multiple of 4 is expected, so that −0.5 and 0.5 are grid points")
    return value


def answer(phi: Tensor) -> Tensor:
    """Return y = -phi² + sin(20 phi) / 5 + 1.2 (figure 4)."""
    return -phi.square() + torch.sin(20.0 * phi) / 5.0 + 1.2


def printed_pattern(h: Tensor) -> Tensor:
    """Return T as figure 4 prints it; at its minima it is -exp(-10) = -4.5e-5, which no squared loss reaches."""
    return 1.0 - (torch.exp(-((h - 0.5) ** 2) / 0.1) + torch.exp(-((h + 0.5) ** 2) / 0.1))


def pattern(h: Tensor) -> Tensor:
    """Return T with its negative values cut to 0."""
    return printed_pattern(h).clamp_min(0.0)


class ToyRegression(Experiment):
    """Theorem 2 on the smallest example: a network learns y = −φ² + sin(20 φ)/5 + 1.2 from φ, and its loss along one coordinate h
    is T(h) = 1 − (exp(−(h − ½)²/0.1) + exp(−(h + ½)²/0.1)), which is lowest at h = −½ and h = ½.

    At every h the network's predictions are the answers, each shifted by √T(h), so that every sample has the loss T(h). At
    both minima the shift is 0 and the regression is solved.

    Shown: the predictions for several h and for the one on the slider, the loss against h with both minima, in closed form
    or while it is trained on pairs (h, φ).
    """

    title: ClassVar[str] = "Figure 4: toy regression"
    paper: ClassVar[str] = "Czarnecki et al. 2019"
    place: ClassVar[str] = "section 2, figure 4"
    formula: ClassVar[str] = (
        r"q(h, \phi) = y(\phi) + \sqrt{\mathcal{T}(h)}, \qquad "
        r"\mathcal{T}(h) = 1 - \left(e^{-(h - 0.5)^2 / 0.1} + e^{-(h + 0.5)^2 / 0.1}\right)"
    )
    short_formula: ClassVar[str] = r"q(h, \phi) = y(\phi) + \sqrt{\mathcal{T}(h)}"
    caveats: ClassVar[tuple[str, ...]] = (
        "T as printed is −4.5 · 10⁻⁵ at its minima, below every squared loss; it is cut at 0 here.",
        "√T has a kink at each minimum: the paper restricts the inverse of the loss to its positive part.",
        "The paper gives no range for φ and no size of the network: φ runs over [−1, 1], as h does.",
    )

    kind: Literal["toy_regression"] = "toy_regression"
    dtype: Dtype = Field(
        "float64", title="Precision", description="float32 for pictures, float64 for the sharpest numbers."
    )
    method: Literal["construct", "train"] = Field(
        "construct", title="Method", description="construct: closed form; train: gradient descent on pairs (h, φ)."
    )
    samples: int = Field(
        101, ge=9, le=2001, title="Samples", description="Equally spaced values of φ, each with a knot."
    )
    grid: Annotated[int, AfterValidator(_meets_the_minima)] = Field(
        101, ge=9, le=2001, title="Grid", description="Points of h, each with a knot: one more than a multiple of 4.",
        json_schema_extra={"unit": "points", "step": 4},
    )  # fmt: skip
    units: int = Field(32, ge=2, le=512, title="Units", description="Units of the second hidden layer.")
    steps: int = Field(
        1000, ge=10, le=20_000, title="Steps", description="Optimiser steps on all pairs.", json_schema_extra=TRAIN,
    )  # fmt: skip
    shown: float = Field(
        0.25, ge=-1.0, le=1.0, title="Shown h", description="The predictions at this h are drawn dashed as you move it."
    )

    @property
    def verb(self) -> str:
        return "Construct" if self.method == "construct" else f"Train {self.steps} steps"

    @property
    def network(self) -> Mlp:
        """The network: knots of φ and of h, then `units`."""
        return Mlp(hidden=(self.samples + self.grid, self.units))

    # --- jobs ------------------------------------------------------------------------------------------------------------

    def run(self, context: Context) -> Job:
        """Return the job: section "section", curves "predictions" and, trained, "training", a checkpoint."""
        phi, h = grids(self.samples, self.grid)
        if self.method == "construct":
            tables = closed_form(phi, h, self.units)
        else:
            tables = yield from within(self._train(context, phi, h), 0.0, 0.9)
        origin, direction = fold(tables, self.network)
        origin = move(origin, dtype=context.dtype, device=context.device)
        direction = move(direction, dtype=context.dtype, device=context.device)
        values = self._losses(origin, direction, phi, h)
        context.cached(("toy regression", *self._setting(context)), lambda: (origin, direction, values))
        yield self._section(h, values)
        yield self._predictions(phi, lambda at: self._outputs(origin, direction, phi, at))
        network = {**self.network.model_dump(mode="json"), "inputs": 1, "outputs": 1}
        whole = {name: torch.zeros_like(value) for name, value in origin.items()} | direction
        yield Checkpoint(
            "checkpoint", network, to_numpy(origin), (to_numpy(whole),), title="h = 0 and the direction of h"
        )
        compared = yield from within(self._check(context, origin, direction, phi, h, values), 0.9, 1.0)
        middles = 0.5 * (h[1:] + h[:-1])
        between = self._losses(origin, direction, phi, middles) - pattern(middles).numpy()
        return self._report(context, origin, direction, h, values, between, compared)

    def preview(self, context: Context) -> Job | None:
        """Return the job that draws the predictions at the shown h; None for a network that has not been trained yet."""
        trained = context.cache.get("toy regression", (None,))[0] == ("toy regression", *self._setting(context))
        return self._preview(context) if trained or self.method == "construct" else None

    def _preview(self, context: Context) -> Job:
        phi, h = grids(self.samples, self.grid)

        def make() -> tuple[Params, Params, Array]:
            origin, direction = fold(closed_form(phi, h, self.units), self.network)
            origin = move(origin, dtype=context.dtype, device=context.device)
            direction = move(direction, dtype=context.dtype, device=context.device)
            return origin, direction, self._losses(origin, direction, phi, h)

        origin, direction, values = context.cached(("toy regression", *self._setting(context)), make)
        yield self._section(h, values)
        yield self._predictions(phi, lambda at: self._outputs(origin, direction, phi, at))
        return Report()

    def _setting(self, context: Context) -> tuple[Hashable, ...]:
        """Return all that the network depends on."""
        return self.replace(shown=0.0).model_dump_json(), context.dtype, context.device, context.seed

    def _train(self, context: Context, phi: Tensor, h: Tensor) -> Step["Tables"]:
        tables = start(phi, h, self.units, context.generator("tables"), context.dtype, context.device)
        wanted = (answer(phi)[None] + pattern(h).sqrt()[:, None]).to(context.dtype).to(context.device)
        parameters = tables.parameters()
        fast, slow = Adam(parameters[:2]), Adam(parameters[2:])
        errors: list[float] = []
        for step in range(self.steps):
            outputs = tables.outputs()
            error = (outputs - wanted).square().mean()
            gradients = list(torch.autograd.grad(error, parameters))
            errors.append(float(error.detach()))
            if not math.isfinite(errors[-1]):
                raise FloatingPointError(f"the error is not finite at step {step + 1}; try another seed")
            cosine = 0.5 * (1.0 + math.cos(math.pi * step / self.steps))
            fast.step(gradients[:2], RATE_TABLES * cosine)
            slow.step(gradients[2:], RATE_REST * cosine)
            if step % max(1, self.steps // 25) == 0:
                yield from self._live(tables, phi, h, errors)
            yield Progress((step + 1) / self.steps, f"step {step + 1} of {self.steps}")
        yield from self._live(tables, phi, h, errors)
        return tables

    def _live(self, tables: "Tables", phi: Tensor, h: Tensor, errors: list[float]) -> Iterator[Section | Curve]:
        with torch.no_grad():
            outputs = tables.outputs().cpu().to(torch.float64)
        yield self._section(h, (outputs - answer(phi)).square().mean(1).numpy())
        yield self._predictions(phi, lambda at: outputs[int((h - at).abs().argmin())])
        steps = np.arange(1, len(errors) + 1)
        yield Curve(
            "training", "Training on pairs (h, φ)", "step", "mean squared error of eq. 14",
            (Series("all pairs", steps, np.array(errors)),), log_y=True,
        )  # fmt: skip

    # --- the network -----------------------------------------------------------------------------------------------------

    def _outputs(self, origin: Params, direction: Params, phi: Tensor, h: float) -> Float[Tensor, "samples"]:
        like = origin["0.weight"]
        at = combine(move(origin, dtype=torch.float64), (move(direction, dtype=torch.float64),), (h,))
        with torch.inference_mode():
            found = forward(self.network, move(at, dtype=like.dtype), phi[:, None].to(like.dtype).to(like.device))
        return found[:, 0].cpu().to(torch.float64)

    def _losses(self, origin: Params, direction: Params, phi: Tensor, h: Tensor) -> Array:
        y = answer(phi)
        rows = [(self._outputs(origin, direction, phi, float(at)) - y).square().mean() for at in h]
        return torch.stack(rows).numpy()

    def _check(
        self, context: Context, origin: Params, direction: Params, phi: Tensor, h: Tensor, values: Array
    ) -> Step[Comparison]:
        labels = Labels(answer(phi)[:, None], None)  # float64 targets: what the section is compared with
        risk = Risk.on(self.network, Squared(), phi[:, None], labels, dtype=context.dtype, device=context.device)
        points = sample(values.shape, POINTS, context.generator("points"))
        full = {name: torch.zeros_like(value) for name, value in origin.items()} | direction
        return (yield from brute_force(risk, origin, (full,), (h.numpy(),), values, points))

    # --- what is shown ---------------------------------------------------------------------------------------------------

    def _section(self, h: Tensor, values: Array) -> Section:
        marks = (
            *(Mark((float(h[k]),), "h*", "minimum") for k in minima(values)), Mark((self.shown,), "h")
        )  # fmt: skip
        return Section(
            "section", (Axis("h", h.numpy()),), values, title="Loss against h", target=pattern(h).numpy(), marks=marks
        )

    def _predictions(self, phi: Tensor, outputs: Callable[[float], Tensor]) -> Curve:
        series = [Series(f"h = {h:g}".replace("-", "−"), phi.numpy(), outputs(h).numpy()) for h in SHOWN]
        if (h := self.shown) not in SHOWN:
            series.append(Series(f"h = {h:g}".replace("-", "−"), phi.numpy(), outputs(h).numpy(), "dashed"))
        wanted = Series("y", phi.numpy(), answer(phi).numpy(), "band")
        return Curve("predictions", "Predictions for several h", "φ(x)", "prediction", (wanted, *series))

    # --- what is claimed -------------------------------------------------------------------------------------------------

    def _report(
        self, context: Context, origin: Params, direction: Params, h: Tensor, values: Array, between: Array,
        compared: Comparison,
    ) -> Report:  # fmt: skip
        trained, single = self.method == "train", context.dtype != torch.float64
        error = values - pattern(h).numpy()
        rmse = float(np.sqrt((error**2).mean()))
        bound, words = (1e-3, "≤ 10⁻³") if trained else (1e-4, "≤ 10⁻⁴") if single else (1e-12, "≤ 10⁻¹²")
        places = [float(h[k]) for k in minima(values)]
        spacing = 2.0 / (self.grid - 1)
        least = [float(values[int((h - star).abs().argmin())]) for star in STARS]
        away = max(min((abs(place - star) for place in places), default=math.inf) for star in STARS)
        brute = 1e-5 if single else 1e-12
        seen = origin["0.weight"][direction["0.bias"] != 0]
        claims: list[Claim] = [
            at_most("The loss along h is T", rmse, bound, expected=words, reason="Root of the mean square over all grid points.",
                    evidence=(("largest error", float(np.abs(error).max())), ("points", len(values)))),
            at_most("There is a minimum at −0.5 and one at 0.5", away, spacing * 1.01 if trained else 1e-9,
                    expected=f"within {spacing:g}" if trained else "= ±0.5",
                    evidence=tuple((f"minimum {k + 1} at", place) for k, place in enumerate(places))),
            at_most("At both minima the regression is solved", max(least), 1e-5, expected="< 10⁻⁵",
                    reason="Mean squared error over all samples.",
                    evidence=(("at −0.5", least[0]), ("at 0.5", least[1]))),
            at_most("The whole network on all samples gives these losses", compared.largest, brute,
                    expected="≤ 10⁻⁵" if single else "≤ 10⁻¹²", evidence=(("points", len(compared.points)),)),
            self._between(between, spacing, trained),
            at_most("Units that carry h do not see the input", float(seen.abs().max()), 0.0, expected="= 0"),
        ]  # fmt: skip
        numbers: dict[str, Number | str] = {
            "rmse": rmse, "max_abs_error": float(np.abs(error).max()), "loss_at_minus_half": least[0],
            "loss_at_half": least[1], "between_max_abs_error": float(np.abs(between).max()),
            "printed_pattern_minimum": float(printed_pattern(torch.tensor(0.5, dtype=torch.float64))),
            "brute_force_points": len(compared.points), "brute_force_max_abs_diff": compared.largest,
            "samples": self.samples, "grid": self.grid, "network_parameters": self.network.size(1, 1),
        }  # fmt: skip
        return Report(
            tuple(claims), numbers,
            f"Along h the loss of one and the same network is T, with a root mean square error of {rmse:.2g}, and at "
            f"h = ±0.5 it solves the regression: {least[0]:.2g} and {least[1]:.2g}.",
            "It does not mean that gradient descent on the regression alone finds two minima: h is a coordinate that was "
            "given its meaning by the construction.",
        )  # fmt: skip

    @staticmethod
    def _between(between: Array, spacing: float, trained: bool) -> Claim:
        claim = at_most(
            "Between grid points the loss follows T", float(np.abs(between).max()), 5.0 * spacing**2, expected="≤ 5 δ²",
            reason="√T is interpolated linearly; δ is the distance of two points.", evidence=(("δ", spacing),),
        )  # fmt: skip
        if trained and claim.verdict is Verdict.FAILS:
            return replace(claim, verdict=Verdict.UNDECIDED, reason="Training sees the grid points only.")
        return claim


# --- tables ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Layer 2 by its values at the knots of phi and h, and the output."""

    on_phi: Float[Tensor, "samples units"]
    on_h: Float[Tensor, "grid units"]
    bias: Float[Tensor, "units"]
    read: Float[Tensor, "units"]
    constant: Tensor

    def parameters(self) -> list[Tensor]:
        return [self.on_phi, self.on_h, self.bias, self.read, self.constant]

    def outputs(self) -> Float[Tensor, "grid samples"]:
        """Return the predictions for all pairs of knots."""
        hidden = torch.relu(self.on_h[:, None] + self.on_phi[None] + self.bias)
        return hidden @ self.read + self.constant


def grids(samples: int, points: int) -> tuple[Tensor, Tensor]:
    """Return phi and h, both equally spaced on [-1, 1], float64."""
    return (
        torch.linspace(-1.0, 1.0, samples, dtype=torch.float64),
        torch.linspace(-1.0, 1.0, points, dtype=torch.float64),
    )


def closed_form(phi: Tensor, h: Tensor, units: int) -> Tables:
    """Return the tables of y(phi) - min y in one unit and of sqrt(T(h)) in another; both are never negative."""
    y = answer(phi)
    on_phi, on_h = torch.zeros(len(phi), units, dtype=torch.float64), torch.zeros(len(h), units, dtype=torch.float64)
    on_phi[:, 0], on_h[:, 1] = y - y.min(), pattern(h).sqrt()
    read = torch.zeros(units, dtype=torch.float64)
    read[:2] = 1.0
    return Tables(on_phi, on_h, torch.zeros(units, dtype=torch.float64), read, y.min())


def start(
    phi: Tensor, h: Tensor, units: int, generator: torch.Generator, dtype: torch.dtype, device: torch.device
) -> Tables:
    """Return random tables to train from: sums of cosines and sines, amplitudes falling as the root of the frequency."""

    def own(tensor: Tensor) -> Tensor:
        return tensor.to(dtype).to(device).requires_grad_()

    def waves(points: Tensor) -> Tensor:
        frequency = torch.arange(1, WAVES + 1, dtype=torch.float64)
        angle = 0.5 * math.pi * (points + 1.0)[:, None] * frequency
        features = torch.cat([torch.cos(angle), torch.sin(angle)], 1) * frequency.rsqrt().repeat(2)
        return own(0.4 * features @ torch.randn(2 * WAVES, units, generator=generator, dtype=torch.float64))

    on_phi, on_h = waves(phi), waves(h)
    read = torch.randn(units, generator=generator, dtype=torch.float64) / math.sqrt(units)
    one = torch.tensor(1.0, dtype=torch.float64)
    return Tables(on_phi, on_h, own(torch.zeros(units, dtype=torch.float64)), own(read), own(one))


def fold(tables: Tables, network: Mlp) -> tuple[Params, Params]:
    """Return the network at h = 0 and the direction that moves h by 1, float64."""
    wide = [tensor.detach().cpu().to(torch.float64) for tensor in tables.parameters()]
    on_phi, on_h, bias, read, constant = wide
    samples = len(on_phi)
    origin = {name: torch.zeros(shape, dtype=torch.float64) for name, shape in network.shapes(1, 1).items()}
    for knots, table in ((slice(0, samples), on_phi), (slice(samples, None), on_h)):
        basis = make_basis(Relu(), len(table))  # on [0, 1]: phi and h are 2 alpha - 1
        origin["0.bias"][knots] = basis.bias + 0.5 * basis.step
        origin["2.weight"][:, knots] = (basis.inverse @ table).T
    step = torch.zeros(network.hidden[0], dtype=torch.float64)
    origin["0.weight"][:samples, 0] = 0.5 * make_basis(Relu(), samples).step
    step[samples:] = 0.5 * make_basis(Relu(), len(on_h)).step
    origin["2.bias"].copy_(bias)
    origin["4.weight"][0] = read
    origin["4.bias"][0] = constant
    return origin, {"0.bias": step}


def minima(values: Array) -> list[int]:
    """Return the lowest grid point of each half."""
    half = len(values) // 2
    return [int(values[:half].argmin()), half + int(values[half:].argmin())]
