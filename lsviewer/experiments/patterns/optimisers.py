"""The two optimisers of the training recipe, on lists of tensors, with the rate given at every step.

Adam (Kingma and Ba 2015, algorithm 1). Muon (Jordan 2024): the momentum of a matrix is replaced by the nearest
semi-orthogonal matrix, found by five Newton-Schulz steps of degree five with his coefficients, here in the dtype of
the parameters. ``torch.optim.Muon`` computes them in bfloat16, which crawls on a CPU, and the first import of
``torch.optim`` costs more than a second.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

EPSILON = 1e-8
COEFFICIENTS = (3.4445, -4.7750, 2.0315)


class Adam:
    """Adam with a short memory of squares: tables are met in parts, and an old large gradient must not slow them for
    long.
    """

    def __init__(self, params: list[Tensor], betas: tuple[float, float] = (0.9, 0.95)) -> None:
        self.params, self.betas, self.count = params, betas, 0
        self.means = [torch.zeros_like(p, requires_grad=False) for p in params]
        self.squares = [torch.zeros_like(p, requires_grad=False) for p in params]

    @torch.no_grad()
    def step(self, gradients: list[Tensor], rate: float) -> None:
        """Move the parameters in place."""
        self.count += 1
        first, second = self.betas
        correction = math.sqrt(1.0 - second**self.count)
        for param, gradient, mean, square in zip(self.params, gradients, self.means, self.squares, strict=True):
            mean.lerp_(gradient, 1.0 - first)
            square.mul_(second).addcmul_(gradient, gradient, value=1.0 - second)
            spread = square.sqrt().div_(correction).add_(EPSILON)
            param.addcdiv_(mean, spread, value=-rate / (1.0 - first**self.count))


class Muon:
    """Muon with Nesterov momentum for matrices; a tall one takes longer steps by the root of its proportions."""

    def __init__(self, params: list[Tensor], momentum: float = 0.95) -> None:
        self.params, self.momentum = params, momentum
        self.means = [torch.zeros_like(p, requires_grad=False) for p in params]

    @torch.no_grad()
    def step(self, gradients: list[Tensor], rate: float) -> None:
        """Move the parameters in place."""
        for param, gradient, mean in zip(self.params, gradients, self.means, strict=True):
            mean.mul_(self.momentum).add_(gradient)
            rows, columns = param.shape
            update = orthogonal(gradient + self.momentum * mean)
            param.add_(update, alpha=-rate * math.sqrt(max(1.0, rows / columns)))


def orthogonal(matrix: Float[Tensor, "m n"], steps: int = 5) -> Float[Tensor, "m n"]:
    """Return a matrix with the singular vectors of ``matrix`` and singular values near 1 (0.7 to 1.2; small ones
    less).
    """
    a, b, c = COEFFICIENTS
    wide = matrix.shape[0] <= matrix.shape[1]
    x = matrix if wide else matrix.T
    x = x / (x.norm() + 1e-30)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x if wide else x.T
