"""Assumptions 3.2 and 5.2 for data, activation, loss and architecture, and the losses of Figures 1 and 2."""

from itertools import pairwise
from typing import ClassVar, Literal

import torch
from torch import Tensor

from lsviewer.core.artifacts import Curve, Series
from lsviewer.core.claims import Claim, Number, Report, Verdict
from lsviewer.core.jobs import Job, Progress
from lsviewer.engine.context import Context
from lsviewer.engine.gauss_newton import derivative
from lsviewer.engine.losses import (
    BlakeZisserman,
    Cauchy,
    CorruptedGaussian,
    PseudoHuber,
    Squared,
    SquaredHinge,
)
from lsviewer.experiments.wide_layers.facts import activation_claims, activation_facts, loss_claims, loss_is_regular
from lsviewer.experiments.wide_layers.setting import Problem, WideLayers


class Assumptions(WideLayers):
    """Assumptions 3.2. 1. No two training samples are equal. 2. σ is analytic, strictly increasing, and (a) bounded or (b)
    |σ(t)| ≤ ρ_1 exp(ρ_2 t) for t < 0 and |σ(t)| ≤ ρ_3 t + ρ_4 for t ≥ 0, all ρ positive. 3. l ∈ C², and l′(a) = 0 only at
    global minima. Assumptions 5.2. 1. σ ∈ C¹, strictly increasing. 2. and 3. l_1 ≥ 0 and l_2 ≥ 0 are C¹; l_1 vanishes, with its
    slope, exactly for a ≥ 0 and falls before; l_2 vanishes, with its slope, exactly for a ≤ 0 and rises beyond.

    Shown: a row for each condition with its reason, the widths the theorems need, and the losses of Figures 1 and 2.
    """

    title: ClassVar[str] = "Assumptions"
    place: ClassVar[str] = "assumptions 3.2 and 5.2"
    formula: ClassVar[str] = (
        r"x_i \neq x_j \qquad \sigma \in C^\omega, \; \sigma \nearrow \qquad l'(a) = 0 \Rightarrow l(a) = \min l"
    )
    short_formula: ClassVar[str] = r"x_i \neq x_j, \;\; \sigma \in C^\omega, \;\; l \in C^2"
    caveats: ClassVar[tuple[str, ...]] = (
        "σ′ > 0 is used by the proofs and not asked for: tanh(t³) meets assumption 3.2 and breaks theorem 3.4 as printed.",
        "Analytic and strictly increasing are decided by a table of known functions; no sample of numbers can show them.",
        "a⁴ meets assumption 3.2 with l″(0) = 0; Huber's loss has one derivative only and does not.",
        "Blake–Zisserman's slope underflows far out: points there look critical to a computer and are not.",
        "The losses of Figure 1 are drawn without the constants that the paper leaves at zero.",
    )

    kind: Literal["assumptions"] = "assumptions"

    @property
    def verb(self) -> str:
        return "Check the assumptions"

    def run(self, context: Context) -> Job:
        """Return the job: artifacts losses, hinge, activation."""
        yield Progress(0.0, "reading the data")
        problem = self.pose(context)
        yield _figure_one()
        yield _figure_two()
        x = torch.linspace(-4.0, 4.0, 401, dtype=torch.float64)
        value, slope = derivative(self.network.activation, x)
        series = (Series("σ", x.numpy(), value.numpy()), Series("σ′", x.numpy(), slope.numpy(), "dashed"))
        yield Curve("activation", f"Activation: {self.network.activation.label}", "t", "σ(t)", series)
        yield Progress(0.9, "assumptions")
        return report(problem)


def distinct(problem: Problem) -> Claim:
    """Return the row of assumption 3.2, 1."""
    count = problem.samples - len(problem.duplicates)
    reason = ""
    if problem.duplicates:
        i, j = problem.duplicates[0]
        same = bool((problem.objective.y[i] == problem.objective.y[j]).all())
        also = "" if same else ", with different targets: Φ = 0 cannot be reached"
        reason = f"samples {i} and {j} are equal{also}"
    verdict = Verdict.FAILS if problem.duplicates else Verdict.HOLDS
    return Claim("No two training samples are equal (3.2, 1)", f"= {problem.samples}", count, 0.0, verdict, reason)


def attainable(problem: Problem) -> Claim:
    """Return whether the output layer can produce the targets."""
    statement = "The output layer can reach every target"
    if problem.output == "identity":
        return Claim(
            statement, "0 outside", 0, None, Verdict.HOLDS,
            "identity output: an extension of the paper, the proofs carry over; they use growth at layer k only, and σ′ = 1 here",
        )  # fmt: skip
    verdict = Verdict.FAILS if problem.unreachable else Verdict.HOLDS
    label = problem.network.activation.label
    reason = (
        f"{problem.unreachable} of {problem.objective.y.numel()} targets lie outside the open range of {label}: "
        "the minimum of Φ is not attained, which the paper assumes"
        if problem.unreachable
        else ""
    )
    return Claim(statement, "0 outside", problem.unreachable, 0.0, verdict, reason)


