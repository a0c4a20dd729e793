"""What an experiment shows: a small closed set of frozen values, read by views, figures and the archive.

An artifact is identified by its ``name`` within a run; yielding the same name again refines it. Arrays are read-only.
Orientation is canonical: ``values[i0, i1]`` follows the axes (ij order); a view that draws rows as y transposes at its own door.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np

from lsviewer.core.arrays import Array, freeze


def _freeze(value: object, *names: str) -> None:
    for name in names:
        if (array := getattr(value, name)) is not None:
            object.__setattr__(value, name, freeze(array))


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """One axis of a section: ``name`` as shown (``α₁``) and its grid points."""

    name: str
    values: Array  # (n,), increasing

    def __post_init__(self) -> None:
        _freeze(self, "values")


@dataclass(frozen=True, slots=True)
class Mark:
    """A named place on a section, in axis coordinates: a minimum, the point a plane goes through."""

    position: tuple[float, ...]
    label: str
    kind: Literal["minimum", "origin", "point"] = "point"


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """The loss on ``origin + sum_i alpha_i direction_i``, sampled on ``axes``; ``values.ndim == len(axes)`` is z in 1, 2, 3.

    ``target`` is the pattern in loss units (amplitude times T), so that ``values ~ target + offset`` (Czarnecki et al.
    2019, eq. 8).
    ``known`` marks the points evaluated so far; the others are filled from the nearest known one. None: all are known.
    A value that is not finite stays NaN or inf and is shown as a hole.
    ``follows`` names a trajectory with as many points as there are rows ``values[i]``: what happens there, one after the other.
    """

    name: str
    axes: tuple[Axis, ...]
    values: Array  # (n0, ..., nz-1), float
    title: str = ""
    symbol: str = "L"
    target: Array | None = None  # like values
    offset: float = 0.0
    known: Array | None = None  # like values, bool
    marks: tuple[Mark, ...] = ()
    follows: str = ""

    def __post_init__(self) -> None:
        _freeze(self, "values", "target", "known")
        shape = tuple(len(axis.values) for axis in self.axes)
        for name in ("values", "target", "known"):
            if (array := getattr(self, name)) is not None and array.shape != shape:
                raise ValueError(f"section {self.name!r}: {name} has shape {array.shape}, the axes say {shape}")

    @property
    def error(self) -> Array | None:
        """``values - target - offset``, or None without a target."""
        return None if self.target is None else self.values - self.target - self.offset


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One line of a curve. ``band`` is drawn wide and pale under the others; NaN in y breaks the line."""

    label: str
    x: Array  # (n,)
    y: Array  # (n,)
    style: Literal["line", "dashed", "points", "band", "stems"] = "line"

    def __post_init__(self) -> None:
        _freeze(self, "x", "y")
        if self.x.shape != self.y.shape or self.x.ndim != 1:
            raise ValueError(f"series {self.label!r}: x has shape {self.x.shape}, y {self.y.shape}")


@dataclass(frozen=True, slots=True)
class Level:
    """A horizontal (``axis = "y"``) or vertical dashed line with words: an expected value, a threshold."""

    value: float
    text: str
    axis: Literal["x", "y"] = "y"


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One or more series on common axes: training loss, PSNR, sigma."""

    name: str
    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    log_x: bool = False
    log_y: bool = False
    levels: tuple[Level, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """Values whose distribution is shown: eigenvalues, singular values. ``tolerance`` decided what counts as zero.

    ``facts`` are a few words that belong beside the counts ("n = 141 parameters"); a spectrum that has some leads its board.
    ``point`` names the checkpoint at which these are all eigenvalues of the Hessian: each then has a direction to look along.
    """

    name: str
    title: str
    values: Array  # (n,)
    label: str = "eigenvalue"
    tolerance: float | None = None
    facts: tuple[str, ...] = ()
    point: str = ""

    def __post_init__(self) -> None:
        _freeze(self, "values")


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture of colours or greys in [0, 1]: (rows, columns) or (rows, columns, 3), row 0 at the top.

    ``target`` is what it was to look like; then the picture lies on the plane of a section, column 0 and the last row at 0.
    """

    name: str
    title: str
    pixels: Array
    target: Array | None = None  # like pixels

    def __post_init__(self) -> None:
        _freeze(self, "pixels", "target")
        if self.target is not None and self.target.shape != self.pixels.shape:
            raise ValueError(f"picture {self.name!r}: target has shape {self.target.shape}, pixels {self.pixels.shape}")

    @property
    def error(self) -> Array | None:
        """``pixels - target``, or None without a target."""
        return None if self.target is None else self.pixels - self.target


@dataclass(frozen=True, slots=True, eq=False)
class Trajectory:
    """A path in the plane of a section: a training run, a walk. ``points`` are axis coordinates."""

    name: str
    title: str
    points: Array  # (steps, z)
    losses: Array | None = None  # (steps,)
    section: str = ""  # name of the section it belongs to
    residuals: Array | None = None  # (steps,), distance from the plane

    def __post_init__(self) -> None:
        _freeze(self, "points", "losses", "residuals")


