"""The 3D view with a real mouse, by its pixels, and without OpenGL. Where a machine has none, most of this is skipped."""

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSlider, QWidget
from pytestqt.qtbot import QtBot

from lsviewer.core.artifacts import Axis, Section
from lsviewer.gui import opengl, theme
from lsviewer.gui.views.no_opengl import NoOpenGLPage
from lsviewer.gui.views.surface import Surface
from tests.gui.mouse import move

SIZE = (416, 504)


@pytest.fixture(autouse=True)
def _needs_opengl(qapp: QApplication, request: pytest.FixtureRequest) -> None:
    if "without_opengl" not in request.fixturenames and opengl.probe() is None:
        pytest.skip("no OpenGL on this machine")


@pytest.fixture
def without_opengl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(opengl.OFF, "0")


def section(n: int = 33, *, target: bool = False, hole: bool = False) -> Section:
    """A hill right and in front, at (0.75, 0.25)."""
    x = np.linspace(0, 1, n)
    values = np.exp(-((x[:, None] - 0.75) ** 2 + (x[None, :] - 0.25) ** 2) / 0.02)
    if hole:
        values[: n // 2, n // 2 :] = np.nan
    return Section("s", (Axis("α₁", x), Axis("α₂", x)), values, target=np.nan_to_num(values) if target else None)


@pytest.fixture
def view(qtbot: QtBot, qapp: QApplication) -> Surface:
    theme.apply(qapp, "light")
    made = Surface()
    qtbot.addWidget(made)
    made.resize(*SIZE)
    made.show()
    qtbot.waitExposed(made)
    made.show_artifact(section())
    return made


def picture(view: Surface) -> QImage:
    return view.grab().toImage().copy(0, 0, SIZE[0], SIZE[1] - 60)


def coloured(image: QImage) -> int:
    """Pixels that are neither chrome nor grey."""
    colours = (image.pixelColor(x, y) for x in range(0, image.width(), 2) for y in range(0, image.height(), 2))
    return sum(1 for colour in colours if colour.saturation() > 60)


def test_the_block_is_drawn_in_the_colours_of_the_map(view: Surface) -> None:
    assert coloured(picture(view)) > 5000


def test_the_hill_is_light_and_stands_where_it_is_projected(view: Surface) -> None:
    view.set_options(azimuth=-90, elevation=90, height=0.2)
    image = picture(view)
    hill, plain = view.point_of((0.75, 0.25)), view.point_of((0.25, 0.75))
    assert hill is not None and plain is not None
    assert hill.x() > plain.x() and hill.y() > plain.y()
    assert image.pixelColor(hill.toPoint()).lightness() > image.pixelColor(plain.toPoint()).lightness() + 80


def test_pointing_finds_the_place_that_is_drawn_there(view: Surface) -> None:
    view.repaint()
    for place in ((0.2, 0.1), (0.75, 0.2), (0.5, 0.5)):
        point = view.point_of(place)
        assert point is not None
        assert view.position_at(point) == pytest.approx(place, abs=0.01)
    assert view.position_at(QPointF(4, 4)) is None


def test_hovering_moves_the_linked_cursor_and_a_click_pins_it(view: Surface, qtbot: QtBot) -> None:
    view.repaint()
    point = view.point_of((0.3, 0.4))
    assert point is not None
    with qtbot.waitSignal(view.cursor_moved) as moved:
        move(view, point.toPoint())
    assert moved.args[0] == pytest.approx((0.3, 0.4), abs=0.02)
    with qtbot.waitSignal(view.cursor_pinned) as pinned:
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, point.toPoint())
    assert pinned.args[0] == pytest.approx((0.3, 0.4), abs=0.02)
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert view.cursor_position is None


def test_the_pin_is_drawn_where_the_cursor_is(view: Surface) -> None:
    before = picture(view)
    view.set_cursor((0.3, 0.4))
    after, point = picture(view), view.point_of((0.3, 0.4))
    assert point is not None
    ring = point.toPoint() + QPoint(-5, 0)
    assert after.pixelColor(ring).lightness() > before.pixelColor(ring).lightness() + 60


def test_dragging_turns_and_does_not_pin(view: Surface, drag: Callable[..., None], qtbot: QtBot) -> None:
    before = view.state()
    with qtbot.waitSignal(view.state_changed):
        drag(view, QPoint(200, 200), QPoint(240, 180))
    after = view.state()
    assert after["azimuth"] == pytest.approx(before["azimuth"] - 20, abs=1)
    assert after["elevation"] == pytest.approx(before["elevation"] - 10, abs=1)
    assert not view.cursor_is_pinned


