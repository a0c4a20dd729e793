"""Where blocks stand: inside their area, apart from each other, in the order of the layers."""

import itertools

import numpy as np
import pytest

from lsviewer.core.artifacts import Block, Diagram
from lsviewer.core.diagram_layout import Box, arrange, as_picture, brightness, cells, laid_out


def diagram(*stacks: tuple[int, ...]) -> Diagram:
    blocks = [
        Block(f"b{layer}.{k}", layer, k, units, ("pattern",))
        for layer, stack in enumerate(stacks)
        for k, units in enumerate(stack)
    ]
    blocks.append(Block("loss", len(stacks), 0, 1, ("loss",)))
    return Diagram("d", "", tuple("abcdefghij"[: len(stacks) + 1]), tuple(blocks), (), np.zeros((0, 1)), (), ())


@pytest.mark.parametrize("size", [(908.0, 128.0), (1700.0, 700.0), (500.0, 90.0)])
def test_blocks_stay_inside_and_apart(size: tuple[float, float]) -> None:
    found = arrange(diagram((784,), (128, 128, 512), (128, 128, 10, 6), (1, 63), (10,)), Box(16, 20, *size), 15.0)
    for box in found.blocks:
        assert box.x >= 16 and box.right <= 16 + size[0] + 1e-9 and box.height > 0
    for one, other in itertools.combinations(found.blocks, 2):
        apart = one.right <= other.x or other.right <= one.x or one.bottom + 15 <= other.y or other.bottom + 15 <= one.y
        assert apart, (one, other)
    if size[1] > 100:
        assert all(box.y - 15 >= 20 - 1e-9 and box.bottom <= 20 + size[1] + 1e-9 for box in found.blocks)


def test_height_grows_with_the_logarithm_of_the_units() -> None:
    found = arrange(diagram((4,), (1, 16, 256)), Box(0, 0, 4000, 300), 15.0)
    small, middle, large = (box.height for box in found.blocks[1:4])
    assert large - middle == pytest.approx(middle - small) and small < middle


def test_cells_hold_all_units_and_pictures_keep_their_shape() -> None:
    for units in (1, 2, 7, 63, 128, 784, 1000):
        rows, columns = cells(units, 65, 30)
        assert rows * columns >= units > (rows - 1) * columns
    assert cells(784, 60, 20, (1, 28, 28)) == (28, 28)
    assert cells(64, 60, 20, (64,)) == (8, 8)
    assert cells(10, 60, 20, (10,)) != (3, 3)


def test_units_are_laid_out_row_by_row_and_the_largest_is_brightest() -> None:
    field = laid_out(brightness(np.array([0.0, -2.0, 1.0])), 2, 2)
    np.testing.assert_array_equal(field, [[0.0, 1.0], [0.5, np.nan]])
    assert not brightness(np.zeros(3)).any()


def test_a_picture_in_colour_is_shown_by_the_mean_of_its_channels() -> None:
    np.testing.assert_array_equal(as_picture(np.arange(12.0), (3, 2, 2)), [4.0, 5.0, 6.0, 7.0])
    assert len(as_picture(np.arange(12.0), (12,))) == 12
