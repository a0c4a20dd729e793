"""How a histogram is drawn: bars by sign, the band of zero, the counts in words, the gap, the density, the value in hand."""

import math

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from lsviewer.core.arrays import Array
from lsviewer.gui import theme
from lsviewer.gui.numbers import format_count, format_number, subscript
from lsviewer.gui.views.histogram import Histogram, density
from lsviewer.gui.views.plot import Frame, text


def paint_band(painter: QPainter, frame: Frame, histogram: Histogram) -> None:
    """The tolerance as a sunken band between dashed lines."""
    bound, tokens = histogram.tolerance, theme.tokens()
    if not bound:
        return
    left, right = (min(max(frame.px(x), frame.rect.left()), frame.rect.right()) for x in (-bound, bound))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.fillRect(QRectF(left, frame.rect.top(), right - left, frame.rect.height()), QColor(tokens.sunken))
    pen = QPen(QColor(tokens.ink2), 1, Qt.PenStyle.CustomDashLine)
    pen.setDashPattern([4, 3])
    painter.setPen(pen)
    for x in (round(left), round(right)):
        painter.drawLine(QLineF(x, frame.rect.top(), x, frame.rect.bottom()))


def paint_bars(painter: QPainter, frame: Frame, histogram: Histogram, *, plain: bool) -> None:
    tokens = theme.tokens()
    colours = {-1: QColor(tokens.orange), 0: QColor(tokens.zero), 1: QColor(tokens.accent)}
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    columns, rows = frame.pixels(histogram.edges[:-1], histogram.counts)
    ends, _ = frame.pixels(histogram.edges[1:], histogram.counts)
    for sign, count, left, right, top in zip(histogram.signs(), histogram.counts, columns, ends, rows):
        if count:
            start = round(left)
            width = max(1, round(right) - start - (1 if right - left > 3 else 0))
            colour = colours[1] if plain else colours[int(sign)]
            height = max(1.0, round(frame.rect.bottom()) - round(top))
            painter.fillRect(QRectF(start, round(frame.rect.bottom()) - height, width, height), colour)
    if histogram.scale.low < 0 < histogram.scale.high:
        painter.setPen(QPen(QColor(tokens.border), 1))
        x = round(frame.px(0.0))
        painter.drawLine(QLineF(x, frame.rect.top() + 24, x, frame.rect.bottom()))


def paint_words(painter: QPainter, frame: Frame, histogram: Histogram) -> None:
    """The counts where the bars are, the tolerance beside its band, and the gap as a measured bracket."""
    tokens, rect = theme.tokens(), frame.rect
    painter.setFont(theme.font(12, 600))
    middle, left, right = Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
    bound = histogram.tolerance
    low = frame.px(-bound) if bound else frame.px(0.0)
    high = frame.px(bound) if bound else frame.px(0.0)
    if bound:
        painter.setPen(QColor(tokens.ink))
        words = f"{format_count(histogram.zero)} within ± tolerance"
        if painter.fontMetrics().horizontalAdvance(words) > high - low - 8:
            words = f"{format_count(histogram.zero)} zero"
        text(painter, (low + high) / 2, rect.top() + 14, words, middle)
        painter.setFont(theme.font(11))
        painter.setPen(QColor(tokens.ink2))
        text(painter, high + 8, rect.top() + 14, f"tolerance {format_number(bound, 2)}", left)
        painter.setFont(theme.font(12, 600))
    words = f"{format_count(histogram.negative)} negative"
    if low - rect.left() > painter.fontMetrics().horizontalAdvance(words) + 10:
        painter.setPen(QColor(tokens.orange if histogram.negative else tokens.ink2))
        text(painter, rect.left() + 6, _above(frame, histogram, -1), words, left)
    painter.setPen(QColor(tokens.accent if histogram.positive else tokens.ink2))
    if rect.right() - high > 70:
        text(
            painter,
            rect.right() - 8,
            _above(frame, histogram, 1),
            f"{format_count(histogram.positive)} positive",
            right,
        )
    gap = histogram.gap()
    if gap is not None and bound and frame.scale_is_log and gap[1] >= 10 * gap[0]:
        paint_gap(painter, frame, histogram, gap)


