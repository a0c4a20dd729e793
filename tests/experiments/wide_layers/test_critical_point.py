"""The example table of Nguyen and Hein's theorems: what every check must answer, and the twin that breaks one condition."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lsviewer.core.artifacts import Checkpoint, Curve, Spectrum
from lsviewer.core.claims import Report, Verdict
from lsviewer.core.spec import SpecError
from lsviewer.experiments.wide_layers.critical_point import CriticalPoint
from tests.experiments.wide_layers.cases import TANH, claim, run, save, save_data

HOLDS, FAILS, OPEN, NONE = Verdict.HOLDS, Verdict.FAILS, Verdict.UNDECIDED, Verdict.NOT_APPLICABLE
EXACT = "An exact global minimum exists within r"
MAIN = "global minimum (lemma 3.5, k = 1)"


def net(*hidden: int, kind: str = "tanh") -> dict[str, Any]:
    return {"hidden": list(hidden), "activation": {"kind": kind}}


def teacher(samples: int = 10, inputs: int = 3, outputs: int = 1) -> dict[str, Any]:
    return {"kind": "teacher", "samples": samples, "inputs": inputs, "outputs": outputs}


def verdict(report: Report, words: str) -> Verdict:
    return claim(report, words).verdict


# --- the table ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("output", ["identity", "activation"])
def test_n_1_is_n_minus_1_and_all_conditions_of_3_8_hold(output: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    data = save_data(tmp_path / "d.npz", rng.standard_normal((10, 3)), rng.uniform(-0.8, 0.8, (10, 1)).astype("f4"))
    report, artifacts = run(CriticalPoint, tmp_path, dataset=data, network=net(9), output=output)
    assert float(report.numbers["loss"]) < 1e-24
    assert report.numbers["block_nullity"] == 0
    assert 0.0 < float(report.numbers["certificate_radius"]) < 1e-12
    for words in (
        MAIN,
        EXACT,
        "theorem 3.8, k = 1",
        "condition 1",
        "rank [F_1, 1] = N",
        "Assumptions 3.2",
        "bound of lemma",
    ):
        assert verdict(report, words) is HOLDS, words
    assert verdict(report, "corollary 3.9") is NONE and "vacuous" in claim(report, "corollary 3.9").reason
    assert verdict(report, "theorem 3.4") is NONE  # [X, 1] has 4 columns for 10 samples
    assert list(artifacts) == ["bound", "singular_values", "block", "point"]
    assert isinstance(artifacts["block"], Spectrum) and isinstance(artifacts["point"], Checkpoint)


def test_one_unit_more_makes_condition_1_impossible_and_the_bound_decides() -> None:
    report, _ = run(CriticalPoint, network=net(10))
    assert report.numbers["block_nullity"] == report.numbers["structural_nullity"] == 1
    assert verdict(report, "condition 1") is FAILS and "cannot hold" in claim(report, "condition 1").reason
    assert verdict(report, "theorem 3.8") is NONE
    assert verdict(report, MAIN) is HOLDS
    assert float(report.numbers["lemma_3_5_bound"]) < 6e-19


def test_zero_weights_above_are_critical_with_a_large_loss() -> None:
    report, _ = run(CriticalPoint, network=net(9, 2), point={"kind": "zero_above"}, layer=1)
    assert report.numbers["gradient_norm"] == 0.0 and float(report.numbers["loss"]) > 0.1
    assert verdict(report, "The gradient vanishes") is HOLDS
    assert verdict(report, "rank [F_1, 1] = N") is HOLDS
    assert verdict(report, "W_3 has full column rank") is FAILS
    assert verdict(report, MAIN) is NONE and "W_3" in claim(report, MAIN).reason
    assert report.numbers["lemma_3_5_bound"] == "infinite"


def test_nine_copies_of_the_best_unit_have_rank_2() -> None:
    report, _ = run(CriticalPoint, point={"kind": "copies"})
    assert float(report.numbers["gradient_norm"]) < 1e-11 and float(report.numbers["loss"]) > 1e-3
    assert report.numbers["rank_features"] == 2
    assert report.numbers["features"] == "deficient by construction"
    assert verdict(report, MAIN) is NONE and verdict(report, "theorem 3.8, k = 1") is NONE
    assert verdict(report, "The gradient vanishes") is HOLDS


def test_a_narrow_strict_minimum_is_not_global_and_no_theorem_says_so() -> None:
    report, _ = run(CriticalPoint, network=net(1))
    assert float(report.numbers["loss"]) > 1e-3
    assert verdict(report, "corollary 3.9") is HOLDS  # a strict minimum: 6 positive eigenvalues
    assert verdict(report, "rank [F_1, 1] = N") is FAILS
    assert verdict(report, MAIN) is NONE and verdict(report, "theorem 3.8") is NONE
    assert "n_1 = 1 < N − 1 = 9" in claim(report, "theorem 3.8").reason
    assert verdict(report, EXACT) is NONE and "6 parameters for 10 equations" in claim(report, EXACT).reason
    assert report.numbers["certificate_radius"] == "none"


def test_a_repeated_input_with_another_label_fails_assumption_1(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((10, 3)), rng.standard_normal((10, 1)).astype("f4")
    x[7] = x[2]
    report, _ = run(CriticalPoint, tmp_path, dataset=save_data(tmp_path / "d.npz", x, y), network=net(9))
    # the two labels leave gap^2 / 2 (float32 labels: exact in float64)
    assert float(report.numbers["loss"]) == pytest.approx(float(y[7, 0] - y[2, 0]) ** 2 / 2, rel=1e-6)
    row = claim(report, "Assumptions 3.2")
    assert row.verdict is FAILS and row.reason.startswith("(1) fails: samples 2 and 7")
    assert verdict(report, EXACT) is NONE and "cannot be reached" in claim(report, EXACT).reason
    assert verdict(report, "rank [F_1, 1] = N") is FAILS
    assert HOLDS not in {one.verdict for one in report.claims if "global minimum" in one.statement}


def test_relu_with_dead_units_fails_assumption_2_and_the_checks_are_shown(tmp_path: Path) -> None:
    x = np.random.default_rng(2).uniform(0, 1, (6, 2))
    data = save_data(tmp_path / "d.npz", x, np.arange(6, dtype="f4")[:, None])
    params = {
        "0.weight": torch.cat([torch.eye(2), -torch.ones(5, 2)]).double(), "0.bias": torch.zeros(7).double(),
        "2.weight": torch.ones(1, 7).double(), "2.bias": torch.zeros(1).double(),
    }  # fmt: skip
    point = save(params, tmp_path / "dead.safetensors")
    report, _ = run(CriticalPoint, tmp_path, dataset=data, network=net(7, kind="relu"), point=point)
    assert claim(report, "Assumptions 3.2").reason.startswith("(2) fails: relu")
    assert verdict(report, EXACT) is NONE and "relu has no form" in claim(report, EXACT).reason
    assert report.numbers["rank_features"] == 3 and "not dead" in claim(report, "rank [F_1, 1]").reason
    assert verdict(report, MAIN) is NONE


def test_tanh_cubed_breaks_theorem_3_4_as_printed() -> None:
    """[X, 1] of rank N, W_2 of full rank, gradient exactly zero, Phi > 0: only sigma' > 0 fails."""
    fields: dict[str, Any] = {"dataset": teacher(samples=4), "point": {"kind": "zero_below"}, "layer": 0}
    report, _ = run(CriticalPoint, network=net(9, kind="tanh_cubed"), **fields)
    assert report.numbers["gradient_norm"] == 0.0 and float(report.numbers["loss"]) > 0.1
    assert verdict(report, "rank [X, 1] = N") is HOLDS and verdict(report, "W_2 has full") is HOLDS
    row = claim(report, "Assumptions 3.2")
    assert row.verdict is FAILS and "σ′ > 0 fails" in row.reason
    assert verdict(report, "global minimum (theorem 3.4)") is NONE
    # the twin with a slope: the same construction is no critical point
    twin, _ = run(CriticalPoint, network=net(9), **fields)
    assert verdict(twin, "The gradient vanishes") is FAILS
    assert verdict(twin, "Assumptions 3.2") is HOLDS


