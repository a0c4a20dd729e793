"""Losses per sample: frozen specs that can be called on predictions [N, l] and the targets they encode from labels.

The regression losses are sums over the l outputs of a function of the residual a = prediction - target
(Czarnecki et al. 2019, eq. 6 and its footnote; the robust ones as in Nguyen and Hein 2017, Figure 1, after Hartley and
Zisserman 2004, appendix 6.8), zero at zero and c a² for small a, where ``curvature`` c is 1 but for the two mixtures.
Classes become one-hot targets there. The risk is always the mean over the samples.
"""

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import torch
from jaxtyping import Float, Shaped
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from lsviewer.core.spec import Spec, SpecError


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """What is to be predicted: int64 class indices [N] with their number, or float targets [N, l] with ``classes`` None."""

    y: Tensor
    classes: int | None

    @property
    def outputs(self) -> int:
        """Number of outputs a network needs: classes or l."""
        return int(self.y.shape[1]) if self.classes is None else self.classes


class _Loss(Spec):
    formula: ClassVar[str]  # LaTeX, per sample
    needs_classes: ClassVar[bool] = False

    def __call__(self, prediction: Float[Tensor, "N l"], target: Shaped[Tensor, "N ..."]) -> Float[Tensor, "N"]:
        """Return the loss of every sample."""
        raise NotImplementedError

    def targets(self, labels: Labels) -> Tensor:
        """Return the targets as the loss wants them: int64 [N], or float32 [N, l]."""
        raise NotImplementedError

    def _classes(self, labels: Labels) -> Tensor:
        if labels.classes is None:
            raise SpecError(
                f"field 'loss' is '{self.label.replace(' ', '_')}': it needs class labels, the data has float targets"
            )
        return labels.y


class CrossEntropy(_Loss):
    """Cross-entropy of the softmax of the outputs, in nats."""

    formula = r"\ell(p, y) = \log \sum_c e^{p_c} - p_y"
    needs_classes = True
    kind: Literal["cross_entropy"] = "cross_entropy"

    def __call__(self, prediction: Float[Tensor, "N l"], target: Shaped[Tensor, "N"]) -> Float[Tensor, "N"]:
        return functional.cross_entropy(prediction, target, reduction="none")

    def targets(self, labels: Labels) -> Tensor:
        return self._classes(labels)


