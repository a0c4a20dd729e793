"""What stands under the canvas: the row of tools, the settings of the ink where there is room, and popups with all of them."""

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from lsviewer.gui.painting.colour_picker import ColourRow
from lsviewer.gui.painting.colours import Colour
from lsviewer.gui.painting.gestures import Ink
from lsviewer.gui.painting.ink_popup import InkPopup, size_row, text_row, value_row
from lsviewer.gui.painting.tool_row import ToolRow
from lsviewer.gui.painting.tools import Tool

ROW, GAP = 28, 1  # px
FULL_HEIGHT = 96  # px: from here on the two sliders fit under the tools


class Foot(QWidget):
    """Shows tool and ink; emits ``ink_changed(ink)`` for what the user sets."""

    ink_changed = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.tools = ToolRow()
        self._ink = Ink()
        self._size, self._text_size, self._level = size_row(), text_row(), value_row()
        self._colour = ColourRow()
        self._coloured = False
        self._popup = InkPopup(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        for row in (self.tools, self._size, self._text_size, self._level, self._colour):
            column.addWidget(row)
        column.addStretch(1)
        self.tools.settings_wanted.connect(self.open_settings)
        self._popup.changed.connect(self.ink_changed)
        self._size.moved.connect(self._set_size)
        self._text_size.moved.connect(self._set_text_size)
        self._level.moved.connect(self._set_level)
        self._colour.chosen.connect(self._set_colour)
        self.tools.well.clicked.connect(lambda: self._colour.popup.pop_up(self.tools.well))

    def set_colour_mode(self, on: bool) -> None:
        """Offer colours in the place of levels."""
        self._coloured = on
        self._popup.set_colour_mode(on)
        self.tools.set_colour_mode(on)

    def show_ink(self, ink: Ink) -> None:
        """Show an ink without telling."""
        self._ink = ink
        self._popup.show_ink(ink)
        self._size.show_value(ink.size)
        self._text_size.show_value(ink.text_size)
        self._level.show_value(ink.value)
        self._colour.show_colour(ink.colour)
        self.tools.well.show_colour(ink.colour)

    def arrange(self, compact: bool, axes: int, tool: Tool) -> int:
        """Show what fits and makes sense for this tool; return the height, the same for all tools."""
        self.tools.set_compact(compact)
        shown = not compact
        lettered = tool is Tool.TEXT and axes == 2
        self._size.setVisible(shown and not lettered)
        self._text_size.setVisible(shown and lettered)
        self._level.setVisible(
            shown and axes == 2 and not self._coloured
        )  # on a curve the height of the hand is the value
        self._colour.setVisible(shown and self._coloured)
        return ROW if compact else 3 * ROW + 2 * GAP

    def open_settings(self) -> None:
        """Open the popup with all settings of the ink."""
        self._popup.pop_up(self.tools.anchor)

    def _set_size(self, size: float) -> None:
        self.ink_changed.emit(replace(self._ink, size=size))

    def _set_text_size(self, size: float) -> None:
        self.ink_changed.emit(replace(self._ink, text_size=size))

    def _set_colour(self, colour: Colour) -> None:
        self.ink_changed.emit(replace(self._ink, colour=colour))

    def _set_level(self, value: float) -> None:
        self.ink_changed.emit(replace(self._ink, value=value))
