"""A section with two axes as a map: contours, colour bar, levels, linked cursor, and the profile through it.

Drawn with QPainter throughout: the square is aligned to the pixel with the pattern editor's, and the same code draws SVG and PDF.
The map, its contours and axes are kept as one pixmap; moving the cursor repaints only what lies over it. Contours are traced when
the section has been at rest for a moment, so live planting never waits for them.
"""

from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import (
    QAction,
    QHideEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from lsviewer.core.artifacts import Artifact, Section, Trajectory
from lsviewer.gui import colormaps
from lsviewer.gui.square import LAYOUT, foot_rect, paint_axes, paint_colour_bar, square_rect
from lsviewer.gui.views import readout
from lsviewer.gui.views.base import ARROWS, Cursor, paint_crosshair, paint_ring
from lsviewer.gui.views.contours import Contour, contours
from lsviewer.gui.views.even import on_even_grid
from lsviewer.gui.views.levels import Mapped, mapped
from lsviewer.gui.views.map_drawing import (
    Plane,
    Window,
    extent,
    kept,
    paint_contours,
    paint_image,
    paint_marks,
    paint_path,
)
from lsviewer.gui.views.map_foot import PROFILE_FROM, error_words, paint_foot_line, paint_foot_profile, progress_words
from lsviewer.gui.views.map_menu import HeatmapMenu
from lsviewer.gui.views.map_view import MapView
from lsviewer.gui.views.raster import section_image

CONTOUR_PAUSE_MS = 140  # a section younger than this may be one of many while the user paints
ZOOM_STEP = 1.25


class Heatmap(MapView):
    """Shows a `Section` with two axes; a `Trajectory` of that section is drawn over it."""

    accepts = (Section, Trajectory)
    name = "Section"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.trajectory: Trajectory | None = None
        self.shows_contours = True
        self.profile_axis: int | None = 0  # None: hidden
        self.layout_of_square = LAYOUT
        self._window: Window = (0.0, 1.0, 0.0, 1.0)
        self._drawn: Section | None = None  # the section on an even grid
        self._image: QImage | None = None
        self._contours: list[Contour] | None = None  # None: not traced yet
        self._foot_words: tuple[str, str] | None = None  # None: not looked up yet
        self._pressed: QPointF | None = None
        self._dragged = False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(CONTOUR_PAUSE_MS)
        self._rest.timeout.connect(self.trace)
        self.setAccessibleDescription(
            "The loss on a plane. Arrow keys move the cursor, Space pins it, Escape frees it."
        )
        self._menu = HeatmapMenu(self)

    # what is shown

    @classmethod
    def can_show(cls, artifact: Artifact) -> bool:
        return isinstance(artifact, Trajectory) or (isinstance(artifact, Section) and len(artifact.axes) == 2)

    def show_artifact(self, artifact: Artifact) -> None:
        if isinstance(artifact, Trajectory):
            self.trajectory = artifact
            self._forget_layer()
            return
        if not isinstance(artifact, Section) or len(artifact.axes) != 2:
            raise TypeError(f"a map shows sections with two axes, not {artifact!r}")
        old, self.section = self.section, artifact
        if old is None or extent(old) != extent(artifact):
            self._window = extent(artifact)
        if old is not None and old.name != artifact.name:
            self.trajectory = None
        self._remap()

    def clear(self) -> None:
        self.section = self.trajectory = self._drawn = self._mapped = self._image = self._contours = None
        self._rest.stop()
        self._forget_layer()

    @property
    def view_window(self) -> Window:
        """The part of the plane in sight."""
        return self._window

    def look_at(self, window: Window) -> None:
        """Show a part of the plane, kept within the section."""
        if self.section is not None:
            self._window = kept(window, extent(self.section))
            self._forget_layer()

    def reset_zoom(self) -> None:
        """Show the whole section."""
        if self.section is not None:
            self.look_at(extent(self.section))

    # options

    def state(self) -> dict[str, Any]:
        return {**super().state(), "contours": self.shows_contours, "profile": self.profile_axis}

    def restore(self, state: dict[str, Any]) -> None:
        self.shows_contours = bool(state.get("contours", self.shows_contours))
        along = state.get("profile", self.profile_axis)
        self.profile_axis = along if along in (0, 1, None) else 0
        super().restore(state)

    def _remap(self) -> None:
        self._mapped = self._image = self._foot_words = None
        self._contours = None
        if self.section is not None:
            self._drawn = on_even_grid(self.section)
            self._mapped = mapped(self._drawn, self.mode, self.levels, self.colour_map)
            m = self._mapped
            self._image = section_image(m.values, m.low, m.high, m.colour_map)
            if self._wants_contours():
                self._rest.start()
        self._forget_layer()

    def _wants_contours(self) -> bool:
        complete = self.section is not None and self.section.known is None
        return self.shows_contours and complete and self.mode != "error" and self.isVisible()

    def trace(self) -> None:
        """Trace the contour lines now."""
        if self._drawn is not None and self._mapped is not None:
            self._contours = _trace(self._drawn, self._mapped)
            self._forget_layer()

    # drawing

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        width, height = self.width(), self.height()
        self._draw_layer(painter, lambda layer: self._paint_map(layer, width, height, self._contours or []))
        self._paint_foot(painter, width, height)
        if self.section is not None and self.cursor_position is not None:
            plane = self._plane()
            x, y = plane.pixel(self.cursor_position)
            if plane.square.adjusted(-1, -1, 1, 1).contains(int(x), int(y)):
                paint_crosshair(painter, plane.square, x, y)
                paint_ring(painter, int(x) + 0.5, int(y) + 0.5, self.cursor_is_pinned)

    def paint_to(self, painter: QPainter, rect: QRectF) -> None:
        lines = self._contours
        if lines is None and self._drawn is not None and self._mapped is not None and self.mode != "error":
            lines = _trace(self._drawn, self._mapped) if self.shows_contours and self._drawn.known is None else []
        painter.save()
        painter.translate(rect.topLeft())
        self._paint_map(painter, round(rect.width()), round(rect.height()), lines or [])
        self._paint_foot(painter, round(rect.width()), round(rect.height()))
        painter.restore()

    def _paint_map(self, painter: QPainter, width: int, height: int, lines: list[Contour]) -> None:
        if self.section is None or self._mapped is None or self._image is None:
            return
        m, plane = self._mapped, Plane(square_rect(width, height, self.layout_of_square), self._window)
        crisp = self.mode == "error" or self.section.known is not None
        has_holes = readout.counts(self.section).holes > 0
        paint_image(painter, plane, self._image, extent(self.section), has_holes=has_holes, crisp=crisp)
        paint_contours(painter, plane, lines)
        if self.trajectory is not None and self.trajectory.points.shape[1] == 2:
            paint_path(painter, plane, self.trajectory.points)
        x_axis, y_axis = self.section.axes
        paint_axes(painter, plane.square, self._window[:2], self._window[2:], x_axis.name, y_axis.name)
        paint_colour_bar(painter, plane.square, colormaps.table(m.colour_map), m.low, m.high, m.symbol)
        if self.shows_marks and self.mode != "error":  # the places are those of the loss
            paint_marks(painter, plane, self.section.marks)

    def _paint_foot(self, painter: QPainter, width: int, height: int) -> None:
        if self.section is None or not self.layout_of_square.narrow_foot:
            return
        square, foot = (
            square_rect(width, height, self.layout_of_square),
            foot_rect(width, height, self.layout_of_square),
        )
        if self.profile_axis is not None and foot.height() >= PROFILE_FROM:
            here = self.cursor_position
            paint_foot_profile(painter, self.section, square, foot, self._window, here, self.profile_axis)
            return
        if self._foot_words is None:
            progress = progress_words(self.section)
            self._foot_words = progress if any(progress) else error_words(self.section)
        paint_foot_line(painter, width, height, foot, self._foot_words)

    def foot_text(self) -> str:
        """Return what the foot says about the map: points evaluated so far, or values that are not finite."""
        return "" if self.section is None else " ".join(progress_words(self.section)).strip()

    # places

    def position_at(self, point: QPointF) -> Cursor | None:
        """Return the place on the section under a point of the widget, or None outside the square."""
        plane = self._plane()
        if self.section is None or not QRectF(plane.square).adjusted(-1, -1, 1, 1).contains(point):
            return None
        return readout.clamped(self.section, plane.place(point))

    def point_of(self, position: Cursor) -> QPointF:
        """Return the point of the widget where ``position`` is drawn, the inverse of `position_at`."""
        return QPointF(*self._plane().pixel(position))

    def _plane(self) -> Plane:
        return Plane(square_rect(self.width(), self.height(), self.layout_of_square), self._window)

    # mouse and keys

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is not None and event.buttons() & Qt.MouseButton.LeftButton:
            shift = event.position() - self._pressed
            if not self._dragged and shift.manhattanLength() < 4:
                return
            self._dragged = True
            self._pressed = event.position()
            if self.section is not None:
                self.look_at(self._plane().moved(shift.x(), shift.y(), extent(self.section)))
        elif not self.cursor_is_pinned:
            self.move_cursor(self.position_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed, self._dragged = event.position(), False

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._pressed is not None:
            position = self.position_at(event.position())
            if not self._dragged and position is not None:
                self.move_cursor(position, pinned=True)
            self._pressed = None

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        self.reset_zoom()

    def wheelEvent(self, event: QWheelEvent) -> None:
        centre = self.position_at(event.position())
        if centre is not None:
            self._zoom(ZOOM_STEP ** (event.angleDelta().y() / 120.0), centre)
            event.accept()

    def _zoom(self, factor: float, centre: Cursor) -> None:
        if self.section is not None:
            self.look_at(self._plane().zoomed(factor, centre, extent(self.section)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        x0, x1, y0, y1 = self._window
        here = self.cursor_position or ((x0 + x1) / 2, (y0 + y1) / 2)
        key = Qt.Key(event.key())
        if self.section is None:
            super().keyPressEvent(event)
        elif key in ARROWS:
            self.move_cursor(readout.stepped(self.section, here, ARROWS[key]), pinned=self.cursor_is_pinned)
        elif key == Qt.Key.Key_Escape and self.cursor_position is not None:
            self.move_cursor(None)
        elif key in (Qt.Key.Key_Space, Qt.Key.Key_Return):
            self.move_cursor(here, pinned=not self.cursor_is_pinned)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self._zoom(1 / ZOOM_STEP if key == Qt.Key.Key_Minus else ZOOM_STEP, here)
        elif key in (Qt.Key.Key_0, Qt.Key.Key_Home):
            self.reset_zoom()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        if self._contours is None and self._wants_contours():
            self._rest.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._rest.stop()
        super().hideEvent(event)

    def _on_cursor_changed(self) -> None:
        self.status.emit(readout.sentence(self.section, self.cursor_position))
        self.update()

    def menu_actions(self) -> list[QAction]:
        return self._menu.actions()


def _trace(section: Section, m: Mapped) -> list[Contour]:
    return contours(section.axes[0].values, section.axes[1].values, m.values, m.low, m.high)
