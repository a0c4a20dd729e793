"""Functions of one coordinate that a first layer can realise when alpha moves its biases: a basis, and its cardinal functions.

Unit k of an axis computes ``f_k(alpha) = activation(bias_k + step_k alpha)``. With as many units as knots ``alpha_i =
i / (K - 1)`` the matrix ``F_ik = f_k(alpha_i)`` can be inverted, and the cardinal function ``c_i(alpha) = sum_k
F^-1_ki f_k(alpha)`` is 1 at knot i and 0 at the others. A table of values at the knots, times the cardinal functions,
is then any function the layer above can read, and is trained entry by entry, whatever the conditioning of the f_k;
folding the table into weights, ``F^-1 U``, loses nothing.

- relu: thresholds on the knots; the cardinal functions are the hat functions and F^-1 holds their second differences.
- other ramps (gelu, silu, softplus, leaky relu): the same, steep enough to be close to hats; condition of F about 2e4
  for K = 128.
- steps (tanh, sigmoid): thresholds between the knots, a step from one knot to the next; condition about 2e2.
- sine: phase and frequency of the discrete cosine transform, condition 1.5; between the knots the trigonometric
  interpolant.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from lsviewer.core.spec import SpecError
from lsviewer.engine import activations as act
from lsviewer.engine.activations import Activation


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """``activation(bias + step alpha)`` for K units, and the inverse of its values at the K knots; float64."""

    activation: Activation
    bias: Float[Tensor, "K"]
    step: Float[Tensor, "K"]
    inverse: Float[Tensor, "K K"]

    def cardinal(self, alpha: Float[Tensor, "n"]) -> Float[Tensor, "n K"]:
        """Return the cardinal functions at points of [0, 1], float64."""
        return self.activation(self.bias + alpha[:, None] * self.step) @ self.inverse


def make_basis(activation: Activation, knots: int) -> Basis:
    """Return the basis of an activation with ``knots`` units; raises `SpecError` for one that has none."""
    bias, step = _units(activation, knots)
    points = torch.linspace(0.0, 1.0, knots, dtype=torch.float64)
    values = activation(bias + points[:, None] * step)
    return Basis(activation, bias, step, torch.linalg.inv(values))


def _units(activation: Activation, knots: int) -> tuple[Tensor, Tensor]:
    index = torch.arange(knots, dtype=torch.float64)
    every = torch.full((knots,), knots - 1.0, dtype=torch.float64)
    match activation:
        case act.Relu() | act.LeakyRelu():
            return 1.0 - index, every
        case act.Gelu():
            return 3.0 * (1.0 - index), 3.0 * every
        case act.Silu():
            return 5.0 * (1.0 - index), 5.0 * every
        case act.Softplus(alpha=alpha):
            return 5.0 / alpha * (1.0 - index), 5.0 / alpha * every
        case act.Tanh():
            return 2.0 * (0.5 - index), 2.0 * every
        case act.Sigmoid():
            return 4.0 * (0.5 - index), 4.0 * every
        case act.Sine(frequency=frequency):
            return torch.full_like(index, 0.5 * math.pi / frequency), math.pi / frequency * index
        case _:
            raise SpecError(
                f"field 'network.activation' is '{activation.kind}': no pattern can be trained with it; "
                "choose relu, tanh, gelu, silu or sine"
            )
