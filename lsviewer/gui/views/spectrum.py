"""How eigenvalues or errors are distributed: a histogram or a density with the band of zero, the gap, and the counts in words.

Positive is accent, zero grey, negative orange, and always also a number with a word and a place on the axis. Pointing at a
spectrum takes one eigenvalue in hand: the nearest one, by its number from the largest. Where the spectrum belongs to a point of
parameter space a click asks for a section along the eigenvector.
"""

import math
from functools import partial
from typing import Any, Literal, get_args

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Artifact, Section, Spectrum
from lsviewer.gui import theme
from lsviewer.gui.numbers import format_count, format_number
from lsviewer.gui.views.base import View
from lsviewer.gui.views.histogram import Histogram, of_errors, of_spectrum
from lsviewer.gui.views.plot import Frame, Scale, label_width, text
from lsviewer.gui.views.spectrum_drawing import (
    name_of,
    paint_band,
    paint_bars,
    paint_density,
    paint_picked,
    paint_words,
)

HEAD = 58  # the counts in large figures
MARGIN = 16
REACH = 8.0  # px from the mouse to an eigenvalue between bars
Mode = Literal["bars", "both", "density"]
WORDS: dict[Mode, str] = {"bars": "Histogram", "both": "Histogram and density", "density": "Density"}


