"""Proposition 2.3: counts where the theorem gives them, and no count where a hypothesis is broken."""

from pathlib import Path

import numpy as np
import pytest
import torch

from lsviewer.core.artifacts import Checkpoint, Spectrum
from lsviewer.core.claims import Verdict
from lsviewer.core.jobs import finish
from lsviewer.core.spec import SpecError
from lsviewer.experiments.memorization.inertia import Inertia
from lsviewer.experiments.memorization.judgement import answer, counts, gradients
from lsviewer.experiments.memorization.minimum import map_by_autograd, measure
from tests.experiments.memorization.cases import TANH, claim, run, save, save_data, verdicts

TEACHER = {"kind": "teacher", "samples": 20, "inputs": 3, "hidden": [2]}  # 11 parameters
STUDENT = {"kind": "mlp", "hidden": [12], "activation": TANH}


def test_141_parameters_and_20_points_give_20_121_0() -> None:
    report, artifacts = run(Inertia)
    numbers = report.numbers
    assert (numbers["positive"], numbers["zero"], numbers["negative"]) == (20, 121, 0)
    assert float(numbers["gap"]) > 1e8
    assert float(numbers["loss"]) < 1e-26
    assert verdicts(report) == {Verdict.HOLDS}
    spectrum = artifacts["spectrum"]
    assert isinstance(spectrum, Spectrum)
    assert len(spectrum.values) == 141
    assert spectrum.tolerance == numbers["tolerance"]


def test_both_routes_count_alike_and_a_mean_divides_the_spectrum_by_d() -> None:
    whole, _ = run(Inertia)
    gram, _ = run(Inertia, route="gram", reduction="mean")
    assert [gram.numbers[k] for k in ("positive", "zero", "negative")] == [20, 121, 0]
    assert gram.numbers["lambda_d"] == pytest.approx(float(whole.numbers["lambda_d"]) / 20, rel=1e-9)


def test_several_outputs_count_points_times_outputs() -> None:
    report, _ = run(Inertia, dataset={"kind": "digits", "limit": 12}, network={"hidden": [12], "activation": TANH})
    assert [report.numbers[k] for k in ("positive", "zero", "negative")] == [120, 64 * 12 + 12 + 120 + 10 - 120, 0]


def test_the_point_from_a_file_gives_the_same_count(tmp_path: Path) -> None:
    first, artifacts = run(Inertia)
    point = artifacts["point"]
    assert isinstance(point, Checkpoint)
    saved = save({k: torch.tensor(v) for k, v in point.params.items()}, tmp_path / "w.safetensors")
    again, _ = run(Inertia, tmp_path, point=saved)
    for name in ("positive", "zero", "negative", "loss"):
        assert again.numbers[name] == first.numbers[name]


# --- broken twins ------------------------------------------------------------------------------------------------------------


def test_a_smaller_teacher_inside_is_singular_11_50_0() -> None:
    report, _ = run(Inertia, dataset=TEACHER, network=STUDENT, point={"kind": "teacher"})
    assert [report.numbers[k] for k in ("rank", "positive", "zero", "negative")] == [11, 11, 50, 0]
    assert claim(report, "J has full rank").verdict is Verdict.FAILS
    assert claim(report, "20 eigenvalues are positive").verdict is Verdict.NOT_APPLICABLE
    assert claim(report, "as J has rank").verdict is Verdict.HOLDS


def test_a_square_has_no_gradient_on_its_zero_set() -> None:
    """f = (w.x)^2, y = 0: H is 0 where w.x = 0, and nearly so in floating point; never (1, n - 1, 0)."""
    x = torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64)

    def square(w: torch.Tensor) -> torch.Tensor:
        return (w @ x).square()[None]

    orthogonal = torch.tensor([2.0, -1.0, 0.1, -0.075], dtype=torch.float64)
    for w in (orthogonal, orthogonal + 1e-9, orthogonal + 1e-17, torch.zeros(4, dtype=torch.float64)):
        found, _ = finish(measure(map_by_autograd(square, 1, 4), w, torch.Generator().manual_seed(0)))
        assert gradients(found.jacobian).verdict is Verdict.FAILS
        assert {one.verdict for one in counts(found)[:3]} == {Verdict.NOT_APPLICABLE}
        assert answer(found)["positive"] == "not applicable"


@pytest.mark.parametrize("stop", [1e-1, 1e-2, 1e-4, 1e-6, 1e-9])
def test_above_zero_the_count_is_right_or_there_is_none(stop: float) -> None:
    report, _ = run(Inertia, stop_below=stop)
    found = tuple(report.numbers[k] for k in ("positive", "zero", "negative"))
    assert found in ((20, 121, 0), ("not resolved",) * 3, ("not applicable",) * 3)
    assert claim(report, "lies on M").verdict is not Verdict.HOLDS


def test_an_untrained_point_is_no_minimum() -> None:
    report, _ = run(Inertia, point={"kind": "init"})
    assert claim(report, "lies on M").verdict is Verdict.FAILS
    assert "Polish" in claim(report, "lies on M").reason
    assert report.numbers["positive"] == "not applicable"
    polished, _ = run(Inertia, point={"kind": "init"}, polish=True)
    assert polished.numbers["positive"] == 20


