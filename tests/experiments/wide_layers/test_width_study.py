"""Loss against width: nothing reaches zero with too few parameters, everything does with N - 1 units."""

import numpy as np
import pytest

from lsviewer.core.artifacts import Curve
from lsviewer.core.claims import Verdict
from lsviewer.experiments.wide_layers.width_study import HIGH, WidthStudy
from tests.experiments.wide_layers.cases import claim, run

DATA = {"kind": "teacher", "samples": 16, "inputs": 3, "noise": 0.3}


def test_the_transition_sits_near_n_parameters_far_below_n_minus_1() -> None:
    report, artifacts = run(WidthStudy, dataset=DATA, widths=[1, 2, 4, 6, 15], starts=20, steps=100)
    numbers = report.numbers
    # 5 n_1 + 1 parameters: 11 for two units, fewer than 16 residuals with noise; 21 for four
    assert numbers["fraction_global_1"] == numbers["fraction_global_2"] == 0.0
    assert float(numbers["fraction_global_6"]) > 0.8
    assert numbers["fraction_global_15"] == 1.0
    assert numbers["parameters_4"] == 21 and numbers["width_n_equals_residuals"] == 4
    assert numbers["iterations_median_1"] == "none"
    assert float(numbers["iterations_median_15"]) <= float(numbers["iterations_median_6"])
    assert claim(report, "n₁ ≥ N − 1").verdict is Verdict.HOLDS
    assert "sufficient, not sharp" in report.means
    assert list(artifacts) == ["histogram", "fraction", "iterations"]
    fraction, histogram = artifacts["fraction"], artifacts["histogram"]
    assert isinstance(fraction, Curve) and isinstance(histogram, Curve)
    assert [round(level.value, 6) for level in fraction.levels] == [3.0, 15.0]  # 5 * 3 + 1 = 16
    assert [round(level.value, 6) for level in histogram.levels[:2]] == [3.0, 15.0]
    points, outline = histogram.series
    assert len(points.x) == 5 * 20
    # bars of six corners, right of the width; their lengths add up to all starts
    for width in (1, 2, 4, 6, 15):
        own = (outline.x >= width) & (outline.x <= width + HIGH)
        lengths = (outline.x[own].reshape(-1, 5)[:, 1] - width) / HIGH
        assert float(lengths.sum()) == pytest.approx(1.0, abs=1e-9), width
    wide = np.abs(points.x - 15) < 0.5
    assert np.all(points.y[wide] < histogram.levels[2].value)  # all counted as zero, below the line


def test_without_a_wide_width_the_promise_is_not_judged() -> None:
    report, _ = run(WidthStudy, dataset=DATA, widths=[1, 2], starts=4, steps=20)
    assert claim(report, "every start reaches").verdict is Verdict.NOT_APPLICABLE
    assert report.numbers["half_at"] == "none"


def test_the_same_seed_gives_the_same_numbers() -> None:
    first, _ = run(WidthStudy, dataset=DATA, widths=[6], starts=5, steps=30)
    again, _ = run(WidthStudy, dataset=DATA, widths=[6], starts=5, steps=30)
    assert first.numbers == again.numbers
