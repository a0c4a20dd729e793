"""The implicit activation sigma: what a loss makes of outputs that do not depend on the input.

For outputs v the same for every sample, the risk is sigma(v) = mean_i l(v, y_i): the data enters by its labels alone
(Czarnecki et al. 2019, eq. 5, 6). Theorem 1 moves v along a ray, ``v(t) = base + t ray`` with t >= 0, on which sigma rises
from its minimum at t = 0 without bound; sigma^-1 is the largest pre-image (eq. 12).

- cross-entropy: base = log p for the label marginal p, ray = e_c, sigma = H(p) + log(1 + p_c (e^t - 1)) - p_c t. The class
  is the one with p_c nearest 1/2: sigma'' = p_c (1 - p_c) at t = 0 is largest there, so that the inverse is least steep and
  the logits stay smallest.
- squared: base = mean(y), ray = a unit vector, sigma = var(y) + t².
- losses that are sums over the outputs: one output moves, the others rest at their minimisers. Where the mean loss of that
  output has several minimisers (Cauchy is concave far out) the base is the *largest*: beyond it the slope has no zero.

sigma' = 0 at t = 0, so the inverse is not Lipschitz at the minimum: keep a pattern a little above it (the constant of eq. 8).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from lsviewer.core.spec import SpecError
from lsviewer.engine.data import marginal
from lsviewer.engine.losses import Additive, CrossEntropy, Labels, Loss, Squared

T_MAX = 1e12  # how far the ray is followed; the logarithmic Cauchy loss has risen by 55 delta² there
CHUNK = 1 << 22  # entries of an intermediate array


@runtime_checkable  # the tests check types at run time
class Rise(Protocol):
    """sigma(t) - sigma(0) with its slope, and the inverse for t >= 0; float64 in, float64 out, any shape."""

    def __call__(self, t: Tensor) -> Tensor: ...

    def slope(self, t: Tensor) -> Tensor: ...

    def inverse(self, rise: Tensor) -> Tensor: ...


@dataclass(frozen=True, slots=True, eq=False)
class Implicit:
    """sigma along the ray ``base + t ray`` for one loss and the labels of one data set."""

    base: Tensor  # (l,) float64
    ray: Tensor  # (l,) float64
    minimum: float  # sigma(0), the least value attainable on the ray
    maximum: float  # sigma(T_MAX)
    rise: Rise

    def sigma(self, t: Tensor) -> Tensor:
        """Return the mean loss at ``base + t ray``, float64, any shape, differentiable."""
        return self.minimum + self.rise(_wide(t))

    def slope(self, t: Tensor) -> Tensor:
        """Return the derivative of `sigma`."""
        return self.rise.slope(_wide(t))

    def inverse(self, value: Tensor) -> Tensor:
        """Return the largest t with sigma(t) = value, float64; raises `SpecError` outside [minimum, maximum]."""
        value = _wide(value)
        slack = 1e-12 * (1.0 + abs(self.minimum))
        low, high = (float(value.min()), float(value.max())) if value.numel() else (self.minimum, self.minimum)
        if not (low >= self.minimum - slack and high <= self.maximum):
            raise SpecError(
                f"losses from {low:.6g} to {high:.6g} are asked for; "
                f"attainable on the ray are {self.minimum:.6g} to {self.maximum:.6g}"
            )
        return self.rise.inverse((value - self.minimum).clamp_min(0.0))

    def point(self, t: Tensor) -> Float[Tensor, "... l"]:
        """Return the outputs ``base + t ray``, float64."""
        return self.base.to(t.device) + _wide(t)[..., None] * self.ray.to(t.device)


def implicit_activation(loss: Loss, labels: Labels, ray: Float[Tensor, "l"] | None = None) -> Implicit:
    """Return sigma for the labels. ``ray`` is another direction from log p, for cross-entropy only."""
    if isinstance(loss, CrossEntropy):
        return _cross_entropy(loss, labels, ray)
    if ray is not None:
        raise ValueError(f"a ray of one's own is for cross_entropy, not {loss.kind}")
    if isinstance(loss, Squared):
        return _squared(loss, labels)
    return _additive(loss, labels)


def nearest_half(p: Float[Tensor, "classes"]) -> int:
    """Return the class whose share is nearest 1/2, the first of equals."""
    return int((p * (1.0 - p)).argmax())


# --- cross-entropy -----------------------------------------------------------------------------------------------------------


def _cross_entropy(loss: CrossEntropy, labels: Labels, ray: Tensor | None) -> Implicit:
    loss.targets(labels)  # refuses float targets
    p = marginal(labels)
    if not (p > 0).all():
        raise SpecError(f"class {int((p <= 0).nonzero()[0])} has no sample: its cross-entropy has no minimum")
    base = p.log()
    if ray is None:
        ray = torch.zeros_like(base)
        ray[nearest_half(p)] = 1.0
    ray = ray.to(torch.float64)
    if ray.shape != base.shape:
        raise ValueError(f"the ray has shape {tuple(ray.shape)}, the outputs ({labels.outputs},)")
    rise: Rise
    if ((ray == 0) | (ray == 1)).all() and 0 < ray.sum() < len(ray):
        rise = Partition(float(p @ ray))
    elif float(ray.max() - ray.min()) > 0:
        rise = Cumulant(base, p, ray)
    else:
        raise ValueError("the softmax does not change along a ray of equal entries")
    return _implicit(base, ray, float(-(p @ base)), rise)


@dataclass(frozen=True, slots=True)
class Partition:
    """Cross-entropy along the indicator of a set of classes with share p: log(1 - p + p e^t) - p t."""

    p: float

    def _share(self, t: Tensor) -> Tensor:
        """p; the mirror t -> -t exchanges p and 1 - p, so that only e^-|t| occurs, which never overflows."""
        return self.p + (1.0 - 2.0 * self.p) * (t < 0).to(t.dtype)

    def __call__(self, t: Tensor) -> Tensor:
        share, far = self._share(t), t.abs()
        rest = 1.0 - share
        # log(share + rest e^-|t|): near 1 by log1p, far from 1 by log, so that neither loses digits
        close = torch.log1p(rest * torch.expm1(-far))
        inner = share + rest * torch.exp(-far)
        return rest * far + torch.where(inner < 0.5, inner.log(), close)

    def slope(self, t: Tensor) -> Tensor:
        share, far = self._share(t), t.abs()
        inner = share + (1.0 - share) * torch.exp(-far)
        return t.sign() * self.p * (1.0 - self.p) * -torch.expm1(-far) / inner

    def inverse(self, rise: Tensor) -> Tensor:
        """Newton on the square root of the rise, which is nearly straight near 0, where the rise is a parabola.

        It starts from the parabola low down and from the asymptote (rise - log p) / (1 - p), an upper bound, further up.
        Four steps reach the rounding error for p from 0.03 to 0.9999, six for 10^-4 (measured against 40, rises 10^-12 to 10^3).
        """
        p, q = self.p, 1.0 - self.p
        parabola = (rise * (2.0 / (p * q))).sqrt()
        asymptote = (rise - math.log(p)) / q
        turn = 1.1 - math.log(p)
        t = torch.where(
            rise > q * turn + math.log1p(q * math.expm1(-turn)), asymptote, torch.minimum(parabola, asymptote)
        )
        root = rise.sqrt()
        for _ in range(4 if p > 0.03 else 8):
            fall = -torch.expm1(-t)
            here = torch.log1p(-q * fall).add_(t, alpha=q).clamp_min_(0.0).sqrt_()
            t = t - (here * (here - root)) * (1.0 - q * fall) * (2.0 / (p * q)) / fall
        here = self(t).clamp_min(0.0).sqrt()  # the last step with all digits
        t = t - 2.0 * here * (here - root) / self.slope(t)
        # Below 10^-15 the rise is a difference of equal digits, and the parabola is right to 10^-7 of t.
        return torch.where(rise > 1e-15, t, parabola)


@dataclass(frozen=True, slots=True, eq=False)
class Cumulant:
    """Cross-entropy along any ray r from log p: log E_p[e^(t r)] - t E_p[r], a cumulant generating function, convex."""

    base: Tensor  # (l,), log p
    p: Tensor  # (l,)
    ray: Tensor  # (l,)

    def __call__(self, t: Tensor) -> Tensor:
        base, ray = self.base.to(t.device), (self.ray - self.p @ self.ray).to(t.device)
        return torch.logsumexp(base + t[..., None] * ray, dim=-1)

    def slope(self, t: Tensor) -> Tensor:
        base, ray = self.base.to(t.device), (self.ray - self.p @ self.ray).to(t.device)
        return torch.softmax(base + t[..., None] * ray, dim=-1) @ ray

    def inverse(self, rise: Tensor) -> Tensor:
        return invert(self, rise)


# --- squared and other sums over the outputs ---------------------------------------------------------------------------------


def _squared(loss: Squared, labels: Labels) -> Implicit:
    y = loss.encoded(labels).to(torch.float64)
    base = y.mean(dim=0)
    ray = torch.zeros_like(base)
    ray[_output(labels)] = 1.0
    return _implicit(base, ray, float((y - base).square().sum(dim=1).mean()), Parabola())


@dataclass(frozen=True, slots=True)
class Parabola:
    """Squared loss along a unit vector from the mean: t² (eq. 6)."""

    def __call__(self, t: Tensor) -> Tensor:
        return t.square()

    def slope(self, t: Tensor) -> Tensor:
        return 2.0 * t

    def inverse(self, rise: Tensor) -> Tensor:
        return rise.sqrt()


def _additive(loss: Additive, labels: Labels) -> Implicit:
    y = loss.encoded(labels).to(torch.float64)
    base = torch.empty(y.shape[1], dtype=torch.float64)
    column = _output(labels)
    minimum = 0.0
    rise: Rise | None = None
    for j in range(y.shape[1]):
        values, counts = torch.unique(y[:, j], return_counts=True)
        weights = counts.to(torch.float64) / len(y)
        places = minimisers(loss, values, weights)
        heights = _mean(loss.term, places, values, weights)
        pick = len(places) - 1 if j == column else int(heights.argmin())
        base[j] = places[pick]
        minimum += float(heights[pick])
        if j == column:
            rise = Column(loss, float(places[pick]), float(heights[pick]), values, weights)
    assert rise is not None
    ray = torch.zeros_like(base)
    ray[column] = 1.0
    return _implicit(base, ray, minimum, rise)


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One output moves up from its largest minimiser; the mean runs over the distinct targets of that output."""

    loss: Additive
    start: float
    height: float  # mean loss at the start
    values: Tensor  # (m,)
    weights: Tensor  # (m,), sum 1

    def __call__(self, t: Tensor) -> Tensor:
        return _mean(self.loss.term, self.start + t, self.values, self.weights) - self.height

    def slope(self, t: Tensor) -> Tensor:
        return _mean(self.loss.slope, self.start + t, self.values, self.weights)

    def inverse(self, rise: Tensor) -> Tensor:
        return invert(self, rise)


