"""Filters against facts that need no other implementation."""

import numpy as np
import pytest

from lsviewer.gui.painting import filters
from lsviewer.gui.painting.flood import flood

RNG = np.random.default_rng(7)


def test_blur_of_a_point_is_a_gaussian() -> None:
    point = np.zeros((41, 41), np.float32)
    point[20, 20] = 1
    blurred = filters.blur(point, 2.0)
    x = np.arange(41) - 20
    gauss = np.exp(-(x**2) / 8)
    gauss /= gauss.sum()
    assert np.allclose(blurred, np.outer(gauss, gauss), atol=1e-5)  # cut at 4 sigma: 6e-5 of the mass


@pytest.mark.parametrize("shape", [(30,), (30, 30), (12, 12, 12)])
def test_blur_keeps_constants_and_the_mean(shape: tuple[int, ...]) -> None:
    assert np.allclose(filters.blur(np.full(shape, 0.3, np.float32), 3.0), 0.3, atol=1e-6)
    values = RNG.uniform(0.2, 0.8, shape).astype(np.float32)
    # mirrored edges: the matrix is symmetric, its columns sum to 1 as well
    assert filters.blur(values, 1.5).mean() == pytest.approx(values.mean(), abs=1e-6)


def test_blur_wider_than_the_pattern_still_works() -> None:
    values = RNG.uniform(size=(4, 4)).astype(np.float32)
    assert np.allclose(filters.blur(values, 50.0), values.mean(), atol=1e-3)


def test_sharpen_keeps_constants_and_steepens_an_edge() -> None:
    assert np.allclose(filters.sharpen(np.full((9, 9), 0.4, np.float32)), 0.4, atol=1e-6)
    step = np.where(np.arange(20) < 10, 0.3, 0.7).astype(np.float32)
    assert np.ptp(filters.sharpen(step)) > np.ptp(step)


def test_invert_twice_is_nothing() -> None:
    values = RNG.uniform(size=(9, 9)).astype(np.float32)
    assert np.allclose(filters.invert(filters.invert(values)), values, atol=1e-7)


def test_levels_send_black_to_0_white_to_1_and_the_middle_by_gamma() -> None:
    values = np.array([0.1, 0.2, 0.4, 0.6, 0.9], np.float32)
    assert filters.levels(values, 0.2, 0.6) == pytest.approx([0, 0, 0.5, 1, 1], abs=1e-6)
    assert filters.levels(values, 0.2, 0.6, 2.0)[2] == pytest.approx(0.5**0.5, abs=1e-6)
    with pytest.raises(ValueError, match=r"white is 0\.2"):
        filters.levels(values, 0.3, 0.2)


def test_turns_and_flips_as_seen() -> None:
    corner = np.zeros((5, 5), np.float32)
    corner[4, 0] = 1  # bottom right
    assert filters.rotate_left(corner)[4, 4] == 1  # top right
    assert filters.rotate_right(corner)[0, 0] == 1  # bottom left
    assert filters.flip_horizontal(corner)[0, 0] == 1
    assert filters.flip_vertical(corner)[4, 4] == 1


def test_a_curve_is_flipped_up_and_down_in_its_values() -> None:
    assert filters.flip_vertical(np.array([0.0, 0.25], np.float32)) == pytest.approx([1, 0.75])


@pytest.mark.parametrize("name", ["blur", "sharpen", "invert", "flip_horizontal", "rotate_left"])
def test_filters_return_new_float32_in_range(name: str) -> None:
    values = RNG.uniform(size=(8, 8)).astype(np.float32)
    values.flags.writeable = False
    changed = getattr(filters, name)(values)
    assert changed.dtype == np.float32 and changed.flags.c_contiguous and changed is not values
    assert 0 <= changed.min() and changed.max() <= 1


def test_flood_follows_a_spiral() -> None:
    # oracle: breadth-first search by hand
    values = (RNG.uniform(size=(40, 40)) < 0.45).astype(np.float32)
    values[0, 0] = 0
    reached, queue = {(0, 0)}, [(0, 0)]
    while queue:
        i, j = queue.pop()
        for a, b in ((i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1)):
            if 0 <= a < 40 and 0 <= b < 40 and values[a, b] == 0 and (a, b) not in reached:
                reached.add((a, b))
                queue.append((a, b))
    assert {(int(i), int(j)) for i, j in np.argwhere(flood(values, (0, 0), 0.1))} == reached
