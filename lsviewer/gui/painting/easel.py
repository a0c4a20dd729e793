"""The common part of both canvases: holds the pattern and the gesture under way, and tells the world at a bearable rate."""

from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QEnterEvent, QKeyEvent, QMouseEvent, QTabletEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from lsviewer.core.arrays import Array
from lsviewer.gui.painting.gestures import Gesture, Ink
from lsviewer.gui.painting.shapes import Point, Window
from lsviewer.gui.painting.tools import TOOLS, Tool

FRAME_S = 0.016  # between two `stroking`: what a frame can show
MAX_SIZE = 128.0  # grid points, of the brush
_STEPS: dict[int, tuple[int, int]] = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Down: (0, -1),
    Qt.Key.Key_Up: (0, 1),
}


class Easel(QWidget):
    """A pattern, its ink and tool, and at most one gesture. Subclasses draw it and say where a mouse position lies."""

    edited = Signal(object, str, str)
    """values (read-only float32), text, merge key: one finished edit."""
    stroking = Signal(object)
    """values (read-only float32) while a gesture is under way, at most one every 16 ms, the newest."""
    cursor_moved = Signal(object)
    """alpha coordinates under the pointer, or None."""
    ink_changed = Signal(object)
    tool_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setTabletTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._values: Array = np.zeros((2, 2), np.float32)
        self._gesture: Gesture | None = None
        self._tool = Tool.BRUSH
        self._ink = Ink()
        self._pointer: Point | None = None  # grid coordinates
        self._linked: tuple[float, ...] | None = None  # alpha, set from elsewhere
        self._by_key = False  # whether the gesture is held by Space
        self._keyboard_focus = False
        self._told = 0.0
        self._untold = False
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._tell)

    # ---- what the editor says

    @property
    def values(self) -> Array:
        """The pattern without the gesture under way, read-only float32."""
        return self._values

    @property
    def drawing(self) -> bool:
        """Whether a gesture is under way."""
        return self._gesture is not None

    @property
    def tool(self) -> Tool:
        """The chosen tool."""
        return self._tool

    @property
    def ink(self) -> Ink:
        """The ink of the next gesture."""
        return self._ink

    def show_values(self, values: Array) -> None:
        """Show another pattern (read-only float32); a gesture under way is dropped, nothing is emitted."""
        self._drop()
        self._values = values
        self._repaint_all()

    def preview(self, values: Array | None) -> None:
        """Show ``values`` in the place of the pattern until the next call; None shows the pattern again."""
        raise NotImplementedError

    def set_tool(self, tool: Tool) -> None:
        """Choose the tool; a gesture under way is cancelled."""
        if tool is not self._tool:
            self.cancel()
            self._tool = tool
            self._tool_chosen()
            self.update()

    def set_ink(self, ink: Ink) -> None:
        """Choose the ink of the next gesture."""
        self._ink = ink
        self.update()

    def set_cursor(self, alpha: tuple[float, ...] | None) -> None:
        """Show the linked cursor of the other views, or take it away."""
        if alpha != self._linked:
            self._linked = alpha
            self.update()

    def cancel(self) -> bool:
        """Drop the gesture under way and show the pattern as it was; return whether there was one."""
        if self._gesture is None:
            return False
        told = self._gesture.changed
        self._drop()
        self._repaint_all()
        if told:
            self.stroking.emit(self._values)
        return True

    # ---- what subclasses say

    def to_grid(self, position: QPointF) -> Point:
        """Return the grid coordinates of a widget position."""
        raise NotImplementedError

    def alpha(self, at: Point) -> tuple[float, ...]:
        """Return the alpha coordinates of grid coordinates, within [0, 1]."""
        raise NotImplementedError

    def contains(self, position: QPointF) -> bool:
        """Return whether a widget position lies on the drawing area."""
        raise NotImplementedError

    def begin(self, at: Point, constrained: bool) -> Gesture | None:
        """Return the gesture that starts at ``at``."""
        raise NotImplementedError

    def _repaint_all(self) -> None:
        self.update()

    def _repaint(self, window: Window | None) -> None:
        self.update()

    def _update_pointer(self) -> None:
        """Ask for a new picture of the place where the pointer is."""
        self.update()

    def _tool_chosen(self) -> None:
        """The tool has changed."""

    def _step(self, dx: int, dy: int) -> None:
        """An arrow key moves the pointer by grid points."""
        raise NotImplementedError

    # ---- gestures

    def _press(self, at: Point, pressure: float, constrained: bool) -> None:
        self._gesture = self.begin(at, constrained)
        if self._gesture is not None:
            self._extend(at, pressure)

    def _extend(self, at: Point, pressure: float = 1.0) -> None:
        if self._gesture is not None and (window := self._gesture.extend(at, pressure)) is not None:
            self._drew(window)

    def _drew(self, window: Window | None) -> None:
        """Show what a gesture changed, and tell it now or when the frame is over."""
        self._repaint(window)
        self._untold = True
        wait = FRAME_S - (perf_counter() - self._told)
        if wait <= 0:
            self._tell()
        elif not self._timer.isActive():
            self._timer.start(max(1, round(wait * 1000)))

    def _tell(self) -> None:
        if self._untold and self._gesture is not None:
            self._untold, self._told = False, perf_counter()
            self.stroking.emit(_frozen(self._gesture.values))

    def _finish(self) -> None:
        """End the gesture: one edit, or none when nothing changed."""
        gesture = self._gesture
        if gesture is None:
            return
        self._drop()
        if gesture.changed:
            self.commit(_frozen(gesture.values), gesture.text)

    def commit(self, values: Array, text: str, merge: str = "") -> None:
        """Take ``values`` (read-only) as the pattern and emit the edit."""
        self._values = values
        self._repaint_all()
        self.edited.emit(values, text, merge)

    def _drop(self) -> None:
        self._gesture = None
        self._by_key = False
        self._untold = False
        self._timer.stop()

    def _grow(self, by: float) -> None:
        self._change_ink(size=min(MAX_SIZE, max(1.0, self._ink.size + by)))

    def _change_ink(self, **changes: Any) -> None:
        self._ink = replace(self._ink, **changes)
        self.ink_changed.emit(self._ink)
        self.update()

    # ---- mouse and tablet

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton or not self.contains(event.position()):
            event.ignore()
            return
        self._keyboard_focus = False
        self._pointer_down(event.position(), 1.0, event.modifiers())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer_moved(event.position(), 1.0, bool(event.buttons() & Qt.MouseButton.LeftButton))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._pointer_up()

    def tabletEvent(self, event: QTabletEvent) -> None:
        kind = event.type()
        if kind is QEvent.Type.TabletPress and self.contains(event.position()):
            self._pointer_down(event.position(), event.pressure(), event.modifiers())
        elif kind is QEvent.Type.TabletMove:
            self._pointer_moved(event.position(), event.pressure() or 1.0, bool(event.buttons()))
        elif kind is QEvent.Type.TabletRelease:
            self._pointer_up()
        event.accept()  # or Qt would send mouse events for the same movement

    def _pointer_down(self, position: QPointF, pressure: float, modifiers: Qt.KeyboardModifier) -> None:
        at = self._point(position)
        if modifiers & Qt.KeyboardModifier.AltModifier:
            self._pick(at)
        else:
            self._press(at, pressure, bool(modifiers & Qt.KeyboardModifier.ShiftModifier))

    def _pointer_moved(self, position: QPointF, pressure: float, down: bool) -> None:
        at = self._point(position)
        if self.contains(position) or down:
            self._tell_pointer(at)
        else:
            self._tell_pointer(None)
        if down and not self._by_key:
            self._extend(at, pressure)

    def _pointer_up(self) -> None:
        if not self._by_key:
            self._finish()

    def _point(self, position: QPointF) -> Point:
        return self.to_grid(position)

    def _tell_pointer(self, at: Point | None) -> None:
        """Move the brush circle and say where it is."""
        if at != self._pointer:
            self._update_pointer()
            self._pointer = at
            self._update_pointer()
            self.cursor_moved.emit(None if at is None else self.alpha(at))

    def _pick(self, at: Point) -> None:
        """Take the value under the pointer as the ink."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if turned := event.angleDelta().y():
            self._grow(1 if turned > 0 else -1)

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        if not self._by_key and not self._keyboard_focus:
            self._tell_pointer(None)

    # ---- keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, text = event.key(), event.text().upper()
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            event.ignore()
        elif key in _STEPS:
            far = 8 if shift else 1
            dx, dy = _STEPS[key]
            self._step(dx * far, dy * far)
        elif key == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self._space_down()
        elif key == Qt.Key.Key_Escape:
            if not self.cancel():
                event.ignore()
        elif text in ("+", "]", "="):
            self._grow(1)
        elif text in ("-", "["):
            self._grow(-1)
        elif text.isdigit() and len(text) == 1:
            self._digit(int(text))
        elif found := [tool for tool, info in TOOLS.items() if info.key == text]:
            self.tool_changed.emit(found[0])
        else:
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat() and self._by_key:
            self._space_up()
        else:
            event.ignore()

    def _space_down(self) -> None:
        if self._gesture is None and self._pointer is not None:
            self._press(self._pointer, 1.0, False)
            self._by_key = self.drawing

    def _space_up(self) -> None:
        self._finish()

    def _digit(self, digit: int) -> None:
        self._change_ink(value=digit / 9)


def _frozen(values: Array) -> Array:
    copy = np.array(values, np.float32)
    copy.flags.writeable = False
    return copy
