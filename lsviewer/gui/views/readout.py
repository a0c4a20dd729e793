"""What a section says at one place: L, T, error, for status bar and profile. Pure functions."""

from dataclasses import dataclass

import numpy as np

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Axis, Section
from lsviewer.gui.numbers import format_number, format_point
from lsviewer.gui.views.base import Cursor


def nearest(axis: Axis, coordinate: float) -> int:
    """Return the index of the grid point nearest to ``coordinate``."""
    return int(np.argmin(np.abs(axis.values - coordinate)))


def clamped(section: Section, position: Cursor) -> Cursor:
    """Return ``position`` moved onto the section."""
    pairs = zip(section.axes, position)
    return tuple(float(np.clip(coordinate, axis.values[0], axis.values[-1])) for axis, coordinate in pairs)


def stepped(section: Section, position: Cursor, steps: tuple[int, ...]) -> Cursor:
    """Return the grid point ``steps`` away from the one nearest to ``position``, kept on the section."""
    answer = []
    for axis, coordinate, step in zip(section.axes, position, steps):
        index = min(max(nearest(axis, coordinate) + step, 0), len(axis.values) - 1)
        answer.append(float(axis.values[index]))
    return tuple(answer)


def value_at(section: Section, array: Array, position: Cursor) -> float:
    """Return the entry of ``array`` (shaped like the section) at the grid point nearest to ``position``."""
    return float(array[tuple(nearest(axis, x) for axis, x in zip(section.axes, position))])


def readout(section: Section, position: Cursor) -> list[tuple[str, str]]:
    """Return (symbol, number) pairs at the nearest grid point: α, L, and T and error where there is a pattern."""
    pairs = [("α", format_point(position)), (section.symbol, _five(value_at(section, section.values, position)))]
    if section.target is not None and (error := section.error) is not None:
        pairs.append(("T", _five(value_at(section, section.target, position))))
        pairs.append(("error", format_number(value_at(section, error, position), 2)))
    return pairs


def sentence(section: Section | None, position: Cursor | None) -> str:
    """Return `readout` for the status bar, with the name of a mark that lies there; empty without section or cursor."""
    if section is None or position is None:
        return ""
    here = [nearest(axis, x) for axis, x in zip(section.axes, position)]
    marks = [
        mark.label
        for mark in section.marks
        if all(abs(nearest(axis, x) - at) <= 1 for axis, x, at in zip(section.axes, mark.position, here))
    ]
    return "   ".join([*(f"{symbol} = {number}" for symbol, number in readout(section, position)), *marks])


def _five(value: float) -> str:
    return format_number(value, 5, trim=False)


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """The section along one axis through the cursor: ``along`` axis, at ``value`` of the other one."""

    words: str  # "at α₂ = 0.71"
    axis: Axis
    values: Array  # (n,)
    target: Array | None  # (n,), target plus offset
    here: float  # the cursor on ``axis``; NaN: nowhere


def profile(section: Section, position: Cursor, along: int) -> Profile:
    """Return the line of grid points through ``position`` along axis 0 or 1 of a section with two axes."""
    other = 1 - along
    index = nearest(section.axes[other], position[other])

    def cut(array: Array) -> Array:
        return np.take(array, index, axis=other)

    target = None if section.target is None else cut(section.target) + section.offset
    words = f"at {section.axes[other].name} = {float(section.axes[other].values[index]):.2f}".replace("-", "−")
    return Profile(words, section.axes[along], cut(section.values), target, position[along])


@dataclass(frozen=True, slots=True)
class Counts:
    """How many points a section has, how many were evaluated, how many of those are not finite."""

    points: int
    known: int
    holes: int


def counts(section: Section) -> Counts:
    """Return the counts of ``section``; holes are counted among the points evaluated."""
    finite = np.isfinite(section.values)
    known = section.values.size if section.known is None else int(np.count_nonzero(section.known))
    holes = ~finite if section.known is None else ~finite & section.known
    return Counts(section.values.size, known, int(np.count_nonzero(holes)))
