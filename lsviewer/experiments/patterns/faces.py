"""Outputs that give one loss under the marginal p and another, chosen freely, under p'.

By the law of Observation 1, ``L_p' - L_p = -f (p' - p).v`` at outputs v. So on ``v = v0 + t w + s r``, with r orthogonal to
p' - p, the number t sets the difference of the two losses, linearly, and s then sets L_p itself, which is convex in s: the
largest root is taken. v0 is the minimum of L_p; w is the direction in which the difference moves fastest: the indicator of the
classes that p' has more of (``(p' - p).w`` is the total variation), or the unit vector of p' - p for the squared loss, where
``L_p = min + t² + s²``. To reach differences up to A, t goes to ``A / (f (p' - p).w)``: the closer p' is to p, the larger the
outputs and the constant that both losses carry.
"""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from lsviewer.core.spec import SpecError
from lsviewer.engine.losses import CrossEntropy, Squared
from lsviewer.experiments.patterns.law import LEAST, class_losses, factor, orthogonal_ray
from lsviewer.experiments.patterns.shares import variation

ABOVE = 0.25  # amplitudes by which the pictures stay above the least loss, where its slope in s is 0
ROUNDS = 40
TABLE = 1025


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """The plane of outputs, and the constants of the two pictures; float64."""

    loss: CrossEntropy | Squared
    p: Float[Tensor, "classes"]
    amplitude: float
    start: Float[Tensor, "classes"]  # v0
    across: Float[Tensor, "classes"]  # w
    along: Float[Tensor, "classes"]  # r
    reach: float  # largest |t|
    valley: Float[Tensor, "n"]  # s where L_p is least, for t from -reach to reach
    constant: float  # a: L_p = a + amplitude A
    other_constant: float  # b: L_p' = b + amplitude B

    def coordinates(self, first: Float[Tensor, "..."], second: Float[Tensor, "..."]) -> tuple[Tensor, Tensor]:
        """Return t and s at pictures A and B in [0, 1], float64."""
        t = self.reach * (first - second)
        return t, self._root(t, self.constant + self.amplitude * first)

    def _root(self, t: Tensor, value: Tensor) -> Tensor:
        """Return the largest s with L_p = value: Newton from above, which a convex function never overshoots."""
        if isinstance(self.loss, Squared):
            return (value - self.risk(t, torch.zeros_like(t))).clamp_min(0.0).sqrt()
        low = self._least_near(t)
        width = torch.ones_like(t)
        while bool((short := self.risk(t, low + width) < value).any()):
            width = torch.where(short, 2.0 * width, width)
        s = low + width
        for _ in range(ROUNDS):
            v = self.start + t[..., None] * self.across + s[..., None] * self.along
            slope = torch.softmax(v, -1) @ self.along - self.p @ self.along
            step = (class_losses(self.loss, v) @ self.p - value) / slope
            s = s - step
            if float(step.abs().max()) < 1e-13 * (1.0 + float(s.abs().max())):
                break
        return s

    def risk(self, t: Tensor, s: Tensor) -> Tensor:
        """Return L_p at coordinates of the same shape, float64."""
        v = self.start + t[..., None] * self.across + s[..., None] * self.along
        return class_losses(self.loss, v) @ self.p

    def _least_near(self, t: Tensor) -> Tensor:
        """Return nearly the s where L_p is least, read from a table: near enough to lie below every picture."""
        at = (t / self.reach + 1.0) * (0.5 * (len(self.valley) - 1))
        cell = at.floor().clamp(0, len(self.valley) - 2).long()
        share = at - cell
        return (1.0 - share) * self.valley[cell] + share * self.valley[cell + 1]


def valley(faces: Faces, t: Float[Tensor, "n"]) -> Float[Tensor, "n"]:
    """Return the s where L_p is least for each t: 0 for the squared loss, else by golden sections of a convex function."""
    if isinstance(faces.loss, Squared):
        return torch.zeros_like(t)
    low, high, tiny = -torch.ones_like(t), torch.ones_like(t), 1e-4
    while bool((falls := faces.risk(t, high) < faces.risk(t, high - tiny)).any()):
        high = torch.where(falls, 2.0 * high, high)
    while bool((falls := faces.risk(t, low) < faces.risk(t, low + tiny)).any()):
        low = torch.where(falls, 2.0 * low, low)
    golden = 0.6180339887498949
    for _ in range(60):
        left, right = high - golden * (high - low), low + golden * (high - low)
        smaller = faces.risk(t, left) < faces.risk(t, right)
        low, high = torch.where(smaller, low, left), torch.where(smaller, right, high)
    return 0.5 * (low + high)


def make_faces(
    loss: CrossEntropy | Squared, p: Float[Tensor, "classes"], q: Float[Tensor, "classes"], amplitude: float
) -> Faces:
    """Return the plane for marginals p and q = p'; raises `SpecError` where one section cannot have two faces."""
    shift = q - p
    if variation(p, q) <= LEAST:
        raise SpecError(
            "field 'held_out': its shares of the classes are those of the training part, p′ = p; then both losses are the same "
            "function of the outputs (Observation 1) and one section shows one picture. Thin out a class, or take other data"
        )
    if isinstance(loss, CrossEntropy) and len(p) < 3:
        raise SpecError(
            "field 'dataset' has 2 classes: with cross-entropy their losses depend on one number, the difference of two logits, "
            "and cannot be set apart; take three classes or more, or the squared loss"
        )
    if isinstance(loss, CrossEntropy):
        start, across = p.log(), (shift > 0).to(torch.float64)
    else:
        start, across = p.clone(), shift / shift.norm()
    along = orthogonal_ray(loss, p, shift[None])
    reach = amplitude / (factor(loss) * float(shift @ across))
    t = torch.linspace(-reach, reach, TABLE, dtype=torch.float64)
    bare = Faces(loss, p, amplitude, start, across, along, reach, torch.zeros_like(t), 0.0, 0.0)
    lowest = valley(bare, t)
    constant = float(bare.risk(t, lowest).max()) + ABOVE * amplitude
    other = constant - factor(loss) * float(shift @ start)
    return replace(bare, valley=lowest, constant=constant, other_constant=other)
