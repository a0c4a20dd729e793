"""Histograms: every value is counted once, the band is decided by the tolerance alone, and the words say so."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lsviewer.core.artifacts import Axis, Section, Spectrum
from lsviewer.gui import theme
from lsviewer.gui.views.histogram import BANDWIDTH, BINS, density, of_errors, of_spectrum
from lsviewer.gui.views.plot import Scale
from lsviewer.gui.views.spectrum import Distribution, error_figures
from tests.gui.mouse import move


def eigenvalues() -> np.ndarray:
    rng = np.random.default_rng(0)
    zero = rng.choice([-1, 1], 121) * 10 ** rng.normal(-14.3, 0.6, 121)
    return np.concatenate([10 ** rng.normal(1, 0.6, 20), zero])


@pytest.fixture
def view(qtbot: QtBot, qapp: QApplication) -> Distribution:
    theme.apply(qapp, "light")
    made = Distribution()
    qtbot.addWidget(made)
    made.resize(760, 440)
    made.show()
    qtbot.waitExposed(made)
    return made


def test_the_counts_are_those_of_the_tolerance() -> None:
    histogram = of_spectrum(eigenvalues(), 9.9e-12)
    assert (histogram.positive, histogram.zero, histogram.negative) == (20, 121, 0)
    assert histogram.scale.kind == "signed_log"
    signs = histogram.signs()
    assert histogram.counts[signs == 0].sum() == 121
    assert histogram.counts[signs == 1].sum() == 20


@given(arrays(float, st.integers(1, 60), elements=st.floats(-1e8, 1e8)), st.none() | st.floats(1e-12, 10))
def test_every_finite_value_is_in_exactly_one_bar(values: np.ndarray, tolerance: float | None) -> None:
    histogram = of_spectrum(values, tolerance)
    assert histogram.counts.sum() == values.size
    assert histogram.negative + histogram.zero + histogram.positive == values.size
    assert (np.diff(histogram.scale.unit(histogram.edges)) > 0).all()


def test_values_that_are_not_finite_are_counted_apart() -> None:
    histogram = of_spectrum(np.array([1.0, np.nan, np.inf, -2.0]), None)
    assert (histogram.holes, histogram.positive, histogram.negative) == (2, 1, 1)
    assert of_spectrum(np.empty(0), None).counts.sum() == 0
    assert of_errors(np.array([np.nan, 0.0])).holes == 1


def test_errors_have_a_symmetric_axis_and_a_bar_around_zero() -> None:
    histogram = of_errors(np.array([[-1e-5, 3e-5], [0.0, 1e-5]]))
    assert histogram.scale.low == -histogram.scale.high
    middle = len(histogram.counts) // 2
    assert histogram.edges[middle] < 0 < histogram.edges[middle + 1]
    assert histogram.counts[middle] == 1
    assert histogram.counts.sum() == 4


def test_the_figures_are_largest_rms_and_psnr() -> None:
    # errors of 1e-3 throughout, range 1: 20 log10(1 / 1e-3) = 60 dB
    figures = dict(error_figures(np.full(9, 1e-3), np.linspace(0, 1, 9)))
    assert figures == {"largest": "0.001", "root mean square": "0.001", "PSNR": "60.0 dB"}
    assert dict(error_figures(np.zeros(3), np.arange(3.0)))["PSNR"] == "∞ dB"


def test_bars_are_accent_and_grey_and_the_band_is_sunken(view: Distribution) -> None:
    view.show_artifact(Spectrum("h", "", eigenvalues(), "eigenvalue", 9.9e-12))
    image = view.grab().toImage()
    seen = {image.pixelColor(x, y).name().upper() for x in range(0, 760, 2) for y in range(70, 400, 2)}
    assert {theme.LIGHT.accent, theme.LIGHT.zero, theme.LIGHT.sunken} <= seen
    assert theme.LIGHT.orange not in seen
    assert [figure[:2] for figure in view.figures()] == [("20", "positive"), ("121", "zero"), ("0", "negative")]


def test_negative_values_are_orange(view: Distribution) -> None:
    view.show_artifact(Spectrum("h", "", np.concatenate([eigenvalues(), [-5.0] * 30]), "eigenvalue", 9.9e-12))
    image = view.grab().toImage()
    colours = {image.pixelColor(x, y).name().upper() for x in range(760) for y in range(100, 400, 3)}
    assert theme.LIGHT.orange in colours


def test_hovering_says_how_many(view: Distribution, qtbot: QtBot) -> None:
    axis = Axis("α₁", np.linspace(0, 1, 3))
    target = np.zeros((3, 3))
    target[0, 0] = 1.0
    view.show_artifact(Section("s", (axis, axis), target + 1e-4, target=target))
    with qtbot.waitSignal(view.status) as said:
        move(view, QPoint(400, 250))
    assert " between " in said.args[0]
    assert QColor(theme.LIGHT.accent).isValid()


def test_the_density_is_a_sum_of_gaussians_and_holds_every_value() -> None:
    values = np.array([0.2, 0.21, 0.7, np.nan])
    places, heights = density(values, Scale(0.0, 1.0))
    z = (places[:, None] - values[None, :3]) / BANDWIDTH
    exact = np.exp(-0.5 * z**2).sum(1) / BANDWIDTH / np.sqrt(2 * np.pi) / BINS
    # values are moved to the nearest of 513 places first: up to 0.08 of a bandwidth, at a slope of at most 0.6 of the height
    assert np.abs(heights - exact).max() < 0.05 * exact.max()
    assert heights.sum() * (places[1] - places[0]) * BINS == pytest.approx(3.0, rel=1e-6)


def point_of(view: Distribution, value: float) -> QPoint:
    """Where an eigenvalue is drawn: found by pointing along the axis until the view names it."""
    said: list[str] = []
    view.status.connect(said.append)
    for x in range(view.width()):
        move(view, QPoint(x, view.height() - 80))
        if said and said[-1].startswith(f"λ = {value:.4g}"):
            return QPoint(x, view.height() - 80)
    raise AssertionError(f"{value} was not found")


def few(point: str = "point") -> Spectrum:
    return Spectrum("h", "", np.array([-1e-15, 5.0, 250.0, 1e-16]), tolerance=1e-12, facts=("n = 4",), point=point)


def test_pointing_takes_the_nearest_eigenvalue_by_its_number_from_the_largest(view: Distribution, qtbot: QtBot) -> None:
    view.show_artifact(few())
    for value, number in ((5.0, 2), (250.0, 1)):
        point_of(view, value)
        assert view.picked == number
    there = point_of(view, 5.0)
    move(view, QPoint(5, 5))
    with qtbot.waitSignal(view.status) as said:
        move(view, there)
    assert "λ = 5" in said.args[0] and "index 2 of 4" in said.args[0] and "tolerance 1 × 10⁻¹²" in said.args[0]
    move(view, QPoint(5, 5))
    assert view.picked is None


def test_the_bar_in_hand_is_framed(view: Distribution) -> None:
    view.show_artifact(few())
    before = view.grab().toImage()
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert view.picked == 1 and view.grab().toImage() != before


def test_a_click_asks_for_the_section_and_shift_keeps_the_first_of_two(view: Distribution, qtbot: QtBot) -> None:
    view.show_artifact(few())
    steep, soft = point_of(view, 250.0), point_of(view, 5.0)
    with qtbot.waitSignal(view.along_asked) as asked:
        move(view, soft)
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=soft)
    assert asked.args[0] == (2,)
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, soft)
    assert view.first == 2
    move(view, steep)
    with qtbot.waitSignal(view.along_asked) as asked:
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=steep)
    assert asked.args[0] == (2, 1) and view.first is None


def test_a_spectrum_without_a_point_has_no_directions(view: Distribution, qtbot: QtBot) -> None:
    view.show_artifact(few(point=""))
    with qtbot.assertNotEmitted(view.along_asked):
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=point_of(view, 250.0))


def test_the_keyboard_walks_through_the_eigenvalues(view: Distribution, qtbot: QtBot) -> None:
    view.show_artifact(few())
    view.setFocus()
    for key, picked in ((Qt.Key.Key_Right, 1), (Qt.Key.Key_Left, 2), (Qt.Key.Key_Left, 3), (Qt.Key.Key_Right, 2)):
        QTest.keyClick(view, key)
        assert view.picked == picked
    with qtbot.waitSignal(view.along_asked) as asked:
        QTest.keyClick(view, Qt.Key.Key_Return)
    assert asked.args[0] == (2,)
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert view.picked is None


def test_histogram_density_or_both(view: Distribution) -> None:
    view.show_artifact(Spectrum("h", "", eigenvalues(), "eigenvalue", 9.9e-12))
    pictures = {}
    for mode in ("bars", "both", "density"):
        view.set_options(mode=mode)
        assert view.state()["mode"] == mode
        pictures[mode] = view.grab().toImage()
    assert pictures["bars"] != pictures["both"] != pictures["density"]
    image = pictures["density"]
    blue = {image.pixelColor(x, 380).name().upper() for x in range(500, 740)}
    assert theme.LIGHT.accent not in blue  # no bars
    view.set_options(mode="nonsense")
    assert view.state()["mode"] == "bars"


def test_facts_stand_at_the_right_of_the_counts(view: Distribution) -> None:
    view.show_artifact(few())
    with_facts = view.grab(QRectF(500, 0, 260, 58).toRect()).toImage()
    assert len({with_facts.pixelColor(x, y).name() for x in range(0, 260, 2) for y in range(58)}) > 3
