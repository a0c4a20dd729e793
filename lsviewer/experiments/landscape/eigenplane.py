"""The loss along one or two eigenvectors of its Hessian at a point: what an eigenvalue looks like.

The eigenvectors come from the whole Hessian up to 3000 parameters, beyond by Lanczos on products alone, which finds the largest
ones. Curvature is checked without derivatives: D(h) = (L(h) - 2 L(0) + L(-h)) / h² of the plain network tends to the eigenvalue
like h², and (4 D(h/2) - D(h)) / 3 like h⁴ (Richardson). The tolerance is what the two steps differ by, the rounding of the
losses over (h/2)², and 1e-6 of the largest eigenvalue.
"""

import math
from dataclasses import replace
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import AfterValidator, Field
from torch import Tensor

from lsviewer.core.artifacts import Axis, Checkpoint, Mark, Section
from lsviewer.core.claims import Claim, Number, Report, Verdict, at_most
from lsviewer.core.experiment import Experiment
from lsviewer.core.jobs import Job, Progress, Step, within
from lsviewer.core.spec import SpecError
from lsviewer.engine import lanczos, linalg
from lsviewer.engine import params as named
from lsviewer.engine.activations import Tanh
from lsviewer.engine.context import Context
from lsviewer.engine.curvature import Curvature
from lsviewer.engine.data import Data
from lsviewer.engine.datasets import Dataset, Digits
from lsviewer.engine.losses import CrossEntropy, Labels, Loss
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import Params
from lsviewer.engine.points import Found, FromCheckpoint, FromRun, Init
from lsviewer.engine.risk import Risk, brute_force, sample
from lsviewer.engine.sections import SUBSCRIPTS, coordinates, section
from lsviewer.engine.training import Schedule, fit
from lsviewer.engine.traits import traits

WHOLE = 3000  # parameters: their Hessian has 72 MB and takes seconds
LARGEST = 32  # eigenvectors that are sought where the whole Hessian is too large
SUFFICIENT = 1e-6  # of the largest eigenvalue: how well an eigenvector is known
CHECKED = 64  # points checked by brute force


def _not_zero(value: int | None) -> int | None:
    if value == 0:
        raise ValueError("eigenvalues are numbered from 1, the largest, or from −1, the smallest")
    return value


Index = Annotated[int, AfterValidator(_not_zero)]


