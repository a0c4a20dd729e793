"""The studio: experiments at the left, pattern, section and surface in the middle over tabs and runs, claims at the right.

The middle gives way last: below 1400 px the list folds into a chooser and the claims into a rail, low windows show one run.
"""

from dataclasses import dataclass, replace

from PySide6.QtCore import QRect, QSettings, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from lsviewer.gui.claims_side import RAIL, ClaimsSide, Sheet
from lsviewer.gui.desk import Desk
from lsviewer.gui.grip import Grip
from lsviewer.gui.left_side import LeftSide

WIDE = 1400  # px; below it the sides give way
WIDTH = 320
COMPACT_WIDTH = 280
NARROWEST, WIDEST = 260, 480


@dataclass(frozen=True, slots=True)
class Layout:
    """What the user arranged: widths of the sides, and which of them are folded by hand in a wide window."""

    left: int = WIDTH
    right: int = WIDTH
    fold_left: bool = False
    fold_right: bool = False


class Studio(QWidget):
    """Built from the pieces that act: the set-up panel, the pattern editor, the views of section and surface."""

    layout_changed = Signal()

    def __init__(
        self, setup: QWidget, pattern: QWidget, section: QWidget, surface: QWidget, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("studio")
        self._arranged = Layout()
        self.left = LeftSide(setup, self)
        self.right = ClaimsSide(self)
        self.desk = Desk(pattern, section, surface, self)
        self._grips = (Grip(self), Grip(self))
        self._sheet = Sheet(self)
        self.left.library.collapse_asked.connect(self.toggle_left)
        self.right.slide_asked.connect(self._unfold_right)
        self.right.panel.collapse_asked.connect(self._fold_right)
        for index, grip in enumerate(self._grips):
            grip.dragged.connect(self._drag_left if index == 0 else self._drag_right)
            grip.reset.connect(self._reset_left if index == 0 else self._reset_right)
        self.setTabOrder(self.left, self.desk)
        self.setTabOrder(self.desk, self.right)

    @property
    def is_narrow(self) -> bool:
        """Whether the window is too narrow for both sides."""
        return self.width() < WIDE

    def toggle_left(self) -> None:
        """Fold the list and the statement into the chooser, or unfold them (wide windows only)."""
        self._set_layout(replace(self._arranged, fold_left=not self._arranged.fold_left))

    def toggle_right(self) -> None:
        """Fold the claims into the rail, unfold them, or slide them over the centre where there is no room."""
        if self.is_narrow:
            self._sheet.toggle(self.right, self._sheet_rect())
        else:
            self._set_layout(replace(self._arranged, fold_right=not self._arranged.fold_right))

    def show_counts(self) -> None:
        """Bring the rail and the tab of numbers up to date with the claims."""
        self.right.rail.show_counts(self.right.panel.counts())
        self.desk.show_numbers(self.right.panel.report)

    def maximise_focused(self) -> None:
        """Give the card with the keyboard the whole centre (the section where none has it), or take it back."""
        self.desk.maximise_focused()

    def set_motion(self, moves: bool) -> None:
        """Let panels slide, or just appear."""
        self._sheet.moves = moves

    def save_layout(self, settings: QSettings) -> None:
        """Write what the user arranged."""
        settings.setValue("layout/left", self._arranged.left)
        settings.setValue("layout/right", self._arranged.right)
        settings.setValue("layout/fold_left", int(self._arranged.fold_left))
        settings.setValue("layout/fold_right", int(self._arranged.fold_right))

    def restore_layout(self, settings: QSettings) -> None:
        """Take back what `save_layout` wrote; what is not there or not a number stays as the style has it."""
        plain = Layout()
        self._set_layout(Layout(
            _clamped(_number(settings, "layout/left", plain.left)), _clamped(_number(settings, "layout/right", plain.right)),
            bool(_number(settings, "layout/fold_left", 0)), bool(_number(settings, "layout/fold_right", 0)),
        ))  # fmt: skip

    def reset_layout(self) -> None:
        """Bring every panel back to its place."""
        self.desk.maximise(None)
        self._set_layout(Layout())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._sheet.isVisible():
            self._sheet.toggle(self.right, self._sheet_rect())
        else:
            super().keyPressEvent(event)

    def _set_layout(self, arranged: Layout) -> None:
        if arranged != self._arranged:
            self._arranged = arranged
            self._arrange()
            self.layout_changed.emit()

    def _arrange(self) -> None:
        narrow, height = self.is_narrow, self.height()
        fold_left, fold_right = narrow or self._arranged.fold_left, narrow or self._arranged.fold_right
        self._sheet.give_back(self.right)
        if self.left.is_compact != fold_left:
            self.left.set_compact(fold_left)
        self.right.set_compact(fold_right)
        left = COMPACT_WIDTH if narrow else self._arranged.left
        right = RAIL if fold_right else self._arranged.right
        self.left.setGeometry(0, 0, left, height)
        self._grips[0].setGeometry(left, 0, 1, height)
        self.desk.setGeometry(left + 1, 0, self.width() - left - right - 2, height)
        self._grips[1].setGeometry(self.width() - right - 1, 0, 1, height)
        self.right.setGeometry(self.width() - right, 0, right, height)
        for grip in self._grips:
            grip.place_hit_area()
        self.left.refit()

    def _sheet_rect(self) -> QRect:
        return QRect(self.width() - RAIL - WIDTH, 0, WIDTH, self.height())

    def _drag_left(self, dx: int) -> None:
        if not self.is_narrow:
            self._set_layout(replace(self._arranged, left=_clamped(self._arranged.left + dx)))

    def _drag_right(self, dx: int) -> None:
        if not self.right.is_compact:
            self._set_layout(replace(self._arranged, right=_clamped(self._arranged.right - dx)))

    def _reset_left(self) -> None:
        self._set_layout(replace(self._arranged, left=WIDTH))

    def _reset_right(self) -> None:
        self._set_layout(replace(self._arranged, right=WIDTH))

    def _unfold_right(self) -> None:
        self.toggle_right()

    def _fold_right(self) -> None:
        self.toggle_right()


def _clamped(width: int) -> int:
    return min(max(width, NARROWEST), WIDEST)


def _number(settings: QSettings, key: str, default: int) -> int:
    try:
        return int(str(settings.value(key, default)))
    except ValueError:
        return default
