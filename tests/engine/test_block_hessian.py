"""Blocks of the Hessian against dense autograd; zeros that every point has."""

import pytest
import torch

from lsviewer.core.jobs import finish
from lsviewer.core.spec import SpecError
from lsviewer.engine.activations import Tanh
from lsviewer.engine.backpropagation import Objective, Stack
from lsviewer.engine.block_hessian import block_hessian, size_of, structural_nullity
from lsviewer.engine.losses import Squared


def posed(widths: tuple[int, ...], samples: int) -> tuple[Objective, torch.Tensor]:
    generator = torch.Generator().manual_seed(2)
    x = torch.randn(samples, widths[0], dtype=torch.float64, generator=generator)
    y = torch.randn(samples, widths[-1], dtype=torch.float64, generator=generator)
    stack = Stack(widths, Tanh())
    return Objective(stack, x, y, Squared()), torch.randn(stack.size, dtype=torch.float64, generator=generator)


def test_a_block_is_the_part_of_the_whole_hessian() -> None:
    objective, theta = posed((2, 3, 2, 2), 5)
    whole = torch.autograd.functional.hessian(lambda t: objective(t), theta)
    rows = [*range(*objective.stack.span(1)), *range(*objective.stack.span(3))]
    expected = torch.linalg.eigvalsh(whole[rows][:, rows])
    block, _ = finish(block_hessian(objective, theta, (1, 3)))
    torch.testing.assert_close(block.eigenvalues, expected, rtol=1e-10, atol=1e-10)
    assert block.size == size_of(objective, (1, 3)) == 15


@pytest.mark.parametrize(("widths", "zeros"), [((3, 9, 1), 0), ((3, 10, 1), 1), ((3, 20, 1), 11), ((3, 20, 5, 1), 55)])
def test_more_units_than_samples_leave_zeros_at_every_point(widths: tuple[int, ...], zeros: int) -> None:
    objective, theta = posed(widths, 10)
    block, _ = finish(block_hessian(objective, theta, (2,)))
    assert block.nullity == zeros == structural_nullity(objective, 1)
    assert block.clear


def test_a_zero_matrix_is_all_zeros() -> None:
    objective, theta = posed((2, 3, 2, 1), 4)
    block, _ = finish(block_hessian(objective, torch.zeros_like(theta), (2,)))
    assert block.nullity == block.size == 8 and block.clear


def test_a_block_too_large_says_its_size() -> None:
    objective, theta = posed((2, 2500, 2), 3)
    with pytest.raises(SpecError, match="layers 2 has 5002 parameters, 0.2 GB; at most 4000"):
        finish(block_hessian(objective, theta, (2,)))