class EigenPlane(Experiment):
    """The Hessian of the loss at a point has n eigenvectors. Along one of them the loss bends by its eigenvalue λ:
    L(m + α v) = L(m) + α ∇L·v + λ α² / 2 + …

    Shown: the loss on the line along one eigenvector, or on the plane of two, by number: 1 is the largest eigenvalue, −1 the
    smallest. A click on an eigenvalue of a spectrum comes here.
    """

    title: ClassVar[str] = "Along eigenvectors"
    paper: ClassVar[str] = "Any network"
    place: ClassVar[str] = "curvature"
    formula: ClassVar[str] = r"L(m + \alpha v) = L(m) + \tfrac{1}{2} \lambda \alpha^2 + \dots, \qquad H v = \lambda v"
    short_formula: ClassVar[str] = r"H v = \lambda v"
    caveats: ClassVar[tuple[str, ...]] = (
        "Eigenvectors of equal eigenvalues, as of the many zeros at a minimum, are one choice among all turned ones.",
        "Where the gradient is not zero the line is tilted too; its norm is among the numbers.",
    )

    kind: Literal["eigenplane"] = "eigenplane"
    dataset: Dataset = Field(Digits(limit=300), title="Data")
    targets: Literal["one_hot", "number"] = Field(
        "one_hot", title="Class labels as", description="number: one output, the label itself, for regression losses."
    )
    network: Mlp = Field(Mlp(hidden=(16,), activation=Tanh()), title="Network")
    loss: Loss = Field(CrossEntropy(), title="Loss")
    reduction: Literal["mean", "sum"] = Field("mean", title="Loss is the", description="Mean or sum over the samples.")
    point: Annotated[Found | Init | FromCheckpoint | FromRun, Field(discriminator="kind")] = Field(
        Found(), title="Point", description="Trained here, untrained, from a file, or of a run of this project."
    )
    epochs: int = Field(30, ge=1, le=10_000, title="Epochs", description="Of Adam, where the point is trained here.")
    first: Index = Field(1, ge=-1_000_000, le=1_000_000, title="First eigenvalue", description="1: the largest.")
    second: Index | None = Field(
        2, ge=-1_000_000, le=1_000_000, title="Second eigenvalue", description="Of the other axis; empty: a line."
    )
    extent: float | None = Field(
        None, gt=0.0, le=1e6, title="Half-width", description="Empty: where λ α² / 2 is 1, at most 1 (an axis each)."
    )
    grid: int = Field(41, ge=5, le=257, title="Grid", description="Points an axis; an even number becomes odd.")
    dtype: Literal["float64"] = Field("float64", title="Precision")

    @property
    def verb(self) -> str:
        return "Draw section"

    def run(self, context: Context) -> Job:
        """Return the job: artifacts point (with directions) and section, and the claims."""
        yield Progress(0.0, "reading the data")
        data = self.dataset.load(context.files)
        labels = data.labels
        if self.targets == "number" and labels.classes is not None:
            labels = Labels(labels.y.to(torch.float64)[:, None], None)
        risk = Risk.on(self.network, self.loss, data.x, labels, dtype=torch.float64, device=context.device)
        self._numbers_fit(self.network.size(risk.inputs, labels.outputs))
        origin = yield from within(self._origin(data, labels, risk, context), 0.0, 0.3)
        theta = named.flatten(origin)
        factor = 1.0 if self.reduction == "mean" else float(len(risk.x))
        bend = Curvature(lambda at: factor * _mean(risk, named.unflatten(at, origin)), theta)
        values, vectors, top = yield from within(self._pairs(bend, context), 0.3, 0.6)
        directions = tuple(named.unflatten(v, origin) for v in vectors)
        network = self.network.model_dump(mode="json") | {"inputs": risk.inputs, "outputs": labels.outputs}
        moves = tuple(named.to_numpy(direction) for direction in directions)
        yield Checkpoint("point", network, named.to_numpy(origin), moves, "The point and the eigenvectors")
        drawn = yield from within(self._section(risk, origin, directions, values, factor), 0.6, 0.9)
        chosen = sample(drawn.values.shape, CHECKED, context.generator("points"))
        grid = tuple(axis.values for axis in drawn.axes)
        same = yield from within(brute_force(risk, origin, directions, grid, drawn.values / factor, chosen), 0.9, 0.97)
        claims = [
            at_most("The section is the loss of the whole network on all data", same.largest_scaled, 1e-10,
                    expected="≤ 10⁻¹⁰ max(1, L)", evidence=(("random grid points", len(chosen)),)),
        ]  # fmt: skip
        for index, value, v in zip(self._indices, values, vectors):
            claims.append(bends_by(risk, origin, theta, v, value, top, factor, f"λ number {index}"))
            yield Progress(0.98)
            claims.append(_is_eigenvector(bend, v, value, top, index))
        numbers: dict[str, Number | str] = {
            "loss": bend.value, "gradient_norm": float(bend.gradient.norm()), "parameters": len(theta), "lambda_max": top,
            "samples": len(risk.x), "reduction": self.reduction, "dataset_sha256": data.sha256,
        }  # fmt: skip
        for k, (index, value) in enumerate(zip(self._indices, values), start=1):
            numbers |= {f"index_{k}": index, f"lambda_{k}": value}
        return Report(
            tuple(claims),
            numbers,
            means="Along each axis the loss bends by the eigenvalue of the Hessian that was chosen.",
            does_not_mean="Nothing about the other directions: there are as many eigenvectors as parameters.",
        )

    @property
    def _indices(self) -> tuple[int, ...]:
        return (self.first,) if self.second is None else (self.first, self.second)

    def _numbers_fit(self, n: int) -> None:
        if self.second == self.first:
            raise SpecError(f"field 'second' is {self.second}: the two axes need different eigenvectors")
        for name, index in zip(("first", "second"), self._indices):
            if abs(index) > n:
                raise SpecError(f"field '{name}' is {index}: the network has {n} parameters, so {n} eigenvalues")
            if n > WHOLE and not 1 <= index <= LARGEST:
                raise SpecError(
                    f"field '{name}' is {index}: the Hessian of {n} parameters would have {8e-9 * n * n:.1f} GB; without it the "
                    f"{LARGEST} largest eigenvalues are found"
                )

    def _origin(self, data: Data, labels: Labels, risk: Risk, context: Context) -> Step[Params]:
        if isinstance(self.point, FromCheckpoint | FromRun):
            return self.point.load(
                context.files, self.network, risk.inputs, labels.outputs, dtype=torch.float64, device=context.device
            )
        generator = context.generator("init")
        start = named.of(
            self.network.build(risk.inputs, labels.outputs, dtype=torch.float64, generator=generator).to(context.device)
        )
        if isinstance(self.point, Init):
            return start
        if self.targets == "number":
            raise SpecError("field 'targets' is 'number': training here takes one_hot; choose another point or targets")
        schedule = Schedule("adam", 3e-3, 64, self.epochs)
        fitted = yield from fit(self.network, self.loss, data, start, schedule, generator=context.generator("batches"))
        return named.move(fitted.params, dtype=torch.float64)

    def _pairs(self, bend: Curvature, context: Context) -> Step[tuple[list[float], list[Tensor], float]]:
        """Return the chosen eigenvalues, their unit eigenvectors, and the largest absolute eigenvalue."""
        n = len(bend.theta)
        if n <= WHOLE:
            matrix = yield from within(bend.hessian(), 0.0, 0.6)
            values, columns = yield from within(linalg.eigensystem(matrix), 0.6, 1.0)
            values, rows = values.flip(0), columns.T.flip(0)
        else:
            wanted = min(LARGEST, max(self._indices) + 4)
            found = yield from lanczos.top_eigenvalues(
                bend, n, wanted, context.generator("lanczos"), device=context.device
            )
            order = found.values.argsort(descending=True)
            values, rows = found.values[order], found.vectors[order]
        places = [index - 1 if index > 0 else index for index in self._indices]
        return [float(values[k]) for k in places], [rows[k].contiguous() for k in places], float(values.abs().max())

    def _section(
        self, risk: Risk, origin: Params, directions: tuple[Params, ...], values: list[float], factor: float
    ) -> Step[Section]:
        axes = tuple(
            Axis(f"α{SUBSCRIPTS[k]}", coordinates(self.extent or _reach(value), self.grid | 1))
            for k, value in enumerate(values)
        )
        which = "eigenvector" if len(values) == 1 else "eigenvectors"
        title = (
            f"Loss along {which} {' and '.join(map(str, self._indices))}: "
            f"λ = {', '.join(f'{value:.4g}' for value in values)}"
        )
        marks = (Mark((0.0,) * len(axes), "the point", "origin"),)
        step = section(risk, origin, directions, axes, title=title, marks=marks)
        try:
            while True:
                event = next(step)
                yield _times(event, factor) if isinstance(event, Section) else event
        except StopIteration as stop:
            return _times(stop.value, factor)
        finally:
            step.close()


