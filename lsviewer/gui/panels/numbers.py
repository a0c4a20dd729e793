"""The numbers of a run by their JSON names, as a page of its own: in columns, as many as there is room for."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from lsviewer.core.claims import Report
from lsviewer.gui.labels import Column
from lsviewer.gui.number_grid import number_grid

COLUMN = 320  # px
GAP = 40


class NumbersPanel(QWidget):
    """`show_report` shows the numbers of a report."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("numbers")
        self.setAccessibleName("Numbers")
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        box.addWidget(self._scroll)
        self._report = Report()
        self._columns = 0

    def show_report(self, report: Report) -> None:
        """Show the numbers of ``report``."""
        if report is not self._report:
            self._report, self._columns = report, 0
            self._lay_out()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        pairs = tuple(self._report.numbers.items())
        columns = max(1, min(4, (self.width() - 32 + GAP) // (COLUMN + GAP), len(pairs)))
        if columns == self._columns:
            return
        self._columns = columns
        page = Column()
        row = QHBoxLayout(page)
        row.setContentsMargins(16, 8, 16, 8)
        row.setSpacing(GAP)
        each = -(-len(pairs) // columns) if pairs else 0
        for index in range(columns):
            part = QWidget()
            number_grid(part, pairs[index * each : (index + 1) * each]).setContentsMargins(0, 0, 0, 0)
            row.addWidget(part, 1, Qt.AlignmentFlag.AlignTop)
        self._scroll.setWidget(page)
