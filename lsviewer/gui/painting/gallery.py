"""The gallery: every built-in pattern as a thumbnail; one click opens it."""

import json
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QDialog, QLabel, QListView, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from lsviewer.core.arrays import Array
from lsviewer.core.files import Files
from lsviewer.core.pattern import BuiltinPattern, middle_slice
from lsviewer.gui import theme
from lsviewer.resources import path as resource

THUMBNAIL = 96  # px
BATCH = 1  # thumbnails made between two events, some 30 ms each


@dataclass(frozen=True, slots=True)
class Builtin:
    """How a built-in pattern presents itself."""

    name: str
    title: str
    description: str


def builtins() -> list[Builtin]:
    """Return the built-in patterns, pictures first, then curves, then volumes."""
    found = []
    for file in ("index.json", "curves.json", "volumes.json"):
        for entry in json.loads(resource("patterns", file).read_text("utf-8")):
            found.append(Builtin(entry["name"], entry["title"], entry["description"]))
    return found


def thumbnail(values: Array, side: int = THUMBNAIL, ratio: float = 1.0) -> QPixmap:
    """Return a picture of a pattern, of a volume its middle slice, ``side`` pixels wide, in the colours of now."""
    if values.ndim == 3:
        values = middle_slice(values)
    tokens = theme.tokens()
    pixmap = QPixmap(round(side * ratio), round(side * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(QColor(tokens.sunken))
    painter = QPainter(pixmap)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    if values.ndim == 1:
        xs = np.linspace(6, side - 6, len(values))
        painter.setPen(QPen(QColor(tokens.accent), 1.5))
        painter.drawPolyline(
            QPolygonF([QPointF(x, side - 10 - v * (side - 20)) for x, v in zip(xs, values, strict=True)])
        )
    else:
        rows = np.ascontiguousarray((np.asarray(values).T[::-1] * 255 + 0.5).astype(np.uint8))
        image = QImage(rows.data, rows.shape[1], rows.shape[0], rows.shape[1], QImage.Format.Format_Grayscale8)
        painter.drawImage(pixmap.rect().toRectF() if ratio == 1 else QPixmap(side, side).rect().toRectF(), image)
    painter.end()
    return pixmap


class Gallery(QDialog):
    """Emits ``chosen(name, title)`` on a click or Enter and closes."""

    chosen = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pattern-gallery")
        self.setWindowTitle("Built-in patterns")
        self._list = QListWidget()
        self._list.setObjectName("gallery-list")
        self._list.setAccessibleName("Built-in patterns")
        self._list.setViewMode(QListView.ViewMode.IconMode)
        self._list.setResizeMode(QListView.ResizeMode.Adjust)
        self._list.setMovement(QListView.Movement.Static)
        self._list.setUniformItemSizes(True)
        self._list.setIconSize(QSize(THUMBNAIL, THUMBNAIL))
        self._list.setGridSize(QSize(THUMBNAIL + 20, THUMBNAIL + 36))
        self._list.itemClicked.connect(self._choose)
        self._list.itemActivated.connect(self._choose)
        hint = QLabel("One click opens a pattern in the place of the present one; Undo brings that back.")
        hint.setProperty("role", "hint")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addWidget(self._list, 1)
        column.addWidget(hint)
        self.resize(6 * (THUMBNAIL + 20) + 60, 580)
        self._missing: list[tuple[QListWidgetItem, Builtin]] = []
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._make_some)
        empty = QPixmap(THUMBNAIL, THUMBNAIL)
        empty.fill(Qt.GlobalColor.transparent)
        for builtin in builtins():
            item = QListWidgetItem(QIcon(empty), builtin.title, self._list)
            item.setToolTip(builtin.description)
            item.setData(Qt.ItemDataRole.UserRole, builtin)
        theme.watcher.changed.connect(self._forget)
        self._forget()

    def showEvent(self, event: object) -> None:
        """Make the thumbnails a few at a time, so that the window stands at once."""
        self._timer.start()

    def hideEvent(self, event: object) -> None:
        self._timer.stop()

    def _forget(self) -> None:
        items = [self._list.item(row) for row in range(self._list.count())]
        self._missing = [(item, item.data(Qt.ItemDataRole.UserRole)) for item in items]
        if self.isVisible():
            self._timer.start()

    def _make_some(self) -> None:
        for item, builtin in self._missing[:BATCH]:
            pattern = BuiltinPattern(name=builtin.name)
            values = pattern.values(Files(), THUMBNAIL if pattern.axes == 2 else None)
            item.setIcon(QIcon(thumbnail(values, ratio=self.devicePixelRatioF())))
        self._missing = self._missing[BATCH:]
        if not self._missing:
            self._timer.stop()

    def _choose(self, item: QListWidgetItem) -> None:
        if not self.isVisible():
            return  # a click activates, too, on some systems: one choice is enough
        builtin: Builtin = item.data(Qt.ItemDataRole.UserRole)
        self.accept()
        self.chosen.emit(builtin.name, builtin.title)
