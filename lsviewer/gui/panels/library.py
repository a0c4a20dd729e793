"""The list of experiments, by paper, with a filter and how often each has run."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLineEdit,
    QStackedWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from lsviewer.gui import theme
from lsviewer.gui.buttons import icon_button
from lsviewer.gui.catalogue import Group, Item
from lsviewer.gui.fuzzy import contains
from lsviewer.gui.labels import EmptyPage, label

ROW = 26
KIND = Qt.ItemDataRole.UserRole
HINT = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex
FEW = 10  # with more experiments than these only the paper on screen is unfolded


class Library(QWidget):
    """``chosen(kind)`` when the user picks an experiment, ``collapse_asked()`` by the button in the corner."""

    chosen = Signal(str)
    collapse_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("library")
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 4, 0, 8)
        box.setSpacing(8)
        header = QHBoxLayout()
        header.setContentsMargins(16, 2, 8, 0)
        header.addWidget(label("Experiments", "card"), 1)
        self._collapse = icon_button("caret-left", "Show less of the list", name="collapse")
        self._collapse.clicked.connect(self.collapse_asked)
        header.addWidget(self._collapse)
        box.addLayout(header)
        self.filter = QLineEdit()
        self.filter.setProperty("search", True)
        self.filter.setObjectName("library-filter")
        self.filter.setPlaceholderText("Filter")
        self.filter.setAccessibleName("Filter experiments")
        self.filter.setClearButtonEnabled(True)
        self.filter.addAction(theme.icon("magnifying-glass", "ink3"), QLineEdit.ActionPosition.LeadingPosition)
        self.filter.textChanged.connect(self._filter)
        self.filter.returnPressed.connect(self._choose_first)
        inner = QHBoxLayout()
        inner.setContentsMargins(16, 0, 16, 0)
        inner.addWidget(self.filter)
        box.addLayout(inner)
        self.tree = _Tree()
        self.tree.itemSelectionChanged.connect(self._selected)
        self._stack = QStackedWidget()
        self._stack.addWidget(
            EmptyPage(
                "hourglass-medium", "Preparing the engine", "You can draw already; the experiments follow in a moment."
            )
        )
        tree_page = QWidget()
        tree_box = QHBoxLayout(tree_page)
        tree_box.setContentsMargins(8, 0, 8, 0)
        tree_box.addWidget(self.tree)
        self._stack.addWidget(tree_page)
        box.addWidget(self._stack, 1)
        self._groups: Sequence[Group] = ()
        self._items: dict[str, QTreeWidgetItem] = {}
        self._kind = ""

    def show_groups(
        self, groups: Sequence[Group], selected_kind: str = "", run_counts: Mapping[str, int] | None = None
    ) -> None:
        """Show the experiments, which one is on screen, and how often each has run."""
        if groups is not self._groups:
            self._groups = groups
            self._fill()
        self._kind = selected_kind
        counts = run_counts or {}
        for kind, item in self._items.items():
            count = counts.get(kind, 0)
            item.setData(0, HINT, f"{count} run{'' if count == 1 else 's'}" if count else "")
        self._mark_selected()

    def item(self, kind: str) -> Item | None:
        """Return the words of a kind, None where it is not in the list."""
        return next((item for group in self._groups for item in group.items if item.kind == kind), None)

    def set_collapsible(self, collapsible: bool) -> None:
        """Offer the button in the corner, or not."""
        self._collapse.setVisible(collapsible)

    def natural_height(self) -> int:
        """Return the height at which every row shows."""
        rows = sum(1 + (item.childCount() if item.isExpanded() else 0) for item in self.tree.groups())
        return 2 + 4 + 28 + 8 + 28 + 8 + ROW * max(rows, 5) + 8 + 4

    def _fill(self) -> None:
        self.tree.blockSignals(True)
        self.tree.clear()
        self._items = {}
        few = sum(len(group.items) for group in self._groups) <= FEW
        for group in self._groups:
            top = QTreeWidgetItem([group.name])
            top.setData(0, HINT, group.year)
            top.setFlags(Qt.ItemFlag.ItemIsEnabled)
            self.tree.addTopLevelItem(top)
            for item in group.items:
                row = QTreeWidgetItem([item.title])
                row.setData(0, KIND, item.kind)
                row.setToolTip(0, item.statement[0] if item.statement else item.source)
                top.addChild(row)
                self._items[item.kind] = row
            top.setExpanded(few)
        self.tree.blockSignals(False)
        self._stack.setCurrentIndex(1 if self._groups else 0)
        self._filter(self.filter.text())

    def _mark_selected(self) -> None:
        self.tree.blockSignals(True)
        self.tree.clearSelection()
        if (row := self._items.get(self._kind)) is not None:
            if (paper := row.parent()) is not None:
                paper.setExpanded(True)
            row.setSelected(True)
            self.tree.setCurrentItem(row)
        self.tree.blockSignals(False)
        self.tree.viewport().update()

    def _filter(self, text: str) -> None:
        for group, top in zip(self._groups, self.tree.groups(), strict=True):
            seen = 0
            for item, row in zip(group.items, (self._items[item.kind] for item in group.items), strict=True):
                hidden = not contains(text, f"{item.title} {item.paper} {item.kind}")
                row.setHidden(hidden)
                seen += not hidden
            top.setHidden(not seen)

    def _choose_first(self) -> None:
        row = next((row for row in self._items.values() if not row.isHidden()), None)
        if row is not None:
            self.tree.setCurrentItem(row)
            self.tree.setFocus(Qt.FocusReason.OtherFocusReason)

    def _selected(self) -> None:
        rows = self.tree.selectedItems()
        if rows and (kind := rows[0].data(0, KIND)) and kind != self._kind:
            self._kind = kind
            self.chosen.emit(kind)


class _Tree(QTreeWidget):
    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("library-tree")
        self.setAccessibleName("Experiments")
        self.setHeaderHidden(True)
        self.setIndentation(20)
        self.setUniformRowHeights(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setItemDelegate(_Delegate(self))
        self.setExpandsOnDoubleClick(False)
        self.itemClicked.connect(self._fold)

    def groups(self) -> list[QTreeWidgetItem]:
        """Return the papers."""
        return [item for i in range(self.topLevelItemCount()) if (item := self.topLevelItem(i)) is not None]

    def _fold(self, item: QTreeWidgetItem) -> None:
        if item.parent() is None:
            item.setExpanded(not item.isExpanded())


class _Delegate(QStyledItemDelegate):
    """Group names and the selected row are 600; a hint stands at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        colours = theme.tokens()
        area: QRect = option.rect
        state: QStyle.StateFlag = option.state
        selected = bool(state & QStyle.StateFlag.State_Selected)
        is_group = not index.parent().isValid()
        painter.save()
        if selected:
            painter.fillRect(area, colours.color("soft"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(area, colours.color("sunken"))
        middle = Qt.AlignmentFlag.AlignVCenter
        hint = str(index.data(HINT) or "")
        painter.setFont(theme.font(12, tabular=True))
        painter.setPen(colours.color("ink2" if selected else "ink3"))
        hint_width = painter.fontMetrics().horizontalAdvance(hint)
        painter.drawText(area.adjusted(0, 0, -6, 0), middle | Qt.AlignmentFlag.AlignRight, hint)
        face = theme.font(13, 600 if selected or is_group else 400)
        painter.setFont(face)
        painter.setPen(colours.color("ink"))
        room = area.width() - hint_width - 18
        painter.drawText(area.adjusted(1, 0, 0, 0), middle, theme.elided(str(index.data()), face, room))
        if state & QStyle.StateFlag.State_HasFocus and state & QStyle.StateFlag.State_KeyboardFocusChange:
            theme.paint_focus(painter, area.toRectF())
        painter.restore()
