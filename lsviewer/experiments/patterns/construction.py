"""Theorem 1 (Czarnecki et al. 2019) in closed form: a relu network whose loss on a section is the pattern.

First-layer weights are 0 and alpha moves first-layer biases only, by G - 1 over [0, 1], so that s = (G - 1) alpha is
an integer at the G grid points. With knots ``r_j = relu(s - j)``, j = -1..G-2, the hat function of grid point i is
the second difference ``hat_i = r_{i-1} - 2 r_i + r_{i+1}``, and a piecewise linear function of s is a sum over hats.

- z = 1: value = sum_i H_i hat_i for heights H.
- z = 2: with ``t_i = sum_j H_ij hat_j(s_2)``, two gates for each row i: ``L_i = relu(hat_i(s_1) + t_i - 1)``, ``M_i =
  relu(hat_i(s_1) - t_i)``, and ``value = 1/2 sum_i L_i + 1/2 (1 - sum_i M_i)``. At a grid point one row is open: L =
  H, M = 1 - H, the others are 0. The second half is sum_i min(hat_i, t_i), because the hats sum to 1; together they
  are bilinear on grid rows and half-way between two, and bent by 1/8 of a step at most elsewhere. L alone leaves dark
  lines between the rows.
- z = 3: every slice as in z = 2, and the slices joined by two more gates each: `slices`.

Variants: *accurate* has a layer of hats, so weights are the heights themselves and all that enters at a grid point is
exactly 0, 1 or H. *folded* puts the second differences of H into the gates and saves the layer; its sums of large
terms of both signs would cancel digits, so each row of heights is rounded to multiples of 2^-b with b so small that
every partial sum is an exact floating-point number, in whatever order it is taken: at the grid points only the
rounding of H is left.

A network that is deeper carries s before and the value after the construction through relu, which passes what is not
negative; units that are not needed stay 0.
"""

import math
from bisect import bisect_left
from dataclasses import dataclass
from itertools import product
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from lsviewer.core.spec import SpecError
from lsviewer.engine.activations import Relu
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import Params
from lsviewer.experiments.patterns.goal import Goal
from lsviewer.experiments.patterns.slices import gate_units, joints, slice_gates

Variant = Literal["accurate", "folded"]
STAGES: dict[tuple[int, Variant], tuple[str, ...]] = {
    (1, "accurate"): ("knots", "hats"),
    (1, "folded"): ("knots",),
    (2, "accurate"): ("knots", "hats", "gates"),
    (2, "folded"): ("knots", "gates"),
    (3, "accurate"): ("knots", "hats", "gates", "joints"),
    (3, "folded"): ("knots", "gates", "joints"),
}
MIN_GRID = 2


@dataclass(frozen=True, slots=True)
class Plan:
    """Which hidden layer does what: ``first`` holds the knots; layers before carry s, layers after carry the value."""

    z: int
    grid: int
    variant: Variant
    first: int
    depth: int  # hidden layers of the network

    @property
    def stages(self) -> tuple[str, ...]:
        return STAGES[self.z, self.variant]

    def needs(self) -> tuple[int, ...]:
        """Units needed in every hidden layer."""
        after = self.depth - self.first - len(self.stages)
        return (self.z,) * self.first + tuple(units_of(s, self.z, self.grid) for s in self.stages) + (1,) * after


def units_of(stage: str, z: int, grid: int) -> int:
    """Return how many units a stage needs."""
    if z == 3 and stage in ("gates", "joints"):
        return gate_units(grid) if stage == "gates" else 2 * grid
    return z * grid


def make_plan(network: Mlp, z: int, grid: int, below: int = 0) -> Plan:
    """Return the most accurate plan that fits the network; raises `SpecError` naming the layer that is too narrow.

    ``below``: hidden layers the whole network has beneath these; messages count them.
    """
    if (z, "folded") not in STAGES:
        raise SpecError(f"field 'pattern' has {z} axes: the closed form is built for one, two and three axes")
    if not isinstance(network.activation, Relu):
        raise SpecError(
            f"field 'network.activation' is '{network.activation.kind}': the closed form is made of relu units; "
            "choose relu, or method 'train'"
        )
    depth = len(network.hidden)
    if depth < (least := len(STAGES[z, "folded"])):
        raise SpecError(
            f"field 'network.hidden' has {below + depth} hidden layer{'s' * (below + depth != 1)}, a pattern with {z} "
            f"{'axis' if z == 1 else 'axes'} {'and these directions ' * (below > 0)}needs at least {below + least}"
        )
    if found := _fitting(network, z, grid):
        return found
    raise SpecError(_too_narrow(network, z, grid, below))


