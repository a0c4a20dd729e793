"""A section with three axes as three slices through one place: linked, moved by sliders, a click, a drag, the wheel.

Slices over and beside each other share an axis, so a line through one goes on in the other. One colour bar belongs to all
three: equal colours are equal losses anywhere in the volume. Thin lines show where the other two slices cut.
"""

from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QAction,
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QRegion,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from lsviewer.core.artifacts import Artifact, Section
from lsviewer.gui import colormaps, theme
from lsviewer.gui.numbers import fixed
from lsviewer.gui.square import LAYOUT, paint_axes, paint_colour_bar
from lsviewer.gui.views import readout
from lsviewer.gui.views.base import ARROWS, Cursor, paint_crosshair, paint_ring
from lsviewer.gui.views.even import on_even_grid
from lsviewer.gui.views.levels import Mapped, mapped
from lsviewer.gui.views.map_drawing import Plane, paint_image, paint_marks
from lsviewer.gui.views.map_foot import error_words, paint_foot_line, progress_words
from lsviewer.gui.views.map_view import MapView
from lsviewer.gui.views.plot import text
from lsviewer.gui.views.raster import section_image
from lsviewer.gui.views.volume_controls import VolumeMenu, VolumeSliders
from lsviewer.gui.views.volume_layout import FOOT, Pane, arrange

BAR_FROM = 60  # px a slice: less has no room for the numbers of the colour bar
WHEEL_STEP = 120  # eighths of a degree for the next slice


