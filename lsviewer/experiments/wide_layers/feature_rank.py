"""Lemmas 4.3 and 4.4 and corollary 4.5: the rank of [F_k, 1], constructed, at random, and after a small perturbation."""

import math
from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from lsviewer.core.artifacts import Curve, Level, Series
from lsviewer.core.claims import Claim, Number, Report, Verdict
from lsviewer.core.jobs import Job, Progress, Step, within
from lsviewer.core.numerals import num
from lsviewer.core.spec import SpecError
from lsviewer.engine import rank_certificate
from lsviewer.engine.context import Context
from lsviewer.engine.points import Found, FromCheckpoint, Init
from lsviewer.engine.rank_certificate import RankAnswer
from lsviewer.experiments.wide_layers.full_rank import full_rank_weights
from lsviewer.experiments.wide_layers.places import Place, locate, starts
from lsviewer.experiments.wide_layers.setting import Problem, WideLayers, features_name

SIZES = tuple(10.0**k for k in range(-8, 1))


class FeatureRank(WideLayers):
    """Let assumptions 3.2 hold and n_k ≥ N − 1 for some k. Lemma 4.3: some parameters of layers 1 to k give rank [F_k, 1] = N.
    Lemma 4.4: those that give a lower rank have Lebesgue measure zero. Corollary 4.5: so every ball around any parameters
    holds some that give rank N.

    Shown: the singular values of [F_k, 1] at the point, for the construction, and one of three answers: certified, not
    resolved, deficient by construction. Then weights zero, where the rank is 1, and what a perturbation of size ε makes of it.
    """

    title: ClassVar[str] = "Rank of the features"
    place: ClassVar[str] = "lemmas 4.3 and 4.4, corollary 4.5"
    formula: ClassVar[str] = (
        r"n_k \geq N - 1 \;\Rightarrow\; \lambda\left\{(W_l, b_l)_{l=1}^{k} : \mathrm{rank}\,[F_k, \mathbf{1}_N] < N\right\} = 0"
    )
    short_formula: ClassVar[str] = r"\mathrm{rank}\,[F_k, \mathbf{1}_N] = N \;\text{ almost everywhere}"
    caveats: ClassVar[tuple[str, ...]] = (
        "Smooth activations of few inputs look dependent: sigmoid, N = 100, two inputs has numerical rank 96 and true rank 100.",
        "Certified in float64 assumes elementary functions right to 8 ulp; balls assume nothing, up to N = 200.",
        "The construction's branch for softplus as printed is numerically useless: each unit gets a slope and a knot of its own.",
        "Measure zero says nothing about how well conditioned a full rank is: see the margin.",
    )

    kind: Literal["feature_rank"] = "feature_rank"
    point: Place = Field(Init(), title="Point")
    layer: int | None = Field(None, ge=1, le=64, title="Layer k", description="Empty takes the widest hidden layer.")
    perturb: bool = Field(True, title="Perturb 0", description="Corollary 4.5, nine sizes from 10⁻⁸ to 1.")

    @property
    def verb(self) -> str:
        return "Certify the rank"

    def run(self, context: Context) -> Job:
        """Return the job: artifacts singular_values, perturbation."""
        yield Progress(0.0, "reading the data")
        problem = self.pose(context)
        layer = self._layer(problem)
        if isinstance(self.point, Init):  # random biases too: lemma 4.4 is about all parameters
            theta, words = starts(problem, context, 1)[0], "random parameters"
        else:
            way = locate(problem, self.point, context, polish="no", steps=200, tries=4)
            located = yield from within(way, 0.0, 0.3)
            theta, words = located.theta, located.words
        x = problem.objective.x
        here = yield from within(rank_certificate.answer(problem.stack, theta, x, layer), 0.3, 0.5)
        yield _values([(words, here)], layer, problem.samples)
        built, why = yield from within(self._built(problem, theta, layer, context), 0.5, 0.65)
        if built is not None:
            yield _values([(words, here), ("lemma 4.3", built)], layer, problem.samples)
        swept: list[tuple[float, RankAnswer]] = []
        if self.perturb:
            swept = yield from within(self._sweep(problem, layer, context), 0.65, 1.0)
            yield _perturbation(swept, problem.samples)
        return self._report(problem, layer, words, here, built, why, swept)

    def _layer(self, problem: Problem) -> int:
        depth, widths = problem.stack.depth, problem.stack.widths
        if self.layer is None:
            return max(range(1, depth), key=lambda k: (widths[k], -k))
        if not 1 <= self.layer < depth:
            raise SpecError(f"field 'layer' is {self.layer}: hidden layers 1 to {depth - 1} are expected")
        return self.layer

    def _built(
        self, problem: Problem, theta: Tensor, layer: int, context: Context
    ) -> Step[tuple[RankAnswer | None, str]]:
        base = theta if isinstance(self.point, Init | Found | FromCheckpoint) else starts(problem, context, 1)[0]
        generator = context.generator("directions")
        try:
            weights = full_rank_weights(problem.stack, base, problem.objective.x, layer, generator)
        except SpecError as error:
            return None, str(error)
        return (yield from rank_certificate.answer(problem.stack, weights, problem.objective.x, layer)), ""

    def _sweep(self, problem: Problem, layer: int, context: Context) -> Step[list[tuple[float, RankAnswer]]]:
        noise = torch.randn(problem.stack.size, dtype=torch.float64, generator=context.generator("perturbation"))
        noise = (noise / noise.norm()).to(problem.objective.x.device)
        found = []
        for count, size in enumerate(SIZES):
            yield Progress(count / len(SIZES), f"perturbation {num(size, 1)}")
            asked = rank_certificate.answer(problem.stack, size * noise, problem.objective.x, layer)
            found.append((size, (yield from within(asked, count / len(SIZES), (count + 1) / len(SIZES)))))
        return found

    def _report(
        self, problem: Problem, layer: int, words: str, here: RankAnswer, built: RankAnswer | None, why: str,
        swept: list[tuple[float, RankAnswer]],
    ) -> Report:  # fmt: skip
        n = problem.samples
        claims = [claim(f"rank [F_{layer}, 1] = N for {words}", here, n)]
        if built is None:
            claims.append(Claim("Lemma 4.3 constructs rank N", f"= {n}", None, None, Verdict.NOT_APPLICABLE, why))
        else:
            claims.append(claim("Lemma 4.3 constructs rank N", built, n))
        restored = [size for size, found in swept if found.full]
        if swept:
            claims.append(_restored(swept, restored, here, n, problem.stack.widths[layer]))
        numbers: dict[str, Number | str] = {
            "rank": here.rank, "certified": int(here.full), "answer": here.answer, "margin": here.margin, "bits": here.bits,
            "layer": layer, "samples": n, "width": problem.stack.widths[layer],
            "sigma_min": float(here.singular_values[-1]), "sigma_max": float(here.singular_values[0]),
            "construction": "not applicable" if built is None else built.answer,
            "smallest_perturbation": min(restored, default=0.0) if restored else "none",
            "network": problem.words, "data_sha256": problem.data.sha256,
        }  # fmt: skip
        if here.full:
            means = f"The {n} rows of [F_{layer}, 1] are linearly independent, whatever rounding did."
        elif here.answer == "deficient by construction":
            means = f"The rank is below {n}: {here.reason}."
        else:
            means = f"Whether the rank is {n} stays open: {here.reason}."
        return Report(
            tuple(claims), numbers, means,
            "Full rank here says nothing about other points, nor about how large the smallest singular value is.",
        )  # fmt: skip


