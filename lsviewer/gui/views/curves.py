"""Lines against an axis: training loss, PSNR, sigma, and sections with one axis (L over T + a).

Every line carries its name at its end in its own colour; a line alone carries its last value. No legend boxes.
"""

import math
from typing import Any

from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QAction, QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QWidget

from lsviewer.core.artifacts import Artifact, Curve, Section
from lsviewer.gui import theme
from lsviewer.gui.square import foot_rect, paint_axes, square_rect
from lsviewer.gui.views import readout
from lsviewer.gui.views.base import View, paint_ring
from lsviewer.gui.views.curve_data import (
    Ranges,
    as_curve,
    has_names_beside,
    level_with_pattern,
    pair,
    scales,
    value_near,
    words_at,
    x_count,
    y_count,
)
from lsviewer.gui.views.curve_drawing import (
    colours_of,
    names_width,
    paint_level,
    paint_names,
    paint_names_beside,
    paint_series,
)
from lsviewer.gui.views.map_foot import PROFILE_FROM, error_words, paint_foot_error, paint_foot_line
from lsviewer.gui.views.plot import Frame, label_width, text

TITLE = 22


class Curves(View):
    """Shows a `Curve`, or a `Section` with one axis as the curve it is."""

    accepts = (Curve, Section)
    name = "Curves"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.curve: Curve | None = None
        self.section: Section | None = None  # when the curve is one: then the cursor is linked
        self.shows_title = True
        self.fits_square = False  # a section stands in the square of the pattern beside it
        self._ranges = Ranges()
        self._hover: QPointF | None = None
        self._pressed: QPointF | None = None
        self._dragged = False
        self._reset = QAction("Reset zoom", self)
        self._reset.setToolTip("Show the whole curve (double-click, or the key 0).")
        self._reset.triggered.connect(self.reset_zoom)

    @classmethod
    def can_show(cls, artifact: Artifact) -> bool:
        return isinstance(artifact, Curve) or (isinstance(artifact, Section) and len(artifact.axes) == 1)

    def show_artifact(self, artifact: Artifact) -> None:
        if not self.can_show(artifact):
            raise TypeError(f"curves show curves and sections with one axis, not {artifact!r}")
        curve = as_curve(artifact) if isinstance(artifact, Section) else artifact
        assert isinstance(curve, Curve)
        if self.curve is not None and self.curve.name != curve.name:
            self._ranges = Ranges()
        self.curve, self.section = curve, artifact if isinstance(artifact, Section) else None
        self.setToolTip("")
        self.update()

    def clear(self) -> None:
        self.curve = self.section = None
        self._ranges = Ranges()
        self.update()

    def state(self) -> dict[str, Any]:
        x, y = self._ranges.x, self._ranges.y
        return {
            "title": self.shows_title,
            "square": self.fits_square,
            "x": list(x) if x else None,
            "y": list(y) if y else None,
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.shows_title = bool(state.get("title", self.shows_title))
        self.fits_square = bool(state.get("square", self.fits_square))
        if "x" in state or "y" in state:
            self._ranges = Ranges(pair(state.get("x")), pair(state.get("y")))
        self.update()

    def reset_zoom(self) -> None:
        """Show the whole curve."""
        self._ranges = Ranges()
        self.update()

    def menu_actions(self) -> list[QAction]:
        return [self._reset]

    # drawing

    def frame(self) -> Frame | None:
        """Return the data area of the plot in the widget, and its scales."""
        return None if self.curve is None else self._frame(QRectF(self.rect()))

    def _frame(self, rect: QRectF) -> Frame:
        assert self.curve is not None
        x, y = scales(self.curve, self._ranges)
        if self.section is not None and self.fits_square:
            square = QRectF(square_rect(round(rect.width()), round(rect.height())))
            return Frame(square, x, y if self._ranges.y else level_with_pattern(self.section))
        has_x, has_y = (
            bool(self.curve.x_label) and not self._in_title(),
            bool(self.curve.y_label) and not self._in_title(),
        )
        count = y_count(rect.height())
        left = 16 + label_width(y, count) + 10 + (18 if has_y else 0)
        top = TITLE + 6 if self.shows_title and self.curve.title else 12
        right = 18 + names_width(self.curve) if has_names_beside(self.curve) else 20
        area = rect.adjusted(left, top, -right, -(26 + (17 if has_x else 0)))
        return Frame(QRectF(area.x(), area.y(), max(area.width(), 10.0), max(area.height(), 10.0)), x, y)

    def _in_title(self) -> bool:
        """Whether the title already names the axes ("PSNR in dB against step")."""
        return self.shows_title and self.curve is not None and " against " in self.curve.title

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self.curve is None:
            return
        painter = QPainter(self)
        frame = self._frame(QRectF(self.rect()))
        self._paint(painter, QRectF(self.rect()), frame)
        self._paint_cursor(painter, frame)

    def paint_to(self, painter: QPainter, rect: QRectF) -> None:
        if self.curve is not None:
            painter.save()
            painter.translate(rect.topLeft())
            here = QRectF(0, 0, rect.width(), rect.height())
            self._paint(painter, here, self._frame(here))
            painter.restore()

    def _paint(self, painter: QPainter, rect: QRectF, frame: Frame) -> None:
        curve = self.curve
        if curve is None:
            return
        painter.save()
        if self.section is not None and self.fits_square:
            self._paint_square(painter, self.section, rect, frame)
        else:
            self._paint_wide(painter, curve, rect, frame)
        for level in curve.levels:
            paint_level(painter, frame, level)
        painter.save()
        painter.setClipRect(frame.rect.adjusted(-5, -5, 5, 5))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = colours_of(curve)
        for one, colour in sorted(zip(curve.series, colours), key=lambda pair: pair[0].style != "band"):
            paint_series(painter, frame, one, colour)
        painter.restore()
        beside = has_names_beside(curve) or (self.section is not None and self.fits_square)
        name = paint_names_beside if beside else paint_names
        name(painter, frame, curve, colours)
        painter.restore()

    def _paint_wide(self, painter: QPainter, curve: Curve, rect: QRectF, frame: Frame) -> None:
        if self.shows_title and curve.title:
            face = theme.font(12, 500)
            painter.setFont(face)
            painter.setPen(QColor(theme.tokens().ink2))
            title = theme.elided(curve.title, face, round(rect.width()) - 20)
            text(painter, rect.left() + 16, rect.top() + TITLE / 2 + 1, title, Qt.AlignmentFlag.AlignLeft)
        x_name, y_name = ("", "") if self._in_title() else (curve.x_label, curve.y_label)
        frame.paint_axes(painter, x_name, y_name, x_count=x_count(rect.width()), y_count=y_count(rect.height()))

    def _paint_square(self, painter: QPainter, section: Section, rect: QRectF, frame: Frame) -> None:
        """The axes of the pattern's square, and under them the error."""
        square, width, height = frame.rect.toRect(), round(rect.width()), round(rect.height())
        frame.paint_grid(painter, y_count(square.height()))
        x, y = (frame.x.low, frame.x.high), (frame.y.low, frame.y.high)
        paint_axes(painter, square, x, y, section.axes[0].name, section.symbol)
        foot = foot_rect(width, height)
        if foot.height() >= PROFILE_FROM:
            here = self.cursor_position[0] if self.cursor_position else math.nan
            paint_foot_error(painter, section, square, foot, x, here)
        else:
            paint_foot_line(painter, width, height, foot, error_words(section))

    def _paint_cursor(self, painter: QPainter, frame: Frame) -> None:
        tokens = theme.tokens()
        at = self.cursor_position[0] if self.section is not None and self.cursor_position else None
        if at is None and self._hover is not None and frame.rect.contains(self._hover):
            at = frame.x.value((self._hover.x() - frame.rect.left()) / frame.rect.width())
        if at is None or self.curve is None:
            return
        x = frame.px(at)
        if not frame.rect.left() - 1 <= x <= frame.rect.right() + 1:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(QColor(tokens.ink3), 1))
        painter.drawLine(QLineF(int(x), frame.rect.top(), int(x), frame.rect.bottom()))
        for one, colour in zip(self.curve.series, colours_of(self.curve)):
            value = value_near(one, at)
            if value is not None and one.style != "band":
                point = QPointF(frame.px(value[0]), frame.py(value[1]))
                if frame.rect.adjusted(-2, -2, 2, 2).contains(point):
                    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                    painter.setPen(QPen(QColor(tokens.panel), 1.5))
                    painter.setBrush(colour)
                    painter.drawEllipse(point, 4, 4)
        if self.cursor_is_pinned and self.section is not None:
            paint_ring(painter, x, frame.rect.top() + 6, pinned=True)

    # mouse and keys

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        frame = self.frame()
        if frame is None or self.curve is None:
            return
        if self._pressed is not None and event.buttons() & Qt.MouseButton.LeftButton:
            shift = event.position() - self._pressed
            if self._dragged or shift.manhattanLength() >= 4:
                self._dragged, self._pressed = True, event.position()
                dx, dy = shift.x() / frame.rect.width(), shift.y() / frame.rect.height()
                x, y = frame.x.between(-dx, 1 - dx), frame.y.between(dy, 1 + dy)
                self._ranges = Ranges((x.low, x.high), (y.low, y.high))
                self.update()
            return
        inside = frame.rect.contains(event.position())
        self._hover = event.position() if inside else None
        at = frame.x.value((event.position().x() - frame.rect.left()) / frame.rect.width()) if inside else None
        if self.section is not None:
            if not self.cursor_is_pinned:
                self.move_cursor(None if at is None else readout.clamped(self.section, (at,)))
        else:
            self.status.emit("" if at is None else words_at(self.curve, at))
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed, self._dragged = event.position(), False

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        frame = self.frame()
        clicked = self._pressed is not None and not self._dragged
        if clicked and self.section is not None and frame is not None and frame.rect.contains(event.position()):
            at = frame.x.value((event.position().x() - frame.rect.left()) / frame.rect.width())
            self.move_cursor(readout.clamped(self.section, (at,)), pinned=True)
        self._pressed = None

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        self.reset_zoom()

    def wheelEvent(self, event: QWheelEvent) -> None:
        frame = self.frame()
        if frame is None or not frame.rect.contains(event.position()):
            return
        factor = 1.25 ** (event.angleDelta().y() / 120.0)
        x = frame.x.zoomed((event.position().x() - frame.rect.left()) / frame.rect.width(), factor)
        y_range = self._ranges.y
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            y = frame.y.zoomed((frame.rect.bottom() - event.position().y()) / frame.rect.height(), factor)
            y_range = (y.low, y.high)
        if math.isfinite(x.low) and math.isfinite(x.high) and x.low < x.high:
            self._ranges = Ranges((x.low, x.high), y_range)
        self.update()
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = None
        if self.section is not None and not self.cursor_is_pinned:
            self.move_cursor(None)
        self.status.emit("")
        self.update()
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if self.section is not None and step is not None:
            axis = self.section.axes[0].values
            here = self.cursor_position or (float(axis[len(axis) // 2]),)
            self.move_cursor(readout.stepped(self.section, here, (step,)), pinned=self.cursor_is_pinned)
        elif event.key() == Qt.Key.Key_Escape and self.cursor_position is not None:
            self.move_cursor(None)
        elif event.key() in (Qt.Key.Key_0, Qt.Key.Key_Home):
            self.reset_zoom()
        else:
            super().keyPressEvent(event)

    def _on_cursor_changed(self) -> None:
        self.status.emit(readout.sentence(self.section, self.cursor_position))
        self.update()
