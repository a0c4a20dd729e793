"""Distributions on paper: eigenvalues on a signed logarithmic axis with their count in words, parameters, pictures."""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Checkpoint, Picture, Spectrum
from lsviewer.figures import paper
from lsviewer.figures.paper import Theme

FLOOR = 1e-18  # inside it the signed logarithm is linear
BINS = 60
DECADES = 3.0  # a spread beyond which a linear axis shows one bar


def spectrum(artifact: Spectrum, size: tuple[float, float] | None, dpi: int, theme: Theme) -> Figure:
    """Return the histogram; with a tolerance the values are counted as positive, zero and negative."""
    size = size or (6.4, 3.6)
    figure = paper.sheet(size, dpi, theme)
    axes = paper.place(
        figure, paper.LEFT, paper.BOTTOM, max(0.5, size[0] - paper.LEFT - paper.RIGHT),
        max(0.5, size[1] - paper.BOTTOM - paper.TOP), theme,
    )  # fmt: skip
    values = artifact.values[np.isfinite(artifact.values)].astype(float)
    logarithmic = artifact.tolerance is not None or _decades(values) > DECADES
    places = warp(values) if logarithmic else values
    low, high = paper.span(
        np.append(places, [warp(np.array([artifact.tolerance]))[0]]) if artifact.tolerance else places
    )
    if artifact.tolerance:
        reach = float(warp(np.array([artifact.tolerance]))[0])
        room = 0.2 * (max(high, reach) - min(low, -reach))  # for the words beside the tolerance
        low, high = min(low, -reach - room), max(high, reach + room)
    edges = np.linspace(low, high, BINS + 1)
    tallest = _draw_bars(axes, values, places, edges, artifact.tolerance, theme)
    paper.scale(axes, "y", 0.0, max(1.0, tallest) * 1.25, ticks=4)
    words = ""
    if logarithmic:
        axes.set_xlim(low, high)
        ticks = _signed_ticks(low, high)
        axes.set_xticks([place for place, _ in ticks], [label for _, label in ticks])
        for label in axes.get_xticklabels():
            label.set_fontproperties(paper.font(paper.TICK))
        words = ", signed log scale"
    else:
        words = paper.scale(axes, "x", low, high)
    axes.grid(axis="y", color=theme.grid, linewidth=0.8)
    axes.set_axisbelow(True)
    paper.names(axes, artifact.label + words, "count", theme)
    if artifact.tolerance is not None:
        _draw_counts(axes, values, places, artifact.tolerance, theme)
    paper.title(figure, artifact.title or artifact.name, theme, f"{len(artifact.values)} values")
    if holes := int(artifact.values.size - values.size):
        paper.foot(figure, f"not finite {holes} of {artifact.values.size} values", theme)
    return figure


def warp(values: Array) -> Array:
    """Return the signed logarithm: linear inside the floor, decades outside."""
    return np.sign(values) * np.log10(1.0 + np.abs(values) / FLOOR)


def _decades(values: Array) -> float:
    size = np.abs(values[values != 0])  # the few that happen to be near zero do not make a spread
    return float(np.log10(size.max() / np.quantile(size, 0.05))) if size.size else 0.0


def _draw_bars(axes: Axes, values: Array, places: Array, edges: Array, tolerance: float | None, theme: Theme) -> float:
    """Draw the three groups beside each other's places; returns the height of the tallest bar."""
    zero = np.abs(values) <= tolerance if tolerance is not None else np.zeros(len(values), bool)
    signed = tolerance is not None
    groups = [
        (zero, theme.zero),
        (~zero & (values > 0) if signed else ~zero, theme.accent),
        (~zero & (values <= 0) if signed else zero, theme.orange),
    ]
    tallest = 0
    bottom = np.zeros(len(edges) - 1)
    for chosen, colour in groups:
        counts, _ = np.histogram(places[chosen], edges)
        axes.bar(edges[:-1], counts, np.diff(edges) * 0.92, bottom, align="edge", color=colour, zorder=2)
        bottom += counts
    return max(tallest, float(bottom.max(initial=0)))


