"""What a run on a section of Theorem 1 shows and asserts, the same for a planted and a trained network.

Tolerances. *Grid*: the loss of a section is rounded at the size of the largest loss; `found.rounding_level` turns
that, and the rounding of heights in the folded form, into the PSNR that must be reached. *Brute force*: two
evaluations of one network in another order differ by the rounding of sums over a few hundred units: 10^-4 in float32
and 10^-10 in float64 for losses up to 10, in proportion beyond. *Between the points*: see `goal.BEND`.
"""

import math
from collections.abc import Mapping

import numpy as np
import torch

from lsviewer.core.arrays import Array
from lsviewer.core.claims import Claim, Number, Report, Verdict, at_least, at_most
from lsviewer.core.jobs import Step, within
from lsviewer.engine.cnn import Cnn
from lsviewer.engine.context import Context
from lsviewer.engine.data import marginal
from lsviewer.engine.losses import Labels, Loss
from lsviewer.experiments.patterns.directions_report import direction_claims, direction_numbers
from lsviewer.experiments.patterns.found import Expected, Found
from lsviewer.experiments.patterns.goal import risk
from lsviewer.experiments.patterns.measures import Fit, cell_means, fit_of, lowest, psnr
from lsviewer.experiments.patterns.separable import grid_axes, middles
from lsviewer.experiments.patterns.verification import Sampled, alphas, brute_force, sample_points

POINTS = 64
LEAST_POINTS, WORK = 8, 2.5e12  # fewer points where all samples at 64 would be more products and sums than that
Evidence = tuple[tuple[str, str | Number], ...]


def check(found: Found, values: Array, context: Context, extra: Mapping[str, Number | str]) -> Step[Report]:
    """Verify the section by brute force and return the report; yields progress."""
    grid, z = values.shape[0], values.ndim
    mean = risk(found.loss, found.data.labels)
    amplitude = found.goal.amplitude
    fit = fit_of(values, amplitude * found.pattern, amplitude)
    between = found.losses(middles(grid, z), mean) - amplitude * cell_means(found.pattern) - fit.offset
    points = sample_points(values.shape, _affordable(found), context.generator("brute force"))
    sampled = yield from within(
        brute_force(
            found.network,
            found.origin,
            found.directions,
            found.loss,
            found.data.x,
            found.data.labels,
            points,
            values.shape,
        ),
        0.0,
        1.0,
    )
    at = tuple(points.T)
    exact = found.losses(grid_axes(grid, z), mean, torch.float64) if found.dtype != torch.float64 else values
    difference, difference64 = np.abs(sampled.losses - values[at]), np.abs(sampled.losses64 - exact[at])
    claims = (
        _on_the_grid(found, fit, values),
        _between(found, psnr(between, amplitude)),
        _brute_force(found, sampled, difference, values),
        _brute_force64(found, sampled, difference64, values),
        ignores_x(found, sampled),
        *direction_claims(found),
        transfers(found, values),
        _lowest(found, values),
    )
    numbers: dict[str, Number | str] = {
        "psnr_db": fit.psnr_db,
        "r2": fit.r2,
        "max_abs_error": fit.max_abs_error,
        "offset": fit.offset,
        "midpoint_psnr_db": psnr(between, amplitude),
        "brute_force_points": len(points),
        "brute_force_max_abs_diff": float(difference.max()),
        "brute_force_float64_max_abs_diff": float(difference64.max()),
        "network_parameters": found.network.size(found.data.inputs, found.data.outputs),
        "variant": found.variant,
        "grid": grid,
        **direction_numbers(found),
        "loss_minimum": found.goal.implicit.minimum,
        "data_sha256": found.data.sha256,
        **extra,
    }
    return Report(claims, numbers, _means(found, fit, len(points)), _does_not_mean(found, values))


def _affordable(found: Found) -> int:
    """Return how many points are checked: a convolutional network takes some milliseconds a sample."""
    if not isinstance(found.network, Cnn):
        return POINTS
    return min(POINTS, max(LEAST_POINTS, int(WORK / (found.network.work * len(found.data)))))


