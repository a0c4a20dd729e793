"""A section with three axes as the surface of one loss in its cube: turn, zoom, and move the level with a slider.

The level is kept as a share of the colour scale, so that it stays where it is while a section is refined.
"""

import math
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
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
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from lsviewer.core.artifacts import Artifact, Section
from lsviewer.gui import colormaps, opengl
from lsviewer.gui.numbers import format_number
from lsviewer.gui.views import readout
from lsviewer.gui.views.base import ARROWS, View, paint_ring
from lsviewer.gui.views.camera import Camera, Margins
from lsviewer.gui.views.levels import unless_flat
from lsviewer.gui.views.no_opengl import NoOpenGLPage
from lsviewer.gui.views.solid_scene import Solid, paint_labels, parts, solid
from lsviewer.gui.views.surface_picture import Picture
from lsviewer.gui.views.viewpoint import Viewpoint

ZOOM_STEP = 1.15
STEP = 5.0  # degrees an arrow key turns
FOOT = 52  # px the row of controls takes, with the margin under it
STEPS = 200  # of the slider, from the lowest to the highest loss


class SolidView(View):
    """Shows a `Section` with three axes in 3D, or says why it cannot."""

    accepts = (Section,)
    name = "Isosurface"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.section: Section | None = None
        self.colour_map = colormaps.LOSS
        self.share = 0.5  # of the way from the lowest to the highest loss
        self._eye = Viewpoint(angles=(-60.0, 28.0))
        self._solid: Solid | None = None
        self._picture = Picture(self, self._moved, parts)
        self._pressed: QPointF | None = None
        self._build()

    @classmethod
    def can_show(cls, artifact: Artifact) -> bool:
        return isinstance(artifact, Section) and len(artifact.axes) == 3

    def show_artifact(self, artifact: Artifact) -> None:
        if not isinstance(artifact, Section) or len(artifact.axes) != 3:
            raise TypeError(f"an isosurface is made from sections with three axes, not {artifact!r}")
        self.section = artifact
        self._remake()

    def clear(self) -> None:
        self.section = self._solid = None
        self._remake()

    @property
    def level(self) -> float | None:
        """The loss on the surface that is shown."""
        return None if self._solid is None else self._solid.level

    def state(self) -> dict[str, Any]:
        return {**self._eye.state(), "level": self.share, "colour_map": self.colour_map}

    def restore(self, state: dict[str, Any]) -> None:
        kept = {**self.state(), **state}
        self._eye.restore(state)
        if isinstance(kept["level"], int | float) and math.isfinite(kept["level"]):
            self.share = min(1.0, max(0.0, float(kept["level"])))
        self.colour_map = kept["colour_map"] if kept["colour_map"] in colormaps.OFFERED else colormaps.LOSS
        self._slider.blockSignals(True)
        self._slider.setValue(round(self.share * STEPS))
        self._slider.blockSignals(False)
        self._remake()

    def menu_actions(self) -> list[QAction]:
        return [self._reset]

    # drawing

    @property
    def camera(self) -> Camera:
        """The camera as it stands for this size."""
        return self._camera(self.width(), self._picture_height())

    def _camera(self, width: float, height: float) -> Camera:
        if self._solid is None:
            return Camera(*self._eye.angles)
        return self._eye.camera(self._solid.corners(), width, height, Margins())

    def _remake(self) -> None:
        words = ""
        self._solid = None
        if self.section is not None:
            low, high = unless_flat(*colormaps.limits(self.section.values))
            level = low + self.share * (high - low)
            self._solid = solid(self.section, level, low, high, self.colour_map)
            words = f"{self.section.symbol} = {format_number(level, 4)}"
        self._words.setText(words)
        self._moved()

    def _moved(self) -> None:
        self._picture.forget()
        self.update()

    def _on_theme_changed(self, *_: object) -> None:
        self._moved()

    def paintEvent(self, _event: QPaintEvent) -> None:
        width, height = self.width(), self._picture_height()
        if self._solid is None or self._page is not None or height < 16:
            return
        camera, painter = self.camera, QPainter(self)
        image = self._picture.image(self._solid, camera, width, height, self.devicePixelRatioF())
        if image is not None:
            painter.drawImage(0, 0, image)
        paint_labels(painter, self._solid, camera, width, height)
        here = self.cursor_position
        if here is not None and len(here) == 3:
            x, y = camera.project(self._solid.world(here)[None], width, height)[0].tolist()
            paint_ring(painter, x, y, self.cursor_is_pinned)

    def paint_to(self, painter: QPainter, rect: QRectF) -> None:
        if self._solid is None or self._page is not None:
            return
        width, height = round(rect.width()), round(rect.height())
        camera = self._camera(width, height)
        scale = max(1.0, abs(painter.worldTransform().m11()))  # as many pixels as the paper has
        image = self._picture.enlarged(self._solid, camera, width, height, scale)
        painter.save()
        painter.translate(rect.topLeft())
        if image is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRectF(0, 0, width, height), image)
        paint_labels(painter, self._solid, camera, width, height)
        painter.restore()

    def _picture_height(self) -> int:
        return max(1, self.height() - FOOT)

    # mouse and keys

    def turn(self, azimuth: float, elevation: float) -> None:
        """Move the camera around the cube by angles in degrees."""
        self._eye.turn(azimuth, elevation)
        self._moved()

    def reset_camera(self) -> None:
        """Look from the usual place, at the usual size."""
        self._eye.reset()
        self._eye.angles = (-60.0, 28.0)
        self._moved()
        self.state_changed.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None or event.buttons() == Qt.MouseButton.NoButton:
            return
        shift, self._pressed = event.position() - self._pressed, event.position()
        if event.buttons() & Qt.MouseButton.LeftButton and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.turn(-0.5 * shift.x(), 0.5 * shift.y())
        else:
            self._eye.move(shift.x(), shift.y())
            self._moved()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        if self._pressed is not None:
            self._pressed = None
            self.state_changed.emit()

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        self.reset_camera()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._eye.come_nearer(ZOOM_STEP ** (event.angleDelta().y() / 120.0))
        self._moved()
        self.state_changed.emit()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in ARROWS:
            right, up = ARROWS[key]
            self.turn(-STEP * right, STEP * up)
            self.state_changed.emit()
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self._eye.come_nearer(1 / ZOOM_STEP if key == Qt.Key.Key_Minus else ZOOM_STEP)
            self._moved()
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self._slider.setValue(self._slider.value() + (1 if key == Qt.Key.Key_PageUp else -1) * STEPS // 40)
        elif key in (Qt.Key.Key_0, Qt.Key.Key_Home):
            self.reset_camera()
        else:
            super().keyPressEvent(event)

    def _level_moved(self, value: int) -> None:
        self.share = value / STEPS
        self._remake()
        self.state_changed.emit()

    def _on_cursor_changed(self) -> None:
        here = self.cursor_position
        self.status.emit(readout.sentence(self.section, here) if here is not None and len(here) == 3 else "")
        self.update()

    def hideEvent(self, event: QHideEvent) -> None:
        self._picture.stop()
        super().hideEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._moved()
        super().resizeEvent(event)

    def _build(self) -> None:
        self.setAccessibleDescription(
            "The surface on which the loss has one value. Arrow keys turn it, Page up and down move the value."
        )
        self._page = NoOpenGLPage(self) if opengl.probe() is None else None
        controls = QWidget()
        label, self._slider, self._words = QLabel("Level"), QSlider(Qt.Orientation.Horizontal), QLabel()
        self._slider.setObjectName("isosurface_level")
        self._slider.setRange(0, STEPS)
        self._slider.setValue(round(self.share * STEPS))
        self._slider.setToolTip("The loss on the surface that is drawn.")
        self._slider.valueChanged.connect(self._level_moved)
        label.setBuddy(self._slider)
        row = QHBoxLayout(controls)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(label)
        row.addWidget(self._slider, 1)
        row.addWidget(self._words)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 0, 16, 10)  # level with the tools under a pattern
        column.setSpacing(0)
        if self._page is not None:
            column.addWidget(self._page, 1)
        else:
            column.addStretch(1)
        column.addWidget(controls)
        controls.setVisible(self._page is None)
        self._reset = QAction("Reset view", self)
        self._reset.setToolTip("Look from the usual place (double-click, or the key 0).")
        self._reset.triggered.connect(self.reset_camera)
