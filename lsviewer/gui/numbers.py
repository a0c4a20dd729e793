"""Numbers as text, the same in every corner of the window: real minus, superscripts, thin grouping, round ticks.

Pure functions of floats; no Qt. A view shows 2-3 significant digits, tooltips and copies show all (`full_number`).
"""

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MINUS = "−"
TIMES = " × "
THIN = "\u202f"  # narrow no-break space: groups of three stay on one line
_SUPERSCRIPTS = str.maketrans("0123456789-−+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻⁺")
_SUBSCRIPTS = str.maketrans("0123456789-−+", "₀₁₂₃₄₅₆₇₈₉₋₋₊")

FIXED_FROM, FIXED_TO = 1e-3, 1e6
"""Absolute values in this range are written out; others get a power of ten."""


def superscript(text: object) -> str:
    """Return digits and signs raised: ``superscript(-6) -> "⁻⁶"``."""
    return str(text).translate(_SUPERSCRIPTS)


def subscript(text: object) -> str:
    """Return digits and signs lowered: ``subscript(2) -> "₂"``."""
    return str(text).translate(_SUBSCRIPTS)


def format_count(count: int) -> str:
    """Return an integer with thin grouping: ``16 384``."""
    return f"{count:,}".replace(",", THIN).replace("-", MINUS)


def power_of_ten(exponent: int) -> str:
    """Return ``10ⁿ`` as on a logarithmic axis: ``10⁻⁶``, and plain ``1`` and ``10``."""
    return {0: "1", 1: "10"}.get(exponent, "10" + superscript(exponent))


def format_number(value: float, digits: int = 3, *, trim: bool = True) -> str:
    """Return ``value`` with ``digits`` significant digits: ``1.4 × 10⁻⁶``, ``0.214``, ``83.1``, ``109 802``, ``−3``.

    Integers keep all their digits. ``trim`` drops zeros at the end; live read-outs pass False so that they do not jitter.
    """
    if isinstance(value, int) or (math.isfinite(value) and value == int(value) and abs(value) < FIXED_TO and trim):
        return format_count(int(value))
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "∞" if value > 0 else MINUS + "∞"
    if value == 0:
        return "0"
    mantissa, exponent = _split(value, digits)
    if FIXED_FROM <= abs(value) and exponent < math.log10(FIXED_TO):
        return fixed(value, max(0, digits - 1 - exponent), trim=trim)
    return fixed(mantissa, digits - 1, trim=trim) + TIMES + "10" + superscript(exponent)


def fixed(value: float, decimals: int, *, trim: bool = False) -> str:
    """Return ``value`` with ``decimals`` places, grouped, with a real minus and never ``−0``."""
    text = f"{value:,.{decimals}f}"
    if trim and "." in text:
        text = text.rstrip("0").rstrip(".")
    if not text.strip("-0.,"):
        text = text.lstrip("-")
    return text.replace(",", THIN).replace("-", MINUS)


def full_number(value: float) -> str:
    """Return every digit that distinguishes ``value``, for tooltips and copies into other programs' cells."""
    return str(value) if isinstance(value, int) else repr(float(value))


def format_point(position: Iterable[float], decimals: int = 2) -> str:
    """Return coordinates as shown in the status bar: ``(0.62, 0.71)``."""
    return "(" + ", ".join(fixed(coordinate, decimals) for coordinate in position) + ")"


def _split(value: float, digits: int) -> tuple[float, int]:
    """Return mantissa and exponent *after* rounding to ``digits``, so that 9.996 becomes 1.00 × 10¹."""
    mantissa, exponent = f"{value:.{max(0, digits - 1)}e}".split("e")
    return float(mantissa), int(exponent)


def nice_ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Return about ``count`` round values inside [low, high], steps 1, 2, 2.5 or 5 times a power of ten."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return [low] if math.isfinite(low) else []
    rough = (high - low) / max(1, count)
    power = 10.0 ** math.floor(math.log10(rough))
    steps = [factor * power for factor in (1.0, 2.0, 2.5, 5.0, 10.0)]
    step = min(steps, key=lambda one: abs(math.log(one / rough)))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    if last - first > 10 * count:  # a range below the resolution of floats at this magnitude
        return [low, high]
    return [index * step for index in range(first, last + 1)]


def log_ticks(low: float, high: float, count: int = 6) -> list[int]:
    """Return exponents of ten inside [low, high] (both positive), thinned evenly to about ``count``."""
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    stride = max(1, math.ceil((last - first + 1) / count))
    return [exponent for exponent in range(first, last + 1) if exponent % stride == 0]


@dataclass(frozen=True, slots=True)
class TickLabels:
    """Labels of an axis, short because what they share is said once: value = offset + label * 10**exponent."""

    labels: tuple[str, ...]
    offset: float = 0.0
    exponent: int = 0

    def name(self, symbol: str) -> str:
        """Return the axis name with what the labels left out: ``L``, ``L, 10⁻⁵``, ``L − 2.3026, 10⁻⁵``."""
        if self.offset:
            sign = MINUS if self.offset > 0 else "+"
            symbol = f"{symbol} {sign} {format_number(abs(self.offset), 6)}"
        return f"{symbol}, {power_of_ten(self.exponent)}" if self.exponent else symbol


def tick_labels(ticks: Sequence[float], *, trim: bool = False, max_decimals: int = 3) -> TickLabels:
    """Return labels with the same number of decimals for evenly spaced ``ticks`` (``trim``: 0, 0.25, 0.5 ... 1).

    A common power of ten is split off when values are tiny or huge, a common offset when they hardly differ.
    """
    if not ticks:
        return TickLabels(())
    largest = max(abs(tick) for tick in ticks)
    step = min((b - a for a, b in itertools.pairwise(ticks) if b > a), default=largest or 1.0)
    offset = 0.0
    if largest > 0 and step > 0 and step / largest < 10.0**-max_decimals and len(ticks) > 1:
        offset = ticks[0]
        ticks = [tick - offset for tick in ticks]
        largest = max(abs(tick) for tick in ticks)
    exponent = 0
    if largest > 0 and not 1e-2 <= largest < 1e4:
        exponent = math.floor(math.log10(largest) + 1e-9)
    scaled = [tick / 10.0**exponent for tick in ticks]
    decimals = _decimals(step / 10.0**exponent)
    return TickLabels(tuple(fixed(tick, decimals, trim=trim) for tick in scaled), offset, exponent)


def _decimals(step: float) -> int:
    """Return how many places a step needs: 0.25 -> 2, 0.2 -> 1, 5 -> 0."""
    for decimals in range(9):
        if abs(step * 10**decimals - round(step * 10**decimals)) < 1e-6 * max(1.0, step * 10**decimals):
            return decimals
    return 9
