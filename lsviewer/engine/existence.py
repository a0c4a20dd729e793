"""Is there an exact zero of Phi near a point that is a zero to rounding? Krawczyk's test, in ball arithmetic.

Zero loss is N m equations F_L(theta) = Y in n >= N m unknowns. With the columns of Q an orthonormal basis of the row space of
their Jacobian J(theta_0), the slice theta_0 + Q u, u in R^{N m}, makes the system square: g(u) = F_L(theta_0 + Q u) - Y. For a
box U around 0 and any matrix C (here the inverse of J(theta_0) Q in float64)

    K(U) = -C g(0) + (I - C g'(U)) U,   g'(U) = J(theta_0 + Q U) Q

and K(U) inside the interior of U proves that g has exactly one zero in U, and that it lies in K(U) (Krawczyk 1969; Neumaier
1990, chapter 5). The Jacobian is evaluated over the whole box, every operation is rounded outward: nothing is assumed.
The zero is an exact global minimum, at most |Q K(U)| from theta_0. A test that fails shows nothing.

Any loss that vanishes at zero residuals only leads to the same equations. For the squared hinge the targets are s max(1, s f): an
output that is already beyond its label may stay there.
"""

import math
from dataclasses import dataclass
from typing import Literal

import flint
import torch
from jaxtyping import Float
from torch import Tensor

from lsviewer.core.jobs import Step
from lsviewer.core.numerals import num
from lsviewer.engine import balls
from lsviewer.engine.backpropagation import Objective, block_jacobian
from lsviewer.engine.linalg import EPS, in_background

BITS = 128
MOST = 40_000_000  # n (N m)^2, products of balls: half a second
QUICK = 200_000


@dataclass(frozen=True, slots=True)
class Existence:
    """``radius``: |theta* - theta_0| of an exact zero theta* is at most this; infinite without one.

    ``step`` is the largest |C g(0)|, the Newton step; ``contraction`` the largest row sum of |I - C g'(U)|, below 1/2 where
    the test succeeds.
    """

    answer: Literal["exists", "not contracted", "not applicable"]
    reason: str
    radius: float = math.inf
    step: float = math.inf
    contraction: float = math.inf


def zero_nearby(objective: Objective, theta: Float[Tensor, "n"]) -> Step[Existence]:
    """Return whether an exact zero of Phi exists near theta, and within which distance."""
    equations, unknowns = objective.samples * objective.outputs, objective.stack.size
    kind = getattr(objective.stack.activation, "kind", "this activation")
    if balls.form(objective.stack.activation) is None:
        return Existence("not applicable", f"{kind} has no form in ball arithmetic")
    if unknowns < equations:
        return Existence(
            "not applicable", f"{unknowns} parameters for {equations} equations: no slice makes the system square"
        )
    if unknowns * equations**2 > MOST:
        return Existence(
            "not applicable",
            f"{equations} equations in {unknowns} unknowns want {num(unknowns * equations**2)} products of balls, "
            f"at most {num(MOST, 1)} are taken",
        )
    long = unknowns * equations**2 > QUICK
    return (yield from in_background(lambda: krawczyk(objective, theta), long, "an exact zero nearby, in balls"))


def krawczyk(objective: Objective, theta: Float[Tensor, "n"]) -> Existence:
    """Return what the test says on a box twice as wide as the Newton step, and on a narrower one."""
    basis, inverse = _slice(objective, theta)
    if inverse is None:
        return Existence("not contracted", "the Jacobian of the residuals is singular to rounding")
    with balls.precision(BITS):
        q, c = balls.matrix(basis), balls.matrix(inverse)
        origin = balls.matrix(theta[:, None])
        outputs = flint.arb_mat(len(inverse), 1, _forward(objective, origin).features[-1].entries())
        newton = c * (outputs - balls.matrix(_targets(objective, theta).reshape(-1, 1)))
        step = max(float(v.abs_upper()) for v in newton.entries())
        if not math.isfinite(step):
            return Existence("not contracted", "the Newton step is not finite")
        contraction = math.inf
        for widen in (2.0, 1.1):
            size = max(widen * step, 1e-300)
            box = flint.arb_mat([[balls.Ball(0, size)]] * len(inverse))
            slopes = _jacobian(_forward(objective, origin + q * box))
            rest = _identity(len(inverse)) - balls.product(c, balls.product(slopes, q))
            image = rest * box - newton
            contraction = max(sum(float(v.abs_upper()) for v in row) for row in rest.tolist())
            if all(outer.contains_interior(inner) for outer, inner in zip(box.entries(), image.entries())):
                away = q * image
                square = sum((v.abs_upper() ** 2 for v in away.entries()), balls.Ball(0))
                radius = float(square.sqrt().upper()) * (1.0 + EPS)
                return Existence("exists", f"by Krawczyk's test, {BITS} bits", radius, step, contraction)
        varies = f"by {num(contraction)} of itself" if math.isfinite(contraction) else "without bound"
        reason = f"Newton's step is {num(step)}, and over a box of that size the Jacobian varies {varies}"
        return Existence("not contracted", reason, math.inf, step, contraction)


