"""Lemma 3.3, Corollary 3.4 and Remark 4.2: a network that represents the data, written down."""

import math
from itertools import pairwise
from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from lsviewer.core.artifacts import Checkpoint, Curve, Picture, Series
from lsviewer.core.claims import Claim, Number, Report, Verdict, at_least, at_most
from lsviewer.core.experiment import Experiment
from lsviewer.core.jobs import Job, Progress, Step, within
from lsviewer.core.numerals import num
from lsviewer.core.spec import SpecError
from lsviewer.engine.activations import Activation, Smoolu
from lsviewer.engine.context import Context
from lsviewer.engine.datasets import Dataset, Digits
from lsviewer.engine.gauss_newton import levenberg_marquardt
from lsviewer.engine.linalg import EPS
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import Params, forward, to_numpy
from lsviewer.engine.traits import traits
from lsviewer.experiments.memorization.exact_memorizer import Exact, memorize_exactly
from lsviewer.experiments.memorization.memorizer import Knots, Memorizer, Row, line_up, memorize
from lsviewer.experiments.memorization.setting import Evidence, Problem, Targets, pose

MOST = 6000  # points: the triangular matrix has 0.3 GB then
PIXELS = 512
SHOWN = 24  # points along which the functions are drawn


class MemorizingNetwork(Experiment):
    """For d distinct points and any targets, a network with one hidden layer of d units of a rectified activation
    represents the data exactly. Its weights can be written down: a direction puts the points in a row, each unit
    wakes up between two of them, and a triangular system gives the output weights.

    With T hidden layers the last one is built so, the others pass the row on. With several outputs one hidden layer
    serves them all.

    Shown: the triangular matrix, the residuals, the output weights, and the function on the way from point to point
    beside that of a trained network of the same size.
    """

    title: ClassVar[str] = "Memorising networks"
    paper: ClassVar[str] = "Cooper 2018"
    place: ClassVar[str] = "lemma 3.3, corollary 3.4, remark 4.2"
    formula: ClassVar[str] = r"f(x) = \sum_{j=1}^{d} m_j\, \sigma(a \cdot x - b_j), \qquad f(x_i) = y_i"
    short_formula: ClassVar[str] = r"f(x_i) = \sum_j m_j\, \sigma(a \cdot x_i - b_j) = y_i"
    caveats: ClassVar[tuple[str, ...]] = (
        "Definition 3.1 as printed admits the zero function; strictly increasing for x > 0 is meant.",
        "The printed midpoints are exact algebra, but their weights grow like exp(4 d / gap), and float64 keeps nothing of it "
        "from d = 50 on. Left knots are as good a proof and keep ten digits; “exact” does the midpoints in mpmath.",
        "Corollary 3.4 prints the wrong index: matrices 2 to T − 1 pass on, M_T and M_{T+1} are built as in the lemma.",
        "Remark 4.2 takes a copy of the network for every output; one hidden layer is enough.",
        "Truncated tanh is rectified but has a corner at 0; tanh(smooLU) is rectified and smooth.",
    )

    kind: Literal["construction"] = "construction"
    dataset: Dataset = Field(Digits(limit=100, test_fraction=0.0), title="Data")
    targets: Targets = Field(
        "number",
        title="Class labels as",
        description="one_hot: one output a class; number: one output, the label itself.",
    )
    activation: Activation = Field(
        Smoolu(), title="Activation", description="A rectified one: zero for x ≤ 0, then increasing."
    )
    depth: int = Field(1, ge=1, le=16, title="Hidden layers", description="T of corollary 3.4.")
    width: int | None = Field(
        None,
        ge=1,
        le=65536,
        title="Width",
        description="Units of the last hidden layer; empty takes d. Spare ones are zero.",
    )
    knots: Knots = Field(
        "left",
        title="Knots",
        description="midpoint: as printed, in float64; left: stable; exact: the midpoints in mpmath.",
    )
    sharing: Literal["shared", "copies"] = Field(
        "shared", title="Several outputs", description="shared: one hidden layer for all; copies: as in remark 4.2."
    )
    candidates: int = Field(
        300,
        ge=1,
        le=100_000,
        title="Projections tried",
        description="Random directions; the one with the widest gaps is taken.",
    )
    digits: int = Field(
        60, ge=20, le=2000, title="Digits", description="Decimal digits of the exact construction.",
        json_schema_extra={"only_when": {"knots": "exact"}},
    )  # fmt: skip
    compare: bool = Field(
        True,
        title="Compare with training",
        description="Trains a network of the same size by Levenberg-Marquardt, up to 500 points.",
    )
    dtype: Literal["float64"] = Field("float64", title="Precision")

    @property
    def verb(self) -> str:
        return "Construct"

    def notes(self) -> tuple[str, ...]:
        """Return what these settings break."""
        if not traits(self.activation).rectified:
            return (f"{self.activation.label} is not rectified: the lemma needs σ(x) = 0 for x ≤ 0; choose smoolu.",)
        return ()

    def run(self, context: Context) -> Job:
        """Return the job: artifacts matrix, residuals, output_weights, function, network."""
        yield Progress(0.0, "reading the data")
        network = Mlp(hidden=(1,), activation=self.activation)
        problem = pose(self.dataset.load(context.files), network, self.targets, context.device)
        x, y = problem.residuals.x, problem.residuals.y
        width = self._width(problem)
        row = yield from within(line_up(x, self.candidates, context.generator("projection")), 0.0, 0.2)
        rule: Literal["midpoint", "left"] = "midpoint" if self.knots == "midpoint" else "left"
        hidden = (*(1,) * (self.depth - 1), width)
        try:
            making = memorize(x, y, row, self.activation, rule=rule, hidden=hidden, copies=self.sharing == "copies")
            made = yield from within(making, 0.2, 0.4)
        except ArithmeticError as error:
            raise SpecError(f"field 'depth' is {self.depth}: {error}; take fewer layers or points") from None
        residuals = (forward(made.network, made.params, x) - y).detach()
        yield matrix_picture(made.matrix)
        yield residual_curve(residuals[made.order])
        yield weight_curve(made, problem)
        exact = None
        if self.knots == "exact":
            step = memorize_exactly(x, y, row.a, self.activation, depth=self.depth, digits=self.digits)
            exact = yield from within(step, 0.4, 0.8)
        trained = None
        if self.compare and problem.m <= 500:
            trained = yield from within(self._train(problem, width, context), 0.8, 0.98)
        yield function_curve(problem, made, row, trained)
        yield Checkpoint(
            "network", made.network.model_dump(mode="json") | {"inputs": problem.inputs, "outputs": problem.outputs},
            to_numpy(made.params), title="The memorising network",
        )  # fmt: skip
        return self._report(problem, row, made, residuals, exact, trained)

    def _width(self, problem: Problem) -> int:
        if not traits(self.activation).rectified:
            raise SpecError(
                f"field 'activation.kind' is '{self.activation.kind}': it is not rectified, lemma 3.3 needs σ(x) = 0 for x ≤ 0; "
                "choose smoolu, smoothed_relu, tanh_smoolu, relu or truncated_tanh"
            )
        if problem.duplicates:
            i, j = problem.duplicates[0]
            raise SpecError(f"field 'dataset': inputs {i} and {j} are equal; lemma 3.3 needs distinct inputs")
        if problem.samples > MOST:
            raise SpecError(f"field 'dataset.limit': {problem.samples} points, at most {MOST} are memorised")
        needed = problem.samples * (problem.outputs if self.sharing == "copies" else 1)
        if self.width is not None and self.width < needed:
            raise SpecError(
                f"field 'width' is {self.width}: {problem.samples} points need a last hidden layer of {needed} units"
            )
        return needed if self.width is None else self.width

    def _train(self, problem: Problem, width: int, context: Context) -> Step[tuple[Mlp, Params, float]]:
        network = Mlp(hidden=(width,), activation=self.activation)
        other = pose(problem.data, network, self.targets, context.device)
        start = other.start(context.generator("trained"))
        found = yield from levenberg_marquardt(other.residuals, start, steps=60)
        params = other.residuals.at(found.theta)
        return network, params, float(other.residuals(params).detach().abs().max())

    def _report(
        self, problem: Problem, row: Row, made: Memorizer, residuals: Tensor, exact: Exact | None,
        trained: tuple[Mlp, Params, float] | None,
    ) -> Report:  # fmt: skip
        d, size = problem.samples, float(problem.residuals.y.abs().max().clamp(min=1e-300))
        in_float = float(residuals.abs().max())
        measured = in_float if exact is None else exact.residual
        growth = made.growth if exact is None else exact.growth
        last = made.params[f"{2 * self.depth}.weight"].abs()
        rounding = 8.0 * EPS * d * float((last.sum(1) * made.matrix.abs().max()).max())
        diagonal = float(made.matrix.diagonal().min())
        above = float(made.matrix.triu(1).abs().max()) if d > 1 else 0.0
        scale = float(made.matrix.abs().max())
        places: Evidence = (("range over gap", row.spread), ("equally spaced", "yes" if row.equispaced else "no"))
        claims: tuple[Claim, ...] = (
            self._represents(measured, min(rounding, 1e-6 * size), rounding, size, exact),
            Claim("The matrix is triangular with a positive diagonal", "> 0", diagonal, 0.0,
                  Verdict.HOLDS if diagonal > 0 and above <= 100 * EPS * scale else Verdict.FAILS, "smallest diagonal entry",
                  "", (("largest entry above the diagonal", above), ("largest entry", scale))),
            at_least("The points fall on different places of the row", row.gap_min, 1e3 * EPS * float(row.z.abs().max()),
                     expected="gap > 10³ roundings", evidence=places),
        )  # fmt: skip
        numbers: dict[str, Number | str] = {
            "residual_max": measured, "width": made.network.hidden[-1], "depth": self.depth,
            "parameters": made.network.size(problem.inputs, problem.outputs), "gap_min": row.gap_min, "growth": growth,
            "residual_max_float64": in_float, "free_parameters": d * (1 + problem.outputs) + problem.inputs, "spread": row.spread,
            "data_points": d, "outputs": problem.outputs, "diagonal_min": diagonal, "knots": self.knots,
            "data_sha256": problem.data.sha256,
        }  # fmt: skip
        if trained is not None:
            claims += (
                at_most("A trained network of the same width represents the data too", trained[2], 1e-6 * size,
                        expected=f"≤ {num(1e-6 * size)}", reason="for comparison; the lemma says nothing about training"),
            )  # fmt: skip
            numbers |= {
                "trained_residual_max": trained[2],
                "trained_weight_max": max(float(value.abs().max()) for value in trained[1].values()),
            }
        return Report(
            claims,
            numbers,
            means=_meaning(problem, made, measured, size, exact is not None),
            does_not_mean="Nothing about what the function does between the points, nor that training finds such weights.",
        )

    def _represents(self, measured: float, bound: float, rounding: float, size: float, exact: Exact | None) -> Claim:
        statement = "f(xᵢ) = yᵢ at every point"
        if exact is not None:
            limit = 10.0 ** (-0.5 * exact.digits) * size
            return at_most(statement, measured, limit, expected=f"≤ {num(limit)}", evidence=(("digits", exact.digits),))
        evidence = (("rounding allows", rounding), ("largest target", size))
        if rounding > 1e-3 * size and measured > 1e-6 * size:
            reason = f"exact in algebra, but float64 rounds by {num(rounding)} here: choose left knots, or exact"
            return Claim(statement, f"≤ {num(bound)}", measured, bound, Verdict.UNDECIDED, reason, "", evidence)
        limit = max(bound, 1e-12 * size)
        return at_most(statement, measured, limit, expected=f"≤ {num(limit)}", evidence=evidence)


