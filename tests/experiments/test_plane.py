"""The random plane: its section against numpy on the checkpoint it hands out, and its claims holding and failing."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from pydantic import ValidationError

from lsviewer.core.artifacts import Artifact, Checkpoint, Curve, Section
from lsviewer.core.claims import Claim, Report, Verdict
from lsviewer.core.files import Files
from lsviewer.core.jobs import finish
from lsviewer.core.spec import SpecError
from lsviewer.engine.context import open_context
from lsviewer.experiments import EXPERIMENTS, from_json
from lsviewer.experiments.landscape.plane import Plane, concave_share

SMALL: dict[str, Any] = {
    "kind": "plane",
    "dataset": {"kind": "digits", "limit": 200},
    "network": {"kind": "mlp", "hidden": [16, 12], "activation": {"kind": "relu"}},
    "epochs": 20,
    "batch_size": 32,
    "learning_rate": 0.01,
    "grid": 11,
}


def run(folder: Path | None = None, **changes: Any) -> tuple[Report, dict[str, Artifact]]:
    experiment = from_json(SMALL | changes)
    return finish(experiment.run(open_context(experiment, Files(folder or Path.cwd()))))


def claims(report: Report) -> dict[str, Claim]:
    return {claim.statement: claim for claim in report.claims}


def by_numpy(checkpoint: Checkpoint, section: Section, index: tuple[int, int], experiment: Plane) -> float:
    """The mean cross-entropy of a relu network at one grid point, from what the run hands out."""
    data = experiment.dataset.load(Files())
    alpha = [axis.values[i] for axis, i in zip(section.axes, index)]
    point = {
        key: value.astype(float)
        + sum(a * d[key].astype(float) for a, d in zip(alpha, checkpoint.directions) if key in d)
        for key, value in checkpoint.params.items()
    }
    h = data.x.flatten(1).numpy().astype(float)
    for k in (0, 2):
        h = np.maximum(h @ point[f"{k}.weight"].T + point[f"{k}.bias"], 0)
    h = h @ point["4.weight"].T + point["4.bias"]
    h -= h.max(axis=1, keepdims=True)
    return float(np.mean(np.log(np.exp(h).sum(axis=1)) - h[np.arange(len(h)), data.y.numpy()]))


@pytest.mark.parametrize(("dtype", "bound"), [("float32", 1e-5), ("float64", 1e-12)])
def test_the_section_is_the_loss_of_the_network_it_hands_out(dtype: str, bound: float) -> None:
    report, artifacts = run(dtype=dtype)
    section, checkpoint = artifacts["section"], artifacts["checkpoint"]
    assert isinstance(section, Section) and isinstance(checkpoint, Checkpoint)
    assert section.values.shape == (11, 11) and section.known is None
    assert [axis.name for axis in section.axes] == ["α₁", "α₂"]
    assert section.marks[0].position == (0.0, 0.0) and section.marks[0].kind == "origin"
    assert checkpoint.network["inputs"] == 64 and checkpoint.network["outputs"] == 10
    experiment = from_json(SMALL)
    assert isinstance(experiment, Plane)
    for index in ((0, 0), (5, 5), (2, 9), (10, 0)):
        wanted = by_numpy(checkpoint, section, index, experiment)
        assert section.values[index] == pytest.approx(wanted, abs=bound * max(1.0, wanted))
    assert {claim.verdict for claim in report.claims} == {Verdict.HOLDS}
    assert report.numbers["brute_force_points"] == 64
    assert report.means and report.does_not_mean


def test_training_is_shown_and_its_numbers_are_reported() -> None:
    report, artifacts = run()
    loss, accuracy = artifacts["loss"], artifacts["accuracy"]
    assert isinstance(loss, Curve) and isinstance(accuracy, Curve)
    assert loss.series[0].y[-1] == report.numbers["train_loss"] < 0.5 * loss.series[0].y[0]
    assert accuracy.series[1].y[-1] == report.numbers["test_accuracy"] > 0.6
    assert report.numbers["steps"] == 20 * 7  # 200 samples in batches of 32
    assert report.numbers["network_parameters"] == 64 * 16 + 16 + 16 * 12 + 12 + 12 * 10 + 10


def test_the_same_seed_gives_the_same_plane_and_another_one_another() -> None:
    one, two, other = (run(grid=5, seed=seed)[1]["section"] for seed in (0, 0, 1))
    assert isinstance(one, Section) and isinstance(two, Section) and isinstance(other, Section)
    np.testing.assert_array_equal(one.values, two.values)
    assert not np.array_equal(one.values, other.values)


def test_an_untrained_network_has_a_plane_but_no_claim_to_a_minimum() -> None:
    report, artifacts = run(point={"kind": "init"})
    assert "loss" not in artifacts and report.numbers["steps"] == 0
    lowest = claims(report)["The centre is the lowest point of the grid"]
    assert lowest.verdict is Verdict.NOT_APPLICABLE
    assert {claim.verdict for claim in report.claims if claim is not lowest} == {Verdict.HOLDS}


def test_a_network_from_a_file_is_the_centre(tmp_path: Path) -> None:
    _, first = run()
    trained = first["checkpoint"]
    assert isinstance(trained, Checkpoint)
    safetensors.numpy.save_file(dict(trained.params), tmp_path / "w.safetensors")
    report, artifacts = run(tmp_path, point={"kind": "checkpoint", "path": "w.safetensors"})
    again, section = artifacts["checkpoint"], artifacts["section"]
    assert isinstance(again, Checkpoint) and isinstance(section, Section)
    assert all(np.array_equal(again.params[key], trained.params[key]) for key in trained.params)
    assert section.marks[0].label == "network from the file"
    assert report.numbers["centre_loss"] == pytest.approx(float(first["section"].values[5, 5]), abs=1e-6)  # type: ignore[union-attr]
    with pytest.raises(SpecError, match=r"parameter '0.weight' has shape \(16, 64\), mlp 9, relu needs \(9, 64\)"):
        run(tmp_path, point={"kind": "checkpoint", "path": "w.safetensors"},
            network={"kind": "mlp", "hidden": [9]})  # fmt: skip


def test_training_that_stops_on_a_slope_fails_the_claim_of_the_lowest_centre() -> None:
    report, _ = run(optimizer="sgd", learning_rate=1e-3, epochs=1)
    lowest = claims(report)["The centre is the lowest point of the grid"]
    assert lowest.verdict is Verdict.FAILS and lowest.measured is not None and lowest.measured < 0
    others = [claim.verdict for claim in report.claims if claim is not lowest]
    assert set(others) == {Verdict.HOLDS}


def test_a_gap_below_the_rounding_decides_nothing() -> None:
    experiment = from_json(SMALL)
    assert isinstance(experiment, Plane)
    _, artifacts = run(grid=5)
    section = artifacts["section"]
    assert isinstance(section, Section)
    values = np.ones((5, 5))
    values[2, 2] = 1 - 1e-7
    flat = dataclasses.replace(section, values=values)
    assert experiment._lowest(flat, (2, 2), 1e-7).verdict is Verdict.UNDECIDED
    assert experiment._lowest(flat, (2, 2), 1e-8).verdict is Verdict.HOLDS
    values[2, 2] = np.nan
    broken = experiment._lowest(dataclasses.replace(section, values=values), (2, 2), 1e-8)
    assert broken.verdict is Verdict.UNDECIDED and broken.reason == "losses are not finite"


def test_concave_share_counts_bends_along_both_axes() -> None:
    x = np.linspace(-1, 1, 7)
    assert concave_share(x[:, None] ** 2 + x[None, :] ** 2, 0.0) == 0.0
    assert concave_share(x[:, None] ** 2 - x[None, :] ** 2, 0.0) == 0.5
    assert concave_share(1e-9 * (x[:, None] ** 2 - x[None, :] ** 2), 1e-9) == 0.0  # below the rounding


def test_float_targets_and_other_losses() -> None:
    report, artifacts = run(
        dataset={"kind": "teacher", "samples": 100, "inputs": 4}, loss={"kind": "pseudo_huber"}, grid=5
    )
    assert "accuracy" not in artifacts and "train_accuracy" not in report.numbers
    assert claims(report)["The section is the loss of the whole network on all data"].verdict is Verdict.HOLDS


def test_a_plane_so_wide_that_losses_overflow_has_holes_and_says_how_many() -> None:
    report, artifacts = run(point={"kind": "init"}, loss={"kind": "squared"}, extent=100.0, grid=5,
                            network={"kind": "mlp", "hidden": [8] * 24})  # fmt: skip
    section = artifacts["section"]
    assert isinstance(section, Section)
    holes = int((~np.isfinite(section.values)).sum())
    assert 0 < holes < 25 and report.numbers["not_finite_points"] == holes


def test_an_even_grid_is_refused_in_one_sentence() -> None:
    with pytest.raises(SpecError, match=r"^field 'grid' is 50: an odd number is expected, so that the network itself"):
        from_json(SMALL | {"grid": 50})
    with pytest.raises(ValidationError):
        Plane(grid=3)


def test_a_rate_that_breaks_the_training_is_one_sentence() -> None:
    with pytest.raises(FloatingPointError, match="at step .*: try a smaller learning rate than 100"):
        run(optimizer="sgd", learning_rate=100.0, loss={"kind": "squared"})


def test_it_is_listed_and_survives_json() -> None:
    assert Plane in EXPERIMENTS
    spec = Plane(grid=7, extent=0.5)
    assert from_json(json.loads(spec.model_dump_json())) == spec
    assert spec.verb == "Train 30 epochs" and not spec.notes()
    assert Plane.model_validate({"point": {"kind": "init"}}).notes()
