"""What assumptions 3.2 and 5.2 ask of activation and loss, decided by a table of known functions.

Analytic and strictly increasing cannot be seen in any sample of numbers, so a function outside the table is only
*probed*: a probe can refute, it cannot confirm. sigma' > 0 is a row of its own: the proofs use it, the assumptions as
printed do not ask for it, and tanh(t^3) meets them without it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from lsviewer.core.claims import Claim, Verdict
from lsviewer.core.numerals import num
from lsviewer.engine.losses import Additive
from lsviewer.engine.traits import TRAITS, traits

Evidence = tuple[tuple[str, str | float], ...]
Callable1 = Callable[[Tensor], Tensor]

GROWTH = {  # why (a) or (b) of assumption 3.2 holds
    "sigmoid": "bounded by 0 and 1",
    "tanh": "bounded by ±1",
    "softplus": "ρ₁ = 1/α, ρ₂ = α, ρ₃ = 1, ρ₄ = log(2)/α",
    "atan": "bounded by ±π/2",
    "erf": "bounded by ±1",
    "tanh_cubed": "bounded by ±1",
}
RANGES: dict[str, tuple[float, float]] = {
    "relu": (-math.inf, math.inf), "sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0), "softplus": (0.0, math.inf),
    "atan": (-math.pi / 2, math.pi / 2), "erf": (-1.0, 1.0), "tanh_cubed": (-1.0, 1.0), "softsign": (-1.0, 1.0),
    "elu": (-1.0, math.inf),
}  # fmt: skip


def range_of(activation: Callable1) -> tuple[float, float]:
    """Return the open range of an activation where it is known and open, else everything."""
    return RANGES.get(getattr(activation, "kind", ""), (-math.inf, math.inf))


@dataclass(frozen=True, slots=True)
class ActivationFacts:
    """What is known of sigma. ``probed``: by numbers only, so that True means "not refuted"."""

    analytic: bool
    increasing: bool  # strictly
    growth: bool  # bounded, or exponentially small to the left and at most linear to the right
    once: bool  # C^1
    steep: bool  # sigma' > 0 everywhere
    probed: bool
    words: str = ""

    @property
    def assumption(self) -> bool:
        """Assumption 3.2, 2."""
        return self.analytic and self.increasing and self.growth

    @property
    def proofs(self) -> bool:
        """What the proofs use: the assumption and a positive slope."""
        return self.assumption and self.steep


def activation_facts(activation: Callable1) -> ActivationFacts:
    """Return the row of the table, or what a probe says."""
    kind = getattr(activation, "kind", "")
    if kind not in TRAITS:
        return _probed(activation)
    known = traits(activation)  # type: ignore[arg-type]
    increasing = known.growth == "strictly increasing"
    kinks = known.smoothness == "kinks"
    return ActivationFacts(
        known.smoothness == "analytic", increasing, known.bounded or known.decays, not kinks,
        increasing and not known.stalls and not kinks, False, known.words,
    )  # fmt: skip


def _probed(activation: Callable1) -> ActivationFacts:
    x = torch.linspace(-8.0, 8.0, 32_001, dtype=torch.float64)
    value, slope = _with_slope(activation, x)
    jumps = slope.diff().abs()
    worst = int(jumps.argmax())
    jump = float(jumps[worst])
    # a kink keeps its jump under the magnifying glass, a slope that only changes fast does not
    fine = torch.linspace(float(x[worst]), float(x[worst + 1]), 257, dtype=torch.float64)
    continuous = jump < 1e-6 or float(_with_slope(activation, fine)[1].diff().abs().max()) < 0.5 * jump
    steps = value.diff()
    rising = bool((steps >= 0).all()) and bool((steps[8000:24_000] > 0).all())  # far out a bounded function rounds flat
    far = torch.tensor([1e3, 1e6], dtype=torch.float64)
    left, right = activation(-far).detach().abs(), activation(far).detach().abs()
    bounded = bool(left[1] <= 2 * left[0] + 1) and bool(right[1] <= 2 * right[0] + 1)
    decays = bool(left[0] < 1e-12) and bool(right[1] <= 2e3 * right[0])
    return ActivationFacts(
        continuous, rising, bounded or decays, continuous, rising and float(slope[8000:24_001].min()) > 1e-12, True,
        f"probed on [−8, 8]: least slope {float(slope.min()):.2g}, largest jump of the slope {jump:.2g}",
    )  # fmt: skip


def _with_slope(activation: Callable1, x: Tensor) -> tuple[Tensor, Tensor]:
    variable = x.clone().requires_grad_()
    value = activation(variable)
    (slope,) = torch.autograd.grad(value.sum(), variable)
    return value.detach(), slope


def activation_claims(activation: Callable1) -> tuple[Claim, ...]:
    """Return the rows of assumption 3.2, 2 and of sigma' > 0."""
    facts = activation_facts(activation)
    label = getattr(activation, "label", "the activation")
    how = facts.words if facts.probed else "from the table of known functions"
    growth = GROWTH.get(getattr(activation, "kind", ""), "")
    rows = (
        ("σ is analytic (3.2, 2)", facts.analytic, f"{label} is not: {facts.words}"),
        ("σ is strictly increasing (3.2, 2)", facts.increasing, f"{label} is not: {facts.words}"),
        (
            "σ is bounded, or exponentially small to the left and at most linear to the right (3.2, 2)",
            facts.growth, f"{label} is unbounded and does not fall off exponentially to the left",
        ),
        (
            "σ′ > 0 everywhere (used by the proofs)", facts.steep,
            f"{label} has slope 0 somewhere; with σ′ = 0 a gradient vanishes without Δ = 0, and theorem 3.4 as printed fails",
        ),
        ("σ is C¹ and strictly increasing (5.2, 1)", facts.once and facts.increasing, f"{label} is not: {facts.words}"),
    )  # fmt: skip
    return tuple(
        Claim(statement, "by its formula", None, None, _verdict(holds, facts.probed),
              (how if facts.probed else growth if "bounded" in statement else "") if holds else why,
              evidence=(("decided", "probed, not known" if facts.probed else "by table"),))
        for statement, holds, why in rows
    )  # fmt: skip


