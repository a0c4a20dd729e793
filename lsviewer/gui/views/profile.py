"""The profile under a map: the loss along one axis at the cursor, a thin line over the wide pale band of the pattern."""

import math

import numpy as np
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from lsviewer.gui import theme
from lsviewer.gui.views.plot import Frame, Scale, fitted, text
from lsviewer.gui.views.readout import Profile

HEAD = 16  # height of the line of words above the plot
BAND_ALPHA = 90


def paint_head(painter: QPainter, rect: QRectF, profile: Profile, symbol: str, right: str = "") -> None:
    """Draw "at α₂ = 0.71" and at the right what the lines are, or ``right`` instead, on the first line of ``rect``."""
    tokens = theme.tokens()
    painter.setFont(theme.font(12))
    painter.setPen(QColor(tokens.ink2))
    middle = rect.top() + HEAD / 2
    text(painter, rect.left(), middle, profile.words, Qt.AlignmentFlag.AlignLeft)
    if right:
        text(painter, rect.right() + 1, middle, right, Qt.AlignmentFlag.AlignRight)
        return
    painter.setFont(theme.font(12, 500))
    edge = rect.right() + 1
    if profile.target is not None:
        painter.setPen(QColor(tokens.orange))
        words = text(painter, edge, middle, "T + a", Qt.AlignmentFlag.AlignRight)
        painter.fillRect(QRectF(words.left() - 12, middle - 2, 8, 4), QColor(tokens.orange))
        edge = words.left() - 22
    painter.setPen(QColor(tokens.accent))
    words = text(painter, edge, middle, symbol, Qt.AlignmentFlag.AlignRight)
    painter.fillRect(QRectF(words.left() - 10, middle - 1, 7, 2), QColor(tokens.accent))


def paint_profile(painter: QPainter, rect: QRectF, profile: Profile, symbol: str, limits: tuple[float, float]) -> None:
    """Draw the plot into ``rect`` (its data area); the horizontal scale is the window of the map above, ``limits``."""
    tokens = theme.tokens()
    every = profile.values if profile.target is None else np.concatenate([profile.values, profile.target])
    frame = Frame(rect, Scale(*limits), fitted(every, margin=0.18))
    frame.paint_axes(painter, y_name=symbol, x_count=4, y_count=2)
    painter.save()
    painter.setClipRect(rect.adjusted(0, -2, 2, 2))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if profile.target is not None:
        band = QColor(tokens.orange)
        band.setAlpha(BAND_ALPHA)
        painter.setPen(_pen(band, 5.0))
        for line in frame.lines(profile.axis.values, profile.target):
            painter.drawPolyline(line)
    painter.setPen(_pen(QColor(tokens.accent), 1.5))
    for line in frame.lines(profile.axis.values, profile.values):
        painter.drawPolyline(line)
    if math.isfinite(profile.here):
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(QColor(tokens.ink3), 1))
        x = int(frame.px(profile.here))
        painter.drawLine(QLineF(x, rect.top(), x, rect.bottom()))
    painter.restore()


def _pen(colour: QColor, width: float) -> QPen:
    return QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap, Qt.PenJoinStyle.RoundJoin)
