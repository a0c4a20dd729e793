"""Convolutional networks: the Sequential a stranger would write down, bound to the images of the data, clear refusals."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy import signal
from torch import Tensor, nn

from lsviewer.core.files import Files
from lsviewer.core.spec import SpecError, parse
from lsviewer.engine import params
from lsviewer.engine.activations import Tanh
from lsviewer.engine.cnn import Cnn
from lsviewer.engine.conv_risk import ConvRisk
from lsviewer.engine.datasets import Digits, Npz
from lsviewer.engine.losses import CrossEntropy, Labels
from lsviewer.engine.risk import Risk

KINDS: list[Cnn] = [
    Cnn(channels=(3, 4), image=(2, 9, 7)),
    Cnn(channels=(3, 4, 5), stride=1, pooling="max", activation=Tanh(), image=(1, 8, 8)),
    Cnn(channels=(3, 4), kernel=4, stride=1, padding=3, pooling="average", head="average", image=(3, 6, 10)),
    Cnn(channels=(6,), kernel=1, stride=3, padding=0, head="average", image=(2, 7, 7)),
    Cnn(channels=(2, 2, 2, 2), kernel=5, stride=2, padding=2, pooling="max", image=(1, 28, 28)),
]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def size_of(network: Cnn) -> int:
    return math.prod(network.image or ())


def by_scipy(network: Cnn, point: dict[str, Tensor], x: np.ndarray) -> np.ndarray:
    """The outputs for images [N, c, h, w], with scipy's correlation of whole maps and loops over squares of 2 x 2."""
    weights = [(k, v.numpy()) for k, v in point.items() if k.endswith("weight")]
    act = np.tanh if isinstance(network.activation, Tanh) else lambda v: np.maximum(v, 0)
    outputs = []
    for image in x:
        maps = image
        for name, kernel in weights[:-1]:
            p, s = network.padding, network.stride
            padded = np.pad(maps, ((0, 0), (p, p), (p, p)))
            bias = point[name.replace("weight", "bias")].numpy()
            maps = np.stack(
                [
                    sum(signal.correlate(m, k, "valid") for m, k in zip(padded, kernels))[::s, ::s] + b
                    for kernels, b in zip(kernel, bias)
                ]
            )
            maps = act(maps)
            if network.pooling != "none" and min(maps.shape[1:]) >= 2:
                pool = np.max if network.pooling == "max" else np.mean
                rows, columns = maps.shape[1] // 2, maps.shape[2] // 2
                pooled = np.empty((len(maps), rows, columns))
                for c, i, j in itertools.product(range(len(maps)), range(rows), range(columns)):
                    pooled[c, i, j] = pool(maps[c, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2])
                maps = pooled
        features = maps.ravel() if network.head == "flatten" else maps.mean((1, 2))
        name, last = weights[-1]
        outputs.append(last @ features + point[name.replace("weight", "bias")].numpy())
    return np.array(outputs)


@pytest.mark.parametrize("network", KINDS, ids=str)
def test_shapes_and_size_are_those_of_the_module(network: Cnn) -> None:
    module = network.build(size_of(network), 5, generator=seeded())
    assert {key: tuple(value.shape) for key, value in module.state_dict().items()} == network.shapes(
        size_of(network), 5
    )
    assert list(module.state_dict()) == list(network.shapes(size_of(network), 5))
    assert sum(value.numel() for value in module.parameters()) == network.size(size_of(network), 5)


@pytest.mark.parametrize("network", KINDS, ids=str)
def test_module_forward_and_fast_risk_compute_what_scipy_does(network: Cnn) -> None:
    inputs = size_of(network)
    points = [
        params.of(network.build(inputs, 5, dtype=torch.float64, generator=seeded(seed))) for seed in range(3)
    ]  # an origin and two directions
    for point in points:
        for name in point:
            if name.endswith("bias"):
                point[name].copy_(torch.randn(point[name].shape, generator=seeded(9), dtype=torch.float64))
    x = torch.randn(6, inputs, generator=seeded(4), dtype=torch.float64)
    y = torch.arange(6) % 5
    there = params.combine(points[0], (points[1], points[2]), (0.4, -0.7))
    wanted = by_scipy(network, there, network.arrange(x).numpy())
    # sums of at most 250 products of numbers near 1
    np.testing.assert_allclose(params.forward(network, there, x).numpy(), wanted, atol=1e-11)
    module = network.build(inputs, 5, dtype=torch.float64)
    module.load_state_dict(there)
    np.testing.assert_allclose(module(network.arrange(x)).detach().numpy(), wanted, atol=1e-11)
    risk = Risk.on(network, CrossEntropy(), x, Labels(y, 5), dtype=torch.float64)
    shifted = wanted - wanted.max(1, keepdims=True)
    loss = np.mean(np.log(np.exp(shifted).sum(1)) - shifted[np.arange(6), y.numpy()])
    fast = ConvRisk(risk, points[0], (points[1], points[2]))
    assert fast(0.4, -0.7) == pytest.approx(loss, abs=1e-11)
    assert fast(0.4, -0.7) == pytest.approx(loss, abs=1e-11)  # from the saved maps


