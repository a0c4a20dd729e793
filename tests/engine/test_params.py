"""Params and theta: there and back, on a line, and as a pure function that equals the module."""

import numpy as np
import pytest
import torch

from lsviewer.core.spec import SpecError
from lsviewer.engine import params as P
from lsviewer.engine.networks import Mlp
from tests.cases import NETWORKS, name


def built(network: Mlp, seed: int = 0) -> torch.nn.Sequential:
    return network.build(6, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("network", NETWORKS, ids=name)
def test_the_pure_function_is_the_module(network: Mlp) -> None:
    module = built(network)
    x = torch.randn(5, 2, 3, dtype=torch.float64)
    torch.testing.assert_close(P.forward(network, P.of(module), x), module(x.flatten(1)), rtol=0, atol=0)


@pytest.mark.parametrize("network", NETWORKS, ids=name)
def test_theta_is_torchs_vector_and_comes_back(network: Mlp) -> None:
    module = built(network)
    params = P.of(module)
    theta = P.flatten(params)
    assert torch.equal(theta, torch.nn.utils.parameters_to_vector(module.parameters()))
    back = P.unflatten(theta, params)
    assert list(back) == list(params)
    assert all(torch.equal(back[key], params[key]) for key in params)


def test_a_theta_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match=r"theta has shape \(3,\), the parameters need \(14,\)"):
        P.unflatten(torch.zeros(3), P.of(built(Mlp(hidden=()))))


def test_a_direction_may_leave_parameters_out() -> None:
    origin = P.of(built(Mlp(hidden=(4,))))
    point = P.combine(origin, ({"0.bias": torch.ones(4, dtype=torch.float64)}, origin), (0.5, -1.0))
    torch.testing.assert_close(point["0.bias"], torch.full((4,), 0.5, dtype=torch.float64))
    assert not point["2.weight"].any()
    with pytest.raises(ValueError, match=r"0.bias has shape \(4,\) in the origin, \(5,\) in a direction"):
        P.combine(origin, ({"0.bias": torch.ones(5)},), (1.0,))
    with pytest.raises(ValueError, match="1 directions, but 2 coordinates"):
        P.combine(origin, (origin,), (1.0, 2.0))


def test_numpy_and_back_copies() -> None:
    params = P.of(built(Mlp(hidden=(4,))))
    arrays = P.to_numpy(params)
    assert not arrays["0.weight"].flags.writeable
    back = P.from_numpy(arrays, dtype=torch.float64)
    back["0.weight"].zero_()
    assert params["0.weight"].any() and arrays["0.weight"].any()
    assert P.move(params, dtype=torch.float32)["0.weight"].dtype is torch.float32
    np.testing.assert_array_equal(arrays["2.bias"], params["2.bias"].numpy())


def test_params_that_do_not_fit_are_refused_with_both_shapes() -> None:
    network = Mlp(hidden=(4,))
    params = P.of(built(network))
    P.check(params, network, 6, 2, "w.safetensors")
    for wrong, expected in [
        ({**params, "0.weight": torch.zeros(4, 5)}, "parameter '0.weight' has shape (4, 5), mlp 4, relu needs (4, 6)"),
        ({key: params[key] for key in params if key != "2.bias"}, "parameter '2.bias' is missing; mlp 4, relu needs shape (2,)"),
        ({**params, "4.weight": torch.zeros(1)}, "parameter '4.weight' is not part of mlp 4, relu with 6 inputs, 2 outputs"),
    ]:  # fmt: skip
        with pytest.raises(SpecError) as caught:
            P.check(wrong, network, 6, 2, "w.safetensors")
        assert str(caught.value) == f"w.safetensors: {expected}"