class Volume(MapView):
    """Shows a `Section` with three axes."""

    accepts = (Section,)
    name = "Volume"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.place: Cursor = (0.0, 0.0, 0.0)  # all three slices go through it
        self._pane = 0  # the slice the mouse was over last: the arrow keys work there
        self._held = False
        self._turned = 0
        self.setAccessibleDescription(
            "The loss in a volume, as three slices. Arrow keys move in a slice, Page up and down to the next slice."
        )
        self._sliders = VolumeSliders(self)
        self._sliders.moved.connect(self._slide)
        self._menu = VolumeMenu(self)
        self._sliders.hide()

    # what is shown

    @classmethod
    def can_show(cls, artifact: Artifact) -> bool:
        return isinstance(artifact, Section) and len(artifact.axes) == 3

    def show_artifact(self, artifact: Artifact) -> None:
        if not isinstance(artifact, Section) or len(artifact.axes) != 3:
            raise TypeError(f"a volume shows sections with three axes, not {artifact!r}")
        old, self.section = self.section, artifact
        if old is None or _ends(old) != _ends(artifact):
            self.place = _middle(artifact)
        self._arrange()
        self._remap()

    def clear(self) -> None:
        self.section = self._mapped = self._layer = None
        self._sliders.hide()
        self.update()

    def cut_at(self, place: Cursor) -> None:
        """Let all slices go through the grid point nearest to ``place``."""
        if self.section is not None:
            self.place = readout.stepped(self.section, place, (0, 0, 0))
            self._forget_layer()

    def cut_middle(self) -> None:
        """Let all slices go through the middle."""
        if self.section is not None:
            self.cut_at(_middle(self.section))

    def menu_actions(self) -> list[QAction]:
        return self._menu.actions()

    def _remap(self) -> None:
        self._mapped = None if self.section is None else mapped(self.section, self.mode, self.levels, self.colour_map)
        self._forget_layer()

    def _forget_layer(self) -> None:
        if self.section is not None:
            self._sliders.show_place(self.section, self.place)
        super()._forget_layer()

    # drawing

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._draw_layer(painter, lambda layer: self._paint_slices(layer, self.width(), self.height()))
        if self.section is not None and self.cursor_position is not None:
            for pane in self._panes():
                if self._lies_on(pane, self.cursor_position):
                    self._paint_cursor(painter, pane, self.place if self.cursor_is_pinned else self.cursor_position)

    def paint_to(self, painter: QPainter, rect: QRectF) -> None:
        painter.save()
        painter.translate(rect.topLeft())
        self._paint_slices(painter, round(rect.width()), round(rect.height()))
        painter.restore()

    def _paint_slices(self, painter: QPainter, width: int, height: int) -> None:
        if self.section is None or self._mapped is None:
            return
        m, arrangement = self._mapped, arrange(width, height)
        for pane in arrangement.panes:
            self._paint_slice(painter, self.section, m, pane)
        if arrangement.has_bar and (barred := arrangement.barred.square).height() >= BAR_FROM:
            paint_colour_bar(painter, barred, colormaps.table(m.colour_map), m.low, m.high, m.symbol)
        progress = progress_words(self.section)
        words = progress if any(progress) else error_words(self.section)
        paint_foot_line(painter, width, height, QRect(0, height - FOOT, width, FOOT), words)

    def _paint_slice(self, painter: QPainter, section: Section, m: Mapped, pane: Pane) -> None:
        axes = section.axes[pane.right], section.axes[pane.up]
        drawn = on_even_grid(Section("slice", axes, pane.cut(section, m.values, self.place)))
        plane = Plane(pane.square, pane.window(section))
        holes = readout.counts(drawn).holes > 0
        crisp = self.mode == "error" or section.known is not None
        image = section_image(drawn.values, m.low, m.high, m.colour_map)
        paint_image(painter, plane, image, plane.window, has_holes=holes, crisp=crisp)
        self._paint_cuts(painter, plane, pane)
        painter.save()
        painter.setClipRegion(_around(pane))
        paint_axes(painter, pane.square, plane.window[:2], plane.window[2:], axes[0].name, axes[1].name)
        painter.restore()
        if self.shows_marks and self.mode != "error":
            paint_marks(painter, plane, pane.marks(section, self.place))
        painter.setFont(theme.font(11))
        painter.setPen(QColor(theme.tokens().ink2))
        cut = f"{section.axes[pane.across].name} = {fixed(self.place[pane.across], 2)}"
        text(painter, pane.square.left(), pane.square.top() - 11, cut, Qt.AlignmentFlag.AlignLeft)

    def _paint_cuts(self, painter: QPainter, plane: Plane, pane: Pane) -> None:
        """Draw where the other two slices cut this one."""
        x, y = (int(c) + 0.5 for c in plane.pixel(pane.flat(self.place)))
        area = QRectF(plane.square)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for colour, width in ((QColor(0, 0, 0, 60), 3.0), (QColor(255, 255, 255, 150), 1.0)):
            painter.setPen(QPen(colour, width))
            painter.drawLine(QLineF(area.left(), y, area.right(), y))
            painter.drawLine(QLineF(x, area.top(), x, area.bottom()))
        painter.restore()

    def _paint_cursor(self, painter: QPainter, pane: Pane, position: Cursor) -> None:
        assert self.section is not None
        x, y = Plane(pane.square, pane.window(self.section)).pixel(pane.flat(position))
        paint_crosshair(painter, pane.square, x, y)
        paint_ring(painter, int(x) + 0.5, int(y) + 0.5, self.cursor_is_pinned)

    # places

    def position_at(self, point: QPointF) -> Cursor | None:
        """Return the place in the volume under a point of the widget, or None outside the slices."""
        found = self._under(point)
        return None if found is None or self.section is None else self._lifted(self._panes()[found], point)

    def point_of(self, position: Cursor, pane: int = 0) -> QPointF:
        """Return the point of the widget where ``position`` is drawn in a slice."""
        assert self.section is not None
        found = self._panes()[pane]
        return QPointF(*Plane(found.square, found.window(self.section)).pixel(found.flat(position)))

    def _panes(self) -> tuple[Pane, Pane, Pane]:
        return arrange(self.width(), self.height()).panes

    def _under(self, point: QPointF) -> int | None:
        squares = [QRectF(pane.square).adjusted(-1, -1, 1, 1) for pane in self._panes()]
        return next((k for k, square in enumerate(squares) if square.contains(point)), None)

    def _lifted(self, pane: Pane, point: QPointF) -> Cursor:
        assert self.section is not None
        place = Plane(pane.square, pane.window(self.section)).place(point)
        return readout.clamped(self.section, pane.lifted((place[0], place[1]), self.place))

    def _lies_on(self, pane: Pane, position: Cursor) -> bool:
        if self.section is None or len(position) != 3:
            return False
        axis = self.section.axes[pane.across]
        return readout.nearest(axis, position[pane.across]) == readout.nearest(axis, self.place[pane.across])

    # sliders, mouse and keys

    def _slide(self, axis: int, index: int) -> None:
        if self.section is not None:
            coordinate = float(self.section.axes[axis].values[index])
            self._go(tuple(coordinate if k == axis else old for k, old in enumerate(self.place)))

    def _go(self, place: Cursor) -> None:
        """Cut at a place; a pinned cursor comes along."""
        self.cut_at(place)
        if self.cursor_is_pinned:
            self.move_cursor(self.place, pinned=True)

    def _step(self, pane: Pane, steps: int) -> None:
        if self.section is not None:
            along = tuple(steps if axis == pane.across else 0 for axis in range(3))
            self._go(readout.stepped(self.section, self.place, along))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.section is None:
            return
        if self._held and event.buttons() & Qt.MouseButton.LeftButton:
            self._cut_under(event.position())
        elif not self.cursor_is_pinned:
            self.move_cursor(self.position_at(event.position()))
        if (found := self._under(event.position())) is not None and not self._held:
            self._pane = found

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self._under(event.position())
        if event.button() == Qt.MouseButton.LeftButton and found is not None and self.section is not None:
            self._pane, self._held = found, True
            self._cut_under(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._held = False

    def _cut_under(self, point: QPointF) -> None:
        self.cut_at(self._lifted(self._panes()[self._pane], point))
        self.move_cursor(self.place, pinned=True)

    def wheelEvent(self, event: QWheelEvent) -> None:
        found = self._under(event.position())
        if found is None:
            super().wheelEvent(event)
            return
        self._turned += event.angleDelta().y()
        steps = int(self._turned / WHEEL_STEP)
        self._turned -= steps * WHEEL_STEP
        self._step(self._panes()[found], steps)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        pane = self._panes()[self._pane]
        if self.section is None:
            super().keyPressEvent(event)
        elif key in ARROWS:
            right, up = ARROWS[key]
            steps = tuple(right if axis == pane.right else up if axis == pane.up else 0 for axis in range(3))
            self._go(readout.stepped(self.section, self.place, steps))
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self._step(pane, 1 if key == Qt.Key.Key_PageUp else -1)
        elif key == Qt.Key.Key_Escape and self.cursor_position is not None:
            self.move_cursor(None)
        elif key in (Qt.Key.Key_Space, Qt.Key.Key_Return):
            self.move_cursor(self.place, pinned=not self.cursor_is_pinned)
        elif key in (Qt.Key.Key_0, Qt.Key.Key_Home):
            self.cut_middle()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()
        super().resizeEvent(event)

    def _arrange(self) -> None:
        room = arrange(self.width(), self.height()).controls
        self._sliders.setGeometry(room)
        needed = self._sliders.minimumSizeHint()
        fits = room.width() >= needed.width() and room.height() >= needed.height()
        self._sliders.setVisible(fits and self.section is not None)

    def _on_cursor_changed(self) -> None:
        here = self.cursor_position
        if here is not None and len(here) != 3:  # of a section with other axes, shown beside this one
            self.cursor_position, self.cursor_is_pinned, here = None, False, None
        if here is not None and self.cursor_is_pinned and here != self.place:
            self.cut_at(here)
        self.status.emit(readout.sentence(self.section, here))
        self.update()


def _around(pane: Pane) -> QRegion:
    """Return where ticks and names may be drawn beside a slice."""
    square, shown = pane.square, QRegion()
    if pane.has_left:
        shown += QRect(square.left() - LAYOUT.left, square.top() - 10, LAYOUT.left, square.height() + 16)
    if pane.has_bottom:
        shown += QRect(square.left(), square.bottom() + 1, square.width() + 2, 7)  # beside it ends the other axis' 0
        shown += QRect(square.left() - 16, square.bottom() + 8, square.width() + 32, LAYOUT.bottom - 8)
    return shown


def _ends(section: Section) -> tuple[tuple[float, float], ...]:
    return tuple((float(axis.values[0]), float(axis.values[-1])) for axis in section.axes)


def _middle(section: Section) -> Cursor:
    return tuple(float(axis.values[len(axis.values) // 2]) for axis in section.axes)
