"""What the maps of a section share: loss, error or pattern in colours, marks, and a pixmap kept until something changes."""

from collections.abc import Callable
from typing import Any, get_args

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QWidget

from lsviewer.core.artifacts import Section
from lsviewer.gui import colormaps
from lsviewer.gui.views.base import View
from lsviewer.gui.views.levels import Levels, Mapped, Mode


class MapView(View):
    """Base of the views that show a `Section` in the colours of a map. Subclasses say how they map it (`_remap`)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.section: Section | None = None
        self.mode: Mode = "loss"
        self.levels = Levels()
        self.colour_map = colormaps.LOSS
        self.shows_marks = True
        self._mapped: Mapped | None = None
        self._layer: QPixmap | None = None

    @property
    def limits(self) -> tuple[float, float] | None:
        """The values that get the first and the last colour."""
        return None if self._mapped is None else (self._mapped.low, self._mapped.high)

    def state(self) -> dict[str, Any]:
        return {
            "mode": self.mode,
            "levels": self.levels.to_json(),
            "colour_map": self.colour_map,
            "marks": self.shows_marks,
        }

    def restore(self, state: dict[str, Any]) -> None:
        mode, colour_map = state.get("mode", self.mode), state.get("colour_map", self.colour_map)
        self.mode = mode if mode in get_args(Mode) else "loss"
        self.levels = Levels.from_json(state["levels"]) if "levels" in state else self.levels
        self.colour_map = colour_map if colour_map in colormaps.OFFERED else colormaps.LOSS
        self.shows_marks = bool(state.get("marks", self.shows_marks))
        self._remap()

    def _remap(self) -> None:
        """A new section or other options: map it anew."""
        raise NotImplementedError

    def _forget_layer(self) -> None:
        """Draw the map anew when painting next."""
        self._layer = None
        self.update()

    def _draw_layer(self, painter: QPainter, paint: Callable[[QPainter], None]) -> None:
        """Draw the map on the screen: as kept, or by ``paint`` where it was forgotten."""
        if self._layer is None:
            ratio = self.devicePixelRatioF()
            self._layer = QPixmap(self.size() * ratio)
            self._layer.setDevicePixelRatio(ratio)
            self._layer.fill(Qt.GlobalColor.transparent)
            layer = QPainter(self._layer)
            paint(layer)
            layer.end()
        painter.drawPixmap(0, 0, self._layer)

    def _on_theme_changed(self, *_: object) -> None:
        self._forget_layer()

    def leaveEvent(self, event: Any) -> None:
        if not self.cursor_is_pinned:
            self.move_cursor(None)
        super().leaveEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._layer = None
        super().resizeEvent(event)
