"""Sections along eigenvectors: the eigenvalues are those of a dense Hessian, and the loss bends by them; else it is said."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import functional_call

from lsviewer.core.artifacts import Artifact, Checkpoint, Section, Spectrum
from lsviewer.core.claims import Report, Verdict
from lsviewer.core.files import Files
from lsviewer.core.jobs import finish
from lsviewer.core.spec import SpecError, parse
from lsviewer.engine import params as named
from lsviewer.engine.context import open_context
from lsviewer.engine.risk import Risk
from lsviewer.experiments import from_json
from lsviewer.experiments.landscape import eigenplane
from lsviewer.experiments.landscape.eigenplane import EigenPlane, bends_by
from lsviewer.experiments.memorization.inertia import Inertia

SMALL = {
    "dataset": {"kind": "digits", "limit": 30}, "network": {"kind": "mlp", "hidden": [3], "activation": {"kind": "tanh"}},
    "point": {"kind": "init"}, "grid": 9,
}  # fmt: skip


def run(files: Files | None = None, **fields: object) -> tuple[Report, dict[str, Artifact]]:
    experiment = parse(EigenPlane, fields)
    return finish(experiment.run(open_context(experiment, files or Files())))


@pytest.fixture(scope="module")
def counted() -> tuple[Report, dict[str, Artifact], dict[str, object]]:
    """A minimum of 141 parameters and 20 points, its spectrum, and how it names its loss surface."""
    experiment = parse(Inertia, {})
    report, artifacts = finish(experiment.run(open_context(experiment, Files())))
    return report, artifacts, experiment.surface()


def test_the_eigenvalues_are_those_of_a_dense_hessian() -> None:
    report, artifacts = run(**SMALL, first=1, second=-1)
    point = artifacts["point"]
    assert isinstance(point, Checkpoint)
    data = parse(EigenPlane, SMALL).dataset.load(Files())
    module = nn.Sequential(nn.Linear(64, 3), nn.Tanh(), nn.Linear(3, 10)).double()
    sizes = [value.size for value in point.params.values()]

    def loss(theta: torch.Tensor) -> torch.Tensor:
        parts = zip(point.params.items(), torch.split(theta, sizes))
        state = {name: part.reshape(value.shape) for (name, value), part in parts}
        return nn.functional.cross_entropy(functional_call(module, state, data.x.flatten(1).double()), data.y)

    theta = torch.cat([torch.tensor(value).reshape(-1) for value in point.params.values()])
    dense = torch.linalg.eigvalsh(torch.autograd.functional.hessian(loss, theta))
    assert report.numbers["lambda_1"] == pytest.approx(float(dense[-1]), rel=1e-9)
    assert report.numbers["lambda_2"] == pytest.approx(float(dense[0]), rel=1e-9)
    assert {claim.verdict for claim in report.claims} == {Verdict.HOLDS}


def test_without_the_whole_hessian_lanczos_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, _ = run(**SMALL, first=2, second=None)
    monkeypatch.setattr(eigenplane, "WHOLE", 50)
    found, _ = run(**SMALL, first=2, second=None)
    assert found.numbers["lambda_1"] == pytest.approx(float(whole.numbers["lambda_1"]), rel=1e-8)
    with pytest.raises(SpecError, match=r"'first' is -1: the Hessian of 235 parameters would have .* GB"):
        run(**SMALL, first=-1, second=None)


def test_an_eigenvalue_of_a_spectrum_is_a_direction(
    counted: tuple[Report, dict[str, Artifact], dict[str, object]],
) -> None:
    report, artifacts, surface = counted
    spectrum, point = artifacts["spectrum"], artifacts["point"]
    assert isinstance(spectrum, Spectrum) and isinstance(point, Checkpoint) and spectrum.point == "point"
    files = Files(points={"r1/point": point.params})
    experiment = from_json(
        {"kind": "eigenplane", **surface, "point": {"kind": "run"}, "first": 20, "second": 1, "grid": 41}
    )
    found, shown = finish(experiment.run(open_context(experiment, files)))
    assert found.numbers["lambda_1"] == pytest.approx(float(report.numbers["lambda_d"]), rel=1e-6)
    assert found.numbers["lambda_2"] == pytest.approx(float(report.numbers["lambda_max"]), rel=1e-9)
    assert {claim.verdict for claim in found.claims} == {Verdict.HOLDS}
    section = shown["section"]
    assert isinstance(section, Section)
    x, profile = section.axes[1].values, section.values[20, :]
    near = np.abs(x) < 0.3 * x[-1]
    quadratic = np.polyfit(x[near], profile[near], 4)[2]  # the quartic part is no curvature
    assert 2 * quadratic == pytest.approx(float(report.numbers["lambda_max"]), rel=0.02)


def test_the_loss_does_not_bend_by_another_eigenvalue() -> None:
    experiment = parse(EigenPlane, SMALL)
    report, artifacts = run(**SMALL, first=1, second=2)
    point = artifacts["point"]
    assert isinstance(point, Checkpoint)
    data = experiment.dataset.load(Files())
    risk = Risk.of(experiment.network, experiment.loss, data, dtype=torch.float64)
    origin = named.from_numpy(point.params, dtype=torch.float64)
    v = named.flatten(named.from_numpy(point.directions[0], dtype=torch.float64))
    top = float(report.numbers["lambda_max"])
    verdicts = {
        name: bends_by(risk, origin, named.flatten(origin), v, value, top, 1.0, name).verdict
        for name, value in (("own", float(report.numbers["lambda_1"])), ("other", float(report.numbers["lambda_2"])))
    }
    assert verdicts == {"own": Verdict.HOLDS, "other": Verdict.FAILS}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"first": 300}, "'first' is 300: the network has 235 parameters"),
        ({"first": 2, "second": 2}, "two axes need different eigenvectors"),
        ({"first": 0}, "numbered from 1"),
        ({"point": {"kind": "run", "run": "r9"}}, "no finished run of this project kept 'r9/point'; there are: none"),
    ],
)
def test_what_cannot_be_drawn_is_said(fields: dict[str, object], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        run(**{**SMALL, **fields})


def test_across_kinks_an_eigenvalue_is_no_bend() -> None:
    relu = {**SMALL, "network": {"kind": "mlp", "hidden": [3], "activation": {"kind": "relu"}}}
    report, _ = run(**relu, first=1, second=None)
    (bend,) = [claim for claim in report.claims if "bends by" in claim.statement]
    assert bend.verdict is Verdict.NOT_APPLICABLE and "relu has kinks" in bend.reason and bend.measured is not None