def test_the_network_is_the_one_a_stranger_would_write_down() -> None:
    stranger = nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=1, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 4, 3, stride=1, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4 * 8 * 8, 10),
    )  # fmt: skip
    network = Cnn(channels=(8, 4), stride=1, pooling="max").for_inputs((3, 32, 32), 3072, "photos")
    module = network.build(3072, 10, generator=seeded())
    stranger.load_state_dict(module.state_dict())
    x = torch.rand(5, 3, 32, 32, generator=seeded(1))
    torch.testing.assert_close(module(network.arrange(x)), stranger(x), rtol=0, atol=0)


def test_weights_start_with_gain_over_root_fan_in() -> None:
    network = Cnn(channels=(200, 200), image=(4, 12, 12))
    module = network.build(576, 100, generator=seeded())
    # 360 000 normal numbers: their standard deviation is known to 0.2 %
    assert float(module[2].weight.detach().std()) == pytest.approx((2 / 1800) ** 0.5, rel=0.01)
    assert float(module[5].weight.detach().std()) == pytest.approx((1 / 1800) ** 0.5, rel=0.01)
    assert not any(value.any() for value in network.build(576, 100).parameters())


def test_built_in_digits_are_images_of_one_channel() -> None:
    data = Digits(limit=20).load(Files())
    assert data.image == (1, 8, 8)
    network = Cnn().for_inputs(data.image, data.inputs, data.name)
    assert isinstance(network, Cnn)
    assert torch.equal(network.arrange(data.x)[3, 0].flatten(), data.x[3])  # rows of 8, one after the other


def test_colour_images_are_read_channels_first(tmp_path: Any) -> None:
    x = np.random.default_rng(0).random((12, 3, 5, 4), dtype=np.float32)
    np.savez(tmp_path / "d.npz", x=x, y=np.arange(12) % 3)
    data = Npz(path="d.npz").load(Files(tmp_path))
    assert data.image == (3, 5, 4)
    network = Cnn().for_inputs(data.image, data.inputs, data.name)
    assert torch.equal(network.arrange(data.x.flatten(1)), torch.from_numpy(x))


def refusal(network: Cnn, image: tuple[int, ...] | None, inputs: int) -> str:
    with pytest.raises(SpecError) as caught:
        network.for_inputs(image, inputs, "mine")
    return str(caught.value)


def test_data_that_are_no_such_images_are_refused() -> None:
    assert "samples of mine are rows of 12 numbers" in refusal(Cnn(), None, 12)
    assert Cnn(image=(3, 2, 2)).for_inputs(None, 12, "mine").image == (3, 2, 2)  # said how to read them
    assert "'network.image' is 1 × 8 × 8: samples of mine have 784" in refusal(Cnn(image=(1, 8, 8)), (1, 28, 28), 784)
    assert "looks like channels last; channels first is expected" in refusal(Cnn(), (32, 32, 3), 3072)
    assert "convolution 2 gets maps of 2 × 2, 2 × 2 with padding" in refusal(
        Cnn(channels=(4, 4), kernel=5, padding=0, stride=2), (1, 8, 8), 64
    )
    # 4096 x 4096 kernels of 8 x 8 in float64 are 8 GB
    assert "would need 8.0 GB, at most 4 GB are taken" in refusal(
        Cnn(channels=(4096, 4096), kernel=8), (1, 16, 16), 256
    )


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"channels": []}, "field 'channels': tuple should have at least 1 item"),
        ({"channels": [4, 0]}, "field 'channels.1' is 0: input should be greater than or equal to 1"),
        ({"padding": 3}, "the recipe: padding is 3, kernel 3: less padding is expected"),
        ({"pooling": "min"}, "field 'pooling' is 'min': input should be 'none', 'max' or 'average'"),
        ({"hidden": [3]}, "unknown field 'hidden'"),
        ({"image": [8, 8]}, "field 'image.2' is missing"),
    ],
)  # fmt: skip
def test_bad_networks_are_refused_by_field(data: dict[str, object], expected: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse(Cnn, {"kind": "cnn", **data})
    assert str(caught.value).startswith(expected)


def test_words() -> None:
    assert Cnn(channels=(128, 64)).describe() == "cnn 128-64, 3 × 3, stride 2, relu"
    assert Cnn(stride=1, pooling="max", activation=Tanh()).describe() == "cnn 16-32, 3 × 3, max pooling, tanh"
