"""A walk on M keeps the loss at zero, straight lines do not; where M has no tangent space there is no walk."""

import numpy as np
import pytest
import torch

from lsviewer.core.artifacts import Checkpoint, Section, Trajectory
from lsviewer.core.claims import Verdict
from lsviewer.core.spec import SpecError
from lsviewer.experiments.memorization.walk import Walk
from tests.experiments.memorization.cases import TANH, claim, run, verdicts


def test_forty_steps_on_m() -> None:
    report, artifacts = run(Walk, paces=40, grid=9)
    numbers = report.numbers
    assert verdicts(report) == {Verdict.HOLDS}
    assert float(numbers["loss_max"]) < 1e-18
    assert float(numbers["arc"]) > 5
    assert float(numbers["slope_tangent"]) == pytest.approx(4.0, abs=0.3)
    assert float(numbers["slope_normal"]) == pytest.approx(2.0, abs=0.2)
    path, plane, fixed = artifacts["path"], artifacts["principal_plane"], artifacts["predictions"]
    assert isinstance(path, Trajectory)
    assert isinstance(plane, Section)
    assert isinstance(fixed, Section)
    assert path.points.shape == (41, 2)
    assert path.section == plane.name
    at_data = fixed.values[:, ::12]  # every 12th place is a data point: there nothing moves
    assert np.ptp(at_data, axis=0).max() < 1e-10
    assert np.ptp(fixed.values, axis=0).max() > 1e-3


def test_the_path_is_where_the_plane_and_its_distance_say() -> None:
    """The first point of the path rebuilt from the checkpoint is at its stated distance from the plane."""
    _, artifacts = run(Walk, paces=20, grid=9)
    point, path = artifacts["point"], artifacts["path"]
    assert isinstance(point, Checkpoint)
    assert isinstance(path, Trajectory)
    axes = [np.concatenate([v.ravel() for v in d.values()]) for d in point.directions]
    np.testing.assert_allclose(np.array(axes) @ np.array(axes).T, np.eye(2), atol=1e-12)
    assert path.residuals is not None
    assert path.losses is not None
    assert path.losses.max() < 1e-18
    assert path.residuals.shape == (21,)


def test_several_outputs_and_two_layers() -> None:
    data = {"kind": "teacher", "samples": 8, "inputs": 4, "outputs": 2}
    report, _ = run(Walk, dataset=data, network={"hidden": [12, 10], "activation": TANH}, paces=15, grid=9)
    assert verdicts(report) == {Verdict.HOLDS}


# --- broken twins ------------------------------------------------------------------------------------------------------------


def test_no_walk_from_a_singular_point() -> None:
    data = {"kind": "teacher", "samples": 20, "inputs": 3, "hidden": [2]}
    report, _ = run(Walk, dataset=data, network={"hidden": [12], "activation": TANH}, point={"kind": "teacher"})
    assert verdicts(report) == {Verdict.NOT_APPLICABLE}
    assert "full rank" in report.means


def test_no_walk_off_m() -> None:
    report, _ = run(Walk, point={"kind": "init"}, paces=5)
    assert claim(report, "stays zero").verdict is Verdict.NOT_APPLICABLE
    assert "Polish" in claim(report, "stays zero").reason
    polished, _ = run(Walk, point={"kind": "init"}, polish=True, paces=5, grid=9)
    assert claim(polished, "stays zero").verdict is Verdict.HOLDS


def test_no_direction_without_parameters_to_spare() -> None:
    with pytest.raises(SpecError, match="15 parameters for 20 numbers"):
        run(Walk, network={"hidden": [2], "activation": TANH})


def test_the_same_seed_walks_the_same_way() -> None:
    first, _ = run(Walk, paces=5, grid=9)
    again, _ = run(Walk, paces=5, grid=9)
    other, _ = run(Walk, paces=5, grid=9, seed=1)
    assert first.numbers == again.numbers
    assert first.numbers["distance"] != other.numbers["distance"]
    assert torch.get_num_threads() == 1
