"""A card whose header is a row of tabs."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from lsviewer.gui import theme
from lsviewer.gui.buttons import icon_button, show_maximised

HEADER = 42
TAB_GAP = 24


class TabsCard(QFrame):
    """Pages by key; ``empty`` stands there while there is none.

    ``current_changed(key)`` whoever changes it; ``export_asked()`` and ``maximise_asked(card)`` by the buttons in the corner.
    """

    current_changed = Signal(str)
    export_asked = Signal()
    maximise_asked = Signal(object)

    def __init__(self, empty: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self.setObjectName("card-tabs")
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 8)
        box.setSpacing(0)
        row = QHBoxLayout()
        row.setContentsMargins(16, 0, 8, 0)
        self.bar = PlainTabs()
        self.bar.setObjectName("tabs")
        self.bar.setDrawBase(False)
        self.bar.setExpanding(False)
        self.bar.setElideMode(Qt.TextElideMode.ElideNone)
        self.bar.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.bar.setFixedHeight(HEADER)
        row.addWidget(self.bar, 1)
        self._export = icon_button("export", "Export what this tab shows…", name="export-tab")
        self._export.clicked.connect(self.export_asked)
        row.addWidget(self._export)
        self._maximise = icon_button("arrows-out-simple", "", name="maximise-tabs")
        self._maximise.clicked.connect(self._ask_maximise)
        row.addWidget(self._maximise)
        self.show_maximised(False)
        box.addLayout(row)
        self._stack = QStackedWidget()
        self._empty = empty
        box.addWidget(self._stack, 1)
        box.addWidget(empty, 1)
        self._stack.hide()
        self._keys: list[str] = []
        self.bar.currentChanged.connect(self._changed)

    @property
    def current(self) -> str:
        """The key of the page on top, "" without pages."""
        index = self.bar.currentIndex()
        return self._keys[index] if 0 <= index < len(self._keys) else ""

    def show_maximised(self, maximised: bool) -> None:
        """Turn the maximise button into the way back, or into itself again."""
        show_maximised(self._maximise, maximised)

    def keys(self) -> tuple[str, ...]:
        """The keys of the pages, in order."""
        return tuple(self._keys)

    def page(self, key: str) -> QWidget | None:
        """Return the page with that key."""
        return self._stack.widget(self._keys.index(key)) if key in self._keys else None

    def add_page(self, key: str, title: str, page: QWidget, *, before: str = "") -> None:
        """Add a page at the end, or before another one; the page on top stays on top."""
        index = self._keys.index(before) if before in self._keys else len(self._keys)
        self._keys.insert(index, key)
        self._stack.insertWidget(index, page)
        self._empty.hide()
        self._stack.show()
        self.bar.blockSignals(True)
        was = self.bar.currentIndex()
        self.bar.insertTab(index, title)
        if was >= 0:
            self.bar.setCurrentIndex(was + (index <= was))
        self.bar.blockSignals(False)
        self._stack.setCurrentIndex(self.bar.currentIndex())

    def take_page(self, key: str) -> QWidget | None:
        """Take a page out and return it."""
        if key not in self._keys:
            return None
        index = self._keys.index(key)
        page = self._stack.widget(index)
        assert page is not None
        self._keys.pop(index)
        self._stack.removeWidget(page)
        self.bar.removeTab(index)
        page.hide()
        page.setParent(None)
        self._stack.setCurrentIndex(self.bar.currentIndex())
        self._stack.setVisible(bool(self._keys))
        self._empty.setVisible(not self._keys)
        return page

    def show_page(self, key: str) -> None:
        """Bring a page to the top; an unknown key changes nothing."""
        if key in self._keys:
            self.bar.setCurrentIndex(self._keys.index(key))

    def _ask_maximise(self) -> None:
        self.maximise_asked.emit(self)

    def _changed(self, index: int) -> None:
        if 0 <= index < len(self._keys):
            self._stack.setCurrentIndex(index)
            self.current_changed.emit(self._keys[index])


class PlainTabs(QTabBar):
    """Tabs as plain words, the current one 600 over a 2 px line; a style sheet would cut the bold word to the plain width."""

    def tabSizeHint(self, index: int) -> QSize:
        return QSize(QFontMetrics(theme.font(13, 600)).horizontalAdvance(self.tabText(index)) + TAB_GAP, HEADER)

    def minimumTabSizeHint(self, index: int) -> QSize:
        return self.tabSizeHint(index)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        colours = theme.tokens()
        for index in range(self.count()):
            current = index == self.currentIndex()
            area = QRectF(self.tabRect(index)).adjusted(0, 0, -TAB_GAP, 0)
            face = theme.font(13, 600 if current else 400)
            painter.setFont(face)
            painter.setPen(colours.color("ink" if current else "ink2"))
            painter.drawText(area.adjusted(0, 4, TAB_GAP, 0), Qt.AlignmentFlag.AlignVCenter, self.tabText(index))
            if current:
                width = QFontMetrics(face).horizontalAdvance(self.tabText(index))
                painter.fillRect(QRectF(area.left(), area.bottom() - 3, width, 2), colours.color("accent"))
                if self.hasFocus():
                    theme.paint_focus(painter, area.adjusted(-4, 8, 4, -5))
