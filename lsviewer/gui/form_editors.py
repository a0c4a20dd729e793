"""Editors of one value each: number with slider, choice, yes or no, list of widths, text, file. They show and they tell."""

import math
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QHBoxLayout, QLineEdit, QSlider, QToolButton, QWidget

from lsviewer.gui import theme
from lsviewer.gui.form_fields import FormField, choice_words
from lsviewer.gui.segmented import Segmented, width_of

SLIDER_STEPS = 1000
NUMBER_WIDTH = 56
SEGMENTS, SEGMENTS_WIDTH = 3, 140  # px: what the side panel of a small window leaves beside the label


class Editor(QWidget):
    """Base: ``show_value`` never emits; ``edited(value, merge)`` comes from the user alone.

    ``refused(sentence)`` says why what was typed is no value.
    """

    edited = Signal(object, str)
    refused = Signal(str)

    def __init__(self, field: FormField, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(8)
        self.setToolTip(field.help)

    def show_value(self, value: Any) -> None:
        """Show a value without telling anybody."""
        raise NotImplementedError

    def first(self) -> QWidget:
        """The widget a label's mnemonic goes to."""
        return self.focusProxy() or self


class NumberEditor(Editor):
    """A number field, with a slider before it where both bounds are known."""

    def __init__(self, field: FormField, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._gesture = 0
        self._automatic: float | None = None
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(0, SLIDER_STEPS)
        self._slider.setAccessibleName(field.title)
        self._slider.setVisible(field.slides)
        self._slider.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._text = QLineEdit()
        self._text.setObjectName(f"{field.name}-number")
        self._text.setAccessibleName(field.title)
        self._text.setAlignment(Qt.AlignmentFlag.AlignRight if field.slides else Qt.AlignmentFlag.AlignLeft)
        if field.optional:
            self._text.setPlaceholderText("auto")
        if field.slides:
            self._text.setFixedWidth(NUMBER_WIDTH)
            self.row.addWidget(self._slider, 1)
        self.row.addWidget(self._text, 0 if field.slides else 1)
        self.setFocusProxy(self._text)
        self._slider.sliderPressed.connect(self._begin_gesture)
        self._slider.valueChanged.connect(self._slid)
        self._text.editingFinished.connect(self._typed)

    def show_value(self, value: Any) -> None:
        with QSignalBlocker(self._slider):
            self._slider.setValue(self._place(value))
        if not self._text.hasFocus() or not self._text.isModified():
            self._text.setText(self._words(value))
            self._text.setModified(False)

    def show_automatic(self, value: float | None) -> None:
        """Say what an empty field stands for: it is shown pale, and the slider stands there."""
        self._automatic = value
        self._text.setPlaceholderText("auto" if value is None else self._words(value))
        if not self._text.text():
            self.show_value(None)

    def _begin_gesture(self) -> None:
        self._gesture += 1

    def _slid(self, place: int) -> None:
        value = self._value(place / SLIDER_STEPS)
        self._text.setText(self._words(value))
        self.edited.emit(value, f"{self.field.name}#{self._gesture}")

    def _typed(self) -> None:
        if not self._text.isModified():
            return
        self._text.setModified(False)
        text = self._text.text().strip().replace("\u2212", "-").replace(",", ".")
        if not text and self.field.optional:
            self.edited.emit(None, "")
            return
        try:
            value: float = int(text) if self.field.sort == "whole" else float(text)
        except ValueError:
            self.refused.emit(f"{text or 'Nothing'} is not a {'whole ' if self.field.sort == 'whole' else ''}number.")
            return
        if reason := outside(self.field, value):
            self.refused.emit(reason)
        else:
            self.edited.emit(value, "")

    def _words(self, value: Any) -> str:
        if value is None:
            return ""
        return (
            str(value) if self.field.sort == "whole" else f"{value:.2f}" if 0.01 <= abs(value) < 1000 else f"{value:g}"
        )

    def _value(self, t: float) -> float:
        low, high = self.field.low or 0.0, self.field.high or 1.0
        if self.field.logarithmic:
            value = low * (high / low) ** t
            value = float(f"{value:.2g}") if self.field.sort == "real" else value
        else:
            value = low + (high - low) * t
        if self.field.sort == "real":
            return float(f"{value:.4g}")
        first = math.ceil(low)
        steps = round((value - first) / self.field.step)
        return min(max(first + steps * self.field.step, first), math.floor(high))

    def _place(self, value: Any) -> int:
        value = self._automatic if value is None else value
        if value is None or not self.field.slides:
            return 0
        low, high = self.field.low or 0.0, self.field.high or 1.0
        t = (
            math.log(max(value, low) / low) / math.log(high / low)
            if self.field.logarithmic
            else (value - low) / (high - low)
        )
        return round(t * SLIDER_STEPS)


def outside(field: FormField, value: float) -> str:
    """Return "Between 0.01 and 100." when ``value`` is out of bounds, else ""."""
    below = field.low is not None and value < field.low
    above = field.high is not None and value > field.high
    if not (below or above or not math.isfinite(value)):
        return ""
    if field.low is not None and field.high is not None:
        return f"Between {field.low:g} and {field.high:g}."
    return (
        f"At least {field.low:g}."
        if field.low is not None
        else f"At most {field.high:g}."
        if field.high is not None
        else "A finite number."
    )


class ChoiceEditor(Editor):
    """Up to three short choices as segments, others as a combo box."""

    def __init__(self, field: FormField, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        words = [choice_words(choice) for choice in field.choices]
        self._combo: QComboBox | None = None
        self._segments: Segmented | None = None
        if len(words) <= SEGMENTS and width_of(words) <= SEGMENTS_WIDTH and not field.optional:
            self._segments = Segmented([(str(c), w) for c, w in zip(field.choices, words, strict=True)])
            self._segments.setAccessibleName(field.title)
            self._segments.changed.connect(self._segment_chosen)
            self.row.addWidget(self._segments, 1)
            self.setFocusProxy(self._segments)
        else:
            self._combo = QComboBox()
            self._combo.setAccessibleName(field.title)
            self._combo.addItems((["Automatic"] if field.optional else []) + words)
            self._combo.activated.connect(self._item_chosen)
            self.row.addWidget(self._combo, 1)
            self.setFocusProxy(self._combo)

    def show_value(self, value: Any) -> None:
        if self._segments is not None:
            self._segments.set_value(str(value))
        elif self._combo is not None:
            index = 0 if value is None else self.field.choices.index(value) + self.field.optional
            self._combo.setCurrentIndex(index)

    def _segment_chosen(self, value: str) -> None:
        self.edited.emit(next(choice for choice in self.field.choices if str(choice) == value), "")

    def _item_chosen(self, index: int) -> None:
        index -= self.field.optional
        self.edited.emit(None if index < 0 else self.field.choices[index], "")


class YesNoEditor(Editor):
    """A check box."""

    def __init__(self, field: FormField, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._box = QCheckBox()
        self._box.setAccessibleName(field.title)
        self.row.addWidget(self._box, 1)
        self.setFocusProxy(self._box)
        self._box.clicked.connect(self._clicked)

    def show_value(self, value: Any) -> None:
        self._box.setChecked(bool(value))

    def _clicked(self, checked: bool) -> None:
        self.edited.emit(checked, "")


class TextEditor(Editor):
    """A line of text; also a list of whole numbers ("256, 256, 64") and a file with a button to choose it."""

    def __init__(self, field: FormField, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._text = QLineEdit()
        self._text.setObjectName(f"{field.name}-text")
        self._text.setAccessibleName(field.title)
        if field.optional:
            self._text.setPlaceholderText("auto")
        self.row.addWidget(self._text, 1)
        self.setFocusProxy(self._text)
        self._text.editingFinished.connect(self._typed)
        if field.sort == "path":
            button = QToolButton()
            button.setIcon(theme.icon("folder-open"))
            button.setToolTip(f"Choose {field.title.lower()}")
            button.setAccessibleName(f"Choose {field.title.lower()}")
            button.clicked.connect(self._choose)
            self.row.addWidget(button)

    def show_value(self, value: Any) -> None:
        words = (
            ", ".join(str(item) for item in value) if isinstance(value, tuple) else "" if value is None else str(value)
        )
        if not self._text.hasFocus() or not self._text.isModified():
            self._text.setText(words)
            self._text.setModified(False)
            self._text.setCursorPosition(0)

    def _typed(self) -> None:
        if not self._text.isModified():
            return
        self._text.setModified(False)
        text = self._text.text().strip()
        if self.field.sort != "wholes" or (self.field.optional and not text):
            self.edited.emit(text if text or not self.field.optional else None, "")
            return
        try:
            self.edited.emit(tuple(int(part) for part in text.replace(",", " ").replace("-", " ").split()), "")
        except ValueError:
            self.refused.emit("Whole numbers with commas, such as 256, 288, 64.")

    def _choose(self) -> None:
        dialog = QFileDialog(self, f"Choose {self.field.title.lower()}")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._chosen)
        dialog.open()

    def _chosen(self, path: str) -> None:
        if path:
            self._text.setText(path)
            self.edited.emit(path, "")


def editor_for(field: FormField) -> Editor:
    """Return the editor of a field that is not a spec itself."""
    match field.sort:
        case "whole" | "real":
            return NumberEditor(field)
        case "choice":
            return ChoiceEditor(field)
        case "yes_no":
            return YesNoEditor(field)
        case _:
            return TextEditor(field)
