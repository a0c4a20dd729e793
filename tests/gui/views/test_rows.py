"""One row of a section at a time: slider, keys and the linked cursor stand at the same point of the path."""

import time

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lsviewer.core.artifacts import Artifact, Axis, Curve, Mark, Section, Trajectory
from lsviewer.gui import theme
from lsviewer.gui.board import Board
from lsviewer.gui.views.rows import Rows
from lsviewer.gui.views.surface import Surface

ARC = np.linspace(0.0, 5.0, 11)
PATH = Trajectory("path", "", np.stack([ARC - 2.5, 0.1 * (ARC - 2.5) ** 2], axis=1), section="plane")
SECTION = Section(
    "predictions",
    (Axis("arc length", ARC), Axis("data point", np.linspace(1, 3, 21))),
    np.outer(ARC, np.linspace(-1, 1, 21)),
    marks=(Mark((0.0, 2.0), "2"),),
    follows="path",
)
GRID = np.linspace(-3, 3, 9)
PLANE = Section("plane", (Axis("a", GRID), Axis("b", GRID)), np.add.outer(GRID, GRID))


@pytest.fixture
def view(qtbot: QtBot, qapp: QApplication) -> Rows:
    theme.apply(qapp, "light")
    made = Rows()
    qtbot.addWidget(made)
    made.resize(480, 260)
    made.show()
    qtbot.waitExposed(made)
    made.show_artifact(SECTION)
    made.show_artifact(PATH)
    return made


def test_only_sections_that_follow_a_path_are_shown() -> None:
    assert Rows.can_show(SECTION)
    assert not Rows.can_show(PLANE) and not Rows.can_show(Curve("loss", "", "", "", ()))


def test_the_slider_moves_the_cursor_along_the_path_and_redraws(view: Rows, qtbot: QtBot) -> None:
    before = view.grab().toImage()
    with qtbot.waitSignal(view.cursor_moved) as moved:
        view.slider.setValue(7)
    assert moved.args[0] == pytest.approx(tuple(PATH.points[7]))
    assert view.row == 7 and view.grab().toImage() != before


def test_keys_walk_and_stop_at_the_ends(view: Rows) -> None:
    walk = ((Qt.Key.Key_Right, 1), (Qt.Key.Key_End, 10), (Qt.Key.Key_Right, 10), (Qt.Key.Key_Left, 9))
    for key, row in (*walk, (Qt.Key.Key_Home, 0)):
        QTest.keyClick(view, key)
        assert view.row == view.slider.value() == row


def test_the_cursor_of_the_map_brings_its_nearest_point(view: Rows, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(view.cursor_moved):
        view.set_cursor((PATH.points[4][0] + 0.05, PATH.points[4][1] - 0.1))
    assert view.row == 4
    view.set_cursor((1.0,))  # of a section with other axes
    assert view.row == 4


def test_a_step_is_drawn_within_50_ms(view: Rows) -> None:
    times = []
    for row in range(10):
        began = time.process_time()
        view.show_row(row)
        view.repaint()
        times.append(time.process_time() - began)
    assert np.median(times) < 0.05


@pytest.mark.parametrize("order", [(PATH, PLANE, SECTION), (PLANE, SECTION, PATH)])
def test_the_board_hands_a_path_to_its_section_whenever_it_comes(qtbot: QtBot, order: tuple[Artifact, ...]) -> None:
    board = Board()
    qtbot.addWidget(board)
    board.resize(900, 600)
    for artifact in order:
        board.show_artifact(artifact)
    (rows,) = [found for found in board.views() if isinstance(found, Rows)]
    (surface,) = [found for found in board.views() if isinstance(found, Surface)]
    assert rows.path is PATH and surface.path is PATH
