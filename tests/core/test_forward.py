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
    with pytest.raises(ValueError, match="kind 'external'"):
        Forward(Checkpoint("c", {**good.network, "kind": "external"}, good.params))
    with pytest.raises(ValueError, match="activation 'swirl'"):
        Forward(Checkpoint("c", {**good.network, "activation": {"kind": "swirl"}}, good.params))
    with pytest.raises(ValueError, match=r"moves '9\.bias'"):
        Forward(Checkpoint("c", good.network, good.params, ({"9.bias": np.ones(2)},)))


@pytest.mark.parametrize("pooling", ["none", "max", "average"])
@pytest.mark.parametrize("head", ["flatten", "average"])
@pytest.mark.parametrize(("kernel", "stride", "padding"), [(3, 1, 1), (3, 2, 0), (5, 2, 2)])
def test_convolutions_give_the_values_of_the_torch_network(
    pooling: str, head: str, kernel: int, stride: int, padding: int
) -> None:
    torch.manual_seed(0)
    pools = {"none": torch.nn.Identity(), "max": torch.nn.MaxPool2d(2), "average": torch.nn.AvgPool2d(2)}
    body = torch.nn.Sequential(
        torch.nn.Conv2d(2, 4, kernel, stride, padding), torch.nn.ReLU(), pools[pooling],
        torch.nn.Conv2d(4, 3, kernel, stride, padding), torch.nn.ReLU(), pools[pooling],
    ).double()  # fmt: skip
    x = torch.randn(2, 25, 22, dtype=torch.float64)
    with torch.no_grad():
        first = body[:3](x[None])
        second = body[3:](first)
        read = torch.nn.Linear(second.numel() if head == "flatten" else 3, 5).double()
        outputs = read(second.flatten() if head == "flatten" else second.mean((2, 3))[0])
    params = {f"{k}.{name}": value.detach().numpy() for k in (0, 3) for name, value in body[k].named_parameters()}
    params |= {f"7.{name}": value.detach().numpy() for name, value in read.named_parameters()}
    spec = {
        "kind": "cnn", "activation": {"kind": "relu"}, "kernel": kernel, "stride": stride, "padding": padding,
        "pooling": pooling, "head": head, "image": [2, 25, 22],
    }  # fmt: skip
    found = Forward(Checkpoint("c", spec, params))((), x.flatten().numpy())
    wanted = [x.flatten(), first.mean((2, 3))[0], second.mean((2, 3))[0], outputs]
    for mine, theirs in zip(found, wanted, strict=True):
        np.testing.assert_allclose(mine, theirs.numpy(), rtol=1e-11, atol=1e-12)


def test_a_cnn_whose_parts_do_not_fit_is_refused() -> None:
    params = {
        "0.weight": np.ones((4, 1, 3, 3)),
        "0.bias": np.zeros(4),
        "2.weight": np.ones((2, 16)),
        "2.bias": np.zeros(2),
    }
    spec = {"kind": "cnn", "activation": {"kind": "relu"}, "kernel": 3, "stride": 1, "padding": 0, "image": [1, 5, 5]}
    with pytest.raises(ValueError, match="'2' do not fit"):
        Forward(Checkpoint("c", spec, params))((), np.ones(25))
    with pytest.raises(ValueError, match="size of its images"):
        Forward(Checkpoint("c", {**spec, "image": None}, params))
    with pytest.raises(ValueError, match="kernels of shape"):
        Forward(Checkpoint("c", {**spec, "image": [1, 2, 2]}, params))((), np.ones(4))
