"""Three ways to one pattern: each against numpy in its own parameters, the ratios against the curves, what is not judged."""

from typing import Any

import numpy as np
import pytest
from scipy import special

from lsviewer.core.artifacts import Artifact, Curve, Section
from lsviewer.core.claims import Report, Verdict
from lsviewer.core.files import Files
from lsviewer.core.jobs import finish
from lsviewer.core.spec import SpecError
from lsviewer.engine.context import open_context
from lsviewer.engine.datasets import Digits
from lsviewer.experiments import EXPERIMENTS, from_json
from lsviewer.experiments.patterns.pattern_comparison import PatternComparison
from lsviewer.experiments.patterns.rivals import Moment, Rival, construct, train
from lsviewer.experiments.patterns.theorem1 import Theorem1

SMALL: dict[str, Any] = {
    "kind": "pattern_comparison",
    "dataset": {"kind": "digits", "limit": 200},
    "network": {"kind": "mlp", "hidden": [24, 24]},
    "pattern": {"kind": "formula", "expression": "exp(-20*((a-0.3)**2 + (b-0.6)**2))"},
    "grid": 5,
    "training_steps": 40,
    "multipoint_steps": 40,
    "device": "cpu",
}


def run(**changes: Any) -> tuple[Report, dict[str, Artifact], list[Any]]:
    experiment, seen = from_json({**SMALL, **changes}), []
    report, artifacts = finish(experiment.run(open_context(experiment, Files())), seen.append)
    return report, artifacts, seen


@pytest.fixture(scope="module")
def small() -> tuple[Report, dict[str, Artifact], list[Any]]:
    return run()


def numpy_loss(rival: Rival, i: int, j: int, grid: int) -> float:
    """Return the mean cross-entropy of the whole network at a cell, in float64."""
    data = Digits(limit=200).load(Files())
    point = {name: value.double().numpy().copy() for name, value in rival.origin.items()}
    for step, direction in zip((i / (grid - 1), j / (grid - 1)), rival.directions, strict=True):
        for name, value in direction.items():
            point[name] += step * value.double().numpy()
    h = data.x.flatten(1).double().numpy()
    last = len(point) - 2
    for layer in range(0, last + 1, 2):
        h = h @ point[f"{layer}.weight"].T + point[f"{layer}.bias"]
        h = np.maximum(h, 0.0) if layer < last else h
    return float((special.logsumexp(h, axis=1) - h[np.arange(len(h)), data.y.numpy()]).mean())


def test_both_routes_of_theorem_1_hand_out_the_network_they_measure() -> None:
    recipe = Theorem1(dataset=Digits(limit=200), network={"kind": "mlp", "hidden": [24, 24]}, grid=6, amplitude=2.0)
    context, data = open_context(recipe, Files()), Digits(limit=200).load(Files())
    pattern = np.zeros((6, 6))
    pattern[1:4, 2:] = 1.0
    planted = construct(recipe, data, pattern, context)
    course: list[Moment] = []
    trained, _ = finish(train(recipe, data, pattern, 60, context, course))
    assert isinstance(planted, Rival) and isinstance(trained, Rival)
    assert trained.course == tuple(course) and len(course) > 3
    for rival in (planted, trained):
        for i, j in ((0, 0), (2, 3), (5, 1)):
            assert rival.values[i, j] == pytest.approx(numpy_loss(rival, i, j, 6), abs=2e-5)
        # the moment says what the values say: the error without its mean, in amplitudes
        error = rival.values / 2.0 - pattern
        assert rival.end.error == pytest.approx(float(error.std()), rel=1e-6)
    assert planted.end.iou == 1.0 and planted.end.error < 1e-5 and trained.end.error < course[0].error


def test_the_ratio_is_that_of_the_seconds_in_the_curves(small: tuple[Report, dict[str, Artifact], list[Any]]) -> None:
    report, artifacts, _ = small
    error, overlap = artifacts["error"], artifacts["overlap"]
    assert isinstance(error, Curve) and isinstance(overlap, Curve) and error.log_x and error.log_y and overlap.log_x
    assert [series.label for series in error.series] == ["closed form", "training", "multi-point"]
    assert all((np.diff(series.x) > 0).all() and (series.x > 0).all() for series in error.series)
    planted = float(error.series[0].x[0])
    for name, series in zip(("training", "multipoint"), overlap.series[1:], strict=True):
        good = np.flatnonzero(series.y >= 0.95)
        seconds = float(series.x[good[0]] if good.size else series.x[-1])
        assert report.numbers[f"cpu_ratio_{name}_to_construction"] == pytest.approx(seconds / planted)
        assert report.numbers[f"{name}_cpu_seconds"] == series.x[-1]
    assert "times as long" in report.means
    held = {claim.statement: claim.verdict for claim in report.claims}
    assert held["The whole network on all data gives these losses"] is Verdict.HOLDS


def test_the_three_sections_form_one_beside_the_other(small: tuple[Report, dict[str, Artifact], list[Any]]) -> None:
    _, artifacts, seen = small
    target = None
    for name in ("construction", "training", "multipoint"):
        section = artifacts[f"section_{name}"]
        assert isinstance(section, Section) and section.target is not None and ": IoU " in section.title
        assert target is None or np.array_equal(section.target, target)
        target = section.target
        assert sum(isinstance(event, Section) and event.name == section.name for event in seen) >= 1
    assert sum(isinstance(event, Section) and event.name == "section_multipoint" for event in seen) > 5


def test_a_slower_or_worse_closed_form_would_fail() -> None:
    experiment, nothing = PatternComparison(), np.zeros((2, 2))
    fast, slow = (Rival((Moment(s, 0.1, iou),), nothing, {}, ()) for s, iou in ((1.0, 1.0), (3.0, 0.9)))
    claim = experiment._faster("multipoint", slow, fast)
    assert claim.verdict is Verdict.HOLDS and claim.measured == pytest.approx(3.0)
    assert experiment._faster("multipoint", fast, slow).verdict is Verdict.FAILS
    worse = Rival((Moment(0.5, 0.1, 0.8),), nothing, {}, ())
    assert experiment._faster("training", slow, worse).verdict is Verdict.FAILS  # faster, with a worse overlap


def test_what_does_not_fit_is_said_and_not_judged() -> None:
    report, artifacts, _ = run(
        network={"kind": "mlp", "hidden": [12, 8], "activation": {"kind": "tanh"}}, multipoint_steps=10
    )
    assert "section_construction" not in artifacts and "section_training" in artifacts
    assert [claim.verdict for claim in report.claims[:2]] == [Verdict.NOT_APPLICABLE] * 2
    assert "relu" in report.claims[0].reason and "relu" in report.means
    with pytest.raises(SpecError, match="field 'pattern' is constant"):
        run(pattern={"kind": "formula", "expression": "0.5"})
    assert PatternComparison in EXPERIMENTS
