"""A section whose rows follow a path, one row at a time: a slider moves along the path, the linked cursor goes with it.

Arrow keys move by one point of the path, Page Up and Down by ten, Home and End to its ends.
"""

import math
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSlider, QVBoxLayout, QWidget

from lsviewer.core.artifacts import Artifact, Section, Trajectory
from lsviewer.gui import theme
from lsviewer.gui.numbers import format_number
from lsviewer.gui.views.base import View
from lsviewer.gui.views.plot import Frame, fitted, label_width, text

FOOT = 36  # px of the slider
JUMP = 10  # points of the path a page key moves


class Rows(View):
    """Shows a `Section` that ``follows`` a `Trajectory`; where that is known the linked cursor stands on it."""

    accepts = (Section, Trajectory)
    name = "Along the path"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.section: Section | None = None
        self.path: Trajectory | None = None
        self.row = 0
        self.setAccessibleDescription("One row of a section. Left and right move along the path it follows.")
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setObjectName("along-the-path")
        self.slider.setAccessibleName("Place on the path")
        self.slider.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the view has the keys
        self.slider.valueChanged.connect(self.show_row)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 0, 16, 8)
        column.addStretch(1)
        column.addWidget(self.slider)

    @classmethod
    def can_show(cls, artifact: Artifact) -> bool:
        return isinstance(artifact, Section) and len(artifact.axes) == 2 and bool(artifact.follows)

    def show_artifact(self, artifact: Artifact) -> None:
        match artifact:
            case Trajectory():
                self.path = artifact
            case Section() if artifact.follows and len(artifact.axes) == 2:
                self.section = artifact
                self.row = min(self.row, len(artifact.values) - 1)
                self.slider.blockSignals(True)
                self.slider.setRange(0, len(artifact.values) - 1)
                self.slider.setValue(self.row)
                self.slider.blockSignals(False)
            case _:
                raise TypeError(f"rows are shown of a section that follows a path, not {artifact!r}")
        self.update()

    def clear(self) -> None:
        self.section = self.path = None
        self.row = 0
        self.update()

    def state(self) -> dict[str, Any]:
        return {"row": self.row}

    def restore(self, state: dict[str, Any]) -> None:
        row = state.get("row", self.row)
        if isinstance(row, int) and self.section is not None:
            self._stand_at(row)

    def show_row(self, row: int) -> None:
        """Go to a point of the path, as the user does: the cursor on the map and the surface goes along."""
        self._stand_at(row)
        if self.section is None:
            return
        place = self.section.axes[0]
        self.status.emit(f"{place.name} {format_number(float(place.values[self.row]), 3)}")
        if self.path is not None and len(self.path.points) == len(self.section.values):
            self.move_cursor(tuple(self.path.points[self.row].tolist()))

    def _stand_at(self, row: int) -> None:
        last = 0 if self.section is None else len(self.section.values) - 1
        self.row = min(max(row, 0), last)
        self.slider.blockSignals(True)
        self.slider.setValue(self.row)
        self.slider.blockSignals(False)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_PageUp: JUMP, Qt.Key.Key_PageDown: -JUMP,
            Qt.Key.Key_Home: -self.row, Qt.Key.Key_End: self.slider.maximum() - self.row,
        }  # fmt: skip
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.show_row(self.row + step)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        self.paint_to(painter, QRectF(self.rect()).adjusted(0, 0, 0, -FOOT))

    def paint_to(self, painter: QPainter, rect: QRectF) -> None:
        if self.section is None:
            return
        section, tokens = self.section, theme.tokens()
        path, position = section.axes
        y = fitted(section.values, margin=0.06)
        left = 16 + 18 + label_width(y, 3) + 10
        area = rect.adjusted(left, 26, -20, -44)
        frame = Frame(
            QRectF(area.x(), area.y(), max(area.width(), 10.0), max(area.height(), 10.0)),
            fitted(position.values, margin=0.02),
            y,
        )
        painter.save()
        frame.paint_axes(painter, position.name, section.symbol, y_count=3)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        start = QPen(QColor(tokens.orange), 1.2, Qt.PenStyle.DashLine)
        for row, pen in ((0, start), (self.row, QPen(QColor(tokens.accent), 1.8))):
            painter.setPen(pen)
            for line in frame.lines(position.values, section.values[row]):
                painter.drawPolyline(line)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.ink))
        for mark in section.marks:
            value = float(np.interp(mark.position[1], position.values, section.values[0]))
            if math.isfinite(value):
                painter.drawEllipse(QPointF(frame.px(mark.position[1]), frame.py(value)), 3.5, 3.5)
        painter.setFont(theme.font(12, 600, tabular=True))
        painter.setPen(QColor(tokens.accent))
        here = f"{path.name} {format_number(float(path.values[self.row]), 3)} of {format_number(float(path.values[-1]), 3)}"
        words = text(painter, area.left(), rect.top() + 12, here, Qt.AlignmentFlag.AlignLeft)
        painter.setPen(QColor(tokens.orange))
        text(painter, words.right() + 16, rect.top() + 12, "start", Qt.AlignmentFlag.AlignLeft)
        painter.restore()

    def _on_cursor_changed(self) -> None:
        """Stand where the cursor is nearest to the path."""
        at = self.cursor_position
        if (
            at is not None
            and self.path is not None
            and self.section is not None
            and len(at) == self.path.points.shape[1]
        ):
            near = int(np.square(self.path.points - np.asarray(at)).sum(axis=1).argmin())
            if len(self.path.points) == len(self.section.values) and near != self.row:
                self._stand_at(near)
