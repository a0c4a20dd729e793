"""The values at the cursor in words, for the bottom bar: alpha, loss, pattern, error. Pure."""

import numpy as np

from lsviewer.core.artifacts import Picture, Section
from lsviewer.gui.numbers import fixed, format_number


def values_at(section: Section | Picture | None, position: tuple[float, ...] | None) -> list[str]:
    """Return ``α = (0.62, 0.71)``, ``L = 2.9929``, ``T = 0.6902``, ``error 1.2 × 10⁻⁴`` at the nearest grid point.

    Of a picture in colour: what was found there, what was asked for, and the largest error of the three.
    """
    if position is None:
        return []
    place = "(" + ", ".join(fixed(value, 2) for value in position) + ")"
    words = [f"α = {place}"]
    if isinstance(section, Picture):
        return words + _colours_at(section, position)
    if section is None or len(position) != len(section.axes):
        return words
    index = tuple(int(np.abs(axis.values - value).argmin()) for axis, value in zip(section.axes, position, strict=True))
    value = float(section.values[index])
    words.append(f"{section.symbol} = {format_number(value, 5, trim=False)}")
    if section.target is not None and section.error is not None:
        words.append(f"T = {format_number(float(section.target[index]), 4, trim=False)}")
        words.append(f"error {format_number(float(section.error[index]), 2)}")
    return words


def _colours_at(picture: Picture, position: tuple[float, ...]) -> list[str]:
    """Return ``found (0.52, 0.31, 0.90)``, ``asked for (...)``, ``error 1.2 × 10⁻⁶``."""
    if picture.target is None or len(position) != 2:
        return []
    rows, columns = picture.pixels.shape[:2]
    at = round((1.0 - position[1]) * (rows - 1)), round(position[0] * (columns - 1))
    found, asked = picture.pixels[at], picture.target[at]
    words = ["(" + ", ".join(fixed(float(value), 2) for value in colour) + ")" for colour in (found, asked)]
    error = float(np.abs(found - asked).max())
    return [f"found {words[0]}", f"asked for {words[1]}", f"error {format_number(error, 2)}"]
