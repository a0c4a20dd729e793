"""Where the three slices of a section with three axes stand in a card: two over one, or in a row where that makes them larger."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRect

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Mark, Section
from lsviewer.gui.square import LAYOUT
from lsviewer.gui.views.base import Cursor
from lsviewer.gui.views.readout import nearest

TITLE = 24  # px over a slice: where it cuts
CONTROLS = 150  # px, at least, for sliders beside a row
FOOT = 30  # px, one line of words


@dataclass(frozen=True, slots=True)
class Pane:
    """A slice: which axis goes to the right, which up, which one it cuts, and its square."""

    right: int
    up: int
    across: int
    square: QRect

    def lifted(self, place: tuple[float, float], centre: Cursor) -> Cursor:
        """Return the place in the volume of a place on this slice."""
        found = list(centre)
        found[self.right], found[self.up] = place
        return tuple(found)

    def flat(self, position: Cursor) -> tuple[float, float]:
        """Return where a place of the volume lies on this slice, whichever slice it lies on."""
        return position[self.right], position[self.up]

    def window(self, section: Section) -> tuple[float, float, float, float]:
        """Return the ends of its two axes."""
        x, y = section.axes[self.right].values, section.axes[self.up].values
        return float(x[0]), float(x[-1]), float(y[0]), float(y[-1])

    def cut(self, section: Section, array: Array, centre: Cursor) -> Array:
        """Return the slice of an array shaped like the section, ij order: first the axis to the right."""
        index = nearest(section.axes[self.across], centre[self.across])
        plane = np.take(array, index, axis=self.across)
        return plane if self.right < self.up else plane.T

    def marks(self, section: Section, centre: Cursor) -> tuple[Mark, ...]:
        """Return the marks that lie on this slice."""
        axis = section.axes[self.across]
        index = nearest(axis, centre[self.across])
        there = (mark for mark in section.marks if len(mark.position) == 3)
        here = (mark for mark in there if nearest(axis, mark.position[self.across]) == index)
        return tuple(Mark(self.flat(mark.position), mark.label, mark.kind) for mark in here)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Three slices, the one that has the colour bar beside it, and the room for the sliders."""

    panes: tuple[Pane, Pane, Pane]
    barred: Pane
    controls: QRect


def arrange(width: int, height: int) -> Arrangement:
    """Return the arrangement with the larger slices. Over and beside each other, slices share the axis between them."""
    beside, below = LAYOUT.left, LAYOUT.bottom
    room = width - 2 * beside - LAYOUT.right, height - FOOT - 2 * (TITLE + below)
    row = width - 3 * beside - LAYOUT.right - CONTROLS, height - FOOT - TITLE - below
    corner, line = max(24, min(room) // 2), max(24, min(row[0] // 3, row[1]))
    if line > corner:
        x = beside + max(0, row[0] - 3 * line) // 2
        first, second, third = (QRect(x + k * (line + beside), TITLE, line, line) for k in range(3))
        left = third.right() + LAYOUT.right + 8
        controls = QRect(left, TITLE, max(CONTROLS - 16, min(240, width - left - 16)), min(line, 120))
        return _arrangement(first, second, third, controls, barred=2)
    x = beside + max(0, room[0] - 2 * corner) // 2
    other, lower = x + corner + beside, TITLE + corner + below + TITLE
    first, second, third = (QRect(a, b, corner, corner) for a, b in ((x, TITLE), (other, TITLE), (x, lower)))
    controls = QRect(other - 16, lower - 4, corner + LAYOUT.right + 8, min(corner + 8, 120))
    return _arrangement(first, second, third, controls, barred=1)


def _arrangement(first: QRect, second: QRect, third: QRect, controls: QRect, barred: int) -> Arrangement:
    panes = Pane(0, 1, 2, first), Pane(2, 1, 0, second), Pane(0, 2, 1, third)
    return Arrangement(panes, panes[barred], controls)
