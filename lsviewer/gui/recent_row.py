"""One row of the projects opened last."""

from pathlib import Path

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QWidget

from lsviewer.gui import theme


class RecentRow(QAbstractButton):
    """A project opened before: its name, and when it was written. ``chosen(path)``."""

    chosen = Signal(object)

    def __init__(self, path: Path, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._path, self._words = path, words
        self.setAccessibleName(f"{path.name}, {words}")
        self.setToolTip(str(path))
        self.setFixedHeight(44)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self._choose)

    def _choose(self) -> None:
        self.chosen.emit(self._path)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect())
        if self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.color("sunken"))
            painter.drawRoundedRect(area, 4, 4)
        theme.paint_icon(painter, QRectF(9, 14, 16, 16), "stack")
        painter.setPen(colours.color("ink"))
        face = theme.font(13, 500)
        painter.setFont(face)
        painter.drawText(
            area.adjusted(38, 4, 0, 0),
            Qt.AlignmentFlag.AlignTop,
            theme.elided(self._path.name, face, self.width() - 44),
        )
        painter.setPen(colours.color("ink3"))
        painter.setFont(theme.font(12))
        painter.drawText(area.adjusted(38, 0, 0, -5), Qt.AlignmentFlag.AlignBottom, self._words)
        if self.hasFocus():
            theme.paint_focus(painter, area)
