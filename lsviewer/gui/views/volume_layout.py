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
CONTROLS = 120  # px, at least, for sliders beside a row
FOOT = 30  # px, one line of words
GAP = 18  # px between slices that share the axis that goes up
BETWEEN = 28  # px between slices that share the axis to the right: the title of the lower one
BARRED_FROM, NO_BAR = 340, 14  # px of card; the margin at the right without a colour bar


@dataclass(frozen=True, slots=True)
class Pane:
    """A slice: which axis goes to the right, which up, which one it cuts, and its square."""

    right: int
    up: int
    across: int
    square: QRect
    has_left: bool = True  # ticks and a name of its own; else it shares those of its neighbour
    has_bottom: bool = True

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
    has_bar: bool


def arrange(width: int, height: int) -> Arrangement:
    """Return the arrangement with the larger slices. Slices over and beside each other share the axis between them."""
    bar = LAYOUT.right if width >= BARRED_FROM else NO_BAR
    room = width - LAYOUT.left - GAP - bar, height - FOOT - TITLE - BETWEEN - LAYOUT.bottom
    row = width - 2 * LAYOUT.left - GAP - LAYOUT.right - CONTROLS, height - FOOT - TITLE - LAYOUT.bottom
    corner, line = max(24, min(room) // 2), max(24, min(row[0] // 3, row[1]))
    if line > corner:
        x = LAYOUT.left + max(0, row[0] - 3 * line) // 2
        lefts = x, x + line + GAP, x + 2 * line + GAP + LAYOUT.left
        squares = [QRect(left, TITLE, line, line) for left in lefts]
        panes = (
            Pane(0, 1, 2, squares[0]),
            Pane(2, 1, 0, squares[1], has_left=False),
            Pane(0, 2, 1, squares[2]),
        )
        left = squares[2].right() + LAYOUT.right + 8
        return Arrangement(panes, panes[2], QRect(left, TITLE, min(240, width - left - 16), min(line, 120)), True)
    x = LAYOUT.left + max(0, room[0] - 2 * corner) // 2
    other, lower = x + corner + GAP, TITLE + corner + BETWEEN
    panes = (
        Pane(0, 1, 2, QRect(x, TITLE, corner, corner), has_bottom=False),
        Pane(2, 1, 0, QRect(other, TITLE, corner, corner), has_left=False),
        Pane(0, 2, 1, QRect(x, lower, corner, corner)),
    )
    top = TITLE + corner + LAYOUT.bottom + 4
    controls = QRect(other, top, corner + bar - 12, min(lower + corner + LAYOUT.bottom - top, 120))
    return Arrangement(panes, panes[1], controls, bar > NO_BAR)