# --- figures -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("widths", "kind", "samples", "layer", "output"),
    [
        ((3, 9, 1), "tanh", 10, 1, "identity"),
        ((4, 9, 3), "sigmoid", 10, 1, "activation"),
        ((3, 6, 11, 2), "softplus", 12, 2, "identity"),
    ],
)
def test_the_three_networks_converge_with_all_conditions_of_3_8(
    widths: tuple[int, ...], kind: str, samples: int, layer: int, output: str, tmp_path: Path
) -> None:
    rng = np.random.default_rng(5)
    y = rng.uniform(0.1, 0.9, (samples, widths[-1])).astype("f4")
    data = save_data(tmp_path / "d.npz", rng.standard_normal((samples, widths[0])), y)
    network = {"hidden": list(widths[1:-1]), "activation": {"kind": kind}}
    report, artifacts = run(CriticalPoint, tmp_path, dataset=data, network=network, output=output, layer=layer)
    assert float(report.numbers["loss"]) < 1e-24
    assert verdict(report, f"theorem 3.8, k = {layer}") is HOLDS
    assert verdict(report, f"lemma 3.5, k = {layer}") is HOLDS
    curve = artifacts["bound"]
    assert isinstance(curve, Curve)
    phi, bound = curve.series
    assert len(phi.y) >= 5 and np.all(np.isfinite(bound.y))
    assert np.all(bound.y >= phi.y)  # at every iterate, from the random start on


