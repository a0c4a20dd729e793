"""How the window looks: colours, type, icons, and the one style sheet of the application.

Everything grey here is chrome; the mathematics brings its own colours (`colormaps`). Colours are looked up when something is
painted, never kept: `watcher.changed` says when they are others.
"""

import importlib.util
import json
import logging
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QFontMetrics,
    QGuiApplication,
    QIcon,
    QIconEngine,
    QPainter,
    QPalette,
    QPixmap,
)
from PySide6.QtWidgets import QApplication, QWidget

from lsviewer.resources import path as resource

if TYPE_CHECKING:
    import qtawesome  # noqa: F401 - never imported, see `_phosphor`; named here so that packagers take its fonts along

log = logging.getLogger(__name__)
Mode = Literal["light", "dark", "system"]
STYLE = Path(__file__).parent / "style"
FAMILY = "Inter"
FONT_FILES = ("Inter-Regular.otf", "Inter-Medium.otf", "Inter-SemiBold.otf", "Inter-Italic.otf")


@dataclass(frozen=True, slots=True)
class Tokens:
    """The colours of one mode, as ``#RRGGBB``. Text colours have a contrast of 4.5 or more on panel, window and sunken."""

    name: Literal["light", "dark"]
    window: str  # gaps between cards, nothing else
    panel: str  # side panels, cards, bars, plot and 3D background
    sunken: str  # hover, opened claim, segmented track, tolerance band
    line: str  # hairlines between regions
    grid: str  # plot grid
    border: str  # fields, quiet buttons, axes
    ink: str  # values and titles
    ink2: str  # labels, ticks
    ink3: str  # hints, dates
    accent: str  # primary button, selection, series 1, focus
    on: str  # text on accent
    soft: str  # selected row
    hover: str  # the primary button under the mouse
    orange: str  # series 2, in plots on panel only
    zero: str  # bars of eigenvalues counted as zero
    holds: str
    holds_tint: str
    fails: str
    fails_tint: str
    undecided: str
    undecided_tint: str
    not_applicable: str
    not_applicable_tint: str

    @property
    def is_dark(self) -> bool:
        """Whether these are the colours of the dark mode."""
        return self.name == "dark"

    def color(self, token: str) -> QColor:
        """Return the colour of a token by its name."""
        return QColor(getattr(self, token))


LIGHT = Tokens(
    name="light", window="#F2F3F6", panel="#FFFFFF", sunken="#EDEFF3", line="#DFE3E8", grid="#E9ECF0", border="#B4BCC7",
    ink="#1A1F27", ink2="#4D5665", ink3="#646D7B", accent="#3457D5", on="#FFFFFF", soft="#E7ECFB", hover="#2A49BC",
    orange="#B4510B", zero="#767F8D", holds="#17683A", holds_tint="#E1F2E7", fails="#A8231C", fails_tint="#FBE6E4",
    undecided="#7A5200", undecided_tint="#FAEFD3", not_applicable="#4D5665", not_applicable_tint="#E9ECF0",
)  # fmt: skip
DARK = Tokens(
    name="dark", window="#121519", panel="#1A1E24", sunken="#242931", line="#2B313A", grid="#252A32", border="#4A5361",
    ink="#E6E9EE", ink2="#ABB3BF", ink3="#8D96A4", accent="#92AAFF", on="#10131A", soft="#262F4C", hover="#A9BCFF",
    orange="#F0A35E", zero="#7C8594", holds="#86D6A1", holds_tint="#1A3225", fails="#FFA199", fails_tint="#42211F",
    undecided="#EBC372", undecided_tint="#382E17", not_applicable="#ABB3BF", not_applicable_tint="#2A3038",
)  # fmt: skip


class Watcher(QObject):
    """Holds which colours are in use and says when they change."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.mode: Mode = "light"
        self.tokens = LIGHT
        self._follows = False

    def follow_system(self) -> None:
        """Listen to the desktop's colour scheme, once."""
        if not self._follows:  # a unique connection is not to be had from Python (PySide 6.11)
            self._follows = True
            QGuiApplication.styleHints().colorSchemeChanged.connect(self._system_changed)

    def _system_changed(self) -> None:
        app = QApplication.instance()
        if self.mode == "system" and isinstance(app, QApplication) and _system_is_dark() != self.tokens.is_dark:
            apply(app, "system")


watcher = Watcher()


def tokens() -> Tokens:
    """Return the colours in use now."""
    return watcher.tokens


def apply(app: QApplication, mode: Mode) -> None:
    """Dress the application: fonts, Fusion, palette, style sheet. ``system`` follows the desktop's colour scheme."""
    _load_fonts()
    if app.style().objectName() != "fusion":
        app.setStyle("Fusion")
    watcher.follow_system()
    watcher.mode = mode
    watcher.tokens = DARK if mode == "dark" or (mode == "system" and _system_is_dark()) else LIGHT
    app.setFont(font(13))
    app.setPalette(_palette(watcher.tokens))
    app.setStyleSheet(style_sheet(watcher.tokens))
    watcher.changed.emit()


def _system_is_dark() -> bool:
    return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark


def style_sheet(colours: Tokens) -> str:
    """Return the one style sheet, with the colours of a mode filled in."""
    names = {field.name: getattr(colours, field.name) for field in fields(colours)}
    return Template((STYLE / "app.qss").read_text("utf-8")).substitute(names, icons=(STYLE / colours.name).as_posix())


