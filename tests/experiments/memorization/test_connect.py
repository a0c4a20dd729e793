"""Two minima: a barrier on the line, none on the path inside M; a trained path where the loss has no zero."""

import numpy as np
import pytest

from lsviewer.core.artifacts import Curve, Section, Trajectory
from lsviewer.core.claims import Verdict
from lsviewer.core.spec import SpecError
from lsviewer.experiments.memorization.connect import Connect
from tests.experiments.memorization.cases import TANH, claim, run, verdicts


def test_homing_joins_two_minima_inside_m() -> None:
    report, artifacts = run(Connect, grid=9)
    assert verdicts(report) == {Verdict.HOLDS}
    assert float(report.numbers["barrier_path"]) < 1e-18
    assert float(report.numbers["barrier_line"]) > 0.1
    assert float(report.numbers["distance"]) <= float(report.numbers["length"]) < 2 * float(report.numbers["distance"])
    path, plane = artifacts["path"], artifacts["ends_plane"]
    assert isinstance(path, Trajectory)
    assert isinstance(plane, Section)
    np.testing.assert_allclose(path.points[0], 0, atol=1e-12)
    np.testing.assert_allclose(path.points[-1], [float(report.numbers["distance"]), 0], atol=1e-9)
    barrier = artifacts["barrier"]
    assert isinstance(barrier, Curve)
    assert barrier.series[1].y.max() == pytest.approx(float(report.numbers["barrier_line"]), rel=1e-6)


def test_reordering_units_shortens_the_way_and_is_not_needed_here() -> None:
    with_it, _ = run(Connect, grid=9)
    without, _ = run(Connect, grid=9, reorder=False)
    assert float(with_it.numbers["distance"]) < float(without.numbers["distance"])
    assert without.numbers["barrier_line"] == without.numbers["barrier_line_unordered"]
    assert claim(without, "stays zero").verdict is Verdict.HOLDS


@pytest.mark.parametrize("path", ["bezier", "polygon"])
def test_a_trained_path_for_cross_entropy(path: str) -> None:
    report, artifacts = run(
        Connect, dataset={"kind": "digits", "limit": 100}, network={"hidden": [16], "activation": TANH}, path=path,
        loss={"kind": "cross_entropy"}, training=150, grid=9, reorder=False,
    )  # fmt: skip
    assert float(report.numbers["barrier_path"]) < 0.1 * float(report.numbers["barrier_line"])
    assert claim(report, "stays low").verdict is Verdict.HOLDS
    plane = artifacts["ends_plane"]
    assert isinstance(plane, Section)
    assert plane.values.min() < 2 * float(report.numbers["loss_a"])  # the mean, as the ends were trained
    assert plane.values.max() > 5 * float(report.numbers["loss_a"])


# --- broken twins ------------------------------------------------------------------------------------------------------------


def test_too_few_steps_decide_nothing() -> None:
    report, _ = run(Connect, paces=10, pace=0.01, grid=9)
    assert claim(report, "stays zero").verdict is Verdict.UNDECIDED
    assert report.numbers["barrier_path"] == "not joined"
    assert "decides nothing" in report.means


def test_no_minima_no_path() -> None:
    report, _ = run(Connect, steps=1, grid=9)
    assert claim(report, "stays zero").verdict is Verdict.UNDECIDED
    assert "no two minima" in report.means


def test_homing_is_for_squared_loss() -> None:
    with pytest.raises(SpecError, match="'path' is 'homing'.*choose bezier"):
        run(Connect, loss={"kind": "cross_entropy"})
    assert "choose bezier" in Connect.model_validate({"loss": {"kind": "cross_entropy"}}).notes()[0]


def test_no_parameters_to_spare() -> None:
    with pytest.raises(SpecError, match="leave no direction along M"):
        run(Connect, network={"hidden": [2], "activation": TANH})
