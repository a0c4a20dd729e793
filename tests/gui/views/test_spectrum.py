"""Histograms: every value is counted once, the band is decided by the tolerance alone, and the words say so."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lsviewer.core.artifacts import Axis, Section, Spectrum
from lsviewer.gui import theme
from lsviewer.gui.views.histogram import of_errors, of_spectrum
from lsviewer.gui.views.spectrum import Distribution, error_figures


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
        QTest.mouseMove(view, QPoint(400, 250))
    assert " between " in said.args[0]
    assert QColor(theme.LIGHT.accent).isValid()
