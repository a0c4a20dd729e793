"""How the parts of a curve are drawn: lines, dashes, bands, stems, points, levels with words, names in the line's colour."""

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen

from lsviewer.core.artifacts import Curve, Level, Series
from lsviewer.gui import theme
from lsviewer.gui.numbers import format_number
from lsviewer.gui.views.line_labels import Line, fitting, place, spread
from lsviewer.gui.views.plot import Frame, text

BAND, LINE, NAME_PX = 7.0, 1.6, 12
NAMES_FROM_PX = 200  # in a narrower plot the words beside an upright level would lie on the lines


def colours_of(curve: Curve) -> list[QColor]:
    """Series 1 accent, series 2 orange, further ones in greys; a band is the series 2 of its line."""
    tokens = theme.tokens()
    order = [tokens.accent, tokens.orange, tokens.ink2, tokens.ink3]
    lines = iter(order + [tokens.ink3] * len(curve.series))
    has_band = any(one.style == "band" for one in curve.series)
    answer = []
    for one in curve.series:
        answer.append(QColor(tokens.orange if one.style == "band" else next(lines)))
        if has_band and one.style != "band" and answer[-1] == QColor(tokens.accent):
            next(lines)  # orange is the band's
    return answer


def paint_series(painter: QPainter, frame: Frame, one: Series, colour: QColor) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    match one.style:
        case "line" | "dashed":
            painter.setPen(_pen(colour, LINE, dashed=one.style == "dashed"))
            for line in frame.lines(one.x, one.y):
                painter.drawPolyline(line)
            if len(one.x) <= 12 and one.style == "line":
                _paint_dots(painter, frame, one, colour)
        case "band":
            pale = QColor(colour)
            pale.setAlpha(90)
            painter.setPen(_pen(pale, BAND))
            for line in frame.lines(one.x, one.y):
                painter.drawPolyline(line)
        case "points":
            _paint_dots(painter, frame, one, colour)
        case "stems":
            painter.setPen(QPen(QColor(theme.tokens().line), 2))
            for x, y in _points(frame, one):
                painter.drawLine(QLineF(x, frame.rect.bottom() - 1, x, y))
            _paint_dots(painter, frame, one, colour)


