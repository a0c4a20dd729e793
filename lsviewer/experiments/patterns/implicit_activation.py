"""Figure 3 of Czarnecki et al. 2019: the implicit activation of every loss, its inverse, and the check against all data.

Tolerance of the claims: a mean of N losses of size s, each a sum over l outputs, is rounded by about (log2 N + l) eps s
(pairwise summation); for N = 60000 and l = 10 that is 6e-15 s. The claims allow 1e-12 (1 + s), which no error of a formula meets.
"""

from collections.abc import Iterator
from typing import ClassVar, Literal, get_args

import torch
from pydantic import Field
from torch import Tensor

from lsviewer.core.artifacts import Curve, Level, Series
from lsviewer.core.claims import Claim, Number, Report, Verdict, at_most
from lsviewer.core.experiment import Experiment
from lsviewer.core.jobs import Job, Progress
from lsviewer.engine.context import Context
from lsviewer.engine.data import Data, marginal
from lsviewer.engine.datasets import Dataset, Digits
from lsviewer.engine.implicit import Implicit, implicit_activation, nearest_half
from lsviewer.engine.losses import Additive, CrossEntropy, Loss

POINTS = 64  # checked against all data
BACK = 0.35  # the curve is drawn from this share of its length before the minimum


class ImplicitActivation(Experiment):
    """With the first layer's weights at zero the network gives every sample the same outputs v, and the loss of the whole
    data set becomes a function σ(v) of these alone: an activation on top of the network. The data enters only through how often
    each label occurs.

    Theorem 1 needs σ to reach every value of the pattern. So v moves along a ray that starts at the minimum of σ, where
    σ then rises without a gap; its inverse, the largest pre-image, turns a pattern into outputs.

    Shown: σ along the ray with 64 points computed from all samples one by one, its inverse, and σ for every loss on
    the same labels.
    """

    title: ClassVar[str] = "Figure 3: implicit activation"
    paper: ClassVar[str] = "Czarnecki et al. 2019"
    place: ClassVar[str] = "section 2, eq. 5, 6 and 12, figure 3"
    formula: ClassVar[str] = (
        r"\sigma(v) = \frac{1}{N} \sum_{i=1}^{N} \ell(v, y_i), \qquad "
        r"\sigma^{-1}(s) = \max \{\, t \geq 0 : \sigma(v_0 + t\,r) = s \,\}"
    )
    short_formula: ClassVar[str] = r"\sigma(v) = \frac{1}{N} \sum_i \ell(v, y_i)"
    caveats: ClassVar[tuple[str, ...]] = (
        "σ is flat at its minimum, so the inverse is infinitely steep there; patterns start a little above it.",
        "σ reaches values from its minimum upwards only; eq. 8 leaves the constant free that lifts a pattern there.",
        "The Cauchy loss rises like a logarithm: high patterns need very large outputs. Far from the labels it is not convex, "
        "and the ray starts at its largest minimiser.",
    )

    kind: Literal["implicit_activation"] = "implicit_activation"
    dataset: Dataset = Digits()
    loss: Loss = CrossEntropy()
    height: float = Field(
        2.0, gt=0.0, le=20.0, title="Height", description="How far above the minimum the curves go, in loss units."
    )
    resolution: int = Field(401, ge=33, le=4001, title="Points", description="Points of every curve.")

    @property
    def verb(self) -> str:
        return "Draw σ"

    def run(self, context: Context) -> Job:
        """Return the job: three curves and four claims."""
        yield Progress(0.0, "reading the data")
        data = self.dataset.load(context.files)
        sigma = implicit_activation(self.loss, data.labels)
        top = float(sigma.inverse(torch.tensor([sigma.minimum + self.height], dtype=torch.float64)))
        yield self._curve(sigma, top, ())
        yield self._inverse(sigma, top)
        yield Progress(0.1, "σ for every loss")
        yield self._comparison(data, top)

        places = top * (
            torch.rand(POINTS, dtype=torch.float64, generator=context.generator("points")) * (1 + BACK) - BACK
        )
        brute = torch.empty(POINTS, dtype=torch.float64)
        for k, risk in enumerate(mean_losses(self.loss, data, sigma.point(places))):
            brute[k] = risk
            yield Progress(0.2 + 0.8 * (k + 1) / POINTS, f"point {k + 1} of {POINTS} from {len(data)} samples")
        yield self._curve(sigma, top, (Series("mean over all samples", places.numpy(), brute.numpy(), "points"),))
        return self._report(
            data, sigma, top, float((brute - sigma.sigma(places)).abs().max()), float(brute.abs().max())
        )

    # --- what is shown ---------------------------------------------------------------------------------------------------

    def _curve(self, sigma: Implicit, top: float, points: tuple[Series, ...]) -> Curve:
        t = torch.linspace(-BACK * top, top, self.resolution, dtype=torch.float64)
        return Curve(
            "sigma",
            f"σ for {words(self.loss)}",
            "t along the ray",
            "mean loss",
            (Series(words(self.loss), t.numpy(), sigma.sigma(t).numpy()), *points),
            levels=(Level(sigma.minimum, f"minimum {sigma.minimum:.4g}"), Level(0.0, "the ray starts", "x")),
        )

    def _inverse(self, sigma: Implicit, top: float) -> Curve:
        # denser towards the minimum, where the inverse is steep
        value = sigma.minimum + self.height * torch.linspace(0.0, 1.0, self.resolution, dtype=torch.float64).square()
        return Curve(
            "inverse",
            "σ⁻¹, the largest pre-image",
            "mean loss",
            "t along the ray",
            (Series(words(self.loss), value.numpy(), sigma.inverse(value).numpy()),),
            levels=(Level(sigma.minimum, f"minimum {sigma.minimum:.4g}", "x"),),
        )

    def _comparison(self, data: Data, top: float) -> Curve:
        t = torch.linspace(-BACK * top, top, self.resolution, dtype=torch.float64)
        series = []
        for loss in every_loss(self.loss):
            if data.classes is None and loss.needs_classes:
                continue
            series.append(Series(words(loss), t.numpy(), implicit_activation(loss, data.labels).rise(t).numpy()))
        return Curve(
            "losses",
            "σ of every loss, above its minimum",
            "t along the ray",
            "mean loss above the minimum",
            tuple(series),
        )

    # --- what is claimed -------------------------------------------------------------------------------------------------

    def _report(self, data: Data, sigma: Implicit, top: float, brute: float, size: float) -> Report:
        tolerance = 1e-12 * (1.0 + size)
        value = sigma.minimum + self.height * torch.linspace(0.0, 1.0, 1001, dtype=torch.float64)
        back = float((sigma.sigma(sigma.inverse(value)) - value).abs().max())
        slope = float(gradient_at_start(self.loss, data, sigma).abs().max())
        steps = sigma.sigma(torch.linspace(0.0, top, 1025, dtype=torch.float64)).diff()
        rising = float(steps.min())
        claims = (
            at_most("σ equals the mean loss over all samples", brute, tolerance, expected="≤ 10⁻¹² (1 + σ)",
                    evidence=(("points", POINTS), ("samples", len(data)))),
            at_most("σ(σ⁻¹(s)) = s", back, tolerance, expected="≤ 10⁻¹² (1 + σ)", evidence=(("values", len(value)),)),
            at_most("σ is stationary where the ray starts", slope, 1e-12, expected="gradient over all samples ≤ 10⁻¹²",
                    evidence=(("outputs", len(sigma.base)),)),
            Claim("σ rises all along the ray", "every step > 0", rising, 0.0, Verdict.HOLDS if rising > 0 else Verdict.FAILS,
                  "the least of 1024 steps", evidence=(("from t", 0.0), ("to t", top))),
        )  # fmt: skip
        numbers: dict[str, Number | str] = {
            "minimum": sigma.minimum, "t_at_height": top, "height": self.height, "samples": len(data),
            "inputs": data.inputs, "outputs": data.outputs, "data_sha256": data.sha256,
            "brute_force_points": POINTS, "brute_force_max_abs_diff": brute, "inverse_max_abs_diff": back,
        }  # fmt: skip
        if data.classes is not None:
            p = marginal(data.labels)
            numbers |= {"ray_class": nearest_half(p), "ray_class_share": float(p[nearest_half(p)])}
        return Report(
            claims,
            numbers,
            means=f"For outputs on the ray the loss of all {len(data)} samples is this curve, and each of its values "
            "has an output that gives it.",
            does_not_mean="Nothing is said about outputs that depend on the input, nor about other directions of the outputs.",
        )


