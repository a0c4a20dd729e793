"""Colours, type, axes and numbers that all figures share: the tokens of the window on paper.

Axes are placed in inches and ticks are chosen here, so that a figure looks the same at any size and in any thread.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import cmap
import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from lsviewer.core.arrays import Array
from lsviewer.resources import path as resource

ThemeName = Literal["light", "dark"]
Weight = Literal["Regular", "Medium", "SemiBold", "Italic"]

TICK, LABEL, TITLE = 8.0, 8.5, 10.0  # points
LEFT, BOTTOM, TOP, RIGHT = 0.62, 0.55, 0.48, 0.25  # inches around the data

SMALLEST = 0.3  # inches of data area, on however small a sheet

matplotlib.rcParams["svg.hashsalt"] = (
    "lsviewer"  # ids in an SVG are random otherwise, and two exports of one figure differ
)

SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of a figure; names as in the window."""

    panel: str
    sunken: str
    grid: str
    border: str
    ink: str
    ink2: str
    ink3: str
    accent: str
    orange: str
    zero: str

    @property
    def series(self) -> tuple[str, ...]:
        """Colours of lines in their order; two carry colour, further ones are greys."""
        return (self.accent, self.orange, self.ink2, self.zero)


THEMES: dict[ThemeName, Theme] = {
    "light": Theme(
        "#FFFFFF", "#EDEFF3", "#E9ECF0", "#B4BCC7", "#1A1F27", "#4D5665", "#646D7B", "#3457D5", "#B4510B", "#767F8D"
    ),
    "dark": Theme(
        "#1A1E24", "#242931", "#252A32", "#4A5361", "#E6E9EE", "#ABB3BF", "#8D96A4", "#92AAFF", "#F0A35E", "#7C8594"
    ),
}


def font(size: float = LABEL, weight: Weight = "Regular") -> FontProperties:
    """Return Inter as it is shipped: figures look the same on every machine."""
    return FontProperties(fname=str(_font_file(weight)), size=size)


@cache
def _font_file(weight: Weight) -> Any:
    return resource("fonts", f"Inter-{weight}.otf")


@cache
def colours(name: Literal["loss", "error", "pattern"]) -> Colormap:
    """Return the matplotlib colormap for a loss, a signed error or a pattern; what is not finite is transparent."""
    catalogue = {"loss": "crameri:lipari", "error": "crameri:vik", "pattern": "gray"}
    found: Colormap = cmap.Colormap(catalogue[name]).to_mpl()
    return found.with_extremes(bad=(0, 0, 0, 0))


def sheet(size_inches: tuple[float, float], dpi: int, theme: Theme) -> Figure:
    """Return an empty figure with its own canvas."""
    figure = Figure(figsize=size_inches, dpi=dpi, facecolor=theme.panel)
    FigureCanvasAgg(figure)
    return figure


def place(figure: Figure, left: float, bottom: float, width: float, height: float, theme: Theme) -> Axes:
    """Return axes with their data area at these inches from the lower left corner: left and bottom lines only."""
    whole_width, whole_height = figure.get_size_inches()
    width, height = max(width, SMALLEST), max(height, SMALLEST)
    axes = figure.add_axes((left / whole_width, bottom / whole_height, width / whole_width, height / whole_height))
    axes.set_facecolor("none")
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(theme.border)
        spine.set_linewidth(0.8)
    axes.tick_params(which="both", length=3, width=0.8, color=theme.border, labelcolor=theme.ink2, pad=3)
    return axes


def title(figure: Figure, text: str, theme: Theme, note: str = "") -> None:
    """Write the title at the upper left, and a note behind it in the quiet colour."""
    width, height = figure.get_size_inches()
    shown = figure.text(
        LEFT / 2 / width, 1 - 0.2 / height, text, fontproperties=font(TITLE, "SemiBold"), color=theme.ink, va="center"
    )
    if note:
        ends = shown.get_window_extent().x1 / figure.dpi + 0.12 if text else LEFT / 2
        figure.text(ends / width, 1 - 0.2 / height, note, fontproperties=font(LABEL), color=theme.ink3, va="center")


def foot(figure: Figure, text: str, theme: Theme) -> None:
    """Write a remark at the lower left."""
    width, height = figure.get_size_inches()
    figure.text(LEFT / 2 / width, 0.08 / height, text, fontproperties=font(7), color=theme.ink3, va="bottom")


def names(axes: Axes, x: str, y: str, theme: Theme) -> None:
    """Name both axes."""
    axes.set_xlabel(x, fontproperties=font(), color=theme.ink2, labelpad=4)
    axes.set_ylabel(y, fontproperties=font(), color=theme.ink2, labelpad=4)