def test_repeated_points_lower_the_rank_and_contradictions_empty_m(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((8, 3))
    y = rng.standard_normal((8, 1)).astype(np.float32)
    x[5], y[5] = x[2], y[2]
    report, _ = run(Inertia, tmp_path, dataset=save_data(tmp_path / "same.npz", x, y))
    assert report.numbers["rank"] == report.numbers["positive"] == 7
    assert "repeated" in report.means
    y[5] = y[2] + 0.5
    report, _ = run(Inertia, tmp_path, dataset=save_data(tmp_path / "other.npz", x, y))
    assert float(report.numbers["loss"]) == pytest.approx(0.5**2 / 2, rel=1e-6)  # float32 labels
    assert "M is empty" in claim(report, "lies on M").reason
    assert report.numbers["positive"] == "not applicable"


def test_too_few_parameters_are_outside_the_theorem() -> None:
    report, _ = run(Inertia, network={"hidden": [2], "activation": TANH}, steps=20)
    assert claim(report, "20 eigenvalues are positive").verdict is Verdict.NOT_APPLICABLE
    assert "n = 15" in claim(report, "20 eigenvalues are positive").reason


def test_dead_units_lower_the_rank(tmp_path: Path) -> None:
    """All units of smooLU at zero: only the output bias moves anything."""
    x = np.random.default_rng(1).standard_normal((6, 2))
    data = save_data(tmp_path / "d.npz", x, np.full((6, 1), 0.25, dtype=np.float32))
    params = {
        "0.weight": torch.zeros(9, 2).double(),
        "0.bias": torch.full((9,), -1.0).double(),
        "2.weight": torch.ones(1, 9).double(),
        "2.bias": torch.full((1,), 0.25).double(),
    }
    point = save(params, tmp_path / "dead.safetensors")
    network = {"hidden": [9], "activation": {"kind": "smoolu"}}
    report, _ = run(Inertia, tmp_path, dataset=data, network=network, point=point)
    assert [report.numbers[k] for k in ("rank", "positive", "zero")] == [1, 1, 36]


def test_constant_labels_have_a_minimum_where_the_theorem_does_not_hold(tmp_path: Path) -> None:
    """The output bias alone meets equal labels: with W_2 = 0 the gradients span what [F_1, 1] spans, 5 of 10 dimensions."""
    rng = np.random.default_rng(3)
    x = rng.standard_normal((10, 2))
    data = save_data(tmp_path / "d.npz", x, np.full((10, 1), 0.25, dtype=np.float32))
    params = {
        "0.weight": torch.tensor(rng.standard_normal((4, 2))),
        "0.bias": torch.tensor(rng.standard_normal(4)),
        "2.weight": torch.zeros(1, 4).double(),
        "2.bias": torch.full((1,), 0.25).double(),
    }
    features = np.tanh(x @ params["0.weight"].numpy().T + params["0.bias"].numpy())
    assert np.linalg.matrix_rank(np.column_stack([features, np.ones(10)])) == 5
    point = save(params, tmp_path / "constant.safetensors")
    report, _ = run(Inertia, tmp_path, dataset=data, network={"hidden": [4], "activation": TANH}, point=point)
    assert [report.numbers[k] for k in ("rank", "positive", "zero")] == [5, 5, 12]
    assert claim(report, "10 eigenvalues are positive").verdict is not Verdict.HOLDS
    assert claim(report, "full rank").verdict is Verdict.FAILS


def test_a_hessian_too_large_names_its_size_and_the_other_route() -> None:
    with pytest.raises(SpecError, match=r"'route' is 'hessian'.* 0\.\d GB.*choose gram"):
        run(Inertia, route="hessian", network={"hidden": [1300], "activation": TANH}, point={"kind": "init"})


def test_too_many_residuals_name_the_memory_they_need() -> None:
    with pytest.raises(SpecError, match=r"'dataset.limit': 14380 residuals .* 1\.7 GB; at most 6000"):
        run(Inertia, dataset={"kind": "digits"})


def test_a_point_where_the_loss_overflows_is_refused(tmp_path: Path) -> None:
    params = {
        "0.weight": torch.ones(20, 5).double(),
        "0.bias": torch.zeros(20).double(),
        "2.weight": torch.full((1, 20), 1e200, dtype=torch.float64),
        "2.bias": torch.zeros(1).double(),
    }
    point = save(params, tmp_path / "w.safetensors")
    with pytest.raises(SpecError, match="not finite"):
        run(Inertia, tmp_path, point=point)


def test_a_linear_model_is_a_network_too() -> None:
    data = {"kind": "teacher", "samples": 4, "inputs": 9}
    report, _ = run(Inertia, dataset=data, network={"hidden": [], "activation": TANH})
    assert [report.numbers[k] for k in ("positive", "zero", "negative")] == [4, 6, 0]


def test_relu_counts_on_its_piece() -> None:
    report, _ = run(Inertia, network={"hidden": [40]})
    assert [report.numbers[k] for k in ("positive", "zero", "negative")] == [20, 261, 0]


def test_the_teachers_point_needs_a_teacher() -> None:
    with pytest.raises(SpecError, match="made by no teacher"):
        run(Inertia, dataset={"kind": "digits", "limit": 20}, point={"kind": "teacher"})


def test_kinks_are_said() -> None:
    assert "not smooth" in Inertia.model_validate({"network": {"hidden": [20]}}).notes()[0]
    assert Inertia().notes() == ()


def test_an_activation_with_kinks_is_said_in_the_claims_too() -> None:
    report, _ = run(Inertia, network={"hidden": [20], "activation": {"kind": "relu"}})
    assert claim(report, "activation is smooth").verdict is Verdict.NOT_APPLICABLE
    assert "relu has kinks" in claim(report, "activation is smooth").reason
    assert not [one for one in run(Inertia)[0].claims if "smooth" in one.statement]
