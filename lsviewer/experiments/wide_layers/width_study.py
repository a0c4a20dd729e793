"""Final loss of many random starts for many widths: where training begins to succeed, and where the theorem says so."""

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Curve, Level, Series
from lsviewer.core.claims import Claim, Number, Report, Verdict
from lsviewer.core.jobs import Job, Progress, Step, within
from lsviewer.engine.activations import Tanh
from lsviewer.engine.batched_descent import Descents, descend
from lsviewer.engine.context import Context
from lsviewer.engine.datasets import Dataset, Teacher
from lsviewer.engine.networks import Mlp
from lsviewer.experiments.wide_layers.places import affordable, starts
from lsviewer.experiments.wide_layers.setting import Problem, WideLayers, pose

Width = Annotated[int, Field(ge=1, le=4096)]
WIDTHS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 17, 20, 25, 29, 34)
ZERO = 1e-12  # of Phi at outputs zero
BINS, HIGH = 32, 0.6  # of a histogram; how wide a bar of all starts is, in units of the axis


class WidthStudy(WideLayers):
    """Theorem 3.8 is about networks with n_1 ≥ N − 1 units: every critical point that is non-degenerate where it says, and
    of full rank above, is a global minimum. From how many units on do random starts reach Φ = 0?

    Shown: the final losses of many starts for every width of the first hidden layer, the share of starts that reached the global
    minimum, and the steps it took, with two lines: n = N m, where there are as many parameters as residuals, and n_1 = N − 1.
    """

    title: ClassVar[str] = "Loss against width"
    place: ClassVar[str] = "section 3.2"
    formula: ClassVar[str] = r"n_1 \geq N - 1 \qquad \text{against} \qquad n \geq N m"
    short_formula: ClassVar[str] = r"n_1 \geq N - 1"
    caveats: ClassVar[tuple[str, ...]] = (
        "The transition sits near n = N m parameters, far below n_1 = N − 1: the theorem's width is sufficient, not sharp.",
        "A start that stays above zero is no proof of a bad local minimum: it may be slow, or on its way to infinity.",
        "Levenberg–Marquardt is used for its speed; gradient descent takes other ways.",
    )

    kind: Literal["width_study"] = "width_study"
    dataset: Dataset = Field(Teacher(samples=30, inputs=5, noise=0.3), title="Data")
    network: Mlp = Field(
        Mlp(hidden=(29,), activation=Tanh()), title="Network", description="The width of its first layer varies."
    )
    widths: tuple[Width, ...] = Field(WIDTHS, min_length=1, max_length=64, title="Widths", description="Of layer 1.")
    starts: int = Field(200, ge=2, le=5000, title="Starts", description="Random networks per width.")
    steps: int = Field(150, ge=1, le=5000, title="Steps at most")

    @property
    def verb(self) -> str:
        return f"Train {self.starts} × {len(self.widths)} networks"

    def run(self, context: Context) -> Job:
        """Return the job: artifacts histogram, fraction, iterations; each refined width by width."""
        yield Progress(0.0, "reading the data")
        base = self.pose(context)
        widths = tuple(sorted(set(self.widths)))
        rows: list[tuple[int, int, Array, Array]] = []  # width, parameters, final losses, steps
        for count, width in enumerate(widths):
            network = self.network.replace(hidden=(width, *self.network.hidden[1:]))
            problem = pose(base.data, network, self.loss, self.targets, self.output, context.device)
            low, high = count / len(widths), (count + 1) / len(widths)
            found = yield from within(self._train(problem, context, width), low, high)
            rows.append((width, problem.stack.size, found[0], found[1]))
            yield from self._show(rows, base)
        return self._report(rows, base)

    def _train(self, problem: Problem, context: Context, width: int) -> Step[tuple[Array, Array]]:
        batch = affordable(problem, self.starts)
        theta = starts(problem, context, self.starts, f"width {width}")
        values, steps = [], []
        for first in range(0, self.starts, batch):
            part: Descents = yield from descend(
                problem.objective, theta[first : first + batch], steps=self.steps, stop_below=0.1 * ZERO * problem.scale,
                text=f"width {width}",
            )  # fmt: skip
            values.append(part.values.cpu().numpy())
            steps.append(part.steps.cpu().numpy())
        return np.concatenate(values), np.concatenate(steps)

    def _lines(self, base: Problem) -> tuple[Level, ...]:
        """Return the two thresholds on the axis of widths."""
        numbers = base.samples * base.objective.outputs
        inputs, outputs, above = base.stack.widths[0], base.objective.outputs, self.network.hidden[1:]
        candidates = range(1, 4097)
        size = [self.network.replace(hidden=(width, *above)).size(inputs, outputs) for width in candidates]
        meet = float(np.interp(numbers, size, list(candidates)))
        return Level(meet, f"n = N m = {numbers}", "x"), Level(
            base.samples - 1.0, f"n₁ = N − 1 = {base.samples - 1}", "x"
        )

    def _show(self, rows: list[tuple[int, int, Array, Array]], base: Problem) -> Step[None]:
        lines = self._lines(base)
        floor = ZERO * base.scale
        yield final_losses([(w, v) for w, _, v, _ in rows], floor, lines)
        x = np.array([float(w) for w, *_ in rows])
        shares = np.array([float((v <= floor).mean()) for _, _, v, _ in rows])
        share = (Series("share of starts", x, shares),)
        yield Curve("fraction", "Share of starts at the global minimum", "n₁", "share", share, levels=lines)
        medians = np.array([_median(v, s, floor) for _, _, v, s in rows])
        taken = (Series("median steps of those that reach it", x, medians),)
        yield Curve("iterations", "Steps to the global minimum", "n₁", "steps", taken, levels=lines)

    def _report(self, rows: list[tuple[int, int, Array, Array]], base: Problem) -> Report:
        floor = ZERO * base.scale
        numbers: dict[str, Number | str] = {
            "samples": base.samples, "outputs": base.objective.outputs, "starts": self.starts,
            "network": base.words, "data_sha256": base.data.sha256,
        }  # fmt: skip
        shares: dict[int, float] = {}
        for width, size, values, steps in rows:
            shares[width] = float((values <= floor).mean())
            numbers[f"fraction_global_{width}"] = shares[width]
            median = _median(values, steps, floor)
            numbers[f"iterations_median_{width}"] = "none" if np.isnan(median) else median
            numbers[f"parameters_{width}"] = size
        half = next((w for w in sorted(shares) if shares[w] >= 0.5), None)
        residuals = base.samples * base.objective.outputs
        enough = next((w for w, n, *_ in rows if n >= residuals), None)
        numbers |= {"half_at": half or "none", "width_n_equals_residuals": enough or "none"}
        numbers["width_n_minus_1"] = base.samples - 1
        claims = (self._promise(shares, base), _transition(half, enough, base.samples))
        where = f"n₁ = {half}" if half else "none of the widths"
        means = (
            f"Half of the starts reach Φ = 0 from {where} on; n = N m is met at n₁ = {enough}, the theorem asks for "
            f"n₁ ≥ {base.samples - 1}. The width bound is sufficient, not sharp."
        )
        return Report(
            claims, numbers, means, "Nothing about other optimisers, nor about networks trained on other samples."
        )

    def _promise(self, shares: dict[int, float], base: Problem) -> Claim:
        wide = {w: share for w, share in shares.items() if w >= base.samples - 1}
        statement = "With n₁ ≥ N − 1 every start reaches the global minimum"
        if not wide:
            return Claim(statement, "= 1", None, None, Verdict.NOT_APPLICABLE, "no such width was tried")
        least = min(wide.values())
        reason = (
            ""
            if least == 1.0
            else "starts that stop short are no counterexamples: the theorem is about critical points"
        )
        verdict = Verdict.HOLDS if least == 1.0 else Verdict.UNDECIDED
        return Claim(
            statement, "= 1", least, 1.0, verdict, reason, "", tuple((f"n₁ = {w}", s) for w, s in wide.items())
        )


