"""The runs: what is going on, what waits, what has come of the others. One row each, newest running first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from lsviewer.gui import theme
from lsviewer.gui.buttons import icon_button
from lsviewer.gui.labels import ElidedLabel, IconLabel, label

State = Literal["queued", "running", "paused", "done", "failed", "cancelled"]
ROW = 36
MARGIN = 6
BAR_STEPS = 1000

ICONS: dict[State, tuple[str, str]] = {
    "running": ("circle-dashed", "accent"), "queued": ("clock-counter-clockwise", "ink2"), "paused": ("pause", "ink2"),
    "done": ("check-circle", "holds"), "failed": ("x-circle", "fails"), "cancelled": ("minus-circle", "ink2"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run as the list shows it."""

    id: str
    number: int
    name: str
    state: State
    fraction: float = 0.0
    text: str = ""  # "step 340 of 1000", "83.1 dB, 128 × 128 points", why it failed
    time_left: str = ""  # "0:12 left"
    clock: str = ""  # "14:02"
    remedy: str = ""  # the way out of a failure as a button: "Use grid 64"
    details: bool = False  # there is a traceback to copy


class RunsPanel(QWidget):
    """`show_rows` shows the runs. What the user asks for comes as a signal with the run's id."""

    chosen = Signal(str)
    pause_asked = Signal(str)
    resume_asked = Signal(str)
    cancel_asked = Signal(str)
    remedy_asked = Signal(str)
    details_asked = Signal(str)
    remove_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runs")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, MARGIN, 0, MARGIN)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inner = QWidget()
        self._box = QVBoxLayout(inner)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(0)
        self._hint = label("No runs yet. Press Ctrl+Return to run this set-up.", "hint")
        self._hint.setContentsMargins(16, 0, 16, 0)
        self._hint.setFixedHeight(ROW)
        self._box.addWidget(self._hint)
        self._box.addStretch(1)
        self._scroll.setWidget(inner)
        outer.addWidget(self._scroll)
        self._rows: dict[str, _Row] = {}
        self._selected = ""

    def show_rows(self, rows: Sequence[RunRow], selected: str = "") -> None:
        """Show these runs in this order; rows that stay are changed in place."""
        self._selected = selected
        for gone in self._rows.keys() - {row.id for row in rows}:
            old = self._rows.pop(gone)
            self._box.removeWidget(old)
            old.hide()
            old.deleteLater()
        for index, row in enumerate(rows):
            widget = self._rows.get(row.id)
            if widget is None:
                widget = self._rows[row.id] = _Row(self)
            if self._box.indexOf(widget) != index + 1:
                self._box.insertWidget(index + 1, widget)
            widget.show_row(row, row.id == selected)
        self._hint.setVisible(not rows)

    def height_for(self, limit: int) -> int:
        """Return the height that shows at most ``limit`` rows, and one at least."""
        return ROW * max(1, min(limit, len(self._rows))) + 2 * MARGIN

    def show_limit(self, limit: int) -> None:
        """Offer a scroll bar where there are more rows than ``limit``, and more than one is shown."""
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if limit > 1 else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self._scroll.setVerticalScrollBarPolicy(policy)

    def rows(self) -> tuple[RunRow, ...]:
        """Return what is shown, in order."""
        widgets = sorted(self._rows.values(), key=self._box.indexOf)
        return tuple(widget.row for widget in widgets)


