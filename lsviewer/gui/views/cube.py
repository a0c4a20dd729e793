"""The cube a section with three axes stands in: corners, edges, labels, and where its light comes from. No widget, no state."""

from dataclasses import dataclass
from itertools import product

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Section
from lsviewer.gui import theme
from lsviewer.gui.numbers import nice_ticks, tick_labels
from lsviewer.gui.views.base import Cursor
from lsviewer.gui.views.camera import Camera, Floats
from lsviewer.gui.views.gl_renderer import Part
from lsviewer.gui.views.plot import text
from lsviewer.gui.views.relief import VERTEX

SIDE = 2.0  # of the cube, standing on the floor around the origin
LIGHT = np.array([-0.27, -0.58, 0.77])  # from above, over the left shoulder of who looks from the usual place
DIM = 0.42  # light on what is seen along the surface
CORNERS: Floats = np.array(list(product((-1.0, 1.0), (-1.0, 1.0), (0.0, SIDE))))
EDGES = [(i, j) for i, j in product(range(8), repeat=2) if i < j and np.sum(CORNERS[i] != CORNERS[j]) == 1]


@dataclass(frozen=True, slots=True, eq=False)
class Cube:
    """A section with three axes, from the lower left corner at the front: α₁ to the right, α₂ to the back, α₃ up."""

    section: Section

    def corners(self) -> Floats:
        """Return the corners (8, 3) of the cube."""
        return CORNERS

    def world(self, position: Cursor) -> Floats:
        """Return the world point (3,) of axis coordinates."""
        shares = [
            (value - float(axis.values[0])) / float(axis.values[-1] - axis.values[0])
            for axis, value in zip(self.section.axes, position, strict=True)
        ]
        return SIDE * np.array(shares) - [1.0, 1.0, 0.0]


def thinned(section: Section, most: int) -> tuple[Array, list[Array]]:
    """Return the loss at no more than ``most`` points an axis, and where they lie along each side of the cube, in [0, 1]."""
    picks = [np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(int)) for n in section.values.shape]
    places = []
    for axis, pick in zip(section.axes, picks, strict=True):
        values = axis.values[pick]
        places.append((values - values[0]) / (values[-1] - values[0]))
    return section.values[np.ix_(*picks)], places


def edges(camera: Camera) -> tuple[Part, Part]:
    """Return the three edges behind what stands in the cube, and the others, which are before it or beside it."""
    far = int(np.argmin(CORNERS @ camera.axes()[2]))
    vertices = np.empty(8, VERTEX)
    vertices["position"] = CORNERS
    vertices["colour"] = QColor(theme.tokens().border).getRgb()
    behind = [pair for pair in EDGES if far in pair]
    before = [pair for pair in EDGES if far not in pair]
    return tuple(  # type: ignore[return-value]
        Part(key, vertices, np.array(pairs, np.uint32).ravel(), shape="lines")
        for key, pairs in (("behind", behind), ("before", before))
    )


def paint_labels(painter: QPainter, shown: Cube, camera: Camera, width: float, height: float) -> None:
    """Draw ticks and names along three edges of the cube that lie at the rim of the picture."""
    painter.save()
    painter.setFont(theme.font(11))
    painter.setPen(QColor(theme.tokens().ink2))
    back = camera.axes()[2]
    near = [1.0 if back[0] >= 0 else -1.0, 1.0 if back[1] >= 0 else -1.0]
    middle = camera.project(shown.corners().mean(axis=0)[None], width, height)[0]
    low = 0.0 if camera.elevation < 75 else SIDE
    along = [
        (np.array([-1.0, near[1], low]), np.array([1.0, near[1], low])),
        (np.array([near[0], -1.0, low]), np.array([near[0], 1.0, low])),
    ]
    posts = [np.array([x, y, 0.0]) for x, y in product((-1.0, 1.0), repeat=2)]
    left = min(posts, key=lambda post: float(camera.project(post[None], width, height)[0, 0]))
    along.append((left, left + [0.0, 0.0, SIDE]))
    for axis, (start, end) in zip(shown.section.axes, along, strict=True):
        (x0, y0), (x1, y1) = camera.project(np.stack([start, end]), width, height).tolist()
        length = float(np.hypot(x1 - x0, y1 - y0))
        if length < 24:
            continue
        out = np.array([y1 - y0, x0 - x1]) / length
        if out @ (np.array([x0 + x1, y0 + y1]) / 2 - middle) < 0:
            out = -out
        first, last = float(axis.values[0]), float(axis.values[-1])
        ticks = nice_ticks(first, last, 2)
        for tick, label in zip(ticks, tick_labels(ticks, trim=True).labels, strict=True):
            share = (tick - first) / (last - first)
            x, y = (x0 + share * (x1 - x0) + 12 * out[0], y0 + share * (y1 - y0) + 12 * out[1])
            text(painter, x, y, label, Qt.AlignmentFlag.AlignHCenter)
        x, y = x0 + 0.75 * (x1 - x0) + 24 * out[0], y0 + 0.75 * (y1 - y0) + 24 * out[1]
        text(painter, x, y, axis.name, Qt.AlignmentFlag.AlignHCenter)
    painter.restore()
