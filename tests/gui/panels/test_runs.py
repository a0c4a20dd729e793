"""The rows of the runs."""

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QProgressBar, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from lsviewer.gui.panels.runs import ROW, RunRow, RunsPanel, sorted_rows
from tests.gui import showroom


def make(qtbot: QtBot, rows: tuple[RunRow, ...] = showroom.RUNS) -> RunsPanel:
    panel = RunsPanel()
    qtbot.addWidget(panel)
    panel.resize(900, 160)
    panel.show()
    panel.show_rows(rows)
    return panel


def row_of(panel: RunsPanel, number: int) -> QWidget:
    return next(
        child
        for child in panel.findChildren(QWidget)
        if child.accessibleName().startswith(f"Run {number},") and child.height() == ROW
    )


def button(row: QWidget, name: str) -> QToolButton:
    return next(found for found in row.findChildren(QToolButton, name))


def test_rows_that_stay_are_changed_in_place(qtbot: QtBot) -> None:
    panel = make(qtbot)
    before = row_of(panel, 7)
    panel.show_rows((replace(showroom.RUNS[0], fraction=0.8), *showroom.RUNS[1:]))
    assert row_of(panel, 7) is before
    assert before.findChild(QProgressBar).value() == 800


def test_a_row_that_ends_turns_into_its_result(qtbot: QtBot) -> None:
    panel = make(qtbot)
    done = replace(showroom.RUNS[0], state="done", text="75.2 dB", clock="14:04")
    panel.show_rows((done,))
    row = row_of(panel, 7)
    assert not row.findChild(QProgressBar).isVisible()
    assert panel.rows() == (done,)


def test_pause_resume_and_cancel_name_the_run(qtbot: QtBot) -> None:
    panel = make(qtbot)
    with qtbot.waitSignal(panel.pause_asked, check_params_cb=lambda run: run == "r7"):
        button(row_of(panel, 7), "pause").click()
    panel.show_rows((replace(showroom.RUNS[0], state="paused"),))
    with qtbot.waitSignal(panel.resume_asked, check_params_cb=lambda run: run == "r7"):
        button(row_of(panel, 7), "pause").click()
    with qtbot.waitSignal(panel.cancel_asked, check_params_cb=lambda run: run == "r7"):
        button(row_of(panel, 7), "cancel").click()


def test_a_click_on_a_row_chooses_the_run(qtbot: QtBot) -> None:
    panel = make(qtbot)
    with qtbot.waitSignal(panel.chosen, check_params_cb=lambda run: run == "r6"):
        qtbot.mouseClick(row_of(panel, 6), Qt.MouseButton.LeftButton)


def test_a_failure_offers_its_way_out(qtbot: QtBot) -> None:
    panel = make(qtbot, showroom.MIXED_RUNS)
    way_out = row_of(panel, 7).findChild(QPushButton, "remedy")
    assert way_out.text() == "Use grid 64" and not way_out.isHidden()
    with qtbot.waitSignal(panel.remedy_asked, check_params_cb=lambda run: run == "r7"):
        way_out.click()


def test_percentages_stand_in_one_column(qtbot: QtBot) -> None:
    panel = make(qtbot)
    edges = {button(row_of(panel, number), "pause").x() for number in (7, 8, 6)}
    assert len(edges) == 1


def test_the_order_is_running_then_waiting_then_ended_newest_first() -> None:
    rows = [RunRow(f"r{n}", n, "", state) for n, state in
            ((1, "done"), (2, "failed"), (3, "running"), (4, "queued"), (5, "queued"), (6, "paused"))]  # fmt: skip
    assert [row.number for row in sorted_rows(rows)] == [6, 3, 4, 5, 2, 1]


def test_height_for_a_limit(qtbot: QtBot) -> None:
    panel = make(qtbot)
    assert panel.height_for(1) < panel.height_for(3) == panel.height_for(9)
    panel.show_rows(())
    assert panel.height_for(3) == panel.height_for(1)
