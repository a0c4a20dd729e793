"""Verdicts as small tinted chips; each has its own shape, so that colour alone tells nothing."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from lsviewer.core.claims import Verdict
from lsviewer.gui import theme

HEIGHT = 20
ICON = 14
SHAPES = {
    Verdict.HOLDS: "check-circle",
    Verdict.FAILS: "x-circle",
    Verdict.UNDECIDED: "question",
    Verdict.NOT_APPLICABLE: "minus-circle",
}


class Chip(QWidget):
    """A verdict: tint, shape and word."""

    def __init__(self, verdict: Verdict, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.show_verdict(verdict)

    def show_verdict(self, verdict: Verdict) -> None:
        """Show another verdict."""
        self.verdict = verdict
        self.setAccessibleName(verdict.words)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(6 + ICON + 4 + QFontMetrics(theme.font(12, 600)).horizontalAdvance(self.verdict.words) + 8, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_chip(QPainter(self), QRectF(self.rect()), self.verdict, self.verdict.words)


class CountChip(QAbstractButton):
    """How many claims have a verdict; checkable, so that it filters the list."""

    def __init__(self, verdict: Verdict, count: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"filter-{verdict.value}")
        self.verdict = verdict
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.show_count(count)

    def show_count(self, count: int) -> None:
        """Show another count."""
        self.count = count
        self.setText(str(count))
        words = f"{count} {self.verdict.words}"
        self.setAccessibleName(words)
        self.setToolTip(f"{words}; click to see only these")
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(6 + ICON + 4 + QFontMetrics(theme.font(12, 600)).horizontalAdvance(self.text()) + 8, HEIGHT)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_chip(painter, QRectF(self.rect()), self.verdict, self.text())
        if self.isChecked() or self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            pen = painter.pen()
            pen.setColor(theme.tokens().color("accent" if self.hasFocus() else self.verdict.value))
            pen.setWidthF(2.0 if self.hasFocus() else 1.0)
            inset = pen.widthF() / 2
            painter.setPen(pen)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), 4, 4)


def paint_chip(painter: QPainter, rect: QRectF, verdict: Verdict, text: str) -> None:
    """Paint a chip with ``text`` into ``rect``."""
    colours = theme.tokens()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colours.color(f"{verdict.value}_tint"))
    painter.drawRoundedRect(rect, 4, 4)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    icon = QRectF(rect.left() + 6, rect.center().y() - ICON / 2, ICON, ICON)
    theme.paint_icon(painter, icon, SHAPES[verdict], verdict.value)
    painter.setPen(colours.color(verdict.value))
    painter.setFont(theme.font(12, 600, tabular=True))
    painter.drawText(
        rect.adjusted(6 + ICON + 4, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text
    )