@pytest.mark.parametrize(("hidden", "subset", "nullity"), [((11, 2), [2], 0), ((11, 2), [2, 3], 6), ((11, 4), [2], 24)])
def test_block_nullity_at_a_minimum(hidden: tuple[int, ...], subset: list[int], nullity: int) -> None:
    report, _ = run(CriticalPoint, dataset=teacher(12, 3, 2), network=net(*hidden), subset=subset)
    assert float(report.numbers["loss"]) < 1e-24
    assert report.numbers["block_nullity"] == nullity
    assert verdict(report, "condition 1") is (HOLDS if nullity == 0 else FAILS)


@pytest.mark.parametrize(("hidden", "nullity"), [((10,), 1), ((20,), 11), ((20, 5), 55)])
def test_block_nullity_at_any_point(hidden: tuple[int, ...], nullity: int) -> None:
    report, _ = run(CriticalPoint, network=net(*hidden), subset=[2], point={"kind": "init"})
    assert report.numbers["block_nullity"] == report.numbers["structural_nullity"] == nullity


def test_all_subsets_are_tried_and_the_regular_one_is_taken() -> None:
    report, _ = run(CriticalPoint, dataset=teacher(12, 3, 2), network=net(11, 2), layer=1)
    assert "I = {2} is non-singular" in claim(report, "condition 1").statement


# --- other points ------------------------------------------------------------------------------------------------------------


def test_at_a_random_point_the_bound_holds_and_nothing_is_concluded() -> None:
    report, _ = run(CriticalPoint, point={"kind": "init"})
    assert verdict(report, "The gradient vanishes") is FAILS
    assert verdict(report, "bound of lemma") is HOLDS
    assert verdict(report, MAIN) is FAILS and "not critical" in claim(report, MAIN).reason
    assert verdict(report, EXACT) is OPEN and "Newton's step" in claim(report, EXACT).reason


