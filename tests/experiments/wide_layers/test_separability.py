"""Theorem 5.3: separable classes, classes that block each other, and the layers where no conclusion is drawn."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lsviewer.core.claims import Verdict
from lsviewer.core.files import Files
from lsviewer.core.jobs import finish
from lsviewer.core.spec import SpecError, parse
from lsviewer.engine.context import open_context
from lsviewer.engine.separability import separate_all
from lsviewer.experiments.wide_layers.critical_point import CriticalPoint
from lsviewer.experiments.wide_layers.separability import ZOOM, Separability, blocking
from tests.experiments.wide_layers.cases import TANH, claim, run, save, save_data

CLOUDS = {"kind": "gaussian", "samples": 40, "classes": 3, "inputs": 4}
FOUND = {"kind": "found"}
INPUTS: dict[str, Any] = {"point": {"kind": "init"}, "layer": 0}  # the inputs as they are


def net(*hidden: int) -> dict[str, Any]:
    return {"hidden": list(hidden), "activation": TANH}


def test_a_found_minimum_with_separable_features_is_global_for_the_last_hidden_layer() -> None:
    report, artifacts = run(Separability, dataset=CLOUDS, network=net(8), point=FOUND, layer=1)
    assert report.numbers["separable_classes"] == 3 and float(report.numbers["margin_min"]) > 0
    assert float(report.numbers["loss"]) < 1e-24
    assert claim(report, "theorem 5.3, k = 1").verdict is Verdict.HOLDS
    assert list(artifacts) == ["loss", "point", "margins"]


def test_below_the_last_hidden_layer_nothing_is_concluded() -> None:
    report, _ = run(Separability, dataset=CLOUDS, network=net(8, 5), point=FOUND, layer=1)
    row = claim(report, "theorem 5.3, k = 1")
    assert report.numbers["separable_classes"] == 3
    assert row.verdict is Verdict.UNDECIDED and "k ≤ L − 2" in row.reason and "counterexample" in row.reason


def test_the_checker_of_points_says_the_same() -> None:
    report, _ = run(
        CriticalPoint, dataset=CLOUDS, network=net(8), loss={"kind": "squared_hinge"}, layer=1, tries=1, steps=100
    )
    assert claim(report, "theorem 5.3, k = 1").verdict is Verdict.HOLDS
    assert claim(report, "lemma 3.5, k = 1").verdict is Verdict.NOT_APPLICABLE  # the hinge is not C^2


def test_exclusive_or_is_blocked_at_the_inputs(tmp_path: Path) -> None:
    x = np.array([[0, 0], [1, 1], [0, 1], [1, 0]], dtype="f4")
    data = save_data(tmp_path / "xor.npz", x, np.array([0, 0, 1, 1]))
    report, _ = run(Separability, tmp_path, dataset=data, network=net(4), **INPUTS)
    assert report.numbers["separable_classes"] == 0 and report.numbers["margin_min"] == "none"
    row = claim(report, "Class 0 is linearly separable")
    assert row.verdict is Verdict.FAILS and "4 samples" in row.reason
    hidden, _ = run(Separability, tmp_path, dataset=data, network=net(12), point=INPUTS["point"], layer=1)
    assert hidden.numbers["separable_classes"] == 2


def test_an_untrained_point_is_not_critical() -> None:
    report, _ = run(Separability, dataset=CLOUDS, network=net(8), **INPUTS)
    assert claim(report, "theorem 5.3").verdict is Verdict.NOT_APPLICABLE


def test_the_squared_loss_is_outside_the_theorem() -> None:
    report, _ = run(Separability, dataset=CLOUDS, network=net(8), loss={"kind": "squared"}, layer=1)
    assert "squared hinge" in claim(report, "theorem 5.3").reason


def test_zero_weights_above_are_critical_and_fail_the_rank(tmp_path: Path) -> None:
    """All weights 0 with the best constant output: critical, inputs separable, Phi > 0; k = 0 needs W_2 of full rank."""
    data = save_data(tmp_path / "d.npz", np.array([[0.0], [1.0], [2.0]]), np.array([0, 0, 1]))
    # the best constant output f of sum_i (1 - s_i f)^2 with s = 1, 1, -1 is f = 1/3
    params = {
        "0.weight": torch.zeros(3, 1).double(), "0.bias": torch.zeros(3).double(),
        "2.weight": torch.zeros(2, 3).double(), "2.bias": torch.tensor([1 / 3, -1 / 3], dtype=torch.float64),
    }  # fmt: skip
    point = save(params, tmp_path / "w.safetensors")
    report, _ = run(Separability, tmp_path, dataset=data, network=net(3), point=point, layer=0)
    assert claim(report, "The gradient vanishes").verdict is Verdict.HOLDS
    assert report.numbers["separable_classes"] == 2 and float(report.numbers["loss"]) > 1.0
    row = claim(report, "theorem 5.3, k = 0")
    assert row.verdict is Verdict.NOT_APPLICABLE and "full column rank" in row.reason


def test_what_blocks_is_shown_where_samples_are_pictures() -> None:
    """Two classes of the same 4 x 4 pictures, one shared: it blocks both, and is drawn dark on white."""
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(8, 16)).astype("f4")
    x[4] = x[0]  # the same picture in both classes
    separations = finish(separate_all(torch.tensor(x, dtype=torch.float64), torch.tensor([0, 0, 0, 0, 1, 1, 1, 1]), 2))[
        0
    ]
    assert all(one.separable is False and set(one.blocking) == {0, 4} for one in separations)
    experiment = parse(Separability, {"dataset": {"kind": "gaussian", "samples": 8, "classes": 2, "inputs": 16}})
    problem = experiment.pose(open_context(experiment, Files()))
    objective = replace(problem.objective, x=torch.tensor(x, dtype=torch.float64))
    data = replace(problem.data, y=torch.tensor([0, 0, 0, 0, 1, 1, 1, 1]))
    shown = blocking(separations, replace(problem, objective=objective, data=data))
    assert shown is not None and shown.title.startswith("What blocks 0, 1")
    one = 1.0 - (x[0].reshape(4, 4) - x.min()) / (x.max() - x.min())
    small = shown.pixels[::ZOOM, ::ZOOM]
    other = 7 * (4 + 2)  # the first column of the others
    for top in (0, 4 + 2):
        np.testing.assert_allclose(small[top : top + 4, :4], one, atol=1e-6)
        np.testing.assert_allclose(small[top : top + 4, other : other + 4], one, atol=1e-6)
    assert blocking(separations, problem) is not None
    assert blocking((), problem) is None  # nothing is blocked
    narrow = replace(problem, objective=replace(objective, x=objective.x[:, :15]))
    assert blocking(separations, narrow) is None  # no picture


def test_bad_input() -> None:
    with pytest.raises(SpecError, match="class labels are needed"):
        run(Separability, dataset={"kind": "teacher", "samples": 10, "inputs": 3}, loss={"kind": "squared"})
    with pytest.raises(SpecError, match="field 'layer' is 4: 0 to 1"):
        run(Separability, dataset=CLOUDS, network=net(4), layer=4)
