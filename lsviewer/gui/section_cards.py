"""The bodies of the cards Section and Surface: a map and a relief of two axes, a curve of one, a picture in colour and its
channels, a word where there is neither.
"""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from lsviewer.core.artifacts import Picture, Section
from lsviewer.gui.card import Card
from lsviewer.gui.labels import EmptyPage
from lsviewer.gui.views import VIEWS
from lsviewer.gui.views.base import View


class SectionPages(QStackedWidget):
    """Shows a section or a picture by the first of its views that can; ``view_made(view)`` for whoever links cursors."""

    view_made = Signal(object)
    page_changed = Signal()

    def __init__(self, kinds: tuple[type[View], ...], empty: EmptyPage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kinds = kinds
        self._views: dict[type[View], View] = {}
        self._empty = empty
        self.addWidget(empty)

    @property
    def view(self) -> View | None:
        """The view on top, None while there is nothing to show."""
        top = self.currentWidget()
        return top if isinstance(top, View) else None

    @property
    def views(self) -> tuple[View, ...]:
        """Every view made so far."""
        return tuple(self._views.values())

    def show_section(self, section: Section | Picture) -> None:
        """Show a section or a picture; the view is made when it is first needed."""
        kind = next((kind for kind in self._kinds if kind.can_show(section)), None)
        if kind is None:
            self._bring(self._empty)
            return
        if kind not in self._views:
            view = self._views[kind] = kind()
            view.set_options(
                square=True, title=False
            )  # where a view has these: as the pattern beside it, titled by the card
            self.addWidget(view)
            self.view_made.emit(view)
        self._views[kind].show_artifact(section)
        self._bring(self._views[kind])

    def clear(self) -> None:
        """Show that there is nothing yet."""
        for view in self._views.values():
            view.clear()
        self._bring(self._empty)

    def _bring(self, page: QWidget) -> None:
        if self.currentWidget() is not page:
            self.setCurrentWidget(page)
            self.page_changed.emit()


def view_kinds(*names: str) -> tuple[type[View], ...]:
    """Return the kinds of views with these names, in this order."""
    by_name = {kind.name: kind for kind in VIEWS}
    return tuple(by_name[name] for name in names if name in by_name)


def follow_page(card: Card, pages: SectionPages) -> None:
    """Let the card's header buttons and menu, and its title where it has one, be those of the view on top."""
    usual = card.title

    def show_actions() -> None:
        view = pages.view
        card.set_title(view.heading if view is not None and view.heading else usual)
        card.set_actions(view.header_actions() if view else [], view.menu_actions() if view else [])

    pages.page_changed.connect(show_actions)
    show_actions()
