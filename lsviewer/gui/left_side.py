"""The left side of the studio: experiments, statement, set-up. Compact, the first two fold into a chooser."""

from PySide6.QtCore import QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QVBoxLayout, QWidget

from lsviewer.gui import theme
from lsviewer.gui.catalogue import Item
from lsviewer.gui.labels import Hairline
from lsviewer.gui.math_text import FormulaLabel
from lsviewer.gui.panels.library import Library
from lsviewer.gui.panels.statement import Statement, remark

SETUP_AT_LEAST = 300  # px
SETUP_SHARE = 0.42


class LeftSide(QWidget):
    """Library, statement and set-up one under the other; compact, the first two become a chooser with the short formula."""

    def __init__(self, setup: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("side")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.library = Library()
        self.statement = Statement()
        self.chooser = Chooser()
        self.setup = setup
        self._popup = LibraryPopup(self)
        self._lines = [Hairline() for _ in range(3)]
        self._is_compact = False
        self._item: Item | None = None
        self._notes: tuple[str, ...] = ()
        for widget in (self.library, self.statement, self.chooser, self.setup, *self._lines):
            widget.setParent(self)
            widget.show()
        self.chooser.clicked.connect(self._open_list)
        self.library.chosen.connect(self._popup.close)
        self.set_compact(False)

    @property
    def is_compact(self) -> bool:
        """Whether list and statement are folded into the chooser."""
        return self._is_compact

    def show_item(self, item: Item | None, notes: tuple[str, ...] = ()) -> None:
        """Show the words of the experiment on screen and the notes of its settings."""
        self._item, self._notes = item, notes
        self.statement.show_item(item, notes)
        self.chooser.show_item(item, notes)
        self._arrange()

    def set_compact(self, compact: bool) -> None:
        """Fold list and statement into the chooser, or unfold them."""
        self._is_compact = compact
        self._popup.give_back(self)
        self.library.setVisible(not compact)
        self.statement.setVisible(not compact)
        self.chooser.setVisible(compact)
        self._lines[0].setVisible(not compact)
        self._lines[1].setVisible(not compact)
        self._lines[2].setVisible(compact)
        self._arrange()

    def find_experiment(self) -> None:
        """Put the keyboard into the filter, opening the list where it is folded."""
        if self._is_compact:
            self._open_list()
        self.library.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.library.filter.selectAll()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()

    def refit(self) -> None:
        """Share the height anew after the list has grown."""
        self._arrange()

    def _arrange(self) -> None:
        width, height = self.width(), self.height()
        if width < 50 or height < 50:
            return
        if self._is_compact:
            top = self.chooser.heightForWidth(width)
            self.chooser.setGeometry(0, 0, width, top)
            self._lines[2].setGeometry(0, top, width, 1)
            self.setup.setGeometry(0, top + 1, width, height - top - 1)
            return
        library, statement = shares(
            height, self.library.natural_height(), self.statement.natural_height(width) if self._item else 0
        )
        self.library.setGeometry(0, 0, width, library)
        self._lines[0].setGeometry(0, library, width, 1)
        self.statement.setGeometry(0, library + 1, width, statement)
        self._lines[1].setGeometry(0, library + 1 + statement, width, 1)
        self._lines[1].setVisible(statement > 0)
        top = library + statement + (2 if statement else 1)
        self.setup.setGeometry(0, top, width, height - top)

    def _open_list(self) -> None:
        self._popup.open_with(
            self.library, self.chooser.mapToGlobal(QPoint(12, self.chooser.button_height() + 16)), self.width() - 8
        )


def shares(height: int, library: int, statement: int) -> tuple[int, int]:
    """Return the heights of list and statement: what they ask for, as long as the set-up keeps its least height."""
    room = max(220, height - max(SETUP_AT_LEAST, round(SETUP_SHARE * height)))
    statement = min(statement, max(120, round(room * 0.45)))
    return max(140, min(library, room - statement)), statement


class Chooser(QWidget):
    """The experiment on screen as one button over its short formula and what its settings need."""

    clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chooser")
        box = QVBoxLayout(self)
        box.setContentsMargins(12, 12, 12, 10)
        box.setSpacing(8)
        self._button = _ChooserButton()
        self._button.clicked.connect(self.clicked)
        self._formula = FormulaLabel(centred=False)
        self._notes = QVBoxLayout()
        self._notes.setContentsMargins(4, 0, 4, 0)
        inner = QVBoxLayout()
        inner.setContentsMargins(4, 2, 4, 0)
        inner.addWidget(self._formula)
        box.addWidget(self._button)
        box.addLayout(inner)
        box.addLayout(self._notes)
        box.addStretch(1)

    def show_item(self, item: Item | None, notes: tuple[str, ...]) -> None:
        """Show an experiment, or an invitation to choose one."""
        self._button.show_words(item.title if item else "Choose an experiment", item.paper if item else "")
        self._formula.show_formula(item.short_formula if item else "")
        while (old := self._notes.takeAt(0)) is not None:
            if (widget := old.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for text in (notes or (item.caveats if item else ()))[:1]:
            note = remark(text)
            self._notes.addWidget(note)
            note.show()  # a layout counts what is hidden as nothing, and the height is asked for right away

    def button_height(self) -> int:
        """Height of the button."""
        return self._button.height()

    def heightForWidth(self, width: int) -> int:
        layout = self.layout()
        assert layout is not None
        layout.invalidate()
        return max(layout.totalHeightForWidth(width), layout.totalMinimumSize().height())


class _ChooserButton(QAbstractButton):
    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("chooser-button")
        self.setFixedHeight(48)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._title, self._paper = "", ""

    def show_words(self, title: str, paper: str) -> None:
        self._title, self._paper = title, paper
        self.setAccessibleName(f"Experiment: {title}, {paper}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.color("line" if self.underMouse() else "sunken"))
        painter.drawRoundedRect(area, 4, 4)
        words = area.adjusted(12, 6, -36, -6)
        painter.setPen(colours.color("ink"))
        face = theme.font(13, 600)
        painter.setFont(face)
        top = Qt.AlignmentFlag.AlignTop if self._paper else Qt.AlignmentFlag.AlignVCenter
        painter.drawText(words, top, theme.elided(self._title, face, round(words.width())))
        painter.setPen(colours.color("ink2"))
        painter.setFont(theme.font(12))
        painter.drawText(words, Qt.AlignmentFlag.AlignBottom, self._paper)
        theme.paint_icon(painter, QRectF(area.right() - 28, area.center().y() - 8, 16, 16), "caret-down")
        if self.hasFocus():
            theme.paint_focus(painter, area)


class LibraryPopup(QFrame):
    """Borrows the list while the left side is compact."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("library-popup")
        box = QVBoxLayout(self)
        box.setContentsMargins(1, 1, 1, 1)
        self._library: Library | None = None

    def open_with(self, library: Library, at: QPoint, width: int) -> None:
        """Show the list under the chooser."""
        self._library = library
        library.set_collapsible(False)
        layout = self.layout()
        assert layout is not None
        layout.addWidget(library)
        library.show()
        self.setFixedSize(width, min(520, library.natural_height() + 10))
        self.move(at)
        self.show()
        library.filter.setFocus()

    def give_back(self, home: QWidget) -> None:
        """Let the list return to the side."""
        self.close()
        if self._library is not None:
            self._library.set_collapsible(True)
            self._library.setParent(home)
            self._library = None
