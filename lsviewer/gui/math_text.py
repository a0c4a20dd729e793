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
LINE_GAP = 4
HIGHEST = 7  # times the size: no formula of one line is higher
TALLEST = 8  # lines; a formula higher than that has gone wrong


@lru_cache(maxsize=256)
def formula_svg(latex: str, px: int, colour: str) -> bytes:
    """Return the formula as SVG in ``colour``, ``b""`` where it cannot be typeset."""
    from ziamath.config import config
    from ziamath.zmath import Latex

    config.svg2 = False  # QSvgRenderer draws no <use> of <symbol>
    try:
        made = Latex(latex, size=px, color=colour)
        if made.getsize()[1] > HIGHEST * px:
            # ziamath 0.13 lets the fences of \left( \sum_i ... \right) grow to 2000 px
            made = Latex(_GROWING.sub(r"\1", latex), size=px, color=colour)
        return str(made.svg()).encode()
    except Exception as error:  # any mistake in a formula; the text stands in for it
        log.warning("formula %r could not be typeset: %s", latex, error)
        return b""


def formula_renderer(latex: str, px: int = SIZE, colour: str = "") -> QSvgRenderer | None:
    """Return what draws the formula, in the colour of ink unless told; None where it cannot be typeset."""
    svg = formula_svg(latex, px, colour or theme.tokens().ink)
    if not svg:
        return None
    drawn = QSvgRenderer(QByteArray(svg))
    drawn.setViewBox(drawn.viewBoxF().adjusted(-1, 0, 2, 0))  # slanted letters hang over the box ziamath gives them
    return drawn


def formula_lines(latex: str, px: int, width: int, colour: str = "") -> list[QSvgRenderer]:
    """Return the formula in as few lines as fit into ``width``, parted only where it says ``\\qquad``; one too wide stays so."""
    parts = [part.strip() for part in latex.split(r"\qquad")]
    lines: list[QSvgRenderer] = []
    while parts:
        for count in range(len(parts), 0, -1):
            line = formula_renderer(r" \qquad ".join(parts[:count]), px, colour)
            if line is None:
                return []
            if count == 1 or line.defaultSize().width() <= width:
                lines.append(line)
                parts = parts[count:]
                break
    return lines


class FormulaLabel(QWidget):
    """A displayed formula, centred or at the left, in several lines and smaller where the column is too narrow."""

    def __init__(self, px: int = SIZE, *, centred: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("formula")
        self._px, self._centred = px, centred
        self._latex = ""
        self._made: dict[int, list[QSvgRenderer]] = {}  # by width
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        theme.watcher.changed.connect(self._draw_anew)

    def show_formula(self, latex: str) -> None:
        """Show a formula, "" shows nothing and takes no room."""
        if latex != self._latex:
            self._latex = latex
            self._draw_anew()
        self.setVisible(bool(latex))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        if not self._latex:
            return 0
        lines = self._lines(width)
        return round(sum(height for _, height in _sizes(lines, width))) + LINE_GAP * (len(lines) - 1) if lines else 20

    def sizeHint(self) -> QSize:
        return QSize(200, self.heightForWidth(max(self.width(), 100)))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        lines = self._lines(self.width())
        if not lines:
            painter.setFont(theme.font(13, italic=True))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._latex)
            return
        top = 0.0
        for line, (width, height) in zip(lines, _sizes(lines, self.width()), strict=True):
            left = (self.width() - width) / 2 if self._centred else 0.0
            line.render(painter, QRectF(left, top, width, height))
            top += height + LINE_GAP

    def _lines(self, width: int) -> list[QSvgRenderer]:
        if width not in self._made:
            if len(self._made) > 8:  # widths of a drag
                self._made.clear()
            self._made[width] = formula_lines(self._latex, self._px, width) if self._latex else []
        return self._made[width]

    def _draw_anew(self) -> None:
        self._made.clear()
        self.setAccessibleName(self._latex)
        self.updateGeometry()
        self.update()


def _sizes(lines: list[QSvgRenderer], room: int) -> list[tuple[float, float]]:
    """Return width and height of each line, scaled down to ``room``."""
    sizes = [line.defaultSize() for line in lines]
    scales = [min(1.0, room / max(1, size.width())) for size in sizes]
    return [(size.width() * scale, size.height() * scale) for size, scale in zip(sizes, scales, strict=True)]


_GROWING = re.compile(r"\\(?:left|right)\b\s*(\\?.)")
_INDEXED = re.compile(r"([^\W\d_])_(?:\{([^{}]+)\}|(\w+))")
_BARE = re.compile(r"(?<![\w.'])([^\W\d_])_(?:\{([^{}]+)\}|(\d{1,3}|min|max|[^\W\d_]))(?!\w|\.\w)")
_LOWERED = r"\1<sub>\2\3</sub>"


def rich(text: str) -> str:
    """Return plain text as rich text: ``*x_k*`` becomes an italic x with a lowered k, as ``F_1`` and
    ``W_{k+2}`` do without stars; backquotes go away."""
    parts = text.replace("`", "").split("*")
    if len(parts) < 3 and not _BARE.search(text):
        return "*".join(parts)  # without a tag Qt would show &lt; as it stands
    parts = [html.escape(part, quote=False) for part in parts]
    for index, part in enumerate(parts):
        starred = index % 2 == 1 and index + 1 < len(parts)  # a lone star stays a star
        star = "*" if index % 2 == 1 and not starred else ""
        lowered = _INDEXED.sub(_LOWERED, part) if starred else _BARE.sub(f"<i>{_LOWERED}</i>", part)
        parts[index] = f"<i>{lowered}</i>" if starred else star + lowered
    return "".join(parts)


def paragraphs(docstring: str) -> tuple[str, ...]:
    """Return the paragraphs of a docstring, each on one line."""
    blocks = re.split(r"\n\s*\n", inspect.cleandoc(docstring or ""))
    return tuple(" ".join(block.split()) for block in blocks if block.strip())
