"""The canvas for a pattern with one axis: a curve on [0, 1] that follows the mouse."""

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFocusEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from lsviewer.core.arrays import Array
from lsviewer.gui import theme
from lsviewer.gui.painting.curve_gestures import CurveLine, CurveStroke, nudge
from lsviewer.gui.painting.easel import Easel
from lsviewer.gui.painting.gestures import Gesture
from lsviewer.gui.painting.shapes import Point
from lsviewer.gui.painting.tools import Tool
from lsviewer.gui.square import paint_axes, square_rect

NUDGE = 0.01  # how far an arrow key moves the curve; eight times as far with Shift
REACH = 24  # pixels outside the square where a drag may begin: the ends of the curve lie on its border


class CurveCanvas(Easel):
    """Draws T over alpha; a point of the grid is (index, value)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("curve-canvas")
        self.setAccessibleName("Curve canvas")
        self.setAccessibleDescription(
            "Left and right move along the curve, with Shift by eight points; up and down raise and lower it there; "
            "0 to 9 set its height; plus and minus change how much of it follows."
        )
        self._square = square_rect(320, 320)
        self._values = np.zeros(2, np.float32)
        self._shown: Array = self._values
        self.setCursor(Qt.CursorShape.CrossCursor)
        theme.watcher.changed.connect(self.update)

    def place(self, square: QRect) -> None:
        """Put the drawing area at ``square`` (widget pixels)."""
        self._square = square
        self.update()

    @property
    def square(self) -> QRect:
        """The drawing area in widget pixels."""
        return self._square

    def preview(self, values: Array | None) -> None:
        self._shown = self._values if values is None else values
        self.update()

    # ---- geometry

    def to_grid(self, position: QPointF) -> Point:
        x = (position.x() - self._square.left()) / self._square.width() * (len(self._values) - 1)
        y = (self._square.top() + self._square.height() - position.y()) / self._square.height()
        return x, min(1.0, max(0.0, y))

    def from_grid(self, at: Point) -> QPointF:
        """Return the widget position of (index, value)."""
        x = self._square.left() + at[0] / (len(self._values) - 1) * self._square.width()
        return QPointF(x, self._square.top() + (1 - at[1]) * self._square.height())

    def alpha(self, at: Point) -> tuple[float, ...]:
        return (min(1.0, max(0.0, at[0] / (len(self._values) - 1))),)

    def contains(self, position: QPointF) -> bool:
        return QRectF(self._square).adjusted(-REACH, -REACH, REACH, REACH).contains(position)

    # ---- gestures and keyboard

    def begin(self, at: Point, constrained: bool) -> Gesture | None:
        if self._tool is Tool.LINE:
            return CurveLine(self._values, self._ink, start=at)
        return CurveStroke(self._values, self._ink)

    def _step(self, dx: int, dy: int) -> None:
        top = len(self._values) - 1
        index = min(top, max(0, round(self._pointer[0] if self._pointer else top / 2) + dx))
        self._keyboard_focus = True
        if dy and self._gesture is None:
            moved = nudge(self._values, index, dy * NUDGE, self._ink)
            if not np.array_equal(moved, self._values):
                self.commit(moved, "Raise curve" if dy > 0 else "Lower curve", "curve-nudge")
        self._tell_pointer((index, float(self._values[index])))

    def _digit(self, digit: int) -> None:
        """Digits set the height at the pointer."""
        if self._pointer is not None:
            gesture = CurveStroke(self._values, self._ink)
            gesture.extend((round(self._pointer[0]), digit / 9))
            if gesture.changed:
                gesture.values.flags.writeable = False
                self.commit(gesture.values, "Draw curve")

    def _space_down(self) -> None:
        """The arrows draw already; nothing to hold."""

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
        super().focusOutEvent(event)
        self.update()

    # ---- picture

    def _repaint_all(self) -> None:
        self._shown = self._values
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.tokens()
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(tokens.panel))
        square = self._square
        painter.setPen(QPen(QColor(tokens.grid), 1))
        for level in (0.25, 0.5, 0.75, 1.0):
            y = square.top() + (1 - level) * square.height() + 0.5
            painter.drawLine(QPointF(square.left(), y), QPointF(square.right(), y))
        paint_axes(painter, square, x_name="α₁", y_name="T")
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        values = self._shown if self._gesture is None else self._gesture.values
        line = QPolygonF([self.from_grid((i, float(v))) for i, v in enumerate(values)])
        if self._keyboard_focus and self.hasFocus():
            theme.paint_focus(painter, QRectF(square), 0)
        painter.setPen(
            QPen(QColor(tokens.accent), 1.75, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        )
        painter.drawPolyline(line)
        if (at := self._marked(values)) is not None:
            place = self.from_grid(at)
            painter.setPen(QPen(QColor(tokens.ink3), 1))
            painter.drawLine(QPointF(place.x(), square.top()), QPointF(place.x(), square.bottom()))
            painter.setPen(QPen(QColor(tokens.panel), 3))
            painter.setBrush(QColor(tokens.accent))
            painter.drawEllipse(place, 5.5, 5.5)
        painter.end()

    def _marked(self, values: Array) -> Point | None:
        """Return the point of the curve under the pointer, or under the linked cursor."""
        x = self._pointer[0] if self._pointer is not None else None
        if x is None and self._linked is not None and len(self._linked) == 1:
            x = self._linked[0] * (len(values) - 1)
        if x is None:
            return None
        x = min(len(values) - 1.0, max(0.0, x))
        return x, float(np.interp(x, np.arange(len(values)), values))