def pyramidal_from(widths: tuple[int, ...]) -> int:
    """Return the first layer k from which on widths do not grow: n_k >= n_{k+1} >= ... >= n_L."""
    layer = len(widths) - 1
    while layer > 0 and widths[layer - 1] >= widths[layer]:
        layer -= 1
    return layer


def layers_in_words(layers: tuple[int, ...]) -> str:
    """Return ``1, 2`` or ``none``."""
    return ", ".join(map(str, layers)) or "none"


def report(problem: Problem) -> Report:
    """Return all rows."""
    widths, n = problem.stack.widths, problem.samples
    first = pyramidal_from(widths)
    useful = tuple(k for k in problem.wide if all(a >= b for a, b in pairwise(widths[k + 1 :])))
    wide = Claim(
        "Some hidden layer has n_k ≥ N − 1 units (theorem 3.8)", f"≥ {n - 1}", max(widths[1:-1]), None,
        Verdict.HOLDS if problem.wide else Verdict.FAILS, f"layers {layers_in_words(problem.wide)}" if problem.wide else "",
    )  # fmt: skip
    pyramid = Claim(
        "Above a wide layer k the widths do not grow: n_{k+1} ≥ … ≥ n_L", f"first layer ≤ {max(problem.wide, default=0) + 1}",
        first, None,
        Verdict.NOT_APPLICABLE if not problem.wide else Verdict.HOLDS if useful else Verdict.FAILS,
        "" if useful else "no wide layer" if not problem.wide else "some weight matrix above cannot have full column rank",
    )  # fmt: skip
    exact = tuple(k for k in useful if widths[k] == n - 1 and set(widths[k + 1 :]) == {widths[-1]})
    reach = Claim(
        "Condition 1 of theorem 3.8 can hold with all conditions", f"n_k = {n - 1} and equal widths above", None, None,
        Verdict.HOLDS if exact else Verdict.FAILS,
        f"layers {layers_in_words(exact)}" if exact
        else "with n_k ≥ N the kernel of [F_k, 1] makes every such block Hessian singular; lemma 3.5 decides instead",
    )  # fmt: skip
    activation, loss = problem.network.activation, problem.objective.loss
    claims = (
        distinct(problem), *activation_claims(activation), *loss_claims(loss), attainable(problem), wide, pyramid, reach
    )  # fmt: skip
    facts = activation_facts(activation)
    applies = not problem.duplicates and facts.proofs and loss_is_regular(loss) and not problem.unreachable
    numbers: dict[str, Number | str] = {
        "samples": n, "distinct_inputs": n - len(problem.duplicates), "pyramidal_from": first,
        "wide_layers": layers_in_words(problem.wide), "unreachable_targets": problem.unreachable,
        "assumption_5_2": "holds" if facts.once and facts.increasing and loss.kind == "squared_hinge" else "fails",
        "assumption_3_2": "holds" if not problem.duplicates and facts.assumption and loss_is_regular(loss) else "fails",
        "network": problem.words, "data_sha256": problem.data.sha256,
    }  # fmt: skip
    means = (
        f"The theorems of section 3 apply to {problem.words}."
        if applies
        else f"Theorem 5.3 applies to {problem.words}, those of section 3 do not."
        if loss.kind == "squared_hinge" and facts.once and facts.increasing and facts.steep
        else f"Some theorem's hypothesis fails for {problem.words}: what still can be measured is shown all the same."
    )
    return Report(claims, numbers, means, "Nothing about any point of parameter space yet.")


def _figure_one() -> Curve:
    a = torch.linspace(-8.0, 8.0, 641, dtype=torch.float64)
    shown = (
        ("Blake–Zisserman, δ = 0.1", BlakeZisserman()), ("corrupted Gaussian, α = 0.5, w = 6", CorruptedGaussian()),
        ("Cauchy, δ = 1", Cauchy()), ("pseudo-Huber, δ = 1", PseudoHuber()), ("squared", Squared()),
    )  # fmt: skip
    zero = torch.zeros_like(a)
    series = tuple(Series(label, a.numpy(), _cut(loss.term(a, zero)).numpy()) for label, loss in shown)
    return Curve("losses", "Losses of Figure 1", "a", "l(a)", series)


def _cut(values: Tensor) -> Tensor:
    """Return values as the figure shows them: up to 4."""
    return torch.where(values <= 4.0, values, torch.nan)


def _figure_two() -> Curve:
    a = torch.linspace(-2.0, 2.0, 401, dtype=torch.float64)
    hinge = SquaredHinge()
    # with labels ±1 the deviation from the label is a = f - 1 for the class and f + 1 for the others
    series = (
        Series("l₁, the class", a.numpy(), hinge.term(a + 1.0, torch.ones_like(a)).numpy()),
        Series("l₂, the others", a.numpy(), hinge.term(a - 1.0, -torch.ones_like(a)).numpy()),
    )
    return Curve("hinge", "Squared hinge, Figure 2", "f − y", "l", series)
