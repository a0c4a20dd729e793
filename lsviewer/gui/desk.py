"""The centre of the studio: three cards over tabs, or a board of cards; the runs below either.

Sizes are shared out by pure functions: the squares of pattern and section come first, the tabs take what is left.
"""

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from lsviewer.core.claims import Report
from lsviewer.gui.artifact_places import NUMBERS
from lsviewer.gui.artifact_tabs import ArtifactTabs
from lsviewer.gui.board import Board
from lsviewer.gui.card import HEADER, Card, has_focus
from lsviewer.gui.labels import EmptyPage
from lsviewer.gui.panels.numbers import NumbersPanel
from lsviewer.gui.panels.runs import RunsPanel
from lsviewer.gui.square import LAYOUT
from lsviewer.gui.tabs_card import TabsCard

GAP = 8
MANY_RUNS_WIDTH, MANY_RUNS_HEIGHT = 760, 700  # px; a smaller centre shows one run
TABS_AT_LEAST = 150
TABS_WITH_PROFILE = 230  # so much is left for the tabs before the squares get their full foot


class Desk(QWidget):
    """The centre. Pattern experiments have three cards over the tabs; the others have the board; the runs lie below both."""

    maximised = Signal(object)  # Card | TabsCard | None

    def __init__(self, pattern: QWidget, section: QWidget, surface: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("desk")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.pattern = Card("Pattern", pattern, can_maximise=True, parent=self)
        self.section = Card("Section", section, parent=self)
        self.surface = Card("Surface", surface, parent=self)
        self.squares = (self.pattern, self.section, self.surface)
        nothing = EmptyPage("chart-line-up", "Nothing measured yet", "Plant or train; curves and numbers appear here.")
        self.tabs = TabsCard(nothing, self)
        self.artifact_tabs = ArtifactTabs(self.tabs)
        self.numbers = NumbersPanel(self)
        self.numbers.hide()
        self.board = Board(self)
        self.runs = RunsPanel()
        self._runs_card = QFrame(self)
        self._runs_card.setProperty("card", True)
        self._runs_card.setObjectName("card-runs")
        box = QVBoxLayout(self._runs_card)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.runs)
        self._uses_pattern = True
        self._alone: Card | TabsCard | None = None
        for card in (*self.squares, self.tabs):
            card.maximise_asked.connect(self._toggle)
        self.show_mode(uses_pattern=True)

    @property
    def uses_pattern(self) -> bool:
        """Whether the three squares are on screen."""
        return self._uses_pattern

    def show_mode(self, *, uses_pattern: bool) -> None:
        """Show the three squares and the tabs, or the board."""
        self._uses_pattern = uses_pattern
        self._alone = None
        self._show_cards()

    def maximise(self, card: Card | TabsCard | None) -> None:
        """Give one of the squares or the tabs the whole centre, None gives it back; the runs stay in sight."""
        if not self._uses_pattern:
            self.board.maximise(card if isinstance(card, Card) else None)
            return
        self._alone = card if card in (*self.squares, self.tabs) else None
        self._show_cards()
        self.maximised.emit(self._alone)

    def maximise_focused(self) -> None:
        """Give the card with the keyboard the whole centre, the section where none has it; or take it back."""
        if not self._uses_pattern:
            self.board.maximise_focused()
        elif self._alone is not None:
            self.maximise(None)
        else:
            self.maximise(next((card for card in (*self.squares, self.tabs) if has_focus(card)), self.section))

    def show_numbers(self, report: Report) -> None:
        """Show the numbers of the finished run in a tab, which goes where there are none."""
        shown = self.tabs.keys()
        there = NUMBERS.key in shown
        if report.numbers and not there:
            self.tabs.add_page(NUMBERS.key, NUMBERS.title, self.numbers)
        elif not report.numbers and there:
            self.tabs.take_page(NUMBERS.key)
            self.numbers.setParent(self)
        self.numbers.show_report(report)

    def runs_changed(self) -> None:
        """Share the height anew after a run came or went."""
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()

    def _toggle(self, card: Card | TabsCard) -> None:
        self.maximise(None if self._alone is card else card)

    def _show_cards(self) -> None:
        for card in self.squares:
            card.setVisible(self._uses_pattern and self._alone in (None, card))
            card.show_maximised(card is self._alone)
        self.tabs.setVisible(self._uses_pattern and self._alone in (None, self.tabs))
        self.tabs.show_maximised(self._alone is self.tabs)
        self.board.setVisible(not self._uses_pattern)
        self._arrange()

    def _arrange(self) -> None:
        area = QRect(GAP, GAP, self.width() - 2 * GAP, self.height() - 2 * GAP)
        if area.width() < 60 or area.height() < 60:
            return
        many = area.width() >= MANY_RUNS_WIDTH and area.height() >= MANY_RUNS_HEIGHT
        limit = 3 if many else 1
        self.runs.show_limit(limit)
        runs = self.runs.height_for(limit)
        self._runs_card.setGeometry(area.left(), area.bottom() + 1 - runs, area.width(), runs)
        centre = area.adjusted(0, 0, 0, -(runs + GAP))
        self.board.setGeometry(centre)
        if self._alone is not None:
            self._alone.setGeometry(centre)
            return
        width = (centre.width() - 2 * GAP) / 3
        height = squares_height(round(width), centre.height())
        for index, card in enumerate(self.squares):
            left = round(index * (width + GAP))
            card.setGeometry(
                centre.left() + left, centre.top(), round((index + 1) * (width + GAP)) - GAP - left, height
            )
        top = centre.top() + height + GAP
        self.tabs.setGeometry(centre.left(), top, centre.width(), max(0, centre.bottom() + 1 - top))


def squares_height(width: int, height: int) -> int:
    """Return how high cards of ``width`` stand in a centre of ``height``: their square, and as much foot as there is room for."""
    side = width - LAYOUT.left - LAYOUT.right
    bare = HEADER + LAYOUT.top + side + LAYOUT.bottom
    if height - (bare + LAYOUT.foot) - GAP >= TABS_WITH_PROFILE:
        return bare + LAYOUT.foot
    return max(200, min(bare + LAYOUT.narrow_foot, height - GAP - TABS_AT_LEAST))
