"""What the network has to put out so that its loss is the pattern: heights, outputs, and the mean loss they give.

The pattern T in [0, 1] becomes the loss ``a + amplitude T`` (Czarnecki et al. 2019, eq. 8) and, through the largest
pre-image of the implicit activation (eq. 12), the place ``t = sigma^-1(a + amplitude T)`` on its ray, scaled to [0,
1]: ``height = (t - t(a)) / (t(a + amplitude) - t(a))``. The scale does not depend on the pattern, so a brush stroke
changes the heights under the brush and nothing else.

The free constant a. At the minimum of sigma its slope is 0 and the inverse is not Lipschitz; close above it sigma
bends so much that between two grid points the loss is no longer the mean of its ends. So a is the smallest of ``min
sigma + amplitude 2^k``, k = -2..6, for which the loss on the way up a full step leaves the straight line by at most `BEND`
of the amplitude (the k with the least bend where none does).
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from lsviewer.core.spec import SpecError
from lsviewer.engine.data import marginal
from lsviewer.engine.implicit import Implicit, implicit_activation
from lsviewer.engine.losses import Additive, CrossEntropy, Labels, Loss, Squared

BEND = 0.01
CHUNK = 1 << 22  # entries of an intermediate array
Risk = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class Goal:
    """Heights in [0, 1] of losses from ``offset`` to ``offset + amplitude``, and the outputs that give them."""

    implicit: Implicit
    amplitude: float
    offset: float  # a, the loss where the pattern is 0
    low: float  # t of height 0
    high: float  # t of height 1
    bend: float  # how far the loss leaves a straight line between these, in amplitudes

    @property
    def base(self) -> Float[Tensor, "l"]:
        """Outputs at height 0, float64."""
        return self.implicit.base + self.low * self.implicit.ray

    @property
    def rise(self) -> Float[Tensor, "l"]:
        """Change of the outputs from height 0 to height 1, float64."""
        return (self.high - self.low) * self.implicit.ray

    def heights(self, pattern: Tensor) -> Tensor:
        """Return the heights that make the loss ``offset + amplitude * pattern``, float64 in [0, 1]."""
        t = self.implicit.inverse(self.offset + self.amplitude * pattern.to(torch.float64))
        return ((t - self.low) / (self.high - self.low)).clamp(0.0, 1.0)

    def loss(self, height: Tensor) -> Tensor:
        """Return the loss at a height, differentiable, in the dtype of ``height`` up to the arithmetic of sigma."""
        return self.implicit.sigma(self.low + (self.high - self.low) * height)


def make_goal(loss: Loss, labels: Labels, amplitude: float) -> Goal:
    """Return the goal for a loss and the labels it averages over; raises `SpecError` where the loss cannot reach so
    high.
    """
    return goal_on(implicit_activation(loss, labels), amplitude)


def goal_on(implicit: Implicit, amplitude: float) -> Goal:
    """Return the goal on the ray of an implicit activation; raises `SpecError` where it cannot reach so high."""
    offset, bend = _offset(implicit, amplitude)
    low, high = implicit.inverse(torch.tensor([offset, offset + amplitude], dtype=torch.float64)).tolist()
    return Goal(implicit, amplitude, offset, low, high, bend)


def _offset(implicit: Implicit, amplitude: float) -> tuple[float, float]:
    """Return the offset and the bend it leaves."""
    candidates = implicit.minimum + amplitude * 2.0 ** torch.arange(-2, 7, dtype=torch.float64)
    candidates = candidates[candidates + amplitude <= implicit.maximum]
    if not len(candidates):
        raise SpecError(
            f"field 'amplitude' is {amplitude:g}: this loss reaches from {implicit.minimum:.4g} to {implicit.maximum:.4g}"
        )
    bend = _bend(implicit, candidates, amplitude)
    straight = (bend <= BEND).nonzero()
    chosen = int(straight[0, 0] if len(straight) else bend.argmin())
    return float(candidates[chosen]), float(bend[chosen])


def _bend(implicit: Implicit, offset: Tensor, amplitude: float) -> Tensor:
    """Return how far the loss on the way up a full step, at 1/4, 1/2 and 3/4, is from a straight line, in amplitudes."""
    low, high = implicit.inverse(offset), implicit.inverse(offset + amplitude)
    share = torch.tensor([0.25, 0.5, 0.75], dtype=torch.float64)[:, None]
    risen = (implicit.sigma(low + share * (high - low)) - offset) / amplitude
    return (risen - share).abs().amax(0)


def risk(loss: Loss, labels: Labels) -> Risk:
    """Return the function from outputs [..., l], the same for all samples, to the mean loss over the labels [...], on the CPU.

    The losses are computed in the dtype of the outputs, their mean in float64 (eq. 5: labels enter by their marginal
    alone).
    """
    if isinstance(loss, CrossEntropy):
        p = marginal(labels)
        return lambda v: -(torch.log_softmax(v.cpu(), -1).to(torch.float64) @ p)
    encoded = loss.encoded(labels)
    if isinstance(loss, Squared) and labels.classes is None:
        mean = encoded.to(torch.float64).mean(0)
        spread = float((encoded.to(torch.float64) - mean).square().sum(1).mean())
        return lambda v: (v.cpu() - mean.to(v.dtype)).square().to(torch.float64).sum(-1) + spread
    columns = [torch.unique(column, return_counts=True) for column in encoded.unbind(1)]

    def additive(v: Tensor) -> Tensor:
        v = v.cpu()
        means = [_mean_term(loss, v[..., j], targets, counts) for j, (targets, counts) in enumerate(columns)]
        return torch.stack(means).sum(0)

    return additive


def _mean_term(loss: Additive, outputs: Tensor, targets: Tensor, counts: Tensor) -> Tensor:
    """Return the weighted mean of one output's losses; an output that rests over the whole section is computed once."""
    flat = outputs.reshape(-1)
    if bool((flat == flat[0]).all()):
        flat = flat[:1]
    weights = counts.to(torch.float64) / int(counts.sum())
    targets = targets.to(flat.dtype)
    parts = [
        loss.term(part[:, None], targets[None, :]).to(torch.float64) @ weights
        for part in flat.split(max(1, CHUNK // len(targets)))
    ]
    return torch.cat(parts).expand(outputs.numel()).reshape(outputs.shape)