def scale(axes: Axes, which: Literal["x", "y"], low: float, high: float, *, log: bool = False, ticks: int = 5) -> str:
    """Set limits, ticks and labels of one axis; returns what belongs to its name, such as `` (10⁻⁶)``."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    set_limits = axes.set_xlim if which == "x" else axes.set_ylim
    suffix = ""
    if log:
        (axes.set_xscale if which == "x" else axes.set_yscale)("log")
        places = log_ticks(low, high, ticks)
        labels = [number(value) for value in places]
    else:
        places = linear_ticks(low, high, ticks)
        labels, suffix = tick_labels(places)
    set_limits(low, high)
    axis.set_major_locator(FixedLocator(places))
    axis.set_minor_locator(NullLocator())
    axis.set_ticklabels(labels)
    for label in axis.get_ticklabels():
        label.set_fontproperties(font(TICK))
    return suffix


def linear_ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Return round places in [low, high]."""
    slack = 1e-9 * (high - low)
    found = MaxNLocator(count, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return [float(value) for value in found if low - slack <= value <= high + slack]


def log_ticks(low: float, high: float, count: int = 6) -> list[float]:
    """Return powers of ten in [low, high], thinned; with less than two of them 1, 2, 5 of each decade."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    stride = max(1, math.ceil((last - first) / count))
    found = [10.0**e for e in range(first, last + 1) if e % stride == 0 and low <= 10.0**e <= high]
    if len(found) >= 2:
        return found
    return [m * 10.0**e for e in range(first, last + 1) for m in (1, 2, 5) if low <= m * 10.0**e <= high]


def tick_labels(values: Sequence[float]) -> tuple[list[str], str]:
    """Return labels with just the decimals the step needs, and the power of ten taken out of all of them."""
    if not values:
        return [], ""
    largest = max(abs(value) for value in values)
    power = 0
    if largest and not 1e-3 <= largest < 1e6:
        power = math.floor(math.log10(largest))
    step = min(np.diff(values), default=largest or 1.0) / 10.0**power
    decimals = next((d for d in range(12) if abs(round(step * 10.0**d) - step * 10.0**d) < 1e-6 * step * 10.0**d), 12)
    labels = [f"{value / 10.0**power + 0.0:.{decimals}f}" for value in values]
    labels = [label.rstrip("0").rstrip(".") if "." in label else label for label in labels]
    labels = [label.replace("-", "−") if label != "-0" else "0" for label in labels]
    return labels, f" (10{str(power).translate(SUPERSCRIPT)})" if power else ""


def number(value: float, digits: int = 3) -> str:
    """Return a number with real minus and superscripts: ``1.4 × 10⁻⁶``, ``10⁻³``, ``0.25``."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else {"inf": "∞", "-inf": "−∞"}.get(str(value), "not a number")
    exponent = math.floor(math.log10(abs(value)) + 1e-12)
    if -3 <= exponent < 6:
        return f"{value:.{digits}g}".replace("-", "−") if exponent < digits else f"{value:.0f}".replace("-", "−")
    mantissa = f"{value / 10.0**exponent:.{digits}g}".replace("-", "−")
    power = f"10{str(exponent).translate(SUPERSCRIPT)}"
    return power if mantissa == "1" else f"−{power}" if mantissa == "−1" else f"{mantissa} × {power}"


def span(values: Array, margin: float = 0.05, *, log: bool = False) -> tuple[float, float]:
    """Return limits around the finite (for a logarithm: positive) values, with a margin; [0, 1] where there are none."""
    good = values[np.isfinite(values) & (values > 0 if log else True)]
    if good.size == 0:
        return (0.1, 1.0) if log else (0.0, 1.0)
    low, high = float(good.min()), float(good.max())
    if log:
        a, b = math.log10(low), math.log10(high)
        extra = margin * (b - a) or 0.5
        return 10.0 ** max(a - extra, -307), 10.0 ** min(b + extra, 308)
    extra = margin * (high - low) if high - low > 1e-12 * max(abs(low), abs(high)) else 0.5 * abs(high) or 0.5
    return low - extra, high + extra


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Return the places nearest to ``wanted`` that keep ``gap`` between each other, inside [low, high] where they fit."""
    order = np.argsort(wanted)
    found = [float(np.clip(wanted[i], low, high)) for i in order]
    for i in range(1, len(found)):
        found[i] = max(found[i], found[i - 1] + gap)
    if found and found[-1] > high:
        found[-1] = high
        for i in range(len(found) - 2, -1, -1):
            found[i] = min(found[i], found[i + 1] - gap)
    placed = [0.0] * len(found)
    for rank, i in enumerate(order):
        placed[i] = found[rank]
    return placed
