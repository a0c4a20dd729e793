"""The Hessian of Phi by the parameters of some layers only (Nguyen and Hein 2017, definition 3.6), and how singular it is.

Of layer k + 1 alone the block has a kernel at every point as soon as [F_k, 1] has one: a weight moved along it changes
nothing to any order. [F_k, 1] has n_k + 1 columns and N rows, so with n_k >= N there are at least n_{k+1} (n_k + 1 - N)
zeros wherever one looks. At a zero of Phi the block is 2 J^T J with N m rows in J, which bounds its rank by N m.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from lsviewer.core.jobs import Step
from lsviewer.core.spec import SpecError
from lsviewer.engine import linalg
from lsviewer.engine.backpropagation import Objective
from lsviewer.engine.curvature import Curvature

MOST = 4000
CLEAR = 100.0


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Eigenvalues of a block, ascending, and how many are zero. ``clear``: a gap of 100 between zeros and the others."""

    layers: tuple[int, ...]
    eigenvalues: Float[Tensor, "k"]
    inertia: linalg.Inertia

    @property
    def size(self) -> int:
        return len(self.eigenvalues)

    @property
    def nullity(self) -> int:
        return self.inertia.zero

    @property
    def clear(self) -> bool:
        """Whether the count of zeros is a decision."""
        if self.nullity == self.size:  # the zero matrix
            return True
        room = self.inertia.smallest > 10.0 * self.inertia.tolerance
        return room and self.inertia.gap >= CLEAR

    @property
    def least(self) -> float:
        """The smallest absolute eigenvalue."""
        return float(self.eigenvalues.abs().min())


def structural_nullity(objective: Objective, layer: int) -> int:
    """Return the zeros that any block with layer k + 1 has at every point, k = ``layer``: n_{k+1} (n_k + 1 - N)^+."""
    widths = objective.stack.widths
    return widths[layer + 1] * max(0, widths[layer] + 1 - objective.samples)


def size_of(objective: Objective, layers: tuple[int, ...]) -> int:
    """Return the number of parameters of some layers."""
    return sum(stop - start for start, stop in map(objective.stack.span, layers))


def block_hessian(objective: Objective, theta: Float[Tensor, "n"], layers: tuple[int, ...]) -> Step[Block]:
    """Return the block over layers (from 1); raises `SpecError` naming the size where it is too large."""
    size = size_of(objective, layers)
    if size > MOST:
        raise SpecError(
            f"the Hessian of layers {', '.join(map(str, layers))} has {size} parameters, {8e-9 * size**2:.1f} GB; at most "
            f"{MOST} are taken: choose fewer samples or narrower layers"
        )
    index = torch.cat([torch.arange(*objective.stack.span(layer)) for layer in layers]).to(theta.device)
    fixed = theta.detach()

    def phi(part: Tensor) -> Tensor:
        return objective(fixed.index_copy(0, index, part))

    matrix = yield from Curvature(phi, fixed[index]).hessian(chunk=128)
    values = yield from linalg.eigenvalues(matrix, "eigenvalues of the block")
    # rounding of the products and of LAPACK: each a small multiple of n eps lambda_max
    tolerance = 4.0 * max(size, 8) * linalg.EPS * float(values.abs().max())
    return Block(layers, values, linalg.inertia(values, tolerance))
