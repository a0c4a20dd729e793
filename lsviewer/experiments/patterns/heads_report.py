"""What is claimed of a picture in colour: every channel on the grid, brute force, one section for all heads.

Tolerances. *Grid*: as in Theorem 1, the rounding of losses of that size, and of heights in the folded form, turned into
dB; trained, what is known of that many steps. *Brute force*: two evaluations of one network in another order differ by the
rounding of sums over some hundred units: 1e-4 in float32 and 1e-10 in float64 for losses up to 10, in proportion beyond.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import torch

from lsviewer.core.arrays import Array
from lsviewer.core.claims import Claim, Number, Report, Verdict, at_least, at_most
from lsviewer.core.colour import CHANNELS
from lsviewer.engine.data import Data
from lsviewer.experiments.patterns.heads_check import Compared
from lsviewer.experiments.patterns.measures import cell_means, fit_of, psnr


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


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """What was asked for and what was found."""

    colours: Array  # (G, G, 3) in [0, 1]
    amplitude: float
    losses: Array  # (3, G, G)
    between: Array  # (3, G - 1, G - 1), at the middles of the cells


def report_of(
    painted: Painted, promise: Promise, checks: Checks, dtype: torch.dtype, moved: int, data: Data, network: str, size: int
) -> Report:  # fmt: skip
    """Return the claims and numbers; ``moved`` counts entries of the directions outside the first layer's biases."""
    claims: list[Claim] = []
    numbers: dict[str, Number | str] = {}
    for c, name in enumerate(CHANNELS):
        claim, more = _channel(painted, c, name, promise)
        claims.append(claim)
        numbers |= more
    largest = float(np.abs(painted.losses).max())
    scale = max(1.0, largest / 10.0)
    single = 1e-4 if dtype == torch.float32 else 1e-10
    claims += [
        at_most("The whole network on all data gives these losses", checks.same.largest, single * scale,
                expected=f"≤ {_power(single)} max(1, L/10)", reason="All three heads, every sample, at random grid points.",
                evidence=_evidence(checks.same, data)),
        at_most("In float64 the same network agrees more closely", checks.double.largest, 1e-10 * scale,
                expected="≤ 10⁻¹⁰ max(1, L/10)", reason="The same parameters, widened to float64, both ways.",
                evidence=_evidence(checks.double, data)),
        at_most("The three pictures lie on one section that moves first-layer biases only", moved, 0, expected="= 0",
                reason="Entries of the two directions outside the first layer's biases that are not 0 (eq. 10).",
                evidence=(("heads", 3), ("outputs", 3 * data.outputs))),
    ]  # fmt: skip
    worst = min(float(numbers[f"psnr_{name}_db"]) for name in CHANNELS)
    numbers |= {
        "psnr_db": worst, "variant": promise.variant, "grid": len(painted.colours),
        "brute_force_points": len(checks.same.points), "brute_force_max_abs_diff": checks.same.largest,
        "brute_force_float64_max_abs_diff": checks.double.largest, "network_parameters": size,
    }  # fmt: skip
    means = (
        f"Over one section the losses of three heads of {network}, on {len(data)} samples of {data.name}, "
        f"are the red, green and blue of the picture, each to {worst:.1f} dB or better."
    )
    return Report(
        tuple(claims), numbers, means,
        "It does not mean that the network sees the picture or the data: its outputs ignore the inputs on the whole section.",
    )  # fmt: skip


def _channel(painted: Painted, c: int, name: str, promise: Promise) -> tuple[Claim, dict[str, Number | str]]:
    channel, losses, amplitude = painted.colours[:, :, c], painted.losses[c], painted.amplitude
    fit = fit_of(losses, amplitude * channel, amplitude)
    halfway = psnr(painted.between[c] - amplitude * cell_means(channel) - fit.offset, amplitude)
    claim = at_least(
        f"The {name} head's loss on the grid is the {name} of the picture plus a constant", fit.psnr_db, promise.db,
        expected=f"≥ {promise.db:.0f} dB", unit="dB",
        reason="PSNR with the amplitude as peak, the best constant removed (eq. 8).",
        evidence=(("largest error", fit.max_abs_error), ("constant", fit.offset), ("points", losses.size),
                  ("PSNR between grid points in dB", halfway)),
    )  # fmt: skip
    if promise.undecided and claim.verdict is Verdict.FAILS:
        claim = replace(claim, verdict=Verdict.UNDECIDED, reason=promise.undecided)
    return claim, {f"psnr_{name}_db": fit.psnr_db, f"midpoint_psnr_{name}_db": halfway}


def _evidence(compared: Compared, data: Data) -> tuple[tuple[str, str | Number], ...]:
    return (
        ("points", len(compared.points)),
        ("heads", 3),
        ("samples", len(data)),
        ("worst head", CHANNELS[compared.worst]),
    )


def _power(value: float) -> str:
    return "10⁻" + "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(digit)] for digit in str(round(-math.log10(value))))
