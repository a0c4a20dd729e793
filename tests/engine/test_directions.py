"""Filter-normalised directions against loops over rows, and their angles against what chance says."""

import math

import numpy as np
import pytest
import torch

from lsviewer.engine import params
from lsviewer.engine.directions import cosine, expected_cosine, length, norm_ratios, random_directions
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import Params


def origin(dtype: torch.dtype = torch.float64) -> Params:
    network = Mlp(hidden=(20, 15)).build(30, 4, dtype=dtype, generator=torch.Generator().manual_seed(1))
    found = params.of(network)
    for value in found.values():
        if value.ndim == 1:
            value.normal_(generator=torch.Generator().manual_seed(2))
    return found


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_every_row_has_the_norm_of_the_networks_row_and_biases_stay() -> None:
    there = origin()
    for direction in random_directions(there, 2, generator()):
        assert list(direction) == ["0.weight", "2.weight", "4.weight"]
        for name, value in direction.items():
            for moved, row in zip(value.numpy(), there[name].numpy()):
                assert math.hypot(*moved) == pytest.approx(math.hypot(*row), rel=1e-14)


def test_float32_gets_the_rounded_directions_of_float64() -> None:
    wide, narrow = (random_directions(origin(dtype), 2, generator())[1] for dtype in (torch.float64, torch.float32))
    for name, value in wide.items():
        assert narrow[name].dtype == torch.float32
        # the rows' norms come from rounded weights: half a unit of 6e-8 from there and half from rounding the result
        np.testing.assert_allclose(narrow[name].numpy(), value.numpy(), rtol=1.3e-7, atol=0)


def test_the_same_seed_gives_the_same_directions() -> None:
    a, b, c = (random_directions(origin(), 1, generator(seed))[0] for seed in (0, 0, 1))
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert not any(torch.equal(a[name], c[name]) for name in a)


def test_a_row_of_zeros_stays_one_and_has_no_ratio() -> None:
    there = origin()
    there["2.weight"][3] = 0.0
    (direction,) = random_directions(there, 1, generator())
    assert not direction["2.weight"][3].any()
    ratios = norm_ratios(direction, there)
    assert ratios.shape == (20 + 15 + 4 - 1,) and torch.allclose(
        ratios, torch.ones(38, dtype=torch.float64), atol=1e-14
    )
    direction["0.weight"][5] *= 3.0
    assert float(norm_ratios(direction, there)[5]) == pytest.approx(3.0)


def test_cosine_and_length_by_hand() -> None:
    a = {"w": torch.tensor([[3.0, 0.0], [0.0, 4.0]]), "b": torch.tensor([0.0])}
    b = {"w": torch.tensor([[1.0, 0.0], [0.0, 0.0]])}
    assert length(a) == 5.0 and cosine(a, b) == pytest.approx(0.6) and cosine(b, a) == pytest.approx(0.6)
    assert cosine(a, a) == pytest.approx(1.0)


def test_the_spread_of_angles_is_the_expected_one() -> None:
    there, g = origin(), generator(7)
    found = np.array([cosine(*random_directions(there, 2, g)) for _ in range(1000)])
    expected = expected_cosine(there)
    # mean and standard deviation of 1000 draws: 1/sqrt(1000) and 1/sqrt(2000) of the deviation, four times that
    assert abs(found.mean()) < 4 * expected / math.sqrt(1000)
    assert found.std() == pytest.approx(expected, rel=4 / math.sqrt(2000))