def minimisers(loss: Additive, values: Float[Tensor, "m"], weights: Float[Tensor, "m"]) -> Float[Tensor, "k"]:
    """Return all local minimisers of the mean loss of one output, ascending: sign changes of the slope on a grid, then bisection.

    They lie between the least and the largest target (for the hinge, whose targets are signs, too): outside all slopes agree.
    The grid has 4097 points and, for losses that are concave far out, a cluster around every extreme target as wide as delta.
    """
    low, high = float(values.min()), float(values.max())
    if high == low:
        return values.clone()
    grid = torch.linspace(low, high, 4097, dtype=torch.float64)
    width = min(getattr(loss, "delta", high - low), high - low)
    ends = torch.linspace(0.0, width, 257, dtype=torch.float64)
    grid = torch.unique(torch.cat([grid, low + ends, high - ends]))
    slope = _mean(loss.slope, grid, values, weights)
    if float(slope[0]) > 0 or float(slope[-1]) < 0:
        raise AssertionError("the slope outside the targets points away from them")
    falling = slope < 0
    here = (falling[:-1] & ~falling[1:]).nonzero()[:, 0]
    if not len(here):  # flat from the first target on
        return grid[:1]
    left, right = grid[here], grid[here + 1]
    for _ in range(60):
        middle = 0.5 * (left + right)
        down = _mean(loss.slope, middle, values, weights) < 0
        left, right = torch.where(down, middle, left), torch.where(down, right, middle)
    return right


