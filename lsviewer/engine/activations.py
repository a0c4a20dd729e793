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

_SMALLEST = 1.0 / 700.0  # exp(-700) is still a normal float64


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
        z = torch.linspace(-12.0, 12.0, 2401, dtype=torch.float64)
        # For smooth functions the trapezoidal rule is exact to 1e-15 here; a kink at 0 with value 0 costs h^4, 1e-9.
        density = torch.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
        return 1.0 / math.sqrt(float(torch.trapezoid(density * self(z) ** 2, z)))

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


class Smoolu(_Activation):
    """x exp(-1/x) for positive x, 0 otherwise (Cooper 2018, definition 3.2): smooth everywhere and zero on a half line."""

    formula = r"x\,e^{-1/x}\;(x > 0)"
    kind: Literal["smoolu"] = "smoolu"

    def __call__(self, x: Tensor) -> Tensor:
        # Below 1/700 the value is under 1e-306. Dividing there would give NaN gradients through torch.where.
        safe = x.clamp(min=_SMALLEST)
        return torch.where(x > _SMALLEST, safe * torch.exp(-1.0 / safe), torch.zeros_like(x))


class SmoothedRelu(_Activation):
    """relu with its corner smoothed: x s(x / width), where s rises smoothly from 0 at 0 to 1 at 1 and stays there."""

    formula = r"x\,s(x / w), \quad s(t) = \frac{h(t)}{h(t) + h(1 - t)}, \quad h(t) = e^{-1/t}\;(t > 0)"
    kind: Literal["smoothed_relu"] = "smoothed_relu"
    width: float = Field(1.0, gt=0.0, le=100.0, title="Width", description="From here on it is exactly x.")

    def __call__(self, x: Tensor) -> Tensor:
        t = (x / self.width).clamp(_SMALLEST, 1.0 - _SMALLEST)
        step = torch.sigmoid(1.0 / (1.0 - t) - 1.0 / t)
        inside = torch.where(x > _SMALLEST * self.width, x * step, torch.zeros_like(x))
        return torch.where(x < self.width * (1.0 - _SMALLEST), inside, x)


class TruncatedTanh(_Activation):
    """tanh x for positive x, 0 otherwise: rectified and bounded, with a corner at 0."""

    formula = r"\max(\tanh x, 0)"
    kind: Literal["truncated_tanh"] = "truncated_tanh"

    def __call__(self, x: Tensor) -> Tensor:
        return torch.tanh(torch.relu(x))


class TanhSmoolu(_Activation):
    """tanh(smooLU(x)): rectified, smooth and bounded."""

    formula = r"\tanh(x\,e^{-1/x})\;(x > 0)"
    kind: Literal["tanh_smoolu"] = "tanh_smoolu"

    def __call__(self, x: Tensor) -> Tensor:
        return torch.tanh(Smoolu()(x))


class Atan(_Activation):
    """Arc tangent."""

    formula = r"\arctan x"
    kind: Literal["atan"] = "atan"

    def __call__(self, x: Tensor) -> Tensor:
        return torch.atan(x)


class Erf(_Activation):
    """Error function."""

    formula = r"\mathrm{erf}\,x"
    kind: Literal["erf"] = "erf"

    def __call__(self, x: Tensor) -> Tensor:
        return torch.erf(x)


class TanhCubed(_Activation):
    """tanh(x³): analytic, bounded and strictly increasing, yet its slope is 0 at 0."""

    formula = r"\tanh(x^3)"
    kind: Literal["tanh_cubed"] = "tanh_cubed"

    def __call__(self, x: Tensor) -> Tensor:
        return torch.tanh(x**3)


class Elu(_Activation):
    """x for positive x, exp(x) - 1 otherwise (Clevert et al. 2016): one continuous derivative, not two."""

    formula = r"e^{\min(x, 0)} - 1 + \max(x, 0)"
    kind: Literal["elu"] = "elu"

    def __call__(self, x: Tensor) -> Tensor:
        return functional.elu(x)

    def module(self) -> nn.Module:
        return nn.ELU()


class Softsign(_Activation):
    """x / (1 + |x|): one continuous derivative, not two."""

    formula = r"\frac{x}{1 + |x|}"
    kind: Literal["softsign"] = "softsign"

    def __call__(self, x: Tensor) -> Tensor:
        return functional.softsign(x)

    def module(self) -> nn.Module:
        return nn.Softsign()


Activation = Annotated[
    Relu
    | LeakyRelu
    | Tanh
    | Sigmoid
    | Softplus
    | Gelu
    | Silu
    | Sine
    | Identity
    | Smoolu
    | SmoothedRelu
    | TruncatedTanh
    | TanhSmoolu
    | Atan
    | Erf
    | TanhCubed
    | Elu
    | Softsign,
    Field(discriminator="kind", title="Activation"),
]