class _Row(QWidget):
    def __init__(self, panel: RunsPanel) -> None:
        super().__init__()
        self._panel = panel
        self.row = RunRow("", 0, "", "queued")
        self._is_selected = False
        self.setFixedHeight(ROW)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        line = QHBoxLayout(self)
        line.setContentsMargins(16, 0, 8, 0)
        line.setSpacing(8)
        self._icon = IconLabel("circle-dashed", "accent", 16)
        self._number = QLabel()
        self._number.setFont(theme.font(13, 600, tabular=True))
        self._number.setMinimumWidth(16)
        self._name = ElidedLabel()
        self._name.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._bar = QProgressBar()
        self._bar.setRange(0, BAR_STEPS)
        self._bar.setTextVisible(False)
        self._text = ElidedLabel("", "secondary")
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._remedy = QPushButton()
        self._remedy.setObjectName("remedy")
        self._remedy.setFixedHeight(28)
        self._remedy.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._remedy.clicked.connect(self._ask_remedy)
        self._state = QLabel()
        self._state.setFont(theme.font(12, 500, tabular=True))
        self._state.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._clock = label("", "secondary")
        self._clock.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._first = icon_button("pause", "Pause", name="pause")
        self._first.clicked.connect(self._ask_pause)
        keep = self._first.sizePolicy()
        keep.setRetainSizeWhenHidden(True)  # what stands before it lines up in all rows
        self._first.setSizePolicy(keep)
        self._last = icon_button("x", "Cancel", name="cancel")
        self._last.clicked.connect(self._ask_cancel)
        self._more = icon_button("dots-three", "More for this run", name="more")
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self._more)
        menu.addAction("Show", self._choose)
        self._details = menu.addAction(theme.icon("clipboard-text"), "Copy details", self._ask_details)
        menu.addSeparator()
        menu.addAction(theme.icon("trash"), "Remove from the project", self._ask_remove)
        self._more.setMenu(menu)
        for widget, stretch in (
            (self._icon, 0), (self._number, 0), (self._name, 0), (self._bar, 1), (self._text, 1), (self._remedy, 0),
            (self._state, 0), (self._clock, 0), (self._first, 0), (self._last, 0), (self._more, 0),
        ):  # fmt: skip
            line.addWidget(widget, stretch)
        line.insertSpacing(3, 8)

    def show_row(self, row: RunRow, selected: bool) -> None:
        if selected != self._is_selected:
            self._is_selected = selected
            self._name.setFont(theme.font(13, 600 if selected else 400))
        if row == self.row:
            return
        self.row = row
        live = row.state in ("running", "paused")
        self._icon.show_icon(*ICONS[row.state])
        self._number.setText(str(row.number))
        self._name.setText(row.name)
        self._bar.setVisible(row.state == "running")
        self._bar.setValue(round(BAR_STEPS * row.fraction))
        self._bar.setToolTip(row.text)
        self._bar.setAccessibleName(f"Run {row.number}, {row.text}")
        self._text.setVisible(row.state != "running")
        self._text.setText(row.text)
        theme.set_property(self._text, "role", "problem" if row.state == "failed" else "secondary")
        self._remedy.setVisible(bool(row.remedy) and row.state == "failed")
        self._remedy.setText(row.remedy)
        self._state.setText(f"{row.fraction * 100:.0f}\u2009%" if live else STATE_WORDS[row.state])
        self._clock.setText(row.time_left if row.state == "running" else row.clock)
        self._first.setVisible(live)
        paused = row.state == "paused"
        self._first.setIcon(theme.icon("play" if paused else "pause"))
        self._first.setToolTip("Resume" if paused else "Pause")
        self._first.setAccessibleName(f"{'Resume' if paused else 'Pause'} run {row.number}")
        self._last.setVisible(live or row.state == "queued")
        self._last.setAccessibleName(f"Cancel run {row.number}")
        self._more.setVisible(not self._last.isVisibleTo(self))
        self._details.setVisible(row.details)
        self.setAccessibleName(f"Run {row.number}, {row.name}, {row.state}")
        self._fit()

    def resizeEvent(self, event: object) -> None:
        self._fit()

    def _fit(self) -> None:
        """Give the columns the same widths in every row: what is right of the bar lines up."""
        wide = self.width() >= 760
        self._name.setFixedWidth(208 if wide else 136)
        failed = self.row.state == "failed"
        self._state.setFixedWidth(64 if not failed else 0)
        self._state.setVisible(not failed)
        self._clock.setFixedWidth(64 if wide else 60)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        area = QRectF(self.rect()).adjusted(8, 2, -8, -2)
        if self.hasFocus():
            theme.paint_focus(painter, area)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter | Qt.Key.Key_Space:
                self._choose()
            case Qt.Key.Key_Delete if self._last.isVisible():
                self._ask_cancel()
            case _:
                super().keyPressEvent(event)

    def _choose(self) -> None:
        self._panel.chosen.emit(self.row.id)

    def _ask_pause(self) -> None:
        (self._panel.resume_asked if self.row.state == "paused" else self._panel.pause_asked).emit(self.row.id)

    def _ask_cancel(self) -> None:
        self._panel.cancel_asked.emit(self.row.id)

    def _ask_remedy(self) -> None:
        self._panel.remedy_asked.emit(self.row.id)

    def _ask_details(self) -> None:
        self._panel.details_asked.emit(self.row.id)

    def _ask_remove(self) -> None:
        self._panel.remove_asked.emit(self.row.id)


STATE_WORDS: dict[State, str] = {"queued": "queued", "done": "finished", "failed": "failed", "cancelled": "cancelled"}


def sorted_rows(rows: Sequence[RunRow]) -> tuple[RunRow, ...]:
    """Return the rows as shown: running and paused ones newest first, then those waiting, then the ended, newest first."""
    rank = {"running": 0, "paused": 0, "queued": 1}
    waiting = sorted((row for row in rows if row.state == "queued"), key=lambda row: row.number)
    live = sorted((row for row in rows if rank.get(row.state) == 0), key=lambda row: -row.number)
    ended = sorted((row for row in rows if row.state not in rank), key=lambda row: -row.number)
    return (*live, *waiting, *ended)
