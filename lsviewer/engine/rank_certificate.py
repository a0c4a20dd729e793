"""Does [F_k, 1] have rank N? Answers that rounding cannot overturn.

Smooth activations of few inputs give features that are independent and look dependent: of 100 singular values a dozen
can lie below eps. So "how many singular values are large" is no answer, and there are three others.

*Certified, float64.* With A the computed matrix, R an approximate right inverse and D a bound of |A - the exact matrix|,

    || |I - A R| + gamma |A| |R| + D |R| ||_inf < 1,   gamma = k u / (1 - k u)

makes the exact matrix times R non-singular (Rump 2010, section 10; Higham 2002, section 3.1: the bound holds for sums in any
order). D follows the layers: rounding of the sums, |W| times the error below, a Lipschitz constant of sigma, and
elementary functions off by at most 8 ulp, which is assumed of the libraries, not shown.

*Certified, balls.* The same network in ball arithmetic (Johansson 2017), N columns chosen by pivoting, and a determinant
whose ball does not contain zero; more bits until it does not. No assumption, slower.

*Deficient by construction.* Fewer than N - 1 units, equal inputs, copied or dead units: then the rank is below N and the
bound is said.
"""

from dataclasses import dataclass
from typing import Literal

import flint
import numpy as np
import scipy.linalg
import torch
from jaxtyping import Float
from torch import Tensor

from lsviewer.core.jobs import Progress, Step
from lsviewer.core.numerals import num
from lsviewer.engine import balls
from lsviewer.engine.backpropagation import Stack, with_ones
from lsviewer.engine.linalg import EPS, in_background

Answer = Literal["certified", "certified by balls", "deficient by construction", "not resolved"]
LIPSCHITZ = {"tanh": 1.0, "sigmoid": 0.25, "softplus": 1.0, "atan": 1.0, "erf": 1.1284, "identity": 1.0, "relu": 1.0}
ULPS = 8.0
BALLS_MOST = 200  # samples
BITS = (128, 256, 512, 1024, 2048, 4096, 8192)


@dataclass(frozen=True, slots=True, eq=False)
class RankAnswer:
    """What is known of the rank of [F_k, 1] against N. ``margin``: one minus the norm above, or 0."""

    answer: Answer
    rank: int  # N where certified, an upper bound where deficient, singular values above eps otherwise
    singular_values: Tensor  # descending
    margin: float
    reason: str
    bits: int = 53

    @property
    def full(self) -> bool:
        return self.answer in ("certified", "certified by balls")


def features(stack: Stack, theta: Float[Tensor, "n"], x: Float[Tensor, "N p"], layer: int) -> Float[Tensor, "N w"]:
    """Return F_k, k = 0 .. L - 1."""
    return stack.forward(theta, x).features[layer]


def singular_values(matrix: Float[Tensor, "N w"]) -> Float[Tensor, "k"]:
    """Return all min(N, w) singular values, descending."""
    return torch.linalg.svdvals(matrix)


def answer(
    stack: Stack, theta: Float[Tensor, "n"], x: Float[Tensor, "N p"], layer: int, *, by_determinant: bool = True
) -> Step[RankAnswer]:
    """Return whether [F_k, 1] has rank N; ball arithmetic is asked where float64 does not decide and N is at most 200."""
    samples = len(x)
    matrix = with_ones(features(stack, theta, x, layer))
    values = yield from in_background(lambda: singular_values(matrix), samples > 300, "singular values of [F, 1]")
    numerical = int((values > max(matrix.shape) * EPS * values[0]).sum())
    bound, why = upper_bound(stack, theta, x, layer)
    if bound < samples:
        return RankAnswer("deficient by construction", min(bound, numerical), values, 0.0, why)
    norm = yield from in_background(lambda: certificate(stack, theta, x, layer), samples > 300, "rank certificate")
    if norm < 1.0:
        return RankAnswer("certified", samples, values, 1.0 - norm, f"‖I − AR‖ with rounding ≤ {num(norm)} < 1")
    kind = getattr(stack.activation, "kind", "")
    if samples > BALLS_MOST or (layer > 0 and balls.form(stack.activation) is None):
        why = (
            f"N = {samples} is above {BALLS_MOST}"
            if samples > BALLS_MOST
            else f"no balls for {kind or 'this function'}"
        )
        reason = (
            f"{numerical} of {samples} singular values above rounding; the float64 certificate gives {num(norm)}; {why}"
        )
        return RankAnswer("not resolved", numerical, values, 0.0, reason)
    columns = _pivots(matrix)
    for bits in BITS:
        yield Progress(0.5, f"determinant in balls of {bits} bits")
        decided = yield from in_background(lambda b=bits: by_balls(stack, theta, x, layer, columns, b), True, "balls")  # type: ignore[misc]
        if decided:
            reason = (
                f"a determinant of {samples} columns has a ball without zero at {bits} bits; float64 says {numerical}"
            )
            return RankAnswer("certified by balls", samples, values, 0.0, reason, bits)
    return RankAnswer("not resolved", numerical, values, 0.0, f"the determinant's ball holds zero at {BITS[-1]} bits")


# --- float64 -----------------------------------------------------------------------------------------------------------------


def certificate(stack: Stack, theta: Float[Tensor, "n"], x: Float[Tensor, "N p"], layer: int) -> float:
    """Return the norm above; below 1 the exact [F_k, 1] has rank N. Infinite where there is no right inverse."""
    computed, error = with_error(stack, theta, x, layer)
    a = with_ones(computed)
    error = torch.cat([error, torch.zeros_like(error[:, :1])], dim=1)
    if a.shape[1] < a.shape[0] or not bool(torch.isfinite(error).all()):
        return float("inf")
    q, r = torch.linalg.qr(a.T)  # A = R^T Q^T, right inverse Q R^-T
    if float(r.diagonal().abs().min()) == 0.0:
        return float("inf")
    identity = torch.eye(len(r), dtype=r.dtype, device=r.device)
    return residual_norm(a, q @ torch.linalg.solve_triangular(r.T, identity, upper=False), error)


