"""The network as a diagram (figure 2 of Czarnecki et al. 2019): blocks by their roles, units lit by their values at the cursor.

Values are those of the run's own parameters at theta(alpha), for one training sample that is chosen under the diagram. Without a
cursor the lowest point of the section is shown. Arrows go from block to block, Esc lets go.
"""

from collections.abc import Mapping
from functools import partial

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QComboBox, QWidget
from shiboken6 import Shiboken

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Artifact, Checkpoint, Diagram, Section
from lsviewer.core.diagram_layout import Box
from lsviewer.core.forward import Forward
from lsviewer.gui import theme
from lsviewer.gui.background import run_aside
from lsviewer.gui.numbers import format_point
from lsviewer.gui.views.base import ARROWS, Cursor, View
from lsviewer.gui.views.diagram_painting import FOOT, MARGIN, NAME, Shown, arranged, paint, paint_legend
from lsviewer.gui.views.diagram_words import described, summary

AT_ONCE = 4_000_000  # parameters, and products of one run; a larger network is run aside
ROOMY = 240  # px; from here on a block's words have a line of their own
CHOOSER = 210  # px
LAYER = 110  # px a layer needs at the least

Values = tuple[Array, ...]
_Wanted = tuple[Checkpoint, Cursor, int]


class NetworkDiagram(View):
    """Shows a `Diagram`; ``accompany`` brings the checkpoint and the section its live values come from."""

    accepts = (Diagram,)
    name = "Network"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.diagram: Diagram | None = None
        self.shows_title = True  # the layers are named inside: no title over them
        self.selected: int | None = None  # a block, by click or arrows
        self.problem = ""  # why there are no values
        self._hovered: int | None = None
        self._among: Mapping[str, Artifact] = {}  # the artifacts of the run
        self._forward: Forward | None = None
        self._values: Values | None = None  # of the input, the hidden layers, the outputs
        self._done: _Wanted | None = None  # what they are for
        self._busy = False
        self.sample = QComboBox(self)
        self.sample.setObjectName("diagram-sample")
        self.sample.setAccessibleName("Input the values are for")
        self.sample.setToolTip("Input the values are for: one of the training samples")
        self.sample.currentIndexChanged.connect(self._on_sample_changed)

    # what is shown

    def show_artifact(self, artifact: Artifact) -> None:
        if not isinstance(artifact, Diagram):
            raise TypeError(f"a diagram is expected, not {artifact!r}")
        if self.diagram is None or self.diagram.sample_words != artifact.sample_words:
            self.sample.blockSignals(True)
            self.sample.clear()
            self.sample.addItems([words[:1].upper() + words[1:] for words in artifact.sample_words])
            self.sample.blockSignals(False)
        self.diagram, self.selected, self._hovered = artifact, None, None
        self.sample.setVisible(self.sample.count() > 0)
        self.setMinimumWidth(max(self.minimumWidth(), LAYER * len(artifact.layers)))  # a deep network is scrolled
        self.setAccessibleDescription(summary(artifact))
        self._forget()

    def accompany(self, among: Mapping[str, Artifact]) -> None:
        self._among = among
        self._forget()

    def clear(self) -> None:
        self.diagram = self.selected = self._hovered = None
        self._among = {}
        self.sample.hide()
        self._forget()

    @property
    def place(self) -> Cursor | None:
        """The section coordinates the values are for: the cursor, else the minimum of the task, else the lowest point."""
        section = self._section
        if (cursor := self._cursor) is not None:
            return cursor
        if self.diagram is not None and self.diagram.minimum is not None:
            return self.diagram.minimum
        if section is None or not np.isfinite(section.values).any():
            return None
        index = np.unravel_index(int(np.nanargmin(section.values)), section.values.shape)
        return tuple(float(axis.values[k]) for axis, k in zip(section.axes, index, strict=True))

    @property
    def _cursor(self) -> Cursor | None:
        """The shared cursor where it is on a section with as many axes as the network has directions."""
        cursor, checkpoint = self.cursor_position, self._checkpoint
        fits = cursor is not None and (checkpoint is None or len(cursor) == len(checkpoint.directions))
        return cursor if fits else None

    def block_values(self, k: int) -> Array | None:
        """Return the values of a block at `place`, as they are drawn."""
        shown = self._shown()
        return None if shown is None else shown.of_block(k)

    def block_at(self, point: QPointF) -> int | None:
        """Return the block under a point of the widget, its name included."""
        if self.diagram is None:
            return None
        boxes = arranged(self.diagram, QRectF(self.rect()), self._feet(self.height())).blocks
        named = (Box(box.x, box.y - NAME, box.width, box.height + NAME) for box in boxes)
        return next((k for k, box in enumerate(named) if box.contains(point.x(), point.y())), None)

    def block_rect(self, k: int) -> QRectF:
        """Return where a block stands in the widget."""
        assert self.diagram is not None
        box = arranged(self.diagram, QRectF(self.rect()), self._feet(self.height())).blocks[k]
        return QRectF(box.x, box.y, box.width, box.height)

    # values

    @property
    def _section(self) -> Section | None:
        found = None if self.diagram is None else self._among.get(self.diagram.section)
        return found if isinstance(found, Section) else None

    @property
    def _checkpoint(self) -> Checkpoint | None:
        found = None if self.diagram is None else self._among.get(self.diagram.checkpoint)
        return found if isinstance(found, Checkpoint) else None

    def _forget(self) -> None:
        """Start anew: other parameters."""
        self._forward, self._values, self._done, self.problem = None, None, None, ""
        self.update()

    def _bring_up(self) -> None:
        """Bring the values up to date: at once, or aside where the network is large. The newest place wins."""
        place, checkpoint = self.place, self._checkpoint
        if self.diagram is None or checkpoint is None or place is None or self.problem or not self.diagram.sample_words:
            return
        wanted = (checkpoint, place, max(0, self.sample.currentIndex()))
        if wanted == self._done or self._busy:
            return
        work = partial(_run, checkpoint, self._forward, place, self.diagram.samples[wanted[2]])
        if checkpoint.size > AT_ONCE or (self._forward is not None and self._forward.cost > AT_ONCE):
            self._busy = True
            run_aside(work, partial(self._take, wanted), self._give_up)
            return
        try:
            self._take(wanted, work())
        except ValueError as error:
            self._give_up(str(error))

    def _take(self, wanted: _Wanted, found: tuple[Forward, Values]) -> None:
        if not Shiboken.isValid(self):
            return
        if wanted[0] is self._checkpoint:
            (self._forward, self._values), self._done = found, wanted
        if self._busy:
            self._busy = False
            self.update()  # and there what may be wanted by now is asked for

    def _give_up(self, sentence: str) -> None:
        if Shiboken.isValid(self):
            self._busy, self._values, self.problem = False, None, sentence
            self.update()

    def _shown(self) -> Shown | None:
        if self.diagram is None:
            return None
        self._bring_up()
        loss, level = self._loss()
        return Shown(self.diagram, self._values, loss, level, self._is_at_minimum(), self.selected)

    def _loss(self) -> tuple[float | None, float]:
        """Return the loss at the nearest grid point, and how high that is between the least and the largest."""
        index = self._index(self.place)
        if self._section is None or index is None:
            return None, 0.0
        loss, values = float(self._section.values[index]), self._section.values
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
        return loss, (loss - low) / (high - low) if high > low else 0.0

    def _is_at_minimum(self) -> bool:
        minimum = None if self.diagram is None else self.diagram.minimum
        return minimum is not None and self._index(self.place) == (self._index(minimum) or minimum)

    def _index(self, place: Cursor | None) -> tuple[int, ...] | None:
        if self._section is None or place is None or len(place) != len(self._section.axes):
            return None
        axes = self._section.axes
        return tuple(int(np.abs(axis.values - value).argmin()) for axis, value in zip(axes, place, strict=True))

    # drawing

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._paint(painter, QRectF(self.rect()), CHOOSER + 12 if self.sample.isVisibleTo(self) else 0)

    def paint_to(self, painter: QPainter, rect: QRectF) -> None:
        self._paint(painter, rect, 0)

    def _paint(self, painter: QPainter, rect: QRectF, taken: int) -> None:
        """Draw everything; ``taken`` pixels at the right of the last line belong to the chooser."""
        shown = self._shown()
        if shown is None:
            return
        feet = self._feet(rect.height())
        paint(painter, rect, shown, feet)
        block = self._hovered if self._hovered is not None else self.selected
        last = QRectF(rect.left() + MARGIN, rect.bottom() - FOOT, rect.width() - 2 * MARGIN - taken, FOOT)
        line = QRectF(last)
        if feet > 1:
            self._write(painter, last, "", self._where())
            line = QRectF(last.left(), last.top() - FOOT, rect.width() - 2 * MARGIN, FOOT)
        if block is not None:
            self._write(painter, line, *described(shown.diagram, block, shown.of_block(block)))
            return
        if feet == 1:
            line.setLeft(self._write(painter, line, "", self._where()) + 16)
        paint_legend(painter, shown.diagram, line)

    def _where(self) -> str:
        if self.problem:
            return self.problem
        if self.place is None:
            return ""
        words = f"Values at α = {format_point(self.place)}"
        if self._cursor is not None:
            return words
        return (
            f"{words}, {'h*' if self.diagram is not None and self.diagram.minimum is not None else 'the lowest point'}"
        )

    @staticmethod
    def _write(painter: QPainter, line: QRectF, bold: str, plain: str) -> float:
        """Write a line, bold words first, the rest as far as it fits; returns where it ends."""
        x = line.left()
        for words, weight, token in ((bold, 600, "ink"), (plain, 400, "ink2")):
            painter.setFont(theme.font(12, weight))
            painter.setPen(theme.tokens().color(token))
            metrics = painter.fontMetrics()
            fitting = metrics.elidedText(words, Qt.TextElideMode.ElideRight, max(0, int(line.right() - x)))
            painter.drawText(
                QRectF(x, line.top(), line.right() - x, line.height()), Qt.AlignmentFlag.AlignVCenter, fitting
            )
            x += metrics.horizontalAdvance(fitting) + (8 if words else 0)
        return x

    @staticmethod
    def _feet(height: float) -> int:
        return 2 if height >= ROOMY else 1

    # mouse and keys

    def _on_sample_changed(self, *_: object) -> None:
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point_at(self.block_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._select(self.block_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._point_at(None)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if self.diagram is not None and key in ARROWS:
            self._select(self._next(*ARROWS[key]))
        elif key == Qt.Key.Key_Escape and self.selected is not None:
            self._select(None)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.sample.setGeometry(self.width() - CHOOSER - int(MARGIN), self.height() - int(FOOT), CHOOSER, int(FOOT) - 1)
        super().resizeEvent(event)

    def _next(self, right: int, up: int) -> int | None:
        """Return the block beside the selected one: the next in its layer, or the nearest of the next layer."""
        assert self.diagram is not None
        if self.selected is None:
            return 0
        here = self.diagram.blocks[self.selected]
        if right:
            beside = self.diagram.of_layer(here.layer + right)
            middle = self.block_rect(self.selected).center().y()
            return min(beside, key=lambda k: abs(self.block_rect(k).center().y() - middle), default=self.selected)
        stack = self.diagram.of_layer(here.layer)
        return stack[min(max(stack.index(self.selected) - up, 0), len(stack) - 1)]

    def _select(self, block: int | None) -> None:
        self.selected = block
        self._tell(block)
        self.update()

    def _point_at(self, block: int | None) -> None:
        if block != self._hovered:
            self._hovered = block
            self._tell(block)
            self.update()

    def _tell(self, block: int | None) -> None:
        """Say a block in words: tool tip, status bar, screen reader."""
        shown = self._shown()
        if shown is None:
            return
        if block is None:
            self.setToolTip("")
            self.setAccessibleDescription(summary(shown.diagram))
            self.status.emit("")
            return
        heading, words = described(shown.diagram, block, shown.of_block(block))
        self.setToolTip(f"{heading}\n" + words.replace(". ", "\n"))
        self.setAccessibleDescription(f"{heading}. {words}")
        self.status.emit(heading)


def _run(checkpoint: Checkpoint, forward: Forward | None, place: Cursor, x: Array) -> tuple[Forward, Values]:
    """Return the network ready to be run, and its values at a place of the section; raises ValueError."""
    ready = forward or Forward(checkpoint)
    return ready, ready(place, x)