def _palette(t: Tokens) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for which, token in {
        role.Window: "panel", role.Base: "panel", role.AlternateBase: "sunken", role.Button: "panel", role.WindowText: "ink",
        role.Text: "ink", role.ButtonText: "ink", role.BrightText: "ink", role.PlaceholderText: "ink3", role.Highlight: "accent",
        role.HighlightedText: "on", role.ToolTipBase: "panel", role.ToolTipText: "ink", role.Link: "accent",
        role.Accent: "accent", role.LinkVisited: "accent", role.Light: "panel", role.Midlight: "sunken", role.Mid: "border",
        role.Dark: "border", role.Shadow: "line",
    }.items():  # fmt: skip
        palette.setColor(which, t.color(token))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, t.color("ink3"))
    return palette


# -- type ------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _load_fonts() -> None:
    # Static files: with the variable one setWeight drew everything regular (Qt 6.11).
    for name in FONT_FILES:
        QFontDatabase.addApplicationFont(str(resource("fonts", name)))


def font(px: int = 13, weight: int = 400, italic: bool = False, tabular: bool = False) -> QFont:
    """Return Inter at ``px`` pixels; weight 400, 500 (numbers) or 600 (titles); ``tabular`` gives digits one width."""
    made = QFont(FAMILY)
    made.setPixelSize(px)
    made.setWeight(QFont.Weight(weight))
    made.setItalic(italic)
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    if tabular:
        made.setFeature(QFont.Tag("tnum"), 1)
    return made


# -- icons -----------------------------------------------------------------------------------------------------------


def icon(name: str, token: str = "ink2", on: str = "accent") -> QIcon:
    """Return the Phosphor icon ``name`` in the colour of a token, ``on`` when checked; it follows a change of colours."""
    _glyph(name)  # an unknown name fails here, not in the middle of painting
    return QIcon(_IconEngine(name, token, on))


def pixmap(name: str, token: str = "ink2", size: int = 16, ratio: float = 2.0) -> QPixmap:
    """Return the icon as it looks now; for labels, which keep what they are given."""
    return icon(name, token).pixmap(QSize(size, size), ratio)


class _IconEngine(QIconEngine):
    """Draws a glyph in the colour that its token has at that moment, so icons need no care when colours change."""

    def __init__(self, name: str, token: str, on: str) -> None:
        super().__init__()
        self._name, self._token, self._on = name, token, on

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        token = self._on if state == QIcon.State.On else self._token
        paint_icon(painter, QRectF(rect), self._name, token, 0.45 if mode == QIcon.Mode.Disabled else 1.0)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        drawn = QPixmap(size)
        drawn.fill(Qt.GlobalColor.transparent)
        painter = QPainter(drawn)
        self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, state)
        painter.end()
        return drawn


def paint_icon(painter: QPainter, rect: QRectF, name: str, token: str = "ink2", opacity: float = 1.0) -> None:
    """Paint a Phosphor icon centred in ``rect``; an unknown one is logged and leaves its place empty."""
    try:
        glyph, family = _glyph(name)
    except KeyError as error:  # an exception in the middle of a paint would take the window with it
        log.error("%s", error)
        return
    side = min(rect.width(), rect.height())
    face = QFont(family)
    face.setPixelSize(max(1, round(side)))
    face.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    painter.save()
    painter.setOpacity(painter.opacity() * opacity)
    painter.setPen(tokens().color(token))
    painter.setFont(face)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, glyph)
    painter.restore()


def _glyph(name: str) -> tuple[str, str]:
    """Return the character of an icon and the family that has it; raises KeyError when there is no such icon."""
    family, characters = _phosphor()
    if name not in characters:
        raise KeyError(f"no Phosphor icon {name!r}")
    return characters[name], family


@lru_cache(maxsize=1)
def _phosphor() -> tuple[str, dict[str, str]]:
    """Return family and characters of the Phosphor font in qtawesome.

    Read from its folder without importing it: the import loads a dozen other icon fonts, 0.3 s before the first page stands.
    """
    spec = importlib.util.find_spec("qtawesome")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "fonts"
    font_id = QFontDatabase.addApplicationFont(str(next(folder.glob("phosphor-*.ttf"))))
    codes = json.loads(next(folder.glob("phosphor-charmap-*.json")).read_text("utf-8"))
    return QFontDatabase.applicationFontFamilies(font_id)[0], {name: chr(int(code, 16)) for name, code in codes.items()}


# -- small things every room needs -----------------------------------------------------------------------------------


def set_property(widget: QWidget, name: str, value: object) -> None:
    """Set a dynamic property the style sheet looks at, and let the widget be styled anew when it changed."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)
        widget.update()


def elided(text: str, face: QFont, width: int) -> str:
    """Return ``text`` cut with an ellipsis to ``width`` pixels."""
    return QFontMetrics(face).elidedText(text, Qt.TextElideMode.ElideRight, width)


def paint_focus(painter: QPainter, rect: QRectF, radius: float = 4.0) -> None:
    """Paint the focus ring: 2 px accent inside ``rect``, so that nothing moves."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = painter.pen()
    pen.setColor(tokens().color("accent"))
    pen.setWidthF(2.0)
    pen.setStyle(Qt.PenStyle.SolidLine)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), radius, radius)
    painter.restore()
