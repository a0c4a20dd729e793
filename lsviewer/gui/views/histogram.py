"""Counting values for a histogram: signed logarithmic bins with a band of zero, or even bins around zero. Pure numpy."""

import itertools
import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from lsviewer.core.arrays import Array
from lsviewer.gui.views.plot import Scale

BINS = 64
FLOOR = 1e-18
"""Smaller than this is drawn linearly around zero."""


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Bars between ``edges``, the scale they lie on, and how many values are negative, zero, positive, not finite."""

    edges: Array  # (bins + 1,), on the scale
    counts: Array  # (bins,), int
    scale: Scale
    negative: int
    zero: int
    positive: int
    holes: int
    tolerance: float | None = None
    smallest: float | None = None  # absolute value above the tolerance

    def signs(self) -> Array:
        """Return -1, 0 or 1 for every bar: the sign of its middle, 0 within the tolerance."""
        units = self.scale.unit(self.edges)
        middles = np.array([self.scale.value(float(u)) for u in (units[:-1] + units[1:]) / 2])
        return np.where(np.abs(middles) <= (self.tolerance or 0.0), 0, np.sign(middles))

    def bar_of(self, value: float) -> int:
        """Return the number of the bar that holds ``value``, counted as the bars were: upper ends belong to the next one."""
        units = self.scale.unit(self.edges)
        place = int(np.searchsorted(units, float(self.scale.unit(value)), side="right")) - 1
        return min(max(place, 0), len(self.counts) - 1)

    def gap(self) -> tuple[float, float] | None:
        """Return the tolerance and the smallest absolute value above it, or None if one is missing; between them is the gap."""
        return None if self.tolerance is None or self.smallest is None else (self.tolerance, self.smallest)


def of_spectrum(
    values: Array, tolerance: float | None, kind: Literal["auto", "linear", "signed_log"] = "auto"
) -> Histogram:
    """Return the histogram of eigenvalues or singular values; ``auto`` is logarithmic when they span more than three decades.

    ``tolerance`` says what counts as zero; without one only 0 itself does.
    """
    finite = np.asarray(values, np.float64)[np.isfinite(values)]
    bound = tolerance or 0.0
    sizes = np.abs(finite[finite != 0])
    if kind == "auto":
        kind = "signed_log" if sizes.size and sizes.max() > 1e3 * sizes.min() else "linear"
    if kind == "signed_log" and sizes.size:
        scale = _signed(finite, bound, sizes)
    else:
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
        extra = 0.05 * (high - low) or 0.5
        scale = Scale(low - extra, high + extra)
    edges = _edges(scale, bound)
    counts = np.histogram(scale.unit(finite), scale.unit(edges))[0]
    outside = np.abs(finite) > bound
    return Histogram(
        edges,
        counts,
        scale,
        negative=int((finite[outside] < 0).sum()),
        zero=int((~outside).sum()),
        positive=int((finite[outside] > 0).sum()),
        holes=int(values.size - finite.size),
        tolerance=tolerance,
        smallest=float(np.abs(finite[outside]).min()) if outside.any() else None,
    )


DENSITY_POINTS = 513  # an odd number: the kernel has a middle
BANDWIDTH = 0.8 / BINS
"""Standard deviation of the density's kernel on the axis from 0 to 1: a little less than one bar."""


def density(values: Array, scale: Scale, bars: int = BINS) -> tuple[Array, Array]:
    """Return the Gaussian kernel density of ``values`` as places on the axis in [0, 1] and heights (both (points,)).

    The kernel has the same width everywhere on the axis, so on a signed logarithmic one it is so many decades wide. Heights
    are values per bar: where values lie evenly the curve runs along the tops of the bars.
    """
    finite = np.asarray(values, np.float64)[np.isfinite(values)]
    places = np.linspace(0.0, 1.0, DENSITY_POINTS)
    half = 0.5 / (DENSITY_POINTS - 1)
    fine = np.histogram(scale.unit(finite), np.linspace(-half, 1 + half, DENSITY_POINTS + 1))[0]
    kernel = np.exp(-0.5 * ((places - 0.5) / BANDWIDTH) ** 2) / (BANDWIDTH * math.sqrt(2 * math.pi)) / bars
    return places, np.convolve(fine, kernel, "same")


def of_errors(errors: Array) -> Histogram:
    """Return the histogram of errors with even bins, symmetric around zero, one of them centred on it."""
    finite = np.asarray(errors, np.float64)[np.isfinite(errors)].ravel()
    most = float(np.abs(finite).max()) if finite.size else 0.0
    scale = Scale(-most * 1.02, most * 1.02) if most > 0 else Scale(-1.0, 1.0)
    edges = np.linspace(scale.low, scale.high, BINS + 2)  # an odd number of bars
    counts = np.histogram(finite, edges)[0]
    negative, zero = int((finite < 0).sum()), int((finite == 0).sum())
    holes = int(np.size(errors) - finite.size)
    return Histogram(edges, counts, scale, negative, zero, finite.size - negative - zero, holes)


def _signed(finite: Array, bound: float, sizes: Array) -> Scale:
    """Return a signed logarithmic scale a decade wider than the values, the band of zero wholly in sight."""
    floor = max(FLOOR, 10.0 ** math.floor(math.log10(min(float(sizes.min()), bound or np.inf))) / 10)
    most = max(float(sizes.max()), bound) * 30
    # without values below zero the band still shows both its ends, and room to write "0 negative"
    low = -max(abs(float(finite.min())) * 30 if finite.min() < 0 else 0.0, (bound or floor * 10) * 1e4)
    high = most if finite.max() > 0 else (bound or floor * 10) * 1e3
    return Scale(low, high, "signed_log", floor)


def _edges(scale: Scale, bound: float) -> Array:
    """Return edges evenly spaced on the scale, with the ends of the band and zero among them: no bar straddles a decision."""
    cuts = [scale.low, *([-bound, 0.0, bound] if scale.kind == "signed_log" and bound > 0 else []), scale.high]
    units = [float(scale.unit(cut)) for cut in cuts if scale.low <= cut <= scale.high]
    edges: list[float] = []
    for a, b in itertools.pairwise(units):
        edges += np.linspace(a, b, max(2, round((b - a) * BINS) + 1))[:-1].tolist()
    return np.array([scale.value(unit) for unit in [*edges, 1.0]])