@pytest.mark.parametrize("bias", [16.0, 30.0])
def test_a_saturated_plateau_is_no_critical_point(bias: float, tmp_path: Path) -> None:
    """The output unit at tanh(16) or tanh(30): slopes of 1e-14 or 0, and the whole gradient with them."""
    y = np.linspace(-0.5, 0.5, 6, dtype="f4")[:, None]
    data = save_data(tmp_path / "d.npz", np.linspace(1, 2, 6)[:, None], y)
    params = {
        "0.weight": torch.linspace(-1, 1, 5).double()[:, None], "0.bias": torch.linspace(0, 1, 5).double(),
        "2.weight": torch.full((1, 5), 0.01).double(), "2.bias": torch.full((1,), bias).double(),
    }  # fmt: skip
    point = save(params, tmp_path / "flat.safetensors")
    report, _ = run(CriticalPoint, tmp_path, dataset=data, network=net(5), point=point, output="activation")
    assert float(report.numbers["gradient_norm"]) < 1e-11 and float(report.numbers["loss"]) > 1.0
    row = claim(report, "The gradient vanishes")
    assert row.verdict is OPEN and "plateau" in row.reason
    assert HOLDS not in {one.verdict for one in report.claims if "global minimum" in one.statement}


def test_the_point_from_a_file_gives_the_same_numbers(tmp_path: Path) -> None:
    first, artifacts = run(CriticalPoint)
    point = artifacts["point"]
    assert isinstance(point, Checkpoint)
    saved = save({k: torch.tensor(v) for k, v in point.params.items()}, tmp_path / "w.safetensors")
    again, _ = run(CriticalPoint, tmp_path, point=saved)
    for name in ("loss", "lemma_3_5_bound", "block_nullity", "rank_features"):
        assert again.numbers[name] == first.numbers[name]


@pytest.mark.parametrize("kind", ["pseudo_huber", "cauchy", "blake_zisserman", "corrupted_gaussian"])
def test_other_losses_are_judged_by_zero_itself(kind: str) -> None:
    report, _ = run(CriticalPoint, loss={"kind": kind})
    assert float(report.numbers["loss"]) < 1e-24
    assert verdict(report, MAIN) is HOLDS and verdict(report, "theorem 3.8, k = 1") is HOLDS
    assert verdict(report, "bound of lemma") is NONE


def test_targets_beyond_tanh_leave_the_minimum_unattained(tmp_path: Path) -> None:
    y = np.linspace(-2, 2, 10, dtype="f4")[:, None]
    data = save_data(tmp_path / "d.npz", np.random.default_rng(0).standard_normal((10, 3)), y)
    report, _ = run(CriticalPoint, tmp_path, dataset=data, output="activation", steps=40)
    assert verdict(report, MAIN) is NONE and "outside the range" in claim(report, MAIN).reason


def test_backpropagation_is_autograd_here_too() -> None:
    report, _ = run(CriticalPoint, network=net(6, 5, 4), dataset=teacher(6, 4, 2), point={"kind": "init"})
    row = claim(report, "Lemma 2.1")
    assert row.verdict is HOLDS and row.measured is not None and math.isfinite(row.measured)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"layer": 5}, "field 'layer' is 5: 0 to 1 are expected"),
        ({"subset": [1, 2], "layer": 1}, "field 'subset' is .*layers from 2 to 2 with 2 among them"),
        ({"network": {"hidden": [], "activation": TANH}}, "field 'network.hidden' is empty"),
        ({"network": net(4, 4), "point": {"kind": "copies"}}, "one hidden layer is expected, there are 2"),
        ({"network": net(2000), "subset": [2], "point": {"kind": "init"}, "dataset": teacher(12, 3, 3)}, "6003 parameters, 0.3"),
        ({"network": net(3000, 1000), "dataset": teacher(100, 3, 3)}, "make a Jacobian of"),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(SpecError, match=why):
        run(CriticalPoint, **fields)


def test_a_checkpoint_of_another_shape_names_both(tmp_path: Path) -> None:
    shapes = {"0.weight": (4, 3), "0.bias": (4,), "2.weight": (1, 4), "2.bias": (1,)}
    params = {name: torch.zeros(shape) for name, shape in shapes.items()}
    point = save(params, tmp_path / "w.safetensors")
    with pytest.raises(SpecError, match=r"'0.weight' has shape \(4, 3\).* needs \(9, 3\)"):
        run(CriticalPoint, tmp_path, point=point)
