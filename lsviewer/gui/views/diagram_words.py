"""A block of a diagram in words: for the line under the diagram, the tool tip, the status bar, a screen reader. Pure."""

import numpy as np

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Block, Diagram
from lsviewer.core.roles import words_of
from lsviewer.gui.numbers import format_count, format_number

AXES = ("α₁", "α₂", "α₃")


def heading(diagram: Diagram, block: Block) -> str:
    """Return ``knots α₁, hidden 1: pattern, 128 units``."""
    if block.roles == ("global minimum",):
        return f"{block.name}: global minimum of the task"
    word = "channel" if diagram.layers[block.layer].startswith("convolution") else "unit" if block.layer else "number"
    units = "" if block.roles == ("loss",) else f", {format_count(block.units)} {word}{'s' * (block.units != 1)}"
    idle = f" ({format_count(block.idle)} without a way to the outputs)" if 0 < block.idle < block.units else ""
    where = "" if block.name == diagram.layers[block.layer] else f", {diagram.layers[block.layer]}"
    role = words_of(block.roles)
    return f"{block.name}{where}" + (f": {role}" if role != block.name else "") + units + idle


def parameters(block: Block) -> str:
    """Return where the parameters of a block come from: ``Weights 0, fixed; α₁ moves the biases``."""
    words = []
    if block.weights == "trained" or block.trained:
        words.append(f"Weights and biases trained for the {' and the '.join(block.parameters)}")
    elif block.parameters:
        held = "fixed" if block.parameters == ("fixed",) else f"made from the {' and the '.join(block.parameters)}"
        words.append(f"Weights {block.weights}, {held}")
    if block.moved:
        words.append(f"{', '.join(AXES[axis] for axis in block.moved)} move{'s' * (len(block.moved) == 1)} the biases")
    return "; ".join(words)


def sources(diagram: Diagram, k: int) -> str:
    """Return what a block reads: ``Reads hats α₁ (identity), hats α₂ (dense, 16 368 of 16 384 weights)``."""
    words = []
    for link in diagram.links:
        if link.target == k and link.nonzero:
            counted = f"{format_count(link.nonzero)} of {format_count(link.total)} weights"
            exact = link.kind if link.kind == "identity" else f"{link.kind}, {counted}"
            words.append(f"{diagram.blocks[link.source].name} ({exact})")
    return f"Reads {', '.join(words)}" if words else ""


def values(found: Array | None) -> str:
    """Return ``Values 0 to 79.4, 80 active``."""
    if found is None or not len(found):
        return ""
    low, high = float(np.min(found)), float(np.max(found))
    if len(found) == 1:
        return f"Value {format_number(low)}"
    active = int(np.count_nonzero(found))
    return f"Values {format_number(low)} to {format_number(high)}, {format_count(active)} active"


def described(diagram: Diagram, k: int, found: Array | None) -> tuple[str, str]:
    """Return all there is to say about a block: what it is, then formula, values, parameters and what it reads."""
    block = diagram.blocks[k]
    more = [block.formula, block.note.rstrip("."), values(found), parameters(block), sources(diagram, k)]
    return heading(diagram, block), ". ".join(part for part in more if part)


def summary(diagram: Diagram) -> str:
    """Return the whole diagram in words, layer by layer, for a screen reader."""
    lines = []
    for layer, name in enumerate(diagram.layers):
        parts = [
            f"{diagram.blocks[k].name} ({words_of(diagram.blocks[k].roles)}, {diagram.blocks[k].units})"
            for k in diagram.of_layer(layer)
        ]
        lines.append(f"{name}: {', '.join(parts)}")
    return ". ".join(lines)