def test_turning_keeps_the_distance(view: Surface) -> None:
    distance = view.camera.distance
    view.turn(35.0, 10.0)
    assert view.camera.distance == distance


def test_a_drag_with_the_right_button_moves(view: Surface, drag: Callable[..., None]) -> None:
    view.repaint()
    before = view.point_of((0.5, 0.5))
    drag(view, QPoint(200, 200), QPoint(230, 210), button=Qt.MouseButton.RightButton)
    after = view.point_of((0.5, 0.5))
    assert before is not None and after is not None
    assert (after - before).x() == pytest.approx(30, abs=3)
    assert (after - before).y() == pytest.approx(10, abs=3)


def test_the_wheel_zooms_and_a_double_click_resets(view: Surface, wheel: Callable[..., None]) -> None:
    wheel(view, QPointF(200, 200), 360)
    assert view.state()["zoom"] == pytest.approx(1.15**3)
    QTest.mouseDClick(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(200, 200))
    assert view.state()["zoom"] == 1.0
    assert (view.state()["azimuth"], view.state()["elevation"]) == (-70.0, 46.0)


def test_the_segments_look_from_above_and_along_the_axes(view: Surface, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.state_changed):
        view.look.changed.emit("top")
    assert view.state()["elevation"] == 90.0
    view.turn(10.0, -20.0)
    assert view.look.value == "free"


def test_taller_is_taller(view: Surface) -> None:
    low = view.point_of((0.75, 0.25))
    foot = view.point_of((0.2, 0.2))
    view.set_options(height=2.0)
    view.repaint()
    high, foot_after = view.point_of((0.75, 0.25)), view.point_of((0.2, 0.2))
    assert low is not None and high is not None and foot is not None and foot_after is not None
    assert foot_after.y() - high.y() > foot.y() - low.y() + 20


def test_holes_are_seen_through(view: Surface) -> None:
    view.show_artifact(section(hole=True))
    view.set_options(azimuth=-90, elevation=90)
    image = picture(view)
    hole = view.point_of((0.2, 0.8))
    assert hole is not None
    assert image.pixelColor(hole.toPoint()) == QColor(theme.LIGHT.panel)


def test_the_pattern_comes_beside_or_over(view: Surface) -> None:
    view.show_artifact(section(target=True))
    alone = coloured(picture(view))
    view.set_options(pattern="over")
    orange = QColor(theme.LIGHT.orange).hue()
    image = picture(view)
    hues = [image.pixelColor(x, y) for x in range(60, 360, 2) for y in range(100, 380, 2)]
    assert sum(1 for c in hues if abs(c.hue() - orange) < 8 and c.saturation() > 200) > 200
    view.set_options(pattern="beside")
    assert 0 < coloured(picture(view)) < alone  # half of the picture is grey now


def test_without_a_pattern_there_is_nothing_to_put_beside(view: Surface) -> None:
    before = view.camera
    view.set_options(pattern="beside")
    view.repaint()
    assert view.camera == before  # two blocks would be looked at from farther away


def test_the_export_is_the_view_enlarged_with_its_labels(view: Surface) -> None:
    image = view.render_image(416, 460, 2.0)
    assert (image.width(), image.height()) == (832, 920)
    assert coloured(image) > 20000
    dark = sum(1 for x in range(832) for y in range(700, 900, 3) if image.pixelColor(x, y).lightness() < 130)
    assert dark > 20  # tick labels below the block


def test_state_survives_and_nonsense_is_ignored(view: Surface, qtbot: QtBot) -> None:
    view.set_options(
        azimuth=12.0,
        elevation=20.0,
        zoom=1.5,
        height=0.4,
        colour_map="viridis",
        pattern="over",
        floor="off",
        colour_bar=True,
    )
    other = Surface()
    qtbot.addWidget(other)
    other.restore(view.state())
    assert other.state() == view.state()
    other.restore({"azimuth": "north", "zoom": float("nan"), "pan": 3, "pattern": "x", "colour_map": 4})
    assert other.state()["azimuth"] == 12.0


def test_a_new_section_of_the_same_size_keeps_the_camera(view: Surface) -> None:
    view.turn(20.0, 5.0)
    before = view.state()
    view.show_artifact(section(65))
    assert view.state() == before