def claim(statement: str, found: RankAnswer, samples: int) -> Claim:
    """Return one rank as a row."""
    verdict = Verdict.HOLDS if found.full else Verdict.UNDECIDED
    if found.answer == "deficient by construction":
        verdict = Verdict.FAILS
    evidence = (
        ("answer", found.answer), ("least singular value", float(found.singular_values[-1])),
        ("largest", float(found.singular_values[0])), ("margin", found.margin), ("bits", found.bits),
    )  # fmt: skip
    return Claim(statement, f"= {samples}", found.rank, None, verdict, f"{found.answer}: {found.reason}", "", evidence)


def _restored(
    swept: list[tuple[float, RankAnswer]], restored: list[float], here: RankAnswer, samples: int, width: int
) -> Claim:
    statement = "Near zero weights, where the rank is 1, there are others with rank N (corollary 4.5)"
    evidence = tuple((f"ε = {num(size, 1)}", found.answer) for size, found in swept)
    if width < samples - 1:
        reason = f"{width} units are fewer than N − 1 = {samples - 1}"
        return Claim(statement, f"= {samples}", None, None, Verdict.NOT_APPLICABLE, reason, "", evidence)
    if not restored:
        blocked = any(found.answer == "deficient by construction" for _, found in swept)
        verdict = Verdict.NOT_APPLICABLE if blocked else Verdict.UNDECIDED
        return Claim(statement, "some ε", None, None, verdict, swept[-1][1].reason, "", evidence)
    reason = f"certified for {len(restored)} of {len(swept)} sizes, the smallest {num(min(restored), 1)}"
    return Claim(statement, "some ε", min(restored), None, Verdict.HOLDS, reason, "", evidence)


def _values(found: list[tuple[str, RankAnswer]], layer: int, samples: int) -> Curve:
    series = []
    for words, one in found:
        values = one.singular_values.cpu().numpy()
        index = torch.arange(1, len(values) + 1, dtype=torch.float64).numpy()
        series.append(Series(f"{words}: {one.answer}", index, (values / values[0]).clip(min=1e-40), "points"))
    rounding = Level(samples * torch.finfo(torch.float64).eps, "rounding")
    title = f"Singular values of {features_name(layer)}, N = {samples}"
    return Curve("singular_values", title, "index", "over the largest", tuple(series), log_y=True, levels=(rounding,))


def _perturbation(swept: list[tuple[float, RankAnswer]], samples: int) -> Curve:
    sizes = torch.tensor([size for size, _ in swept], dtype=torch.float64)
    least = torch.tensor(
        [float(one.singular_values[min(samples, len(one.singular_values)) - 1] / one.singular_values[0]) for _, one in swept]
    ).clamp(min=1e-40)  # fmt: skip
    sure = torch.tensor([value if one.full else math.nan for value, (_, one) in zip(least.tolist(), swept)])
    series = (
        Series("singular values", sizes.numpy(), least.numpy(), "dashed"),
        Series("certified", sizes.numpy(), sure.numpy(), "points"),
    )
    title = "Zero weights, perturbed by ε: the rank returns, the margin grows with ε"
    rounding = Level(samples * torch.finfo(torch.float64).eps, "rounding")
    return Curve("perturbation", title, "ε", "least / largest", series, log_x=True, log_y=True, levels=(rounding,))
