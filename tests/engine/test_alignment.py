"""Alignment of units: a scrambled copy comes back, and nothing it computes changes."""

import pytest
import torch

from lsviewer.engine.activations import Activation, Silu, Tanh
from lsviewer.engine.alignment import align
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import Params, flatten, forward, of


def scrambled(params: Params, layer: int, order: list[int], sign: list[float]) -> Params:
    found = dict(params)
    s = torch.tensor(sign, dtype=torch.float64)
    found[f"{layer}.weight"] = found[f"{layer}.weight"][order] * s[:, None]
    found[f"{layer}.bias"] = found[f"{layer}.bias"][order] * s
    found[f"{layer + 2}.weight"] = found[f"{layer + 2}.weight"][:, order] * s
    return found


@pytest.mark.parametrize(("activation", "sign"), [(Tanh(), [-1.0, 1.0, -1.0, 1.0, -1.0]), (Silu(), [1.0] * 5)])
def test_a_scrambled_copy_comes_back(activation: Activation, sign: list[float]) -> None:
    network = Mlp(hidden=(5, 5), activation=activation)
    g = torch.Generator().manual_seed(0)
    params = {k: v.clone() for k, v in of(network.build(3, 2, dtype=torch.float64, generator=g)).items()}
    other = scrambled(scrambled(params, 0, [3, 1, 4, 0, 2], sign), 2, [1, 0, 3, 4, 2], sign)
    assert float((flatten(other) - flatten(params)).norm()) > 1
    torch.testing.assert_close(flatten(align(network, other, params)), flatten(params), rtol=0, atol=0)


def test_aligned_networks_compute_the_same_and_lie_nearer() -> None:
    network = Mlp(hidden=(8, 6), activation=Tanh())
    g = torch.Generator().manual_seed(1)
    a, b = (
        {k: v.clone() for k, v in of(network.build(4, 2, dtype=torch.float64, generator=g)).items()} for _ in range(2)
    )
    found = align(network, b, a)
    x = torch.randn(20, 4, dtype=torch.float64, generator=g)
    torch.testing.assert_close(forward(network, found, x), forward(network, b, x), rtol=1e-13, atol=1e-13)
    assert float((flatten(found) - flatten(a)).norm()) < float((flatten(b) - flatten(a)).norm())
