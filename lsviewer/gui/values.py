"""The values at the cursor in words, for the bottom bar: alpha, loss, pattern, error. Pure."""

import numpy as np

from lsviewer.core.artifacts import Section
from lsviewer.gui.numbers import fixed, format_number


def values_at(section: Section | None, position: tuple[float, ...] | None) -> list[str]:
    """Return ``α = (0.62, 0.71)``, ``L = 2.9929``, ``T = 0.6902``, ``error 1.2 × 10⁻⁴`` at the nearest grid point."""
    if position is None:
        return []
    place = "(" + ", ".join(fixed(value, 2) for value in position) + ")"
    words = [f"α = {place}"]
    if section is None or len(position) != len(section.axes):
        return words
    index = tuple(int(np.abs(axis.values - value).argmin()) for axis, value in zip(section.axes, position, strict=True))
    value = float(section.values[index])
    words.append(f"{section.symbol} = {format_number(value, 5, trim=False)}")
    if section.target is not None and section.error is not None:
        words.append(f"T = {format_number(float(section.target[index]), 4, trim=False)}")
        words.append(f"error {format_number(float(section.error[index]), 2)}")
    return words