# --- claims ------------------------------------------------------------------------------------------------------------------


def _judged(claim: Claim, expected: Expected) -> Claim:
    if not expected.undecided or claim.verdict is Verdict.HOLDS:
        return claim
    return Claim(claim.statement, claim.expected, claim.measured, claim.tolerance, Verdict.UNDECIDED,
                 expected.undecided, claim.unit, claim.evidence)  # fmt: skip


def _on_the_grid(found: Found, fit: Fit, values: Array) -> Claim:
    level = found.expected.grid_db
    return _judged(
        at_least(
            "The loss on the grid is the pattern plus a constant", fit.psnr_db, level, expected=f"≥ {level:.0f} dB", unit="dB",
            reason="PSNR with the amplitude as peak, the best constant removed (eq. 8).",
            evidence=(
                ("largest error", fit.max_abs_error),
                ("at", _place(fit.worst, values.shape)),
                ("R²", fit.r2),
                ("constant", fit.offset),
                ("points", values.size),
                ("dtype", _name(found.dtype)),
            ),
        ),
        found.expected,
    )  # fmt: skip


def _between(found: Found, measured: float) -> Claim:
    level = found.expected.between_db
    cells = math.prod(n - 1 for n in found.pattern.shape)
    return _judged(
        at_least(
            "Between grid points the loss follows the pattern", measured, level, expected=f"≥ {level:.0f} dB", unit="dB",
            reason="Middles of all cells against the mean of their corners.",
            evidence=(("cells", cells), ("dtype", _name(found.dtype))),
        ),
        found.expected,
    )  # fmt: skip


def _brute_force(found: Found, sampled: Sampled, difference: Array, values: Array) -> Claim:
    single = found.dtype != torch.float64
    bound = (1e-4 if single else 1e-10) * _scale(values)
    return at_most(
        "The whole network on all data gives these losses", float(difference.max()), bound,
        expected=f"≤ {_power(bound)}",
        reason="Full parameter vector, every sample, at random grid points.",
        evidence=_difference(found, sampled, difference, _name(found.dtype)),
    )  # fmt: skip


def _brute_force64(found: Found, sampled: Sampled, difference: Array, values: Array) -> Claim:
    bound = 1e-10 * _scale(values)
    return at_most(
        "A second program in float64 agrees", float(difference.max()), bound, expected=f"≤ {_power(bound)}",
        reason="The same parameters, widened to float64, through numpy alone against the reduced evaluation in float64.",
        evidence=_difference(found, sampled, difference, "float64"),
    )  # fmt: skip


def _difference(found: Found, sampled: Sampled, difference: Array, dtype: str) -> Evidence:
    worst = sampled.points[int(difference.argmax())]
    return (
        ("largest difference at", _place(tuple(worst), found.pattern.shape)),
        ("points", len(difference)),
        ("samples", len(found.data)),
        ("dtype", dtype),
    )


def ignores_x(found: Found, sampled: Sampled) -> Claim:
    """Rows of equal inputs may differ by rounding where a matrix product treats the rows at its edge apart."""
    layer = found.carrier.layer
    weight = float(found.origin[f"{2 * (layer - 1)}.weight"].abs().max())
    size = max(abs(found.goal.low), abs(found.goal.high), 1.0)
    bound = 32 * torch.finfo(found.dtype).eps * size
    return at_most(
        "The output does not depend on the input", sampled.spread, bound, expected="= 0",
        reason="Largest difference of an output between two samples at one point; rounding of matrix products is allowed.",
        evidence=(
            ("largest first-layer weight" if layer == 1 else f"largest weight into layer {layer}", weight),
            ("rounding allowed", bound),
            ("samples", len(found.data)),
            ("points", len(sampled.points)),
        ),
    )  # fmt: skip


