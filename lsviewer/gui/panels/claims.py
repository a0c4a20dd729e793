"""What a finished run asserts: claims with their verdicts, the numbers by their JSON names, and what they mean."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from lsviewer.core.claims import Claim, Number, Report, Verdict
from lsviewer.gui import theme
from lsviewer.gui.buttons import icon_button
from lsviewer.gui.chip import Chip, CountChip
from lsviewer.gui.labels import Column, ElidedLabel, EmptyPage, label
from lsviewer.gui.math_text import rich
from lsviewer.gui.number_grid import number_grid, spelled
from lsviewer.gui.numbers import format_number

EMPTY = Report()


class ClaimsPanel(QWidget):
    """`show_report` shows a run's claims. ``copy_asked()`` by the button in the header, ``collapse_asked()`` beside it."""

    copy_asked = Signal()
    collapse_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("claims")
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 4, 0, 0)
        box.setSpacing(0)
        header = QHBoxLayout()
        header.setContentsMargins(16, 2, 8, 0)
        header.setSpacing(8)
        header.addWidget(label("Claims", "card"))
        self._run = ElidedLabel("", "context")
        header.addWidget(self._run, 1)
        self._copy = icon_button("copy", "Copy the claims as text", name="copy-claims")
        self._copy.clicked.connect(self.copy_asked)
        self._collapse = icon_button("caret-right", "Show less of the claims", name="collapse-claims")
        self._collapse.clicked.connect(self.collapse_asked)
        header.addWidget(self._copy)
        header.addWidget(self._collapse)
        box.addLayout(header)
        chips = QHBoxLayout()
        chips.setContentsMargins(16, 6, 16, 6)
        chips.setSpacing(8)
        self.filters = {verdict: CountChip(verdict, 0) for verdict in Verdict}
        for chip in self.filters.values():
            chip.toggled.connect(self._filter)
            chips.addWidget(chip)
        chips.addStretch(1)
        self._chips = QWidget()
        self._chips.setLayout(chips)
        box.addWidget(self._chips)
        self._stack = QStackedWidget()
        self._stack.addWidget(
            EmptyPage(
                "shield-check", "No claims yet", "A finished run lists here what it asserts, measured and expected."
            )
        )
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._stack.addWidget(self._scroll)
        box.addWidget(self._stack, 1)
        self._report = EMPTY
        self._rows: list[ClaimRow] = []
        self._opened = ""
        self.show_report("", None)

    def show_report(self, run_label: str, report: Report | None) -> None:
        """Show the claims of the run called ``run_label`` ("run 6, construct"); None: nothing has finished yet."""
        self._run.setText(run_label)
        if report is None:
            self._report, self._rows = EMPTY, []
            self._stack.setCurrentIndex(0)
            self._chips.setVisible(False)
            self._copy.setEnabled(False)
            return
        if report is self._report:
            return
        self._report = report
        self._rows = [ClaimRow(claim) for claim in report.claims]
        for row in self._rows:
            row.opened.connect(self._open)
            row.set_open(row.claim.statement == self._opened)
        self._scroll.setWidget(_page(self._rows, report))
        self._stack.setCurrentIndex(1)
        self._copy.setEnabled(True)
        self._chips.setVisible(bool(report.claims))
        for verdict, chip in self.filters.items():
            count = sum(claim.verdict == verdict for claim in report.claims)
            chip.show_count(count)
            chip.setVisible(count > 0)
        self._filter()

    def text(self) -> str:
        """Return claims and numbers as plain text with all digits, for the clipboard."""
        lines = [f"Claims, {self._run.text()}"]
        for claim in self._report.claims:
            measured = f"{spelled(claim.measured)} {claim.unit}".rstrip()
            lines.append(f"{claim.verdict.words}: {claim.statement}: measured {measured}, expected {claim.expected}")
            lines += [f"    {name}: {spelled(value)}" for name, value in claim.evidence]
        lines += [f"{name}: {spelled(value)}" for name, value in self._report.numbers.items()]
        return "\n".join(lines)

    @property
    def report(self) -> Report:
        """The report shown, an empty one where there is none."""
        return self._report

    def counts(self) -> dict[Verdict, int]:
        """Return how many claims have each verdict."""
        return {verdict: sum(claim.verdict == verdict for claim in self._report.claims) for verdict in Verdict}

    def set_collapsible(self, collapsible: bool) -> None:
        """Offer the button that slides the panel away, or not."""
        self._collapse.setVisible(collapsible)

    def _open(self, statement: str) -> None:
        self._opened = "" if self._opened == statement else statement
        for row in self._rows:
            row.set_open(row.claim.statement == self._opened)

    def _filter(self) -> None:
        wanted = {verdict for verdict, chip in self.filters.items() if chip.isChecked() and chip.count}
        for row in self._rows:
            row.setVisible(not wanted or row.claim.verdict in wanted)


