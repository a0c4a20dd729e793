"""Figure 4 of Czarnecki et al.; the oracle is numpy on the network of the checkpoint, and the formulas written out again."""

from typing import Any

import numpy as np
import pytest

from lsviewer.core.artifacts import Artifact, Checkpoint, Curve, Section
from lsviewer.core.claims import Report
from lsviewer.core.files import Files
from lsviewer.core.jobs import finish
from lsviewer.core.spec import SpecError
from lsviewer.engine.context import open_context
from lsviewer.experiments import EXPERIMENTS, from_json
from lsviewer.experiments.patterns import toy_regression
from lsviewer.experiments.patterns.toy_regression import ToyRegression


def run(**changes: Any) -> tuple[Report, dict[str, Artifact]]:
    experiment = from_json({"kind": "toy_regression", "device": "cpu", **changes})
    return finish(experiment.run(open_context(experiment, Files())))


def y(phi: np.ndarray) -> np.ndarray:
    return -(phi**2) + np.sin(20 * phi) / 5 + 1.2


def t(h: np.ndarray) -> np.ndarray:
    return 1 - (np.exp(-((h - 0.5) ** 2) / 0.1) + np.exp(-((h + 0.5) ** 2) / 0.1))


def predictions(artifacts: dict[str, Artifact], phi: np.ndarray, h: float) -> np.ndarray:
    found = artifacts["checkpoint"]
    assert isinstance(found, Checkpoint)
    (direction,) = found.directions
    at = {name: value.astype(np.float64) + h * direction[name] for name, value in found.params.items()}
    hidden = np.maximum(phi[:, None] @ at["0.weight"].T + at["0.bias"], 0)
    hidden = np.maximum(hidden @ at["2.weight"].T + at["2.bias"], 0)
    return (hidden @ at["4.weight"].T + at["4.bias"])[:, 0]


@pytest.fixture(scope="module")
def exact() -> tuple[Report, dict[str, Artifact]]:
    return run()


def test_every_claim_holds(exact: tuple[Report, dict[str, Artifact]]) -> None:
    for report, _ in (exact, run(dtype="float32"), run(samples=33, grid=41, units=2)):
        assert {claim.verdict for claim in report.claims} == {"holds"}
    assert float(exact[0].numbers["rmse"]) < 1e-12
    assert float(exact[0].numbers["loss_at_half"]) < 1e-24


def test_every_sample_is_shifted_by_the_root_of_the_pattern(exact: tuple[Report, dict[str, Artifact]]) -> None:
    _, artifacts = exact
    phi = np.linspace(-1, 1, 101)
    for h in (-0.98, -0.5, -0.1, 0.0, 0.52, 1.0):  # grid points
        shift = predictions(artifacts, phi, h) - y(phi)
        # sums over 100 knots with second differences of size 1, float64
        np.testing.assert_allclose(shift, np.sqrt(max(t(np.array(h)), 0.0)), atol=1e-11)


def test_the_section_is_the_pattern_with_both_minima_marked(exact: tuple[Report, dict[str, Artifact]]) -> None:
    section = exact[1]["section"]
    assert isinstance(section, Section) and section.axes[0].name == "h"
    h = section.axes[0].values
    np.testing.assert_allclose(section.values, np.maximum(t(h), 0), atol=1e-12)
    marks = [mark for mark in section.marks if mark.kind == "minimum"]
    assert [mark.position for mark in marks] == [(-0.5,), (0.5,)]
    assert {mark.label for mark in marks} == {"h*"}


def test_the_printed_pattern_is_negative_at_its_minima(exact: tuple[Report, dict[str, Artifact]]) -> None:
    assert exact[0].numbers["printed_pattern_minimum"] == pytest.approx(-np.exp(-10))
    assert any("4.5" in caveat for caveat in ToyRegression.caveats)


