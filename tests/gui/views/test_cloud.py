"""The cloud of a volume by its pixels, against the law of Beer and Lambert, and by what hides what."""

from itertools import product

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSlider
from pytestqt.qtbot import QtBot

from lsviewer.core.artifacts import Axis, Section
from lsviewer.gui import colormaps, theme
from lsviewer.gui.views import gl_renderer, surface_picture
from lsviewer.gui.views.cloud import THICK, THIN, thickness
from lsviewer.gui.views.solid import SolidView

SIZE = (416, 504)
FRONT, BEHIND = {"azimuth": -90.0, "elevation": 0.0}, {"azimuth": 90.0, "elevation": 0.0}


def section(values: np.ndarray, *axes: np.ndarray) -> Section:
    places = axes or tuple(np.linspace(0, 1, n) for n in values.shape)
    return Section("s", tuple(Axis(name, place) for name, place in zip(("α₁", "α₂", "α₃"), places)), values)


@pytest.fixture
def view(qtbot: QtBot, qapp: QApplication) -> SolidView:
    theme.apply(qapp, "light")
    made = SolidView()
    qtbot.addWidget(made)
    made.resize(*SIZE)
    made.show()
    qtbot.waitExposed(made)
    made.set_options(drawn="cloud", threshold=0.0, density=0.5, **FRONT)
    return made


def middle(view: SolidView) -> np.ndarray:
    """The colour of the line of sight through the middle of the cube."""
    x, y = view.camera.project(np.array([[0.0, 0.0, 1.0]]), SIZE[0], view.picture_height)[0].round().astype(int)
    colour = QColor(view.grab().toImage().pixel(int(x), int(y)))
    return np.array([colour.red(), colour.green(), colour.blue()], float)


def paled(share: float, name: str = colormaps.LOSS) -> np.ndarray:
    """The colour of a loss in 3D: a fifth of the way to white."""
    return 0.8 * colormaps.table(name)[round(share * 254), :3] + 0.2 * 255


def test_the_slider_of_density_runs_in_powers() -> None:
    assert thickness(0) == pytest.approx(THIN) and thickness(1) == pytest.approx(THICK)
    assert thickness(0.5) ** 2 == pytest.approx(THIN * THICK)


@pytest.mark.parametrize("density", [0.1, 0.5])
def test_an_even_cloud_lets_through_what_beer_and_lambert_say(view: SolidView, density: float) -> None:
    """A flat volume has the middle colour and half the density; a line of sight through the middle is a side long."""
    view.set_options(density=density)
    view.show_artifact(section(np.full((9, 9, 9), 2.0)))
    through = np.exp(-0.5 * thickness(density))
    expected = through * 255 + (1 - through) * paled(0.5)
    # an index of the table, 8 bits of opacity and 8 of the picture; the middle is hit within a pixel
    assert middle(view) == pytest.approx(expected, abs=3.0)


def test_what_stands_before_hides_what_stands_behind(view: SolidView) -> None:
    """Losses rise with α₂: from the front the middle ones are nearer, bluish in viridis, from behind the high ones, yellow."""
    along = np.where(np.arange(16) < 8, 0.5, 1.0)
    along[0] = 0.0
    view.show_artifact(section(np.broadcast_to(along[:, None], (16, 16, 16)).copy()))
    view.set_options(density=1.0, colour_map="viridis")
    red, _, blue = middle(view)
    assert blue > 1.5 * red
    view.set_options(**BEHIND)
    red, _, blue = middle(view)
    assert red > 1.5 * blue


def test_losses_below_the_threshold_and_holes_are_clear(view: SolidView) -> None:
    values = np.zeros((9, 9, 9))
    values[0, 0, 0] = 1.0
    view.set_options(threshold=0.2, density=1.0)
    view.show_artifact(section(values))
    assert middle(view) == pytest.approx(255)
    holes = np.full((9, 9, 9), np.nan)
    holes[0, 0, :2] = 0.0, 1.0
    for side in ("high", "low"):
        view.set_options(side=side)
        view.show_artifact(section(holes))
        assert middle(view) == pytest.approx(255)


def test_the_low_losses_can_be_the_opaque_ones(view: SolidView) -> None:
    values = np.zeros((9, 9, 9))
    values[0, 0, 0] = 1.0
    view.set_options(threshold=0.2, density=1.0, side="low")
    view.show_artifact(section(values))
    assert middle(view) == pytest.approx(paled(0.0), abs=3)
    assert view.level == pytest.approx(0.8)


def test_uneven_axes_put_the_cloud_where_its_coordinates_say(view: SolidView) -> None:
    """Only the last point of α₃ is high; on an uneven axis it reaches down to the one before, at 0.2."""
    values = np.zeros((5, 5, 5))
    values[:, :, 4] = 1.0
    view.set_options(density=1.0, threshold=0.3)
    even = np.linspace(0, 1, 5)
    view.show_artifact(section(values))
    assert middle(view) == pytest.approx(255)
    view.show_artifact(section(values, even, even, np.array([0.0, 0.05, 0.1, 0.2, 1.0])))
    assert middle(view).max() < 230


def test_sliders_and_keys_move_threshold_and_density(view: SolidView, qtbot: QtBot) -> None:
    view.show_artifact(section(np.random.default_rng(0).random((6, 6, 6))))
    assert not view.findChild(QSlider, "volume_level").isVisible()
    with qtbot.waitSignal(view.state_changed):
        view.findChild(QSlider, "volume_density").setValue(200)
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_PageUp)
    assert view.state()["density"] == 1.0 and view.state()["threshold"] == pytest.approx(0.025)
    assert view.state()["level"] == 0.5
    view.set_options(drawn="surface")
    assert view.findChild(QSlider, "volume_level").isVisible()


def test_a_turning_draft_is_as_bright_as_the_full_picture(view: SolidView, monkeypatch: pytest.MonkeyPatch) -> None:
    """A smooth volume: half the steps, each twice as long, let the same light through."""
    waves = np.sin(np.linspace(0, 6, 24))
    view.show_artifact(section(waves[:, None, None] * waves[:, None] * waves))
    fine = view.grab().toImage()
    monkeypatch.setattr(surface_picture, "SLOW_MS", 0.0)
    view.turn(0.0, 0.0)
    draft = view.grab().toImage()
    for x, y in product((120, 170, 208, 250, 290), (150, 200, 250)):
        assert QColor(draft.pixel(x, y)).lightness() == pytest.approx(QColor(fine.pixel(x, y)).lightness(), abs=8)


def test_where_opengl_cannot_march_the_surface_stays(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise RuntimeError("no sampler3D")

    monkeypatch.setattr(gl_renderer, "FogProgram", refuse)
    view = SolidView()
    qtbot.addWidget(view)
    view.show_artifact(section(np.random.default_rng(0).random((6, 6, 6))))
    view.set_options(drawn="cloud")
    assert view.drawn == "surface" and not view.has_clouds
    view.grab()
