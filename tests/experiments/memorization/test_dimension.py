"""Theorems 2.1 and 4.1: rank d where the point is regular, less where a hypothesis is broken, d again after the labels moved."""

from pathlib import Path

import numpy as np
import pytest

from lsviewer.core.claims import Verdict
from lsviewer.experiments.memorization.dimension import Dimension
from tests.experiments.memorization.cases import TANH, claim, run, save_data

TEACHER = {"kind": "teacher", "samples": 20, "inputs": 3, "hidden": [2]}
STUDENT = {"kind": "mlp", "hidden": [12], "activation": TANH}


def test_a_regular_point_has_dimension_n_minus_d() -> None:
    report, artifacts = run(Dimension)
    numbers = report.numbers
    assert (numbers["data_points"], numbers["outputs"], numbers["parameters"]) == (20, 1, 141)
    assert (numbers["rank"], numbers["dimension"]) == (20, 121)
    assert float(numbers["sigma_max"]) > float(numbers["sigma_min"]) > 0.01
    assert "singular_values_moved" not in artifacts


def test_a_singular_point_and_the_labels_moved() -> None:
    report, artifacts = run(Dimension, dataset=TEACHER, network=STUDENT, point={"kind": "teacher"})
    assert report.numbers["rank"] == 11
    assert claim(report, "J has full rank").verdict is Verdict.FAILS
    assert report.numbers["rank_moved"] == 20
    assert claim(report, "After the labels moved").verdict is Verdict.HOLDS
    assert "singular_values_moved" in artifacts


def test_theorem_4_1_with_its_hypotheses_and_without() -> None:
    smooth = {"kind": "smoolu"}
    wide, _ = run(Dimension, network={"hidden": [25], "activation": smooth})
    assert claim(wide, "not empty").verdict is Verdict.HOLDS
    narrow, _ = run(Dimension, network={"hidden": [19], "activation": smooth})
    assert claim(narrow, "not empty").verdict is Verdict.NOT_APPLICABLE
    assert "19 units for 20 points" in claim(narrow, "not empty").reason
    tanh, _ = run(Dimension)
    assert claim(tanh, "not empty").verdict is Verdict.NOT_APPLICABLE


def test_equal_points_stay_singular_and_moved_labels_empty_m(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((8, 3)), rng.standard_normal((8, 1)).astype(np.float32)
    x[5], y[5] = x[2], y[2]
    report, _ = run(Dimension, tmp_path, dataset=save_data(tmp_path / "d.npz", x, y))
    assert report.numbers["rank"] == 7
    assert claim(report, "After the labels moved").verdict is Verdict.NOT_APPLICABLE
    assert "M is empty" in claim(report, "After the labels moved").reason


def test_an_untrained_point_has_no_dimension() -> None:
    report, _ = run(Dimension, point={"kind": "init"})
    assert report.numbers["dimension"] == "not applicable"
    assert claim(report, "lies on M").verdict is Verdict.FAILS


def test_too_few_parameters() -> None:
    report, _ = run(Dimension, network={"hidden": [2], "activation": TANH}, steps=10)
    assert claim(report, "more parameters").verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize("outputs", [1, 3])
def test_several_outputs_take_points_times_outputs(outputs: int) -> None:
    data = {"kind": "teacher", "samples": 10, "inputs": 4, "outputs": outputs}
    report, _ = run(Dimension, dataset=data, network={"hidden": [15], "activation": TANH})
    assert report.numbers["rank"] == 10 * outputs
