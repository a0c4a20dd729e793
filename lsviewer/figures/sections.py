"""Sections on paper: a curve for one axis, a map with contours for two, three slices for three; loss or error."""

import math
from typing import Literal

import contourpy
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Curve, Level, Section, Series
from lsviewer.figures import paper
from lsviewer.figures.curves import curve
from lsviewer.figures.paper import Theme
from lsviewer.project.document import ProjectError

Shown = Literal["plain", "error"]
SPECK = 14  # contour lines with fewer vertices are noise to the eye
BAR = 0.12  # inches


def section(artifact: Section, size: tuple[float, float] | None, dpi: int, theme: Theme, shown: Shown) -> Figure:
    """Return the figure of a section of any dimension; raises `ProjectError` for the error of one without a target."""
    values = artifact.values if shown == "plain" else artifact.error
    if values is None:
        raise ProjectError(f"section {artifact.name!r} has no target, so there is no error to show")
    heading = artifact.title or artifact.name
    if shown == "error":
        heading = f"{heading}: error"
    match len(artifact.axes):
        case 1:
            return curve(_as_curve(artifact, values, heading, shown), size, dpi, theme)
        case 2:
            return _map(artifact, values, heading, size or (5.0, 4.7), dpi, theme, shown)
        case _:
            return _slices(artifact, values, heading, size or (9.0, 3.5), dpi, theme, shown)


def _as_curve(artifact: Section, values: Array, heading: str, shown: Shown) -> Curve:
    [axis] = artifact.axes
    series = [Series(artifact.symbol if shown == "plain" else "error", axis.values, values)]
    if artifact.target is not None and shown == "plain":
        series.insert(0, Series("T + a", axis.values, artifact.target + artifact.offset, "band"))
    levels = tuple(Level(mark.position[0], mark.label, "x") for mark in artifact.marks)
    name = artifact.symbol if shown == "plain" else f"{artifact.symbol} − T − a"
    return Curve(artifact.name, heading, axis.name, name, tuple(series), levels=levels)


def _map(
    artifact: Section, values: Array, heading: str, size: tuple[float, float], dpi: int, theme: Theme, shown: Shown
) -> Figure:
    figure = paper.sheet(size, dpi, theme)
    side = max(0.5, min(size[0] - paper.LEFT - 1.15, size[1] - paper.BOTTOM - paper.TOP - 0.25))
    bottom = size[1] - paper.TOP - 0.2 - side
    axes = paper.place(figure, paper.LEFT, bottom, side, side, theme)
    first, second = artifact.axes
    norm = norm_of(values, shown)
    _draw_map(axes, values, first.values, second.values, norm, theme, shown)
    if side >= 2.0:
        _draw_contours(axes, values, first.values, second.values, norm, shown)
    _draw_marks(axes, artifact)
    _scale_square(axes, first.name, second.name, theme)
    _draw_bar(figure, (paper.LEFT + side + 0.2, bottom, side), norm, artifact.symbol, theme, shown)
    shape = " × ".join(str(n) for n in values.shape)
    paper.title(figure, heading, theme, f"{shape} points")
    if text := _foot(artifact, values):
        paper.foot(figure, text, theme)
    return figure


def _slices(
    artifact: Section, values: Array, heading: str, size: tuple[float, float], dpi: int, theme: Theme, shown: Shown
) -> Figure:
    """Three slices through the middle of a volume, each with the third axis held."""
    figure = paper.sheet(size, dpi, theme)
    side = max(0.5, min((size[0] - 1.2) / 3 - 0.75, size[1] - paper.BOTTOM - paper.TOP - 0.4))
    norm = norm_of(values, shown)
    bottom = size[1] - paper.TOP - 0.35 - side
    for k, held in enumerate((2, 1, 0)):
        across, up = (axis for i, axis in enumerate(artifact.axes) if i != held)
        middle = len(artifact.axes[held].values) // 2
        left = paper.LEFT + k * (side + 0.75)
        axes = paper.place(figure, left, bottom, side, side, theme)
        _draw_map(axes, np.take(values, middle, axis=held), across.values, up.values, norm, theme, shown)
        _scale_square(axes, across.name, up.name, theme)
        place = paper.number(float(artifact.axes[held].values[middle]))
        axes.set_title(
            f"{artifact.axes[held].name} = {place}", fontproperties=paper.font(), color=theme.ink3, loc="left", pad=6
        )
    _draw_bar(figure, (paper.LEFT + 3 * side + 1.7, bottom, side), norm, artifact.symbol, theme, shown)
    paper.title(figure, heading, theme, " × ".join(str(n) for n in values.shape) + " points")
    if text := _foot(artifact, values):
        paper.foot(figure, text, theme)
    return figure


