"""The isosurface of a volume: a sphere measured by geometry, then the view by its pixels and with a real mouse."""

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSlider
from pytestqt.qtbot import QtBot

from lsviewer.core.artifacts import Axis, Section
from lsviewer.gui import opengl, theme
from lsviewer.gui.views import views_for
from lsviewer.gui.views.solid import SolidView
from lsviewer.gui.views.solid_scene import solid
from lsviewer.gui.views.tetrahedra import Mesh, isosurface

SIZE = (416, 504)


def ball(n: int = 33) -> np.ndarray:
    """The distance from the middle of a cube of half side 1."""
    grid = np.meshgrid(*[np.linspace(-1, 1, n)] * 3, indexing="ij")
    return np.sqrt(sum(axis**2 for axis in grid))


def section(values: np.ndarray | None = None) -> Section:
    """A ball of high loss at (0.75, 0.5, 0.25)."""
    if values is None:
        x = np.linspace(0, 1, 25)
        far = (x[:, None, None] - 0.75) ** 2 + (x[None, :, None] - 0.5) ** 2 + (x[None, None, :] - 0.25) ** 2
        values = np.exp(-far / 0.02)
    axes = tuple(Axis(name, np.linspace(0, 1, n)) for name, n in zip(("α₁", "α₂", "α₃"), values.shape))
    return Section("section", axes, values)


def edges(mesh: Mesh) -> tuple[np.ndarray, np.ndarray]:
    pairs = np.concatenate([mesh.triangles[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))])
    return np.unique(np.sort(pairs, axis=1), axis=0, return_counts=True)


# --- the mesh ----------------------------------------------------------------------------------------------------------------


def test_the_surface_of_a_ball_is_a_sphere() -> None:
    mesh = isosurface(ball(), 0.7)
    points = mesh.points / 16 - 1
    # linear interpolation of a function with second derivative 1/r over a step of 1/16 sqrt(3): h² / 8r = 0.0021
    assert np.linalg.norm(points, axis=1) == pytest.approx(0.7, abs=0.0021)
    a, b, c = (points[mesh.triangles[:, k]] for k in range(3))
    area = 0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1).sum()
    assert area == pytest.approx(4 * np.pi * 0.49, rel=0.005)
    assert (mesh.normals * points).sum(axis=1) == pytest.approx(0.7, abs=0.01)  # normals point outwards


def test_a_closed_surface_has_every_edge_twice_and_the_characteristic_of_a_sphere() -> None:
    mesh = isosurface(ball(), 0.7)
    found, counts = edges(mesh)
    assert set(counts) == {2}
    assert len(mesh.points) - len(found) + len(mesh.triangles) == 2


def test_noise_leaves_no_holes_inside_the_volume() -> None:
    values = np.pad(np.random.default_rng(0).random((7, 8, 9)), 1)  # the rim is low everywhere: all surfaces are closed
    _, counts = edges(isosurface(values, 0.5))
    assert not (counts % 2).any()


def test_a_level_outside_the_values_and_cells_with_holes_have_no_surface() -> None:
    assert isosurface(ball(9), 9.0).triangles.shape == (0, 3)
    values = ball(9)
    values[4:] = np.nan
    points = isosurface(values, 0.7).points
    assert len(points) and points[:, 0].max() <= 3.0 and np.isfinite(points).all()


def test_uneven_axes_put_the_surface_where_the_axes_say() -> None:
    axis = np.array([0.0, 0.1, 0.3, 1.0])
    values = np.broadcast_to(axis[:, None, None], (4, 5, 6)).copy()
    others = Axis("b", np.linspace(0, 1, 5)), Axis("c", np.linspace(0, 1, 6))
    shown = solid(Section("slope", (Axis("a", axis), *others), values), 0.65, 0.0, 1.0, "lipari")
    assert shown.vertices["position"][:, 0] == pytest.approx(2 * 0.65 - 1, abs=1e-6)


# --- the view ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def view(qtbot: QtBot, qapp: QApplication) -> SolidView:
    if opengl.probe() is None:
        pytest.skip("no OpenGL on this machine")
    theme.apply(qapp, "light")
    made = SolidView()
    qtbot.addWidget(made)
    made.resize(*SIZE)
    made.show()
    qtbot.waitExposed(made)
    made.show_artifact(section())
    return made


