"""The first page."""

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage, QPainter
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from lsviewer.gui.example_gallery import lay_out, neighbour
from lsviewer.gui.examples import EXAMPLES, SHELVES, Example, Shelf, records
from lsviewer.gui.recent_row import RecentRow
from lsviewer.gui.thumbnails import paint_thumbnail
from lsviewer.gui.welcome import Welcome

SLOWEST_S = 60.0  # an example is something to look at, not to wait for


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


@pytest.mark.parametrize("shelf", SHELVES, ids=lambda shelf: shelf.key)
def test_the_filter_keeps_one_paper_and_all_brings_the_rest_back(welcome: Welcome, qtbot: QtBot, shelf: Shelf) -> None:
    segment = welcome.gallery.filter.findChild(QAbstractButton, f"segment-{shelf.key}")
    qtbot.mouseClick(segment, Qt.MouseButton.LeftButton)
    assert shown(welcome) == list(shelf.examples)
    qtbot.mouseClick(welcome.gallery.filter.findChild(QAbstractButton, "segment-all"), Qt.MouseButton.LeftButton)
    assert shown(welcome) == list(EXAMPLES)


def test_words_find_cards_in_any_order_and_return_opens_the_first(welcome: Welcome, qtbot: QtBot) -> None:
    qtbot.keyClicks(welcome.gallery.search, "minima cooper")
    found = shown(welcome)
    assert found and all("minima" in f"{e.title} {e.sentence}".lower() and "Cooper" in e.source for e in found)
    with qtbot.waitSignal(welcome.example_chosen, check_params_cb=lambda example: example is found[0]):
        qtbot.keyClick(welcome.gallery.search, Qt.Key.Key_Return)
    qtbot.keyClick(welcome.gallery.search, Qt.Key.Key_Escape)
    assert shown(welcome) == list(EXAMPLES)


def test_a_search_without_a_find_says_so(welcome: Welcome, qtbot: QtBot) -> None:
    qtbot.keyClicks(welcome.gallery.search, "zebra")
    assert not shown(welcome)
    said = [words.text() for words in welcome.gallery.findChildren(QLabel) if words.isVisible()]
    assert any("zebra" in words for words in said)
    with qtbot.assertNotEmitted(welcome.example_chosen):
        qtbot.keyClick(welcome.gallery.search, Qt.Key.Key_Return)


def test_arrows_walk_over_the_cards_and_keep_the_one_in_focus_in_sight(welcome: Welcome, qtbot: QtBot) -> None:
    welcome.activateWindow()
    welcome.gallery.search.setFocus()
    qtbot.keyClick(welcome.gallery.search, Qt.Key.Key_Down)
    cards = welcome.gallery.cards
    qtbot.waitUntil(cards[0].hasFocus)
    qtbot.keyClick(cards[0], Qt.Key.Key_Right)
    assert cards[1].hasFocus()
    here = cards[1]
    for _ in range(30):  # more rows than there are
        qtbot.keyClick(here, Qt.Key.Key_Down)
        here = next(card for card in cards if card.hasFocus())
        where = here.visibleRegion().boundingRect()
        assert where.height() == here.height()
    assert here.geometry().bottom() > cards[0].geometry().bottom()
    assert all(card.geometry().top() <= here.geometry().top() for card in cards)  # the last row
    for _ in range(30):
        if not here.hasFocus():
            break
        qtbot.keyClick(here, Qt.Key.Key_Up)
        here = next((card for card in cards if card.hasFocus()), here)
    assert welcome.gallery.search.hasFocus()


def test_an_arrow_goes_to_the_nearest_of_the_next_row_and_nowhere_at_the_ends() -> None:
    places = lay_out([4, 2], 900)
    cards = [rect for shelf in places.cards for rect in shelf]
    assert [rect.top() == cards[0].top() for rect in cards] == [True] * 3 + [False] * 3  # rows: 3, 1, 2
    assert neighbour(cards, 2, 0, 1) == 3 and neighbour(cards, 3, 0, 1) == 4 and neighbour(cards, 5, 0, -1) == 3
    assert neighbour(cards, 1, 1, 0) == 2 and neighbour(cards, 0, -1, 0) is None and neighbour(cards, 5, 0, 1) is None


@pytest.mark.parametrize("width", [1040, 1280, 1440, 1920])
def test_cards_fill_the_width_in_columns_without_overlap(welcome: Welcome, width: int) -> None:
    welcome.resize(width, 800)
    cards = [card.geometry() for card in welcome.gallery.cards]
    assert all(not a.intersects(b) for i, a in enumerate(cards) for b in cards[i + 1 :])
    assert width - 360 - 90 <= max(card.right() for card in cards) <= welcome.gallery.width() - 34
    assert not welcome.gallery.page.horizontalScrollBar().isVisible()
    assert welcome.gallery.search.geometry().right() < welcome.gallery.width()
    assert welcome.gallery.filter.geometry().right() < welcome.gallery.width()


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


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_every_example_was_recorded_quick_enough_and_with_a_picture(example: Example, qapp: QApplication) -> None:
    record = records.read(example)
    assert record is not None, f'run: python3 scripts/record_examples.py "{example.title}"'
    assert 0 <= record.seconds <= SLOWEST_S
    image = QImage(160, 70, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    paint_thumbnail(painter, image.rect().toRectF(), example)
    painter.end()
    colours = {image.pixel(x, y) for x in range(0, 160, 2) for y in range(0, 70, 2)}
    assert len(colours) >= 2


def test_no_record_is_left_of_an_example_that_is_gone() -> None:
    assert {file.stem for file in records.FOLDER.iterdir()} == {example.name for example in EXAMPLES}
    images = {file.stem for file in records.FOLDER.glob("*.png")}
    assert images == {example.name for example in EXAMPLES if (record := records.read(example)) and record.image}


def test_durations_are_rounded_up_so_that_no_card_promises_too_much() -> None:
    assert [records.duration(s) for s in (0.0, 0.9, 1.1, 37.6, 61.0, 89.9, 90.0, 130.0)] == [
        "1 s", "1 s", "2 s", "38 s", "61 s", "90 s", "2 min", "3 min"]  # fmt: skip


def test_examples_are_recipes_that_can_be_opened() -> None:
    from lsviewer.experiments import from_json

    for example in EXAMPLES:
        assert from_json(example.recipe, example.title).model_dump()["kind"] == example.recipe["kind"]


def test_every_experiment_has_an_example() -> None:
    from lsviewer.core.experiment import kind_of
    from lsviewer.experiments import EXPERIMENTS

    assert {kind_of(kind) for kind in EXPERIMENTS} <= {example.recipe["kind"] for example in EXAMPLES}


def test_an_example_stands_on_the_shelf_of_its_experiments_paper() -> None:
    from lsviewer.experiments import find

    papers = {shelf.key: {find(example.recipe["kind"]).paper for example in shelf.examples} for shelf in SHELVES}
    for key, beginning in (
        ("czarnecki", ("Czarnecki", "Skorokhodov")),
        ("cooper", "Cooper"),
        ("nguyen_hein", "Nguyen"),
    ):
        assert all(paper.startswith(beginning) for paper in papers[key]), papers[key]


def test_titles_are_different_and_words_are_short_and_calm() -> None:
    assert len({example.name for example in EXAMPLES}) == len(EXAMPLES)
    for example in EXAMPLES:
        assert len(example.title) <= 36 and len(example.sentence) <= 60
        assert example.sentence.endswith(".") and "!" not in example.title + example.sentence