def _mean(
    function: Callable[[Tensor, Tensor], Tensor], v: Tensor, values: Float[Tensor, "m"], weights: Float[Tensor, "m"]
) -> Tensor:
    """Return the weighted mean of ``function(v, value)`` over the values, in pieces that fit memory; any shape of v."""
    values, weights = values.to(v.device), weights.to(v.device)
    flat = v.reshape(-1, 1)
    step = max(1, CHUNK // len(values))
    parts = [function(piece, values) @ weights for piece in flat.split(step)]
    return torch.cat(parts).reshape(v.shape) if parts else torch.zeros_like(v)


# --- one dimension -----------------------------------------------------------------------------------------------------------


def invert(rise: Rise, values: Tensor) -> Tensor:
    """Return t >= 0 with rise(t) = values for an increasing rise: a table for the bracket, then Newton kept inside it.

    Newton runs on the square root of the rise, straight where the rise is a parabola; a step that leaves the bracket is
    replaced by its middle. It ends when steps or residuals are at rounding level, after 60 steps at the latest.
    """
    if not values.numel():
        return values
    high = 1.0
    while float(rise(values.new_tensor([high]))) < float(values.max()) and high < T_MAX:
        high *= 4.0
    table = (
        torch.expm1(torch.linspace(0.0, math.log1p(high * 100.0), 513, dtype=values.dtype, device=values.device))
        / 100.0
    )
    heights = rise(table).cummax(0).values
    cell = torch.searchsorted(heights, values.contiguous()).clamp(1, len(table) - 1)
    left, right = table[cell - 1], table[cell]
    root, low, top = values.sqrt(), heights[cell - 1].clamp_min(0.0).sqrt(), heights[cell].sqrt()
    t = left + (right - left) * ((root - low) / (top - low).clamp_min(1e-300)).clamp(0.0, 1.0)
    for _ in range(60):
        height = rise(t).clamp_min(0.0)
        below = height < values
        left, right = torch.where(below, t, left), torch.where(below, right, t)
        here = height.sqrt()
        step = 2.0 * here * (here - root) / rise.slope(t)
        following = t - step
        inside = (following >= left) & (following <= right)  # false for NaN
        following = torch.where(inside, following, 0.5 * (left + right))
        done = ((following - t).abs() <= 4e-15 * t) | ((height - values).abs() <= 4e-15 * (1.0 + values))
        t = following
        if bool(done.all()):
            break
    return torch.where(values > 0, t, torch.zeros_like(t))


def _output(labels: Labels) -> int:
    return 0 if labels.classes is None else nearest_half(marginal(labels))


def _wide(t: Tensor) -> Tensor:
    return t if t.device.type == "mps" else t.to(torch.float64)  # mps has no float64


def _implicit(base: Tensor, ray: Tensor, minimum: float, rise: Rise) -> Implicit:
    top = float(rise(torch.tensor([T_MAX], dtype=torch.float64)))
    return Implicit(base, ray, minimum, minimum + top, rise)
