"""A network planted or trained on first-layer biases, put where the carrier says: another layer, other units, other directions.

What is planted is the network above (the *base*). Three steps lead from it to the whole network, each of them exact algebra.

- *Mixed directions*: one layer more below the base. Its blocks of z units hold ``h = c + scale Q alpha`` with orthogonal
  matrices Q (`carrier`) and c just so large that h >= 0 on the whole section, so relu passes it. Hence ``alpha = Q^T (h -
  c) / scale``, and that is what the units of the base's first layer read, neighbours the same block: where alpha moved a
  bias by ``d alpha`` there are now weights ``d Q^T / scale``.
- *Other units*: the units that carry take the places asked for, with their biases and all weights that read them.
- *Another layer*: the layers below are those of an ordinary initialised network. Weights into the carrying layer are 0,
  so nothing above depends on them, or on the data.

Mixing costs digits: at a grid point a coordinate is no longer a whole number, but one rounded at its size, up to G - 1,
once for every axis. `heights_lost` says what that does to the heights.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from lsviewer.core.spec import SpecError
from lsviewer.engine.activations import LeakyRelu, Relu
from lsviewer.engine.context import Context
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import Params, of
from lsviewer.experiments.patterns.carrier import Carrier
from lsviewer.experiments.patterns.construction import Plan, Planted


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """Where a planted base goes in the whole network."""

    network: Mlp  # the whole
    carrier: Carrier
    frame: Float[Tensor, "blocks z z"] | None
    context: Context

    @property
    def skipped(self) -> int:
        """Hidden layers of the whole network that the base has not."""
        return self.carrier.layer - 1 + self.carrier.mixes

    @property
    def base(self) -> Mlp:
        """The network that is planted or trained."""
        return self.network.replace(hidden=self.network.hidden[self.skipped :])

    @property
    def upper(self) -> Mlp:
        """The network from the carrying layer on."""
        return self.network.replace(hidden=self.network.hidden[self.carrier.layer - 1 :])

    def on_upper(self, planted: Planted) -> Planted:
        """Return the base with its directions mixed and its units placed, a point of `upper`; float64."""
        if self.frame is not None:
            planted = _mixed(planted, self.frame, self.upper.hidden[0])
        width = self.upper.hidden[0]
        moved = torch.stack([direction["0.bias"] for direction in planted.directions]).ne(0).any(0).nonzero()[:, 0]
        places = self.carrier.places(len(moved), width, self.context.generator("units"))
        return planted if torch.equal(places, moved) else _moved(planted, moved, places)

    def on_whole(self, planted: Planted, inputs: int, outputs: int) -> Planted:
        """Return the base as a point of the whole network, float64."""
        upper, below = self.on_upper(planted), self.carrier.layer - 1
        if not below:
            weight = torch.zeros(self.network.hidden[0], inputs, dtype=torch.float64)
            return Planted({**upper.origin, "0.weight": weight}, upper.directions)
        start = of(self.network.build(inputs, outputs, dtype=torch.float64, generator=self.context.generator("init")))
        origin = {name: value for name, value in start.items() if int(name.split(".")[0]) < 2 * below}
        origin |= {_shifted(name, below): value for name, value in upper.origin.items()}
        origin[f"{2 * below}.weight"] = torch.zeros(self.network.hidden[below], self.network.hidden[below - 1]).double()
        return Planted(origin, tuple(_all_shifted(direction, below) for direction in upper.directions))

    def mixed_units(self) -> tuple[int, ...]:
        """Return the numbers of the units that carry mixed coordinates, in the order of the frame."""
        if self.frame is None:
            return ()
        width = self.network.hidden[self.carrier.layer - 1]
        count = self.frame.shape[0] * self.frame.shape[1]
        return tuple(self.carrier.places(count, width, self.context.generator("units")).tolist())

    def heights_lost(self, plan: Plan, digits: int) -> float:
        """Return by how much rounding may move a height where directions are mixed, else 0."""
        if self.frame is None or self._whole:
            return 0.0
        reach = (plan.grid - 1) * float(self.frame.abs().sum(2).max())  # of a unit that carries
        off = (plan.z + 4) * reach * 2.0**-digits  # of a coordinate, in steps: a height moves by no more
        borders = int((self.frame[1:] != self.frame[:-1]).flatten(1).any(1).sum())
        return off * (1 + 2 * borders)  # where neighbours read other blocks a hat is off, however far away

    @property
    def _whole(self) -> bool:
        """Whether coordinates stay whole numbers."""
        return self.frame is not None and bool((self.frame == self.frame.round()).all())

    def notes(self) -> tuple[str, ...]:
        """Return what the choice asks of the network, one short sentence each."""
        found = []
        if self.carrier.layer > 1:
            below = "layer 1 stays" if self.carrier.layer == 2 else f"layers 1 to {self.carrier.layer - 1} stay"
            found.append(f"Layer {self.carrier.layer} carries; {below} ordinary, initialised at random.")
        if self.frame is not None:
            found.append(
                f"{len(self.mixed_units())} units of layer {self.carrier.layer} carry the coordinates, layer "
                f"{self.carrier.layer + 1} reads them: one layer more{'' if self._whole else ', and fewer digits'}."
            )
        return tuple(found)


def place(carrier: Carrier, network: Mlp, z: int, context: Context) -> Placement:
    """Return the placement; raises `SpecError` naming what the network lacks."""
    depth = len(network.hidden)
    if carrier.layer > depth:
        raise SpecError(f"field 'directions.layer' is {carrier.layer}: the network has {depth} hidden layers")
    frame = carrier.frame(z, context.generator("frame"))
    if frame is not None and not isinstance(network.activation, Relu | LeakyRelu):
        raise SpecError(
            f"field 'network.activation' is '{network.activation.kind}', which does not pass coordinates on unchanged; "
            "choose relu, or directions 'aligned' without units per axis"
        )
    placement = Placement(network, carrier, frame, context)
    placement.mixed_units()
    return placement


def _mixed(planted: Planted, frame: Tensor, width: int) -> Planted:
    blocks, z, _ = frame.shape
    n = blocks * z
    moves = torch.stack([direction["0.bias"] for direction in planted.directions], 1)  # (units, z)
    scale = float(moves.abs().max())
    lift = scale * (-frame).clamp_min(0.0).sum(2).flatten()
    weight = torch.zeros(len(moves), width, dtype=torch.float64)
    for axis in range(z):
        units = moves[:, axis].nonzero()[:, 0]
        for k, unit in enumerate(units.tolist()):
            block = k * blocks // len(units)  # differences of neighbours then lose no digits
            weight[unit, block * z : (block + 1) * z] += frame[block][:, axis] * moves[unit, axis] / scale
    origin = _all_shifted(planted.origin, 1)
    origin["2.weight"] = weight
    origin["2.bias"] = planted.origin["0.bias"] - weight[:, :n] @ lift
    bias = torch.zeros(width, dtype=torch.float64)
    bias[:n] = lift
    directions = []
    for column in frame.reshape(n, z).T:
        step = torch.zeros(width, dtype=torch.float64)
        step[:n] = scale * column
        directions.append({"0.bias": step})
    below = {"0.weight": torch.zeros(width, 1, dtype=torch.float64), "0.bias": bias}
    return Planted({**below, **origin}, tuple(directions))


def _moved(planted: Planted, units: Tensor, places: Tensor) -> Planted:
    """Return the point with first-layer units in other places; units that do not carry must be 0 or stay where they are."""
    order = torch.full((len(planted.origin["0.bias"]),), -1)
    order[places] = units
    free = torch.ones(len(order), dtype=torch.bool)
    free[units] = False
    order[order < 0] = free.nonzero()[:, 0]
    origin = dict(planted.origin)
    for name in ("0.weight", "0.bias"):
        origin[name] = origin[name][order]
    origin["2.weight"] = origin["2.weight"][:, order]
    return Planted(origin, tuple({"0.bias": direction["0.bias"][order]} for direction in planted.directions))


def _shifted(name: str, layers: int) -> str:
    layer, rest = name.split(".")
    return f"{int(layer) + 2 * layers}.{rest}"


def _all_shifted(params: Params, layers: int) -> Params:
    return {_shifted(name, layers): value for name, value in params.items()}