Params = Mapping[str, Array]
"""Parameters by name, as in ``torch.nn.Sequential(Linear, Activation, ...)``: ``0.weight``, ``0.bias``, ``2.weight``, ..."""


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """A point of parameter space, and the directions of the section through it; everything another program needs."""

    name: str
    network: dict[str, Any]  # JSON of the network spec, with "inputs" and "outputs"
    params: Params
    directions: tuple[Params, ...] = field(default=())
    title: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "params", {k: freeze(v) for k, v in self.params.items()})
        object.__setattr__(self, "directions", tuple({k: freeze(v) for k, v in d.items()} for d in self.directions))

    @property
    def size(self) -> int:
        """Number of parameters."""
        return sum(int(np.prod(v.shape)) for v in self.params.values())


Role = Literal["task", "pattern", "loss", "fixed", "unaffected", "global minimum"]
"""What a part of a network is for, as Czarnecki et al. 2019 colour it in figure 2."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Units of one layer that do the same thing: layer 0 is the input, then hidden layers, the outputs, the loss behind them.

    ``roles`` are those of the units, two where pattern and task meet; ``parameters`` those of the weights and biases that
    enter: fixed is what is neither trained nor made from what is to be found, be it the pattern, its height or the labels.
    """

    name: str
    layer: int
    first: int  # its first unit in the layer
    units: int
    roles: tuple[Role, ...]
    parameters: tuple[Role, ...] = ()
    weights: str = ""  # a few signs for the weights that enter: "T", "1, −2, 1", "0"
    trained: bool = False
    moved: tuple[int, ...] = ()  # coordinates of the section that move its biases
    idle: int = 0  # units from which no non-zero weights lead to an output
    formula: str = ""
    note: str = ""
    members: Array | None = None  # (units,) their numbers in the order of the formula, where they are not neighbours

    def __post_init__(self) -> None:
        _freeze(self, "members")
        if self.members is not None and (self.members.shape != (self.units,) or self.members.dtype.kind != "i"):
            raise ValueError(f"block {self.name!r}: {self.units} units, members of shape {self.members.shape}")

    def of(self, layer: Array) -> Array | None:
        """Return the values of its units among those of the whole layer, None where the layer does not have them."""
        numbers = np.arange(self.first, self.first + self.units) if self.members is None else self.members
        return layer[numbers] if 0 <= numbers.min() and numbers.max() < len(layer) else None


@dataclass(frozen=True, slots=True)
class Link:
    """Weights from one block to another, by their places in `Diagram.blocks`: pairs of units that are wired, as counted."""

    source: int
    target: int
    kind: Literal["zero", "identity", "sparse", "dense"]
    nonzero: int
    total: int


@dataclass(frozen=True, slots=True, eq=False)
class Diagram:
    """Layers and blocks of a network by their roles. Live values are those of the run's checkpoint and section.

    ``samples`` are a few training inputs to look at them with; ``minimum`` is where the section comes within ε of the
    global minimum of the task.
    """

    name: str
    title: str
    layers: tuple[str, ...]  # input, hidden layers, outputs, loss
    blocks: tuple[Block, ...]
    links: tuple[Link, ...]
    samples: Array  # (n, inputs)
    sample_words: tuple[str, ...]  # "training sample 7, class 3"
    sample_shape: tuple[int, ...]  # of one sample as a picture: (28, 28)
    minimum: tuple[float, ...] | None = None
    checkpoint: str = "checkpoint"
    section: str = "section"

    def __post_init__(self) -> None:
        _freeze(self, "samples")
        for block in self.blocks:
            if not 0 <= block.layer < len(self.layers) or block.units < 1 or block.first < 0 or not block.roles:
                raise ValueError(f"block {block.name!r}: layer {block.layer}, unit {block.first}, {block.units} units")
        for link in self.links:
            if not (0 <= link.source < len(self.blocks) and 0 <= link.target < len(self.blocks)):
                raise ValueError(f"a link from {link.source} to {link.target}, there are {len(self.blocks)} blocks")
        if self.samples.ndim != 2 or len(self.samples) != len(self.sample_words):
            raise ValueError(f"samples have shape {self.samples.shape}, {len(self.sample_words)} are described")

    def of_layer(self, layer: int) -> tuple[int, ...]:
        """Return the blocks of a layer by their places, in order."""
        return tuple(k for k, block in enumerate(self.blocks) if block.layer == layer)

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles that occur, of units and of parameters, in the order of the legend."""
        there = {role for block in self.blocks for role in (*block.roles, *block.parameters)}
        return tuple(role for role in get_args(Role) if role in there)

    @property
    def branch(self) -> tuple[int, ...]:
        """The blocks that know the task, which at `minimum` solve it."""
        return tuple(k for k, block in enumerate(self.blocks) if "task" in block.roles)


Artifact = Section | Curve | Spectrum | Picture | Trajectory | Checkpoint | Diagram
