"""The list of experiments."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from lsviewer.gui.panels.library import Library
from tests.gui import showroom


def make(qtbot: QtBot, *, filled: bool = True) -> Library:
    library = Library()
    qtbot.addWidget(library)
    library.resize(320, 400)
    library.show()
    if filled:
        library.show_groups(showroom.GROUPS, "theorem1", {"theorem1": 7, "plane": 1})
    return library


def visible(library: Library) -> list[str]:
    return [paper.child(i).text(0) for paper in library.tree.groups() if not paper.isHidden()
            for i in range(paper.childCount()) if not paper.child(i).isHidden()]  # fmt: skip


def test_before_the_engine_is_there_it_says_so(qtbot: QtBot) -> None:
    library = make(qtbot, filled=False)
    assert not library.tree.isVisible()
    library.show_groups(showroom.GROUPS)
    assert library.tree.isVisible()


def test_showing_the_selected_kind_says_nothing(qtbot: QtBot) -> None:
    library = make(qtbot)
    with qtbot.assertNotEmitted(library.chosen):
        library.show_groups(showroom.GROUPS, "plane", {})
    assert library.tree.selectedItems()[0].text(0) == showroom.PLANE.title


def test_arrows_choose_another_kind(qtbot: QtBot) -> None:
    library = make(qtbot)
    with qtbot.waitSignal(library.chosen, check_params_cb=lambda kind: kind == "implicit_activation"):
        qtbot.keyClick(library.tree, Qt.Key.Key_Down)


def test_a_click_on_a_paper_folds_it_and_chooses_nothing(qtbot: QtBot) -> None:
    library = make(qtbot)
    paper = library.tree.groups()[0]
    with qtbot.assertNotEmitted(library.chosen):
        place = library.tree.visualItemRect(paper).center()
        qtbot.mouseClick(library.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert not paper.isExpanded()


def test_the_filter_hides_what_does_not_match_and_the_papers_left_empty(qtbot: QtBot) -> None:
    library = make(qtbot)
    field = library.findChild(QLineEdit, "library-filter")
    qtbot.keyClicks(field, "plane")
    assert visible(library) == [showroom.PLANE.title]
    field.clear()
    assert len(visible(library)) == 3


def test_return_in_the_filter_chooses_the_first_found(qtbot: QtBot) -> None:
    library = make(qtbot)
    qtbot.keyClicks(library.filter, "plane")
    with qtbot.waitSignal(library.chosen, check_params_cb=lambda kind: kind == "plane"):
        qtbot.keyClick(library.filter, Qt.Key.Key_Return)


def test_words_of_a_kind(qtbot: QtBot) -> None:
    library = make(qtbot)
    assert library.item("theorem1") is showroom.THEOREM_1
    assert library.item("nothing") is None