def _signed_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Return (place, label): 0 and powers of ten on both sides, about eight in all."""
    first = math.ceil(math.log10(FLOOR)) + 3
    reach = max(abs(low), abs(high)) + math.log10(FLOOR)
    stride = next((s for s in (1, 2, 3, 5, 6, 10, 20, 50) if (high - low) / s <= 9), 100)
    ticks = [(0.0, "0")] if low <= 0 <= high else []
    for exponent in range(first, math.floor(reach) + 1):
        if exponent % stride == 0:
            place = float(warp(np.array([10.0**exponent]))[0])
            ticks += [(place, paper.number(10.0**exponent))] if low <= place <= high else []
            ticks += [(-place, paper.number(-(10.0**exponent)))] if low <= -place <= high else []
    return ticks


def _draw_counts(axes: Axes, values: Array, places: Array, tolerance: float, theme: Theme) -> None:
    """Shade the tolerance and write every count, also the empty ones, where its values are or would be."""
    edge = float(warp(np.array([tolerance]))[0])
    axes.axvspan(-edge, edge, color=theme.sunken, zorder=0)
    for place in (-edge, edge):
        axes.axvline(place, color=theme.ink3, linewidth=0.8, dashes=(4, 3), zorder=1)
    low, high = axes.get_xlim()
    groups = (
        ("positive", values > tolerance, (edge + high) / 2, theme.accent),
        ("negative", values < -tolerance, (low - edge) / 2, theme.orange),
        ("within ± tolerance", np.abs(values) <= tolerance, 0.0, theme.ink2),
    )
    for word, chosen, place, colour in groups:
        count = int(chosen.sum())
        axes.annotate(
            f"{count} {word}", (place, 1), xytext=(0, -3), xycoords=("data", "axes fraction"), textcoords="offset points",
            ha="center", va="top", color=colour if count else theme.ink3, fontproperties=paper.font(paper.LABEL, "SemiBold"),
        )  # fmt: skip
    axes.annotate(
        f"tolerance {paper.number(tolerance, 2)}", (edge, 1), xytext=(5, -17), xycoords=("data", "axes fraction"),
        textcoords="offset points", ha="left", va="top", color=theme.ink3, fontproperties=paper.font(paper.TICK),
    )  # fmt: skip


def picture(artifact: Picture, size: tuple[float, float] | None, dpi: int, theme: Theme) -> Figure:
    """Return a picture as it is, row 0 at the top."""
    rows, columns = artifact.pixels.shape[:2]
    size = size or (4.0, 0.6 + max(0.8, min(8.0, 3.8 * rows / columns)))
    figure = paper.sheet(size, dpi, theme)
    axes = paper.place(figure, 0.1, 0.1, size[0] - 0.2, max(0.3, size[1] - 0.1 - paper.TOP), theme)
    axes.set_axis_off()
    axes.imshow(np.clip(artifact.pixels, 0, 1), cmap=paper.colours("pattern"), vmin=0, vmax=1, interpolation="nearest")
    paper.title(figure, artifact.title or artifact.name, theme, f"{columns} × {rows}")
    return figure


def checkpoint(artifact: Checkpoint, size: tuple[float, float] | None, dpi: int, theme: Theme) -> Figure:
    """Return the parameters at a glance: per array its shape, its range, the middle 90 % and the median."""
    size = size or (6.0, 0.9 + paper.TOP + 0.26 * max(3, len(artifact.params)))
    figure = paper.sheet(size, dpi, theme)
    left = 1.75
    axes = paper.place(
        figure, left, paper.BOTTOM, max(0.5, size[0] - left - paper.RIGHT), size[1] - paper.BOTTOM - paper.TOP, theme
    )
    axes.spines["left"].set_visible(False)
    every = np.concatenate([value.ravel() for value in artifact.params.values()] or [np.zeros(1)])
    suffix = paper.scale(axes, "x", *paper.span(every))
    axes.set_ylim(len(artifact.params) - 0.4, -0.6)
    axes.set_yticks([])
    axes.axvline(0, color=theme.grid, linewidth=0.8, zorder=0)
    for row, (key, value) in enumerate(artifact.params.items()):
        low, five, middle, most, high = np.quantile(value, [0, 0.05, 0.5, 0.95, 1]) if value.size else np.zeros(5)
        axes.plot([low, high], [row, row], color=theme.border, linewidth=1, zorder=1)
        axes.plot([five, most], [row, row], color=theme.accent, linewidth=5, solid_capstyle="round", zorder=2)
        axes.plot([middle], [row], "o", color=theme.panel, markersize=2.6, zorder=3)
        for x, text, ink, ha in (
            (-left + 0.15, key, theme.ink, "left"),
            (-0.12, " × ".join(map(str, value.shape)), theme.ink3, "right"),
        ):
            axes.annotate(
                text, (0, row), xytext=(x * 72, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
                ha=ha, va="center", color=ink, fontproperties=paper.font(paper.TICK),
            )  # fmt: skip
    paper.names(axes, "value, middle 90 % thick" + suffix, "", theme)
    paper.title(figure, artifact.title or artifact.name, theme, f"{artifact.size} parameters")
    return figure
