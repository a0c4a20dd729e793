"""A section with two axes as a solid surface: turn, zoom, move, point at it; the linked cursor stands on it as a pin.

The picture is drawn off screen (`surface_picture`), the labels over it by QPainter.
"""

import math
from typing import Any, Literal, get_args

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QAction,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QVBoxLayout, QWidget

from lsviewer.core.artifacts import Artifact, Section
from lsviewer.gui import colormaps, opengl
from lsviewer.gui.segmented import Segmented
from lsviewer.gui.square import paint_colour_bar
from lsviewer.gui.views import readout
from lsviewer.gui.views.base import ARROWS, Cursor, View
from lsviewer.gui.views.camera import Camera, Margins
from lsviewer.gui.views.levels import Levels
from lsviewer.gui.views.no_opengl import NoOpenGLPage
from lsviewer.gui.views.relief import pick
from lsviewer.gui.views.surface_controls import FOOT, SurfaceControls
from lsviewer.gui.views.surface_labels import paint_labels, paint_pin
from lsviewer.gui.views.surface_picture import Picture
from lsviewer.gui.views.surface_scene import Look, PatternMode, Scene, parts, scene
from lsviewer.gui.views.viewpoint import Viewpoint

ZOOM_STEP = 1.15
STEP = 5.0  # degrees an arrow key turns
TALLEST = 4.0  # times the usual height
PLAIN, LEFT = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
FloorMode = Literal["auto", "on", "off"]