def _meaning(problem: Problem, made: Memorizer, measured: float, size: float, exact: bool) -> str:
    if measured > 1e-6 * size:
        return (
            f"In exact arithmetic these {problem.samples} points are represented; in float64 rounding leaves errors up to "
            f"{num(measured)}."
        )
    how = " in mpmath (the network saved has left knots and float64 weights)" if exact else ""
    return (
        f"A network with a last hidden layer of {made.network.hidden[-1]} units represents all {problem.samples} points to "
        f"{num(measured)}{how}: M is not empty for this width."
    )


# --- what is shown -----------------------------------------------------------------------------------------------------------


def matrix_picture(matrix: Tensor) -> Picture:
    """Return the artifact ``matrix``: log of the entries over 16 decades, zero is black; large ones by every k-th row."""
    step = math.ceil(len(matrix) / PIXELS)
    part = matrix[::step, ::step].abs().cpu()
    top = float(part.max()) or 1.0
    shade = 1.0 + torch.log10((part / top).clamp(min=1e-16)) / 16.0
    shade[part == 0] = 0.0
    return Picture("matrix", f"σ(zᵢ − bⱼ), {len(matrix)} × {len(matrix)}, logarithmic", shade.clamp(0.0, 1.0).numpy())


def residual_curve(residuals: Tensor) -> Curve:
    """Return the artifact ``residuals`` along the row."""
    worst = residuals.abs().max(1).values.clamp(min=1e-18).cpu()
    index = torch.arange(1, len(worst) + 1, dtype=torch.float64)
    return Curve(
        "residuals", "Residuals along the row", "point", "|f(x) − y|",
        (Series("residual", index.numpy(), worst.numpy(), "points"),), log_y=True,
    )  # fmt: skip


