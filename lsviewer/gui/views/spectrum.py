"""How eigenvalues or errors are distributed: a histogram with the band of zero, the gap, and the counts in words.

Positive is accent, zero grey, negative orange, and always also a number with a word and a place on the axis.
"""

import math
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from lsviewer.core.artifacts import Artifact, Section, Spectrum
from lsviewer.gui import theme
from lsviewer.gui.numbers import format_count, format_number
from lsviewer.gui.views.base import View
from lsviewer.gui.views.histogram import Histogram, of_errors, of_spectrum
from lsviewer.gui.views.plot import Frame, Scale, label_width, text

HEAD = 58  # the counts in large figures
MARGIN = 16


class Distribution(View):
    """Shows a `Spectrum`, or the errors of a `Section` that has a pattern."""

    accepts = (Spectrum, Section)
    name = "Spectrum"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.histogram: Histogram | None = None
        self.artifact: Spectrum | Section | None = None
        self.shows_counts = True

    @classmethod
    def can_show(cls, artifact: Artifact) -> bool:
        return isinstance(artifact, Spectrum) or (isinstance(artifact, Section) and artifact.target is not None)

    def show_artifact(self, artifact: Artifact) -> None:
        match artifact:
            case Spectrum():
                self.histogram = of_spectrum(artifact.values, artifact.tolerance)
            case Section() if artifact.error is not None:
                self.histogram = of_errors(artifact.error)
            case _:
                raise TypeError(f"a histogram shows spectra and sections with a pattern, not {artifact!r}")
        self.artifact = artifact
        self.update()

    def clear(self) -> None:
        self.histogram = self.artifact = None
        self.update()

    def state(self) -> dict[str, Any]:
        return {"counts": self.shows_counts}

    def restore(self, state: dict[str, Any]) -> None:
        self.shows_counts = bool(state.get("counts", self.shows_counts))
        self.update()

    def figures(self) -> list[tuple[str, str, str]]:
        """Return (number, word, token of its colour) as written above the bars."""
        histogram = self.histogram
        if histogram is None:
            return []
        if isinstance(self.artifact, Section):
            error = np.asarray(self.artifact.error)
            words = error_figures(error[np.isfinite(error)], np.asarray(self.artifact.target))
            return [(number, word, "ink") for word, number in words]
        answer = [
            (format_count(histogram.positive), "positive", "accent"),
            (format_count(histogram.zero), "zero", "ink"),
            (format_count(histogram.negative), "negative", "orange" if histogram.negative else "ink"),
        ]
        return answer + ([(format_count(histogram.holes), "not finite", "ink")] if histogram.holes else [])

    def paintEvent(self, _event: QPaintEvent) -> None:
        self.paint_to(QPainter(self), QRectF(self.rect()))

    def paint_to(self, painter: QPainter, rect: QRectF) -> None:
        histogram = self.histogram
        if histogram is None:
            return
        painter.save()
        frame = self._frame(histogram, rect)
        if self._has_head(rect):
            self._paint_head(painter, rect)
        _paint_band(painter, frame, histogram)
        frame.paint_axes(painter, self._x_name(), "count", x_count=11 if rect.width() > 500 else 6, y_count=3)
        _paint_bars(painter, frame, histogram, plain=isinstance(self.artifact, Section))
        if isinstance(self.artifact, Spectrum):
            _paint_words(painter, frame, histogram)
        painter.restore()

    def _has_head(self, rect: QRectF) -> bool:
        return self.shows_counts and rect.height() >= 220

    def _frame(self, histogram: Histogram, rect: QRectF) -> Frame:
        most = max(1.0, float(histogram.counts.max(initial=0)))
        y = Scale(0.0, most * (1.45 if isinstance(self.artifact, Spectrum) else 1.08))
        left = MARGIN + 18 + label_width(y, 3) + 10
        top = HEAD + 8 if self._has_head(rect) else 12
        area = rect.adjusted(left, top, -20, -46)
        return Frame(QRectF(area.x(), area.y(), max(area.width(), 10.0), max(area.height(), 10.0)), histogram.scale, y)

    def _x_name(self) -> str:
        if isinstance(self.artifact, Section):
            return "error, L − T − a"
        name = self.artifact.label if self.artifact is not None else ""
        signed = self.histogram is not None and self.histogram.scale.kind == "signed_log"
        return f"{name}, signed log scale" if signed else name

    def _paint_head(self, painter: QPainter, rect: QRectF) -> None:
        tokens = theme.tokens()
        x = rect.left() + MARGIN
        large = 32 if isinstance(self.artifact, Spectrum) else 20
        for number, word, token in self.figures():
            painter.setFont(theme.font(large, 400, tabular=True))
            painter.setPen(tokens.color(token))
            width = painter.fontMetrics().horizontalAdvance(number) + 2.0
            painter.drawText(
                QRectF(x, rect.top(), width + 4, 38), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, number
            )
            painter.setFont(theme.font(12))
            painter.setPen(QColor(tokens.ink2))
            text(painter, x, rect.top() + 47, word, Qt.AlignmentFlag.AlignLeft)
            x += max(width, painter.fontMetrics().horizontalAdvance(word)) + 28

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        histogram = self.histogram
        if histogram is None:
            return
        frame = self._frame(histogram, QRectF(self.rect()))
        if not frame.rect.contains(event.position()):
            self.status.emit("")
            return
        columns, _ = frame.pixels(histogram.edges, np.zeros_like(histogram.edges))
        index = int(np.clip(np.searchsorted(columns, event.position().x()) - 1, 0, len(histogram.counts) - 1))
        low, high = (format_number(float(histogram.edges[i]), 2) for i in (index, index + 1))
        self.status.emit(f"{format_count(int(histogram.counts[index]))} between {low} and {high}")

    def leaveEvent(self, event: QEvent) -> None:
        self.status.emit("")
        super().leaveEvent(event)


def error_figures(errors: np.ndarray[Any, Any], target: np.ndarray[Any, Any]) -> list[tuple[str, str]]:
    """Return the largest error, the root mean square, and the PSNR of ``errors`` against the range of ``target``, in words.

    PSNR = 20 log10(range of T / root mean square), infinite for no error at all.
    """
    if errors.size == 0:
        return []
    rms = float(np.sqrt(np.mean(np.square(errors, dtype=np.float64))))
    span = float(np.ptp(target))
    figures = [("largest", format_number(float(np.abs(errors).max()), 2)), ("root mean square", format_number(rms, 2))]
    if span > 0:
        figures.append(("PSNR", f"{20 * math.log10(span / rms):.1f} dB" if rms > 0 else "∞ dB"))
    return figures


def _paint_band(painter: QPainter, frame: Frame, histogram: Histogram) -> None:
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


def _paint_bars(painter: QPainter, frame: Frame, histogram: Histogram, *, plain: bool) -> None:
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


def _paint_words(painter: QPainter, frame: Frame, histogram: Histogram) -> None:
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
        _paint_gap(painter, frame, histogram, gap)


def _paint_gap(painter: QPainter, frame: Frame, histogram: Histogram, gap: tuple[float, float]) -> None:
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
