"""Theorem 1 in closed form for three axes: every slice is planted as in two axes, then the slices are joined the same way.

``S_i(s_2, s_3) = 1/2 sum_j L_ij + 1/2 (1 - sum_j M_ij)`` with ``L_ij = relu(hat_j(s_2) + t_ij(s_3) - 1)``, ``M_ij =
relu(hat_j(s_2) - t_ij(s_3))`` and ``t_ij = sum_k H_ijk hat_k``; then ``A_i = relu(hat_i(s_1) + S_i - 1)``, ``B_i =
relu(hat_i(s_1) - S_i)`` and ``value = 1/2 sum_i A_i + 1/2 (1 - sum_i B_i)``. That is H at the grid points and the mean
of eight corners in the middle of a cell.

One layer of gates ``relu(t_ij(s_3) + hat_i(s_1) + hat_j(s_2) - 2)`` would do with G² units instead of 2 G² + G, but it
is 0 in the middle of every cell: right on the grid, dust in between. Here the many units depend on two coordinates
only, so a section of G³ points costs G² evaluations of them.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from lsviewer.core.spec import SpecError

MAX_CUBE = 64  # points an axis of a volume


def gate_units(grid: int) -> int:
    """Return how many units the gates of all slices need, with the hats of axis 1 passed on."""
    return 2 * grid * grid + grid


def slice_gates(rows: Float[Tensor, "G G"], columns: Float[Tensor, "G G G"]) -> tuple[Tensor, Tensor]:
    """Return weight (2G² + G, 3G) and bias of the units L_ij, M_ij and hat_i.

    ``rows`` and ``columns`` are the identity and the heights where the layer below has hats; on knots, both times
    second differences.
    """
    grid = len(rows)
    nothing = torch.zeros(grid * grid, grid, dtype=torch.float64)
    every, heights = rows.repeat(grid, 1), columns.reshape(grid * grid, grid)
    weight = torch.cat(
        [
            torch.cat([nothing, every, heights], 1),
            torch.cat([nothing, every, -heights], 1),
            torch.cat([rows, torch.zeros(grid, 2 * grid, dtype=torch.float64)], 1),
        ]
    )
    bias = torch.zeros(gate_units(grid), dtype=torch.float64)
    bias[: grid * grid] = -1.0
    return weight, bias


def joints(grid: int) -> tuple[Tensor, Tensor]:
    """Return weight (2G, 2G² + G) and bias of the units A_0..A_{G-1}, B_0..B_{G-1}."""
    eye = torch.eye(grid, dtype=torch.float64)
    half = 0.5 * eye.repeat_interleave(grid, dim=1)  # (G, G²): slice i reads its own gates
    weight = torch.cat([torch.cat([half, -half, eye], 1), torch.cat([-half, half, eye], 1)])
    return weight, torch.full((2 * grid,), -0.5, dtype=torch.float64)


def refuse_large(shape: tuple[int, ...]) -> None:
    """Raise `SpecError` where a volume has more points than its gates can be evaluated at in memory."""
    if len(shape) == 3 and max(shape) > MAX_CUBE:
        needed = 8 * max(shape) ** 2 * gate_units(max(shape)) / 2**30
        raise SpecError(
            f"the pattern has three axes of {max(shape)} points: its gates on the section would need {needed:.1f} GB; "
            f"set field 'grid' to at most {MAX_CUBE}"
        )