def words(loss: Loss) -> str:
    """Return the name of a loss for a legend: ``pseudo huber, delta 0.5``."""
    delta = getattr(loss, "delta", None)
    return loss.label if delta is None else f"{loss.label}, delta {delta:g}"


def every_loss(chosen: Loss) -> list[Loss]:
    """Return every loss once, the chosen one as it is set, the others with their defaults."""
    kinds: tuple[type[CrossEntropy | Additive], ...] = get_args(get_args(Loss)[0])
    return [chosen if isinstance(chosen, kind) else kind() for kind in kinds]


def mean_losses(loss: Loss, data: Data, outputs: Tensor) -> Iterator[Tensor]:
    """Yield the mean loss over all samples of each row of outputs [k, l], one sample at a time in float64."""
    target = loss.targets(data.labels)
    target = target.to(torch.float64) if target.is_floating_point() else target
    for v in outputs:
        yield loss(v.expand(len(data), -1), target).mean()


def gradient_at_start(loss: Loss, data: Data, sigma: Implicit) -> Tensor:
    """Return the gradient of the mean loss over all samples by the outputs, where the ray starts."""
    v = sigma.base.clone().requires_grad_()
    risk = next(mean_losses(loss, data, v[None]))
    return torch.autograd.grad(risk, v)[0]
