"""Typing a pattern as a formula in a, b, c, or a picture as one for each channel, with the canvas following each letter."""

import numpy as np
from pydantic import ValidationError
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QLabel, QLineEdit, QVBoxLayout, QWidget

from lsviewer.core import formula
from lsviewer.core.arrays import Array
from lsviewer.core.files import Files
from lsviewer.core.pattern import FormulaPattern
from lsviewer.core.spec import SpecError, sentence
from lsviewer.gui import theme
from lsviewer.gui.painting.importers import as_pattern

WIDTH = 440  # px
WAIT_MS = 120  # after the last letter
MAX_CUBE_GRID = 32


def formula_values(expression: str, fit: bool, grid: int, axes: int) -> Array:
    """Return the pattern of a formula on ``grid`` points with at least ``axes`` axes; raises `SpecError` with one sentence."""
    used = formula.variables(formula.parse(expression))
    dimensions = max(used, axes)
    try:
        source = FormulaPattern(
            expression=expression,
            range="fit" if fit else "keep",
            dimensions=dimensions,
        )
    except ValidationError as error:
        raise SpecError(sentence(error)) from None
    return as_pattern(source.values(Files(), min(grid, MAX_CUBE_GRID) if dimensions == 3 else grid))


def formula_colours(expressions: tuple[str, ...], fit: bool, grid: int) -> Array:
    """Return the picture (grid, grid, 3) of a formula for red, green and blue; one that is empty is as the one before."""
    channels: list[Array] = []
    for expression in expressions:
        channels.append(formula_values(expression, fit, grid, 2) if expression or not channels else channels[-1])
    if any(channel.ndim != 2 for channel in channels):
        raise SpecError("the formula uses c: a picture has two axes, a and b")
    return as_pattern(np.stack(channels, axis=-1))


class FormulaDialog(QDialog):
    """Emits ``previewed(values or None)`` while one types; ``values`` is the pattern once accepted."""

    previewed = Signal(object)

    def __init__(
        self, grid: int, axes: int, expressions: tuple[str, ...] = (), parent: QWidget | None = None, *, coloured: bool = False
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.setObjectName("formula-dialog")
        self.setWindowTitle("Pattern from a formula")
        self.setMinimumWidth(WIDTH)
        self._grid, self._axes, self._coloured = grid, axes, coloured
        self.values: Array | None = None
        words = ("T(a) =", "T(a, b) =", "T(a, b, c) =")[axes - 1 : axes]
        self._fields: list[QLineEdit] = []
        rows: list[QWidget] = []
        for k, word in enumerate(("Red =", "Green =", "Blue =") if coloured else words):
            default = "" if k else "0.5 + 0.5*sin(6*a)*cos(6*b)"
            field = QLineEdit(expressions[k] if k < len(expressions) else default)
            field.setObjectName(f"formula-field-{k + 1}" if k else "formula-field")
            field.setAccessibleName(f"Formula, {word.removesuffix(' =').lower()}" if coloured else "Formula")
            field.setPlaceholderText("as the one above" if k else "")
            label = QLabel(word)
            label.setProperty("role", "label")
            label.setBuddy(field)
            self._fields.append(field)
            rows += [label, field]
        self._fit = QCheckBox("Scale values into 0 to 1")
        self._fit.setObjectName("formula-fit")
        self._fit.setToolTip("Otherwise values outside 0 to 1 are refused.")
        self._problem = QLabel("")
        self._problem.setObjectName("formula-problem")
        self._problem.setProperty("role", "problem")
        self._problem.setWordWrap(True)
        self._problem.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._problem.setMinimumHeight(2 * self._problem.sizeHint().height())  # a sentence that comes moves nothing
        letters = "a and b" if coloured else "a, b, c"
        hint = QLabel(f"{letters} run from 0 to 1. Known: {', '.join([*formula.CONSTANTS, *formula.FUNCTIONS])}.")
        hint.setProperty("role", "hint")
        hint.setWordWrap(True)
        hint.setMinimumHeight(hint.heightForWidth(WIDTH - 48))  # a layout gives a wrapped label one line too few
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._use = self._buttons.addButton("Use formula", QDialogButtonBox.ButtonRole.AcceptRole)
        self._use.setObjectName("formula-use")
        self._use.setProperty("primary", True)
        self._use.setDefault(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        for widget in (*rows, self._problem, self._fit, hint, self._buttons):
            column.addWidget(widget)
        self._timer = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._timer.timeout.connect(self._evaluate)
        for field in self._fields:
            field.textChanged.connect(self._typed)
        self._fit.toggled.connect(self._evaluate)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._fields[0].selectAll()

    @property
    def expressions(self) -> tuple[str, ...]:
        """The formulas as typed."""
        return tuple(field.text().strip() for field in self._fields)

    def showEvent(self, event: object) -> None:
        self._evaluate()

    def accept(self) -> None:
        """Close with the formula's values; a formula that has none keeps the dialog open."""
        self._evaluate()
        if self.values is not None:
            super().accept()

    def done(self, result: int) -> None:
        self._timer.stop()
        super().done(result)

    def _typed(self) -> None:
        self._timer.start()

    def _evaluate(self) -> None:
        self._timer.stop()
        try:
            fit = self._fit.isChecked()
            if self._coloured:
                self.values = formula_colours(self.expressions, fit, self._grid)
            else:
                self.values = formula_values(self.expressions[0], fit, self._grid, self._axes)
            problem = ""
        except SpecError as error:
            self.values, problem = None, _in_words(error)
        self._problem.setText(problem)
        for field in self._fields:
            theme.set_property(field, "problem", bool(problem))
        self._use.setEnabled(not problem)
        if self.isVisible():
            self.previewed.emit(self.values)


def _in_words(error: SpecError) -> str:
    """Return the sentence for somebody who sees one field and need not know its name in a recipe."""
    text = (
        str(error)
        .replace("field 'pattern.expression':", "The formula is")
        .replace("field 'pattern.expression'", "The formula")
    )
    text = text.removeprefix("formula: ").removeprefix("formula ") if text.startswith("formula") else text
    text = text.split("; known are")[0]  # they stand under the field
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
