"""What the 3D view draws: blocks, the floor under them, the lines of the box around them. No widget, no state.

A `Scene` is a value made from a section and a `Look`; the camera is another. Its parts go to the renderer, the labels over the
picture (`surface_labels`) to a QPainter with the same projection, on the screen and on paper alike.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from lsviewer.core.artifacts import Axis, Section
from lsviewer.gui import colormaps, theme
from lsviewer.gui.views.base import Cursor
from lsviewer.gui.views.camera import Camera, Floats
from lsviewer.gui.views.contours import contours
from lsviewer.gui.views.even import on_even_grid
from lsviewer.gui.views.gl_renderer import Part
from lsviewer.gui.views.relief import BASE, TALL, VERTEX, Relief, bilinear, heights, relief, thinned

PatternMode = Literal["off", "over", "beside"]
BESIDE = 1.12  # half the distance between the two blocks when they stand side by side
WIRES = 33  # lines of the wire pattern along each axis
LIFT = 0.62  # how far a sheet hovers over its floor
FLOOR_POINTS = 128  # points an axis of the map on the floor


@dataclass(frozen=True, slots=True)
class Look:
    """What was chosen: the values of the lowest and the highest colour, how tall, in which colours, with which company."""

    low: float
    high: float
    exaggeration: float
    colour_map: str
    pattern: PatternMode = "off"
    has_floor: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One section as a block, and perhaps its pattern as a wire over it or as a grey block on its left.

    With a floor it is a sheet instead of a block, lifted off a map with contours that lies under it.
    """

    section: Section
    look: Look
    block: Relief
    grey: Relief | None = None
    floor: tuple[Part, ...] = ()

    @property
    def shift(self) -> float:
        """World x of the middle of the section's block."""
        return BESIDE if self.grey is not None else 0.0

    @property
    def top(self) -> float:
        """World z of the upper end of the box."""
        return self.lift + BASE + TALL * self.look.exaggeration

    @property
    def lift(self) -> float:
        """How far the section stands above where a block would."""
        return LIFT if self.floor else 0.0

    def corners(self) -> Floats:
        """Return the corners (8, 3) of everything drawn."""
        across = 1.0 + self.shift
        return np.array([(x, y, z) for x in (-across, across) for y in (-1.0, 1.0) for z in (0.0, self.top)])

    def place(self, world_x: float, world_y: float) -> Cursor:
        """Return the axis coordinates of a world point of the section's block."""
        pairs = zip(self.section.axes, (world_x - self.shift, world_y))
        return tuple(float(a.values[0] + (w + 1) / 2 * (a.values[-1] - a.values[0])) for a, w in pairs)

    def world(self, position: Cursor) -> Floats:
        """Return the world point (3,) on the surface at axis coordinates; in a hole, on the floor."""
        x, y = (_unit(axis, value) for axis, value in zip(self.section.axes, position))
        z = float(bilinear(self.block.heights, np.array([x]), np.array([y]))[0])
        return np.array([x + self.shift, y, z + self.lift if math.isfinite(z) else 0.0])


def scene(section: Section, look: Look, reuse: "Scene | None" = None) -> Scene:
    """Return the scene of ``section``; the strip of ``reuse`` is taken over where the shape is the same."""
    section = on_even_grid(section)
    if section.target is None:
        look = replace(look, pattern="off")
    if look.pattern == "beside":
        look = replace(look, has_floor=False)  # two sheets over one floor tell nothing
    values = thinned(section.values)
    block = relief(values, look.low, look.high, look.colour_map, look.exaggeration, skirts=not look.has_floor)
    if reuse is not None and np.array_equal(reuse.block.strip, block.strip):
        block = replace(block, strip=reuse.block.strip)  # the renderer need not send it again
    grey = None
    if section.target is not None and look.pattern == "beside":
        shown = thinned(section.target) + section.offset
        grey = relief(shown, look.low, look.high, colormaps.PATTERN, look.exaggeration)
    return Scene(section, look, block, grey, _floor(section, look) if look.has_floor else ())


def parts(shown: Scene, camera: Camera) -> list[Part]:
    """Return what the renderer draws."""
    block, shift = shown.block, (shown.shift, 0.0, shown.lift)
    made = [Part("section", block.vertices, block.strip, has_holes=block.has_holes, shift=shift), *shown.floor]
    if shown.grey is not None:
        grey, aside = shown.grey, (-shown.shift, 0.0, 0.0)
        made.append(Part("pattern", grey.vertices, grey.strip, has_holes=grey.has_holes, shift=aside))
    if shown.look.pattern == "over" and shown.section.target is not None:
        made.append(_wire(shown))
    made += [_walls(shown, camera, centre) for centre in ([-shown.shift, shown.shift] if shown.shift else [0.0])]
    return made


