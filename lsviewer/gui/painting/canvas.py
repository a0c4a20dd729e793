"""The canvas for a plane pattern, in greys or in colour: a square in the geometry of the section beside it, drawn on with
mouse, pen or keys.
"""

import math

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from lsviewer.core.arrays import Array
from lsviewer.gui import colormaps, theme
from lsviewer.gui.painting.colours import SWATCHES
from lsviewer.gui.painting.easel import Easel
from lsviewer.gui.painting.gestures import Gesture, PolygonClicks, Stamp
from lsviewer.gui.painting.shapes import Point, Window
from lsviewer.gui.painting.tools import TOOLS, Tool, begin
from lsviewer.gui.square import paint_axes, paint_colour_bar, source_rect, square_rect

CRISP_FROM = 6.0  # pixels a grid point: from here on single points are meant to be seen
_WITH_BRUSH = (Tool.BRUSH, Tool.ERASER, Tool.LINE)


class Canvas(Easel):
    """Draws on a pattern (n, n) or (n, n, 3); axis 0 points right, axis 1 up; grid point i lies at i / (n - 1)."""

    text_wanted = Signal(object)
    """A place (widget position) where the text tool was pressed."""
    picked = Signal(object)
    """The value, or the colour as a tuple, under an Alt click or the eyedropper."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pattern-canvas")
        self.setAccessibleName("Pattern canvas")
        self.setAccessibleDescription(
            "Arrow keys move the brush by one grid point, with Shift by eight; hold Space to draw; 0 to 9 choose the value "
            "or the colour, plus and minus the size; letters choose the tool; Enter closes a polygon, Escape undoes it."
        )
        self._square = square_rect(320, 320)
        self._last: Point | None = None  # where the stroke before ended
        self._pixels = np.zeros((2, 4), np.uint8)  # (rows, stride in bytes), what the screen shows
        self._tool_chosen()
        theme.watcher.changed.connect(self.update)

    # ---- what the editor says

    def place(self, square: QRect) -> None:
        """Put the drawing area at ``square`` (widget pixels)."""
        if square != self._square:
            self._square = square
            self.update()

    @property
    def square(self) -> QRect:
        """The drawing area in widget pixels."""
        return self._square

    def preview(self, values: Array | None) -> None:
        self._fill_pixels(self._values if values is None else values)
        self.update()

    def write(self, coverage: Array) -> None:
        """Show this text coverage where the text tool was pressed."""
        if isinstance(self._gesture, Stamp):
            self._drew(self._gesture.write(coverage))

    def finish_text(self) -> None:
        """Take the text as drawn."""
        if isinstance(self._gesture, Stamp):
            self._finish()

    # ---- geometry

    def to_grid(self, position: QPointF) -> Point:
        scale = (len(self._values) - 1) / self._square.width()
        x = (position.x() - self._square.left()) * scale
        y = (self._square.top() + self._square.height() - position.y()) * scale
        return x, y

    def from_grid(self, at: Point) -> QPointF:
        """Return the widget position of grid coordinates."""
        scale = self._square.width() / (len(self._values) - 1)
        return QPointF(self._square.left() + at[0] * scale, self._square.top() + self._square.height() - at[1] * scale)

    def alpha(self, at: Point) -> tuple[float, ...]:
        top = len(self._values) - 1
        return tuple(min(1.0, max(0.0, c / top)) for c in at)

    def contains(self, position: QPointF) -> bool:
        return QRectF(self._square).contains(position)

    # ---- gestures

    def begin(self, at: Point, constrained: bool) -> Gesture | None:
        gesture = begin(self._tool, self._values, self._ink, at, constrained)
        if gesture is None:
            self._pick(at)
        elif constrained and self._last is not None and self._tool in (Tool.BRUSH, Tool.ERASER):
            gesture.extend(self._last)  # Shift: straight from where the stroke before ended
        return gesture

    def _press(self, at: Point, pressure: float, constrained: bool) -> None:
        match self._gesture, self._tool:
            case PolygonClicks() as polygon, _:
                self._drew(polygon.add(at))
            case Stamp(), _:
                self._extend(at)
                self.text_wanted.emit(self.from_grid(at))
            case _, Tool.POLYGON:
                polygon = PolygonClicks(self._values, self._ink)
                self._gesture = polygon
                self._drew(polygon.add(at))
            case _, Tool.TEXT:
                super()._press(at, pressure, constrained)
                self.text_wanted.emit(self.from_grid(at))
            case _, Tool.FILL:
                super()._press(at, pressure, constrained)
                self._finish()
            case _:
                super()._press(at, pressure, constrained)

    def _finish(self) -> None:
        if self._tool in (Tool.BRUSH, Tool.ERASER):
            self._last = self._pointer
        super()._finish()

    def _pointer_up(self) -> None:
        if self._tool not in (Tool.POLYGON, Tool.TEXT):
            super()._pointer_up()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        if isinstance(self._gesture, PolygonClicks) and not event.buttons():
            self._extend(self.to_grid(event.position()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if isinstance(self._gesture, PolygonClicks):
            self._close_polygon()
        else:
            self.mousePressEvent(event)

    def _close_polygon(self) -> None:
        if isinstance(self._gesture, PolygonClicks):
            self._gesture.close()
            if len(dict.fromkeys(self._gesture.corners)) < 3:
                self.cancel()  # two corners are no polygon
            else:
                self._finish()

    def _pick(self, at: Point) -> None:
        top = len(self._values) - 1
        i, j = (min(top, max(0, round(c))) for c in at)
        found = self._values[i, j]
        self.picked.emit(tuple(map(float, found)) if self._values.ndim == 3 else float(found))

    # ---- keyboard

    def _digit(self, digit: int) -> None:
        if self._values.ndim == 3:
            self._change_ink(colour=SWATCHES[digit][1])
        else:
            super()._digit(digit)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if isinstance(self._gesture, PolygonClicks):
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._close_polygon()
                return
            if event.key() == Qt.Key.Key_Backspace and self._pointer is not None:
                self._drew(self._gesture.remove(self._pointer))
                return
        super().keyPressEvent(event)

    def _step(self, dx: int, dy: int) -> None:
        top = len(self._values) - 1
        x, y = self._pointer or (top / 2, top / 2)
        at = (min(top, max(0, round(x) + dx)), min(top, max(0, round(y) + dy)))
        self._keyboard_focus = True
        self._tell_pointer(at)
        if self._by_key or isinstance(self._gesture, PolygonClicks):
            self._extend(at)

    def _space_down(self) -> None:
        if self._pointer is None:
            self._step(0, 0)
        if isinstance(self._gesture, PolygonClicks) and self._pointer is not None:
            self._press(self._pointer, 1.0, False)
        elif self._gesture is None and self._pointer is not None:
            self._press(self._pointer, 1.0, False)
            self._by_key = self.drawing and self._tool not in (Tool.POLYGON, Tool.TEXT)

    def focusInEvent(self, event: QFocusEvent) -> None:
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self._keyboard_focus = True
            if self._pointer is None:
                self._step(0, 0)
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        if self._keyboard_focus:
            self._keyboard_focus = False
            self._tell_pointer(None)
        if self._by_key:  # the release of Space will go elsewhere
            self._finish()
        super().focusOutEvent(event)
        self.update()

    def _tool_chosen(self) -> None:
        shape = Qt.CursorShape.BlankCursor if self._tool in _WITH_BRUSH[:2] else Qt.CursorShape.CrossCursor
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self._tool_cursor = shape
        self.setAccessibleName(f"Pattern canvas, {TOOLS[self._tool].title.lower()}")

    def _pointer_moved(self, position: QPointF, pressure: float, down: bool) -> None:
        inside = self.contains(position)
        wanted = self._tool_cursor if inside or self._gesture is not None else Qt.CursorShape.ArrowCursor
        if self.cursor().shape() is not wanted:
            self.setCursor(wanted)
        super()._pointer_moved(position, pressure, down)

    # ---- picture

    def _repaint_all(self) -> None:
        self._fill_pixels(self._values)
        self.update()

    def _repaint(self, window: Window | None) -> None:
        if window is None or self._gesture is None:
            return
        i, j = window
        n = len(self._values)
        deep = _depth(self._values)
        columns = slice(deep * i.start, deep * i.stop)
        self._pixels[n - j.stop : n - j.start, columns] = _rows(self._gesture.values[i, j])
        low, high = self.from_grid((i.start - 1, j.stop)), self.from_grid((i.stop, j.start - 1))
        self.update(QRectF(low, high).toAlignedRect().adjusted(-2, -2, 2, 2))

    def _fill_pixels(self, values: Array) -> None:
        n, width = len(values), _depth(values) * len(values)
        stride = (width + 3) // 4 * 4  # QImage wants rows of whole 32-bit words
        if self._pixels.shape != (n, stride):
            self._pixels = np.zeros((n, stride), np.uint8)
        self._pixels[:, :width] = _rows(values)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.tokens()
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(tokens.panel))
        n, square = len(self._pixels), self._square
        coloured = _depth(self._values) == 3
        kind = QImage.Format.Format_RGB888 if coloured else QImage.Format.Format_Grayscale8
        image = QImage(self._pixels.data, n, n, self._pixels.shape[1], kind)
        crisp = square.width() / (n - 1) > CRISP_FROM
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not crisp)
        painter.drawImage(QRectF(square), image, source_rect(n, n))
        if not square.contains(event.rect()):
            paint_axes(painter, square)
            if not coloured:
                paint_colour_bar(painter, square, colormaps.table(colormaps.PATTERN), 0.0, 1.0, "T")
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._keyboard_focus and self.hasFocus():
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.drawRect(QRectF(square).adjusted(1, 1, -1, -1))
        painter.setClipRect(square)
        if self._linked is not None and self._pointer is None and len(self._linked) == 2:
            self._paint_crosshair(painter, (self._linked[0] * (n - 1), self._linked[1] * (n - 1)))
        if self._pointer is not None:
            self._paint_brush(painter, self.from_grid(self._pointer))
        painter.end()

    def _paint_crosshair(self, painter: QPainter, at: Point) -> None:
        place, square = self.from_grid(at), self._square
        across = (QPointF(square.left(), place.y()), QPointF(square.right() + 1, place.y()))
        down = (QPointF(place.x(), square.top()), QPointF(place.x(), square.bottom() + 1))
        for pen in _rings():
            painter.setPen(pen)
            painter.drawLine(*across)
            painter.drawLine(*down)
        for pen in _rings():
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(place, 5.5, 5.5)

    def _paint_brush(self, painter: QPainter, place: QPointF) -> None:
        """The brush in its true size, in white and black rings that show on any grey, with a small plus in its middle."""
        scale = self._square.width() / (len(self._values) - 1)
        radius = self._ink.size / 2 * scale if self._tool in _WITH_BRUSH else 0.0
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if radius >= 3:
            painter.setPen(QPen(QColor(0, 0, 0, 190), 1))
            painter.drawEllipse(place, radius + 1, radius + 1)
            painter.drawEllipse(place, radius - 1, radius - 1)
            painter.setPen(QPen(QColor(255, 255, 255, 235), 1))
            painter.drawEllipse(place, radius, radius)
        if radius >= 8 or radius == 0 or radius < 3:
            arm = 4.0
            for pen in _rings():
                painter.setPen(pen)
                painter.drawLine(place - QPointF(arm, 0), place + QPointF(arm, 0))
                painter.drawLine(place - QPointF(0, arm), place + QPointF(0, arm))

    def _update_pointer(self) -> None:
        if self._pointer is not None:
            scale = self._square.width() / (len(self._values) - 1)
            reach = math.ceil(max(self._ink.size / 2 * scale, 6.0)) + 3
            place = self.from_grid(self._pointer).toPoint()
            self.update(QRect(place.x() - reach, place.y() - reach, 2 * reach + 1, 2 * reach + 1))


def _depth(values: Array) -> int:
    """Return the bytes of a grid point on screen."""
    return 3 if values.ndim == 3 else 1


def _rows(values: Array) -> Array:
    """Return values (w, h) or (w, h, 3) as bytes (h, w) or (h, 3 w), row 0 at the top."""
    levels = (values * np.float32(255) + np.float32(0.5)).astype(np.uint8)
    return np.swapaxes(levels, 0, 1)[::-1].reshape(values.shape[1], -1)


def _rings() -> tuple[QPen, QPen]:
    """1 px white on 3 px black at 30 %: seen on every map."""
    return QPen(QColor(0, 0, 0, 77), 3), QPen(QColor(255, 255, 255), 1)