def _targets(objective: Objective, theta: Tensor) -> Float[Tensor, "N m"]:
    if objective.loss.kind != "squared_hinge":
        return objective.y
    sign = objective.y
    return sign * torch.clamp(sign * objective.stack.outputs(theta, objective.x), min=1.0)


def _slice(objective: Objective, theta: Tensor) -> tuple[Float[Tensor, "n k"], Float[Tensor, "k k"] | None]:
    """Return an orthonormal basis of the rows of J, and an approximate inverse of J Q (None: singular to rounding)."""
    done = objective.forward(theta)
    sensitivities = objective.sensitivities(done, torch.ones_like(done.features[-1]))
    jacobian = torch.cat([block_jacobian(f, d) for f, d in zip(done.features, sensitivities)], dim=-1)
    basis, upper = torch.linalg.qr(jacobian.T)
    diagonal = upper.diagonal().abs()
    if not bool(torch.isfinite(upper).all()) or float(diagonal.min()) <= len(upper) * EPS * float(diagonal.max()):
        return basis, None
    inverse, failed = torch.linalg.inv_ex(upper.T)
    return basis, None if int(failed) or not bool(torch.isfinite(inverse).all()) else inverse


def _identity(size: int) -> flint.arb_mat:
    return flint.arb_mat([[int(i == j) for j in range(size)] for i in range(size)])


@dataclass(frozen=True, slots=True)
class _Pass:
    """A forward pass over a box of parameters: features F_0 .. F_L [N, n_k], slopes and weights of layers 1 .. L."""

    features: tuple[flint.arb_mat, ...]
    slopes: tuple[list[list[balls.Ball]], ...]
    weights: tuple[flint.arb_mat, ...]


def _forward(objective: Objective, theta: flint.arb_mat) -> _Pass:
    """Return the pass over theta [n, 1]."""
    stack, samples = objective.stack, objective.samples
    hidden = balls.form(stack.activation)
    assert hidden is not None
    numbers = theta.entries()
    features, slopes, weights = [balls.matrix(objective.x)], [], []
    for layer in range(1, stack.depth + 1):
        start, stop = stack.span(layer)
        fan_in, fan_out = stack.widths[layer - 1], stack.widths[layer]
        weight = flint.arb_mat(fan_out, fan_in, numbers[start : stop - fan_out])
        bias = numbers[stop - fan_out : stop]
        form = hidden if layer < stack.depth or stack.activated else balls.IDENTITY
        product = features[-1] * weight.transpose()
        pre = [[product[i, j] + bias[j] for j in range(fan_out)] for i in range(samples)]
        features.append(flint.arb_mat([[form.value(v) for v in row] for row in pre]))
        slopes.append([[form.slope(v) for v in row] for row in pre])
        weights.append(weight)
    return _Pass(tuple(features), tuple(slopes), tuple(weights))


def _jacobian(done: _Pass) -> flint.arb_mat:
    """Return the Jacobian of the outputs [N m, n], rows by samples, then outputs; backpropagation one output at a time."""
    last = done.slopes[-1]
    samples, outputs = len(last), len(last[0])
    rows: list[list[balls.Ball]] = [[] for _ in range(samples * outputs)]
    for output in range(outputs):
        delta = [[row[j] if j == output else balls.Ball(0) for j in range(outputs)] for row in last]
        parts: list[list[list[balls.Ball]]] = []  # from the last layer down: [N][numbers of the layer]
        for layer in range(len(done.weights), 0, -1):
            below = done.features[layer - 1].tolist()
            parts.append([[d * f for d in delta[i] for f in below[i]] + delta[i] for i in range(samples)])
            if layer > 1:
                back = (flint.arb_mat(delta) * done.weights[layer - 1]).tolist()
                delta = [[v * s for v, s in zip(*pair)] for pair in zip(back, done.slopes[layer - 2])]
        for i in range(samples):
            rows[i * outputs + output] = [number for part in reversed(parts) for number in part[i]]
    return flint.arb_mat(rows)
