"""Curves and trajectories on paper: lines labelled at their end in their colour, expected values dashed with words."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Curve, Series, Trajectory
from lsviewer.figures import paper
from lsviewer.figures.paper import Theme

WIDTH_OF_LETTER = 0.075  # inches, of the label font, on the safe side


def curve(artifact: Curve, size: tuple[float, float] | None, dpi: int, theme: Theme) -> Figure:
    """Return the figure of a curve."""
    size = size or (6.0, 3.4)
    figure = paper.sheet(size, dpi, theme)
    labels = [series.label for series in artifact.series]
    room = paper.RIGHT + min(0.4 * size[0], WIDTH_OF_LETTER * max(map(len, labels), default=0))
    axes = paper.place(
        figure, paper.LEFT, paper.BOTTOM, max(0.5, size[0] - paper.LEFT - room),
        max(0.5, size[1] - paper.BOTTOM - paper.TOP), theme,
    )  # fmt: skip
    x_levels = [level.value for level in artifact.levels if level.axis == "x"]
    y_levels = [level.value for level in artifact.levels if level.axis == "y"]
    x = np.concatenate([*(series.x for series in artifact.series), x_levels, []]).astype(float)
    y = np.concatenate([*(series.y for series in artifact.series), y_levels, []]).astype(float)
    right = paper.scale(axes, "x", *paper.span(x, 0.02, log=artifact.log_x), log=artifact.log_x)
    up = paper.scale(axes, "y", *paper.span(y, 0.06, log=artifact.log_y), log=artifact.log_y)
    axes.grid(axis="y", color=theme.grid, linewidth=0.8)
    axes.set_axisbelow(True)
    paints = _paints(artifact.series, theme)
    for series, paint in zip(artifact.series, paints):
        _draw(axes, series, paint, theme)
    _draw_levels(axes, artifact, theme)
    _draw_labels(axes, artifact, paints, size[1] - paper.BOTTOM - paper.TOP)
    paper.names(axes, artifact.x_label + right, artifact.y_label + up, theme)
    paper.title(figure, artifact.title or artifact.name, theme)
    if holes := sum(int((~np.isfinite(series.y)).sum()) for series in artifact.series):
        paper.foot(figure, f"not finite {holes} of {sum(len(s.y) for s in artifact.series)} points", theme)
    return figure


def _paints(series: tuple[Series, ...], theme: Theme) -> list[str]:
    """Return a colour per series; a band takes the orange of the second, so that the line on it keeps the first."""
    colours = iter(theme.series * (1 + len(series)))
    lines = [next(colours) if one.style != "band" else theme.orange for one in series]
    if any(one.style == "band" for one in series):
        lines = [theme.ink2 if c == theme.orange and s.style != "band" else c for s, c in zip(series, lines)]
    return lines


def _draw(axes: Axes, series: Series, paint: str, theme: Theme) -> None:
    match series.style:
        case "line":
            axes.plot(series.x, series.y, color=paint, linewidth=1.4, solid_capstyle="round", zorder=3)
        case "dashed":
            axes.plot(series.x, series.y, color=paint, linewidth=1.4, dashes=(4, 2.5), zorder=3)
        case "points":
            axes.plot(series.x, series.y, "o", color=paint, markersize=4, markeredgewidth=0, zorder=3)
        case "band":
            axes.plot(series.x, series.y, color=paint, alpha=0.32, linewidth=5, solid_capstyle="round", zorder=2)
        case "stems":
            low = axes.get_ylim()[0]
            axes.vlines(series.x, low, series.y, color=theme.border, linewidth=1.4, zorder=2)
            axes.plot(series.x, series.y, "o", color=paint, markersize=4, markeredgewidth=0, zorder=3)


def _draw_levels(axes: Axes, artifact: Curve, theme: Theme) -> None:
    for level in artifact.levels:
        along = axes.axhline if level.axis == "y" else axes.axvline
        along(level.value, color=theme.ink3, linewidth=0.9, dashes=(4, 3), zorder=2)
        words: dict[str, Any] = {"fontproperties": paper.font(paper.TICK), "color": theme.ink3}
        if level.axis == "y":
            axes.annotate(
                level.text, (1, level.value), xytext=(-2, 3), xycoords=("axes fraction", "data"),
                textcoords="offset points", ha="right", va="bottom", **words,
            )  # fmt: skip
        else:
            axes.annotate(
                level.text, (level.value, 1), xytext=(4, -1), xycoords=("data", "axes fraction"),
                textcoords="offset points", ha="left", va="top", **words,
            )  # fmt: skip


def _draw_labels(axes: Axes, artifact: Curve, paints: list[str], height: float) -> None:
    """Write every label at the end of its line, moved apart where they would meet."""
    ends, shown = [], []
    for series, paint in zip(artifact.series, paints):
        good = np.flatnonzero(np.isfinite(series.y) & (series.y > 0 if artifact.log_y else True))
        if series.label and good.size:
            place = axes.transData.transform((float(series.x[good[-1]]), float(series.y[good[-1]])))
            ends.append(float(axes.transAxes.inverted().transform(place)[1]))
            shown.append((series, paint, float(series.x[good[-1]])))
    for (series, paint, x), y in zip(shown, paper.spread(ends, 0.16 / max(height, 0.5), 0.02, 0.98)):
        axes.annotate(
            series.label, (x, y), xytext=(6, 0), xycoords=("data", "axes fraction"), textcoords="offset points",
            va="center", color=paint, fontproperties=paper.font(paper.LABEL, "Medium"), annotation_clip=False,
        )  # fmt: skip


def trajectory(artifact: Trajectory, size: tuple[float, float] | None, dpi: int, theme: Theme) -> Figure:
    """Return the figure of a path: in the plane of its first two coordinates, or one coordinate against the step."""
    points = artifact.points
    if points.ndim != 2 or points.shape[1] < 2:
        steps = np.arange(len(points), dtype=float)
        line = Series("", steps, points.reshape(len(points), -1)[:, 0] if points.size else steps)
        return curve(Curve(artifact.name, artifact.title, "step", "α₁", (line,)), size, dpi, theme)
    size = size or (4.8, 4.4)
    figure = paper.sheet(size, dpi, theme)
    axes = paper.place(
        figure, paper.LEFT + 0.1, paper.BOTTOM, max(0.5, size[0] - paper.LEFT - paper.RIGHT - 0.1),
        max(0.5, size[1] - paper.BOTTOM - paper.TOP), theme,
    )  # fmt: skip
    right = paper.scale(axes, "x", *paper.span(points[:, 0], 0.12))
    up = paper.scale(axes, "y", *paper.span(points[:, 1], 0.12))
    axes.grid(axis="y", color=theme.grid, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.plot(points[:, 0], points[:, 1], color=theme.accent, linewidth=1.2, zorder=2)
    if len(points) <= 200:
        axes.plot(points[:, 0], points[:, 1], "o", color=theme.accent, markersize=2.6, markeredgewidth=0, zorder=3)
    _draw_ends(axes, artifact, points, theme)
    paper.names(axes, "α₁" + right, "α₂" + up, theme)
    paper.title(figure, artifact.title or artifact.name, theme, f"{len(points)} points")
    return figure


def _draw_ends(axes: Axes, artifact: Trajectory, points: Array, theme: Theme) -> None:
    for index, word in ((0, "start"), (-1, "end")):
        if len(points) == 0:
            return
        loss = "" if artifact.losses is None else f", L = {paper.number(float(artifact.losses[index]))}"
        axes.plot(
            *points[index, :2], "o", markersize=6, markerfacecolor=theme.panel, markeredgecolor=theme.accent,
            markeredgewidth=1.4, zorder=4,
        )  # fmt: skip
        right = points[index, 0] > np.mean(axes.get_xlim())
        end = (float(points[index, 0]), float(points[index, 1]))
        axes.annotate(
            word + loss, end, xytext=(-8 if right else 8, 0), textcoords="offset points", va="center",
            ha="right" if right else "left", color=theme.ink, fontproperties=paper.font(paper.LABEL, "Medium"), zorder=5,
        )  # fmt: skip
