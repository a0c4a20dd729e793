"""Where the blocks of a diagram stand: a column a layer, blocks as high as the logarithm of their units, units as cells.

Pure geometry in any unit of length, for the screen and for paper; y runs down.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Block, Diagram

WIDEST = 150.0
GAP = 4.0


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right side."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower side."""
        return self.y + self.height

    @property
    def middle(self) -> float:
        """Half-way between top and bottom."""
        return self.y + self.height / 2

    def contains(self, x: float, y: float) -> bool:
        """Return whether a point lies inside."""
        return self.x <= x < self.right and self.y <= y < self.bottom


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The place of every block, without the line of its name above it, and of every column."""

    blocks: tuple[Box, ...]
    columns: tuple[Box, ...]
    pitch: float  # from column to column


def arrange(diagram: Diagram, area: Box, name: float) -> Arrangement:
    """Return the arrangement in ``area``, with a line ``name`` high above every block."""
    layers = len(diagram.layers)
    width = min(0.5 * area.width / layers, WIDEST)
    tail = 1.75 * width  # the last column has nothing at its right, and the words of the minimum over it
    pitch = (area.width - tail) / max(1, layers - 1)
    stacks = [diagram.of_layer(layer) for layer in range(layers)]
    step = min(_step(diagram, stack, area.height, name) for stack in stacks if stack)
    boxes: dict[int, Box] = {}
    columns = []
    for layer, stack in enumerate(stacks):
        x, wide = area.x + layer * pitch, 1.3 * width if layer == layers - 1 else width
        columns.append(Box(x, area.y, wide, area.height))
        heights = [min(step * _weight(diagram.blocks[k]), _tallest(diagram.blocks[k], width)) for k in stack]
        y = area.y + max(0.0, (area.height - sum(heights) - len(stack) * name - (len(stack) - 1) * GAP) / 2)
        for k, height in zip(stack, heights, strict=True):
            boxes[k] = Box(x, y + name, wide, height)
            y += name + height + GAP
    return Arrangement(tuple(boxes[k] for k in range(len(diagram.blocks))), tuple(columns), pitch)


def _step(diagram: Diagram, stack: Sequence[int], height: float, name: float) -> float:
    room = height - len(stack) * name - (len(stack) - 1) * GAP
    return max(room, 2.0 * len(stack)) / sum(_weight(diagram.blocks[k]) for k in stack)


def _tallest(block: Block, width: float) -> float:
    if block.roles in (("loss",), ("global minimum",)) or (block.layer > 0 and block.roles == ("unaffected",)):
        return 0.5 * width
    return (1.0 if block.layer == 0 else 1.5) * width


def _weight(block: Block) -> float:
    if block.roles == ("loss",):
        return 8.0  # its value is written inside
    if block.layer > 0 and block.roles == ("unaffected",):
        return 2.0  # what does nothing takes little room
    return 2.0 + math.log2(block.units)


def cells(units: int, width: float, height: float, shape: Sequence[int] = ()) -> tuple[int, int]:
    """Return rows and columns of a field of ``units`` cells, as square as ``width`` by ``height`` allows.

    ``shape`` is that of a picture, which keeps its rows and columns; a square number of inputs is taken for one.
    """
    if len(shape) >= 2 and math.prod(shape[-2:]) == units:
        return int(shape[-2]), int(shape[-1])
    side = math.isqrt(units)
    if shape and side * side == units:
        return side, side
    columns = min(units, max(1, round(math.sqrt(units * width / max(height, 1e-9)))))
    rows = math.ceil(units / columns)
    return rows, math.ceil(units / rows)


def as_picture(values: Array, shape: Sequence[int]) -> Array:
    """Return an input with the mean of its channels where it is a picture with several."""
    several = len(shape) == 3 and shape[0] > 1 and math.prod(shape) == len(values)
    return values.reshape(shape[0], -1).mean(0) if several else values


def laid_out(values: Array, rows: int, columns: int) -> Array:
    """Return values as a field (rows, columns), row by row; cells without a unit are NaN."""
    field = np.full(rows * columns, np.nan)
    field[: len(values)] = values
    return field.reshape(rows, columns)


def brightness(values: Array) -> Array:
    """Return how lit units are, from 0 at rest to 1 at the largest size in their block."""
    sizes = np.abs(np.where(np.isfinite(values), values, 0.0))
    top = float(sizes.max(initial=0.0))
    return sizes / top if top > 0 else sizes
