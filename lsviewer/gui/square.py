"""The square in which a pattern and a section are drawn, so that the eye can blink between the two.

`square_rect` and `foot_rect` divide the body of a card; both take the size of the *whole body* (card minus header, no margins),
so two cards of one size get the same square whatever stands in their feet. Grid points lie on the border of the square: point
0 on its left edge, point n - 1 on its right edge; `source_rect` is the part of an image (one pixel a grid point) that fills it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from lsviewer.gui import theme
from lsviewer.gui.colormaps import Bytes
from lsviewer.gui.numbers import MINUS, nice_ticks, tick_labels

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class SquareLayout:
    """Margins of the square in the card body, and the strip of the colour bar; all in pixels."""

    left: int = 44  # room for tick labels and the name of axis 2
    top: int = 10
    right: int = 54  # gap, bar, labels
    bottom: int = 40  # tick labels and the name of axis 1
    bar_gap: int = 11
    bar_width: int = 10
    bar_top: int = 24  # the symbol stands on top of the bar
    foot: int = 128  # profile under a section, tools under a pattern
    narrow_foot: int = 40  # one row of tools in a low card

    def foot_height(self, width: int, height: int) -> int:
        """Return what is kept free under the axes: the full foot if the square still gets its width, or most of it."""
        side = width - self.left - self.right
        room = height - self.top - self.bottom - self.foot
        return self.foot if room >= min(side, 180) else self.narrow_foot


LAYOUT = SquareLayout()


def square_rect(width: int, height: int, layout: SquareLayout = LAYOUT) -> QRect:
    """Return the square in a card body of ``width`` x ``height``: as large as fits, at the top, centred between the margins."""
    across = width - layout.left - layout.right
    down = height - layout.top - layout.bottom - layout.foot_height(width, height)
    side = max(16, min(across, down))
    return QRect(layout.left + max(0, (across - side) // 2), layout.top, side, side)


def foot_rect(width: int, height: int, layout: SquareLayout = LAYOUT) -> QRect:
    """Return what is left under the axes, over the whole width of the body."""
    top = square_rect(width, height, layout).bottom() + 1 + layout.bottom
    return QRect(0, top, width, max(0, height - top))


def bar_rect(square: QRect, layout: SquareLayout = LAYOUT) -> QRect:
    """Return the colour bar beside ``square``: its foot on the foot of the square, its symbol level with the top."""
    left = square.right() + 1 + layout.bar_gap
    return QRect(left, square.top() + layout.bar_top, layout.bar_width, square.height() - layout.bar_top)


def source_rect(n0: int, n1: int) -> QRectF:
    """Return the part of an n0 x n1 image that fills the square: half a pixel is cut at every edge."""
    return QRectF(0.5, 0.5, n0 - 1, n1 - 1)


def paint_axes(
    painter: QPainter,
    square: QRect,
    x_range: Range = (0.0, 1.0),
    y_range: Range = (0.0, 1.0),
    x_name: str = "α₁",
    y_name: str = "α₂",
) -> None:
    """Draw left and bottom axis with ticks, labels and names around ``square``. Looks its colours up while painting."""
    tokens = theme.tokens()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setFont(theme.font(11))
    metrics = painter.fontMetrics()
    count = 4 if square.width() >= 200 else 2
    x_ticks, y_ticks = nice_ticks(*x_range, count), nice_ticks(*y_range, count)
    x_labels, y_labels = tick_labels(x_ticks, trim=True), tick_labels(y_ticks, trim=True)
    bottom, left = square.bottom() + 1, square.left() - 1

    painter.setPen(QPen(QColor(tokens.border), 1))
    painter.drawLine(left, square.top(), left, bottom)
    painter.drawLine(left, bottom, square.right(), bottom)
    xs = [_place(tick, x_range, square.left(), square.width() - 1) for tick in x_ticks]
    ys = [_place(tick, y_range, square.bottom(), -(square.height() - 1)) for tick in y_ticks]
    for x in xs:
        painter.drawLine(QPointF(x, bottom), QPointF(x, bottom + 4))
    for y in ys:
        painter.drawLine(QPointF(left - 4, y), QPointF(left, y))

    painter.setPen(QColor(tokens.ink2))
    for x, label in zip(xs, x_labels.labels):
        _text(painter, x, bottom + 12, label, Qt.AlignmentFlag.AlignHCenter)
    for y, label in zip(ys, y_labels.labels):
        _text(painter, left - 6, y, label, Qt.AlignmentFlag.AlignRight)
    _text(painter, square.center().x() + 0.5, bottom + 27, x_labels.name(x_name), Qt.AlignmentFlag.AlignHCenter)
    widest = max((metrics.horizontalAdvance(label) for label in y_labels.labels), default=0)
    painter.translate(max(7, left - 6 - widest - 9), square.center().y() + 0.5)
    painter.rotate(-90)
    _text(painter, 0, 0, y_labels.name(y_name), Qt.AlignmentFlag.AlignHCenter)
    painter.restore()


def paint_colour_bar(painter: QPainter, square: QRect, colours: Bytes, low: float, high: float, symbol: str) -> None:
    """Draw the colour bar beside ``square``: ``colours`` is uint8 [n, 4] from ``low`` to ``high``; ``symbol`` on top."""
    tokens = theme.tokens()
    bar = bar_rect(square)
    ticks = nice_ticks(low, high, 5 if square.height() >= 200 else 3)
    labels = tick_labels(ticks)
    # A power of ten or an offset split off the labels stands under the symbol, a line each; the bar gives way.
    lines: Sequence[str] = labels.name(symbol).replace(f" {MINUS} ", f", {MINUS} ").split(", ")
    bar.setTop(max(bar.top(), square.top() + 13 * len(lines) + 9))
    painter.save()
    column = colours[::-1].copy()
    image = QImage(column.data, 1, len(column), 4, QImage.Format.Format_RGBA8888)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    painter.drawImage(bar, image)
    painter.setFont(theme.font(11))
    painter.setPen(QColor(tokens.ink2))
    if high > low:
        for tick, label in zip(ticks, labels.labels):
            y = _place(tick, (low, high), bar.bottom(), -(bar.height() - 1))
            _text(painter, bar.right() + 6, y, label, Qt.AlignmentFlag.AlignLeft)
    painter.setPen(QColor(tokens.ink))
    for index, line in enumerate(lines):
        y = bar.top() - 14 - 13 * (len(lines) - 1 - index)
        if painter.fontMetrics().horizontalAdvance(line) <= 20:
            _text(painter, bar.center().x() + 0.5, y, line, Qt.AlignmentFlag.AlignHCenter)
        else:
            _text(painter, bar.left(), y, line, Qt.AlignmentFlag.AlignLeft)
    painter.restore()


def _place(value: float, span: Range, start: float, length: float) -> float:
    return start + (value - span[0]) / (span[1] - span[0]) * length + 0.5


def _text(painter: QPainter, x: float, y: float, text: str, align: Qt.AlignmentFlag) -> None:
    """Draw ``text`` on the middle line ``y``; ``x`` is its left, middle or right."""
    width = painter.fontMetrics().horizontalAdvance(text) + 4
    if align == Qt.AlignmentFlag.AlignRight:
        x -= width
    elif align == Qt.AlignmentFlag.AlignHCenter:
        x -= width / 2
    painter.drawText(QRectF(x, y - 9, width, 18), align | Qt.AlignmentFlag.AlignVCenter, text)
