"""The diagram of a network on paper (figure 2 of Czarnecki et al. 2019): as in the window, lit by the values at one place.

Drawn in points on one pair of axes over the whole sheet, y running down. Every block is a group with its role in its id, and
`description` is the text that goes into the file, so that an SVG says in words what it shows in colours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch, PathPatch, Polygon, Rectangle
from matplotlib.path import Path

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Artifact, Block, Checkpoint, Diagram, Role, Section
from lsviewer.core.diagram_layout import Arrangement, Box, arrange, as_picture, brightness, cells, laid_out
from lsviewer.core.forward import Forward
from lsviewer.core.roles import colour_of, words_of
from lsviewer.figures import paper
from lsviewer.figures.paper import THEMES, Theme

POINTS = 72.0
MARGIN, HEAD, NAME, FOOT, ARROW, PLATE = 14.0, 44.0, 11.0, 22.0, 7.0, 10.0
AXES = ("α₁", "α₂", "α₃")
LETTER = 0.56  # of its size is about how wide a letter is


@dataclass(frozen=True, slots=True)
class Look:
    """The theme of the sheet and the colours of the roles on it."""

    theme: Theme

    def role(self, role: Role) -> str:
        """Return the colour of a role."""
        return colour_of(role, dark=self.theme == THEMES["dark"])


def network(
    artifact: Diagram, size: tuple[float, float] | None, dpi: int, theme: Theme, among: Mapping[str, Artifact],
    at: tuple[float, ...] | None,
) -> Figure:  # fmt: skip
    """Return the figure. ``among`` are the artifacts of the run, whose checkpoint and section give the values at ``at``.

    Without ``at`` it is the minimum of the task, or the lowest point of the section. Raises ValueError where it does not fit.
    """
    size = size or (9.0, 4.2)
    look = Look(theme)
    figure = paper.sheet(size, dpi, theme)
    width, height = size[0] * POINTS, size[1] * POINTS
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_axis_off()
    section = among.get(artifact.section)
    place = at or artifact.minimum or _lowest(section)
    values = _values(artifact, among.get(artifact.checkpoint), place)
    places = arrange(artifact, Box(MARGIN, HEAD, width - 2 * MARGIN, height - HEAD - FOOT), NAME)
    where = "" if place is None or values is None else f"values at α = ({', '.join(f'{a:.2f}' for a in place)})"
    words = ", ".join(part for part in (where, artifact.sample_words[0] if values is not None else "") if part)
    paper.title(figure, artifact.title or artifact.name, theme, words)
    _headers(axes, artifact, places, look)
    _links(axes, artifact, places, look)
    for block, box in zip(artifact.blocks, places.blocks, strict=True):
        found = None
        if values is not None and block.layer < len(values):
            found = block.of(values[block.layer])
        shape = (artifact.sample_shape or (block.units,)) if block.layer == 0 else ()
        _block(axes, block, box, found, shape, look)
        _plates(axes, block, box, look)
        _name(axes, block, box, look)
    _loss(axes, artifact, places, _loss_at(section, place), look)
    _legend(axes, artifact, height, look)
    return figure


def description(artifact: Diagram) -> str:
    """Return the diagram in words, layer by layer, with the role of every block."""
    lines = []
    for layer, name in enumerate(artifact.layers):
        parts = []
        for k in artifact.of_layer(layer):
            block = artifact.blocks[k]
            held = f", parameters {words_of(block.parameters)}" if block.parameters else ""
            parts.append(f"{block.name} ({block.units} units, role {words_of(block.roles)}{held})")
        lines.append(f"{name}: {'; '.join(parts)}")
    return ". ".join(lines) + "."


# --- values ------------------------------------------------------------------------------------------------------------------


def _values(
    artifact: Diagram, checkpoint: Artifact | None, place: tuple[float, ...] | None
) -> tuple[Array, ...] | None:
    """Return the values of every layer at a place for the first sample, None where the run does not hold what they need."""
    if not isinstance(checkpoint, Checkpoint) or place is None or not len(artifact.samples):
        return None
    return Forward(checkpoint)(place, artifact.samples[0])


def _lowest(section: Artifact | None) -> tuple[float, ...] | None:
    if not isinstance(section, Section) or not np.isfinite(section.values).any():
        return None
    index = np.unravel_index(int(np.nanargmin(section.values)), section.values.shape)
    return tuple(float(axis.values[k]) for axis, k in zip(section.axes, index, strict=True))


def _loss_at(section: Artifact | None, place: tuple[float, ...] | None) -> float | None:
    if not isinstance(section, Section) or place is None or len(place) != len(section.axes):
        return None
    index = tuple(int(np.abs(axis.values - a).argmin()) for axis, a in zip(section.axes, place, strict=True))
    return float(section.values[index])


# --- drawing -----------------------------------------------------------------------------------------------------------------


def _text(
    axes: Axes, x: float, y: float, words: str, size: float, colour: str, *, bold: bool = False, centred: bool = False
) -> float:
    """Write words and return where they end."""
    shown = axes.text(
        x, y, words, fontproperties=paper.font(size, "SemiBold" if bold else "Regular"), color=colour, va="center",
        ha="center" if centred else "left", zorder=4,
    )  # fmt: skip
    figure = axes.get_figure(root=True)
    assert figure is not None
    return float(shown.get_window_extent().x1) / figure.dpi * POINTS if words else x


def _headers(axes: Axes, artifact: Diagram, places: Arrangement, look: Look) -> None:
    top = max(HEAD - 8, min(box.y for box in places.blocks) - NAME - 10)
    for layer, (name, column) in enumerate(zip(artifact.layers, places.columns, strict=True)):
        units = sum(artifact.blocks[k].units for k in artifact.of_layer(layer))
        words = name if layer == len(artifact.layers) - 1 else f"{name}, {units}"
        _text(axes, column.x, top, words, 7.5, look.theme.ink3)


def _links(axes: Axes, artifact: Diagram, places: Arrangement, look: Look) -> None:
    ends = [(link.source, link.target, link.kind) for link in artifact.links]
    loss = [k for k, block in enumerate(artifact.blocks) if block.roles == ("loss",)]
    ends += [(k, target, "identity") for target in loss for k in artifact.of_layer(len(artifact.layers) - 2)]
    for source, target, kind in ends:
        start, end = places.blocks[source], places.blocks[target]
        x0, x1 = start.right + 2, end.x - ARROW - _plates_width(artifact.blocks[target])
        bend = 0.45 * (x1 - x0)
        points = [(x0, start.middle), (x0 + bend, start.middle), (x1 - bend, end.middle), (x1, end.middle)]
        path = Path(points, [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4])
        width, style = (1.5 if kind == "dense" else 0.8), ("--" if kind == "zero" else "-")
        axes.add_patch(PathPatch(path, fill=False, edgecolor=look.theme.border, linewidth=width, linestyle=style))
    for target in {target for _, target, _ in ends}:
        box = places.blocks[target]
        corners = [(box.x - 1, box.middle), (box.x - 6, box.middle - 3), (box.x - 6, box.middle + 3)]
        axes.add_patch(Polygon(corners, closed=True, facecolor=look.theme.ink3, edgecolor="none"))


def _block(axes: Axes, block: Block, box: Box, values: Array | None, shape: tuple[int, ...], look: Look) -> None:
    if block.roles in (("loss",), ("global minimum",)):
        return
    theme = look.theme
    group = f"layer-{block.layer}-unit-{block.first}-role-{'-and-'.join(block.roles)}"
    axes.add_patch(
        Rectangle((box.x, box.y), box.width, box.height, facecolor=theme.sunken, edgecolor="none", gid=group)
    )
    dead = block.roles == ("unaffected",)
    upper, lower = look.role(block.roles[0]), look.role(block.roles[-1])
    if values is not None and len(values):
        values = as_picture(values, shape)
        rows, columns = cells(len(values), box.width, box.height, shape)
        lit = np.nan_to_num(laid_out(brightness(values), rows, columns))
        field = np.zeros((rows, columns, 4))
        field[: (rows + 1) // 2, :, :3] = to_rgb(theme.ink3 if dead else upper)
        field[(rows + 1) // 2 :, :, :3] = to_rgb(theme.ink3 if dead else lower)
        field[..., 3] = lit
        x0, y0, width, height = box.x, box.y, box.width, box.height
        if shape:
            side = min(box.width / columns, box.height / rows)
            width, height = side * columns, side * rows
            x0, y0 = box.x + (box.width - width) / 2, box.middle - height / 2
        limits = axes.get_xlim(), axes.get_ylim()
        axes.imshow(field, extent=(x0, x0 + width, y0 + height, y0), interpolation="nearest", aspect="auto", zorder=1.5)
        axes.set_xlim(*limits[0])
        axes.set_ylim(*limits[1])
    if dead:
        axes.add_patch(
            Rectangle((box.x, box.y), box.width, box.height, facecolor="none", edgecolor=theme.border, hatch="////", linewidth=0,
                      zorder=1.6)
        )  # fmt: skip
    halves = ((box.y, upper), (box.middle, lower)) if upper != lower else ((box.y, upper),)
    for k, (top, colour) in enumerate(halves):
        height = box.height / len(halves)
        ends = [(box.x, top), (box.x, top + height), (box.right, top + height), (box.right, top)]
        closed = len(halves) == 1
        if not closed:  # open where the halves meet
            ends = [(box.x, box.middle), (box.x, box.y), (box.right, box.y), (box.right, box.middle)]
            if k == 1:
                ends = [(x, box.bottom if y == box.y else y) for x, y in ends]
        axes.add_patch(
            Polygon(ends, closed=closed, fill=False, edgecolor=theme.ink3 if dead else colour, linewidth=0.8 if dead else 1.4,
                    linestyle="--" if dead else "-", zorder=2)
        )  # fmt: skip


def _entering(block: Block) -> list[tuple[str, Role | None]]:
    """Return what enters a block: its weights with what they hold, and the coordinates that move its biases (None)."""
    found: list[tuple[str, Role | None]] = []
    if block.moved:
        found.append((f"+ {', '.join(AXES[axis] for axis in block.moved)}", None))
    if block.weights and block.parameters and block.roles != ("unaffected",):
        found.append((block.weights, block.parameters[0]))
    return found


def _plates_width(block: Block) -> float:
    return max((LETTER * 6.5 * len(words) + 7.0 for words, _ in _entering(block)), default=0.0)


def _plates(axes: Axes, block: Block, box: Box, look: Look) -> None:
    plates, width = _entering(block), _plates_width(block)
    top = box.middle - len(plates) * (PLATE + 1) / 2
    for k, (words, role) in enumerate(plates):
        x, y = box.x - ARROW - width, top + k * (PLATE + 1)
        colour = look.theme.accent if role is None else look.role(role)
        corner = FancyBboxPatch(
            (x + 1, y + 1), width - 2, PLATE - 2, boxstyle="round,pad=1", facecolor=colour, edgecolor="none", zorder=3
        )
        axes.add_patch(corner)
        axes.text(
            x + width / 2, y + PLATE / 2, words, fontproperties=paper.font(6.5, "SemiBold"), color=look.theme.panel,
            va="center", ha="center", zorder=4,
        )  # fmt: skip


def _name(axes: Axes, block: Block, box: Box, look: Look) -> None:
    y = box.y - NAME / 2
    end = _text(axes, box.x, y, block.name, 7.5, look.theme.ink, bold=True)
    if words_of(block.roles) != block.name:
        _text(axes, end + 3, y, words_of(block.roles), 7.0, look.role(block.roles[0]))


def _loss(axes: Axes, artifact: Diagram, places: Arrangement, loss: float | None, look: Look) -> None:
    for block, box in zip(artifact.blocks, places.blocks, strict=True):
        if block.roles == ("loss",):
            axes.add_patch(
                Rectangle((box.x, box.y), box.width, box.height, facecolor=look.theme.sunken, edgecolor=look.role("loss"),
                          linewidth=1.4, gid="role-loss")
            )  # fmt: skip
            words = "L" if loss is None else paper.number(loss, 4)
            _text(axes, box.x + box.width / 2, box.middle, words, 8, look.theme.ink, bold=True, centred=True)
        elif block.roles == ("global minimum",):
            dot = Circle((box.x + 4, box.middle), 4, facecolor=look.role("global minimum"), gid="role-global-minimum")
            axes.add_patch(dot)
            where = "" if artifact.minimum is None else f"({', '.join(f'{a:.2f}' for a in artifact.minimum)})"
            _text(axes, box.x + 12, box.middle, where, 7.5, look.theme.ink2)


def _legend(axes: Axes, artifact: Diagram, height: float, look: Look) -> None:
    entries: list[tuple[str, str, bool]] = [(role, look.role(role), role == "unaffected") for role in artifact.roles]
    if any(block.moved for block in artifact.blocks):
        entries.append(("moved by α", look.theme.accent, False))
    x, y = MARGIN, height - FOOT / 2
    for words, colour, hollow in entries:
        line: dict[str, Any] = {"facecolor": "none" if hollow else colour, "edgecolor": colour, "linewidth": 0.7}
        if words == "global minimum":
            axes.add_patch(Circle((x + 3.5, y), 3.5, **line))
        else:
            style, hatch = ("--", "////") if hollow else ("-", None)
            axes.add_patch(Rectangle((x, y - 3.5), 7, 7, linestyle=style, hatch=hatch, **line))
        x = _text(axes, x + 11, y, words, 7.5, look.theme.ink2) + 14