def test_a_draft_is_followed_by_the_full_picture(view: Surface, qtbot: QtBot) -> None:
    view.show_artifact(section(200))
    view.repaint()
    view.turn(5.0, 0.0)
    view.repaint()
    draft = picture(view)
    qtbot.wait(400)
    full = picture(view)
    # on a fast machine there is no draft and both are equal; either way the same block is there
    assert abs(coloured(full) - coloured(draft)) < 600


def test_without_opengl_the_page_says_so_and_copies_diagnostics(qtbot: QtBot, without_opengl: None) -> None:
    made = Surface()
    qtbot.addWidget(made)
    made.resize(*SIZE)
    made.show()
    made.show_artifact(section())
    page = made.findChild(NoOpenGLPage)
    assert page is not None and page.isVisible()
    qtbot.mouseClick(page.copy_button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text().startswith("OpenGL: none")
    assert made.grab().toImage().pixelColor(3, 3) == made.grab().toImage().pixelColor(6, 6)


def test_a_flat_section_is_drawn_flat_with_rounding_left_out(view: Surface) -> None:
    axis = np.linspace(0, 1, 9)
    noise = 1e-7 * np.random.default_rng(0).standard_normal((9, 9))
    view.show_artifact(Section("section", (Axis("α₁", axis), Axis("α₂", axis)), 4.3 + noise))
    assert coloured(picture(view)) > 0
    heights = view.levels.limits(4.3 + noise)
    assert heights == pytest.approx((3.8, 4.8))
    view.show_artifact(Section("section", (Axis("α₁", axis), Axis("α₂", axis)), np.full((9, 9), 2.0)))
    assert coloured(picture(view)) > 0


def test_a_plane_hovers_over_its_map_and_a_pattern_stays_a_block(view: Surface) -> None:
    floor = QPoint(*(int(v) for v in view.camera.project(np.array([[-0.9, -0.9, 0.0]]), SIZE[0], SIZE[1] - 52)[0]))
    assert coloured(picture(view).copy(floor.x() - 3, floor.y() - 3, 7, 7)) > 0
    view.set_options(azimuth=-90, elevation=0)
    lifted = view.point_of((0.1, 0.1))
    view.set_options(floor="off")
    flat = view.point_of((0.1, 0.1))
    assert lifted is not None and flat is not None and lifted.y() < flat.y() - 20
    view.set_options(floor="auto")
    view.show_artifact(section(target=True))
    view.repaint()
    block = view.point_of((0.1, 0.1))
    assert block is not None and block.y() == pytest.approx(flat.y(), abs=1)


def test_pointing_finds_the_place_on_a_sheet_too(view: Surface) -> None:
    view.set_options(floor="on", elevation=60)
    point = view.point_of((0.3, 0.4))
    assert point is not None
    assert view.position_at(point) == pytest.approx((0.3, 0.4), abs=0.01)


def test_uneven_axes_are_drawn_in_place(view: Surface) -> None:
    x = np.concatenate([np.linspace(0.0, 0.2, 21), np.linspace(0.2, 1.0, 9)[1:]])
    values = np.exp(-((x[:, None] - 0.6) ** 2 + (x[None, :] - 0.5) ** 2) / 0.02)
    view.show_artifact(Section("s", (Axis("α₁", x), Axis("α₂", x)), values))
    view.set_options(azimuth=-90, elevation=90, height=0.2)
    image = picture(view)
    hill, other = view.point_of((0.6, 0.5)), view.point_of((0.25, 0.5))
    assert hill is not None and other is not None
    # drawn point by point, the hill would stand at 25 of 28 points: far right of where the axis says
    assert image.pixelColor(hill.toPoint()).lightness() > image.pixelColor(other.toPoint()).lightness() + 80
    middle = view.point_of((0.5, 0.5))
    assert middle is not None and hill.x() - middle.x() == pytest.approx(0.2 * (middle.x() - other.x()) / 0.5, rel=0.1)


def test_a_narrow_card_keeps_the_height_and_no_two_controls_overlap(view: Surface) -> None:
    for width in (416, 307, 246, 228):
        view.resize(width, 300)
        shown = [child for child in view.findChildren(QWidget) if child.isVisible() and not child.findChildren(QWidget)]
        places = [QRect(child.mapTo(view, QPoint(0, 0)), child.size()) for child in shown]
        for index, place in enumerate(places):
            assert not any(place.intersects(other) for other in places[:index]), width
        assert any(isinstance(child, QSlider) and child.width() >= 60 for child in shown)