def _times(drawn: Section, factor: float) -> Section:
    return replace(drawn, values=factor * drawn.values)


def _reach(value: float) -> float:
    """Return where the parabola of an eigenvalue has risen by 1, at most 1: flat axes are shown as far as that."""
    return min(1.0, math.sqrt(2.0 / max(abs(value), 1e-300)))


def _mean(risk: Risk, at: Params) -> Tensor:
    return risk.loss(named.forward(risk.network, at, risk.x), risk.target).mean()


def bends_by(
    risk: Risk, origin: Params, theta: Tensor, v: Tensor, value: float, top: float, factor: float, words: str
) -> Claim:
    """Return the claim that second differences of the loss along ``v`` tend to ``value``; not applicable across kinks."""
    h = 1e-2 * _reach(top)

    def at(t: float) -> float:
        with torch.no_grad():
            return factor * float(_mean(risk, named.unflatten(theta + t * v, origin)))

    here = at(0.0)

    def second(step: float) -> tuple[float, float]:
        up, down = at(step), at(-step)
        rounding = 64 * linalg.EPS * max(abs(up), abs(down), abs(here)) / step**2
        return (up - 2.0 * here + down) / step**2, rounding

    (coarse, _), (fine, rounding) = second(h), second(h / 2)
    measured = (4.0 * fine - coarse) / 3.0
    tolerance = abs(fine - coarse) + rounding + 1e-6 * top
    claim = at_most(
        f"Along the axis of {words} the loss bends by λ", abs(measured - value), tolerance,
        expected=f"second difference = {value:.4g}",
        evidence=(("second difference", measured), ("eigenvalue", value), ("step", h), ("tolerance", tolerance)),
    )  # fmt: skip
    activation = risk.network.activation
    if traits(activation).smooth:
        return claim
    reason = (
        f"{activation.label} has kinks: λ is the bend of the smooth piece around the point, and a step may leave it"
    )
    return replace(claim, verdict=Verdict.NOT_APPLICABLE, reason=reason)


def _is_eigenvector(bend: Curvature, v: Tensor, value: float, top: float, index: int) -> Claim:
    residual = float((bend(v) - value * v).norm()) / max(top, 1e-300)
    return at_most(
        f"Direction {index} is an eigenvector: |H v − λ v| is zero", residual, SUFFICIENT, expected="≤ 10⁻⁶ λ_max"
    )
