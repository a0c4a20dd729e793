"""Typeset mathematics: a displayed formula as a vector picture, and symbols inside running text as rich text.

ziamath draws LaTeX as SVG without a browser or a TeX installation. A maths font inside labels was tried and turned down: its
line height tears paragraphs apart; so symbols in text are italic letters of the text font.
"""

import html
import inspect
import logging
import re
from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QSizePolicy, QWidget

from lsviewer.gui import theme

log = logging.getLogger(__name__)
SIZE = 15  # px of a displayed formula


@lru_cache(maxsize=128)
def formula_svg(latex: str, px: int, colour: str) -> bytes:
    """Return the formula as SVG in ``colour``, ``b""`` where it cannot be typeset."""
    from ziamath.config import config
    from ziamath.zmath import Latex

    config.svg2 = False  # QSvgRenderer draws no <use> of <symbol>
    try:
        return str(Latex(latex, size=px, color=colour).svg()).encode()
    except Exception as error:  # any mistake in a formula; the text stands in for it
        log.warning("formula %r could not be typeset: %s", latex, error)
        return b""


def formula_renderer(latex: str, px: int = SIZE, colour: str = "") -> QSvgRenderer | None:
    """Return what draws the formula, in the colour of ink unless told; None where it cannot be typeset."""
    svg = formula_svg(latex, px, colour or theme.tokens().ink)
    return QSvgRenderer(QByteArray(svg)) if svg else None


class FormulaLabel(QWidget):
    """A displayed formula, centred or at the left, made smaller where the column is too narrow."""

    def __init__(self, px: int = SIZE, *, centred: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("formula")
        self._px, self._centred = px, centred
        self._latex = ""
        self._drawn: QSvgRenderer | None = None
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setSizePolicy(policy)
        theme.watcher.changed.connect(self._draw_anew)

    def show_formula(self, latex: str) -> None:
        """Show a formula, "" shows nothing and takes no room."""
        if latex != self._latex:
            self._latex = latex
            self._draw_anew()
        self.setVisible(bool(latex))

    def sizeHint(self) -> QSize:
        if self._drawn is None:
            return QSize(0, 20 if self._latex else 0)
        size = self._drawn.defaultSize()
        scale = min(1.0, self.width() / max(1, size.width())) if self.width() > 40 else 1.0
        return QSize(size.width(), round(size.height() * scale))

    def resizeEvent(self, event: object) -> None:
        self.updateGeometry()
        self.setFixedHeight(self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._drawn is None:
            painter.setFont(theme.font(13, italic=True))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._latex)
            return
        size = self._drawn.defaultSize()
        scale = min(1.0, self.width() / max(1, size.width()), self.height() / max(1, size.height()))
        width, height = size.width() * scale, size.height() * scale
        left = (self.width() - width) / 2 if self._centred else 0.0
        self._drawn.render(painter, QRectF(left, (self.height() - height) / 2, width, height))

    def _draw_anew(self) -> None:
        self._drawn = formula_renderer(self._latex, self._px) if self._latex else None
        self.setAccessibleName(self._latex)
        self.setFixedHeight(max(1, self.sizeHint().height()))
        self.update()


_INDEXED = re.compile(r"([^\W\d_])_\{?(\w+)\}?")


def rich(text: str) -> str:
    """Return plain text as rich text: ``*x_k*`` becomes an italic x with a lowered k, backquotes go away."""
    parts = html.escape(text, quote=False).replace("`", "").split("*")
    for index in range(1, len(parts), 2):
        if index + 1 < len(parts):  # a lone star stays a star
            lowered = _INDEXED.sub(r"\1<sub>\2</sub>", parts[index])
            parts[index] = f"<i>{lowered}</i>"
        else:
            parts[index] = "*" + parts[index]
    return "".join(parts)


def paragraphs(docstring: str) -> tuple[str, ...]:
    """Return the paragraphs of a docstring, each on one line."""
    blocks = re.split(r"\n\s*\n", inspect.cleandoc(docstring or ""))
    return tuple(" ".join(block.split()) for block in blocks if block.strip())
