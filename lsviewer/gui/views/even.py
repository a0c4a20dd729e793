"""Sections whose grid points do not lie at even distances, brought onto an even grid so that a picture shows them in place."""

from dataclasses import replace

import numpy as np

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Axis, Section

MOST = {2: 400, 3: 65}  # points an axis, by axes


def is_even(axis: Axis) -> bool:
    """Return whether the steps of an axis differ by less than a hundredth of their mean."""
    steps = np.diff(axis.values)
    return steps.size < 2 or float(np.ptp(steps)) <= 0.01 * float(steps.mean())


def on_even_grid(section: Section) -> Section:
    """Return ``section`` on an even grid between the same ends: itself, or values interpolated linearly.

    There are as many points as the smallest step asks for, at most `MOST`; beside a hole there is nothing to interpolate.
    """
    if all(is_even(axis) for axis in section.axes):
        return section
    most = MOST.get(len(section.axes), 400)
    axes = tuple(axis if is_even(axis) else _refined(axis, most) for axis in section.axes)

    def moved(array: Array | None) -> Array | None:
        if array is None:
            return None
        for index, (old, new) in enumerate(zip(section.axes, axes)):
            if new is not old:
                array = np.swapaxes(_interpolated(old.values, new.values, np.swapaxes(array, 0, index)), 0, index)
        return array

    known = moved(None if section.known is None else section.known.astype(np.float32))
    values = moved(section.values)
    assert values is not None
    known = None if known is None else known == 1.0
    return replace(section, axes=axes, values=values, target=moved(section.target), known=known)


def _refined(axis: Axis, most: int) -> Axis:
    first, last = float(axis.values[0]), float(axis.values[-1])
    points = min(most, max(len(axis.values), int(np.ceil((last - first) / float(np.diff(axis.values).min()))) + 1))
    return Axis(axis.name, np.linspace(first, last, points))


def _interpolated(old: Array, new: Array, array: Array) -> Array:
    """Return ``array`` (n, ...) at ``new`` instead of ``old`` along axis 0."""
    right = np.clip(np.searchsorted(old, new), 1, len(old) - 1)
    part = np.clip((new - old[right - 1]) / (old[right] - old[right - 1]), 0.0, 1.0)
    part = part.reshape(-1, *[1] * (array.ndim - 1))
    before, after = array[right - 1], array[right]
    # 0 times a hole is a hole: on a grid point its own value is taken
    return np.where(part == 0, before, np.where(part == 1, after, (1 - part) * before + part * after))
