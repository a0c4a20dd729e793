"""What stands under a map or a curve in a square: a profile where there is room for it, else one line of words."""

import numpy as np
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from lsviewer.core.artifacts import Section
from lsviewer.gui import theme
from lsviewer.gui.numbers import format_count, format_number
from lsviewer.gui.views import readout
from lsviewer.gui.views.base import Cursor
from lsviewer.gui.views.map_drawing import Window
from lsviewer.gui.views.plot import text
from lsviewer.gui.views.profile import HEAD, paint_head, paint_profile

PROFILE_FROM = 100  # px of foot
INDENT = 16  # the line of words is as wide as the tools under a pattern
LINE_FROM_BELOW = 24  # px: the middle of the tools under a pattern in a low card


def progress_words(section: Section) -> tuple[str, str]:
    """Return ("coarse to fine", "25 of 1 089 points"), ("not finite", "130 of 1 089 points"), or two empty strings."""
    n = readout.counts(section)
    if n.known < n.points:
        return "coarse to fine", f"{format_count(n.known)} of {format_count(n.points)} points"
    if n.holes:
        return "not finite", f"{format_count(n.holes)} of {format_count(n.points)} points"
    return "", ""


def error_words(section: Section) -> tuple[str, str]:
    """Return ("max |L − T − a|", "4.1 × 10⁻³"), or two empty strings without a pattern."""
    error = section.error
    if error is None or not (finite := np.abs(error[np.isfinite(error)])).size:
        return "", ""
    return f"max |{section.symbol} − T − a|", format_number(float(finite.max()), 2)


def paint_foot_line(painter: QPainter, width: int, height: int, foot: QRect, words: tuple[str, str]) -> None:
    """Draw words at the left and their number at the right, level with the tools of the card beside; nothing in no room."""
    if foot.height() < HEAD or not any(words):
        return
    middle = max(foot.top() + HEAD / 2, height - LINE_FROM_BELOW)
    painter.setFont(theme.font(12))
    painter.setPen(QColor(theme.tokens().ink2))
    text(painter, INDENT, middle, words[0], Qt.AlignmentFlag.AlignLeft)
    painter.setFont(theme.font(12, 500))
    painter.setPen(QColor(theme.tokens().ink))
    text(painter, width - INDENT, middle, words[1], Qt.AlignmentFlag.AlignRight)


def paint_foot_profile(
    painter: QPainter, section: Section, square: QRect, foot: QRect, window: Window, cursor: Cursor | None, along: int
) -> None:
    """Draw the profile through the cursor (through the middle of the window without one) under ``square``."""
    x0, x1, y0, y1 = window
    cut = readout.profile(section, cursor or ((x0 + x1) / 2, (y0 + y1) / 2), along)
    line = QRectF(square.left(), foot.top() + 2, square.width(), HEAD)
    paint_head(painter, line, cut, section.symbol, " ".join(progress_words(section)).strip())
    top = line.bottom() + 6
    area = QRectF(square.left() - 1, top, square.width() + 1, foot.bottom() + 1 - top - 26)
    paint_profile(painter, area, cut, section.symbol, (x0, x1) if along == 0 else (y0, y1))


def paint_foot_error(
    painter: QPainter, section: Section, square: QRect, foot: QRect, limits: tuple[float, float], here: float
) -> None:
    """Draw the error of a section with one axis under ``square``, its largest value on the first line."""
    if section.error is None:
        return
    cut = readout.Profile("L − T − a", section.axes[0], section.error, None, here)
    line = QRectF(square.left(), foot.top() + 2, square.width(), HEAD)
    paint_head(painter, line, cut, "error", f"max {error_words(section)[1]}")
    top = line.bottom() + 6
    area = QRectF(square.left() - 1, top, square.width() + 1, foot.bottom() + 1 - top - 26)
    paint_profile(painter, area, cut, "", limits)
