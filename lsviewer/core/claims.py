"""What an experiment asserts: a statement, what was expected, what was measured, and the tolerance that decided."""

import math
from dataclasses import dataclass, field
from enum import StrEnum

Number = float | int


class Verdict(StrEnum):
    """How a claim came out. ``undecided`` and ``not_applicable`` are answers, not failures."""

    HOLDS = "holds"
    FAILS = "fails"
    UNDECIDED = "undecided"
    NOT_APPLICABLE = "not_applicable"

    @property
    def words(self) -> str:
        """The verdict as shown: ``not applicable``."""
        return self.value.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Claim:
    """One checked statement. ``evidence`` are the labelled numbers behind it, shown when the claim is opened."""

    statement: str
    expected: str  # "≥ 60 dB", "< 10⁻⁴", "= d"
    measured: Number | None
    tolerance: float | None
    verdict: Verdict
    reason: str = ""
    unit: str = ""
    evidence: tuple[tuple[str, str | Number], ...] = field(default=())


def at_most(statement: str, measured: float, bound: float, *, expected: str, reason: str = "", unit: str = "",
            evidence: tuple[tuple[str, str | Number], ...] = ()) -> Claim:  # fmt: skip
    """Return the claim ``measured <= bound``; a measurement that is not finite fails it."""
    verdict = Verdict.HOLDS if math.isfinite(measured) and measured <= bound else Verdict.FAILS
    return Claim(statement, expected, measured, bound, verdict, reason, unit, evidence)


def at_least(statement: str, measured: float, bound: float, *, expected: str, reason: str = "", unit: str = "",
             evidence: tuple[tuple[str, str | Number], ...] = ()) -> Claim:  # fmt: skip
    """Return the claim ``measured >= bound``; NaN fails it."""
    verdict = Verdict.HOLDS if measured >= bound else Verdict.FAILS
    return Claim(statement, expected, measured, bound, verdict, reason, unit, evidence)


@dataclass(frozen=True, slots=True)
class Report:
    """What a job returns: the claims, the numbers by their JSON names, and two honest sentences about them."""

    claims: tuple[Claim, ...] = ()
    numbers: dict[str, Number | str] = field(default_factory=dict)
    means: str = ""
    does_not_mean: str = ""
