"""The examples every check must get right, one at a time: one condition fails, the checks say so, and what happens then."""

from dataclasses import replace
from typing import ClassVar, Literal

from pydantic import Field

from lsviewer.core.claims import Claim, Number, Report, Verdict
from lsviewer.core.experiment import Experiment
from lsviewer.core.jobs import Job, Progress, within
from lsviewer.engine.context import Context
from lsviewer.experiments.wide_layers import critical_point, separability
from lsviewer.experiments.wide_layers.gallery_cases import CASES, Case, Name, agree
from lsviewer.experiments.wide_layers.surroundings import Left, leave, plane


class Gallery(Experiment):
    """Ten points, and one condition that fails at each: too few units, zero weights above, copies of one unit, equal samples
    with different labels, a kink, a slope of zero, too many layers above, a loss that underflows. The first two are the case in
    which all conditions of theorem 3.8 hold, and its neighbour with one unit more.

    The checks are those of the other experiments, run on the point as it is; what theory answers stands beside what they say.

    Shown: Φ on a plane through the point, ways down that begin a small step aside of it, the singular values of [F_k, 1] and the
    Hessian that theorem 3.8 asks about.
    """

    title: ClassVar[str] = "Gallery: one condition fails"
    paper: ClassVar[str] = "Nguyen and Hein 2017"
    place: ClassVar[str] = "theorems 3.4, 3.8, 5.3, lemma 3.5"
    formula: ClassVar[str] = (
        r"\nabla \Phi = 0 \qquad \mathrm{rank}\,[F_k, 1] = N \qquad \mathrm{rank}\, W_l = n_l \qquad \sigma' > 0"
    )
    short_formula: ClassVar[str] = r"\nabla \Phi = 0, \;\; \Phi > 0"
    caveats: ClassVar[tuple[str, ...]] = (
        "A row that fails is the point of the example: the first row says whether all rows answer as they should.",
        "Theorem 3.4 as printed needs σ′ > 0 in addition: tanh(t³) shows why.",
        "The point that breaks theorem 5.3 for k = L − 2 is a numerical counterexample, checked in float64: no proof.",
        "Ways down that come back show a minimum to the eye; only the Hessian's eigenvalues say whether it is strict.",
    )

    kind: Literal["gallery"] = "gallery"
    case: Name = Field("copied_units", title="Example")
    dtype: Literal["float64"] = Field("float64", title="Precision", description="Ranks and zeros need float64.")

    @property
    def label(self) -> str:
        return CASES[self.case].title

    @property
    def verb(self) -> str:
        return "Check the example"

    def notes(self) -> tuple[str, ...]:
        """Return what the example is."""
        return (CASES[self.case].words,)

    def run(self, context: Context) -> Job:
        """Return the job: artifacts around, leaving (where Φ > 0), and those of the check."""
        yield Progress(0.0, "making the point")
        case = CASES[self.case]
        problem, located = yield from within(case.make(context), 0.0, 0.3)
        left: Left | None = None
        if float(problem.objective(located.theta)) > problem.rounding:
            left = yield from within(leave(problem, located.theta, context), 0.3, 0.5)
        yield from within(plane(problem, located.theta, left), 0.5, 0.6)
        check = (
            separability.judge(problem, located, case.layer)
            if case.separates
            else critical_point.check(problem, located, (case.layer,))
        )
        found: Report = yield from within(check, 0.6, 1.0)
        return judged(case, found, left)


def judged(case: Case, found: Report, left: Left | None) -> Report:
    """Return the report of a check with what theory answers beside it."""
    said = {claim.statement: claim.verdict for claim in found.claims}
    answers = agree(case, said, found.numbers)
    right = sum(agrees for _, _, agrees in answers)
    wrong = next((f"{words}: {both}" for words, both, agrees in answers if not agrees), "")
    first = Claim(
        "The checks answer as theory does", f"= {len(answers)}", right, 0.0,
        Verdict.HOLDS if right == len(answers) else Verdict.FAILS, wrong or case.words,
        evidence=tuple((words, both) for words, both, _ in answers),
    )  # fmt: skip
    numbers: dict[str, Number | str] = {"example": case.title, "answers": len(answers), "answers_right": right}
    if left is not None:
        numbers["loss_beside"] = left.phi
    then = "" if left is None else f" {left.words}"
    return replace(
        found, claims=(first, *(expected(case, claim) for claim in found.claims)), numbers=numbers | found.numbers,
        means=f"{case.words}{then}",
        does_not_mean="One point: nothing about how often training meets such points.",
    )  # fmt: skip


def expected(case: Case, claim: Claim) -> Claim:
    """Return the row with the verdict theory gives, where it gives one."""
    for words, verdict in case.verdicts.items():
        if words in claim.statement:
            should = {Verdict.NOT_APPLICABLE: "should not apply", Verdict.UNDECIDED: "should stay undecided"}
            word = should.get(verdict, "should hold" if verdict is Verdict.HOLDS else "should fail")
            return replace(claim, expected=f"{claim.expected}; {word}")
    return claim
