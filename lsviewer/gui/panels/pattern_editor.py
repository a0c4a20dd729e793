"""The pattern editor: the body of the card in which a pattern is drawn, typed, imported or picked.

It shows what it is given (`show_pattern`) and says what the user did: `stroking` while the hand moves, `edited` once per
finished edit. It holds no project; patterns, undo and redo are the session's.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
)
from PySide6.QtWidgets import QFileDialog, QLabel, QVBoxLayout, QWidget

from lsviewer.core.arrays import Array
from lsviewer.core.files import Files
from lsviewer.core.pattern import DEFAULT_GRID, BuiltinPattern, resample
from lsviewer.core.spec import SpecError
from lsviewer.gui import theme
from lsviewer.gui.painting import filters, importers
from lsviewer.gui.painting.canvas import Canvas
from lsviewer.gui.painting.curve_canvas import CurveCanvas
from lsviewer.gui.painting.easel import Easel
from lsviewer.gui.painting.empty_page import EmptyPage
from lsviewer.gui.painting.formula_dialog import FormulaDialog
from lsviewer.gui.painting.gallery import Gallery, thumbnail
from lsviewer.gui.painting.gestures import Ink
from lsviewer.gui.painting.grid_dialog import GridDialog
from lsviewer.gui.painting.ink_popup import InkPopup, size_row, text_row, value_row
from lsviewer.gui.painting.lettering import lettering
from lsviewer.gui.painting.levels_dialog import LevelsDialog
from lsviewer.gui.painting.pattern_actions import PatternActions
from lsviewer.gui.painting.text_entry import TextEntry
from lsviewer.gui.painting.tool_row import ToolRow
from lsviewer.gui.painting.tools import ON_CURVES, Tool
from lsviewer.gui.square import foot_rect, square_rect

MARGIN, FOOT_BOTTOM = 16, 10  # px
FULL_FOOT = 96  # px: from here on the two sliders fit under the tools


class PatternEditor(QWidget):
    """Draws a pattern with one or two axes; float32 in [0, 1], ij order, axis 0 to the right, axis 1 up."""

    edited = Signal(object, str, str)
    """values (read-only float32), text for the Undo menu, merge key: one finished edit."""
    stroking = Signal(object)
    """values while something is under way, at most one every 16 ms; the pattern itself when it was taken back."""
    cursor_moved = Signal(object)
    """alpha coordinates under the pointer (a tuple), or None."""
    message = Signal(str)
    """One sentence about something that could not be done."""
    context_changed = Signal(str)
    name_suggested = Signal(str)
    """Just before `edited`: what a pattern opened or imported would be called."""
    undo_requested = Signal()
    redo_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pattern-editor")
        self.setAccessibleName("Pattern editor")
        self.setAcceptDrops(True)
        self._values: Array | None = None
        self._name = ""
        self._tool = Tool.BRUSH
        self._ink = Ink()
        self._compact = False
        self._formula = ""
        self._gallery: Gallery | None = None

        self.canvas = Canvas(self)
        self.curve = CurveCanvas(self)
        self.empty = EmptyPage(self)
        self._entry = TextEntry(self.canvas)
        self._popup = InkPopup(self)
        self.tools = ToolRow()
        self._size, self._text_size, self._level = size_row(), text_row(), value_row()
        self._foot = QWidget(self)
        column = QVBoxLayout(self._foot)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        for row in (self.tools, self._size, self._text_size, self._level):
            column.addWidget(row)
        self._drop_hint = QLabel("Drop to use as the pattern", self)
        self._drop_hint.setObjectName("drop-hint")
        self._drop_hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._drop_hint.hide()
        self.commands = PatternActions(self)

        for easel in (self.canvas, self.curve):
            easel.edited.connect(self._drawn)
            easel.stroking.connect(self.stroking)
            easel.cursor_moved.connect(self.cursor_moved)
            easel.ink_changed.connect(self.set_ink)
            easel.tool_changed.connect(self.set_tool)
        self.canvas.picked.connect(self._pick)
        self.canvas.text_wanted.connect(self._entry.open_at)
        self._entry.textChanged.connect(self._letter)
        self._entry.taken.connect(self._take_text)
        self._entry.dropped.connect(self._drop_text)
        self.tools.tool_chosen.connect(self.set_tool)
        self.tools.import_wanted.connect(self.import_file)
        self.tools.formula_wanted.connect(self.open_formula)
        self.tools.settings_wanted.connect(self.open_settings)
        self.tools.undo_requested.connect(self.undo_requested)
        self.tools.redo_requested.connect(self.redo_requested)
        self._popup.changed.connect(self.set_ink)
        self._size.moved.connect(self._set_size)
        self._text_size.moved.connect(self._set_text_size)
        self._level.moved.connect(self._pick)
        self.empty.gallery_wanted.connect(self.open_gallery)
        self.empty.blank_wanted.connect(self.start_blank)
        self.empty.formula_wanted.connect(self.open_formula)
        self.set_ink(self._ink)
        self._show_values(None)

    # ---- what the window says

    @property
    def title_text(self) -> str:
        """The title of the card."""
        return "Pattern"

    @property
    def context_text(self) -> str:
        """Name and size of the pattern: ``cat, 128 × 128``; empty without one."""
        if self._values is None:
            return ""
        size = " × ".join(str(n) for n in self._values.shape)
        points = f"{size} points" if self._values.ndim == 1 else size
        return f"{self._name}, {points}" if self._name else points

    @property
    def values(self) -> Array | None:
        """The pattern shown, without what is under way; read-only float32."""
        return self._values

    @property
    def ink(self) -> Ink:
        """How the next gesture draws."""
        return self._ink

    @property
    def tool(self) -> Tool:
        """The chosen tool."""
        return self._tool

    def header_actions(self) -> list[QAction]:
        """Return what the card shows as icons in its header."""
        return [self.commands.gallery]

    def menu_actions(self) -> list[QAction]:
        """Return what the card shows in its ``...`` menu, separators included."""
        return self.commands.menu()

    def show_pattern(self, values: Array | None, name: str) -> None:
        """Show a pattern (None: there is none); emits no edit. The very array that is shown already only takes the name."""
        if values is not None and values is not self._values:
            values = importers.as_pattern(values) if values.dtype != np.float32 or values.flags.writeable else values
        before, self._name = self.context_text, name
        if values is not self._values:
            self._show_values(values)
        if self.context_text != before:
            self.context_changed.emit(self.context_text)

    def set_cursor(self, alpha: tuple[float, ...] | None) -> None:
        """Show the cursor that the other views have, or take it away."""
        self.canvas.set_cursor(alpha)
        self.curve.set_cursor(alpha)

    def set_history(self, can_undo: bool, can_redo: bool) -> None:
        """Enable the buttons for undo and redo."""
        self.tools.set_history(can_undo, can_redo)

    def set_compact(self, compact: bool) -> None:
        """Let the sliders give way to the ``...`` menu; a low card does so by itself."""
        self._compact = compact
        self._arrange()

    def set_tool(self, tool: Tool) -> None:
        """Choose a tool; one that makes no sense for this pattern is refused with a sentence."""
        if self._values is not None and self._values.ndim == 1 and tool not in ON_CURVES:
            self.message.emit(
                f"A curve is drawn with brush or line; the tool {tool.value} needs a pattern with two axes."
            )
            tool = self._tool
        self._entry.close_quietly()
        self._tool = tool
        self.canvas.set_tool(tool)
        self.curve.set_tool(tool if tool in ON_CURVES else Tool.BRUSH)
        self.tools.show_tool(self.curve.tool if self._on_curve else tool)
        self._arrange()

    def set_ink(self, ink: Ink) -> None:
        """Choose how the next gesture draws."""
        self._ink = ink
        self.canvas.set_ink(ink)
        self.curve.set_ink(ink)
        self._popup.show_ink(ink)
        self._size.show_value(ink.size)
        self._text_size.show_value(ink.text_size)
        self._level.show_value(ink.value)
        if not self._entry.isHidden():
            self._letter(self._entry.text())

    # ---- ways to a pattern

    def start_blank(self) -> None:
        """Begin with an empty plane."""
        self._commit(np.zeros((DEFAULT_GRID, DEFAULT_GRID), np.float32), "New drawing", "drawing")

    def open_gallery(self) -> None:
        """Offer the built-in patterns."""
        if self._gallery is None:
            self._gallery = Gallery(self)
            self._gallery.chosen.connect(self._open_builtin)
        self._gallery.open()

    def import_file(self) -> None:
        """Ask for an image or an array."""
        dialog = QFileDialog(self, "Import a pattern")
        dialog.setObjectName("import-dialog")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        both = f"{importers.IMAGE_FILTER[:-1]} *.npy)".replace("Images", "Images and arrays")
        dialog.setNameFilters([both, importers.IMAGE_FILTER, importers.ARRAY_FILTER])
        dialog.fileSelected.connect(self.import_path)
        dialog.open()

    def import_path(self, path: str | Path) -> None:
        """Take a file as the pattern; a file that cannot be read gives a message and changes nothing."""
        path = Path(path)
        self._take(lambda: (importers.from_file(path, self._grid), path.name))

    def paste(self) -> None:
        """Take the picture or file in the clipboard as the pattern."""
        data = QGuiApplication.clipboard().mimeData()
        self._take(lambda: importers.from_mime(data, self._grid), "Paste")

    def copy(self) -> None:
        """Put the pattern into the clipboard as a picture, one pixel a grid point."""
        if self._values is not None and self._values.ndim == 2:
            QGuiApplication.clipboard().setPixmap(thumbnail(self._values, len(self._values)))

    def open_formula(self) -> None:
        """Ask for a formula, with the canvas following."""
        axes = self._values.ndim if self._values is not None else 2
        grid = self._grid or DEFAULT_GRID
        dialog = FormulaDialog(grid if axes < 3 else len(self._values), axes, self._formula, self)  # type: ignore[arg-type]
        self._run_preview(dialog, lambda: self._use_formula(dialog))

    def open_levels(self) -> None:
        """Ask for black, white and gamma, with the canvas following."""
        if self._values is not None:
            dialog = LevelsDialog(self._values, self)
            self._run_preview(dialog, lambda: self._commit(dialog.values, "Levels"))

    def open_grid(self) -> None:
        """Ask for another number of grid points."""
        if self._values is not None:
            dialog = GridDialog(len(self._values), self._values.ndim, self)
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.chosen.connect(self.resize_grid)
            dialog.open()

    def resize_grid(self, grid: int) -> None:
        """Resample the pattern to ``grid`` points an axis."""
        if self._values is not None:
            self._commit(resample(self._values.astype(np.float64), grid), f"Resize to {grid} points")

    def open_settings(self) -> None:
        """Open the settings of the ink."""
        self._popup.pop_up(self.tools.anchor)

    def apply_filter(self, text: str, change: Callable[[Array], Array]) -> None:
        """Change the whole pattern at once."""
        if self._values is not None:
            self._commit(change(self._values), text)

    def fill_all(self) -> None:
        """Fill the pattern with the value of the ink."""
        self.apply_filter("Fill all", lambda values: filters.fill(values, self._ink.value))

    # ---- edits

    def _drawn(self, values: Array, text: str, merge: str) -> None:
        self._values = values
        self.edited.emit(values, text, merge)

    def _commit(self, values: Array, text: str, name: str = "") -> None:
        values = importers.as_pattern(values)
        if self._values is not None and np.array_equal(values, self._values):
            self._show_values(self._values)
            return
        before = self.context_text
        self._show_values(values)
        if name:
            self.name_suggested.emit(name)
        self.edited.emit(values, text, "")
        if self.context_text != before:
            self.context_changed.emit(self.context_text)

    def _take(self, read: Callable[[], tuple[Array, str]], verb: str = "Import") -> None:
        try:
            values, name = read()
        except SpecError as error:
            self.message.emit(str(error)[:1].upper() + str(error)[1:] + ".")
        else:
            self._commit(values, f"{verb} {name}", Path(name).stem)

    def _open_builtin(self, name: str, title: str) -> None:
        builtin = BuiltinPattern(name=name)
        self._commit(builtin.values(Files(), self._grid), f"Open {title}", name)

    def _use_formula(self, dialog: FormulaDialog) -> None:
        self._formula = dialog.expression
        if dialog.values is not None:
            self._commit(dialog.values, "Formula")

    def _run_preview(self, dialog: FormulaDialog | LevelsDialog, take: Callable[[], None]) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.previewed.connect(self._preview)
        dialog.accepted.connect(take)
        dialog.rejected.connect(self._end_preview)
        dialog.open()

    def _preview(self, values: Array | None) -> None:
        if self._values is not None and (values is None or values.ndim == self._values.ndim):
            self._easel.preview(values)
            self.stroking.emit(self._values if values is None else values)

    def _end_preview(self) -> None:
        if self._values is not None:
            self._easel.preview(None)
            self.stroking.emit(self._values)

    # ---- text tool, sliders

    def _letter(self, text: str) -> None:
        size = self._ink.text_size
        self.canvas.write(lettering(text, size, theme.font(13, 600)))

    def _take_text(self) -> None:
        self.canvas.finish_text()
        self._entry.close_quietly()
        self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def _drop_text(self) -> None:
        self.canvas.cancel()
        self._entry.close_quietly()
        self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def _pick(self, value: float) -> None:
        self.set_ink(replace(self._ink, value=value))

    def _set_size(self, size: float) -> None:
        self.set_ink(replace(self._ink, size=size))

    def _set_text_size(self, size: float) -> None:
        self.set_ink(replace(self._ink, text_size=size))

    # ---- showing

    @property
    def _on_curve(self) -> bool:
        return self._values is not None and self._values.ndim == 1

    @property
    def _easel(self) -> Easel:
        return self.curve if self._on_curve else self.canvas

    @property
    def _grid(self) -> int | None:
        """Points an axis that a new picture takes: as many as now."""
        return len(self._values) if self._values is not None and self._values.ndim < 3 else None

    def _show_values(self, values: Array | None) -> None:
        self._entry.close_quietly()
        self._values = values
        axes = 2 if values is None else values.ndim
        shown = self.empty if values is None or axes == 3 else self._easel
        if isinstance(shown, Easel) and values is not None:
            shown.show_values(values)
        else:
            self.empty.show_reason(values)
        for page in (self.canvas, self.curve, self.empty):
            page.setVisible(page is shown)
        self.setFocusProxy(shown)
        self.tools.set_axes(axes)
        self.tools.show_tool(self.curve.tool if axes == 1 else self._tool)
        self.commands.set_axes(None if values is None else axes)
        self._arrange()

    def _arrange(self) -> None:
        """Give the square the place it has in the section's card, the tools what is left."""
        square = square_rect(self.width(), self.height())
        foot = foot_rect(self.width(), self.height())
        compact = self._compact or foot.height() < FULL_FOOT
        self.tools.set_compact(compact)
        drawable = self._values is not None and self._values.ndim < 3
        lettered = self._tool is Tool.TEXT and not self._on_curve
        self._size.setVisible(drawable and not compact and not lettered)
        self._text_size.setVisible(drawable and not compact and lettered)
        self._level.setVisible(drawable and not compact and not self._on_curve)
        height = self._foot.sizeHint().height()
        top = self.height() - FOOT_BOTTOM - height
        self._foot.setGeometry(MARGIN, top, self.width() - 2 * MARGIN, height)
        for page in (self.canvas, self.curve, self.empty):
            page.setGeometry(0, 0, self.width(), max(1, top - 4))
        self.canvas.place(square)
        self.curve.place(square)
        self._drop_hint.setGeometry(square)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()

    def sizeHint(self) -> QSize:
        return QSize(416, 500)

    def minimumSizeHint(self) -> QSize:
        return QSize(275, 240)

    # ---- drop and paste

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if importers.accepts(event.mimeData()):
            event.acceptProposedAction()
            self._drop_hint.show()
            self._drop_hint.raise_()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._drop_hint.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self._drop_hint.hide()
        event.acceptProposedAction()
        data = event.mimeData()
        self._take(lambda: importers.from_mime(data, self._grid))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Paste):
            self.paste()
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)
