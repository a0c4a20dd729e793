"""Critical points of small networks: closed forms where they exist, and plateaus that must be refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lsviewer.core.artifacts import Curve
from lsviewer.core.claims import Verdict
from lsviewer.core.files import Files
from lsviewer.core.jobs import finish
from lsviewer.core.spec import SpecError, parse
from lsviewer.engine.context import open_context
from lsviewer.experiments.wide_layers.critical_search import CriticalSearch, refusal, staggered
from lsviewer.experiments.wide_layers.findings import examine
from tests.experiments.wide_layers.cases import TANH, claim, run, save_data


def test_a_narrow_network_has_minima_that_are_not_global_and_saddles() -> None:
    report, artifacts = run(CriticalSearch, network={"hidden": [2], "activation": TANH}, starts=60, down=0, spread=1.0)
    numbers = report.numbers
    assert int(numbers["found"]) + int(numbers["refused"]) == 60
    assert int(numbers["found"]) >= 10 and int(numbers["saddle"]) >= 1
    assert 2 <= int(numbers["distinct"]) <= int(numbers["found"])
    assert isinstance(artifacts["map"], Curve)
    assert sum(len(line.x) for line in artifacts["map"].series) == 60
    assert float(report.claims[0].measured or 0.0) < 6e-11


def test_every_accepted_gradient_vanishes_by_autograd_and_refused_ones_have_a_reason() -> None:
    experiment = parse(CriticalSearch, {"network": {"hidden": [2], "activation": TANH}, "starts": 30})
    problem = experiment.pose(open_context(experiment, Files()))
    generator = torch.Generator().manual_seed(1)
    ended = torch.randn(30, problem.stack.size, dtype=torch.float64, generator=generator)
    found, _ = finish(experiment._judge(problem, ended))
    assert {one.refused for one in found} == {"not converged"}  # random points


def test_the_linear_model_of_one_unit_has_the_closed_form(tmp_path: Path) -> None:
    """Identity activation [1, 1, 1]: critical values of Phi are those of y = w x + c, and of the constant (a saddle)."""
    x = np.array([[-1.0], [0.0], [1.0], [2.0]])
    y = np.array([[0.0], [1.0], [1.0], [3.0]], dtype="f4")
    data = save_data(tmp_path / "d.npz", x, y)
    network: dict[str, Any] = {"hidden": [1], "activation": {"kind": "identity"}}
    report, _ = run(CriticalSearch, tmp_path, dataset=data, network=network, starts=40, down=0)
    line = np.polyfit(x[:, 0], y[:, 0], 1)
    best = float(((np.polyval(line, x[:, 0]) - y[:, 0]) ** 2).sum())
    assert float(report.numbers["lowest"]) == pytest.approx(best, rel=1e-12)
    assert float(report.numbers["highest"]) == pytest.approx(float(((y - y.mean()) ** 2).sum()), rel=1e-12)
    assert int(report.numbers["saddle"]) >= 1


def test_wide_networks_lead_to_global_minima() -> None:
    report, _ = run(CriticalSearch, network={"hidden": [9], "activation": TANH}, starts=20, down=100, stagger=False)
    assert report.numbers["global_minimum"] == 20
    assert report.numbers["distinct"] == 1
    exact = claim(report, "An exact global minimum exists within r of every zero")
    assert exact.verdict is Verdict.HOLDS and report.numbers["certified_zeros"] == 20
    assert 0.0 < float(report.numbers["certificate_radius"]) < 1e-10
    assert claim(report, "No accepted point with Φ > 0").verdict is Verdict.HOLDS


def test_the_defaults_find_saddles_and_global_minima_and_map_every_end() -> None:
    report, artifacts = run(CriticalSearch)
    numbers = report.numbers
    assert int(numbers["saddle"]) >= 15 and int(numbers["global_minimum"]) >= 10
    assert {row.verdict for row in report.claims} == {Verdict.HOLDS}
    places, index = artifacts["map"], artifacts["index"]
    assert isinstance(places, Curve) and isinstance(index, Curve)
    assert sum(len(line.x) for line in places.series) == 200
    assert sum(len(line.x) for line in index.series) == int(numbers["found"])
    for line in places.series:  # accepted ends lie left of the line, refused ones right of it
        limit = places.levels[0].value
        assert np.all(line.x > limit) if line.label.startswith("refused: not") else np.all(line.x <= limit)
    zeros, above = index.series
    assert np.all(zeros.x == 0) and np.all(above.x >= 1)


def test_starts_are_staggered_by_their_number() -> None:
    path = tuple(torch.full((5, 2), float(step)) for step in range(3))
    assert staggered(path, 3)[:, 0].tolist() == [0.0, 1.0, 2.0, 2.0, 0.0]  # the third step was never taken


def test_plateaus_and_infinity_are_refused(tmp_path: Path) -> None:
    data = save_data(tmp_path / "d.npz", np.linspace(1, 2, 6)[:, None], np.linspace(-0.5, 0.5, 6, dtype="f4")[:, None])
    fields: dict[str, Any] = {"dataset": data, "network": {"hidden": [2], "activation": TANH}, "output": "activation"}
    experiment = parse(CriticalSearch, fields)
    problem = experiment.pose(open_context(experiment, Files(tmp_path)))
    flat = torch.tensor([0.1, 0.2, 0.0, 0.3, 0.01, 0.02, 16.0], dtype=torch.float64)
    for theta, why in ((flat, "plateau"), (1e5 * flat, "at infinity"), (0.1 * flat, "not converged")):
        found, _ = finish(examine(problem, theta, ()))
        assert refusal(found) == why


def test_too_many_parameters_are_named() -> None:
    with pytest.raises(SpecError, match="501 parameters, the search takes at most 400"):
        run(CriticalSearch, network={"hidden": [100], "activation": TANH})
