"""A section with two axes as a solid surface: turn, zoom, move, point at it; the linked cursor stands on it as a pin.

The picture is drawn off screen (`surface_picture`), the labels over it by QPainter.
"""

import math
from typing import Any, Literal, get_args

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QAction, QPainter
from PySide6.QtWidgets import QWidget

from lsviewer.core.artifacts import Artifact, Section, Trajectory
from lsviewer.gui import colormaps
from lsviewer.gui.segmented import Segmented
from lsviewer.gui.square import paint_colour_bar
from lsviewer.gui.views.base import Cursor
from lsviewer.gui.views.camera import Camera, Margins
from lsviewer.gui.views.levels import Levels
from lsviewer.gui.views.orbit import Orbit
from lsviewer.gui.views.relief import pick
from lsviewer.gui.views.surface_controls import SurfaceControls, SurfaceMenu
from lsviewer.gui.views.surface_labels import paint_labels, paint_pin, paint_trajectory
from lsviewer.gui.views.surface_scene import Look, PatternMode, Scene, parts, scene
from lsviewer.gui.views.viewpoint import Viewpoint

TALLEST = 4.0  # times the usual height
FloorMode = Literal["auto", "on", "off"]


class Surface(Orbit[Scene]):
    """Shows a `Section` with two axes in 3D, or says why it cannot."""

    accepts = (Section, Trajectory)
    name = "Surface"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parts, Viewpoint(), parent)
        self.levels = Levels()
        self.exaggeration = 1.0
        self.pattern: PatternMode = "off"
        self.floor: FloorMode = "auto"
        self.shows_bar = False
        self.path: Trajectory | None = None
        self._controls = SurfaceControls(self)
        self._controls.show_choices("free", self.exaggeration)
        self._menu = SurfaceMenu(self, self._reset)
        self._lay_out(self._controls)

    @classmethod
    def can_show(cls, artifact: Artifact) -> bool:
        return isinstance(artifact, Section) and len(artifact.axes) == 2

    def show_artifact(self, artifact: Artifact) -> None:
        if isinstance(artifact, Trajectory):
            self.path = artifact
            self._moved()
            return
        if not isinstance(artifact, Section) or len(artifact.axes) != 2:
            raise TypeError(f"a surface shows sections with two axes, not {artifact!r}")
        if self.section is not None and self.section.name != artifact.name:
            self.path = None
        self.show_section(artifact)

    # options

    def state(self) -> dict[str, Any]:
        return {
            **super().state(),
            "height": self.exaggeration,
            "levels": self.levels.to_json(),
            "pattern": self.pattern,
            "floor": self.floor,
            "colour_bar": self.shows_bar,
        }

    def restore(self, state: dict[str, Any]) -> None:
        kept = {**self.state(), **state}
        height = kept["height"]
        if isinstance(height, int | float) and math.isfinite(height):
            self.exaggeration = min(TALLEST, max(0.0, float(height)))
        self.levels = Levels.from_json(kept["levels"])
        self.pattern = kept["pattern"] if kept["pattern"] in get_args(PatternMode) else "off"
        self.floor = kept["floor"] if kept["floor"] in get_args(FloorMode) else "auto"
        self.shows_bar = bool(kept["colour_bar"])
        super().restore(state)
        self._controls.show_choices(self._eye.named, self.exaggeration)

    # drawing

    def _margins(self) -> Margins:
        return Margins(right=76.0) if self.shows_bar else Margins()

    def _make_body(self, section: Section) -> Scene:
        limits = self.levels.limits(section.values)
        has_floor = self.floor == "on" or (self.floor == "auto" and section.target is None)
        look = Look(*limits, self.exaggeration, self.colour_map, self.pattern, has_floor)
        return scene(section, look, self._body)

    def _paint_over(self, painter: QPainter, shown: Scene, camera: Camera, width: int, height: int) -> None:
        paint_labels(painter, shown, camera, width, height)
        if self.path is not None and self.path.points.shape[1] == 2:
            paint_trajectory(painter, shown, camera, self.path.points, width, height)
        if self.shows_bar:
            side = min(180, height - 20)
            square = QRectF(width - 54 - side, 8, side, side).toRect()
            look = shown.look
            table = colormaps.table(look.colour_map)
            paint_colour_bar(painter, square, table, look.low, look.high, shown.section.symbol)

    def _paint_cursor(
        self, painter: QPainter, shown: Scene, camera: Camera, at: Cursor, width: int, height: int
    ) -> None:
        paint_pin(painter, shown, camera, at, width, height, pinned=self.cursor_is_pinned)

    # pointing

    def position_at(self, point: QPointF) -> Cursor | None:
        """Return the axis coordinates of the surface under a point of the widget, or None beside it."""
        if self._body is None or point.y() >= self.picture_height:
            return None
        origin, direction = self.camera.ray(point.x(), point.y(), self.width(), self.picture_height)
        origin = origin - np.array([self._body.shift, 0.0, self._body.lift])
        hit = pick(self._body.block.heights, origin, direction)
        return None if hit is None else self._body.place(hit[0] + self._body.shift, hit[1])

    def point_of(self, position: Cursor) -> QPointF | None:
        """Return the point of the widget where ``position`` is on the surface, hidden or not."""
        if self._body is None:
            return None
        world = self._body.world(position)[None, :]
        return QPointF(*self.camera.project(world, self.width(), self.picture_height)[0].tolist())

    def look_from(self, look: str, _checked: bool = False) -> None:
        """Look from above, along an axis, or from the usual corner."""
        self._eye.look_from(look)
        self._stands_elsewhere()
        self.state_changed.emit()

    def _stands_elsewhere(self) -> None:
        self._controls.show_choices(self._eye.named, self.exaggeration)
        self._moved()

    @property
    def look(self) -> Segmented:
        """The control that says where the surface is looked at from."""
        return self._controls.look

    def menu_actions(self) -> list[QAction]:
        return self._menu.actions()