def _paint_dots(painter: QPainter, frame: Frame, one: Series, colour: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    radius = 4.0 if len(one.x) <= 60 else 2.5
    for x, y in _points(frame, one):
        painter.drawEllipse(QPointF(x, y), radius, radius)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def paint_level(painter: QPainter, frame: Frame, level: Level) -> None:
    tokens = theme.tokens()
    rect = frame.rect
    painter.setFont(theme.font(11, 500))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    pen = QPen(QColor(tokens.ink3), 1, Qt.PenStyle.CustomDashLine)
    pen.setDashPattern([4, 3])
    painter.setPen(pen)
    unit = float((frame.y if level.axis == "y" else frame.x).unit(level.value))
    if not 0 <= unit <= 1:
        return
    if level.axis == "y":
        y = round(frame.py(level.value))
        painter.drawLine(QLineF(rect.left(), y, rect.right(), y))
        painter.setPen(QColor(tokens.ink2))
        above = y - 10 > rect.top()
        text(painter, rect.right() - 8, y - 9 if above else y + 10, level.text, Qt.AlignmentFlag.AlignRight)
    else:
        x = round(frame.px(level.value))
        painter.drawLine(QLineF(x, rect.top(), x, rect.bottom()))
        if rect.width() < NAMES_FROM_PX:
            return
        painter.setPen(QColor(tokens.ink2))
        right = x + 6 + painter.fontMetrics().horizontalAdvance(level.text) < rect.right()
        align = Qt.AlignmentFlag.AlignLeft if right else Qt.AlignmentFlag.AlignRight
        words = painter.fontMetrics().horizontalAdvance(level.text) + 6.0
        clear = QColor(tokens.panel)  # a line may pass behind the words
        clear.setAlpha(220)
        painter.fillRect(QRectF(x + 3 if right else x - 3 - words, rect.top(), words, 16), clear)
        text(painter, x + (6 if right else -6), rect.top() + 8, level.text, align)


def paint_names(painter: QPainter, frame: Frame, curve: Curve, colours: list[QColor]) -> None:
    painter.setFont(theme.font(12, 500))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    rect = frame.rect
    area = (rect.left(), rect.top(), rect.right(), rect.bottom())
    lines = [frame.pixels(one.x, one.y) for one in curve.series]
    if len(curve.series) == 1 and curve.series[0].style in ("line", "dashed"):
        _paint_last(painter, frame, curve, colours[0])
        return
    if len(curve.series) == 1:
        return
    taken = [frame.py(level.value) - 9 for level in curve.levels if level.axis == "y"]
    written: list[Line] = []
    for index, (one, colour) in enumerate(zip(curve.series, colours)):
        if not one.label:
            continue
        width = painter.fontMetrics().horizontalAdvance(one.label) + 2.0
        others = [line for other, line in enumerate(lines) if other != index] + written
        found = place(lines[index], others, width, area, taken)
        if found is not None:
            painter.setPen(colour)
            text(painter, found[0], found[1], one.label, Qt.AlignmentFlag.AlignLeft)
            taken.append(found[1])
            written.append((np.array([found[0], found[0] + width]), np.full(2, found[1])))


def paint_names_beside(painter: QPainter, frame: Frame, curve: Curve, colours: list[QColor]) -> None:
    """Write the names right of the data area, each level with the end of its line as far as the others let it."""
    named = sorted(
        ((one, colour) for one, colour in zip(curve.series, colours) if one.label),
        key=lambda pair: pair[0].style == "band",
    )
    painter.setFont(theme.font(NAME_PX, 500))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    top, bottom = frame.rect.top() + 5, frame.rect.bottom() - 5
    words = [(one.label, colour, _end_row(frame, one)) for one, colour in named]
    shown = fitting(len(words), bottom - top)
    if shown < len(words):
        words[shown:] = [(f"and {len(words) - shown} more", QColor(theme.tokens().ink3), bottom)]
    rows = spread([row for _, _, row in words], top, bottom)
    for (name, colour, _), row in zip(words, rows):
        painter.setPen(colour)
        text(painter, frame.rect.right() + 9, row, name, Qt.AlignmentFlag.AlignLeft)


def names_width(curve: Curve) -> int:
    """Return how wide the widest name is, in pixels."""
    metrics = QFontMetrics(theme.font(NAME_PX, 500))
    return max((metrics.horizontalAdvance(one.label) for one in curve.series), default=0)


def _end_row(frame: Frame, one: Series) -> float:
    _, rows = frame.pixels(one.x, one.y)
    good = rows[np.isfinite(rows)]
    return float(np.clip(good[-1], frame.rect.top(), frame.rect.bottom())) if len(good) else frame.rect.top()


def _paint_last(painter: QPainter, frame: Frame, curve: Curve, colour: QColor) -> None:
    """A dot at the last value, and the value beside it."""
    one = curve.series[0]
    good = np.flatnonzero(np.isfinite(one.x) & np.isfinite(one.y) & (not curve.log_y or one.y > 0))
    if len(good) == 0 or len(one.x) <= 12:
        return
    x, y = frame.px(float(one.x[good[-1]])), frame.py(float(one.y[good[-1]]))
    if not frame.rect.adjusted(-4, -4, 4, 4).contains(QPointF(x, y)):
        return
    unit = curve.y_label.rsplit(" in ", 1)[1] if " in " in curve.y_label else ""
    words = f"{format_number(float(one.y[good[-1]]), 3)} {unit}".strip()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawEllipse(QPointF(x, y), 4, 4)
    painter.setPen(colour)
    width = painter.fontMetrics().horizontalAdvance(words) + 2.0
    if x + 9 + width <= frame.rect.right() + 12:
        text(painter, x + 9, y + 1, words, Qt.AlignmentFlag.AlignLeft)
    else:
        at = place(frame.pixels(one.x, one.y), [], width, _area(frame))
        if at is not None:
            text(painter, at[0], at[1], words, Qt.AlignmentFlag.AlignLeft)


def _area(frame: Frame) -> tuple[float, float, float, float]:
    rect = frame.rect
    return rect.left(), rect.top(), rect.right(), rect.bottom()


def _points(frame: Frame, one: Series) -> list[tuple[float, float]]:
    columns, rows = frame.pixels(one.x, one.y)
    good = np.isfinite(columns) & np.isfinite(rows)
    return list(zip(columns[good].tolist(), rows[good].tolist()))


def _pen(colour: QColor, width: float, *, dashed: bool = False) -> QPen:
    pen = QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap, Qt.PenJoinStyle.RoundJoin)
    if dashed:
        pen.setDashPattern([5, 3])
    return pen
