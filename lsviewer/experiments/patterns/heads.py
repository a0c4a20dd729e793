"""Several patterns on one trunk: networks that share their first layers, merged into one with a head for each.

In the merged network the shared layers are there once; the layers above lie side by side, the first of them reading the last
shared one, and head c is the rows of the last layer that belong to part c. Planted parts share the layers of the coordinates,
trained ones all hidden layers. Units left over stay 0.
"""

import torch
from torch import Tensor

from lsviewer.core.spec import SpecError
from lsviewer.engine.activations import Relu
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import Params
from lsviewer.experiments.patterns.construction import STAGES, Plan, Planted, Variant


def plan_heads(network: Mlp, z: int, grid: int, heads: int) -> tuple[Plan, int]:
    """Return the most accurate plan of a single head with which all fit, and how many layers are shared.

    Raises `SpecError` naming the layer that is too narrow.
    """
    if not isinstance(network.activation, Relu):
        raise SpecError(
            f"field 'network.activation' is '{network.activation.kind}': the closed form is made of relu units; "
            "choose relu, or method 'train'"
        )
    depth = len(network.hidden)
    variants: tuple[Variant, ...] = ("accurate", "folded")
    if depth < (least := len(STAGES[z, "folded"])):
        raise SpecError(f"field 'network.hidden' has {depth} hidden layers, this needs at least {least}")
    plans: list[tuple[Plan, int]] = []
    for variant in variants:
        stages = STAGES[z, variant]
        for first in range(depth - len(stages) + 1):
            plans.append((Plan(z, grid, variant, first, depth), first + stages.index("gates")))
    for plan, shared in plans:
        if all(units >= need for units, need in zip(network.hidden, widths_needed(plan, shared, heads))):
            return plan, shared
    plan, shared = next(each for each in plans if each[0].variant == "folded")
    needs = widths_needed(plan, shared, heads)
    layer = next(k for k, (units, need) in enumerate(zip(network.hidden, needs)) if units < need)
    raise SpecError(
        f"hidden {layer + 1} has {network.hidden[layer]} units, {heads} heads on this grid need {needs[layer]}; "
        f"layers of {' - '.join(map(str, needs))} units are enough"
    )


def widths_needed(plan: Plan, shared: int, heads: int) -> tuple[int, ...]:
    """Return the units needed in every hidden layer by all heads together."""
    return tuple(need if layer < shared else heads * need for layer, need in enumerate(plan.needs()))


def part_of(network: Mlp, shared: int, heads: int, needs: tuple[int, ...] | None = None) -> Mlp:
    """Return the network of one head: the shared layers as they are, of the others its share (or what it needs)."""
    hidden = needs or tuple(units if k < shared else units // heads for k, units in enumerate(network.hidden))
    return network.replace(hidden=hidden)


def merge(network: Mlp, inputs: int, outputs: int, parts: tuple[Planted, ...], shared: int) -> Planted:
    """Return one network with ``len(parts) * outputs`` outputs; ``shared`` hidden layers are the same in all parts, float64."""
    shapes = network.shapes(inputs, len(parts) * outputs)
    origin = {name: torch.zeros(shape, dtype=torch.float64) for name, shape in shapes.items()}
    for layer in range(len(network.hidden) + 1):
        weight, bias = f"{2 * layer}.weight", f"{2 * layer}.bias"
        if layer < shared:
            _put(origin, weight, parts[0].origin[weight], 0, 0)
            _put(origin, bias, parts[0].origin[bias], 0, None)
            continue
        row = column = 0
        for part in parts:
            block = part.origin[weight]
            _put(origin, weight, block, row, 0 if layer == shared else column)
            _put(origin, bias, part.origin[bias], row, None)
            row, column = row + block.shape[0], column + block.shape[1]
    directions: list[Params] = []
    for direction in parts[0].directions:
        step = torch.zeros(network.hidden[0], dtype=torch.float64)
        step[: len(direction["0.bias"])] = direction["0.bias"]
        directions.append({"0.bias": step})
    return Planted(origin, tuple(directions))


def _put(origin: Params, name: str, block: Tensor, row: int, column: int | None) -> None:
    rows = slice(row, row + block.shape[0])
    if column is None:
        origin[name][rows] = block
    else:
        origin[name][rows, column : column + block.shape[1]] = block
