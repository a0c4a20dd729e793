"""Names and values side by side: values right-aligned with digits of one width, every digit in the tooltip."""

import math
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from lsviewer.core.claims import Number
from lsviewer.gui import theme
from lsviewer.gui.labels import ElidedLabel
from lsviewer.gui.numbers import MINUS, format_number, full_number

LONGEST = 24  # characters of a value that is text


def precise(value: Number, digits: int = 5) -> str:
    """Return a value with ``digits`` digits, more where these would round it to a whole number that it is not, or as
    its distance from that number: ``0.999 999 98``, ``1 − 4.6 × 10⁻¹³``.
    """
    if isinstance(value, float) and math.isfinite(value) and 0 < abs(value - round(value)) < 1e-8 <= abs(round(value)):
        away = value - round(value)
        return f"{format_number(round(value))} {'+' if away > 0 else MINUS} {format_number(abs(away), 2)}"
    while (
        digits < 15
        and isinstance(value, float)
        and math.isfinite(value)
        and value != round(value)
        and float(f"{value:.{digits - 1}e}") == round(value)
    ):
        digits += 1
    return format_number(value, digits)


def spelled(value: Number | str | None) -> str:
    """Return a value with every digit, for tooltips and the clipboard."""
    return "not measured" if value is None else value if isinstance(value, str) else full_number(value)


def shortened(text: str) -> str:
    """Return long text without its middle, so that a hash leaves its name room: ``5aa8776bc8…73664db8``."""
    return text if len(text) <= LONGEST else f"{text[:10]}…{text[-8:]}"


def number_grid(owner: QWidget, pairs: Sequence[tuple[str, str | Number]]) -> QGridLayout:
    """Lay names and values side by side, values right-aligned with digits of one width."""
    grid = QGridLayout(owner)
    grid.setContentsMargins(0, 4, 0, 0)
    grid.setHorizontalSpacing(8)
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(0, 1)
    for row, (name, value) in enumerate(pairs):
        words = ElidedLabel(name, "secondary")
        number = QLabel(shortened(value) if isinstance(value, str) else precise(value))
        number.setFont(theme.font(12, 500, tabular=True))
        number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        number.setToolTip(spelled(value))
        grid.addWidget(words, row, 0)
        grid.addWidget(number, row, 1)
    return grid
