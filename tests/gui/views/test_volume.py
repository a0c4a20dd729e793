"""Three slices of a volume, by their pixels and with a real mouse. Peaks lie off the middle: each axis has its own place."""

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSlider
from pytestqt.qtbot import QtBot

from lsviewer.core.artifacts import Axis, Mark, Section
from lsviewer.gui import colormaps, theme
from lsviewer.gui.views import views_for
from lsviewer.gui.views.volume import Volume
from lsviewer.gui.views.volume_layout import arrange
from tests.gui.mouse import move

SIZE = (416, 504)
PEAK = (12, 4, 8)  # of 17 points an axis: 0.75, 0.25, 0.5
AXIS = np.linspace(0.0, 1.0, 17)


def section(**more: object) -> Section:
    """A narrow hill at `PEAK`."""
    grid = np.meshgrid(*[np.arange(17)] * 3, indexing="ij")
    values = np.exp(-sum((axis - at) ** 2 for axis, at in zip(grid, PEAK)) / 4.0)
    axes = tuple(Axis(name, AXIS) for name in ("α₁", "α₂", "α₃"))
    return Section("section", axes, values, **more)  # type: ignore[arg-type]


@pytest.fixture
def view(qtbot: QtBot, qapp: QApplication) -> Volume:
    theme.apply(qapp, "light")
    made = Volume()
    qtbot.addWidget(made)
    made.resize(*SIZE)
    made.show()
    qtbot.waitExposed(made)
    made.show_artifact(section())
    return made


def middle_of(pane: int) -> QPointF:
    return QPointF(arrange(*SIZE).panes[pane].square.center())


def light(image: QImage, at: QPointF) -> int:
    colour = QColor(image.pixel(at.toPoint()))
    return colour.red() + colour.green() + colour.blue()


def test_a_section_with_three_axes_is_a_volume_and_others_are_not() -> None:
    assert views_for(section())[0] is Volume
    axes = (Axis("α₁", AXIS), Axis("α₂", AXIS))
    assert not Volume.can_show(Section("flat", axes, np.zeros((17, 17))))
    with pytest.raises(TypeError, match="three axes"):
        Volume().show_artifact(Section("flat", axes, np.zeros((17, 17))))


@pytest.mark.parametrize("pane", [0, 1, 2])
def test_every_slice_shows_the_peak_where_its_two_axes_say(view: Volume, pane: int) -> None:
    peak = tuple(float(AXIS[k]) for k in PEAK)
    view.cut_at(peak)
    image = view.render_image(*SIZE)
    found = arrange(*SIZE).panes[pane]
    x, y = peak[found.right], peak[found.up]
    square = found.square
    # beside the lines of the other slices, which go through the peak itself
    there = QPointF(square.left() + x * square.width() + 3, square.bottom() - y * square.height() + 3)
    away = QPointF(square.left() + (1 - x) * square.width() * 0.9 + 3, square.top() + y * square.height() + 9)
    high = colormaps.table("lipari")[-1, :3].astype(int).sum()
    assert light(image, there) > 0.75 * high
    assert light(image, away) < 0.35 * high


def test_a_slice_beside_the_peak_is_dark_everywhere_and_shares_the_colours(view: Volume) -> None:
    view.cut_at((0.75, 0.25, 1.0))  # α₃ at the far end
    square = arrange(*SIZE).panes[0].square
    image = view.render_image(*SIZE)
    there = QPointF(square.left() + 0.75 * square.width() + 3, square.bottom() - 0.25 * square.height() + 3)
    low = colormaps.table("lipari")[0, :3].astype(int).sum()
    assert light(image, there) == low
    assert view.limits == pytest.approx((0, 1), abs=1e-6)


def test_hovering_moves_the_cursor_in_all_three_coordinates_and_leaves_the_slices(view: Volume, qtbot: QtBot) -> None:
    view.cut_at((0.25, 0.75, 0.5))
    with qtbot.waitSignal(view.cursor_moved) as moved:
        move(view, middle_of(2).toPoint())  # right: α₁, up: α₃
    assert moved.args[0] == pytest.approx((0.5, 0.75, 0.5), abs=0.01)
    assert view.place == (0.25, 0.75, 0.5)
    with qtbot.waitSignal(view.cursor_moved) as moved:
        move(view, middle_of(2).toPoint() * 0)
    assert moved.args == [None]