def test_predictions_for_several_h_are_drawn(exact: tuple[Report, dict[str, Artifact]]) -> None:
    curve = exact[1]["predictions"]
    assert isinstance(curve, Curve)
    lines = {series.label: series for series in curve.series}
    np.testing.assert_allclose(lines["y"].y, y(lines["y"].x))
    np.testing.assert_allclose(lines["h = −0.5"].y, y(lines["y"].x), atol=1e-11)
    np.testing.assert_allclose(lines["h = 1"].y, y(lines["y"].x) + np.sqrt(t(np.array(1.0))), atol=1e-11)


@pytest.mark.parametrize("method", ["construct", "train"])
def test_the_slider_draws_the_predictions_of_the_same_network(method: str) -> None:
    cache: dict[Any, Any] = {}
    experiment = ToyRegression(method=method, steps=20, samples=21, grid=21, shown=0.3)
    if method == "train":
        assert experiment.preview(open_context(experiment, Files(), cache)) is None, "nothing has been trained"
    _, artifacts = finish(experiment.run(open_context(experiment, Files(), cache)))
    for shown in (0.3, -0.8):
        moved = experiment.replace(shown=shown)
        job = moved.preview(open_context(moved, Files(), cache))
        assert job is not None
        drawn = finish(job)[1]
        curve, section = drawn["predictions"], drawn["section"]
        assert isinstance(curve, Curve) and isinstance(section, Section)
        line = curve.series[-1]
        assert line.style == "dashed" and line.label == f"h = {shown}".replace("-", "−")
        np.testing.assert_allclose(line.y, predictions(artifacts, line.x, shown), atol=1e-11)
        assert section.marks[-1].position == (shown,)
    assert method == "construct" or experiment.replace(seed=5).preview(open_context(experiment, Files(), cache)) is None


def test_training_finds_both_minima() -> None:
    report, artifacts = run(method="train", dtype="float32", steps=600, samples=61, grid=61)
    assert {claim.verdict for claim in report.claims} <= {"holds", "undecided"}
    assert float(report.numbers["rmse"]) < 1e-3
    assert max(float(report.numbers["loss_at_half"]), float(report.numbers["loss_at_minus_half"])) < 1e-5
    section = artifacts["section"]
    assert isinstance(section, Section)
    phi = np.linspace(-1, 1, 61)
    for k in (3, 30, 52):
        loss = ((predictions(artifacts, phi, float(section.axes[0].values[k])) - y(phi)) ** 2).mean()
        assert section.values[k] == pytest.approx(loss, abs=1e-5)  # float32 against float64, losses below 1


def test_training_is_shown_while_it_runs() -> None:
    experiment = ToyRegression(method="train", steps=50, samples=21, grid=21)
    events = list(experiment.run(open_context(experiment, Files())))
    assert sum(isinstance(event, Section) for event in events) > 10
    assert sum(getattr(event, "name", "") == "training" for event in events) > 10


def test_too_few_steps_fail_the_claims() -> None:
    report, _ = run(method="train", steps=10, samples=21, grid=21)
    assert report.claims[0].verdict == "fails" and report.claims[2].verdict == "fails"


def test_an_input_that_reaches_the_units_of_h_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = toy_regression.fold

    def leaking(*given: Any) -> Any:
        origin, direction = right(*given)
        origin["0.weight"][-3, 0] = 0.1
        return origin, direction

    monkeypatch.setattr(toy_regression, "fold", leaking)
    report, _ = run()
    assert [claim.verdict for claim in report.claims if "do not see" in claim.statement] == ["fails"]
    assert report.claims[0].verdict == "fails"


@pytest.mark.parametrize("grid", [100, 99, 7])
def test_a_grid_that_misses_the_minima_is_refused(grid: int) -> None:
    with pytest.raises(SpecError, match="field 'grid'"):
        run(grid=grid)


def test_it_is_listed() -> None:
    assert ToyRegression in EXPERIMENTS and not ToyRegression.uses_pattern