class Surface(View):
    """Shows a `Section` with two axes in 3D, or says why it cannot."""

    accepts = (Section,)
    name = "Surface"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.section: Section | None = None
        self.colour_map = colormaps.LOSS
        self.levels = Levels()
        self.exaggeration = 1.0
        self.pattern: PatternMode = "off"
        self.floor: FloorMode = "auto"
        self.shows_bar = False
        self._eye = Viewpoint()
        self._scene: Scene | None = None
        self._picture = Picture(self, self._moved, parts)
        self._pressed: QPointF | None = None
        self._dragged = False
        self._build()

    @classmethod
    def can_show(cls, artifact: Artifact) -> bool:
        return isinstance(artifact, Section) and len(artifact.axes) == 2

    def show_artifact(self, artifact: Artifact) -> None:
        if not isinstance(artifact, Section) or len(artifact.axes) != 2:
            raise TypeError(f"a surface shows sections with two axes, not {artifact!r}")
        self.section = artifact
        self._remake()

    def clear(self) -> None:
        self.section = self._scene = None
        self._moved()

    # options

    def state(self) -> dict[str, Any]:
        return {
            **self._eye.state(),
            "height": self.exaggeration,
            "colour_map": self.colour_map,
            "levels": self.levels.to_json(),
            "pattern": self.pattern,
            "floor": self.floor,
            "colour_bar": self.shows_bar,
        }

    def restore(self, state: dict[str, Any]) -> None:
        kept = {**self.state(), **state}
        self._eye.restore(state)
        height = kept["height"]
        if isinstance(height, int | float) and math.isfinite(height):
            self.exaggeration = min(TALLEST, max(0.0, float(height)))
        self.colour_map = kept["colour_map"] if kept["colour_map"] in colormaps.OFFERED else colormaps.LOSS
        self.levels = Levels.from_json(kept["levels"])
        self.pattern = kept["pattern"] if kept["pattern"] in get_args(PatternMode) else "off"
        self.floor = kept["floor"] if kept["floor"] in get_args(FloorMode) else "auto"
        self.shows_bar = bool(kept["colour_bar"])
        self._controls.show_choices(self._eye.named, self.exaggeration)
        self._remake()

    # drawing

    @property
    def camera(self) -> Camera:
        """The camera as it stands for this size."""
        return self._camera(self.width(), self._picture_height())

    def _camera(self, width: float, height: float) -> Camera:
        if self._scene is None:
            return Camera(*self._eye.angles)
        margins = Margins(right=76.0) if self.shows_bar else Margins()
        return self._eye.camera(self._scene.corners(), width, height, margins)

    def _remake(self) -> None:
        """A new section or another look of it."""
        old, self._scene = self._scene, None
        if self.section is not None:
            limits = self.levels.limits(self.section.values)
            has_floor = self.floor == "on" or (self.floor == "auto" and self.section.target is None)
            look = Look(*limits, self.exaggeration, self.colour_map, self.pattern, has_floor)
            self._scene = scene(self.section, look, old)
        self._moved()

    def _moved(self) -> None:
        self._picture.forget()
        self.update()

    def _on_theme_changed(self, *_: object) -> None:
        self._moved()

    def paintEvent(self, _event: QPaintEvent) -> None:
        width, height = self.width(), self._picture_height()
        if self._scene is None or self._page is not None or height < 16:
            return
        camera = self.camera
        painter = QPainter(self)
        image = self._picture.image(self._scene, camera, width, height, self.devicePixelRatioF())
        if image is not None:
            painter.drawImage(0, 0, image)
        self._paint_over(painter, self._scene, camera, width, height)
        if (at := self.cursor_position) is not None:
            paint_pin(painter, self._scene, camera, at, width, height, pinned=self.cursor_is_pinned)

    def _paint_over(self, painter: QPainter, shown: Scene, camera: Camera, width: int, height: int) -> None:
        paint_labels(painter, shown, camera, width, height)
        if self.shows_bar:
            side = min(180, height - 20)
            square = QRectF(width - 54 - side, 8, side, side).toRect()
            look = shown.look
            table = colormaps.table(look.colour_map)
            paint_colour_bar(painter, square, table, look.low, look.high, shown.section.symbol)

    def paint_to(self, painter: QPainter, rect: QRectF) -> None:
        if self._scene is None or self._page is not None:
            return
        width, height = round(rect.width()), round(rect.height())
        camera = self._camera(width, height)
        # As many pixels as the paper has: a printer's or an enlarged image's scale, at most what the card can draw.
        scale = max(1.0, abs(painter.worldTransform().m11()))
        image = self._picture.enlarged(self._scene, camera, width, height, scale)
        painter.save()
        painter.translate(rect.topLeft())
        if image is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRectF(0, 0, width, height), image)
        self._paint_over(painter, self._scene, camera, width, height)
        painter.restore()

    # pointing

    def _picture_height(self) -> int:
        return max(1, self.height() - FOOT)

    def position_at(self, point: QPointF) -> Cursor | None:
        """Return the axis coordinates of the surface under a point of the widget, or None beside it."""
        if self._scene is None or point.y() >= self._picture_height():
            return None
        origin, direction = self.camera.ray(point.x(), point.y(), self.width(), self._picture_height())
        origin = origin - np.array([self._scene.shift, 0.0, self._scene.lift])
        hit = pick(self._scene.block.heights, origin, direction)
        return None if hit is None else self._scene.place(hit[0] + self._scene.shift, hit[1])

    def point_of(self, position: Cursor) -> QPointF | None:
        """Return the point of the widget where ``position`` is on the surface, hidden or not."""
        if self._scene is None:
            return None
        world = self._scene.world(position)[None, :]
        return QPointF(*self.camera.project(world, self.width(), self._picture_height())[0].tolist())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed, self._dragged = event.position(), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None or event.buttons() == Qt.MouseButton.NoButton:
            if not self.cursor_is_pinned:
                self.move_cursor(self.position_at(event.position()))
            return
        shift = event.position() - self._pressed
        if not self._dragged and shift.manhattanLength() < 4:
            return
        self._dragged, self._pressed = True, event.position()
        if event.buttons() & LEFT and event.modifiers() == PLAIN:
            self.turn(-0.5 * shift.x(), 0.5 * shift.y())
        else:
            self._eye.move(shift.x(), shift.y())
            self._moved()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._dragged:
            self.state_changed.emit()
        elif event.button() == LEFT and self._pressed is not None:
            position = self.position_at(event.position())
            if position is not None:
                self.move_cursor(position, pinned=True)
        self._pressed = None

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        self.reset_camera()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._eye.come_nearer(ZOOM_STEP ** (event.angleDelta().y() / 120.0))
        self._moved()
        self.state_changed.emit()
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        if not self.cursor_is_pinned:
            self.move_cursor(None)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in ARROWS:
            right, up = ARROWS[key]
            self.turn(-STEP * right, STEP * up)
            self.state_changed.emit()
        elif key == Qt.Key.Key_Escape and self.cursor_position is not None:
            self.move_cursor(None)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self._eye.come_nearer(1 / ZOOM_STEP if key == Qt.Key.Key_Minus else ZOOM_STEP)
            self._moved()
        elif key in (Qt.Key.Key_0, Qt.Key.Key_Home):
            self.reset_camera()
        else:
            super().keyPressEvent(event)

    def turn(self, azimuth: float, elevation: float) -> None:
        """Move the camera around the surface by angles in degrees."""
        self._eye.turn(azimuth, elevation)
        self._stands_elsewhere()

    def look_from(self, look: str, _checked: bool = False) -> None:
        """Look from above, along an axis, or from the usual corner."""
        self._eye.look_from(look)
        self._stands_elsewhere()
        self.state_changed.emit()

    def reset_camera(self) -> None:
        """Look from the usual place, at the usual size."""
        self._eye.reset()
        self._stands_elsewhere()
        self.state_changed.emit()

    def _stands_elsewhere(self) -> None:
        self._controls.show_choices(self._eye.named, self.exaggeration)
        self._moved()

    def _on_cursor_changed(self) -> None:
        self.status.emit(readout.sentence(self.section, self.cursor_position))
        self.update()

    def hideEvent(self, event: QHideEvent) -> None:
        self._picture.stop()
        super().hideEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._moved()
        super().resizeEvent(event)

    def _build(self) -> None:
        self._page = NoOpenGLPage(self) if opengl.probe() is None else None
        self._controls = SurfaceControls(self)
        self._controls.show_choices("free", self.exaggeration)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 0, 16, 10)  # level with the tools under a pattern
        column.setSpacing(0)
        if self._page is not None:
            column.addWidget(self._page, 1)
        else:
            column.addStretch(1)
        column.addWidget(self._controls)
        self._controls.setVisible(self._page is None)

    @property
    def look(self) -> Segmented:
        """The control that says where the surface is looked at from."""
        return self._controls.look

    def menu_actions(self) -> list[QAction]:
        return self._controls.actions()
