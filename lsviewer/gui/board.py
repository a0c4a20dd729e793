"""The centre for experiments without a pattern: a card for each view of each artifact, the large ones first."""

import re

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from lsviewer.core.artifacts import Artifact, Checkpoint, Section, Trajectory
from lsviewer.gui.artifact_places import board_rows, is_square, leads, led_rows, row_heights
from lsviewer.gui.card import Card, has_focus
from lsviewer.gui.labels import EmptyPage
from lsviewer.gui.views import views_for
from lsviewer.gui.views.base import View

GAP = 8
LEAST, SQUARE_LEAST = 160, 260  # px of a card; what does not fit is scrolled to
BAR = 10  # px of the scroll bar
OUTSIDE = r"[,:] (?![^\[(]*[\])])"  # a comma or colon that stands in no bracket
SQUARE_VIEWS = 2  # a section is shown as a map and as a surface,
MAPS_FROM = 3  # of so many sections only the maps


class Board(QWidget):
    """`show_artifact` by `show_artifact` the cards come and are refined in place. ``view_made(view)`` for each new view."""

    view_made = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("board")
        self._cards: dict[str, list[Card]] = {}
        self._squares: dict[str, bool] = {}
        self._leader = ""
        self._paths: dict[str, Trajectory] = {}
        self._follows: dict[str, str] = {}  # names of paths, by the sections whose rows follow them
        self._alone: Card | None = None
        nothing = EmptyPage("chart-line", "Nothing measured yet", "Run the experiment; what it measures appears here.")
        self._empty = Card("Nothing", nothing, can_maximise=False, parent=self)
        self._empty.set_title("")
        self._scroll = QScrollArea(self)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._page = QWidget()
        self._scroll.setWidget(self._page)

    def show_artifact(self, artifact: Artifact, context: str = "") -> None:
        """Show an artifact, or its refined version, in cards of its own; ``context`` stands beside the title ("run 3")."""
        if isinstance(artifact, Checkpoint):
            return
        if isinstance(artifact, Trajectory):
            self._paths[artifact.name] = artifact
            for name in self._cards:
                self._show_path(artifact, name)
            return
        if artifact.name not in self._cards:
            self._add(artifact)
        for card in self._cards.get(artifact.name, []):
            assert isinstance(card.body, View)
            card.set_title(*_titles(artifact, card.body, context))
            card.body.show_artifact(artifact)
        if isinstance(artifact, Section):
            self._follows[artifact.name] = artifact.follows
            for path in self._paths.values():
                self._show_path(path, artifact.name)

    def clear(self) -> None:
        """Take away all cards."""
        for cards in self._cards.values():
            for card in cards:
                card.hide()
                card.deleteLater()
        self._cards, self._squares, self._leader, self._alone = {}, {}, "", None
        self._paths, self._follows = {}, {}
        self._arrange()

    def views(self) -> tuple[View, ...]:
        """All views on the board, in order."""
        return tuple(card.body for cards in self._cards.values() for card in cards if isinstance(card.body, View))

    def cards(self) -> tuple[Card, ...]:
        """All cards in the order of the board: the leading one, then squares; under a leading one squares come last."""
        led = bool(self._leader)
        in_order = sorted(self._cards, key=lambda name: (name != self._leader, self._squares[name] == led))
        maps_only = sum(len(cards) > 1 for cards in self._cards.values()) >= MAPS_FROM
        return tuple(card for name in in_order for card in self._cards[name][: 1 if maps_only else None])

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()

    def maximise(self, card: Card | None) -> None:
        """Give one card the whole board, None gives it back."""
        self._alone = card
        for each in self.cards():
            each.setVisible(card is None or each is card)
            each.show_maximised(each is card)
        self._arrange()

    def maximise_focused(self) -> None:
        """Give the card with the keyboard the whole board, the first where none has it; or take it back."""
        cards = self.cards()
        if self._alone is not None or not cards:
            self.maximise(None)
        else:
            self.maximise(next((card for card in cards if has_focus(card)), cards[0]))

    def _show_path(self, path: Trajectory, name: str) -> None:
        """Show a path in the cards of one artifact, where it belongs to that section or the section follows it."""
        if path.section in ("", name) or self._follows.get(name) == path.name:
            for card in self._cards.get(name, []):
                if isinstance(card.body, View) and isinstance(path, card.body.accepts):
                    card.body.show_artifact(path)

    def _add(self, artifact: Artifact) -> None:
        square = is_square(artifact)
        alone = bool(self._leader) or bool(getattr(artifact, "follows", ""))
        kinds = views_for(artifact)[: SQUARE_VIEWS if square and not alone else 1]
        if not kinds:
            return
        if not self._leader and leads(artifact):
            self._leader = artifact.name
        self._squares[artifact.name] = square
        self._cards[artifact.name] = []
        for kind in kinds:
            view = kind()
            if hasattr(view, "shows_title"):
                view.set_options(title=False)  # the card says it
            card = Card(_titles(artifact, view, "")[0], view, parent=self._page)
            card.set_actions(view.header_actions(), view.menu_actions())
            card.maximise_asked.connect(self._toggle)
            card.show()
            self._cards[artifact.name].append(card)
            self.view_made.emit(view)
        self._arrange()

    def _toggle(self, card: Card) -> None:
        self.maximise(None if self._alone is card else card)

    def _arrange(self) -> None:
        self._empty.setVisible(not self._cards)
        self._empty.setGeometry(self.rect())
        self._scroll.setVisible(bool(self._cards))
        self._scroll.setGeometry(self.rect())
        if self._alone is not None:
            self._page.resize(self.size())
            self._alone.setGeometry(self._page.rect())
        elif self._cards:
            self._arrange_cards()

    def _arrange_cards(self) -> None:
        cards = self.cards()
        for found in self._cards.values():
            for card in found:
                card.setVisible(card in cards)
        squares = sum(card in cards for name, square in self._squares.items() if square for card in self._cards[name])
        rows, shares = led_rows(len(cards) - 1) if self._leader else board_rows(squares, len(cards) - squares)
        starts = [sum(rows[:index]) for index in range(len(rows))]
        high = 1 if self._leader else squares  # so many cards are not read when they are low
        least = [SQUARE_LEAST if start < high else LEAST for start in starts]
        gaps = GAP * (len(rows) - 1)
        heights = row_heights(shares, least, self.height() - gaps)
        scrolled = sum(heights) + gaps > self.height()
        self._page.resize(self.width() - (BAR + GAP // 2) * scrolled, sum(heights) + gaps)
        top, placed = 0, 0
        for count, height in zip(rows, heights, strict=True):
            width = (self._page.width() - GAP * (count - 1)) / count
            for column in range(count):
                left = round(column * (width + GAP))
                cards[placed].setGeometry(left, top, round((column + 1) * (width + GAP)) - GAP - left, height)
                placed += 1
            top += height + GAP


def _titles(artifact: Artifact, view: View, context: str) -> tuple[str, str]:
    """Return the title of a card and what stands beside it: an artifact's name, and what its title adds after a comma or colon.

    Of a section's two cards the second says which view it is.
    """
    name, *more = re.split(OUTSIDE, getattr(artifact, "title", "") or view.name, maxsplit=1)
    if view.name == "Surface" and name != view.name:
        name = f"{name}, surface"
    return name, ", ".join(part for part in (*more, context) if part)