def test_a_click_cuts_there_and_pins_and_escape_frees(view: Volume, qtbot: QtBot) -> None:
    view.cut_at((0.25, 0.25, 0.25))
    square = arrange(*SIZE).panes[1].square  # right: α₃, up: α₂
    at = square.topLeft() + (square.center() - square.topLeft()) / 2
    with qtbot.waitSignal(view.cursor_pinned) as pinned:
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    assert pinned.args[0] == (0.25, 0.75, 0.25)
    assert view.place == (0.25, 0.75, 0.25)
    move(view, middle_of(0).toPoint())
    assert view.cursor_position == (0.25, 0.75, 0.25)
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert view.cursor_position is None and not view.cursor_is_pinned


def test_dragging_takes_the_other_two_slices_along(view: Volume, drag: Callable[..., None]) -> None:
    view.cut_at((0.0, 0.0, 0.5))
    square = arrange(*SIZE).panes[0].square
    drag(view, square.center(), square.topRight())
    assert view.place == (1.0, 1.0, 0.5)


def test_a_drag_past_the_edge_stays_in_the_volume(view: Volume, drag: Callable[..., None]) -> None:
    square = arrange(*SIZE).panes[2].square
    drag(view, square.center(), square.bottomLeft() - square.bottomRight() * 2)
    assert view.place[0] == 0.0 and 0.0 <= view.place[2] <= 1.0


def test_the_wheel_turns_pages_through_the_slice_under_it(view: Volume, wheel: Callable[..., None]) -> None:
    view.cut_at((0.5, 0.5, 0.5))
    wheel(view, middle_of(1), 120)  # cuts α₁
    assert view.place == (0.5625, 0.5, 0.5)
    for _ in range(4):
        wheel(view, middle_of(0), -30)  # a touchpad: four small turns are one page of α₃
    assert view.place == (0.5625, 0.5, 0.4375)


def test_arrows_move_in_the_slice_and_page_keys_through_it(view: Volume) -> None:
    view.cut_at((0.5, 0.5, 0.5))
    move(view, middle_of(2).toPoint())
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_PageDown):
        QTest.keyClick(view, key)
    assert view.place == (0.5625, 0.4375, 0.625)
    QTest.keyClick(view, Qt.Key.Key_0)
    assert view.place == (0.5, 0.5, 0.5)


def test_a_slider_moves_its_slice_and_follows_it(view: Volume) -> None:
    slider = view.findChild(QSlider, "volume_slice_3")
    slider.setFocus()
    view.cut_at((0.5, 0.5, 0.5))
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert view.place == (0.5, 0.5, 0.5625)
    view.cut_at((0.5, 0.5, 0.0))
    assert slider.value() == 0


def test_a_slider_takes_a_pinned_cursor_along(view: Volume, qtbot: QtBot) -> None:
    view.set_cursor((0.5, 0.5, 0.5), pinned=True)
    slider = view.findChild(QSlider, "volume_slice_1")
    with qtbot.waitSignal(view.cursor_moved) as moved:
        slider.setValue(16)
    assert moved.args[0] == (1.0, 0.5, 0.5)


def test_a_pinned_cursor_from_elsewhere_moves_the_slices_and_a_passing_one_does_not(view: Volume) -> None:
    view.cut_at((0.5, 0.5, 0.5))
    view.set_cursor((0.25, 0.25, 0.25))
    assert view.place == (0.5, 0.5, 0.5)
    view.set_cursor((0.25, 0.25, 0.25), pinned=True)
    assert view.place == (0.25, 0.25, 0.25)


def test_a_cursor_of_a_plane_is_not_taken(view: Volume) -> None:
    view.set_cursor((0.25, 0.25), pinned=True)
    assert view.cursor_position is None
    view.grab()


