"""The surface of a section with two axes as a solid block, projected and painted back to front in plain numpy.

Not mplot3d: its shading and its sorting of separate collections would leave gaps between surface and sides. Camera, light and
block are those of the window: azimuth -70°, elevation 46°, light from the upper left, a flat face keeps 95 % of its map colour.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Section
from lsviewer.figures import paper
from lsviewer.figures.paper import Theme
from lsviewer.project.document import ProjectError

AZIMUTH, ELEVATION = np.deg2rad(-70.0), np.deg2rad(46.0)
DISTANCE = 5.0  # of the camera from the middle of a block of side 1
HEIGHT, BASE = 0.36, 0.12  # of the values, and of the solid below them
LIGHT = np.array([-0.55, 0.50, 0.66])
MOST = 220  # quads along a side that paper can show
OUTWARD = 0.055  # from an edge to its tick labels


def project(points: Array) -> Array:
    """Return x, y on paper and the depth towards the camera of points [..., 3] in the unit block around 0."""
    away = np.array([np.cos(ELEVATION) * np.cos(AZIMUTH), np.cos(ELEVATION) * np.sin(AZIMUTH), np.sin(ELEVATION)])
    right = np.array([-np.sin(AZIMUTH), np.cos(AZIMUTH), 0.0])
    seen = points @ np.stack([right, np.cross(away, right), away]).T
    seen[..., :2] *= (DISTANCE / (DISTANCE - seen[..., 2]))[..., None]
    return seen


def surface(artifact: Section, size: tuple[float, float] | None, dpi: int, theme: Theme) -> Figure:
    """Return the figure; raises `ProjectError` where the section has no two axes or no finite value."""
    if len(artifact.axes) != 2:
        raise ProjectError(f"section {artifact.name!r} has {len(artifact.axes)} axes, a surface needs two")
    if min(artifact.values.shape) < 2:
        raise ProjectError(
            f"section {artifact.name!r} has {artifact.values.shape} points, a surface needs 2 on each axis"
        )
    if not np.isfinite(artifact.values).any():
        raise ProjectError(f"section {artifact.name!r} has no finite value")
    size = size or (5.0, 4.4)
    figure = paper.sheet(size, dpi, theme)
    axes = paper.place(figure, 0.05, 0.15, size[0] - 0.1, size[1] - paper.TOP - 0.15, theme)
    axes.set_axis_off()
    axes.set_aspect("equal")
    low, high = float(np.nanmin(_finite(artifact.values))), float(np.nanmax(_finite(artifact.values)))
    norm = Normalize(low, high if high > low else low + 1.0)
    _draw_box(axes, theme)
    _draw_block(axes, artifact, norm)
    suffix = _draw_ticks(axes, artifact, norm, theme)
    corners = project(np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-BASE, HEIGHT)]))
    axes.set_xlim(corners[:, 0].min() - 0.2, corners[:, 0].max() + 0.14)
    axes.set_ylim(corners[:, 1].min() - 0.14, corners[:, 1].max() + 0.05)
    shape = " × ".join(str(n) for n in artifact.values.shape)
    paper.title(figure, artifact.title or artifact.name, theme, f"{artifact.symbol}{suffix}, {shape} points")
    if holes := int((~np.isfinite(artifact.values)).sum()):
        paper.foot(figure, f"not finite {holes} of {artifact.values.size} points", theme)
    return figure


def _finite(values: Array) -> Array:
    return np.where(np.isfinite(values), values, np.nan)


def _thinned(points: Array) -> Array:
    """Return at most ``MOST`` indices, first and last included."""
    return np.unique(np.round(np.linspace(0, len(points) - 1, min(len(points), MOST))).astype(int))


def _unit(points: Array) -> Array:
    return (points - points[0]) / (points[-1] - points[0]) - 0.5


def _draw_block(axes: Axes, artifact: Section, norm: Normalize) -> None:
    first, second = (axis.values for axis in artifact.axes)
    rows, columns = _thinned(first), _thinned(second)
    values = _finite(artifact.values[np.ix_(rows, columns)])
    x, y = _unit(first[rows]), _unit(second[columns])
    heights = np.asarray(norm(values), float).reshape(values.shape) * HEIGHT
    heights[~np.isfinite(values)] = np.nan
    points = np.stack([*np.meshgrid(x, y, indexing="ij"), heights], axis=-1)
    corners = np.stack([points[:-1, :-1], points[1:, :-1], points[1:, 1:], points[:-1, 1:]], axis=-2).reshape(-1, 4, 3)
    colours = paper.colours("loss")(
        np.asarray(norm(corners[..., 2].mean(1) / HEIGHT * _reach(norm) + _low(norm)), float)
    )
    # the normal of a quad from its diagonals
    normal = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    shade = 0.50 + 0.68 * np.clip(normal @ LIGHT, 0, None)
    colours[:, :3] = np.clip(colours[:, :3] * shade[:, None], 0, 1)
    sides, side_colours = _sides(points, norm)
    every, paint = np.concatenate([corners, sides]), np.concatenate([colours, side_colours])
    whole = np.isfinite(every).all(axis=(1, 2))
    seen = project(every[whole])
    order = np.argsort(seen[..., 2].mean(1))
    collection = PolyCollection(
        list(seen[order, :, :2]), facecolors=paint[whole][order], edgecolors=paint[whole][order], linewidths=0.25,
        rasterized=True, zorder=2,
    )  # fmt: skip
    axes.add_collection(collection, autolim=False)


def _low(norm: Normalize) -> float:
    return float(norm.vmin or 0.0)


def _reach(norm: Normalize) -> float:
    return float(norm.vmax or 0.0) - _low(norm)


def _sides(points: Array, norm: Normalize) -> tuple[Array, Array]:
    """Return the two sides that face the camera (axis 2 at its start, axis 1 at its end), down to the base, darker."""
    quads, colours = [], []
    for edge, shade in ((points[:, 0], 0.62), (points[-1, :], 0.48)):
        down = edge.copy()
        down[:, 2] = -BASE
        quads.append(np.stack([edge[:-1], edge[1:], down[1:], down[:-1]], axis=1))
        heights = np.nan_to_num((edge[:-1, 2] + edge[1:, 2]) / 2)
        paint = paper.colours("loss")(np.asarray(norm(heights / HEIGHT * _reach(norm) + _low(norm)), float))
        paint[:, :3] *= shade
        colours.append(paint)
    return np.concatenate(quads), np.concatenate(colours)


def _line(axes: Axes, *points: tuple[float, float, float], colour: str) -> None:
    seen = project(np.array(points, float))
    axes.plot(seen[:, 0], seen[:, 1], color=colour, linewidth=0.8, zorder=1, solid_capstyle="round")


def _draw_box(axes: Axes, theme: Theme) -> None:
    """Draw the base and the two walls behind."""
    h, low, top = 0.5, -BASE, HEIGHT * 1.04
    _line(axes, (-h, -h, low), (h, -h, low), (h, h, low), (-h, h, low), (-h, -h, low), colour=theme.border)
    _line(axes, (-h, -h, low), (-h, -h, top), (-h, h, top), (h, h, top), (h, h, low), colour=theme.border)
    _line(axes, (-h, h, low), (-h, h, top), colour=theme.border)


def _draw_ticks(axes: Axes, artifact: Section, norm: Normalize, theme: Theme) -> str:
    """Write ticks and names along the front, the right and the left upright edge; returns the suffix of the values."""
    h, low = 0.5, -BASE
    for axis, along in zip(artifact.axes, (0, 1)):
        ends = float(axis.values[0]), float(axis.values[-1])
        places = paper.linear_ticks(*ends, 4)
        labels, suffix = paper.tick_labels(places)
        for value, label in zip(places, labels):
            unit = (value - ends[0]) / (ends[1] - ends[0]) - 0.5
            _text(
                axes,
                (unit, -h - OUTWARD * 1.3, low) if along == 0 else (h + OUTWARD * 1.3, unit, low),
                label,
                theme.ink2,
            )
        name = (0.0, -h - 0.19, low) if along == 0 else (h + 0.21, 0.0, low)
        _text(axes, name, axis.name + suffix, theme.ink2, paper.LABEL)
    places = paper.linear_ticks(_low(norm), _low(norm) + _reach(norm), 3)
    labels, suffix = paper.tick_labels(places)
    for value, label in zip(places, labels):
        place = (-h - OUTWARD, -h, (value - _low(norm)) / _reach(norm) * HEIGHT)
        _text(axes, place, label, theme.ink2, ha="right")
    _text(axes, (-h - OUTWARD, -h, HEIGHT * 1.04 + 0.09), artifact.symbol, theme.ink2, paper.LABEL, ha="right")
    return suffix


def _text(
    axes: Axes, place: tuple[float, float, float], text: str, colour: str, size: float = paper.TICK, ha: str = "center"
) -> None:
    x, y, _ = project(np.array(place, float))
    axes.text(x, y, text, fontproperties=paper.font(size), color=colour, ha=ha, va="center", zorder=3)
