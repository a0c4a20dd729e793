"""The right side of the studio: the claims, or a rail with a count for each verdict where there is no room."""

from collections.abc import Mapping

from PySide6.QtCore import QEasingCurve, QPropertyAnimation, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from lsviewer.core.claims import Verdict
from lsviewer.gui import theme
from lsviewer.gui.buttons import icon_button
from lsviewer.gui.chip import SHAPES
from lsviewer.gui.panels.claims import ClaimsPanel

RAIL = 44  # px
SLIDE_MS = 120


class ClaimsSide(QWidget):
    """The claims; compact, a rail with a count for each verdict, from which the panel slides over the centre."""

    slide_asked = Signal()
    width_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("claims-side")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.panel = ClaimsPanel(self)
        self.rail = Rail(self)
        self.rail.clicked.connect(self.slide_asked)
        self.set_compact(False)

    @property
    def is_compact(self) -> bool:
        """Whether only the rail stands in the layout."""
        return self.rail.isVisibleTo(self)

    def set_compact(self, compact: bool) -> None:
        """Show the rail alone, or the whole panel."""
        self.rail.setVisible(compact)
        if not compact and self.panel.parent() is not self:
            self.panel.setParent(self)
        self.panel.setVisible(not compact)
        self.panel.set_collapsible(True)
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()

    def _arrange(self) -> None:
        self.rail.setGeometry(0, 0, RAIL, self.height())
        if self.panel.parent() is self:
            self.panel.setGeometry(self.rect())


class Rail(QWidget):
    """A column of shapes with counts. ``clicked()`` anywhere on it."""

    clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("claims-rail")
        self.setAccessibleName("Claims")
        self.setToolTip("Show the claims")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        box = QVBoxLayout(self)
        box.setContentsMargins(8, 6, 8, 8)
        box.setSpacing(0)
        button = icon_button("caret-left", "Show the claims", name="open-claims")
        button.clicked.connect(self.clicked)
        box.addWidget(button)
        box.addSpacing(12)
        self._cells: dict[Verdict, tuple[QWidget, QLabel]] = {}
        for verdict in Verdict:
            cell = _RailCell(verdict)
            box.addWidget(cell)
            self._cells[verdict] = (cell, cell.count)
        box.addStretch(1)
        self.show_counts({})

    def show_counts(self, counts: Mapping[Verdict, int]) -> None:
        """Show how many claims have each verdict; those without are left out."""
        for verdict, (cell, words) in self._cells.items():
            words.setText(str(counts.get(verdict, 0)))
            cell.setVisible(counts.get(verdict, 0) > 0)
            cell.setAccessibleName(f"{counts.get(verdict, 0)} {verdict.words}")

    def sizeHint(self) -> QSize:
        return QSize(RAIL, 200)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.clicked.emit()


class _RailCell(QWidget):
    def __init__(self, verdict: Verdict) -> None:
        super().__init__()
        self._verdict = verdict
        self.setFixedHeight(45)
        self.count = QLabel(self)
        self.count.setObjectName(f"count-{verdict.value}")
        self.count.setProperty("verdict", verdict.value)
        self.count.setFont(theme.font(13, 600, tabular=True))
        self.count.setGeometry(0, 18, RAIL - 16, 18)
        self.count.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setToolTip(f"Claims: {verdict.words}")

    def paintEvent(self, event: QPaintEvent) -> None:
        area = QRectF((self.width() - 16) / 2, 0, 16, 16)
        theme.paint_icon(QPainter(self), area, SHAPES[self._verdict], self._verdict.value)


class Sheet(QFrame):
    """Holds the claims while they lie over the centre."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("claims-sheet")
        box = QVBoxLayout(self)
        box.setContentsMargins(1, 0, 0, 0)
        self._slide = QPropertyAnimation(self, b"geometry", self)
        self._slide.setDuration(SLIDE_MS)
        self._slide.setEasingCurve(QEasingCurve.Type.OutCubic)
        self.moves = True
        self.hide()

    def toggle(self, side: ClaimsSide, place: QRect) -> None:
        """Slide the claims in, or take them away."""
        if self.isVisible():
            self.give_back(side)
            side.set_compact(True)
            return
        layout = self.layout()
        assert layout is not None
        layout.addWidget(side.panel)
        side.panel.show()
        self.raise_()
        self.show()
        if self.moves:
            self._slide.setStartValue(place.translated(place.width() // 3, 0))
            self._slide.setEndValue(place)
            self._slide.start()
        else:
            self.setGeometry(place)
        side.panel.setFocus()

    def give_back(self, side: ClaimsSide) -> None:
        """Return the claims to their side."""
        if side.panel.parent() is self:
            self._slide.stop()
            side.panel.setParent(side)
        self.hide()
