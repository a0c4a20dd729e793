"""Convolutional networks and the multilayer perceptron of their channels: the closed form is planned there and lifted.

First-layer kernels are 0, so the first maps are constant: every channel is one unit, moved by its bias. A kernel that
acts by its tap ``padding`` alone (row and column) reads position ``i * stride`` below position i, so a constant map stays
constant and the channels compute what the units of a perceptron with the same widths do. Pooling leaves a constant
map as it is. The head reads the first position of every map, or the averages.

Position ``i * stride`` lies inside the map for all i only while ``2 * padding < kernel``. With more padding the last positions
see zeros: then the first position alone is right, and only a head that reads single positions of maps that are not
pooled can use it (theory: "any padding" is true of these networks only).
"""

import torch

from lsviewer.core.spec import SpecError
from lsviewer.engine.cnn import Cnn
from lsviewer.engine.networks import Mlp, Network
from lsviewer.engine.params import Params
from lsviewer.experiments.patterns.carrier import Carrier
from lsviewer.experiments.patterns.construction import Planted

WORDS = (("network.hidden", "network.channels"), ("hidden layer", "convolution"), ("hidden ", "convolution "),
         (" units", " channels"))  # fmt: skip


def by_channel(network: Network) -> Mlp:
    """Return the perceptron with a unit for every channel; one that is a perceptron is returned itself."""
    return network if isinstance(network, Mlp) else Mlp(hidden=network.channels, activation=network.activation)


def refuse_unliftable(network: Network, carrier: Carrier) -> None:
    """Raise `SpecError` where the closed form of the channels cannot be lifted to the network."""
    if not isinstance(network, Cnn):
        return
    if carrier.layer > 1:
        raise SpecError(
            f"field 'directions.layer' is {carrier.layer}: in a cnn the first convolution carries the pattern"
        )
    if 2 * network.padding >= network.kernel and (network.pooling != "none" or network.head == "average"):
        raise SpecError(
            f"field 'network.padding' is {network.padding}: with a kernel of {network.kernel} maps do not stay constant; at most "
            f"{(network.kernel - 1) // 2}, or neither pooling nor an average as head, is needed for the closed form"
        )


def lift(network: Network, planted: Planted) -> Planted:
    """Return a point of `by_channel` as a point of the network, float64; kernels have one tap that is not 0."""
    if not isinstance(network, Cnn):
        return planted
    assert network.image is not None
    outputs = len(list(planted.origin.values())[-1])
    tap = network.padding
    shapes = network.shapes(int(torch.Size(network.image).numel()), outputs)
    origin: Params = {name: torch.zeros(shape, dtype=torch.float64) for name, shape in shapes.items()}
    steps = network.convolutions()
    for layer, step in enumerate(steps):
        origin[f"{step.key}.bias"].copy_(planted.origin[f"{2 * layer}.bias"])
        if layer:
            origin[f"{step.key}.weight"][:, :, tap, tap] = planted.origin[f"{2 * layer}.weight"]
    last = 2 * len(steps)
    positions = 1 if network.head == "average" else steps[-1].pooled[0] * steps[-1].pooled[1]
    origin[f"{network.head_key}.weight"][:, ::positions] = planted.origin[f"{last}.weight"]
    origin[f"{network.head_key}.bias"].copy_(planted.origin[f"{last}.bias"])
    return Planted(origin, planted.directions)


def spoken(network: Network, text: str) -> str:
    """Return a sentence on the perceptron of the channels in the words of the network."""
    if isinstance(network, Cnn):
        for unit, channel in WORDS:
            text = text.replace(unit, channel)
    return text
