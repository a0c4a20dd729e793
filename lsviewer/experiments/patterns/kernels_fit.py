"""Theorem 1 by training in a convolutional network: every kernel, bias and weight above the first convolution is trained.

The recipe is that of `fitting`, with tables for the taps of layer 2 (`map_tables`). A class of positions reads the sum of up
to k² tables, so their rate is divided by k². Measured at 64 x 64 on 28 x 28 images, channels 128-128-64, kernels of 3,
stride 2, cross-entropy, 300 steps: see `FIGURE`, `scripts/bench/cnn.py`.
"""

from lsviewer.core.arrays import Array
from lsviewer.core.jobs import Step
from lsviewer.core.spec import SpecError
from lsviewer.engine.cnn import Cnn
from lsviewer.engine.context import Context
from lsviewer.engine.data import Data
from lsviewer.experiments.patterns.carrier import Aligned, Carrier
from lsviewer.experiments.patterns.construction import Planted
from lsviewer.experiments.patterns.fitting import Objective, train
from lsviewer.experiments.patterns.found import Expected
from lsviewer.experiments.patterns.goal import Goal
from lsviewer.experiments.patterns.map_tables import fold_maps, make_map_layout, start_maps
from lsviewer.experiments.patterns.tables import Layout

VARIANT = "trained, all kernels"
FIGURE = 30.0  # dB promised from STEPS steps on
STEPS, GRID = 300, 64


def expected_of_maps(layout: Layout, grid: int, steps: int) -> Expected:
    """Return what training promises; what no figure is known for is not judged when it misses."""
    reason = ""
    widths = (layout.tables, *layout.dense)
    if steps < STEPS:
        reason = f"{steps} steps are few: the figure is known from {STEPS} steps on."
    elif layout.z > 2:
        reason = "Figures of convolutional networks are known for one and two axes."
    elif layout.knots < grid:
        reason = f"Convolution 1 holds {layout.knots} knots on an axis, the pattern has {grid} points."
    elif len(widths) < 2 or any(width < least for width, least in zip(widths, (128, 64))):
        reason = "The figure is known for at least 128 channels that read the knots and 64 after them."
    elif grid > GRID:
        reason = f"The figure is known for grids up to {GRID} points on an axis."
    return Expected(FIGURE, 15.0, 5e-2, reason)


def refuse_untrainable(carrier: Carrier) -> None:
    """Raise `SpecError` where directions are chosen that training has no kernels for."""
    if not isinstance(carrier, Aligned) or carrier.each is not None or carrier.layer > 1 or carrier.units != "first":
        raise SpecError(
            f"field 'directions' is {carrier.label!r}: a cnn is trained with directions 'aligned', in layer 1, on the first "
            "channels, without units per axis; construct takes the others"
        )


def training_notes(network: Cnn, carrier: Carrier, z: int, grid: int) -> tuple[str, ...]:
    """Return what the widths lead to, in a sentence; raises `SpecError` where they do not do."""
    refuse_untrainable(carrier)
    layout = make_map_layout(network, z, grid)
    axes = ("its one axis", "each of two axes", "each of three axes")[z - 1]
    return (
        f"Convolution 1 holds {layout.knots} knots on {axes}, {layout.tables} channels read them with all "
        f"{network.kernel**2} taps.",
    )


def train_kernels(
    network: Cnn, data: Data, goal: Goal, pattern: Array, steps: int, objective: Objective, context: Context
) -> Step[tuple[Planted, Expected]]:
    """Return the trained network on its section, float64, and what was promised."""
    layout = make_map_layout(network, pattern.ndim, pattern.shape[0])
    expected = expected_of_maps(layout, pattern.shape[0], steps)
    start = context.generator("init")
    like = goal.base.new_zeros(0, dtype=context.dtype, device=context.device)
    level = None if expected.undecided else expected.grid_db
    tables = yield from train(start_maps(network, layout, start, like), goal, pattern, steps, objective, context, level)
    return fold_maps(tables, data.inputs, data.outputs, goal), expected