def _verdict(holds: bool, probed: bool) -> Verdict:
    if not holds:
        return Verdict.FAILS
    return Verdict.UNDECIDED if probed else Verdict.HOLDS


def loss_is_regular(loss: Additive) -> bool:
    """Return whether assumption 3.2, 3 holds: C^2, and stationary only at global minima."""
    return loss.kind != "squared_hinge"


def loss_claims(loss: Additive) -> tuple[Claim, ...]:
    """Return the rows of assumptions 3.2, 3 and 5.2, 2 and 3. No loss meets both: the one it is not made for does not apply."""
    hinge = loss.kind == "squared_hinge"
    six = torch.tensor([6.0], dtype=torch.float64)
    slope = float(loss.slope(six, torch.zeros_like(six))[0]) if not hinge else None
    evidence: Evidence = () if slope is None else (("l′(6)", slope),)
    faded = slope is not None and abs(slope) < 1e-12
    regular = Claim(
        "l is C², and l′(a) = 0 only at global minima (3.2, 3)", "by its formula", None, None,
        Verdict.NOT_APPLICABLE if hinge else Verdict.HOLDS,
        "the squared hinge has no second derivative at its corner: theorems 3.4 and 3.8 are not about it, theorem 5.3 is" if hinge
        else f"l′(6) = {num(slope or 0.0)}: far out the slope underflows and fakes critical points" if faded else "",
        evidence=evidence,
    )  # fmt: skip
    split = Claim(
        "l₁ and l₂ vanish, with their slopes, exactly on the right side of the label (5.2, 2 and 3)", "by its formula",
        None, None, Verdict.HOLDS if hinge else Verdict.NOT_APPLICABLE,
        "" if hinge
        else f"{loss.label} punishes outputs beyond the label: theorem 5.3 is about losses like the squared hinge, not about it",
    )  # fmt: skip
    return regular, split