class ClaimRow(QFrame):
    """One claim; a click or Return opens the evidence behind it. ``opened(statement)``."""

    opened = Signal(str)

    def __init__(self, claim: Claim, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.claim = claim
        self.setProperty("claim", True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(f"{claim.statement}: {claim.verdict.words}")
        box = QVBoxLayout(self)
        box.setContentsMargins(8, 6, 8, 7)
        box.setSpacing(3)
        self._statement = label(rich(claim.statement), wrap=True)
        box.addWidget(self._statement)
        line = QHBoxLayout()
        line.setSpacing(8)
        measured = QLabel(shown(claim.measured, claim.unit))
        measured.setFont(theme.font(12, 600, tabular=True))
        measured.setToolTip(spelled(claim.measured))
        expected = label(rich(claim.expected), "secondary", wrap=True)
        line.addWidget(measured)
        line.addWidget(expected, 1)
        line.addWidget(Chip(claim.verdict))
        box.addLayout(line)
        self._evidence = QWidget()
        grid = number_grid(self._evidence, claim.evidence)
        if claim.reason:
            reason = label(rich(claim.reason), "secondary", wrap=True)
            grid.addWidget(reason, grid.rowCount(), 0, 1, 2)
        self._has_more = bool(claim.evidence or claim.reason)
        box.addWidget(self._evidence)
        self.set_open(False)

    @property
    def is_open(self) -> bool:
        """Whether the evidence shows."""
        return bool(self.property("open"))

    def set_open(self, opened: bool) -> None:
        """Show the evidence, or fold it away."""
        theme.set_property(self, "open", opened)
        self._evidence.setVisible(opened and self._has_more)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit(self.claim.statement)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.opened.emit(self.claim.statement)
        else:
            super().keyPressEvent(event)


def shown(value: Number | None, unit: str = "") -> str:
    """Return a measured value as the panel shows it: three digits and its unit, a dash where nothing was measured."""
    if value is None:
        return "—"
    return f"{format_number(value)} {unit}".rstrip()


def _page(rows: Sequence[ClaimRow], report: Report) -> QWidget:
    page = Column()
    box = QVBoxLayout(page)
    box.setContentsMargins(8, 0, 8, 16)
    box.setSpacing(3)
    for row in rows:
        box.addWidget(row)
    box.addStretch(1)
    foot = QVBoxLayout()
    foot.setContentsMargins(8, 16, 8, 0)
    foot.setSpacing(4)
    if report.numbers:
        foot.addWidget(_heading("Numbers"))
        numbers = QWidget()
        number_grid(numbers, tuple(report.numbers.items())).setContentsMargins(0, 0, 0, 0)
        foot.addWidget(numbers)
    for title, text in (("What it means", report.means), ("What it does not mean", report.does_not_mean)):
        if text:
            foot.addSpacing(8)
            foot.addWidget(_heading(title))
            foot.addWidget(label(rich(text), "secondary", wrap=True))
    box.addLayout(foot)
    return page


def _heading(text: str) -> QLabel:
    made = label(text)
    made.setFont(theme.font(12, 600))
    return made
