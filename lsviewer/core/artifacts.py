"""What an experiment shows: a small closed set of frozen values, read by views, figures and the archive.

An artifact is identified by its ``name`` within a run; yielding the same name again refines it. Arrays are read-only.
Orientation is canonical: ``values[i0, i1]`` follows the axes (ij order); a view that draws rows as y transposes at its own door.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

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
    """Values whose distribution is shown: eigenvalues, singular values. ``tolerance`` decided what counts as zero."""

    name: str
    title: str
    values: Array  # (n,)
    label: str = "eigenvalue"
    tolerance: float | None = None

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


Artifact = Section | Curve | Spectrum | Picture | Trajectory | Checkpoint
