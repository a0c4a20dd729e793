"""Cards, chips, labels, banners and tabs: the small parts of the frame."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QFontMetrics
from PySide6.QtWidgets import QLabel, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from lsviewer.core.claims import Verdict
from lsviewer.gui import theme
from lsviewer.gui.banner import Banner
from lsviewer.gui.card import Card
from lsviewer.gui.chip import SHAPES, Chip, CountChip
from lsviewer.gui.labels import ElidedLabel, EmptyPage, label
from lsviewer.gui.tabs_card import TabsCard


def buttons(card: Card) -> list[str]:
    return [button.accessibleName() for button in card.findChildren(QToolButton) if button.isVisibleTo(card)]


def test_a_card_shows_at_most_three_buttons_and_the_last_is_the_menu(qtbot: QtBot) -> None:
    card = Card("Section", QLabel("body"))
    qtbot.addWidget(card)
    one, two = QAction("Cursor", card), QAction("Cube", card)
    card.set_actions([one], [QAction("Levels…", card)])
    assert set(buttons(card)) == {"Cursor", "Give this card the whole centre", "More for section"}
    card.set_actions([one, two], [])
    assert len(buttons(card)) == 3  # maximise has gone into the menu
    card.set_actions([], [])
    assert len(buttons(card)) == 1


def test_the_title_and_its_context_name_the_card(qtbot: QtBot) -> None:
    card = Card("Section")
    qtbot.addWidget(card)
    card.set_context("run 7, 61 %")
    assert card.accessibleName() == "Section, run 7, 61 %"
    assert card.title == "Section"


def test_maximise_asks_with_the_card(qtbot: QtBot) -> None:
    card = Card("Section")
    qtbot.addWidget(card)
    with qtbot.waitSignal(card.maximise_asked, check_params_cb=lambda asked: asked is card):
        card.findChild(QToolButton, "maximise").click()


def test_verdicts_have_shapes_of_their_own(qtbot: QtBot) -> None:
    assert len(set(SHAPES.values())) == len(Verdict)
    for verdict in Verdict:
        chip = Chip(verdict)
        qtbot.addWidget(chip)
        chip.resize(chip.sizeHint())
        assert chip.grab().toImage().pixelColor(chip.width() // 2, 1).name().upper() == getattr(
            theme.tokens(), f"{verdict.value}_tint"
        )


def test_a_count_says_what_it_counts(qtbot: QtBot) -> None:
    chip = CountChip(Verdict.NOT_APPLICABLE, 3)
    qtbot.addWidget(chip)
    assert chip.accessibleName() == "3 not applicable"


def test_a_cut_label_tells_the_whole_in_its_tooltip(qtbot: QtBot) -> None:
    cut = ElidedLabel("a context that is much too long for its place")
    qtbot.addWidget(cut)
    cut.resize(60, 20)
    cut.show()
    assert cut.toolTip() == cut.text()
    cut.resize(800, 20)
    assert cut.toolTip() == ""


def test_a_paragraph_needs_no_width_of_its_own(qtbot: QtBot) -> None:
    words = label("one two three four five six seven eight nine ten", wrap=True)
    qtbot.addWidget(words)
    assert words.minimumSizeHint().width() == 0
    assert words.heightForWidth(60) > words.heightForWidth(400)


def test_an_empty_page_says_what_is_missing(qtbot: QtBot) -> None:
    page = EmptyPage("cube", "No OpenGL here", "The 3D view needs OpenGL 2.1.", QPushButton("Copy diagnostics"))
    qtbot.addWidget(page)
    assert page.accessibleName() == "No OpenGL here"
    assert page.findChild(QPushButton) is not None


def test_a_banner_goes_with_its_answer(qtbot: QtBot) -> None:
    banner, answers = Banner(), []
    qtbot.addWidget(banner)
    banner.ask(
        "lecture.lsv was not closed properly.",
        [("Discard", lambda: answers.append("no")), ("Restore", lambda: answers.append("yes"))],
    )
    assert banner.isVisible()
    restore = next(button for button in banner.findChildren(QPushButton) if button.text() == "Restore")
    assert restore.property("primary") is True
    qtbot.mouseClick(restore, Qt.MouseButton.LeftButton)
    assert answers == ["yes"] and not banner.isVisible()


def test_tabs_keep_the_page_on_top_when_another_comes_before_it(qtbot: QtBot) -> None:
    empty = QLabel("nothing")
    tabs = TabsCard(empty)
    qtbot.addWidget(tabs)
    tabs.show()
    assert empty.isVisible()
    curves, numbers = QWidget(), QWidget()
    tabs.add_page("numbers", "Numbers", numbers)
    tabs.add_page("curves", "Curves", curves, before="numbers")
    assert tabs.keys() == ("curves", "numbers") and tabs.current == "numbers" and numbers.isVisible()
    tabs.show_page("curves")
    assert curves.isVisible() and not numbers.isVisible()
    assert tabs.take_page("curves") is curves
    assert tabs.current == "numbers"
    tabs.take_page("numbers")
    assert tabs.current == "" and empty.isVisible()


def test_a_bold_tab_is_not_cut(qtbot: QtBot) -> None:
    tabs = TabsCard(QLabel())
    qtbot.addWidget(tabs)
    tabs.add_page("implicit", "Implicit activation", QWidget())
    assert tabs.bar.tabRect(0).width() > QFontMetrics(theme.font(13, 600)).horizontalAdvance("Implicit activation")


def test_a_title_without_room_ends_in_an_ellipsis_and_is_whole_in_its_tip(qtbot: QtBot) -> None:
    words = "Loss on the plane through both ends and the middle of the path"
    card = Card(words, QLabel("body"))
    qtbot.addWidget(card)
    card.resize(300, 200)
    card.show()
    title = next(found for found in card.findChildren(ElidedLabel) if found.text() == words)
    assert title.toolTip() == words and card.title == words
    card.resize(900, 200)
    qtbot.waitUntil(lambda: title.toolTip() == "")