def weight_curve(made: Memorizer, problem: Problem) -> Curve:
    """Return the artifact ``output_weights``: |m_j| by unit."""
    last = made.params[f"{2 * len(made.network.hidden)}.weight"]
    size = last[:, : len(made.order)].abs().max(0).values.clamp(min=1e-18).cpu()
    index = torch.arange(1, len(size) + 1, dtype=torch.float64)
    return Curve(
        "output_weights", f"Output weights, at most {num(made.growth)} times the targets", "unit", "|m|",
        (Series("largest over the outputs", index.numpy(), size.numpy(), "points"),), log_y=True,
    )  # fmt: skip


def function_curve(problem: Problem, made: Memorizer, row: Row, trained: tuple[Mlp, Params, float] | None) -> Curve:
    """Return the artifact ``function``: output 1 on straight lines from point to point, in the order of the row."""
    x, y = problem.residuals.x[row.order][:SHOWN], problem.residuals.y[row.order][:SHOWN]
    pieces = torch.linspace(0.0, 1.0, 21, dtype=x.dtype, device=x.device)[:-1, None]
    steps = [start + pieces * (stop - start) for start, stop in pairwise(x)]
    walk = torch.cat([*steps, x[-1:]])
    position = torch.arange(len(walk), dtype=torch.float64).numpy() / len(pieces) + 1.0
    with torch.no_grad():
        series = [Series("constructed", position, forward(made.network, made.params, walk)[:, 0].cpu().numpy())]
        if trained is not None:
            series.append(
                Series("trained", position, forward(trained[0], trained[1], walk)[:, 0].cpu().numpy(), "dashed")
            )
    at = torch.arange(1, len(y) + 1, dtype=torch.float64).numpy()
    series.append(Series("targets", at, y[:, 0].cpu().numpy(), "points"))
    return Curve("function", "From point to point along the row", "point", "f", tuple(series))