def transfers(found: Found, values: Array) -> Claim:
    statement = "On the test part the loss differs by no more than the label shares allow"
    expected = "≤ TV(p, p′) · range"
    labels, tested = found.data.labels, found.data.test_labels
    if tested is None or labels.classes is None:
        reason = "The data has no test part." if tested is None else "The targets are numbers, not classes."
        return Claim(statement, expected, None, None, Verdict.NOT_APPLICABLE, reason)
    axes = grid_axes(values.shape[0], values.ndim)
    outputs = found.outputs(axes)
    p, other = marginal(labels), marginal(tested)
    variation = 0.5 * float((p - other).abs().sum())
    by_class = torch.stack([_class_loss(found.loss, outputs, c, labels.classes) for c in range(labels.classes)], -1)
    bound = variation * float((by_class.amax(-1) - by_class.amin(-1)).max())
    measured = float((risk(found.loss, tested)(outputs) - torch.from_numpy(values.copy())).abs().max())
    slack = 64 * torch.finfo(found.dtype).eps * float(by_class.abs().max())
    return at_most(
        statement, measured, bound + slack, expected=expected,
        reason="Observation 1, exact: the difference is the change of the label shares times the losses of the classes.",
        evidence=(
            ("TV(p, p′)", variation),
            ("bound", bound),
            ("rounding allowed", slack),
            ("test samples", len(tested.y)),
        ),
    )  # fmt: skip


def _class_loss(loss: Loss, outputs: torch.Tensor, label: int, classes: int) -> torch.Tensor:
    """Return the loss of a sample of one class at all points of the section."""
    return risk(loss, _only(label, classes))(outputs)


def _only(label: int, classes: int) -> Labels:
    return Labels(torch.tensor([label]), classes)


def _lowest(found: Found, values: Array) -> Claim:
    place = lowest(values)
    excess = float(found.pattern[place] - found.pattern.min())
    return _judged(
        at_most(
            "Where the loss is lowest, the pattern is lowest", excess, found.expected.lowest,
            expected=f"≤ {found.expected.lowest:g}",
            reason="Height of the pattern above its minimum at the lowest grid point of the loss, in [0, 1].",
            evidence=(("lowest loss at", _place(place, values.shape)), ("loss there", float(values[place]))),
        ),
        found.expected,
    )  # fmt: skip


# --- words -------------------------------------------------------------------------------------------------------------------


def _means(found: Found, fit: Fit, points: int) -> str:
    what = f"the mean loss of {found.network.describe()} over {_count(len(found.data))} samples of {found.data.name}"
    return (
        f"On this section {what} is the pattern times {found.goal.amplitude:g} plus {fit.offset:.4g}, "
        f"with {fit.psnr_db:.1f} dB at its {_count(found.pattern.size)} grid points; "
        f"{points} of them were computed again with the whole network on all samples."
    )


def _does_not_mean(found: Found, values: Array) -> str:
    low, best = float(values.min()), found.goal.implicit.minimum
    return (
        "It does not mean that training an ordinary network comes near this place: "
        f"here {'first-layer weights' if found.carrier.layer == 1 else f'weights into layer {found.carrier.layer}'} are 0, "
        "the outputs ignore the data, and "
        f"the lowest loss, {low:.4g}, is {low - best:.3g} above that of the best constant output, {best:.4g}."
    )


def _scale(values: Array) -> float:
    return max(1.0, float(np.abs(values).max()) / 10.0)


def _place(point: tuple[int, ...], shape: tuple[int, ...]) -> str:
    return "(" + ", ".join(f"{alpha:.3f}" for alpha in alphas(np.array(point), shape)) + ")"


def _count(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _power(value: float) -> str:
    """Return 1e-4 as 10⁻⁴, 3.2e-4 as 3.2 × 10⁻⁴."""
    exponent = math.floor(math.log10(value) + 1e-9)
    mantissa = value / 10.0**exponent
    power = "10" + "".join("⁻" if c == "-" else "⁰¹²³⁴⁵⁶⁷⁸⁹"[int(c)] for c in str(exponent))
    return power if abs(mantissa - 1.0) < 1e-6 else f"{mantissa:.2g} × {power}"
