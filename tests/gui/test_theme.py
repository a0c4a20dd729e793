"""Colours, type and icons: readable in both modes, the same everywhere, and ready to change at run time."""

from dataclasses import fields

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QFontInfo, QImage
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from lsviewer.gui import theme
from lsviewer.gui.theme import DARK, LIGHT, Tokens


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.1."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def colours_in(image: QImage) -> set[str]:
    return {image.pixelColor(x, y).name().upper() for x in range(image.width()) for y in range(image.height())
            if image.pixelColor(x, y).alpha() == 255}  # fmt: skip


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["panel", "window", "sunken"])
@pytest.mark.parametrize("ink", ["ink", "ink2", "ink3", "accent"])
def test_text_is_readable_on_every_ground(tokens: Tokens, ground: str, ink: str) -> None:
    assert contrast(getattr(tokens, ink), getattr(tokens, ground)) >= 4.5


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("verdict", ["holds", "fails", "undecided", "not_applicable"])
def test_verdicts_are_readable_on_their_tints(tokens: Tokens, verdict: str) -> None:
    assert contrast(getattr(tokens, verdict), getattr(tokens, f"{verdict}_tint")) >= 4.5


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_the_style_sheet_has_no_open_names_and_no_colour_of_its_own(tokens: Tokens) -> None:
    sheet = theme.style_sheet(tokens)
    known = {getattr(tokens, field.name) for field in fields(Tokens)}
    words = sheet.replace(";", " ").replace(",", " ").split()
    assert "$" not in sheet
    assert {word for word in words if word.startswith("#") and len(word) == 7 and word[1:].isalnum()
            and all(c in "0123456789ABCDEF" for c in word[1:])} <= known  # fmt: skip


def test_fonts_come_with_lsviewer_in_three_weights(qapp: QApplication) -> None:
    theme.apply(qapp, "light")
    widths = {weight: QFontInfo(theme.font(13, weight)) for weight in (400, 500, 600)}
    assert {info.family() for info in widths.values()} == {"Inter"}
    assert [info.weight() for info in widths.values()] == [400, 500, 600]


def test_apply_tells_and_changes_what_is_looked_up(qapp: QApplication, qtbot: QtBot) -> None:
    theme.apply(qapp, "light")
    with qtbot.waitSignal(theme.watcher.changed):
        theme.apply(qapp, "dark")
    assert theme.tokens() is DARK
    assert qapp.palette().window().color().name().upper() == DARK.panel
    theme.apply(qapp, "light")


def test_an_icon_follows_the_colours_without_being_set_again(qapp: QApplication) -> None:
    theme.apply(qapp, "light")
    icon = theme.icon("check-circle", "ink")
    assert LIGHT.ink in colours_in(icon.pixmap(QSize(64, 64)).toImage())
    theme.apply(qapp, "dark")
    assert DARK.ink in colours_in(icon.pixmap(QSize(64, 64)).toImage())
    theme.apply(qapp, "light")


def test_an_unknown_icon_is_refused(qapp: QApplication) -> None:
    with pytest.raises(Exception, match="no-such-icon"):
        theme.pixmap("no-such-icon")


def test_a_primary_button_is_filled_with_the_accent(qapp: QApplication, qtbot: QtBot) -> None:
    theme.apply(qapp, "light")
    button = QPushButton("Plant")
    button.setProperty("primary", True)
    qtbot.addWidget(button)
    button.resize(120, 32)
    assert button.grab().toImage().pixelColor(8, 16).name().upper() == LIGHT.accent
