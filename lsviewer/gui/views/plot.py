"""Left and bottom axes, a horizontal grid, lines: the drawing that curves, profiles and histograms share.

A `Frame` is a value: two scales and the rectangle they fill. All drawing goes through QPainter, so a plot on paper is the plot on
the screen.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from lsviewer.core.arrays import Array
from lsviewer.gui import theme
from lsviewer.gui.numbers import MINUS, log_ticks, nice_ticks, power_of_ten, tick_labels

Kind = Literal["linear", "log", "signed_log"]


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps values in [low, high] to [0, 1]. ``signed_log`` is linear within ``floor`` of zero and logarithmic outside."""

    low: float
    high: float
    kind: Kind = "linear"
    floor: float = 1e-18

    def unit(self, values: Array | float) -> Array:
        """Return places in [0, 1]; NaN where a logarithm has none."""
        low, high = self._warp(np.asarray(self.low)), self._warp(np.asarray(self.high))
        span = float(high - low) or 1.0
        return (self._warp(np.asarray(values, np.float64)) - low) / span

    def value(self, unit: float) -> float:
        """Return the value at a place in [0, 1], the inverse of `unit`."""
        low, high = float(self._warp(np.asarray(self.low))), float(self._warp(np.asarray(self.high)))
        warped = low + unit * (high - low)
        match self.kind:
            case "linear":
                return warped
            case "log":
                return float(10.0**warped)
            case "signed_log":
                return float(math.copysign(self.floor * (10.0 ** abs(warped) - 1.0), warped))

    def zoomed(self, unit: float, factor: float) -> "Scale":
        """Return the scale enlarged by ``factor`` around the place ``unit``."""
        return self.between(unit - unit / factor, unit + (1.0 - unit) / factor)

    def between(self, first: float, last: float) -> "Scale":
        """Return the part of the scale between two places; outside [0, 1] it grows."""
        return replace(self, low=self.value(first), high=self.value(last))

    def ticks(self, count: int, *, trim: bool = False) -> tuple[list[tuple[float, str]], str]:
        """Return (value, label) pairs and the words that belong to the axis name (a power of ten split off)."""
        match self.kind:
            case "linear":
                return self._linear(count, trim)
            case "log":
                if math.log10(self.high / self.low) < 1.5:
                    return self._linear(count, trim)
                return [(10.0**e, power_of_ten(e)) for e in log_ticks(self.low, self.high, count + count // 2)], ""
            case "signed_log":
                return self._signed(count), ""

    def _linear(self, count: int, trim: bool) -> tuple[list[tuple[float, str]], str]:
        values = nice_ticks(self.low, self.high, count)
        labels = tick_labels(values, trim=trim)
        return list(zip(values, labels.labels)), labels.name("").strip(", ")

    def _signed(self, count: int) -> list[tuple[float, str]]:
        ticks = [(0.0, "0")] if self.low <= 0 <= self.high else []
        decades = sum(math.log10(abs(end) / self.floor) for end in (self.low, self.high) if abs(end) > self.floor)
        stride = next((s for s in (1, 2, 3, 5, 6, 10, 20) if decades / s <= count), 50)
        lowest = math.ceil(math.log10(self.floor)) + 1
        for sign, end in ((1.0, self.high), (-1.0, -self.low)):
            if end > self.floor:
                top = math.floor(math.log10(end) + 1e-9)
                ticks += [
                    (sign * 10.0**e, (MINUS if sign < 0 else "") + power_of_ten(e))
                    for e in range(lowest, top + 1)
                    if e % stride == 0
                ]
        return sorted(ticks)

    def _warp(self, values: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            match self.kind:
                case "linear":
                    return values
                case "log":
                    return np.log10(np.where(values > 0, values, np.nan))
                case "signed_log":
                    return np.sign(values) * np.log10(1.0 + np.abs(values) / self.floor)


def fitted(values: Array, kind: Kind = "linear", margin: float = 0.05) -> Scale:
    """Return a scale around the finite values (positive ones for a logarithm), with ``margin`` of the span at both ends."""
    good = values[np.isfinite(values)]
    if kind == "log":
        good = good[good > 0]
    if good.size == 0:
        return Scale(0.1, 1.0, kind) if kind == "log" else Scale(0.0, 1.0, kind)
    low, high = float(good.min()), float(good.max())
    if kind == "log":
        a, b = math.log10(low), math.log10(high)
        if b - a < 0.02:
            a, b = a - 0.5, b + 0.5
        extra = margin * (b - a)
        return Scale(10.0 ** max(-320.0, a - extra), 10.0 ** min(308.0, b + extra), kind)
    if high - low <= 1e-13 * max(abs(low), abs(high)):
        extra = 0.5 * abs(high) or 0.5
    else:
        extra = margin * (high - low)
    return Scale(low - extra, high + extra, kind)


@dataclass(frozen=True, slots=True)
class Frame:
    """The data area of a plot in pixels, and what its sides mean."""

    rect: QRectF
    x: Scale
    y: Scale

    @property
    def scale_is_log(self) -> bool:
        """Whether distances along x are decades."""
        return self.x.kind != "linear"

    def px(self, x: float) -> float:
        """Return the column of ``x``."""
        return self.rect.left() + float(self.x.unit(x)) * self.rect.width()

    def py(self, y: float) -> float:
        """Return the row of ``y``."""
        return self.rect.bottom() - float(self.y.unit(y)) * self.rect.height()

    def pixels(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Return columns and rows of points; NaN where one has no place."""
        columns = self.rect.left() + self.x.unit(x) * self.rect.width()
        return columns, self.rect.bottom() - self.y.unit(y) * self.rect.height()

    def lines(self, x: Array, y: Array) -> list[QPolygonF]:
        """Return the line through the points, broken where a value is missing, thinned to the pixels there are."""
        columns, rows = self.pixels(x, y)
        good = np.isfinite(columns) & np.isfinite(rows)
        rows = np.clip(rows, -1e4, 1e5)
        edges = np.flatnonzero(np.diff(np.concatenate(([False], good, [False])).astype(np.int8)))
        return [_polygon(columns[a:b], rows[a:b]) for a, b in zip(edges[::2], edges[1::2])]

    def paint_grid(self, painter: QPainter, count: int) -> None:
        """Draw a horizontal line at every tick of the left axis."""
        painter.setPen(QPen(QColor(theme.tokens().grid), 1))
        for value, _ in self.y.ticks(count)[0]:
            y = round(self.py(value))
            painter.drawLine(QLineF(self.rect.left(), y, self.rect.right(), y))

    def paint_axes(
        self, painter: QPainter, x_name: str = "", y_name: str = "", *, x_count: int = 5, y_count: int = 4
    ) -> None:
        """Draw grid, axes, ticks, labels and names around the data area."""
        tokens = theme.tokens()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setFont(theme.font(11))
        rect = self.rect
        x_ticks, x_extra = self.x.ticks(x_count, trim=True)
        y_ticks, y_extra = self.y.ticks(y_count)
        self.paint_grid(painter, y_count)
        painter.setPen(QPen(QColor(tokens.border), 1))
        left, bottom = round(rect.left()), round(rect.bottom())
        painter.drawLine(left, round(rect.top()), left, bottom)
        painter.drawLine(left, bottom, round(rect.right()), bottom)
        for value, _ in x_ticks:
            x = round(self.px(value))
            painter.drawLine(x, bottom, x, bottom + 4)
        for value, _ in y_ticks:
            y = round(self.py(value))
            painter.drawLine(left - 4, y, left, y)
        painter.setPen(QColor(tokens.ink2))
        end = -1e9
        for value, label in x_ticks:
            middle, half = self.px(value), painter.fontMetrics().horizontalAdvance(label) / 2
            if middle - half > end + 4:
                text(painter, middle, bottom + 13, label, Qt.AlignmentFlag.AlignHCenter)
                end = middle + half
        for value, label in y_ticks:
            text(painter, left - 8, self.py(value), label, Qt.AlignmentFlag.AlignRight)
        if x_name or x_extra:
            name = ", ".join(part for part in (x_name, x_extra) if part)
            text(painter, rect.center().x(), bottom + 30, name, Qt.AlignmentFlag.AlignHCenter)
        if y_name or y_extra:
            name = ", ".join(part for part in (y_name, y_extra) if part)
            widest = max((painter.fontMetrics().horizontalAdvance(label) for _, label in y_ticks), default=0)
            painter.translate(left - 8 - widest - 12, rect.center().y())
            painter.rotate(-90)
            room = int(rect.height()) + 24  # a little beyond the ends; longer words lose their end
            name = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, room)
            text(painter, 0, 0, name, Qt.AlignmentFlag.AlignHCenter)
        painter.restore()


def label_width(scale: Scale, count: int) -> int:
    """Return how wide the widest tick label of a left axis is, in pixels."""
    from PySide6.QtGui import QFontMetrics  # here, so that importing scales alone stays free of fonts

    metrics = QFontMetrics(theme.font(11))
    return max((metrics.horizontalAdvance(label) for _, label in scale.ticks(count)[0]), default=0)


def text(painter: QPainter, x: float, y: float, words: str, align: Qt.AlignmentFlag) -> QRectF:
    """Draw ``words`` on the middle line ``y``, with ``x`` at their left, middle or right; return the rectangle they take."""
    width = painter.fontMetrics().horizontalAdvance(words) + 2.0
    if align == Qt.AlignmentFlag.AlignRight:
        x -= width
    elif align == Qt.AlignmentFlag.AlignHCenter:
        x -= width / 2
    rect = QRectF(x, y - 9, width, 18)
    painter.drawText(rect, align | Qt.AlignmentFlag.AlignVCenter, words)
    return rect


def _polygon(columns: Array, rows: Array) -> QPolygonF:
    """Return a polygon with at most four points a pixel column: first, lowest, highest, last."""
    if len(columns) > 4000:
        pixel = np.floor(columns).astype(np.int64)
        starts = np.flatnonzero(np.diff(pixel, prepend=pixel[0] - 1))
        ends = np.append(starts[1:], len(pixel)) - 1
        low, high = np.minimum.reduceat(rows, starts), np.maximum.reduceat(rows, starts)
        at = columns[starts]
        columns = np.repeat(at, 4)
        rows = np.stack([rows[starts], low, high, rows[ends]], axis=1).ravel()
    return QPolygonF([QPointF(x, y) for x, y in zip(columns.tolist(), rows.tolist())])
