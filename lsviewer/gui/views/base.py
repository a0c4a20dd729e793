"""What every view is: the body of a card that shows one artifact, a cursor shared with the other views, and its own state.

A view draws itself twice with the same code: on the screen, and by `paint_to` on whatever a figure is exported to. Colours are
looked up in the theme while painting, so a change of theme is one repaint.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QImage, QPainter
from PySide6.QtWidgets import QWidget

from lsviewer.core.artifacts import Artifact
from lsviewer.gui import theme

Cursor = tuple[float, ...]
"""A place on a section, in axis coordinates."""


ARROWS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1)}
"""Steps to the right and up of the arrow keys."""


class View(QWidget):
    """Base of all views. Subclasses say what they accept, `show_artifact` and `paint_to`.

    ``cursor_moved`` and ``cursor_pinned`` tell what the *user* did in this view (a tuple of axis coordinates, or None); showing
    an artifact or a cursor never emits them. ``status`` carries a read-out in words for the status bar, "" when there is none.
    """

    accepts: ClassVar[tuple[type, ...]] = ()
    name: ClassVar[str] = ""  # what a tab or a menu calls it: "Surface"
    heading: ClassVar[str] = ""  # what a card says that shows it where it usually shows something else

    cursor_moved = Signal(object)
    cursor_pinned = Signal(object)
    status = Signal(str)
    state_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(type(self).__name__.lower())
        self.setAccessibleName(self.name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.cursor_position: Cursor | None = None
        self.cursor_is_pinned = False
        theme.watcher.changed.connect(self._on_theme_changed)

    @classmethod
    def can_show(cls, artifact: Artifact) -> bool:
        """Return whether this kind of view can show ``artifact``; subclasses look closer (a section's axes)."""
        return isinstance(artifact, cls.accepts)

    def show_artifact(self, artifact: Artifact) -> None:
        """Show ``artifact``; the same name again is a refined version and keeps zoom, levels and camera. Cheap, emits nothing."""
        raise NotImplementedError

    def accompany(self, among: Mapping[str, Artifact]) -> None:
        """Take note of the artifacts of the run, by name; for views whose artifact refers to others."""

    def clear(self) -> None:
        """Show nothing."""
        raise NotImplementedError

    def set_cursor(self, position: Cursor | None, *, pinned: bool | None = None) -> None:
        """Show the shared cursor at ``position``; None hides it. ``pinned`` None leaves it pinned or free as it was."""
        pinned = self.cursor_is_pinned if pinned is None else pinned
        if position != self.cursor_position or pinned != self.cursor_is_pinned:
            self.cursor_position, self.cursor_is_pinned = position, pinned and position is not None
            self._on_cursor_changed()

    def move_cursor(self, position: Cursor | None, *, pinned: bool = False) -> None:
        """Move the cursor as the user did, here: shows it and tells the others."""
        was = (self.cursor_position, self.cursor_is_pinned)
        self.set_cursor(position, pinned=pinned)
        if self.cursor_position != was[0]:
            self.cursor_moved.emit(self.cursor_position)
        if (self.cursor_is_pinned, self.cursor_position if self.cursor_is_pinned else None) != (
            was[1],
            was[0] if was[1] else None,
        ):
            self.cursor_pinned.emit(self.cursor_position if self.cursor_is_pinned else None)

    def set_options(self, **options: Any) -> None:
        """Change view options by name; the names and values are those of `state`."""
        self.restore({**self.state(), **options})

    def state(self) -> dict[str, Any]:
        """Return levels, camera, toggles as JSON values, to be kept with the project."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned; unknown or unfit entries are ignored. Emits nothing."""

    def header_actions(self) -> list[QAction]:
        """Return at most two actions for the icon buttons of the card's header."""
        return []

    def menu_actions(self) -> list[QAction]:
        """Return what the card's ``...`` menu offers for this view; an action may carry a sub-menu."""
        return []

    def paint_to(self, painter: QPainter, rect: QRectF) -> None:
        """Draw the whole view into ``rect`` of ``painter``, vectors where that makes sense; for PNG, SVG, PDF, printing."""
        raise NotImplementedError

    def render_image(self, width: int, height: int, scale: float = 1.0) -> QImage:
        """Return the view drawn at ``width`` x ``height`` pixels of the screen, enlarged ``scale`` times, on panel colour."""
        image = QImage(round(width * scale), round(height * scale), QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(QColor(theme.tokens().panel))
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(image.width() / width, image.height() / height)
        self.paint_to(painter, QRectF(0, 0, width, height))
        painter.end()
        return image

    def sizeHint(self) -> QSize:
        return QSize(416, 504)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 120)

    def _on_cursor_changed(self) -> None:
        self.update()

    def _on_theme_changed(self, *_: object) -> None:
        self.update()


def paint_crosshair(painter: QPainter, square: QRect, x: float, y: float) -> None:
    """Draw the linked cursor: 1 px white on 3 px black at 30 %, across ``square``, with a ring of 11 px at (x, y)."""
    painter.save()
    painter.setClipRect(square)
    for colour, width in ((QColor(0, 0, 0, 77), 3.0), (QColor(255, 255, 255), 1.0)):
        pen = painter.pen()
        pen.setColor(colour)
        pen.setWidthF(width)
        pen.setStyle(Qt.PenStyle.SolidLine)
        painter.setPen(pen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        column, row = int(x), int(y)
        gap = 6
        painter.drawLine(square.left(), row, column - gap, row)
        painter.drawLine(column + gap, row, square.right(), row)
        painter.drawLine(column, square.top(), column, row - gap)
        painter.drawLine(column, row + gap, column, square.bottom())
    painter.restore()
    paint_ring(painter, int(x) + 0.5, int(y) + 0.5)


def paint_ring(painter: QPainter, x: float, y: float, pinned: bool = False) -> None:
    """Draw the ring of the cursor; a pinned one has a dot in its middle."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((QColor(0, 0, 0, 90), 4.0), (QColor(255, 255, 255), 2.0)):
        pen = painter.pen()
        pen.setColor(colour)
        pen.setWidthF(width)
        pen.setStyle(Qt.PenStyle.SolidLine)
        painter.setPen(pen)
        painter.drawEllipse(QRectF(x - 4.5, y - 4.5, 9, 9))
    if pinned:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(255, 255, 255))
        painter.drawEllipse(QRectF(x - 1.5, y - 1.5, 3, 3))
    painter.restore()