def test_the_status_reads_the_value_and_the_mark(view: Volume, qtbot: QtBot) -> None:
    place = tuple(float(AXIS[k]) for k in PEAK)
    view.show_artifact(section(marks=(Mark(place, "highest", "point"),)))
    with qtbot.waitSignal(view.status) as status:
        view.set_cursor(place)
    assert status.args[0].startswith("α = (0.75, 0.25, 0.50)")
    assert status.args[0].endswith("highest") and "L = 1.0000" in status.args[0]


def test_a_mark_is_drawn_on_the_slices_it_lies_on() -> None:
    marked = section(marks=(Mark((0.75, 0.25, 0.5), "highest", "point"),))
    panes = arrange(*SIZE).panes
    assert [len(pane.marks(marked, (0.75, 0.0, 0.5))) for pane in panes] == [1, 1, 0]
    assert panes[1].marks(marked, (0.75, 0.0, 0.5))[0].position == (0.5, 0.25)


def test_state_comes_back_and_nonsense_is_ignored(view: Volume) -> None:
    view.set_options(mode="error", colour_map="viridis", marks=False)
    kept = view.state()
    other = Volume()
    other.restore(kept)
    assert other.state() == kept
    other.restore({"mode": 7, "colour_map": "purple", "levels": "?"})
    assert other.state()["mode"] == "loss" and other.state()["colour_map"] == colormaps.LOSS
    other.deleteLater()


def test_refinement_keeps_the_place_and_other_axes_start_in_the_middle(view: Volume) -> None:
    view.cut_at((0.25, 0.0, 1.0))
    view.show_artifact(section())
    assert view.place == (0.25, 0.0, 1.0)
    axes = tuple(Axis(name, np.linspace(-1, 1, 5)) for name in "abc")
    view.show_artifact(Section("other", axes, np.random.default_rng(0).random((5, 5, 5))))
    assert view.place == (0.0, 0.0, 0.0)


def test_axes_of_different_lengths_holes_and_flat_volumes_are_drawn(view: Volume) -> None:
    axes = (
        Axis("a", np.linspace(0, 1, 4)),
        Axis("b", np.array([0, 0.1, 0.5, 1, 2.0])),
        Axis("c", np.linspace(0, 1, 9)),
    )
    values = np.full((4, 5, 9), 2.5)
    view.show_artifact(Section("flat", axes, values))
    view.grab()
    values = values.copy()
    values[1:3, :2] = np.nan
    view.show_artifact(Section("holes", axes, values))
    image = view.render_image(*SIZE)
    assert image.width() == SIZE[0]
    view.clear()
    assert view.position_at(middle_of(0)) is None
    view.grab()


@pytest.mark.parametrize("size", [(416, 504), (900, 300), (1000, 760), (230, 300), (160, 120)])
def test_slices_do_not_overlap_and_share_their_axis(size: tuple[int, int]) -> None:
    arrangement = arrange(*size)
    first, second, third = (pane.square for pane in arrangement.panes)
    assert not first.intersects(second) and not first.intersects(third) and not second.intersects(third)
    assert first.size() == second.size() == third.size()
    assert second.top() == first.top()  # α₂ goes up in both
    assert third.top() == first.top() or third.left() == first.left()  # beside, or below with α₁ shared
    if size[0] > 400:
        assert not any(pane.square.intersects(arrangement.controls) for pane in arrangement.panes)


def test_it_paints_into_a_figure(view: Volume) -> None:
    image = QImage(600, 600, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    view.paint_to(painter, QRectF(50, 50, 500, 500))
    painter.end()
    assert QColor(image.pixel(20, 20)) == QColor("white")
    square = arrange(500, 500).panes[0].square
    low = QColor(*colormaps.table("lipari")[0, :3].tolist())
    assert QColor(image.pixel(square.left() + 55, square.top() + 55)) == low


def test_the_menu_changes_what_is_shown(view: Volume, qtbot: QtBot) -> None:
    view.show_artifact(section(target=section().values * 0.5))
    show = next(action for action in view.menu_actions() if action.text() == "Show")
    with qtbot.waitSignal(view.state_changed):
        next(action for action in show.menu().actions() if action.data() == "error").trigger()
    assert view.state()["mode"] == "error"
    assert view.limits == pytest.approx((-0.5, 0.5), abs=1e-3)