def _floor(section: Section, look: Look) -> tuple[Part, ...]:
    """The map of the section, flat, and its contours a hair above."""
    values = thinned(section.values, FLOOR_POINTS)
    flat = relief(values, look.low, look.high, look.colour_map, 0.0, skirts=False)
    vertices = flat.vertices.copy()
    vertices["position"][:, 2] = 0.0
    made = [Part("floor", vertices, flat.strip, has_holes=flat.has_holes)]
    x, y = (axis.values for axis in section.axes)
    lines = contours(x, y, section.values, look.low, look.high)
    if lines:
        points = np.concatenate([line.points for line in lines])
        colours = colormaps.colours(
            np.concatenate([np.full(len(line.points), line.value) for line in lines]),
            look.low,
            look.high,
            look.colour_map,
        )
        drawn = np.empty(len(points), VERTEX)
        for index, axis in enumerate((x, y)):
            drawn["position"][:, index] = 2 * (points[:, index] - axis[0]) / (axis[-1] - axis[0]) - 1
        drawn["position"][:, 2] = 0.004
        white = np.concatenate([np.full(len(line.points), 0.40 if line.strong else 0.24) for line in lines])[:, None]
        drawn["colour"][:, :3] = (1 - white) * colours[:, :3] + white * 255
        drawn["colour"][:, 3] = 255
        ends = np.cumsum([len(line.points) for line in lines])
        first = np.setdiff1d(np.arange(len(points) - 1), ends - 1)  # every point but the last of a line begins a piece
        pieces = np.stack([first, first + 1], axis=1).astype(np.uint32).ravel()
        made.append(Part("contours", drawn, pieces, shape="lines"))
    return tuple(made)


def _wire(shown: Scene) -> Part:
    """Every few grid lines of T + a, in the colour of series 2."""
    look = shown.look
    target = thinned(np.asarray(shown.section.target)) + shown.section.offset
    z = heights(target, look.low, look.high, look.exaggeration) + 0.004
    n0, n1 = z.shape
    vertices = np.empty((n0, n1), VERTEX)
    vertices["position"][..., 0] = np.linspace(-1, 1, n0)[:, None]
    vertices["position"][..., 1] = np.linspace(-1, 1, n1)[None, :]
    vertices["position"][..., 2] = np.nan_to_num(z) + shown.lift
    vertices["colour"] = _rgba(theme.tokens().orange)
    index = np.arange(n0 * n1, dtype=np.uint32).reshape(n0, n1)
    rows, columns = (np.unique(np.linspace(0, n - 1, min(n, WIRES)).round().astype(int)) for n in (n0, n1))
    along = np.stack([index[rows, :-1], index[rows, 1:]], axis=-1).ravel()
    across = np.stack([index[:-1, columns], index[1:, columns]], axis=-1).ravel()
    return Part("wire", vertices.ravel(), np.concatenate([along, across]), shape="lines")


def rear(camera: Camera) -> tuple[float, float]:
    """Return x and y (-1 or 1) of the two walls behind the block."""
    back = camera.axes()[2]
    return (-1.0 if back[0] > 0 else 1.0), (-1.0 if back[1] > 0 else 1.0)


def _walls(shown: Scene, camera: Camera, centre: float) -> Part:
    """The base and the two rear walls as lines in the border colour."""
    x, y, top = *rear(camera), shown.top
    lines = [
        ((-1, y, top), (1, y, top)),
        ((x, -1, top), (x, 1, top)),
        ((x, y, 0), (x, y, top)),
        ((-x, y, 0), (-x, y, top)),
        ((x, -y, 0), (x, -y, top)),
        ((-1, -1, 0), (1, -1, 0)),
        ((1, -1, 0), (1, 1, 0)),
        ((1, 1, 0), (-1, 1, 0)),
        ((-1, 1, 0), (-1, -1, 0)),
    ]
    vertices = np.empty(2 * len(lines), VERTEX)
    vertices["position"] = np.array(lines, np.float32).reshape(-1, 3)
    vertices["colour"] = _rgba(theme.tokens().border)
    indices = np.arange(len(vertices), dtype=np.uint32)
    return Part(f"walls {centre}", vertices, indices, shape="lines", shift=(centre, 0.0, 0.0))


def _unit(axis: Axis, value: float) -> float:
    first, last = float(axis.values[0]), float(axis.values[-1])
    return min(max(2 * (value - first) / (last - first) - 1, -1.0), 1.0)


def _rgba(colour: str) -> NDArray[np.uint8]:
    return np.array(QColor(colour).getRgb(), np.uint8)