def middle(view: SolidView) -> QPointF:
    """The mean place of what is neither white, nor text, nor lines."""
    image = view.grab().toImage().copy(0, 0, SIZE[0], SIZE[1] - 60)
    panel = theme.tokens().color("panel").lightness()
    found = [
        (x, y)
        for x in range(4, image.width() - 4, 2)
        for y in range(0, image.height(), 2)
        if all(image.pixelColor(x + dx, y).lightness() < 0.85 * panel for dx in (-4, 0, 4))
    ]
    assert len(found) > 100
    return QPointF(*np.mean(found, axis=0).tolist())


def test_a_section_with_three_axes_can_be_shown_so() -> None:
    assert SolidView in views_for(section())
    with pytest.raises(TypeError, match="three axes"):
        SolidView().show_artifact(Section("line", (Axis("a", np.arange(3.0)),), np.zeros(3)))


def test_the_ball_is_drawn_where_its_coordinates_say(view: SolidView) -> None:
    assert view.section is not None
    shown = solid(view.section, 0.5, 0.0, 1.0, "lipari")
    x, y = view.camera.project(shown.world((0.75, 0.5, 0.25))[None], SIZE[0], SIZE[1] - 52)[0]
    assert (middle(view) - QPointF(x, y)).manhattanLength() < 8


def test_dragging_turns_and_a_double_click_turns_back(view: SolidView, drag: Callable[..., None]) -> None:
    before, place = view.state()["azimuth"], middle(view)
    drag(view, QPoint(200, 200), QPoint(320, 200))
    assert view.state()["azimuth"] == pytest.approx(before - 60)
    assert (middle(view) - place).manhattanLength() > 20
    QTest.mouseDClick(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(200, 200))
    assert view.state()["azimuth"] == before


def test_the_level_moves_the_surface(view: SolidView, qtbot: QtBot) -> None:
    def size() -> int:
        assert view._body is not None
        return len(view._body.vertices)

    assert view.level == pytest.approx(0.5, abs=0.01)
    at_half = size()
    slider = view.findChild(QSlider, "volume_level")
    with qtbot.waitSignal(view.state_changed):
        slider.setValue(180)
    assert view.level == pytest.approx(0.9, abs=0.01) and size() < at_half / 2
    assert view.state()["level"] == 0.9


def test_keys_turn_zoom_and_move_the_level(view: SolidView) -> None:
    before = view.state()
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Plus, Qt.Key.Key_PageUp):
        QTest.keyClick(view, key)
    after = view.state()
    assert after["azimuth"] == before["azimuth"] + 5 and after["elevation"] == before["elevation"] + 5
    assert after["zoom"] > 1 and after["level"] > before["level"]


def test_state_comes_back_and_nonsense_is_ignored(view: SolidView) -> None:
    view.set_options(level=0.25, azimuth=10.0, colour_map="viridis")
    other = SolidView()
    other.restore(view.state())
    assert other.state() == view.state()
    other.restore({"level": "high", "colour_map": "purple", "azimuth": float("nan")})
    assert other.state()["level"] == 0.25 and other.state()["azimuth"] == 10.0
    other.deleteLater()


def test_flat_volumes_holes_and_nothing_are_drawn(view: SolidView) -> None:
    view.show_artifact(section(np.full((4, 5, 6), 2.5)))
    view.grab()
    view.show_artifact(section(np.full((4, 4, 4), np.nan)))
    view.grab()
    view.clear()
    view.grab()
    assert view.level is None


def test_it_paints_into_a_figure(view: SolidView) -> None:
    image = QImage(400, 400, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    view.paint_to(painter, QRectF(0, 0, 400, 400))
    painter.end()
    dark = sum(image.pixelColor(x, y).lightness() < 180 for x in range(0, 400, 4) for y in range(0, 400, 4))
    assert dark > 60


def test_without_opengl_it_says_so(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(opengl.OFF, "0")
    view = SolidView()
    qtbot.addWidget(view)
    view.show_artifact(section())
    view.grab()
    assert not view.findChild(QSlider, "volume_level").isVisibleTo(view)
