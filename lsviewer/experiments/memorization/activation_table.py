"""The definitions: which activations are rectified, smooth, analytic, monotone, bounded."""

from typing import ClassVar, Literal, get_args

import torch
from pydantic import Field
from torch import Tensor

from lsviewer.core.artifacts import Curve, Series
from lsviewer.core.claims import Claim, Report, Verdict
from lsviewer.core.experiment import Experiment
from lsviewer.core.jobs import Job, Progress
from lsviewer.engine.activations import Activation
from lsviewer.engine.context import Context
from lsviewer.engine.gauss_newton import derivative
from lsviewer.engine.traits import TRAITS, Traits, probe, traits

GROUPS = ("rectified", "analytic", "others")


class ActivationTable(Experiment):
    """An activation is rectified if it is zero for x ≤ 0 and strictly increasing for x > 0. The strongest results
    need a rectified activation that is smooth, such as smooLU(x) = x exp(−1/x) for x > 0.

    Shown: value and derivative of every activation, in three groups, and a row for each one: what is known of it by its
    formula, and whether the numbers agree.
    """

    title: ClassVar[str] = "Activations"
    paper: ClassVar[str] = "Cooper 2018"
    place: ClassVar[str] = "definitions 3.1 and 3.2"
    formula: ClassVar[str] = r"\mathrm{smooLU}(x) = \begin{cases} 0 & x \leq 0 \\ x\, e^{-1/x} & x > 0 \end{cases}"
    short_formula: ClassVar[str] = r"\mathrm{smooLU}(x) = x\,e^{-1/x} \;\; (x > 0)"
    caveats: ClassVar[tuple[str, ...]] = (
        "Definition 3.1 as printed (“monotonic increasing”) admits the zero function, for which the lemma fails: strictly.",
        "Truncated tanh is rectified but has a corner at 0; tanh(smooLU) is smooth.",
        "A function that is analytic and zero on a half line is zero: no activation meets both Cooper's theorem 4.1 and "
        "assumption 3.2 of Nguyen and Hein.",
        "Smooth and analytic are read off the formula: no sample of numbers can show them.",
    )

    kind: Literal["activation_table"] = "activation_table"
    span: float = Field(4.0, ge=0.5, le=100.0, title="Span", description="The plots go from −span to span.")
    dtype: Literal["float64"] = Field("float64", title="Precision")

    @property
    def verb(self) -> str:
        return "Show the table"

    def run(self, context: Context) -> Job:
        """Return the job: artifacts value_GROUP and slope_GROUP, one claim an activation."""
        x = torch.linspace(-self.span, self.span, 801, dtype=torch.float64)
        known = every_activation()
        for group in GROUPS:
            members = [one for one in known if group_of(traits(one)) == group]
            pairs = [derivative(one, x) for one in members]
            yield Progress(0.1)
            yield _curve(f"value_{group}", f"Value: {group}", "σ(x)", x, members, [value for value, _ in pairs])
            yield _curve(f"slope_{group}", f"Derivative: {group}", "σ′(x)", x, members, [slope for _, slope in pairs])
        claims = []
        for k, one in enumerate(known):
            claims.append(row(one))
            yield Progress((k + 1) / len(known), one.label)
        claims.append(_exclusive())
        smooth = [kind for kind, facts in TRAITS.items() if facts.rectified_smooth]
        return Report(
            tuple(claims),
            {
                "activations": len(known),
                "rectified": sum(t.rectified for t in TRAITS.values()),
                "rectified_smooth": len(smooth),
            },
            means=f"Theorem 4.1 applies to {', '.join(kind.replace('_', ' ') for kind in smooth)}.",
            does_not_mean="Theorem 2.1 and proposition 2.3 need smooth activations only; tanh and softplus serve there too.",
        )


def every_activation() -> list[Activation]:
    """Return every activation once, with its defaults."""
    kinds = get_args(get_args(Activation)[0])
    return [kind() for kind in kinds]


def group_of(facts: Traits) -> Literal["rectified", "analytic", "others"]:
    """Return the plot an activation is drawn in."""
    return "rectified" if facts.rectified else "analytic" if facts.smoothness == "analytic" else "others"


def row(activation: Activation, facts: Traits | None = None) -> Claim:
    """Return one row of the table: the facts, and whether rectified, monotone and bounded agree with the numbers."""
    facts = traits(activation) if facts is None else facts
    seen = probe(activation)
    agree = (
        seen.rectified == facts.rectified,
        seen.monotone == (facts.growth != "not monotone"),
        seen.bounded == facts.bounded,
    )
    evidence = (
        ("largest |σ(x)| for x ≤ 0", seen.largest_left),
        ("least rise on [0.05, 5]", seen.least_step),
        ("greatest fall on [−8, 8]", seen.deepest_fall),
        ("|σ| at 10⁶ over 10³", seen.growth),
        ("theorem 4.1 (Cooper)", "applies" if facts.rectified_smooth else "does not apply"),
        ("assumption 3.2 (Nguyen and Hein)", "holds" if facts.analytic_increasing else "fails"),
    )
    verdict = Verdict.HOLDS if all(agree) else Verdict.FAILS
    return Claim(
        f"{activation.label}: {facts.words}", "the numbers agree", sum(agree), None, verdict, "", "of 3", evidence
    )


def _exclusive() -> Claim:
    both = [kind for kind, facts in TRAITS.items() if facts.rectified and facts.smoothness == "analytic"]
    verdict = Verdict.FAILS if both else Verdict.HOLDS
    return Claim("No activation is rectified and analytic", "= 0", len(both), None, verdict, "by the identity theorem")


def _curve(name: str, title: str, label: str, x: Tensor, members: list[Activation], values: list[Tensor]) -> Curve:
    series = tuple(Series(one.label, x.numpy(), value.numpy()) for one, value in zip(members, values))
    return Curve(name, title, "x", label, series)
