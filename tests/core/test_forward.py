"""The forward pass in numpy against the engine's own networks in torch."""

import numpy as np
import pytest
import torch

from lsviewer.core.artifacts import Checkpoint
from lsviewer.core.forward import Forward
from tests import cases


def checkpoint_of(activation, dtype=torch.float64, seed: int = 0) -> Checkpoint:
    from lsviewer.engine.networks import Mlp
    from lsviewer.engine.params import of, to_numpy

    network = Mlp(hidden=(7, 5), activation=activation)
    built = [network.build(4, 3, dtype=dtype, generator=torch.Generator().manual_seed(seed + k)) for k in range(3)]
    for module in built:
        for parameter in module.parameters():
            if parameter.ndim == 1:
                parameter.data.normal_(generator=torch.Generator().manual_seed(5))
    origin, *directions = (to_numpy(of(module)) for module in built)
    spec = {**network.model_dump(mode="json"), "inputs": 4, "outputs": 3}
    return Checkpoint("checkpoint", spec, origin, tuple(directions))


@pytest.mark.parametrize("activation", [case[0] for case in cases.ACTIVATIONS], ids=cases.name)
def test_every_activation_gives_the_values_of_the_torch_network(activation) -> None:
    checkpoint = checkpoint_of(activation)
    x, alpha = np.linspace(-2, 2, 4), (0.3, -1.2)
    found = Forward(checkpoint)(alpha, x)
    module = torch.nn.Sequential(
        torch.nn.Linear(4, 7), activation.module(), torch.nn.Linear(7, 5), activation.module(), torch.nn.Linear(5, 3)
    ).double()
    at = {
        key: torch.tensor(value + sum(a * d[key] for a, d in zip(alpha, checkpoint.directions)))
        for key, value in checkpoint.params.items()
    }
    module.load_state_dict(at)
    wanted = [torch.tensor(x)]
    for layer in module:
        wanted.append(layer(wanted[-1]))
    for mine, theirs in zip(found, (wanted[0], wanted[2], wanted[4], wanted[5]), strict=True):
        # a few sums of ten float64 numbers, and activations written in two ways
        np.testing.assert_allclose(mine, theirs.detach().numpy(), rtol=1e-11, atol=1e-12)


def test_float32_stays_float32() -> None:
    from lsviewer.engine.activations import Gelu

    found = Forward(checkpoint_of(Gelu(), torch.float32))((0.0, 0.5), np.ones(4, np.float32))
    assert {values.dtype for values in found} == {np.dtype(np.float32)}


def test_what_does_not_fit_is_refused() -> None:
    from lsviewer.engine.activations import Relu

    good = checkpoint_of(Relu())
    forward = Forward(good)
    with pytest.raises(ValueError, match="1 coordinates for 2 directions"):
        forward((0.0,), np.ones(4))
    with pytest.raises(ValueError, match=r"x of shape \(3,\)"):
        forward((0.0, 0.0), np.ones(3))
    torn = {**good.params, "2.weight": np.zeros((5, 6))}
    with pytest.raises(ValueError, match="'2' do not fit"):
        Forward(Checkpoint("c", good.network, torn))
    with pytest.raises(ValueError, match="kind 'cnn'"):
        Forward(Checkpoint("c", {**good.network, "kind": "cnn"}, good.params))
    with pytest.raises(ValueError, match="activation 'swirl'"):
        Forward(Checkpoint("c", {**good.network, "activation": {"kind": "swirl"}}, good.params))
    with pytest.raises(ValueError, match=r"moves '9\.bias'"):
        Forward(Checkpoint("c", good.network, good.params, ({"9.bias": np.ones(2)},)))
