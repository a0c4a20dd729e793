"""The one bar at the top: the mark, the menus, the verbs, the search field, and the switch between light and dark."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QMenu, QMenuBar, QSizePolicy, QToolButton, QWidget

from lsviewer.gui import theme
from lsviewer.gui.actions import MENUS, Actions, ActionSpec, Menu
from lsviewer.gui.buttons import icon_button
from lsviewer.resources import path as resource

HEIGHT = 48
SEARCH_WIDTH = 280
NARROW_SEARCH_WIDTH = 216
SEARCH_ICON_WIDTH = 36  # the magnifying glass alone
WIDE, NARROW = 1600, 1200


class TopBar(QWidget):
    """``theme_asked()`` when the user turns the lights on or off, ``search_asked()`` when the field is clicked."""

    theme_asked = Signal()
    search_asked = Signal()

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("top-bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(HEIGHT)
        self._actions = actions
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 16, 1)
        row.setSpacing(0)
        row.addWidget(Mark(22))
        row.addSpacing(8)
        self.menus: dict[Menu, QMenu] = {}
        self._bar = _MenuBar()
        for name in MENUS:
            self.menus[name] = fill_menu(self._bar.addMenu(name), actions.of_menu(name), actions)
        row.addWidget(self._bar)
        row.addStretch(1)
        self._search = SearchButton()
        self._search.clicked.connect(self.search_asked)
        row.addWidget(self._search)
        row.addSpacing(8)
        self._theme = icon_button("circle-half", "Light or dark", name="theme-button")
        self._theme.clicked.connect(self.theme_asked)
        row.addWidget(self._theme)
        # The verbs stand in the middle of the bar, not in the middle of what is left: outside of the layout.
        self._verbs = QWidget(self)
        verbs = QHBoxLayout(self._verbs)
        verbs.setContentsMargins(0, 0, 0, 0)
        verbs.setSpacing(2)
        self._buttons = {spec.key: _verb(actions[spec.key], spec.verb) for spec in actions.verbs()}
        for key in VERB_ORDER:
            verbs.addWidget(self._buttons[key])
        self.show_verbs(())

    def show_verbs(self, keys: Sequence[str], current: str = "") -> None:
        """Show these verbs, and which of them says what is going on."""
        for key, button in self._buttons.items():
            button.setVisible(key in keys)
            theme.set_property(button, "current", key == current)
            button.setIcon(theme.icon(_icon_of(self._actions, key), "accent" if key == current else "ink2"))
        self._place_verbs()

    def set_engine_menus(self, there: bool) -> None:
        """Enable Pattern and Run, which have nothing to act on before there is a project."""
        for name in ("Pattern", "Run"):
            self.menus[name].menuAction().setEnabled(there)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide, narrow = self.width() >= WIDE, self.width() < NARROW
        self._search.setFixedWidth(SEARCH_WIDTH if wide else SEARCH_ICON_WIDTH if narrow else NARROW_SEARCH_WIDTH)
        self._place_verbs()

    def _place_verbs(self) -> None:
        self._verbs.layout().activate()  # type: ignore[union-attr]
        size = self._verbs.sizeHint()
        left_end = 16 + 22 + 8 + self._bar.sizeHint().width() + 16
        right_end = self.width() - 16 - 28 - 8 - self._search.width() - 16
        left = max(left_end, min((self.width() - size.width()) // 2, right_end - size.width()))
        self._verbs.setGeometry(left, (HEIGHT - 1 - size.height()) // 2, size.width(), size.height())


VERB_ORDER = ("draw", "run", "plant", "train", "verify", "export")


class _MenuBar(QMenuBar):
    """As wide as its words: QMenuBar alone would take the whole bar, or fold away behind an arrow."""

    def __init__(self) -> None:
        super().__init__()
        self.setNativeMenuBar(False)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


def fill_menu(menu: QMenu, specs: Sequence[ActionSpec], actions: Actions) -> QMenu:
    """Put the actions of ``specs`` into ``menu``, with lines and sub-menus as the table says; returns the menu."""
    menu.setToolTipsVisible(True)
    inner: dict[str, QMenu] = {}
    for spec in specs:
        if spec.starts_section:
            menu.addSeparator()
        if spec.submenu:
            if spec.submenu not in inner:
                inner[spec.submenu] = menu.addMenu(spec.submenu)
            inner[spec.submenu].addAction(actions[spec.key])
        else:
            menu.addAction(actions[spec.key])
    return menu


def _icon_of(actions: Actions, key: str) -> str:
    return next(spec.icon for spec in actions if spec.key == key)


def _verb(action: QAction, word: str) -> QToolButton:
    button = _VerbButton(action, word)
    button.setObjectName(f"verb-{action.objectName()}")
    button.setProperty("verb", True)
    button.setIconSize(QSize(18, 18))
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAccessibleName(word)
    return button


class _VerbButton(QToolButton):
    """Follows an action but keeps its own word and icon (setDefaultAction would take them over at every change)."""

    def __init__(self, action: QAction, word: str) -> None:
        super().__init__()
        self._action = action
        self.setText(word)
        self.clicked.connect(action.trigger)
        action.enabledChanged.connect(self.setEnabled)
        action.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        self.setEnabled(self._action.isEnabled())
        self.setToolTip(self._action.toolTip())


class SearchButton(QAbstractButton):
    """Looks like a field and opens the command search: one list for actions, experiments and patterns."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("search-button")
        self.setAccessibleName("Search commands")
        self.setToolTip("Find an action, an experiment or a pattern by its name.")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedHeight(28)
        self.setCursor(Qt.CursorShape.IBeamCursor)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.color("line" if self.underMouse() else "sunken"))
        area = QRectF(self.rect())
        painter.drawRoundedRect(area, 4, 4)
        theme.paint_icon(painter, QRectF(10, 6, 16, 16), "magnifying-glass", "ink3")
        if self.hasFocus():
            theme.paint_focus(painter, area)
        if self.width() <= SEARCH_ICON_WIDTH:
            return
        painter.setFont(theme.font(13))
        painter.setPen(colours.color("ink3"))
        painter.drawText(area.adjusted(31, 0, -60, 0), Qt.AlignmentFlag.AlignVCenter, "Search commands")
        painter.setFont(theme.font(11, 500))
        painter.setPen(colours.color("ink2"))
        shortcut = QKeySequence("Ctrl+K").toString(QKeySequence.SequenceFormat.NativeText).replace("+", " ")
        painter.drawText(
            area.adjusted(0, 0, -10, 0), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, shortcut
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        # On press, as a field would answer; a click would open the list only on release.
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()
        event.accept()


class Mark(QWidget):
    """The mark of lsviewer in the colours in use."""

    def __init__(self, size: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(size, size)
        self.setAccessibleName("lsviewer")
        self._drawn = {
            dark: QSvgRenderer(str(resource("icons", "lsviewer-dark.svg" if dark else "lsviewer.svg")), self)
            for dark in (False, True)
        }

    def paintEvent(self, event: QPaintEvent) -> None:
        self._drawn[theme.tokens().is_dark].render(QPainter(self), QRectF(self.rect()))
