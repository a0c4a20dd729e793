"""The first page."""

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage, QPainter
from PySide6.QtWidgets import QAbstractButton, QApplication, QPushButton
from pytestqt.qtbot import QtBot

from lsviewer.gui.examples import EXAMPLES, GROUPS, Example
from lsviewer.gui.thumbnails import is_known, paint_thumbnail
from lsviewer.gui.welcome import RecentRow, Welcome


@pytest.fixture
def welcome(qtbot: QtBot) -> Welcome:
    page = Welcome()
    qtbot.addWidget(page)
    page.resize(1440, 824)
    page.show()
    return page


def shown(page: Welcome) -> list[Example]:
    return [card.example for card in page.gallery.cards if card.isVisible()]


@pytest.mark.parametrize(
    ("name", "signal"),
    [("welcome-draw", "new_drawing"), ("welcome-project", "new_project"), ("welcome-open", "open_asked")],
)
def test_each_button_asks_for_one_thing(welcome: Welcome, qtbot: QtBot, name: str, signal: str) -> None:
    with qtbot.waitSignal(getattr(welcome, signal)):
        qtbot.mouseClick(welcome.findChild(QPushButton, name), Qt.MouseButton.LeftButton)


def test_one_click_opens_an_example(welcome: Welcome, qtbot: QtBot) -> None:
    with qtbot.waitSignal(welcome.example_chosen, check_params_cb=lambda example: example is EXAMPLES[0]):
        qtbot.mouseClick(welcome.gallery.cards[0], Qt.MouseButton.LeftButton)


def test_return_opens_an_example_too(welcome: Welcome, qtbot: QtBot) -> None:
    with qtbot.waitSignal(welcome.example_chosen, check_params_cb=lambda example: example is EXAMPLES[1]):
        qtbot.keyClick(welcome.gallery.cards[1], Qt.Key.Key_Return)


@pytest.mark.parametrize("group", [value for value, _ in GROUPS if value != "all"])
def test_the_filter_keeps_one_group_and_all_brings_the_rest_back(welcome: Welcome, qtbot: QtBot, group: str) -> None:
    segment = welcome.gallery.filter.findChild(QAbstractButton, f"segment-{group}")
    qtbot.mouseClick(segment, Qt.MouseButton.LeftButton)
    assert shown(welcome) and {example.group for example in shown(welcome)} == {group}
    qtbot.mouseClick(welcome.gallery.filter.findChild(QAbstractButton, "segment-all"), Qt.MouseButton.LeftButton)
    assert len(shown(welcome)) == len(EXAMPLES)


@pytest.mark.parametrize("width", [1040, 1440, 1920])
def test_cards_fill_the_width_in_columns_without_overlap(welcome: Welcome, width: int) -> None:
    welcome.resize(width, 800)
    cards = [card.geometry() for card in welcome.gallery.cards]
    assert all(not a.intersects(b) for i, a in enumerate(cards) for b in cards[i + 1 :])
    assert max(card.right() for card in cards) <= welcome.gallery.width() - 34


def test_recent_projects_that_are_gone_are_left_out(welcome: Welcome, qtbot: QtBot, tmp_path: Path) -> None:
    here = tmp_path / "cat.lsv"
    here.touch()
    welcome.show_recent([here, tmp_path / "gone.lsv"])
    rows = [row for row in welcome.findChildren(RecentRow) if not row.isHidden() and row.parent()]
    assert len(rows) == 1
    with qtbot.waitSignal(welcome.recent_chosen, check_params_cb=lambda path: path == here):
        qtbot.mouseClick(rows[0], Qt.MouseButton.LeftButton)


def test_a_dropped_file_is_taken(welcome: Welcome, qtbot: QtBot, tmp_path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "cat.png")), QUrl("https://example.org/cat.png")])
    button, keys, copy = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction
    # Qt hands a drop only to a widget that has taken the drag before
    QApplication.sendEvent(welcome.drop_zone, QDragEnterEvent(QPoint(5, 5), copy, data, button, keys))
    event = QDropEvent(QPointF(5, 5), copy, data, button, keys)
    with qtbot.waitSignal(welcome.dropped, check_params_cb=lambda paths: paths == [tmp_path / "cat.png"]):
        QApplication.sendEvent(welcome.drop_zone, event)


def test_the_engine_bar_goes_when_the_engine_is_there(welcome: Welcome) -> None:
    welcome.show_engine("Preparing the engine", 0.4)
    bar = welcome._engine
    assert bar.isVisible()
    welcome.show_engine("", 1.0)
    assert not bar.isVisible()


def test_pictures_come_after_the_page_stands(welcome: Welcome, qtbot: QtBot) -> None:
    assert not any(card.has_picture for card in welcome.gallery.cards)
    welcome.gallery.show_pictures()
    qtbot.waitUntil(lambda: all(card.has_picture for card in welcome.gallery.cards))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.picture)
def test_every_example_has_a_picture_of_its_own(example: Example, qapp: QApplication) -> None:
    assert is_known(example.picture)
    image = QImage(160, 70, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    paint_thumbnail(painter, image.rect().toRectF(), example.picture, example.crop)
    painter.end()
    colours = {image.pixel(x, y) for x in range(0, 160, 4) for y in range(0, 70, 4)}
    assert len(colours) >= 2


def test_examples_are_recipes_that_can_be_opened() -> None:
    from lsviewer.experiments import from_json

    for example in EXAMPLES:
        assert from_json(example.recipe, example.title).model_dump()["kind"] == example.recipe["kind"]


def test_titles_and_sentences_are_short_and_calm() -> None:
    for example in EXAMPLES:
        assert len(example.title) <= 36 and len(example.sentence) <= 54
        assert example.sentence.endswith(".") and "!" not in example.title + example.sentence
