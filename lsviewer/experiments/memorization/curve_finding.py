"""A trained path between two trained networks: a quadratic Bezier curve, or a polygon with one bend (Garipov et al.
2018).

The bend is the only free point; its mean loss over the curve is lowered by Adam, with one random place on the curve a
step. Every step sees all samples: the networks are small and the numbers are to be exact.
"""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from lsviewer.core.jobs import Progress, Step
from lsviewer.core.numerals import num

Shape = Literal["bezier", "polygon"]


def at(shape: Shape, start: Tensor, bend: Tensor, end: Tensor, t: float) -> Tensor:
    """Return the point of the curve at t in [0, 1]."""
    if shape == "bezier":
        return (1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * end
    return (1 - 2 * t) * start + 2 * t * bend if t < 0.5 else (2 - 2 * t) * bend + (2 * t - 1) * end


def find_bend(
    loss: Callable[[Tensor], Tensor], shape: Shape, start: Tensor, end: Tensor, *, steps: int, rate: float,
    generator: torch.Generator,
) -> Step[Tensor]:  # fmt: skip
    """Return the bend that makes the mean loss along the curve low, from the middle of the straight line on."""
    places = torch.rand(steps, generator=generator).tolist()

    def along(bend: Tensor, k: int) -> Tensor:
        return loss(at(shape, start, bend, end, places[k]))

    return (yield from adam(along, 0.5 * (start + end), steps=steps, rate=rate, text="bending the path"))


def adam(loss: Callable[[Tensor, int], Tensor], theta: Tensor, *, steps: int, rate: float, text: str) -> Step[Tensor]:
    """Return theta after so many steps of Adam with a cosine schedule; ``loss`` is given the number of the step."""
    theta = theta.detach().clone()
    first, second = torch.zeros_like(theta), torch.zeros_like(theta)
    for k in range(steps):
        variable = theta.detach().requires_grad_()
        value = loss(variable, k)
        (gradient,) = torch.autograd.grad(value, variable)
        first.lerp_(gradient, 0.1)
        second.lerp_(gradient.square(), 0.001)
        pace = 0.5 * rate * (1.0 + float(torch.cos(torch.tensor(torch.pi * k / steps))))
        theta = theta - pace * (first / (1 - 0.9 ** (k + 1))) / ((second / (1 - 0.999 ** (k + 1))).sqrt() + 1e-8)
        yield Progress((k + 1) / steps, f"{text}, step {k + 1} of {steps}, loss {num(float(value.detach()), 3)}")
    return theta
