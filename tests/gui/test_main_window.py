"""The window as a whole: what gives way, what is folded, what the keyboard reaches. Invented content, real widgets."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QImage, QKeySequence
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from lsviewer.gui import theme
from lsviewer.gui.command_search import Command, CommandSearch
from lsviewer.gui.desk import squares_height
from lsviewer.gui.help import HelpDialog, help_page, topic_for
from lsviewer.gui.left_side import shares
from lsviewer.gui.main_window import MainWindow
from lsviewer.gui.preferences import Preferences
from lsviewer.gui.studio import COMPACT_WIDTH, WIDTH
from tests.gui import showroom


@pytest.fixture
def window(qapp: QApplication, qtbot: QtBot) -> Iterator[MainWindow]:
    theme.apply(qapp, "light")
    made = showroom.make_window(surface=QWidget())
    qtbot.addWidget(made)
    made.resize(1920, 1080)
    made.show()
    showroom.fill(made)
    yield made
    theme.apply(qapp, "light")


def colours(image: QImage) -> set[str]:
    return {
        image.pixelColor(x, y).name().upper() for x in range(0, image.width(), 7) for y in range(0, image.height(), 7)
    }


# -- what gives way ------------------------------------------------------------------------------------------------------


def test_a_wide_window_shows_both_sides(window: MainWindow) -> None:
    studio = window.studio
    assert not studio.left.is_compact and not studio.right.is_compact
    assert (studio.left.width(), studio.right.width()) == (WIDTH, WIDTH)


def test_a_narrow_window_folds_list_and_claims_and_keeps_squares_form_and_progress(window: MainWindow) -> None:
    window.resize(1280, 720)
    studio = window.studio
    assert studio.left.is_compact and studio.right.is_compact
    assert studio.left.width() == COMPACT_WIDTH
    assert all(card.isVisible() for card in studio.desk.squares)
    assert studio.left.setup.isVisible() and studio.desk.runs.isVisible()
    assert studio.right.rail.isVisible() and not studio.right.panel.isVisible()


@pytest.mark.parametrize("size", [(1920, 1080), (1440, 900), (1280, 720), (1040, 640)])
def test_nothing_on_the_desk_overlaps_or_leaves_it(window: MainWindow, size: tuple[int, int]) -> None:
    window.resize(*size)
    desk = window.studio.desk
    parts = [*desk.squares, desk.tabs, desk.findChild(QWidget, "card-runs")]
    rects = [part.geometry() for part in parts]
    assert all(not a.intersects(b) for i, a in enumerate(rects) for b in rects[i + 1 :])
    assert all(desk.rect().contains(rect) for rect in rects)


def test_the_tabs_take_the_whole_centre_and_give_it_back(window: MainWindow) -> None:
    desk = window.studio.desk
    before = desk.tabs.height()
    button = desk.tabs.findChild(QToolButton, "maximise-tabs")
    button.click()
    assert desk.tabs.height() > 2 * before and not any(card.isVisible() for card in desk.squares)
    assert button.accessibleName() == "Give the space back"
    button.click()
    assert desk.tabs.height() == before and all(card.isVisible() for card in desk.squares)


@pytest.mark.parametrize("size", [(1920, 1080), (1440, 900), (1280, 720), (1040, 640)])
def test_the_top_bar_keeps_menus_verbs_and_search_apart(
    window: MainWindow, size: tuple[int, int], qtbot: QtBot
) -> None:
    window.resize(*size)
    QApplication.sendPostedEvents()  # a field that changed its width is laid out in the next round
    bar = window.top_bar
    parts = [bar.findChild(QWidget, "search-button"), *(b for b in bar.findChildren(QToolButton) if b.isVisible())]
    rects = [part.rect().translated(part.mapTo(bar, part.rect().topLeft())) for part in parts]
    assert [(a, b) for i, a in enumerate(rects) for b in rects[i + 1 :] if a.intersects(b)] == []


def test_the_three_cards_of_a_desk_have_one_size(window: MainWindow) -> None:
    widths = {card.width() for card in window.studio.desk.squares}
    assert max(widths) - min(widths) <= 1
    assert len({card.height() for card in window.studio.desk.squares}) == 1


def test_the_window_does_not_get_smaller_than_it_works(window: MainWindow) -> None:
    window.resize(300, 200)
    assert (window.width(), window.height()) == (1040, 640)


def test_squares_keep_their_foot_only_where_the_tabs_have_room() -> None:
    high, low = squares_height(416, 900), squares_height(416, 560)
    assert high == 40 + 10 + (416 - 98) + 40 + 128
    assert low <= 560 - 150 - 8
    assert squares_height(1200, 500) == 500 - 150 - 8  # very wide cards do not push the tabs out


def test_the_set_up_keeps_its_least_height() -> None:
    for height in (700, 824, 1004):
        library, statement = shares(height, 700, 400)
        assert height - library - statement >= 300
        assert library >= 140 and statement >= 120


# -- folding, maximising, layout -------------------------------------------------------------------------------------------


def test_the_sides_fold_and_unfold_by_keyboard_and_the_menu_says_so(window: MainWindow, qtbot: QtBot) -> None:
    assert window.table["toggle_library"].isChecked()
    window.table["toggle_library"].trigger()
    assert window.studio.left.is_compact and not window.table["toggle_library"].isChecked()
    window.table["toggle_claims"].trigger()
    assert window.studio.right.is_compact


def test_claims_slide_over_a_narrow_window_and_go_with_escape(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1280, 720)
    studio = window.studio
    studio.set_motion(False)
    qtbot.mouseClick(studio.right.rail, Qt.MouseButton.LeftButton)
    assert studio.right.panel.isVisible()
    qtbot.keyClick(studio, Qt.Key.Key_Escape)
    assert not studio.right.panel.isVisible() and studio.right.rail.isVisible()
    qtbot.mouseClick(studio.right.rail, Qt.MouseButton.LeftButton)
    window.resize(1920, 1080)  # the panel finds its way home
    assert studio.right.panel.isVisible() and studio.right.panel.parent() is studio.right


def test_the_list_opens_from_the_chooser_and_returns(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1280, 720)
    left = window.studio.left
    qtbot.mouseClick(left.findChild(QWidget, "chooser-button"), Qt.MouseButton.LeftButton)
    assert left.library.isVisible()
    with qtbot.waitSignal(left.library.chosen):
        left.library.tree.setCurrentItem(left.library.tree.groups()[1].child(0))
    assert not left.library.isVisible()
    window.resize(1920, 1080)
    assert left.library.isVisible() and left.library.parent() is left


def test_a_card_takes_the_centre_and_gives_it_back(window: MainWindow) -> None:
    desk = window.studio.desk
    before = desk.section.geometry()
    desk.section.findChild(QToolButton, "maximise").click()
    assert desk.section.isVisible() and not desk.pattern.isVisible() and not desk.tabs.isVisible()
    assert desk.section.width() > 2.9 * before.width()
    assert desk.runs.isVisible()  # progress never goes
    desk.section.findChild(QToolButton, "maximise").click()
    assert desk.section.geometry() == before and desk.pattern.isVisible()


def test_layout_survives_a_restart_and_reset_takes_it_back(window: MainWindow, qtbot: QtBot) -> None:
    studio, settings = window.studio, QSettings()
    studio._grips[0].dragged.emit(60)
    studio.toggle_right()
    studio.save_layout(settings)
    again = showroom.make_window(surface=QWidget())
    qtbot.addWidget(again)
    again.resize(1920, 1080)
    again.show()
    showroom.fill(again)
    assert again.studio.left.width() == WIDTH + 60 and again.studio.right.is_compact
    again.reset_layout()
    assert again.studio.left.width() == WIDTH and not again.studio.right.is_compact


def test_nonsense_in_the_stored_layout_is_ignored(window: MainWindow) -> None:
    settings = QSettings()
    settings.setValue("layout/left", "wide")
    settings.setValue("layout/right", 99999)
    window.studio.restore_layout(settings)
    assert window.studio.left.width() == WIDTH
    assert window.studio.right.width() <= 480


# -- the two faces of the centre ------------------------------------------------------------------------------------------


def test_an_experiment_without_a_pattern_has_the_whole_centre(window: MainWindow) -> None:
    window.show_experiment(showroom.PLANE)
    desk = window.studio.desk
    assert desk.board.isVisible() and not any(card.isVisible() for card in desk.squares)
    shown = [b.text() for b in window.top_bar.findChildren(QToolButton) if b.isVisible() and b.property("verb")]
    assert shown == ["Run", "Verify", "Export"]


def test_the_board_gives_each_artifact_a_card_and_refines_it_in_place(window: MainWindow) -> None:
    window.show_experiment(showroom.SIGMA)
    board = window.studio.desk.board
    loss, psnr = showroom.curves()
    board.show_artifact(loss, "run 3")
    board.show_artifact(psnr, "run 3")
    before = board.cards()
    board.show_artifact(loss, "run 4")
    assert board.cards() == before
    assert [card.accessibleName() for card in before] == [f"{loss.title}, run 4", f"{psnr.title}, run 3"]
    assert not before[0].geometry().intersects(before[1].geometry())
    board.clear()
    assert board.cards() == ()


def test_more_cards_than_can_be_read_are_scrolled_and_one_alone_fills_the_board(window: MainWindow) -> None:
    window.resize(1280, 720)
    window.show_experiment(showroom.SIGMA)
    board = window.studio.desk.board
    for index in range(9):
        board.show_artifact(replace(showroom.curves()[0], name=f"loss {index}"), "run 1")
    cards = board.cards()
    assert min(card.height() for card in cards) >= 150
    assert max(card.geometry().bottom() for card in cards) > board.height()
    assert max(card.geometry().right() for card in cards) < board.width() - 10  # beside the scroll bar
    board.maximise(cards[4])
    assert cards[4].size() == board.size() and not cards[0].isVisible()
    board.maximise(None)
    assert cards[0].isVisible()
    window.resize(1920, 1900)
    assert max(card.geometry().bottom() for card in cards) < board.height()


def test_tabs_are_refreshed_only_while_somebody_looks(window: MainWindow) -> None:
    tabs = window.studio.desk.artifact_tabs
    assert [view.objectName() for view in tabs.views()] == ["view-loss", "view-psnr"]
    tabs.clear()
    assert window.studio.desk.tabs.keys() == ("numbers",)


# -- search, help, colours -------------------------------------------------------------------------------------------------


def test_the_command_search_offers_actions_and_what_others_bring(window: MainWindow, qtbot: QtBot) -> None:
    performed: list[str] = []
    window.add_commands(lambda: [Command("Heart", lambda: performed.append("heart"), "Gallery")])
    window.table["search_commands"].trigger()
    search = window.findChild(CommandSearch)
    assert search.isVisible()
    assert "Search commands" not in [command.text for command in search.found]
    qtbot.keyClicks(search.field, "heart")
    qtbot.keyClick(search.field, Qt.Key.Key_Return)
    assert performed == ["heart"]


def test_help_explains_the_part_in_use_and_lists_every_shortcut(window: MainWindow) -> None:
    topic = topic_for(window.studio.right.panel.findChild(QLabel))
    page = help_page(topic, showroom.THEOREM_1, list(window.table))
    assert topic.title == "Claims" and "Every low-dimensional pattern" in page
    for spec in window.table:
        if spec.shortcut:
            assert (
                QKeySequence(spec.shortcut).toString(QKeySequence.SequenceFormat.NativeText).replace("<", "&lt;")
                in page
            )


def test_f1_opens_the_help(window: MainWindow, qtbot: QtBot) -> None:
    window.help()
    dialog = window.findChild(HelpDialog)
    assert dialog.isVisible() and "Shortcuts" in dialog.text.toPlainText()
    dialog.close()


def test_about_names_version_and_licences(window: MainWindow) -> None:
    window.about()
    dialog = window.findChild(QWidget, "about-dialog")
    words = " ".join(found.text() for found in dialog.findChildren(QLabel))
    assert "Version" in words and "BSD-3-Clause" in words
    dialog.close()


def test_the_switch_asks_for_the_other_colours(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.colours_asked, check_params_cb=lambda mode: mode == "dark"):
        qtbot.mouseClick(window.top_bar.findChild(QToolButton, "theme-button"), Qt.MouseButton.LeftButton)


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720)])
def test_dark_leaves_no_light_ground_anywhere(window: MainWindow, size: tuple[int, int]) -> None:
    window.resize(*size)
    window.take_preferences(Preferences(colours="dark"))
    left = colours(window.grab().toImage()) & {theme.LIGHT.panel, theme.LIGHT.window, theme.LIGHT.sunken}
    # white is also the top of the grey map; nowhere else may a light ground be left
    sides = [window.studio.left, window.studio.right, window.top_bar, window.bottom_bar, window.studio.desk.tabs]
    for side in sides:
        assert not colours(side.grab().toImage()) & {theme.LIGHT.panel, theme.LIGHT.window, theme.LIGHT.sunken}, (
            side.objectName()
        )
    assert left <= {theme.LIGHT.panel}


def test_every_button_has_a_name_and_can_be_reached_without_a_mouse(window: MainWindow) -> None:
    nameless = [
        button.objectName()
        for kind in (QPushButton, QToolButton)
        for button in window.findChildren(kind)
        if button.isVisible()
        and not isinstance(button.parent(), QLineEdit)
        and not (button.accessibleName() or button.text())
    ]
    assert nameless == []


def test_the_banner_takes_a_row_and_gives_it_back(window: MainWindow, qtbot: QtBot) -> None:
    height = window.studio.height()
    window.ask("lecture-03-cat.lsv was not closed properly.", [("Discard", lambda: None)])
    qtbot.waitUntil(lambda: window.studio.height() < height)
    window.banner.dismiss()
    qtbot.waitUntil(lambda: window.studio.height() == height)


def test_the_title_marks_unsaved_work(window: MainWindow) -> None:
    window.show_title("cat", clean=False)
    assert window.isWindowModified() and "cat" in window.windowTitle()
    window.show_title("", clean=True)
    assert window.windowTitle() == "lsviewer" and not window.isWindowModified()


def test_the_bottom_bar_shows_what_it_is_given(window: MainWindow) -> None:
    window.bottom_bar.show_left(("α = (0.10, 0.20)",))
    words = [found.text() for found in window.bottom_bar.findChildren(QLabel) if not found.isHidden()]
    assert "α = (0.10, 0.20)" in words and "L = 2.9929" not in words
