"""The examples as cards: a shelf for each paper, one paper or all of them, and a search over their words."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from lsviewer.gui import fuzzy, theme
from lsviewer.gui.example_card import CARD_WIDTH, ExampleCard, card_height
from lsviewer.gui.examples import SHELVES, Example
from lsviewer.gui.labels import label
from lsviewer.gui.segmented import Segmented

ALL = "all"
GAP = 16
HEADING = 36  # with the air below it
BETWEEN = 12  # more air above the next shelf


class Gallery(QWidget):
    """``chosen(Example)`` when a card is clicked, or found by its words and opened by Return."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("desk")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 16, 14, 0)
        box.setSpacing(10)
        box.addLayout(self._make_header())
        self.page = QScrollArea()
        self.page.setWidgetResizable(True)
        self.page.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.page.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._inner = QWidget()
        self.page.setWidget(self._inner)
        box.addWidget(self.page, 1)
        self._headings = tuple(label(shelf.title, "title", parent=self._inner) for shelf in SHELVES)
        self._shelves = tuple(tuple(self._make_card(example) for example in shelf.examples) for shelf in SHELVES)
        self.cards = tuple(card for shelf in self._shelves for card in shelf)
        self._nothing = label("", "secondary", parent=self._inner)
        self._nothing.hide()
        self._awaited: list[ExampleCard] = []

    def _make_header(self) -> QVBoxLayout:
        header = QVBoxLayout()
        header.setContentsMargins(0, 0, 10, 0)
        header.setSpacing(10)
        first = QHBoxLayout()
        first.addWidget(label("Examples", "page"), 1)
        self.search = _Search()
        self.search.textChanged.connect(self._filter)
        self.search.returnPressed.connect(self._open_first)
        self.search.down.connect(self._focus_first)
        first.addWidget(self.search)
        header.addLayout(first)
        second = QHBoxLayout()
        self.filter = Segmented(((ALL, "All"), *((shelf.key, shelf.name) for shelf in SHELVES)))
        self.filter.setAccessibleName("Which paper")
        self.filter.setMinimumWidth(560)
        self.filter.changed.connect(self._filter)
        second.addWidget(self.filter)
        second.addStretch(1)
        header.addLayout(second)
        return header

    def _make_card(self, example: Example) -> ExampleCard:
        card = ExampleCard(example)
        card.chosen.connect(self.chosen)
        card.left.connect(self._go_from)
        card.setParent(self._inner)
        return card

    # -- pictures ------------------------------------------------------------------------------------------------

    def show_pictures(self) -> None:
        """Let the cards draw their pictures, one after the other, so that the window stays awake."""
        self._awaited = [card for card in self.cards if not card.has_picture]
        self._show_next()

    def _show_next(self) -> None:
        if self._awaited:
            self._awaited.pop(0).show_picture()
            QTimer.singleShot(0, self, self._show_next)

    # -- which cards, and where ----------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _filter(self, _: str) -> None:
        self._place()
        self.page.verticalScrollBar().setValue(0)

    def _wanted(self, shelf: int) -> list[ExampleCard]:
        if self.filter.value not in (ALL, SHELVES[shelf].key):
            return []
        return [card for card in self._shelves[shelf] if matches(card.example, self.search.text())]

    def _place(self) -> None:
        """Show the cards that are wanted below the heading of their paper, and hide the rest."""
        wanted = [self._wanted(shelf) for shelf in range(len(SHELVES))]
        places = lay_out([len(cards) for cards in wanted], self.width() - 24 - 14 - 14)
        for heading, where in zip(self._headings, places.headings, strict=True):
            heading.setVisible(where is not None)
            if where is not None:
                heading.setGeometry(where)
        for shelf, cards, rects in zip(self._shelves, wanted, places.cards, strict=True):
            for card in shelf:
                card.setVisible(card in cards)
            for card, rect in zip(cards, rects, strict=True):
                card.setGeometry(rect)
        self._inner.setMinimumHeight(places.height)
        self._nothing.setVisible(not any(wanted))
        if not any(wanted):
            self._nothing.setText(f"No example here has the words “{self.search.text().strip()}”.")
            self._nothing.setGeometry(QRect(0, 8, self.width() - 60, 20))

    # -- by keyboard ---------------------------------------------------------------------------------------------

    def _shown(self) -> list[ExampleCard]:
        return [card for card in self.cards if not card.isHidden()]

    def _open_first(self) -> None:
        if self.search.text().strip() and (shown := self._shown()):
            shown[0].click()

    def _focus_first(self) -> None:
        if shown := self._shown():
            self._focus(shown[0])

    def _go_from(self, columns: int, rows: int) -> None:
        shown, card = self._shown(), self.sender()
        assert isinstance(card, ExampleCard)
        index = neighbour([other.geometry() for other in shown], shown.index(card), columns, rows)
        if index is not None:
            self._focus(shown[index])
        elif rows < 0:
            self.search.setFocus(Qt.FocusReason.OtherFocusReason)

    def _focus(self, card: ExampleCard) -> None:
        card.setFocus(Qt.FocusReason.TabFocusReason)
        self.page.ensureWidgetVisible(card, 0, HEADING + BETWEEN)


class _Search(QLineEdit):
    """A field for words; ``down`` when the cards are wanted, Escape empties it."""

    down = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("search", True)
        self.setObjectName("example-search")
        self.setPlaceholderText("Search examples")
        self.setAccessibleName("Search examples")
        self.setClearButtonEnabled(True)
        self.setFixedWidth(220)
        self.addAction(theme.icon("magnifying-glass", "ink3"), QLineEdit.ActionPosition.LeadingPosition)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down:
            self.down.emit()
        elif event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)


def matches(example: Example, words: str) -> bool:
    """Return whether every word stands on the card or is the kind of its experiment."""
    return fuzzy.contains(words, f"{example.title} {example.sentence} {example.source} {example.recipe['kind']}")


@dataclass(frozen=True, slots=True)
class Places:
    """Where everything stands in the page that is scrolled."""

    headings: tuple[QRect | None, ...]  # None: nothing on that shelf
    cards: tuple[tuple[QRect, ...], ...]
    height: int


def lay_out(counts: Sequence[int], width: int) -> Places:
    """Return places in equal columns, as many as have their least width, each card as high as its width asks for."""
    columns = max(1, (width + GAP) // (CARD_WIDTH + GAP))
    card = (width - GAP * (columns - 1)) // columns
    high, top = card_height(card), 0
    headings: list[QRect | None] = []
    cards: list[tuple[QRect, ...]] = []
    for count in counts:
        if not count:
            headings.append(None)
            cards.append(())
            continue
        top += BETWEEN if top else 0
        headings.append(QRect(0, top, width, HEADING - 10))
        top += HEADING
        cards.append(
            tuple(
                QRect(index % columns * (card + GAP), top + index // columns * (high + GAP), card, high)
                for index in range(count)
            )
        )
        top += -(-count // columns) * (high + GAP)
    return Places(tuple(headings), tuple(cards), top + 8)


def neighbour(rects: Sequence[QRect], index: int, columns: int, rows: int) -> int | None:
    """Return which rectangle an arrow leads to: the next in order sideways, the nearest of the next row up or down."""
    if columns:
        found = index + columns
        return found if 0 <= found < len(rects) else None
    here = rects[index]
    beyond = [i for i, rect in enumerate(rects) if (rect.top() - here.top()) * rows > 0]
    return min(
        beyond, key=lambda i: (abs(rects[i].top() - here.top()), abs(rects[i].left() - here.left())), default=None
    )
