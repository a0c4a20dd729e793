"""Lemma 3.3 and what follows from it: the data are represented, and each hypothesis that fails is named."""

import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lsviewer.core.artifacts import Checkpoint, Picture
from lsviewer.core.claims import Verdict
from lsviewer.core.files import Files
from lsviewer.core.spec import SpecError
from lsviewer.engine.datasets import Digits
from lsviewer.experiments.memorization.construction import MemorizingNetwork
from tests.experiments.memorization.cases import TANH, claim, run, save_data

QUICK: dict[str, Any] = {"compare": False}


def scalar_smoolu(x: float) -> float:
    return x * math.exp(-1 / x) if x > 0 else 0.0


def test_the_network_represents_every_point_by_a_loop_of_python_floats() -> None:
    report, artifacts = run(MemorizingNetwork, dataset={"kind": "digits", "limit": 40, "test_fraction": 0.0}, **QUICK)
    network = artifacts["network"]
    assert isinstance(network, Checkpoint)
    p = network.params
    data = Digits(limit=40, test_fraction=0.0).load(Files())
    for x, y in zip(data.x.flatten(1).double().tolist(), data.y.tolist()):
        hidden = [
            scalar_smoolu(math.fsum(w * v for w, v in zip(row, x)) + b) for row, b in zip(p["0.weight"], p["0.bias"])
        ]
        value = math.fsum(m * h for m, h in zip(p["2.weight"][0], hidden)) + p["2.bias"][0]
        assert value == pytest.approx(y, abs=1e-9)
    assert report.numbers["width"] == 40
    assert report.numbers["parameters"] == 40 * 64 + 40 + 40 + 1


def test_a_hundred_digits_to_ten_places_and_in_mpmath_to_forty() -> None:
    report, _ = run(MemorizingNetwork, **QUICK)
    assert float(report.numbers["residual_max"]) <= 1e-10
    assert {c.verdict for c in report.claims} == {Verdict.HOLDS}
    exact, _ = run(MemorizingNetwork, knots="exact", **QUICK)
    assert float(exact.numbers["residual_max"]) <= 1e-40


def test_the_printed_midpoints_are_undecided_in_float64() -> None:
    report, _ = run(MemorizingNetwork, knots="midpoint", **QUICK)
    assert claim(report, "every point").verdict is Verdict.UNDECIDED
    assert float(report.numbers["growth"]) > 1e8
    few, _ = run(
        MemorizingNetwork, knots="midpoint", dataset={"kind": "digits", "limit": 10, "test_fraction": 0}, **QUICK
    )
    assert claim(few, "every point").verdict is Verdict.HOLDS


RECTIFIED = ["smoolu", "smoothed_relu", "relu", "truncated_tanh", "tanh_smoolu"]


@pytest.mark.parametrize(("kind", "depth"), list(itertools.product(RECTIFIED, [1, 2, 4])))
def test_every_rectified_activation_at_every_depth(kind: str, depth: int) -> None:
    report, _ = run(MemorizingNetwork, activation={"kind": kind}, depth=depth, **QUICK)
    assert claim(report, "every point").verdict is Verdict.HOLDS
    assert float(report.numbers["residual_max"]) <= 1e-9
    assert report.numbers["depth"] == depth


@pytest.mark.parametrize("sharing", ["shared", "copies"])
def test_several_outputs(sharing: str) -> None:
    report, _ = run(
        MemorizingNetwork, dataset={"kind": "digits", "limit": 30, "test_fraction": 0}, targets="one_hot", sharing=sharing,
        width=310, **QUICK,
    )  # fmt: skip
    assert claim(report, "every point").verdict is Verdict.HOLDS
    assert report.numbers["outputs"] == 10
    assert report.numbers["width"] == 310


def test_the_matrix_is_triangular_and_training_is_compared() -> None:
    report, artifacts = run(MemorizingNetwork, dataset={"kind": "digits", "limit": 20, "test_fraction": 0})
    picture = artifacts["matrix"]
    assert isinstance(picture, Picture)
    assert np.array_equal(picture.pixels, np.tril(picture.pixels))
    assert np.diag(picture.pixels).min() > 0
    assert float(report.numbers["trained_residual_max"]) < 1e-6


# --- broken twins ------------------------------------------------------------------------------------------------------------


def test_tanh_is_not_rectified() -> None:
    with pytest.raises(SpecError, match="'tanh'.* not rectified"):
        run(MemorizingNetwork, activation=TANH, **QUICK)


def test_equal_inputs_are_named(tmp_path: Path) -> None:
    x = np.random.default_rng(0).standard_normal((9, 3))
    x[7] = x[4]
    data = save_data(tmp_path / "d.npz", x, np.arange(9) % 3)
    with pytest.raises(SpecError, match="inputs 4 and 7 are equal"):
        run(MemorizingNetwork, tmp_path, dataset=data, **QUICK)


def test_too_narrow_names_the_width_needed() -> None:
    with pytest.raises(SpecError, match="'width' is 99: 100 points need a last hidden layer of 100 units"):
        run(MemorizingNetwork, width=99, **QUICK)


def test_too_many_points_for_mpmath() -> None:
    with pytest.raises(SpecError, match="500 points, at most 400"):
        run(MemorizingNetwork, dataset={"kind": "digits", "limit": 500}, knots="exact", **QUICK)


def test_spare_units_are_zero() -> None:
    _, artifacts = run(MemorizingNetwork, dataset={"kind": "digits", "limit": 10}, width=15, **QUICK)
    network = artifacts["network"]
    assert isinstance(network, Checkpoint)
    assert not network.params["0.weight"][10:].any()
    assert not network.params["2.weight"][:, 10:].any()
    assert torch.tensor(network.params["0.bias"][:10]).unique().numel() == 10