def norm_of(values: Array, shown: Shown = "plain") -> Normalize:
    """Return the range of colours: that of the finite values, symmetric around 0 for an error."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if shown == "error":
        reach = max(abs(low), abs(high)) or 1.0
        return Normalize(-reach, reach)
    if high <= low:
        low, high = low - 0.5, high + 0.5
    return Normalize(low, high)


def _edges(points: Array) -> Array:
    """Return the edges between grid points, half a step beyond the ends."""
    if len(points) == 1:
        return np.array([points[0] - 0.5, points[0] + 0.5])
    middle = (points[1:] + points[:-1]) / 2
    return np.concatenate([[points[0] - (middle[0] - points[0])], middle, [points[-1] + (points[-1] - middle[-1])]])


def _draw_map(axes: Axes, values: Array, x: Array, y: Array, norm: Normalize, theme: Theme, shown: Shown) -> None:
    """Draw ``values[i0, i1]`` with axis 1 to the right and axis 2 up, holes hatched."""
    edges_x, edges_y = _edges(x), _edges(y)
    colours = paper.colours("loss" if shown == "plain" else "error")
    picture = np.ma.masked_invalid(values.T)  # rows are drawn along y
    if picture.mask.any():
        hatched = Rectangle(
            (edges_x[0], edges_y[0]), edges_x[-1] - edges_x[0], edges_y[-1] - edges_y[0],
            facecolor=theme.sunken, edgecolor=theme.ink3, hatch="////", linewidth=0, zorder=0,
        )  # fmt: skip
        axes.add_patch(hatched)
    if _is_even(x) and _is_even(y):
        extent = (edges_x[0], edges_x[-1], edges_y[0], edges_y[-1])
        axes.imshow(
            picture,
            extent=extent,
            origin="lower",
            cmap=colours,
            norm=norm,
            interpolation="nearest",
            aspect="auto",
            zorder=1,
        )
    else:
        axes.pcolormesh(edges_x, edges_y, picture, cmap=colours, norm=norm, shading="flat", rasterized=True, zorder=1)
    axes.set_xlim(edges_x[0], edges_x[-1])
    axes.set_ylim(edges_y[0], edges_y[-1])


def _is_even(points: Array) -> bool:
    steps = np.diff(points)
    return bool(np.allclose(steps, steps[:1], rtol=1e-6))


def _draw_contours(axes: Axes, values: Array, x: Array, y: Array, norm: Normalize, shown: Shown) -> None:
    if min(values.shape) < 4 or not np.isfinite(values).any():
        return
    tracer = contourpy.contour_generator(x, y, np.ma.masked_invalid(values.T), line_type=contourpy.LineType.Separate)
    low, high = float(norm.vmin or 0), float(norm.vmax or 0)
    ink = "#FFFFFF" if shown == "plain" else "#000000"
    for rank, level in enumerate(paper.linear_ticks(low, high, 9)):
        lines = [np.asarray(line) for line in tracer.lines(level) if len(line) >= SPECK]
        alpha = (0.40 if rank % 2 else 0.24) * (1.0 if shown == "plain" else 0.5)
        axes.add_collection(LineCollection(lines, colors=ink, alpha=alpha, linewidths=0.6, zorder=2), autolim=False)


def _draw_marks(axes: Axes, artifact: Section) -> None:
    shadow = [withStroke(linewidth=2.4, foreground=(0, 0, 0, 0.45))]
    low, high = axes.get_xlim()
    for mark in artifact.marks:
        x, y = mark.position
        shape = {"minimum": "v", "origin": "+", "point": "o"}[mark.kind]
        axes.plot(
            [x], [y], shape, markersize=6, markerfacecolor="none", markeredgecolor="white", markeredgewidth=1.2,
            path_effects=shadow, clip_on=False, zorder=4,
        )  # fmt: skip
        right = x > low + 0.75 * (high - low)
        axes.annotate(
            mark.label, (x, y), xytext=(-7 if right else 7, 0), textcoords="offset points", va="center",
            ha="right" if right else "left", color="white", fontproperties=paper.font(paper.TICK, "Medium"),
            path_effects=shadow, zorder=4,
        )  # fmt: skip


def _scale_square(axes: Axes, across: str, up: str, theme: Theme) -> None:
    right, top = (
        paper.scale(axes, "x", *sorted(axes.get_xlim())),
        paper.scale(axes, "y", *sorted(axes.get_ylim())),
    )
    paper.names(axes, across + right, up + top, theme)


def _draw_bar(
    figure: Figure, at: tuple[float, float, float], norm: Normalize, symbol: str, theme: Theme, shown: Shown
) -> None:
    left, bottom, height = at
    bar = paper.place(figure, left, bottom, BAR, height, theme)
    low, high = float(norm.vmin or 0), float(norm.vmax or 0)
    colours = paper.colours("loss" if shown == "plain" else "error")
    bar.imshow(np.linspace(0, 1, 256)[:, None], cmap=colours, origin="lower", aspect="auto", extent=(0, 1, low, high))
    for spine in bar.spines.values():
        spine.set_visible(False)
    bar.yaxis.tick_right()
    suffix = paper.scale(bar, "y", low, high)
    bar.set_xticks([])
    name = symbol if shown == "plain" else f"{symbol} − T − a"
    bar.annotate(
        name + suffix, (0.5 if shown == "plain" else 1, 1), xytext=(0, 5), xycoords="axes fraction", textcoords="offset points",
        ha="center", va="bottom", color=theme.ink2, fontproperties=paper.font(),
    )  # fmt: skip


def _foot(artifact: Section, values: Array) -> str:
    remarks = []
    if holes := int((~np.isfinite(values)).sum()):
        remarks.append(f"not finite {holes} of {values.size} points")
    if artifact.known is not None and not artifact.known.all():
        remarks.append(f"{int(artifact.known.sum())} of {values.size} points evaluated")
    if artifact.target is not None and artifact.error is not None:
        largest = float(np.max(np.abs(artifact.error), initial=0.0, where=np.isfinite(artifact.error)))
        if math.isfinite(largest):
            remarks.append(f"largest error {paper.number(largest, 2)}")
    return ",  ".join(remarks)
