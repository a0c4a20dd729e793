"""A volume as a cloud: the loss in colours, more or less opaque, seen through. What the renderer marches through, as a value.

Emission and absorption (Max 1995, eq. 8): along a line of sight a length ds lets exp(-k ds) of the light through and adds its own
colour for the rest. k rises linearly from 0 at a threshold to `density` at the far end of the losses, so the picture does not
depend on how long the steps are. Every point carries the light it gets besides its loss, or the cloud would have no relief.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lsviewer.core.artifacts import Section
from lsviewer.gui import colormaps
from lsviewer.gui.views.cube import DIM, LIGHT, Cube, thinned
from lsviewer.gui.views.even import on_even_grid

Side = Literal["high", "low"]
THIN, THICK = 0.7, 140.0  # k per cube side, the ends of the slider
STEPS_A_CELL = 2
MOST_STEPS = 160  # along one side of the cube
COLOURS = 256
MOST = 65  # points an axis: more are thinned


@dataclass(frozen=True, slots=True, eq=False)
class Cloud(Cube):
    """A section with three axes, opaque where its loss lies beyond a threshold."""

    points: NDArray[np.uint16]  # (n2, n1, n0, 2): loss from 0 to 65535 between the limits, and light
    table: NDArray[np.uint8]  # (COLOURS, 4): colour of a loss, and its share of the density
    side: Side
    density: float  # k of what is most opaque, per side of the cube
    steps: int  # along one side of the cube


def thickness(density: float) -> float:
    """Return k for a place of the slider in [0, 1]."""
    return float(THIN * (THICK / THIN) ** density)


def cloud(
    section: Section, low: float, high: float, colour_map: str, threshold: float, density: float, side: Side,
    reuse: "Cloud | None" = None,
) -> Cloud:  # fmt: skip
    """Return the cloud of the losses beyond ``threshold``, a share of the way from ``low`` to ``high`` (from the other end
    where the low losses are shown); ``density`` is a place of the slider. The points of ``reuse`` are taken over where they are
    the same. A hole is empty.
    """
    if reuse is not None and reuse.section is section and reuse.side == side:
        points = reuse.points
    else:
        points = _points(section, low, high, 0.0 if side == "high" else 1.0)
    return Cloud(
        section,
        points,
        _table(colour_map, threshold, side),
        side,
        thickness(density),
        min(MOST_STEPS, STEPS_A_CELL * max(points.shape)),
    )


def _points(section: Section, low: float, high: float, hole: float) -> NDArray[np.uint16]:
    """Return loss and light as the texture holds them: α₁ runs fastest."""
    values, axes = thinned(on_even_grid(section), MOST)
    scaled = np.clip((values - low) / (high - low), 0.0, 1.0)
    scaled = np.where(np.isfinite(scaled), scaled, hole)
    slopes = np.stack([*np.gradient(scaled, *axes)], axis=-1)
    length = np.linalg.norm(slopes, axis=-1)
    facing = np.abs(slopes @ LIGHT) / np.maximum(length, 1e-12)
    # where the loss is level there is no surface to be lit
    steep = length / (length + max(float(length.mean()), 1e-12))
    lit = 1.0 - (1.0 - DIM) * (1.0 - facing) * steep
    return np.ascontiguousarray(
        (np.stack([scaled, lit], axis=-1).transpose(2, 1, 0, 3) * 65535 + 0.5).astype(np.uint16)
    )


def _table(colour_map: str, threshold: float, side: Side) -> NDArray[np.uint8]:
    place = np.linspace(0.0, 1.0, COLOURS)
    shown = place if side == "high" else 1.0 - place
    ramp = np.clip((shown - threshold) / max(1.0 - threshold, 1e-3), 0.0, 1.0)
    colours = colormaps.colours(place, 0.0, 1.0, colour_map).copy()
    colours[:, :3] = 0.8 * colours[:, :3] + 0.2 * 255  # as an isosurface: black has no shades
    colours[:, 3] = np.round(255 * ramp)
    return np.ascontiguousarray(colours)