def finest_grid(network: Mlp, z: int) -> int:
    """Return the largest number of grid points per axis that fits the widths, 0 where not even 2 do."""
    stages, hidden = STAGES[z, "folded"], network.hidden
    starts = [k for k in range(len(hidden) - len(stages) + 1) if all(units >= z for units in hidden[:k])]

    def fits(grid: int) -> bool:
        needed = [units_of(stage, z, grid) for stage in stages]
        return any(all(there >= need for there, need in zip(hidden[k:], needed)) for k in starts)

    grids = range(MIN_GRID, max(hidden, default=0) + 1)
    fitting = bisect_left(grids, True, key=lambda grid: not fits(grid))
    return grids[fitting - 1] if fitting else 0


def _fitting(network: Mlp, z: int, grid: int) -> Plan | None:
    depth = len(network.hidden)
    variants: tuple[Variant, ...] = ("accurate", "folded")
    for variant, first in product(variants, range(depth)):
        plan = Plan(z, grid, variant, first, depth)
        enough = first + len(plan.stages) <= depth
        if enough and all(units >= need for units, need in zip(network.hidden, plan.needs())):
            return plan
    return None


def _too_narrow(network: Mlp, z: int, grid: int, below: int) -> str:
    needs = Plan(z, grid, "folded", 0, len(network.hidden)).needs()
    layer = next(k for k, (units, need) in enumerate(zip(network.hidden, needs)) if units < need)
    finest = finest_grid(network, z)
    way_out = f"the finest grid that fits is {finest}" if finest else "no grid fits"
    return f"hidden {below + layer + 1} has {network.hidden[layer]} units, this grid needs {needs[layer]}; {way_out}"


# --- the parameters ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Planted:
    """Origin theta_0 and directions theta_1..theta_z (first-layer biases only), float64."""

    origin: Params
    directions: tuple[Params, ...]


def plant(
    plan: Plan, network: Mlp, inputs: int, outputs: int, goal: Goal, heights: Tensor, digits: int = 53
) -> Planted:
    """Return the network whose loss on the section is the goal at these heights.

    ``heights``: (G,) * z in [0, 1], float64; ``digits``: of the arithmetic that will run it, 24 for float32.
    """
    if heights.shape != (plan.grid,) * plan.z:
        raise ValueError(f"heights have shape {tuple(heights.shape)}, the plan has {plan.z} axes of {plan.grid}")
    origin = {name: torch.zeros(shape, dtype=torch.float64) for name, shape in network.shapes(inputs, outputs).items()}
    for layer, (weight, bias) in enumerate(_blocks(plan, heights, digits)):
        rows, columns = weight.shape
        origin[f"{2 * layer}.bias"][:rows] = bias
        if layer > 0:
            origin[f"{2 * layer}.weight"][:rows, :columns] = weight
    last = f"{2 * plan.depth}"
    span = goal.high - goal.low
    if plan.first + len(plan.stages) < plan.depth:
        read, constant = torch.full((1,), span, dtype=torch.float64), 0.0
    else:
        read, constant = reader(plan, heights, digits, span)
    origin[f"{last}.weight"][:, : len(read)] = goal.implicit.ray[:, None] * read
    origin[f"{last}.bias"].copy_(goal.base + goal.implicit.ray * constant)
    return Planted(origin, _directions(plan, network))


def _directions(plan: Plan, network: Mlp) -> tuple[Params, ...]:
    each = plan.grid if plan.first == 0 else 1  # units of layer 1 an axis moves
    directions = []
    for axis in range(plan.z):
        step = torch.zeros(network.hidden[0], dtype=torch.float64)
        step[axis * each : (axis + 1) * each] = plan.grid - 1
        directions.append({"0.bias": step})
    return tuple(directions)


