"""A card: a header with a title, its context and at most three icon buttons, and a body."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from lsviewer.gui.buttons import action_button, icon_button, show_maximised
from lsviewer.gui.labels import ElidedLabel

HEADER = 40  # px
OWN_BUTTONS = 2  # icon buttons a body may put into the header, beside maximise or "..."


class Card(QFrame):
    """Shows one body. ``maximise_asked(card)`` when the user wants it to have the whole centre, or to give it back."""

    maximise_asked = Signal(object)

    def __init__(
        self, title: str, body: QWidget | None = None, *, can_maximise: bool = True, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self.setObjectName(f"card-{title.lower().replace(' ', '-')}")
        self._can_maximise = can_maximise
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        header = QWidget()
        header.setFixedHeight(HEADER)
        row = QHBoxLayout(header)
        row.setContentsMargins(16, 4, 8, 0)
        row.setSpacing(8)
        self._title = ElidedLabel(title, "card")
        self._context = ElidedLabel("", "context")
        row.addWidget(self._title)
        row.addWidget(self._context, 1)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(4)
        row.addLayout(self._buttons)
        self._maximise = icon_button("arrows-out-simple", "Give this card the whole centre", name="maximise")
        self._maximise.clicked.connect(self._ask_maximise)
        self._more = icon_button("dots-three", f"More for {title.lower()}", name="more")
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self._more)
        self._more.setMenu(self._menu)
        row.addWidget(self._maximise)
        row.addWidget(self._more)
        box.addWidget(header)
        self._body: QWidget | None = None
        self.set_actions((), ())
        if body is not None:
            self.set_body(body)

    @property
    def title(self) -> str:
        """The title shown."""
        return self._title.text()

    @property
    def body(self) -> QWidget | None:
        """The widget under the header."""
        return self._body

    def set_title(self, title: str, context: str = "") -> None:
        """Show another title and context ("run 7, 61 %")."""
        self._title.setText(title)
        self._context.setText(context)
        self.setAccessibleName(f"{title}, {context}" if context else title)

    def set_context(self, context: str) -> None:
        """Show another context beside the title."""
        self.set_title(self.title, context)

    def set_body(self, body: QWidget) -> None:
        """Put ``body`` under the header; the old one is hidden and handed back to nobody."""
        box = self.layout()
        assert isinstance(box, QVBoxLayout)
        if self._body is not None:
            box.removeWidget(self._body)
            self._body.hide()
        self._body = body
        box.addWidget(body, 1)
        body.show()

    def set_actions(self, header: Sequence[QAction], menu: Sequence[QAction]) -> None:
        """Show the body's own header buttons, and its menu behind ``...`` (hidden when empty)."""
        while (item := self._buttons.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for action in list(header)[:OWN_BUTTONS]:
            self._buttons.addWidget(action_button(action))
        has_room = len(header) < OWN_BUTTONS  # three icon buttons in a header, not more: else it goes into the menu
        self._menu.clear()
        self._menu.addActions(list(menu))
        if self._can_maximise and not has_room:
            self._menu.addSeparator()
            self._menu.addAction("Give this card the whole centre", self._ask_maximise)
        self._more.setVisible(not self._menu.isEmpty())
        self._maximise.setVisible(self._can_maximise and has_room)

    def show_maximised(self, maximised: bool) -> None:
        """Turn the maximise button into the way back, or into itself again."""
        show_maximised(self._maximise, maximised)

    def _ask_maximise(self) -> None:
        self.maximise_asked.emit(self)


def has_focus(card: QWidget) -> bool:
    """Return whether the keyboard is in that card."""
    focused = QApplication.focusWidget()
    return focused is not None and card.isAncestorOf(focused)
