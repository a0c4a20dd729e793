"""The map of a section, by its pixels and with a real mouse. Patterns are asymmetric: one corner tells axes and signs apart."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lsviewer.core.artifacts import Axis, Mark, Section
from lsviewer.gui import colormaps, theme
from lsviewer.gui.square import foot_rect, square_rect
from lsviewer.gui.views import views_for
from lsviewer.gui.views.heatmap import Heatmap
from lsviewer.gui.views.levels import Levels, LevelsDialog
from lsviewer.gui.views.map_foot import error_words
from lsviewer.gui.views.readout import sentence
from tests.gui.mouse import move

SIZE = (416, 504)


def section(n: int = 33, *, peak: tuple[int, int] = (24, 4), name: str = "section", **more: object) -> Section:
    """A narrow hill right and low: at alpha = peak / (n - 1)."""
    i, j = np.meshgrid(np.arange(n), np.arange(n), indexing="ij")
    values = np.exp(-((i - peak[0]) ** 2 + (j - peak[1]) ** 2) / 8.0)
    axis = np.linspace(0.0, 1.0, n)
    return Section(name, (Axis("α₁", axis), Axis("α₂", axis)), values, **more)  # type: ignore[arg-type]


@pytest.fixture
def view(qtbot: QtBot, qapp: QApplication) -> Heatmap:
    theme.apply(qapp, "light")
    made = Heatmap()
    qtbot.addWidget(made)
    made.resize(*SIZE)
    made.set_options(contours=False)
    made.show()
    qtbot.waitExposed(made)
    return made


def brightest(image: QImage) -> QPoint:
    """The lightest pixel inside the square."""
    square = square_rect(*SIZE).adjusted(1, 1, -1, -1)
    points = [QPoint(x, y) for x in range(square.left(), square.right()) for y in range(square.top(), square.bottom())]
    return max(points, key=lambda p: sum(QColor(image.pixel(p)).getRgb()[:3]))


def test_the_peak_stands_where_its_coordinates_say(view: Heatmap) -> None:
    view.show_artifact(section())
    found = view.position_at(QPointF(brightest(view.grab().toImage())))
    assert found == pytest.approx((24 / 32, 4 / 32), abs=0.02)


def test_corners_of_the_section_are_corners_of_the_square(view: Heatmap) -> None:
    values = np.zeros((9, 9))
    values[-1, -1] = 1.0  # both coordinates largest: upper right
    axis = np.linspace(0.0, 1.0, 9)
    view.show_artifact(Section("corner", (Axis("α₁", axis), Axis("α₂", axis)), values))
    image, square = view.grab().toImage(), square_rect(*SIZE)
    top = QColor(*colormaps.table("lipari")[-1, :3].tolist())
    low = QColor(*colormaps.table("lipari")[0, :3].tolist())
    assert QColor(image.pixel(square.right(), square.top())) == top
    for corner in (square.topLeft(), square.bottomLeft(), square.bottomRight()):
        assert QColor(image.pixel(corner)) == low


def test_holes_are_hatched_and_counted(view: Heatmap) -> None:
    values = section().values.copy()
    values[:10, 20:] = np.nan
    axis = np.linspace(0.0, 1.0, 33)
    view.show_artifact(Section("holes", (Axis("α₁", axis), Axis("α₂", axis)), values))
    assert view.foot_text() == "not finite 130 of 1\u202f089 points"
    image, square = view.grab().toImage(), square_rect(*SIZE)
    seen = {
        QColor(image.pixel(square.left() + x, square.top() + y)).name().upper()
        for x in range(3, 60)
        for y in range(3, 60)
    }
    assert theme.LIGHT.sunken in seen
    assert not seen & {QColor(*row[:3]).name().upper() for row in colormaps.table("lipari").tolist()}


def test_the_foot_counts_the_points_evaluated_so_far(view: Heatmap) -> None:
    known = np.zeros((33, 33), bool)
    known[::8, ::8] = True
    view.show_artifact(section(known=known))
    assert view.foot_text() == "coarse to fine 25 of 1\u202f089 points"


def test_hovering_moves_the_cursor_and_leaving_hides_it(view: Heatmap, qtbot: QtBot) -> None:
    view.show_artifact(section())
    square = square_rect(*SIZE)
    at = QPoint(square.left() + square.width() // 4, square.top() + square.height() // 4)
    with qtbot.waitSignal(view.cursor_moved) as moved:
        move(view, at)
    assert moved.args[0] == pytest.approx((0.25, 0.75), abs=0.01)
    with qtbot.waitSignal(view.cursor_moved) as moved:
        move(view, QPoint(5, 5))
    assert moved.args == [None]


def test_a_click_pins_and_escape_frees(view: Heatmap, qtbot: QtBot) -> None:
    view.show_artifact(section())
    centre = square_rect(*SIZE).center()
    with qtbot.waitSignal(view.cursor_pinned) as pinned:
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, centre)
    assert pinned.args[0] == pytest.approx((0.5, 0.5), abs=0.01)
    move(view, centre + QPoint(50, 50))
    assert view.cursor_position == pinned.args[0]
    with qtbot.waitSignal(view.cursor_pinned) as freed:
        QTest.keyClick(view, Qt.Key.Key_Escape)
    assert freed.args == [None]
    assert view.cursor_position is None


def test_arrows_move_by_one_grid_point(view: Heatmap) -> None:
    view.show_artifact(section())
    view.set_cursor((0.5, 0.5))
    QTest.keyClick(view, Qt.Key.Key_Right)
    QTest.keyClick(view, Qt.Key.Key_Up)
    QTest.keyClick(view, Qt.Key.Key_Up)
    assert view.cursor_position == pytest.approx((17 / 32, 18 / 32))


def test_setting_the_cursor_emits_nothing(view: Heatmap, qtbot: QtBot) -> None:
    view.show_artifact(section())
    with qtbot.assertNotEmitted(view.cursor_moved), qtbot.assertNotEmitted(view.cursor_pinned):
        view.set_cursor((0.2, 0.3), pinned=True)
        view.set_cursor(None)


def test_the_cursor_is_white_on_the_map(view: Heatmap) -> None:
    view.show_artifact(section())
    view.set_cursor((0.25, 0.5))
    at = view.point_of((0.25, 0.5))
    point = QPoint(int(at.x()), int(at.y()))  # toPoint would round half a pixel up
    image = view.grab().toImage()
    assert QColor(image.pixel(point.x(), point.y() - 40)) == QColor("white")
    assert QColor(image.pixel(point.x() + 40, point.y())) == QColor("white")


def test_the_wheel_zooms_about_the_place_under_it_and_a_double_click_resets(
    view: Heatmap, wheel: Callable[..., None]
) -> None:
    view.show_artifact(section())
    square = square_rect(*SIZE)
    at = QPointF(square.left() + 0.75 * square.width(), square.top() + 0.5 * square.height())
    before = view.position_at(at)
    wheel(view, at, 240)
    x0, x1, _, _ = view.view_window
    assert x1 - x0 == pytest.approx(1 / 1.25**2)
    assert view.position_at(at) == pytest.approx(before, abs=1e-6)
    QTest.mouseDClick(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, square.center())
    assert view.view_window == (0.0, 1.0, 0.0, 1.0)


def test_dragging_an_enlarged_map_moves_it_and_does_not_pin(view: Heatmap, drag: Callable[..., None]) -> None:
    view.show_artifact(section())
    view.look_at((0.2, 0.7, 0.2, 0.7))
    centre = square_rect(*SIZE).center()
    drag(view, centre, centre + QPoint(square_rect(*SIZE).width() // 5, 0))
    assert view.view_window[0] == pytest.approx(0.1, abs=0.01)
    assert not view.cursor_is_pinned


def test_a_refined_section_keeps_the_zoom_and_another_plane_does_not(view: Heatmap) -> None:
    view.show_artifact(section())
    view.look_at((0.2, 0.7, 0.2, 0.7))
    view.show_artifact(section(65, peak=(48, 8)))
    assert view.view_window == (0.2, 0.7, 0.2, 0.7)
    wide = np.linspace(-1, 1, 33)
    view.show_artifact(Section("plane", (Axis("α₁", wide), Axis("α₂", wide)), section().values))
    assert view.view_window == (-1.0, 1.0, -1.0, 1.0)


def test_the_error_is_centred_at_zero(view: Heatmap) -> None:
    one = section()
    target = one.values.copy()
    target[:16] -= 0.001
    target[16:] += 0.003
    view.show_artifact(Section("s", one.axes, one.values, target=target))
    view.set_options(mode="error", profile=None)
    assert view.limits == pytest.approx((-0.003, 0.003))
    image, square = view.grab().toImage(), square_rect(*SIZE)
    left = QColor(image.pixel(square.left() + 30, square.center().y()))
    right = QColor(image.pixel(square.right() - 30, square.center().y()))
    assert left.red() > left.blue()  # positive is warm in vik
    assert right.blue() > right.red()


def test_levels_are_clipped_percentiles_or_what_was_typed(view: Heatmap, qtbot: QtBot) -> None:
    view.show_artifact(section())
    view.set_options(levels=Levels("manual", 0.25, 0.5).to_json())
    assert view.limits == (0.25, 0.5)
    assert Levels.from_json({"kind": "manual", "low": 2.0, "high": 1.0}) == Levels()
    assert Levels.from_json(["nonsense"]) == Levels()
    dialog = LevelsDialog(0.0, 1.0)
    qtbot.addWidget(dialog)
    dialog.low_edit.setText("3")
    assert dialog.levels() is None
    dialog.high_edit.setText("4.5")
    assert dialog.levels() == Levels("manual", 3.0, 4.5)


def test_state_survives_json(view: Heatmap, qtbot: QtBot) -> None:
    view.set_options(
        mode="target", colour_map="cividis", profile=1, levels=Levels("percentile", percentile=90.0).to_json()
    )
    other = Heatmap()
    qtbot.addWidget(other)
    other.restore(view.state())
    assert other.state() == view.state()
    other.restore({"mode": 7, "colour_map": "jet", "profile": "x", "levels": None})
    assert (other.mode, other.colour_map, other.profile_axis) == ("loss", "lipari", 0)


def test_contours_appear_once_the_section_is_at_rest(view: Heatmap, qtbot: QtBot) -> None:
    view.set_options(contours=True)
    view.show_artifact(section())
    before = view.grab().toImage()
    qtbot.waitUntil(lambda: view.grab().toImage() != before, timeout=2000)
    point = view.point_of((24 / 32, 4 / 32)).toPoint()
    square = square_rect(*SIZE)
    assert square.contains(point)


def test_marks_are_drawn_at_their_place(view: Heatmap) -> None:
    plain = section()
    view.show_artifact(plain)
    before = view.grab().toImage()
    view.show_artifact(Section("section", plain.axes, plain.values, marks=(Mark((0.25, 0.75), "lowest", "minimum"),)))
    after = view.grab().toImage()
    point = view.point_of((0.25, 0.75)).toPoint()
    assert after.pixel(point) != before.pixel(point)


def test_an_exported_picture_is_the_view_without_the_cursor(view: Heatmap) -> None:
    view.show_artifact(section())
    view.set_cursor((0.5, 0.5))
    image = view.render_image(*SIZE, 2.0)
    assert (image.width(), image.height()) == (832, 1008)
    square = square_rect(*SIZE)
    corner = image.pixelColor(2 * square.left() + 4, 2 * square.center().y())
    assert corner == QColor(*colormaps.table("lipari")[0, :3].tolist())


def test_export_draws_vectors_into_any_painter(view: Heatmap) -> None:
    from PySide6.QtGui import QPainter, QPicture

    view.show_artifact(section())
    picture = QPicture()
    painter = QPainter(picture)
    view.paint_to(painter, QRectF(0, 0, *SIZE))
    painter.end()
    assert picture.size() > 0


def test_sections_with_two_axes_are_for_the_map() -> None:
    axis = Axis("α₁", np.linspace(0, 1, 5))
    assert Heatmap in views_for(section())
    assert Heatmap not in views_for(Section("line", (axis,), np.zeros(5)))


def test_nothing_is_drawn_after_clear(view: Heatmap) -> None:
    view.show_artifact(section())
    view.clear()
    image = view.grab().toImage()
    assert image.pixel(square_rect(*SIZE).center()) == image.pixel(2, 2)


def test_without_a_profile_the_foot_says_the_largest_error(view: Heatmap) -> None:
    shown = section()
    view.show_artifact(replace(shown, target=shown.values - 2.0 + 4e-3 * (shown.values > 0.99), offset=2.0))
    assert view.section is not None
    assert error_words(view.section) == ("max |L − T − a|", "0.004")
    view.resize(307, 300)  # too low for a profile
    image, foot = view.grab().toImage(), foot_rect(307, 300)
    ink = [image.pixelColor(x, y).lightness() for x in range(16, 120) for y in range(foot.top(), 300)]
    assert min(ink) < 140


def test_the_error_map_has_no_marks_and_the_status_names_them(view: Heatmap) -> None:
    mark = Mark((0.25, 0.75), "minimum", "minimum")
    plain = section(target=np.zeros((33, 33)))
    view.set_options(mode="error")
    view.show_artifact(plain)
    before = view.grab().toImage()
    view.show_artifact(replace(plain, marks=(mark,)))
    assert view.grab().toImage() == before
    assert sentence(view.section, (0.25, 0.75)).endswith("minimum")
    assert not sentence(view.section, (0.5, 0.5)).endswith("minimum")