def _blocks(plan: Plan, heights: Tensor, digits: int) -> list[tuple[Tensor, Tensor]]:
    """Return weight and bias of the units in use, layer by layer; the weight of the first layer is a placeholder of
    width 0.
    """
    G, z = plan.grid, plan.z
    eye = torch.eye
    blocks: list[tuple[Tensor, Tensor]] = []
    for layer in range(plan.first):
        blocks.append((eye(z, dtype=torch.float64)[:, : z * (layer > 0)], torch.zeros(z, dtype=torch.float64)))
    thresholds = -torch.arange(-1, G - 1, dtype=torch.float64).repeat(z)
    spread = eye(z, dtype=torch.float64).repeat_interleave(G, dim=0)  # every knot sees its own axis
    blocks.append((spread[:, : z * (plan.first > 0)], thresholds))
    if "hats" in plan.stages:
        blocks.append((torch.block_diag(*[second_differences(G)] * z), torch.zeros(z * G, dtype=torch.float64)))
    if "gates" in plan.stages:
        blocks.append(gates(plan, heights, digits))
    if "joints" in plan.stages:
        blocks.append(joints(G))
    if len(blocks) < plan.depth:
        read, constant = reader(plan, heights, digits)
        blocks.append((read[None, :], torch.tensor([constant], dtype=torch.float64)))
    one = torch.ones(1, 1, dtype=torch.float64)
    return blocks + [(one, torch.zeros(1, dtype=torch.float64))] * (plan.depth - len(blocks))


def second_differences(grid: int) -> Float[Tensor, "grid grid"]:
    """Return D with ``hat_i = sum_j D_ij relu(s - j + 1)`` for s in [0, grid - 1]."""
    first = torch.eye(grid, dtype=torch.float64)
    return first - 2.0 * first.roll(1, 1).triu(1) + first.roll(2, 1).triu(1)


def gates(plan: Plan, heights: Tensor, digits: int) -> tuple[Tensor, Tensor]:
    """Return weight and bias of the gates, on hats or folded onto knots.

    Two axes: (2G, 2G) and (2G,), the units L_0..L_{G-1}, M_0..M_{G-1}; three: see `slices.slice_gates`.
    """
    G = plan.grid
    rows, columns = torch.eye(G, dtype=torch.float64), heights
    if plan.variant == "folded":
        rows = second_differences(G)
        columns = rounded(heights.reshape(-1, G), digits).reshape(heights.shape) @ rows
    if plan.z == 3:
        return slice_gates(rows, columns)
    weight = torch.cat([torch.cat([rows, columns], 1), torch.cat([rows, -columns], 1)], 0)
    bias = torch.zeros(2 * G, dtype=torch.float64)
    bias[:G] = -1.0
    return weight, bias


def reader(plan: Plan, heights: Tensor, digits: int, span: float = 1.0) -> tuple[Float[Tensor, "units"], float]:
    """Return the weights and the constant that read ``span`` times the value from the last stage."""
    if plan.z == 1 and plan.variant == "folded":
        return rounded(span * heights[None], digits)[0] @ second_differences(plan.grid), 0.0
    if plan.z == 1:
        return span * heights, 0.0
    half = torch.full((plan.grid,), 0.5 * span, dtype=torch.float64)
    return torch.cat([half, -half]), 0.5 * span


def rounded(heights: Float[Tensor, "rows grid"], digits: int) -> Float[Tensor, "rows grid"]:
    """Return the heights, each row rounded to the finest multiples of 2^-b with which all sums over folded knots are exact.

    Every term is a multiple of 2^-b, and no partial sum exceeds sum_j |D² H_j| r_j + 4 G + 1 (the hat of the other
    axis and the bias); b digits behind the point are exact while that fits the ``digits`` of the arithmetic.
    """
    G = heights.shape[-1]
    knots = torch.arange(G, 0, -1, dtype=torch.float64)
    largest = (heights @ second_differences(G)).abs() @ knots + 4 * G + 1
    unit = 2.0 ** (digits - largest.log2().ceil())
    return (heights * unit[:, None]).round() / unit[:, None]


def digits_of(dtype: torch.dtype) -> int:
    """Return the binary digits of a floating-point type: 24, 53."""
    return 1 - int(math.log2(torch.finfo(dtype).eps))
