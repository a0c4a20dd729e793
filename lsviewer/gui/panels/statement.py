"""The theorem as the reader meets it: what is stated, the formula, what it does not say, and what these settings need."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from lsviewer.gui.buttons import icon_button
from lsviewer.gui.catalogue import Item
from lsviewer.gui.labels import Column, ElidedLabel, IconLabel, label
from lsviewer.gui.math_text import FormulaLabel, rich


class Statement(QWidget):
    """Shows one experiment's words. ``help_asked()`` by the button in the corner."""

    help_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("statement")
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 8, 0, 8)
        box.setSpacing(0)
        header = QHBoxLayout()
        header.setContentsMargins(16, 0, 8, 0)
        header.setSpacing(8)
        self._title = label("", "title")
        self._source = ElidedLabel("", "hint")
        self._help = icon_button("info", "Explain this experiment (F1)", name="statement-help")
        self._help.clicked.connect(self.help_asked)
        header.addWidget(self._title)
        header.addWidget(self._source, 1)
        header.addWidget(self._help)
        box.addLayout(header)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._scroll.setAccessibleName("Statement")
        self._inner = Column()
        self._box = QVBoxLayout(self._inner)
        self._box.setContentsMargins(16, 2, 16, 4)
        self._box.setSpacing(8)
        self._scroll.setWidget(self._inner)
        box.addWidget(self._scroll, 1)
        self._shown: tuple[Item | None, tuple[str, ...]] = (None, ())

    def show_item(self, item: Item | None, notes: tuple[str, ...] = ()) -> None:
        """Show an experiment and the notes of its present settings; None shows nothing."""
        if (item, notes) == self._shown:
            return
        self._shown = (item, notes)
        _empty(self._box)
        self._title.setText(item.title if item else "")
        self._source.setText(item.source if item else "")
        self._help.setVisible(item is not None)
        if item is None:
            return
        first, *rest = item.statement or ("",)
        for text in (first,) if first else ():
            self._box.addWidget(_paragraph(text))
        if item.formula:
            formula = FormulaLabel()
            formula.show_formula(item.formula)
            self._box.addWidget(formula)
        for text in notes:
            self._box.addWidget(remark(text))
        for text in item.caveats:
            self._box.addWidget(remark(text))
        for text in rest:
            self._box.addWidget(_paragraph(text))
        self._box.addStretch(1)
        for widget in self._inner.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
            widget.show()  # at once: a layout counts what is hidden as nothing, and the height is asked for right away

    def natural_height(self, width: int) -> int:
        """Return the height at which nothing is scrolled, in a column of ``width``."""
        inner = (
            self._box.totalHeightForWidth(width)
            if self._box.hasHeightForWidth()
            else self._box.totalSizeHint().height()
        )
        return 8 + 28 + 8 + inner + 8


def remark(text: str) -> QWidget:
    """Return one sentence with an information mark before it."""
    row = QWidget()
    box = QHBoxLayout(row)
    box.setContentsMargins(2, 0, 0, 0)
    box.setSpacing(9)
    box.addWidget(IconLabel("info", "ink3", 14), 0, Qt.AlignmentFlag.AlignTop)
    words = label(rich(text), "secondary", wrap=True)
    box.addWidget(words, 1)
    return row


def _paragraph(text: str) -> QLabel:
    made = label(rich(text), wrap=True)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made


def _empty(box: QVBoxLayout) -> None:
    while (item := box.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.setParent(None)  # or it would be shown again with the new ones until it is deleted
            widget.deleteLater()