class Distribution(View):
    """Shows a `Spectrum`, or the errors of a `Section` that has a pattern.

    ``along_asked(indices)`` when the user wants the section along one eigenvector or two, by number from the largest, 1.
    """

    accepts = (Spectrum, Section)
    name = "Spectrum"

    along_asked = Signal(object)  # tuple[int, ...]

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.histogram: Histogram | None = None
        self.artifact: Spectrum | Section | None = None
        self.shows_counts = True
        self.mode: Mode = "bars"
        self.picked: int | None = None  # number of the eigenvalue in hand, 1 is the largest
        self.first: int | None = None  # the one kept for the first axis
        self._descending: Array = np.empty(0)
        self._modes = QActionGroup(self)
        for mode, words in WORDS.items():
            action = QAction(words, self._modes, checkable=True, checked=mode == self.mode)
            action.setObjectName(f"spectrum-{mode}")
            action.triggered.connect(partial(self._choose_mode, mode))
        self._next = QAction(theme.icon("chart-line"), "Histogram, density, or both", self)
        self._next.setObjectName("spectrum-next-mode")
        self._next.triggered.connect(self._next_mode)
        self.setAccessibleDescription(
            "How eigenvalues are distributed. Left and right take one in hand, Enter asks for the section along its "
            "eigenvector, Shift and Enter keeps it for the first axis."
        )

    @classmethod
    def can_show(cls, artifact: Artifact) -> bool:
        return isinstance(artifact, Spectrum) or (isinstance(artifact, Section) and artifact.target is not None)

    def show_artifact(self, artifact: Artifact) -> None:
        match artifact:
            case Spectrum():
                self.histogram = of_spectrum(artifact.values, artifact.tolerance)
                self._descending = np.sort(artifact.values[np.isfinite(artifact.values)])[::-1]
            case Section() if artifact.error is not None:
                self.histogram = of_errors(artifact.error)
                self._descending = np.empty(0)
            case _:
                raise TypeError(f"a histogram shows spectra and sections with a pattern, not {artifact!r}")
        self.artifact = artifact
        self.picked = self.first = None
        self.update()

    def clear(self) -> None:
        self.histogram = self.artifact = self.picked = self.first = None
        self._descending = np.empty(0)
        self.update()

    def state(self) -> dict[str, Any]:
        return {"counts": self.shows_counts, "mode": self.mode}

    def restore(self, state: dict[str, Any]) -> None:
        self.shows_counts = bool(state.get("counts", self.shows_counts))
        mode = state.get("mode", self.mode)
        self.mode = mode if mode in get_args(Mode) else "bars"
        for action, known in zip(self._modes.actions(), WORDS, strict=True):
            action.setChecked(known == self.mode)
        self.update()

    def header_actions(self) -> list[QAction]:
        return [self._next]

    def menu_actions(self) -> list[QAction]:
        return list(self._modes.actions())

    def _choose_mode(self, mode: Mode, _checked: bool = False) -> None:
        self.set_options(mode=mode)
        self.state_changed.emit()

    def _next_mode(self) -> None:
        modes = list(WORDS)
        self._choose_mode(modes[(modes.index(self.mode) + 1) % len(modes)])

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
        paint_band(painter, frame, histogram)
        y_name = (
            "count" if self.mode == "bars" else "count, density per bar" if self.mode == "both" else "density per bar"
        )
        frame.paint_axes(painter, self._x_name(), y_name, x_count=11 if rect.width() > 500 else 6, y_count=3)
        if self.mode != "density":
            paint_bars(painter, frame, histogram, plain=isinstance(self.artifact, Section))
        if self.mode != "bars":
            paint_density(painter, frame, self._values(), alone=self.mode == "density")
        if isinstance(self.artifact, Spectrum):
            paint_words(painter, frame, histogram)
            for index in dict.fromkeys((self.first, self.picked)):
                if index is not None:
                    paint_picked(
                        painter, frame, histogram, self._value(index), self._label(index), strong=index == self.first
                    )
        painter.restore()

    def _values(self) -> Array:
        if isinstance(self.artifact, Section):
            return np.asarray(self.artifact.error).ravel()
        return self._descending

    def _value(self, index: int) -> float:
        return float(self._descending[index - 1])

    def _label(self, index: int) -> str:
        words = f"{name_of(index)} = {format_number(self._value(index), 4)}"
        return f"α₁ along {words}" if index == self.first else words

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
        facts = self.artifact.facts if isinstance(self.artifact, Spectrum) else ()
        painter.setFont(theme.font(12, tabular=True))
        painter.setPen(QColor(tokens.ink2))
        widest = max((painter.fontMetrics().horizontalAdvance(fact) for fact in facts), default=0)
        if rect.right() - MARGIN - widest > x:
            for row, fact in enumerate(facts[:3]):
                text(painter, rect.right() - MARGIN, rect.top() + 10 + 19 * row, fact, Qt.AlignmentFlag.AlignRight)

    # pointing

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        histogram = self.histogram
        if histogram is None:
            return
        frame = self._frame(histogram, QRectF(self.rect()))
        if not frame.rect.adjusted(0, 0, 0, 8).contains(event.position()):
            self._pick(None)
            return
        columns, _ = frame.pixels(histogram.edges, np.zeros_like(histogram.edges))
        bar = int(np.clip(np.searchsorted(columns, event.position().x()) - 1, 0, len(histogram.counts) - 1))
        index = self._nearest(frame, event.position(), histogram, bar)
        low, high = (format_number(float(histogram.edges[i]), 2) for i in (bar, bar + 1))
        self._pick(index, f"{format_count(int(histogram.counts[bar]))} between {low} and {high}")

    def _nearest(self, frame: Frame, point: QPointF, histogram: Histogram, bar: int) -> int | None:
        """Return the number of the eigenvalue nearest to the mouse: within its bar, or a few pixels away; else None."""
        if not len(self._descending):
            return None
        columns, _ = frame.pixels(self._descending, np.zeros_like(self._descending))
        distance = np.abs(columns - point.x())
        best = int(np.argmin(distance))
        inside = histogram.counts[bar] > 0 and histogram.bar_of(float(self._descending[best])) == bar
        return best + 1 if inside or distance[best] <= REACH else None

    def _pick(self, index: int | None, otherwise: str = "") -> None:
        """Take one eigenvalue in hand and say so; None lets go and says what is there instead."""
        if index != self.picked:
            self.picked = index
            self.update()
        self.status.emit(otherwise if index is None else self._sentence(index))
        self.setCursor(
            Qt.CursorShape.PointingHandCursor if index and self._has_directions else Qt.CursorShape.ArrowCursor
        )

    def _sentence(self, index: int) -> str:
        parts = [
            f"λ = {format_number(self._value(index), 4)}",
            f"index {index} of {format_count(len(self._descending))}",
        ]
        if isinstance(self.artifact, Spectrum) and self.artifact.tolerance is not None:
            parts.append(f"tolerance {format_number(self.artifact.tolerance, 2)}")
        if self._has_directions:
            second = self.first is not None and self.first != index
            parts.append("click: plane of both" if second else "click: section along it; Shift: first of two axes")
        return "\u2003".join(parts)

    @property
    def _has_directions(self) -> bool:
        return isinstance(self.artifact, Spectrum) and bool(self.artifact.point)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.picked is not None:
            self._take(self.picked, keep=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        else:
            super().mousePressEvent(event)

    def _take(self, index: int, *, keep: bool) -> None:
        """Ask for the section along an eigenvector, with the one kept before; or keep this one for the first axis."""
        if not self._has_directions:
            return
        if keep and self.first is None:
            self.first = index
        elif keep and self.first == index:
            self.first = None
        else:
            both = (index,) if self.first in (None, index) else (self.first, index)
            self.first = None
            self.status.emit("")
            self.along_asked.emit(both)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, last = Qt.Key(event.key()), len(self._descending)
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and last:
            step = 1 if key == Qt.Key.Key_Left else -1  # numbers run from the largest, on the right
            self._pick(min(max((self.picked or 1) + (step if self.picked else 0), 1), last))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.picked is not None:
            self._take(self.picked, keep=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif key == Qt.Key.Key_Escape and (self.picked is not None or self.first is not None):
            self.first = None
            self._pick(None)
            self.update()
        else:
            super().keyPressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._pick(None)
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
