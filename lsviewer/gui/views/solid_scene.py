"""The surface of one loss in the cube of a volume, as vertices; what is drawn of a cube, solid or cloudy. No widget, no state."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lsviewer.core.artifacts import Section
from lsviewer.gui import colormaps
from lsviewer.gui.views.camera import Camera
from lsviewer.gui.views.cloud import Cloud
from lsviewer.gui.views.cube import DIM, LIGHT, SIDE, Cube, edges, thinned
from lsviewer.gui.views.gl_cloud import Fog
from lsviewer.gui.views.gl_renderer import Part
from lsviewer.gui.views.relief import VERTEX
from lsviewer.gui.views.tetrahedra import isosurface

MOST = 49  # points an axis: a mesh of more takes longer than a slider may wait for


@dataclass(frozen=True, slots=True, eq=False)
class Solid(Cube):
    """A section with three axes and the surface on which its loss is ``level``."""

    level: float
    vertices: NDArray[np.void]  # VERTEX
    triangles: NDArray[np.uint32]


def solid(section: Section, level: float, low: float, high: float, colour_map: str) -> Solid:
    """Return the surface of ``level``, in its colour between ``low`` and ``high``.

    Both its sides are lit alike: it may be looked at from the inside.
    """
    values, places = thinned(section, MOST)
    mesh = isosurface(values, level)
    points, normals = np.empty_like(mesh.points), mesh.normals.copy()
    for k, place in enumerate(places):
        points[:, k] = np.interp(mesh.points[:, k], np.arange(len(place)), SIDE * place)
        normals[:, k] *= len(place) - 1  # slopes are by grid points
    points[:, :2] -= 1.0
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    shade = DIM + (1 - DIM) * np.abs(normals @ LIGHT)
    colour = colormaps.colours(np.array([level]), low, high, colour_map)[0, :3].astype(np.float64)
    colour = 0.8 * colour + 0.2 * 255  # the lowest colours are nearly black, and black has no shades
    vertices = np.empty(len(points), VERTEX)
    vertices["position"] = points
    vertices["colour"][:, :3] = np.clip(colour * shade[:, None], 0, 255)
    vertices["colour"][:, 3] = 255
    return Solid(section, level, vertices, mesh.triangles.astype(np.uint32).ravel())


def parts(shown: Solid | Cloud, camera: Camera) -> list[Part | Fog]:
    """Return what the renderer draws: a surface or a cloud, between the edges of the cube behind and before it."""
    behind, before = edges(camera)
    if isinstance(shown, Cloud):
        return [behind, Fog(shown.points, shown.table, shown.density, shown.steps, camera.eye), before]
    return [
        behind,
        before,
        *([Part("solid", shown.vertices, shown.triangles, "triangles")] if len(shown.triangles) else []),
    ]
