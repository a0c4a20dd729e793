"""A network as a diagram (figure 2 of Czarnecki et al. 2019): declared parts give names, the parameters themselves give roles.

What a unit is for is read off the weights, never off the plan: it belongs to the *pattern* where non-zero weights lead to it from
what the section moves, to the *task* where they lead from the input, to both where they meet; it is *unaffected* where none lead
from it to an output. Weights that a direction moves count as non-zero. A part says only what its units compute, and whether its
weights and biases are fixed, hold the pattern or hold the task.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Block, Checkpoint, Diagram, Link, Role
from lsviewer.engine.data import Data

SAMPLES = 12  # training inputs that travel with a diagram
SPARSE = 0.5  # share of non-zero weights below which a link is called sparse


@dataclass(frozen=True, slots=True)
class Part:
    """Units of one layer that do the same thing; the parts of a layer stand one after the other, from its first unit.

    ``members`` are their numbers where they are elsewhere.
    """

    layer: int  # 1 is the first hidden layer
    name: str
    units: int
    parameters: tuple[Role, ...]
    weights: str = ""
    formula: str = ""
    note: str = ""
    trained: bool = False
    members: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Reached:
    """A point of the section within ``epsilon`` of the global minimum 0 of the loss, as measured."""

    place: tuple[float, ...]
    loss: float
    epsilon: float


def diagram_of(
    checkpoint: Checkpoint, parts: Iterable[Part], data: Data, loss: str, reached: Reached | None = None
) -> Diagram:
    """Return the artifact ``network``: blocks with measured roles, the links between them, a few samples.

    ``reached`` marks the global minimum where the loss there is not above its ε, and nothing where it is.
    """
    wires = Wires.of(checkpoint)
    depth = len(wires.layers)
    blocks = [_input(wires, data.inputs)]
    declared = list(parts)
    for layer in range(1, depth + 1):
        blocks += _of_layer(wires, layer, [part for part in declared if part.layer == layer])
    mean = f"L = mean of ℓ(p, yᵢ) over {len(data)} training samples"
    blocks.append(Block("loss", depth + 1, 0, 1, ("loss",), formula=mean, note=loss))
    minimum = reached.place if reached is not None and reached.loss <= reached.epsilon else None
    if reached is not None and minimum is not None:
        note = f"The blocks that know x solve the task here: {loss} is nowhere below 0."
        formula = f"L(h*) = {reached.loss:.3g}, within ε = {reached.epsilon:g} of 0"
        blocks.append(Block("h*", depth + 1, 1, 1, ("global minimum",), formula=formula, note=note))
    kinds = [
        "convolution" if checkpoint.params[f"{key}.weight"].ndim > 2 else "hidden" for key in layer_keys(checkpoint)
    ]
    names = ("input", *(f"{kinds[layer]} {layer + 1}" for layer in range(depth - 1)), "outputs", "loss")
    chosen, words = _samples(data)
    return Diagram(
        "network", "The network and what its units are for", names, tuple(blocks), tuple(_links(wires, blocks)),
        chosen, words, tuple(data.x.shape[1:]), minimum, checkpoint.name,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Wires:
    """Which weights are there, and what they lead from and to; units of a convolution are its channels."""

    weights: tuple[Array, ...]  # as they are, with the units of the layer below as columns
    layers: tuple[Array, ...]  # (units, units below) bool
    moved: tuple[Array, ...]  # (axes, units) bool, units whose own parameters a direction moves
    from_input: tuple[Array, ...]  # (units,) bool, of the input and of every layer
    from_section: tuple[Array, ...]
    to_output: tuple[Array, ...]

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> "Wires":
        """Return the wires of a checkpoint."""
        weights, layers, moved = [], [], []
        below = 0
        for key in layer_keys(checkpoint):
            weight = _by_unit(checkpoint.params[f"{key}.weight"], below)
            steps = [_by_unit(direction[f"{key}.weight"], below) for direction in checkpoint.directions]
            moving = [
                step.any(1) | (direction[f"{key}.bias"] != 0) for step, direction in zip(steps, checkpoint.directions)
            ]
            weights.append(weight)
            layers.append((weight != 0) | np.any([step != 0 for step in steps], 0))
            moved.append(np.array(moving).reshape(len(moving), len(weight)))
            below = len(weight)
        inputs = layers[0].shape[1]
        from_input, from_section = [np.ones(inputs, bool)], [np.zeros(inputs, bool)]
        for layer, own in zip(layers, moved):
            from_input.append((layer & from_input[-1]).any(1))
            from_section.append((layer & from_section[-1]).any(1) | own.any(0))
        to_output = [np.ones(len(layers[-1]), bool)]
        for layer in reversed(layers):
            to_output.insert(0, (layer & to_output[0][:, None]).any(0))
        return cls(*(tuple(each) for each in (weights, layers, moved, from_input, from_section, to_output)))

    def roles(self, layer: int, units: Array) -> tuple[Role, ...]:
        """Return what these units of a layer (0 is the input) are for."""
        used = self.to_output[layer][units]
        if not used.any():
            return ("unaffected",)
        roles: tuple[Role, ...] = ()
        if (self.from_input[layer][units] & used).any():
            roles = ("task",)
        if (self.from_section[layer][units] & used).any():
            roles = ("pattern", *roles)
        return roles or ("fixed",)


def layer_keys(checkpoint: Checkpoint) -> list[str]:
    """Return the keys of the layers that have weights, first to last: ``0``, ``2``, ..."""
    return [key.removesuffix(".weight") for key in checkpoint.params if key.endswith(".weight")]


def _by_unit(weight: Array, below: int) -> Array:
    """Return a weight as (units, units below): kernels and flattened pictures by the largest entry of each unit below."""
    if weight.ndim > 2:
        weight = weight.reshape(*weight.shape[:2], -1)
    elif below and weight.shape[1] != below and weight.shape[1] % below == 0:
        weight = weight.reshape(len(weight), below, -1)
    return weight if weight.ndim == 2 else np.abs(weight).max(2)


def _input(wires: Wires, inputs: int) -> Block:
    """Return the block of the input, which has ``inputs`` numbers: as many as its wires, or so many to each channel."""
    channels = len(wires.from_input[0])
    roles = wires.roles(0, np.arange(channels))
    note = "It does not reach the outputs: they are the same for every input." if roles == ("unaffected",) else ""
    idle = int((~wires.to_output[0]).sum()) * inputs // channels
    return Block("x", 0, 0, inputs, roles, idle=idle, formula="x, one input of the network", note=note)


def _of_layer(wires: Wires, layer: int, parts: Sequence[Part]) -> list[Block]:
    """Return the blocks of a layer: its parts, then the units no part lays claim to."""
    total, first, found = len(wires.layers[layer - 1]), 0, []
    free = np.ones(total, bool)
    for part in parts:
        units = np.array(part.members) if part.members else np.arange(first, first + part.units)
        if len(units) != part.units or units.max() >= total or not free[units].all():
            raise ValueError(f"layer {layer} has {total} units, no room there for {part.units} of {part.name!r}")
        free[units] = False
        first += 0 if part.members else part.units
        found.append(_block(wires, part, units))
    if free.any():
        units = np.flatnonzero(free)
        rest = Part(layer, "unused", len(units), ("fixed",), "0", "0", "All weights and biases are 0.")
        if wires.roles(layer, units) != ("unaffected",) or wires.weights[layer - 1][units].any():
            rest = Part(layer, "other units", len(units), ())
        found.append(_block(wires, rest, units))
    return found


def _block(wires: Wires, part: Part, units: Array) -> Block:
    moved = wires.moved[part.layer - 1][:, units].any(1)
    scattered = bool((np.diff(units) != 1).any())
    return Block(
        part.name, part.layer, int(units.min()), part.units, wires.roles(part.layer, units), part.parameters, part.weights,
        part.trained, tuple(int(axis) for axis in np.flatnonzero(moved)), int((~wires.to_output[part.layer][units]).sum()),
        part.formula, part.note, units if scattered else None,
    )  # fmt: skip


def _links(wires: Wires, blocks: Sequence[Block]) -> Iterable[Link]:
    """Return the links between blocks of neighbouring layers that have weights, and those into what the section moves."""
    for target, there in enumerate(blocks):
        if not 1 <= there.layer <= len(wires.layers):
            continue
        for source, here in enumerate(blocks):
            if here.layer != there.layer - 1:
                continue
            wired = _between(wires.layers[there.layer - 1], there, here)
            nonzero = int(wired.sum())
            if nonzero or there.moved:
                kind = _kind(_between(wires.weights[there.layer - 1], there, here), nonzero)
                yield Link(source, target, kind, nonzero, wired.size)


def _between(weight: Array, target: Block, source: Block) -> Array:
    """Return the weights (units of the target, units of the source) out of those of a whole layer."""
    rows = target.of(weight)
    assert rows is not None
    columns = rows.T if source.layer == 0 else source.of(rows.T)
    assert columns is not None
    return columns.T


def _kind(weight: Array, nonzero: int) -> Literal["zero", "identity", "sparse", "dense"]:
    if not nonzero:
        return "zero"
    rows, columns = weight.shape
    if rows == columns and nonzero == rows and bool((weight == np.eye(rows)).all()):
        return "identity"
    return "sparse" if nonzero < SPARSE * weight.size else "dense"


def _samples(data: Data) -> tuple[Array, tuple[str, ...]]:
    """Return the first training sample of every class (the first samples where there are no classes), and words for each."""
    if data.classes is None:
        chosen, what = list(range(min(SAMPLES, len(data)))), [""] * SAMPLES
    else:
        labels = data.y.numpy()
        chosen = [int(np.argmax(labels == label)) for label in np.unique(labels)[:SAMPLES]]
        names = data.class_names or tuple(str(label) for label in range(data.classes))
        what = [f", class {names[int(labels[k])]}" for k in chosen]
    words = tuple(f"training sample {k + 1}{each}" for k, each in zip(chosen, what))
    return data.x[chosen].flatten(1).numpy(), words
