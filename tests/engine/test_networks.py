"""Networks: an ordinary Sequential with the keys a stranger would expect, the same for the same seed."""

import pytest
import torch
from torch import nn

from lsviewer.core.spec import SpecError, parse
from lsviewer.engine.activations import Tanh
from lsviewer.engine.networks import Mlp
from tests.cases import NETWORKS, name


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("network", NETWORKS, ids=name)
def test_shapes_and_size_are_those_of_the_module(network: Mlp) -> None:
    module = network.build(3, 2, generator=seeded())
    assert {key: tuple(value.shape) for key, value in module.state_dict().items()} == network.shapes(3, 2)
    assert list(module.state_dict()) == list(network.shapes(3, 2))
    assert sum(value.numel() for value in module.parameters()) == network.size(3, 2)


def test_the_network_is_the_one_a_stranger_would_write_down() -> None:
    stranger = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 6), nn.Tanh(), nn.Linear(6, 2))
    module = Mlp(hidden=(8, 6), activation=Tanh()).build(3, 2, generator=seeded())
    stranger.load_state_dict(module.state_dict())
    x = torch.randn(5, 3, generator=seeded(1))
    torch.testing.assert_close(module(x), stranger(x), rtol=0, atol=0)


def test_the_same_seed_gives_the_same_network_and_float32_is_its_rounding() -> None:
    network = Mlp(hidden=(8,))
    double = network.build(3, 2, dtype=torch.float64, generator=seeded())
    single = network.build(3, 2, dtype=torch.float32, generator=seeded())
    other = network.build(3, 2, dtype=torch.float64, generator=seeded(1))
    for a, b in zip(double.parameters(), single.parameters()):
        assert torch.equal(a.float(), b)
    assert not torch.equal(double[0].weight, other[0].weight)


def test_building_does_not_touch_the_global_generator() -> None:
    before = torch.random.get_rng_state()
    Mlp(hidden=(8,)).build(3, 2, generator=seeded())
    assert torch.equal(before, torch.random.get_rng_state())


def test_weights_start_with_gain_over_root_fan_in() -> None:
    module = Mlp(hidden=(1000,)).build(400, 100, generator=seeded())
    # 400 000 and 100 000 normal numbers: their standard deviation is known to 0.2 %
    assert float(module[0].weight.detach().std()) == pytest.approx((2 / 400) ** 0.5, rel=0.01)
    assert float(module[2].weight.detach().std()) == pytest.approx((1 / 1000) ** 0.5, rel=0.01)
    assert not module[0].bias.any()


def test_without_a_generator_everything_is_zero() -> None:
    assert not any(value.any() for value in Mlp().build(3, 2).parameters())


def test_words() -> None:
    assert Mlp(hidden=(256, 288, 64)).describe() == "mlp 256-288-64, relu"
    assert Mlp(hidden=(), activation=Tanh()).describe() == "mlp linear, tanh"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"hidden": [256, 0]}, "field 'hidden.1' is 0: input should be greater than or equal to 1"),
        ({"hidden": "wide"}, "field 'hidden' is 'wide': input should be a valid tuple"),
        ({"hidden": [1.5]}, "field 'hidden.0' is 1.5: input should be a valid integer"),
        ({"hidden": [1] * 65}, "field 'hidden': tuple should have at most 64 items"),
        ({"width": 3}, "unknown field 'width'"),
        ({"activation": {"kind": "step"}}, "field 'activation.kind' is 'step': there are relu,"),
    ],
)  # fmt: skip
def test_bad_networks_are_refused_by_field(data: dict[str, object], expected: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse(Mlp, {"kind": "mlp", **data})
    assert str(caught.value).startswith(expected)