def paint_gap(painter: QPainter, frame: Frame, histogram: Histogram, gap: tuple[float, float]) -> None:
    tokens = theme.tokens()
    side = 1.0 if histogram.positive else -1.0
    a, b = sorted((frame.px(side * gap[0]), frame.px(side * gap[1])))
    y = min(_above(frame, histogram, int(side)) - 30, frame.rect.center().y() + 20)
    painter.setPen(QPen(QColor(tokens.ink2), 1))
    painter.drawLine(QLineF(a + 2, y, b, y))
    for x in (a + 2, b):
        painter.drawLine(QLineF(x, y - 4, x, y + 4))
    painter.setFont(theme.font(12))
    words = f"gap: {format_number(round(math.log10(gap[1] / gap[0]), 1))} decades"
    if painter.fontMetrics().horizontalAdvance(words) < b - a:
        text(painter, (a + b) / 2, y - 12, words, Qt.AlignmentFlag.AlignHCenter)


def _above(frame: Frame, histogram: Histogram, sign: int) -> float:
    """Return the row over the highest bar of one sign; near the axis where there is none."""
    mine = histogram.counts[histogram.signs() == sign]
    most = float(mine.max(initial=0))
    return max(frame.rect.top() + 34, frame.py(most) - 22)


def paint_density(painter: QPainter, frame: Frame, values: Array, *, alone: bool) -> None:
    """The kernel density as a line over the bars, or ``alone`` with a pale filling instead of them."""
    places, heights = density(values, frame.x)
    rect = frame.rect
    line = [
        QPointF(rect.left() + u * rect.width(), max(rect.top(), frame.py(h)))
        for u, h in zip(places.tolist(), heights.tolist())
    ]
    colour = QColor(theme.tokens().ink2)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if alone:
        pale = QColor(colour)
        pale.setAlphaF(0.16)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(pale)
        painter.drawPolygon(QPolygonF([QPointF(rect.left(), rect.bottom()), *line, rect.bottomRight()]))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(colour, 1.5))
    painter.drawPolyline(QPolygonF(line))
    painter.restore()


def paint_picked(
    painter: QPainter, frame: Frame, histogram: Histogram, value: float, words: str, *, strong: bool
) -> None:
    """One value in hand: its bar framed, a line at its place with ``words`` at the upper end, bold where it is chosen."""
    tokens, rect = theme.tokens(), frame.rect
    bar = histogram.bar_of(value)
    left, right = (frame.px(float(histogram.edges[k])) for k in (bar, bar + 1))
    top = min(frame.py(float(histogram.counts[bar])), rect.bottom() - 4)
    x = min(max(frame.px(value), rect.left()), rect.right())
    ink = QColor(tokens.ink)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(QPen(ink, 1))
    painter.drawRect(
        QRectF(round(left) - 1, round(top) - 1, round(right) - round(left), rect.bottom() - round(top) + 1)
    )
    high = max(rect.top() + 40, top - 26)
    painter.drawLine(QLineF(round(x), high + 9, round(x), rect.bottom() + 4))
    painter.setFont(theme.font(12, 600 if strong else 500, tabular=True))
    width = painter.fontMetrics().horizontalAdvance(words) + 12
    middle = min(max(x, rect.left() + width / 2), rect.right() - width / 2 + 12)
    label = QRectF(middle - width / 2, high - 10, width, 20)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(tokens.accent if strong else tokens.border), 1))
    painter.setBrush(QColor(tokens.panel))
    painter.drawRoundedRect(label, 4, 4)
    painter.setPen(ink)
    painter.drawText(label, Qt.AlignmentFlag.AlignCenter, words)
    painter.restore()


def name_of(index: int) -> str:
    """Return ``λ₂₀`` for the eigenvalue with that number."""
    return f"λ{subscript(index)}"