def _transition(half: int | None, enough: int | None, samples: int) -> Claim:
    statement = "Half of the starts succeed well below n₁ = N − 1, near n = N m"
    if half is None or enough is None:
        return Claim(statement, f"< {samples - 1}", half, None, Verdict.UNDECIDED, "no width reached one half")
    verdict = Verdict.HOLDS if half < samples - 1 and enough - 1 <= half <= 2 * enough + 1 else Verdict.FAILS
    return Claim(
        statement, f"near {enough}, < {samples - 1}", half, None, verdict, f"at n₁ = {half}; n = N m at n₁ = {enough}"
    )


def _median(values: Array, steps: Array, floor: float) -> float:
    """Return the median steps of the starts that reached zero; NaN where none did."""
    reached = steps[values <= floor]
    return float(np.median(reached)) if len(reached) else float("nan")


def final_losses(rows: list[tuple[int, Array]], floor: float, lines: tuple[Level, ...]) -> Curve:
    """Return the artifact ``histogram``: for every width the final losses as points and, right of them, their histogram."""
    rng = np.random.default_rng(0)  # sideways only, so that points do not cover each other
    top = max(float(values.max()) for _, values in rows)
    lowest = np.log10(floor) - 3.0  # below the floor one bin: all of these count as zero
    edges = np.concatenate([[lowest], np.linspace(np.log10(floor), np.log10(max(top, 10.0 * floor)) + 0.1, BINS + 1)])
    outlines, spread, final = [], [], []
    for width, values in rows:
        shown = np.maximum(values, 10.0**lowest * 1.5)
        share = np.histogram(np.log10(shown), edges)[0] / len(values)
        for low, high, part in zip(edges, edges[1:], share):
            if part > 0.0:
                y = 10.0 ** np.array([low, low, high, high, low, low])
                outlines.append(np.column_stack([width + HIGH * part * np.array([0.0, 1.0, 1.0, 0.0, 0.0, np.nan]), y]))
        spread.append(width - rng.uniform(0.05, 0.35, len(values)))
        final.append(shown)
    outline = np.concatenate(outlines)
    series = (
        Series("every start", np.concatenate(spread), np.concatenate(final), "points"),
        Series("share of starts", outline[:, 0], outline[:, 1]),
    )
    levels = (*lines, Level(floor, "counts as zero"))
    return Curve(
        "histogram", "Final losses and their histogram, width by width", "n₁", "Φ", series, log_y=True, levels=levels
    )
