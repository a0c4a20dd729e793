"""Activations: frozen specs that can be called, with the gain their weights start from.

``gain`` is the factor g of a normal initialisation with standard deviation g / sqrt(fan in). Where torch names one
(``torch.nn.init.calculate_gain``) it is that; for the others it is 1 / sqrt(E[activation(z)²]) for a standard normal z,
which keeps the mean square of the signal from layer to layer (He et al. 2015, eq. 10, for relu).
"""

import math
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from lsviewer.core.spec import Spec


class Elementwise(nn.Module):
    """An activation as a module without parameters, where torch has none that computes the same."""

    def __init__(self, activation: "_Activation") -> None:
        super().__init__()
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(x)

    def extra_repr(self) -> str:
        return self.activation.label


class _Activation(Spec):
    formula: ClassVar[str]  # LaTeX

    def __call__(self, x: Tensor) -> Tensor:
        """Return the activation of every entry."""
        raise NotImplementedError

    @property
    def gain(self) -> float:
        """Return the factor of the initial weights, see the module."""
        raise NotImplementedError

    def module(self) -> nn.Module:
        """Return the layer of a ``torch.nn.Sequential``; it has no parameters."""
        return Elementwise(self)


class Relu(_Activation):
    """max(x, 0)."""

    formula = r"\max(x, 0)"
    kind: Literal["relu"] = "relu"

    def __call__(self, x: Tensor) -> Tensor:
        return torch.relu(x)

    @property
    def gain(self) -> float:
        return math.sqrt(2.0)

    def module(self) -> nn.Module:
        return nn.ReLU()


class LeakyRelu(_Activation):
    """x for positive x, slope · x otherwise."""

    formula = r"\max(x, s\,x)"
    kind: Literal["leaky_relu"] = "leaky_relu"
    slope: float = Field(0.01, ge=0.0, lt=1.0, title="Slope", description="Slope for negative inputs.")

    def __call__(self, x: Tensor) -> Tensor:
        return functional.leaky_relu(x, self.slope)

    @property
    def gain(self) -> float:
        return math.sqrt(2.0 / (1.0 + self.slope**2))

    def module(self) -> nn.Module:
        return nn.LeakyReLU(self.slope)


class Tanh(_Activation):
    """Hyperbolic tangent."""

    formula = r"\tanh x"
    kind: Literal["tanh"] = "tanh"

    def __call__(self, x: Tensor) -> Tensor:
        return torch.tanh(x)

    @property
    def gain(self) -> float:
        return 5.0 / 3.0

    def module(self) -> nn.Module:
        return nn.Tanh()


class Sigmoid(_Activation):
    """1 / (1 + exp(-x))."""

    formula = r"\frac{1}{1 + e^{-x}}"
    kind: Literal["sigmoid"] = "sigmoid"

    def __call__(self, x: Tensor) -> Tensor:
        return torch.sigmoid(x)

    @property
    def gain(self) -> float:
        return 1.0

    def module(self) -> nn.Module:
        return nn.Sigmoid()


class Softplus(_Activation):
    """log(1 + exp(alpha x)) / alpha, exact for all x."""

    formula = r"\frac{1}{\alpha} \log(1 + e^{\alpha x})"
    kind: Literal["softplus"] = "softplus"
    alpha: float = Field(1.0, gt=0.0, le=1e3, title="Alpha", description="Sharpness; large values come close to relu.")

    def __call__(self, x: Tensor) -> Tensor:
        # functional.softplus switches to the identity at alpha x = 20 with a jump of 2e-9; logaddexp has none.
        return torch.logaddexp(self.alpha * x, torch.zeros((), dtype=x.dtype, device=x.device)) / self.alpha

    @property
    def gain(self) -> float:
        z = torch.linspace(-12.0, 12.0, 2401, dtype=torch.float64)  # the trapezoidal rule is exact to 1e-15 here
        density = torch.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
        return 1.0 / math.sqrt(float(torch.trapezoid(density * self(z) ** 2, z)))


class Gelu(_Activation):
    """x Φ(x) with the normal distribution function Φ (Hendrycks and Gimpel 2016), exact."""

    formula = r"x\,\Phi(x)"
    kind: Literal["gelu"] = "gelu"

    def __call__(self, x: Tensor) -> Tensor:
        return functional.gelu(x)

    @property
    def gain(self) -> float:
        return 1.5335304

    def module(self) -> nn.Module:
        return nn.GELU()


class Silu(_Activation):
    """x / (1 + exp(-x)), also called swish."""

    formula = r"\frac{x}{1 + e^{-x}}"
    kind: Literal["silu"] = "silu"

    def __call__(self, x: Tensor) -> Tensor:
        return functional.silu(x)

    @property
    def gain(self) -> float:
        return 1.6765325

    def module(self) -> nn.Module:
        return nn.SiLU()


class Sine(_Activation):
    """sin(frequency · x) (Sitzmann et al. 2020)."""

    formula = r"\sin \omega x"
    kind: Literal["sine"] = "sine"
    frequency: float = Field(
        1.0, gt=0.0, le=100.0, title="Frequency", description="Sitzmann et al. use 30 in the first layer."
    )

    def __call__(self, x: Tensor) -> Tensor:
        return torch.sin(self.frequency * x)

    @property
    def gain(self) -> float:
        # E sin²(ωz) = (1 - exp(-2ω²)) / 2; dividing by ω too keeps the argument of the sine at unit variance.
        return 1.0 / math.sqrt((1.0 - math.exp(-2.0)) / 2.0) / self.frequency


class Identity(_Activation):
    """x: a linear network."""

    formula = "x"
    kind: Literal["identity"] = "identity"

    def __call__(self, x: Tensor) -> Tensor:
        return x

    @property
    def gain(self) -> float:
        return 1.0

    def module(self) -> nn.Module:
        return nn.Identity()


Activation = Annotated[
    Relu | LeakyRelu | Tanh | Sigmoid | Softplus | Gelu | Silu | Sine | Identity,
    Field(discriminator="kind", title="Activation"),
]