class _Additive(_Loss):
    """A loss that is a sum over the outputs of ``term``, one number of prediction and encoded target each."""

    def term(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Return the loss of single outputs; arguments broadcast."""
        raise NotImplementedError

    def slope(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Return the derivative of `term` by the prediction; arguments broadcast."""
        raise NotImplementedError

    @property
    def curvature(self) -> float:
        """Half the second derivative of `term` at a residual of zero."""
        return 1.0

    def encoded(self, labels: Labels) -> Float[Tensor, "N l"]:
        """Return the numbers `term` compares with: one-hot or float targets."""
        if labels.classes is None:
            return labels.y
        return functional.one_hot(labels.y, labels.classes).to(torch.float32)

    def targets(self, labels: Labels) -> Tensor:
        return self.encoded(labels)

    def __call__(self, prediction: Float[Tensor, "N l"], target: Shaped[Tensor, "N ..."]) -> Float[Tensor, "N"]:
        if prediction.shape != target.shape:  # broadcasting [N, 1] against [N] would be silent and wrong
            raise ValueError(f"predictions have shape {tuple(prediction.shape)}, targets {tuple(target.shape)}")
        return self.term(prediction, target).sum(dim=1)


class Squared(_Additive):
    """Sum over the outputs of squared residuals."""

    formula = r"\ell(p, y) = \|p - y\|^2"
    kind: Literal["squared"] = "squared"

    def term(self, prediction: Tensor, target: Tensor) -> Tensor:
        return (prediction - target).square()

    def slope(self, prediction: Tensor, target: Tensor) -> Tensor:
        return 2.0 * (prediction - target)


class PseudoHuber(_Additive):
    """Smooth Huber loss: a² near zero, 2δ|a| far out."""

    formula = r"\ell(p, y) = \sum_j 2\delta^2 \left(\sqrt{1 + (p_j - y_j)^2 / \delta^2} - 1\right)"
    kind: Literal["pseudo_huber"] = "pseudo_huber"
    delta: float = Field(
        1.0, ge=1e-3, le=1e3, title="Delta", description="Residual at which the loss turns from square to linear."
    )

    def term(self, prediction: Tensor, target: Tensor) -> Tensor:
        a = prediction - target
        # sqrt(1 + u) - 1 = u / (sqrt(1 + u) + 1): no cancellation for small residuals
        return 2.0 * a.square() / (torch.sqrt(1.0 + (a / self.delta).square()) + 1.0)

    def slope(self, prediction: Tensor, target: Tensor) -> Tensor:
        a = prediction - target
        return 2.0 * a / torch.sqrt(1.0 + (a / self.delta).square())


class Cauchy(_Additive):
    """Logarithmic growth: outliers hardly count."""

    formula = r"\ell(p, y) = \sum_j \delta^2 \log\left(1 + (p_j - y_j)^2 / \delta^2\right)"
    kind: Literal["cauchy"] = "cauchy"
    delta: float = Field(1.0, ge=1e-3, le=1e3, title="Delta", description="Residual beyond which the loss is concave.")

    def term(self, prediction: Tensor, target: Tensor) -> Tensor:
        return self.delta**2 * torch.log1p(((prediction - target) / self.delta).square())

    def slope(self, prediction: Tensor, target: Tensor) -> Tensor:
        a = prediction - target
        return 2.0 * a / (1.0 + (a / self.delta).square())


class BlakeZisserman(_Additive):
    """Square near zero, constant far out: outliers do not count. The constant that makes it 0 at 0 is taken off."""

    formula = r"\ell(p, y) = \sum_j -\log\frac{e^{-(p_j - y_j)^2} + \delta}{1 + \delta}"
    kind: Literal["blake_zisserman"] = "blake_zisserman"
    delta: float = Field(0.1, ge=1e-6, le=10.0, title="Delta", description="Its logarithm is the height far out.")

    @property
    def curvature(self) -> float:
        return 1.0 / (1.0 + self.delta)

    def term(self, prediction: Tensor, target: Tensor) -> Tensor:
        a = prediction - target
        # log1p of expm1: near zero the difference of two logarithms would cancel
        return -torch.log1p(torch.expm1(-a.square()) / (1.0 + self.delta))

    def slope(self, prediction: Tensor, target: Tensor) -> Tensor:
        a = prediction - target
        near = torch.exp(-a.square())  # beyond |a| = 27 it underflows: the loss is flat there for a computer
        return 2.0 * a * near / (near + self.delta)


class CorruptedGaussian(_Additive):
    """Residuals from a narrow or, with probability 1 - α, a w times wider normal law; 0 at 0 by a constant."""

    formula = (
        r"\ell(p, y) = \sum_j -\log\frac{\alpha e^{-a_j^2} + (1 - \alpha) e^{-a_j^2 / w^2} / w}"
        r"{\alpha + (1 - \alpha) / w}, \quad a = p - y"
    )
    kind: Literal["corrupted_gaussian"] = "corrupted_gaussian"
    alpha: float = Field(0.5, ge=0.01, le=0.99, title="Alpha", description="Share of the narrow law.")
    width: float = Field(6.0, ge=0.1, le=100.0, title="Width", description="How many times wider the other law is.")

    @property
    def curvature(self) -> float:
        narrow = self._narrow
        return narrow + (1.0 - narrow) / self.width**2

    @property
    def _narrow(self) -> float:
        """Share of the narrow law in the density at zero."""
        return self.alpha / (self.alpha + (1.0 - self.alpha) / self.width)

    def term(self, prediction: Tensor, target: Tensor) -> Tensor:
        square = (prediction - target).square()
        narrow, wide = self._narrow, square / self.width**2
        # near zero the logarithm of a sum that is almost 1; far out the sum underflows and logaddexp takes over
        small = square.clamp(max=0.5)
        near = -torch.log1p(
            narrow * torch.expm1(-small) + (1.0 - narrow) * torch.expm1(-wide.clamp(max=0.5 / self.width**2))
        )
        far = -torch.logaddexp(math.log(narrow) - square, math.log1p(-narrow) - wide)
        return torch.where(square < 0.5, near, far)

    def slope(self, prediction: Tensor, target: Tensor) -> Tensor:
        a = prediction - target
        odds = math.log(self._narrow) - math.log1p(-self._narrow) - a.square() * (1.0 - 1.0 / self.width**2)
        share = torch.sigmoid(odds)
        return 2.0 * a * (share + (1.0 - share) / self.width**2)


class SquaredHinge(_Additive):
    """One against the rest: sum over the outputs of max(0, 1 - s_c p_c)², s = 1 for the class, -1 for all others."""

    formula = r"\ell(p, y) = \sum_c \max(0, 1 - s_c\, p_c)^2, \quad s_c = 2\,[c = y] - 1"
    needs_classes = True
    kind: Literal["squared_hinge"] = "squared_hinge"

    def encoded(self, labels: Labels) -> Float[Tensor, "N l"]:
        return 2.0 * functional.one_hot(self._classes(labels), labels.outputs).to(torch.float32) - 1.0

    def targets(self, labels: Labels) -> Tensor:
        return self._classes(labels)

    def term(self, prediction: Tensor, target: Tensor) -> Tensor:
        return torch.relu(1.0 - target * prediction).square()

    def slope(self, prediction: Tensor, target: Tensor) -> Tensor:
        return -2.0 * target * torch.relu(1.0 - target * prediction)

    def __call__(self, prediction: Float[Tensor, "N l"], target: Shaped[Tensor, "N"]) -> Float[Tensor, "N"]:
        sign = 2.0 * functional.one_hot(target, prediction.shape[1]).to(prediction.dtype) - 1.0
        return self.term(prediction, sign).sum(dim=1)


Additive = Squared | PseudoHuber | Cauchy | BlakeZisserman | CorruptedGaussian | SquaredHinge
Loss = Annotated[
    CrossEntropy | Squared | PseudoHuber | Cauchy | BlakeZisserman | CorruptedGaussian | SquaredHinge,
    Field(discriminator="kind", title="Loss"),
]
