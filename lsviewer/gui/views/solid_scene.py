"""What the 3D view of a volume draws: the surface of one loss in its cube, the edges of the cube, labels. No widget, no state."""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter

from lsviewer.core.artifacts import Section
from lsviewer.gui import colormaps, theme
from lsviewer.gui.numbers import nice_ticks, tick_labels
from lsviewer.gui.views.base import Cursor
from lsviewer.gui.views.camera import Camera, Floats
from lsviewer.gui.views.gl_renderer import Part
from lsviewer.gui.views.plot import text
from lsviewer.gui.views.relief import VERTEX
from lsviewer.gui.views.tetrahedra import isosurface

SIDE = 2.0  # of the cube, standing on the floor around the origin
LIGHT = np.array([-0.27, -0.58, 0.77])  # from above, over the left shoulder of who looks from the usual place
DIM = 0.42  # light on what is seen along the surface
MOST = 65  # points an axis: more are thinned


@dataclass(frozen=True, slots=True, eq=False)
class Solid:
    """A section with three axes and the surface on which its loss is ``level``."""

    section: Section
    level: float
    vertices: NDArray[np.void]  # VERTEX
    strip: NDArray[np.uint32]

    def corners(self) -> Floats:
        """Return the corners (8, 3) of the cube."""
        return np.array(list(product((-1.0, 1.0), (-1.0, 1.0), (0.0, SIDE))))

    def world(self, position: Cursor) -> Floats:
        """Return the world point (3,) of axis coordinates."""
        shares = [
            (value - float(axis.values[0])) / float(axis.values[-1] - axis.values[0])
            for axis, value in zip(self.section.axes, position, strict=True)
        ]
        return SIDE * np.array(shares) - [1.0, 1.0, 0.0]


def solid(section: Section, level: float, low: float, high: float, colour_map: str) -> Solid:
    """Return the surface of ``level``, in its colour between ``low`` and ``high``.

    Both its sides are lit alike: it may be looked at from the inside.
    """
    picks = [np.unique(np.linspace(0, n - 1, min(n, MOST)).round().astype(int)) for n in section.values.shape]
    mesh = isosurface(section.values[np.ix_(*picks)], level)
    points, normals = np.empty_like(mesh.points), mesh.normals.copy()
    for k, (axis, pick) in enumerate(zip(section.axes, picks, strict=True)):
        values = axis.values[pick]
        along = SIDE * (values - values[0]) / (values[-1] - values[0])
        points[:, k] = np.interp(mesh.points[:, k], np.arange(len(pick)), along)
        normals[:, k] *= len(pick) - 1  # slopes are by grid points
    points[:, :2] -= 1.0
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    shade = DIM + (1 - DIM) * np.abs(normals @ LIGHT)
    colour = colormaps.colours(np.array([level]), low, high, colour_map)[0, :3].astype(np.float64)
    colour = 0.8 * colour + 0.2 * 255  # the lowest colours are nearly black, and black has no shades
    vertices = np.empty(len(points), VERTEX)
    vertices["position"] = points
    vertices["colour"][:, :3] = np.clip(colour * shade[:, None], 0, 255)
    vertices["colour"][:, 3] = 255
    a, b, c = mesh.triangles.T
    # one strip: twice the first and twice the last vertex of every triangle, what lies between has no area
    return Solid(section, level, vertices, np.stack([a, a, b, c, c], axis=1).astype(np.uint32).ravel())


def parts(shown: Solid, camera: Camera) -> list[Part]:
    """Return what the renderer draws: the surface and the edges of the cube."""
    corners = shown.corners()
    pairs = [(i, j) for i, j in product(range(8), repeat=2) if i < j and np.sum(corners[i] != corners[j]) == 1]
    edges = np.empty(8, VERTEX)
    edges["position"] = corners
    edges["colour"] = QColor(theme.tokens().border).getRgb()
    cube = Part("cube", edges, np.array(pairs, np.uint32).ravel(), lines=True)
    return [Part("solid", shown.vertices, shown.strip), cube] if len(shown.strip) else [cube]


def paint_labels(painter: QPainter, shown: Solid, camera: Camera, width: float, height: float) -> None:
    """Draw ticks and names along three edges of the cube that lie at the rim of the picture."""
    painter.save()
    painter.setFont(theme.font(11))
    painter.setPen(QColor(theme.tokens().ink2))
    back = camera.axes()[2]
    near = [1.0 if back[0] >= 0 else -1.0, 1.0 if back[1] >= 0 else -1.0]
    middle = camera.project(shown.corners().mean(axis=0)[None], width, height)[0]
    low = 0.0 if camera.elevation < 75 else SIDE
    edges = [
        (np.array([-1.0, near[1], low]), np.array([1.0, near[1], low])),
        (np.array([near[0], -1.0, low]), np.array([near[0], 1.0, low])),
    ]
    posts = [np.array([x, y, 0.0]) for x, y in product((-1.0, 1.0), repeat=2)]
    left = min(posts, key=lambda post: float(camera.project(post[None], width, height)[0, 0]))
    edges.append((left, left + [0.0, 0.0, SIDE]))
    for axis, (start, end) in zip(shown.section.axes, edges, strict=True):
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
