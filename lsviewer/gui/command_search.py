"""Ctrl+K: one list of everything that can be asked for by name - actions, experiments, patterns - found by a few letters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from lsviewer.gui import theme
from lsviewer.gui.fuzzy import ranked

WIDTH = 560
ROW = 32
ROWS = 11
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Command:
    """One line of the list. ``hint`` stands at the right: a shortcut, a paper; ``reason`` says why it cannot be done now."""

    text: str
    perform: Callable[[], None]
    group: str = ""
    hint: str = ""
    icon: str = ""
    reason: str = ""

    @property
    def sought(self) -> str:
        """What letters are looked for in."""
        return f"{self.text} {self.group}"


class _Model(QAbstractListModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.commands: list[Command] = []

    def show(self, commands: list[Command]) -> None:
        self.beginResetModel()
        self.commands = commands
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self.commands)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        command = self.commands[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.AccessibleTextRole:
                return f"{command.text}, {command.group}" if command.group else command.text
            case Qt.ItemDataRole.ToolTipRole:
                return command.reason or None
        return None


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, _Model)
        command = model.commands[index.row()]
        colours = theme.tokens()
        area: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, colours.color("soft"))
        if command.icon:
            theme.paint_icon(
                painter,
                QRectF(area.left() + 16, area.top() + 8, 16, 16),
                command.icon,
                opacity=0.5 if command.reason else 1,
            )
        painter.setFont(theme.font(13))
        painter.setPen(colours.color("ink3" if command.reason else "ink"))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(area.adjusted(44, 0, 0, 0), middle, command.text)
        width = painter.fontMetrics().horizontalAdvance(command.text)
        painter.setFont(theme.font(12))
        painter.setPen(colours.color("ink3"))
        painter.drawText(area.adjusted(44 + width + 12, 0, -120, 0), middle, command.reason or command.group)
        painter.setPen(colours.color("ink2"))
        painter.drawText(area.adjusted(0, 0, -16, 0), middle | Qt.AlignmentFlag.AlignRight, command.hint)
        painter.restore()


class CommandSearch(QFrame):
    """A popup under the top bar. `open_with` shows it; Return performs, Esc leaves, arrows choose."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("command-search")
        self.setFixedWidth(WIDTH)
        box = QVBoxLayout(self)
        box.setContentsMargins(1, 8, 1, 8)
        box.setSpacing(8)
        self.field = QLineEdit()
        self.field.setProperty("search", True)
        self.field.setObjectName("command-field")
        self.field.setPlaceholderText("Search commands, experiments, patterns")
        self.field.setAccessibleName("Search commands, experiments, patterns")
        self.field.addAction(theme.icon("magnifying-glass", "ink3"), QLineEdit.ActionPosition.LeadingPosition)
        self.field.textEdited.connect(self._search)
        self.field.installEventFilter(self)
        self.list = QListView()
        self.list.setObjectName("command-list")
        self.list.setAccessibleName("Commands found")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self._model = _Model(self)
        self.list.setModel(self._model)
        self.list.setItemDelegate(_Delegate(self.list))
        self.list.clicked.connect(self._perform)
        self.list.entered.connect(self.list.setCurrentIndex)
        inner = QVBoxLayout()
        inner.setContentsMargins(8, 0, 8, 0)
        inner.addWidget(self.field)
        box.addLayout(inner)
        box.addWidget(self.list)
        self._commands: list[Command] = []

    def open_with(self, commands: Sequence[Command], centre_top: QPoint) -> None:
        """Show ``commands`` below the global point ``centre_top``."""
        self._commands = list(commands)
        self.field.clear()
        self._search("")
        self.move(centre_top.x() - WIDTH // 2, centre_top.y())
        self.show()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    @property
    def found(self) -> tuple[Command, ...]:
        """The commands in the list, best first."""
        return tuple(self._model.commands)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys that belong to the list go there while the field keeps the focus."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            match event.key():
                case Qt.Key.Key_Down | Qt.Key.Key_Up | Qt.Key.Key_PageDown | Qt.Key.Key_PageUp:
                    steps = {
                        Qt.Key.Key_Down: 1,
                        Qt.Key.Key_Up: -1,
                        Qt.Key.Key_PageDown: ROWS - 1,
                        Qt.Key.Key_PageUp: 1 - ROWS,
                    }
                    self._move(steps[Qt.Key(event.key())])
                    return True
                case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                    self._perform(self.list.currentIndex())
                    return True
                case Qt.Key.Key_Escape:
                    self.close()
                    return True
        return super().eventFilter(watched, event)

    def _search(self, query: str) -> None:
        self._model.show(ranked(query, [(command.sought, command) for command in self._commands]))
        self.list.setCurrentIndex(self._model.index(0))
        self.list.setFixedHeight(ROW * max(1, min(ROWS, self._model.rowCount())))
        self.adjustSize()

    def _move(self, step: int) -> None:
        count = self._model.rowCount()
        if count:
            row = self.list.currentIndex().row() + step
            self.list.setCurrentIndex(self._model.index(row % count if abs(step) == 1 else min(max(row, 0), count - 1)))

    def _perform(self, index: QModelIndex) -> None:
        if index.isValid() and not self._model.commands[index.row()].reason:
            command = self._model.commands[index.row()]
            self.close()
            command.perform()