def residual_norm(a: Float[Tensor, "N w"], right: Float[Tensor, "w N"], error: Float[Tensor, "N w"]) -> float:
    """Return an upper bound of || I - A R ||_inf over all A within ``error``, with the rounding of its own evaluation."""
    inner = a.shape[1] + 2
    gamma = inner * EPS / (1.0 - inner * EPS)  # twice the unit roundoff: generous
    identity = torch.eye(len(a), dtype=a.dtype, device=a.device)
    residual = (identity - a @ right).abs() + EPS
    total = residual + (gamma * a.abs() + error) @ right.abs() * (1.0 + 2.0 * gamma)
    outer = len(a) * EPS
    norm = float(total.sum(1).max()) * (1.0 + 4.0 * outer)
    return norm if norm == norm else float("inf")


def with_error(
    stack: Stack, theta: Float[Tensor, "n"], x: Float[Tensor, "N p"], layer: int
) -> tuple[Float[Tensor, "N w"], Float[Tensor, "N w"]]:
    """Return F_k as computed and an entrywise bound of its distance from the exact one; infinite for unknown functions."""
    h, error = x, torch.zeros_like(x)
    lipschitz = LIPSCHITZ.get(getattr(stack.activation, "kind", ""), float("inf"))
    for weight, bias in stack.split(theta)[:layer]:
        count = weight.shape[1] + 2
        gamma = count * EPS / (1.0 - count * EPS)
        g = h @ weight.T + bias
        spread = error @ weight.abs().T + gamma * ((h.abs() + error) @ weight.abs().T + bias.abs())
        h = stack.activation(g)
        # a relative error of the function, plus an absolute one near zero where the function itself is tiny
        error = lipschitz * spread * (1.0 + 4.0 * gamma) + ULPS * EPS * (h.abs() + torch.finfo(h.dtype).tiny)
        if getattr(stack.activation, "kind", "") == "softplus":
            error = error + ULPS * EPS * g.abs()  # alpha x is rounded, and divided by alpha again
    return h, error


# --- by construction ---------------------------------------------------------------------------------------------------------


def upper_bound(stack: Stack, theta: Float[Tensor, "n"], x: Float[Tensor, "N p"], layer: int) -> tuple[int, str]:
    """Return an upper bound of the rank of [F_k, 1] that holds exactly, and what gives it."""
    samples, width = len(x), stack.widths[layer]
    found = [(min(samples, width + 1), f"layer {layer} has {width} units: rank at most {width + 1} of {samples}")]
    rows = len(torch.unique(x, dim=0))
    found.append((rows, f"{samples - rows} inputs are repeated: rank at most {rows}"))
    if layer > 0:
        weight, bias = stack.split(theta)[layer - 1]
        units = torch.cat([weight, bias[:, None]], dim=1)
        distinct = torch.unique(units, dim=0)
        varying = int((distinct[:, :-1] != 0).any(1).sum())  # a unit without weights is a multiple of 1
        found.append(
            (varying + 1, f"{varying} different units with weights in layer {layer}: rank at most {varying + 1}")
        )
        if getattr(stack.activation, "kind", "") in (
            "relu",
            "smoolu",
            "smoothed_relu",
            "truncated_tanh",
            "tanh_smoolu",
        ):
            alive = int((features(stack, theta, x, layer) != 0).any(0).sum())
            found.append((alive + 1, f"{alive} units of layer {layer} are not dead: rank at most {alive + 1}"))
    return min(found, key=lambda pair: pair[0])


# --- ball arithmetic ---------------------------------------------------------------------------------------------------------


def by_balls(
    stack: Stack, theta: Float[Tensor, "n"], x: Float[Tensor, "N p"], layer: int, columns: list[int], bits: int
) -> bool:
    """Return whether the determinant of the chosen columns of [F_k, 1] has a ball without zero at so many bits."""
    sigma = (balls.form(stack.activation) or balls.IDENTITY).value  # without a form it is asked for k = 0 only
    with balls.precision(bits):
        h = balls.matrix(x)
        layers = stack.split(theta)[:layer]
        for number, (weight, bias) in enumerate(layers, start=1):
            chosen = [c for c in columns if c < weight.shape[0]] if number == layer else list(range(weight.shape[0]))
            g = h * balls.matrix(weight[chosen].T)
            shift = [balls.Ball(v) for v in bias[chosen].tolist()]
            h = flint.arb_mat([[sigma(g[i, j] + shift[j]) for j in range(len(chosen))] for i in range(len(x))])
        if layer == 0:
            h = flint.arb_mat([[h[i, j] for j in columns if j < h.ncols()] for i in range(len(x))])
        if h.ncols() < len(x):  # the column of ones is among those chosen
            h = flint.arb_mat([[*(h[i, j] for j in range(h.ncols())), 1] for i in range(len(x))])
        return not h.det().contains(0)


def _pivots(matrix: Float[Tensor, "N w"]) -> list[int]:
    """Return N columns by QR with pivoting, the last one (of ones) always kept if it is among them."""
    _, pivots = scipy.linalg.qr(np.asarray(matrix.cpu()), mode="r", pivoting=True)
    return sorted(int(p) for p in pivots[: len(matrix)])
