"""What the 3D views share: a body drawn off screen, turned, moved and brought nearer with mouse and keys; controls under it.

A subclass makes the body when a section or an option changes, paints labels over the picture, and answers clicks.
"""

from typing import Any, ClassVar, Generic, Protocol, TypeVar

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

from lsviewer.core.artifacts import Section
from lsviewer.gui import colormaps, opengl
from lsviewer.gui.views import readout
from lsviewer.gui.views.base import ARROWS, Cursor, View
from lsviewer.gui.views.camera import Camera, Floats, Margins
from lsviewer.gui.views.no_opengl import NoOpenGLPage
from lsviewer.gui.views.surface_picture import Make, Picture
from lsviewer.gui.views.viewpoint import Viewpoint

ZOOM_STEP = 1.15
STEP = 5.0  # degrees an arrow key turns
FOOT = 52  # px the row of controls takes, with the margin under it
CLICK = 4  # px: what moves less was not dragged
PLAIN, LEFT = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton


class Body(Protocol):
    """What is looked at."""

    def corners(self) -> Floats:
        """Return the corners (8, 3) of its box."""
        ...


B = TypeVar("B", bound=Body)


class Orbit(View, Generic[B]):
    """Base of the 3D views of a section, which say that there is no OpenGL where there is none."""

    accepts: ClassVar[tuple[type, ...]] = (Section,)

    def __init__(self, make: Make[B], eye: Viewpoint, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.section: Section | None = None
        self.colour_map = colormaps.LOSS
        self._eye = eye
        self._body: B | None = None
        self._picture = Picture(self, self._moved, make)
        self._pressed: QPointF | None = None
        self._dragged = False
        self._page = NoOpenGLPage(self) if opengl.probe() is None else None
        self._reset = QAction("Reset view", self)
        self._reset.setToolTip("Look from the usual place (double-click, or the key 0).")
        self._reset.triggered.connect(self.reset_camera)

    # what a subclass says

    def _make_body(self, section: Section) -> B:
        """Return what is looked at."""
        raise NotImplementedError

    def _margins(self) -> Margins:
        """Return the room around the body."""
        return Margins()

    def _paint_over(self, painter: QPainter, body: B, camera: Camera, width: int, height: int) -> None:
        """Draw labels over the picture."""

    def _paint_cursor(self, painter: QPainter, body: B, camera: Camera, at: Cursor, width: int, height: int) -> None:
        """Draw the linked cursor."""

    def _stands_elsewhere(self) -> None:
        """The camera was moved."""
        self._moved()

    def position_at(self, _point: QPointF) -> Cursor | None:
        """Return the place of the section under a point of the widget, or None beside it."""
        return None

    # showing

    def show_section(self, section: Section) -> None:
        """Show a section; its axes have been counted."""
        self.section = section
        self._remake()

    def clear(self) -> None:
        self.section = None
        self._remake()

    def state(self) -> dict[str, Any]:
        return {**self._eye.state(), "colour_map": self.colour_map}

    def restore(self, state: dict[str, Any]) -> None:
        self._eye.restore(state)
        chosen = state.get("colour_map", self.colour_map)
        self.colour_map = chosen if chosen in colormaps.OFFERED else colormaps.LOSS
        self._remake()

    def _remake(self) -> None:
        """A new section or another look of it."""
        self._body = None if self.section is None else self._make_body(self.section)
        self._moved()

    def _moved(self) -> None:
        self._picture.forget()
        self.update()

    def _on_theme_changed(self, *_: object) -> None:
        self._moved()

    # drawing

    @property
    def camera(self) -> Camera:
        """The camera as it stands for this size."""
        return self._camera(self.width(), self.picture_height)

    @property
    def picture_height(self) -> int:
        """Pixels over the row of controls."""
        return max(1, self.height() - FOOT)

    def _camera(self, width: float, height: float) -> Camera:
        if self._body is None:
            return Camera(*self._eye.angles)
        return self._eye.camera(self._body.corners(), width, height, self._margins())

    def paintEvent(self, _event: QPaintEvent) -> None:
        width, height = self.width(), self.picture_height
        if self._body is None or self._page is not None or height < 16:
            return
        camera, painter = self.camera, QPainter(self)
        image = self._picture.image(self._body, camera, width, height, self.devicePixelRatioF())
        if image is not None:
            painter.drawImage(0, 0, image)
        self._paint_over(painter, self._body, camera, width, height)
        if (at := self._cursor_here()) is not None:
            self._paint_cursor(painter, self._body, camera, at, width, height)

    def paint_to(self, painter: QPainter, rect: QRectF) -> None:
        if self._body is None or self._page is not None:
            return
        width, height = round(rect.width()), round(rect.height())
        camera = self._camera(width, height)
        # As many pixels as the paper has: a printer's or an enlarged image's scale, at most what the card can draw.
        scale = max(1.0, abs(painter.worldTransform().m11()))
        image = self._picture.enlarged(self._body, camera, width, height, scale)
        painter.save()
        painter.translate(rect.topLeft())
        if image is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRectF(0, 0, width, height), image)
        self._paint_over(painter, self._body, camera, width, height)
        painter.restore()

    # the camera

    def turn(self, azimuth: float, elevation: float) -> None:
        """Move the camera around the body by angles in degrees."""
        self._eye.turn(azimuth, elevation)
        self._stands_elsewhere()

    def reset_camera(self) -> None:
        """Look from the usual place, at the usual size."""
        self._eye.reset()
        self._stands_elsewhere()
        self.state_changed.emit()

    def _come_nearer(self, factor: float) -> None:
        self._eye.come_nearer(factor)
        self._moved()
        self.state_changed.emit()

    # mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed, self._dragged = event.position(), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None or event.buttons() == Qt.MouseButton.NoButton:
            if not self.cursor_is_pinned:
                self.move_cursor(self.position_at(event.position()))
            return
        shift = event.position() - self._pressed
        if not self._dragged and shift.manhattanLength() < CLICK:
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
        self._come_nearer(ZOOM_STEP ** (event.angleDelta().y() / 120.0))
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
            self._come_nearer(1 / ZOOM_STEP if key == Qt.Key.Key_Minus else ZOOM_STEP)
        elif key in (Qt.Key.Key_0, Qt.Key.Key_Home):
            self.reset_camera()
        else:
            super().keyPressEvent(event)

    def _cursor_here(self) -> Cursor | None:
        """Return the linked cursor, None where it is that of a section with other axes, shown beside this one."""
        at = self.cursor_position
        return at if at is not None and self.section is not None and len(at) == len(self.section.axes) else None

    def _on_cursor_changed(self) -> None:
        self.status.emit(readout.sentence(self.section, self._cursor_here()))
        self.update()

    def hideEvent(self, event: QHideEvent) -> None:
        self._picture.stop()
        super().hideEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._moved()
        super().resizeEvent(event)

    def _lay_out(self, controls: QWidget) -> None:
        """Put the controls under the picture, or the page that says why there is none."""
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 0, 16, 10)  # level with the tools under a pattern
        column.setSpacing(0)
        if self._page is not None:
            column.addWidget(self._page, 1)
        else:
            column.addStretch(1)
        column.addWidget(controls)
        controls.setVisible(self._page is None)
