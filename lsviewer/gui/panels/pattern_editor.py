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
from PySide6.QtWidgets import QWidget

from lsviewer.core.array_files import Fixed
from lsviewer.core.arrays import Array
from lsviewer.gui import theme
from lsviewer.gui.painting import filters, importers
from lsviewer.gui.painting.canvas import Canvas
from lsviewer.gui.painting.colours import Colour
from lsviewer.gui.painting.curve_canvas import CurveCanvas
from lsviewer.gui.painting.drop_hint import DropHint
from lsviewer.gui.painting.easel import Easel
from lsviewer.gui.painting.empty_page import EmptyPage
from lsviewer.gui.painting.foot import FULL_HEIGHT, Foot
from lsviewer.gui.painting.gestures import Ink
from lsviewer.gui.painting.lettering import lettering
from lsviewer.gui.painting.pattern_actions import PatternActions
from lsviewer.gui.painting.sources import Sources
from lsviewer.gui.painting.text_entry import TextEntry
from lsviewer.gui.painting.tools import ON_CURVES, Tool
from lsviewer.gui.painting.volume_page import VolumePage
from lsviewer.gui.square import foot_rect, square_rect

MARGIN, FOOT_BOTTOM = 16, 10  # px


class PatternEditor(QWidget):
    """Draws a pattern with one or two axes, or a picture in colour (n, n, 3); float32 in [0, 1], ij order, axis 0 to the right,
    axis 1 up.
    """

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
    source_taken = Signal(object, str)
    """A pattern that stays where it is, a `PatternSource`, and a text for the Undo menu: what is cut from a larger array."""
    slices_chosen = Signal(object)
    """Where the array of such a pattern is cut now: for every axis an index, or None."""
    undo_requested = Signal()
    redo_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pattern-editor")
        self.setAccessibleName("Pattern editor")
        self.setAcceptDrops(True)
        self._values: Array | None = None
        self._name = ""
        self._coloured = False
        self._tool = self._tool_before = Tool.BRUSH
        self._ink = Ink()
        self._compact = False
        self.sources = Sources(self)

        self.canvas = Canvas(self)
        self.curve = CurveCanvas(self)
        self.empty = EmptyPage(self)
        self.volume = VolumePage(self)
        self._entry = TextEntry(self.canvas)
        self._foot = Foot(self)
        self._drop_hint = DropHint(self)
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
        tools = self._foot.tools
        tools.tool_chosen.connect(self.set_tool)
        tools.import_wanted.connect(self.sources.import_file)
        tools.formula_wanted.connect(self.sources.open_formula)
        tools.undo_requested.connect(self.undo_requested)
        tools.redo_requested.connect(self.redo_requested)
        self._foot.ink_changed.connect(self.set_ink)
        self.empty.gallery_wanted.connect(self.sources.open_gallery)
        self.empty.blank_wanted.connect(self.sources.start_blank)
        self.volume.gallery_wanted.connect(self.sources.open_gallery)
        self.volume.formula_wanted.connect(self.sources.open_formula)
        self.volume.import_wanted.connect(self.sources.import_file)
        self.volume.slices_chosen.connect(self.slices_chosen)
        self.sources.taken.connect(self._commit)
        self.sources.source_taken.connect(self.source_taken)
        self.sources.previewed.connect(self._preview)
        self.sources.failed.connect(self.message)
        self.set_ink(self._ink)
        self._show_values(None)

    # ---- what the window says

    @property
    def title_text(self) -> str:
        """The title of the card."""
        return "Painting" if self._coloured else "Pattern"

    @property
    def context_text(self) -> str:
        """Name and size of the pattern: ``cat, 128 × 128``; empty without one."""
        if self._values is None:
            return ""
        size = " × ".join(str(n) for n in self._values.shape[: self._axes])
        points = f"{size} points" if self._axes == 1 else size
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
        return list(self.commands.menu)

    def show_pattern(self, values: Array | None, name: str, *, coloured: bool = False) -> None:
        """Show a pattern (None: there is none); emits no edit. The very array that is shown already only takes the name.

        ``coloured`` says that a picture in colour is wanted: what is opened, imported or typed becomes one.
        """
        if values is not None and values is not self._values:
            values = importers.as_pattern(values) if values.dtype != np.float32 or values.flags.writeable else values
        before, self._name = self.context_text, name
        if values is not self._values or coloured != self._coloured:
            self._set_coloured(coloured)
            self._show_values(values)
        if self.context_text != before:
            self.context_changed.emit(self.context_text)

    def show_array(self, shape: tuple[int, ...], fixed: Fixed) -> None:
        """Show how the array the pattern comes from is cut; an empty shape: it is no part of a larger one."""
        self.volume.show_array(shape, fixed)

    def set_cursor(self, alpha: tuple[float, ...] | None) -> None:
        """Show the cursor that the other views have, or take it away."""
        self.canvas.set_cursor(alpha)
        self.curve.set_cursor(alpha)

    def set_history(self, can_undo: bool, can_redo: bool) -> None:
        """Enable the buttons for undo and redo."""
        self._foot.tools.set_history(can_undo, can_redo)

    def set_compact(self, compact: bool) -> None:
        """Let the sliders give way to the ``...`` menu; a low card does so by itself."""
        self._compact = compact
        self._arrange()

    def set_tool(self, tool: Tool) -> None:
        """Choose a tool; one that makes no sense for this pattern is refused with a sentence."""
        if self._on_curve and tool not in ON_CURVES:
            self.message.emit(
                f"A curve is drawn with brush or line; the tool {tool.value} needs a pattern with two axes."
            )
            tool = self._tool
        self._entry.close_quietly()
        if self._tool is not Tool.PICK:
            self._tool_before = self._tool
        self._tool = tool
        self.canvas.set_tool(tool)
        self.curve.set_tool(tool if tool in ON_CURVES else Tool.BRUSH)
        self._foot.tools.show_tool(self.curve.tool if self._on_curve else tool)
        self._arrange()

    def set_ink(self, ink: Ink) -> None:
        """Choose how the next gesture draws."""
        self._ink = ink
        self.canvas.set_ink(ink)
        self.curve.set_ink(ink)
        self._foot.show_ink(ink)
        if not self._entry.isHidden():
            self._letter(self._entry.text())

    # ---- edits

    def import_path(self, path: str | Path) -> None:
        """Take a file as the pattern; a file that cannot be read gives a message and changes nothing."""
        self.sources.import_path(path)

    def paste(self) -> None:
        """Take the picture or file in the clipboard as the pattern."""
        self.sources.import_data(QGuiApplication.clipboard().mimeData(), "Paste")

    def copy(self) -> None:
        """Put the pattern into the clipboard as a picture, one pixel a grid point."""
        if self._values is not None and self._axes == 2:
            QGuiApplication.clipboard().setImage(importers.to_image(self._values))

    def open_settings(self) -> None:
        """Open the settings of the ink."""
        self._foot.open_settings()

    def apply_filter(self, text: str, change: Callable[[Array], Array]) -> None:
        """Change the whole pattern at once."""
        if self._values is not None:
            self._commit(change(self._values), text)

    def fill_all(self) -> None:
        """Fill the pattern with the value, or the colour, of the ink."""
        level = self._ink.colour if self._coloured else self._ink.value
        self.apply_filter("Fill all", lambda values: filters.fill(values, level))

    def _drawn(self, values: Array, text: str, merge: str) -> None:
        self._values = values
        self.sources.show_pattern(values, self._coloured)
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

    def _preview(self, values: Array | None) -> None:
        """Show what a dialog would make of the pattern; None: the pattern as it is."""
        if self._values is not None and (values is None or values.ndim == self._values.ndim):
            self._easel.preview(values)
            self.stroking.emit(self._values if values is None else values)

    # ---- text tool, picked value

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

    def _pick(self, found: float | Colour) -> None:
        self.set_ink(replace(self._ink, colour=found) if isinstance(found, tuple) else replace(self._ink, value=found))
        if self._tool is Tool.PICK:
            self.set_tool(self._tool_before)

    # ---- showing

    def _set_coloured(self, coloured: bool) -> None:
        self._coloured = coloured
        self._foot.set_colour_mode(coloured)

    @property
    def _axes(self) -> int:
        return 2 if self._values is None or self._coloured else self._values.ndim

    @property
    def _on_curve(self) -> bool:
        return self._axes == 1

    @property
    def _easel(self) -> Easel:
        return self.curve if self._on_curve else self.canvas

    def _show_values(self, values: Array | None) -> None:
        self._entry.close_quietly()
        self._values = values
        self.sources.show_pattern(values, self._coloured)
        axes = self._axes
        shown = self.empty if values is None else self.volume if axes == 3 else self._easel
        if isinstance(shown, Easel | VolumePage) and values is not None:
            shown.show_values(values)
        for page in (self.canvas, self.curve, self.empty, self.volume):
            page.setVisible(page is shown)
        self.setFocusProxy(shown)
        self._foot.tools.set_axes(axes)
        self._foot.tools.show_tool(self.curve.tool if axes == 1 else self._tool)
        self.commands.set_axes(None if values is None else axes)
        self._arrange()

    def _arrange(self) -> None:
        """Give the square the place it has in the section's card, the tools what is left."""
        square = square_rect(self.width(), self.height())
        foot = foot_rect(self.width(), self.height())
        compact = self._compact or foot.height() < FULL_HEIGHT
        drawable = self._values is not None and self._axes < 3
        height = self._foot.arrange(compact, 1 if self._on_curve else 2, self._tool) if drawable else 0
        top = self.height() - FOOT_BOTTOM - height
        self._foot.setVisible(drawable)
        self._foot.setGeometry(MARGIN, top, self.width() - 2 * MARGIN, height)
        for page in (self.canvas, self.curve, self.empty, self.volume):
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
        self.sources.import_data(event.mimeData(), "Import")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Paste):
            self.paste()
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)
