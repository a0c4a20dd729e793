"""Three heads on one trunk: every head against numpy on its own checkpoint, planted and trained, wide enough and too narrow."""

from typing import Any

import numpy as np
import pytest

from lsviewer.core.artifacts import Artifact, Checkpoint, Curve, Picture, Section
from lsviewer.core.claims import Report, Verdict
from lsviewer.core.colour import CHANNELS
from lsviewer.core.files import Files
from lsviewer.core.jobs import Progress, finish
from lsviewer.core.spec import SpecError
from lsviewer.engine.context import open_context
from lsviewer.engine.datasets import Digits
from lsviewer.experiments import EXPERIMENTS, from_json
from lsviewer.experiments.patterns.rgb import Rgb

PICTURE = {
    "kind": "channels",
    "red": {"kind": "formula", "expression": "a*b"},
    "green": {"kind": "formula", "expression": "0.5 + 0.5*sin(9*a + b)"},
    "blue": {"kind": "formula", "expression": "b", "dimensions": 2},
}
SMALL: dict[str, Any] = {
    "kind": "rgb",
    "dataset": {"kind": "digits", "limit": 200},
    "network": {"kind": "mlp", "hidden": [20, 20, 60, 6]},
    "picture": PICTURE,
    "grid": 10,
    "device": "cpu",
}


def run(**changes: Any) -> tuple[Report, dict[str, Artifact]]:
    experiment = from_json({**SMALL, **changes})
    return finish(experiment.run(open_context(experiment, Files())))


@pytest.fixture(scope="module")
def small() -> tuple[Report, dict[str, Artifact]]:
    return run()


def loss_at(checkpoint: Checkpoint, i: int, j: int, grid: int, y: np.ndarray) -> float:
    """Return the mean cross-entropy of a head at a grid point, by numpy; the inputs are ignored as first weights are 0."""
    at = {
        name: value.astype(np.float64)
        + i / (grid - 1) * checkpoint.directions[0][name].astype(np.float64)
        + j / (grid - 1) * checkpoint.directions[1][name].astype(np.float64)
        for name, value in checkpoint.params.items()
    }
    assert not at["0.weight"].any()
    h, last = at["0.bias"], len(at) - 2
    for layer in range(2, last + 1, 2):
        h = at[f"{layer}.weight"] @ np.maximum(h, 0.0) + at[f"{layer}.bias"]
    return float(np.log(np.exp(h).sum()) - h[y].mean())


@pytest.mark.parametrize("changes", [{}, {"network": {"kind": "mlp", "hidden": [22, 61]}}, {"dtype": "float64"}])
def test_every_head_shows_its_channel(changes: dict[str, Any]) -> None:
    report, artifacts = run(**changes)
    assert [claim.statement for claim in report.claims if claim.verdict is not Verdict.HOLDS] == []
    assert report.numbers["variant"] == ("folded" if "network" in changes else "accurate")
    y = Digits(limit=200).load(Files()).y.numpy()
    grid = np.linspace(0.0, 1.0, 10)
    wanted = {
        "red": grid[:, None] * grid,
        "green": 0.5 + 0.5 * np.sin(9 * grid[:, None] + grid),
        "blue": grid[None] + 0 * grid[:, None],
    }
    for name in CHANNELS:
        section, checkpoint = artifacts[f"section_{name}"], artifacts[f"checkpoint_{name}"]
        assert isinstance(section, Section) and isinstance(checkpoint, Checkpoint)
        assert np.allclose(section.values - section.values.min(), wanted[name] - wanted[name].min(), atol=2e-5)
        for i, j in ((0, 0), (9, 3), (4, 7)):
            assert section.values[i, j] == pytest.approx(loss_at(checkpoint, i, j, 10, y), abs=1e-5)


def test_the_heads_share_their_trunk(small: tuple[Report, dict[str, Artifact]]) -> None:
    red, blue = (small[1][f"checkpoint_{name}"] for name in ("red", "blue"))
    assert isinstance(red, Checkpoint) and isinstance(blue, Checkpoint)
    for name, value in red.params.items():
        assert np.array_equal(value, blue.params[name]) == (name != "8.weight")
    assert red.network["outputs"] == 10 and red.params["8.bias"].shape == (10,)


def test_the_picture_is_made_of_the_losses(small: tuple[Report, dict[str, Artifact]]) -> None:
    picture, target = small[1]["picture"], small[1]["target"]
    assert isinstance(picture, Picture) and isinstance(target, Picture)
    assert picture.pixels.shape == (10, 10, 3)
    assert np.allclose(picture.pixels, target.pixels, atol=2e-5)
    assert np.allclose(target.pixels[:, 0, 2], np.linspace(1.0, 0.0, 10))  # blue rises upwards: row 0 is the top
    assert float(small[0].numbers["psnr_db"]) >= 95.0


@pytest.mark.parametrize("hidden", [[20, 24, 18], [20, 20, 48, 18]])
def test_training_fits_bank_after_bank(hidden: list[int]) -> None:
    seen = []
    experiment = from_json({**SMALL, "method": "train", "steps": 60, "network": {"kind": "mlp", "hidden": hidden}})
    report, artifacts = finish(experiment.run(open_context(experiment, Files())), lambda event: seen.append(event))
    curve = artifacts["psnr"]
    assert isinstance(curve, Curve) and [series.label for series in curve.series] == list(CHANNELS)
    assert all(series.y[-1] > series.y[0] for series in curve.series)
    assert [c.verdict for c in report.claims[3:]] == [Verdict.HOLDS] * 3
    assert Verdict.FAILS not in [c.verdict for c in report.claims]  # sixty steps promise nothing
    assert sum(isinstance(event, Picture) and event.name == "picture" for event in seen) > 3
    fractions = [event.fraction for event in seen if isinstance(event, Progress)]
    assert 0.0 <= min(fractions) and max(fractions) <= 1.0
    y = Digits(limit=200).load(Files()).y.numpy()
    for name in CHANNELS:
        section, checkpoint = artifacts[f"section_{name}"], artifacts[f"checkpoint_{name}"]
        assert isinstance(section, Section) and isinstance(checkpoint, Checkpoint)
        assert section.values[2, 5] == pytest.approx(loss_at(checkpoint, 2, 5, 10, y), abs=1e-4)


def test_what_does_not_fit_is_said_with_the_widths_that_do() -> None:
    with pytest.raises(SpecError, match="hidden 2 has 40 units, 3 heads on this grid need 60; layers of 20 - 60 units"):
        run(network={"kind": "mlp", "hidden": [20, 40]})
    with pytest.raises(SpecError, match="closed form is made of relu units"):
        run(network={"kind": "mlp", "hidden": [64, 64, 64], "activation": {"kind": "tanh"}})
    with pytest.raises(SpecError, match="1 hidden layers, this needs at least 2"):
        run(network={"kind": "mlp", "hidden": [64]})
    flat = {"kind": "formula", "expression": "0.5", "dimensions": 2}
    with pytest.raises(SpecError, match="field 'picture' is one colour everywhere"):
        run(picture={"kind": "channels", "red": flat, "green": flat, "blue": flat})
    report, _ = run(picture={"kind": "channels", "red": PICTURE["red"], "green": flat, "blue": flat})
    assert {claim.verdict for claim in report.claims} == {Verdict.HOLDS}
    assert Rgb in EXPERIMENTS
    narrow = from_json({**SMALL, "network": {"kind": "mlp", "hidden": [20, 40]}})
    assert narrow.notes()[0].startswith("Hidden 2 has 40 units")


@pytest.mark.slow
def test_a_galaxy_in_colour() -> None:
    experiment = from_json({"kind": "rgb"})
    report, _ = finish(experiment.run(open_context(experiment, Files())))
    assert {claim.verdict for claim in report.claims} == {Verdict.HOLDS}
    assert float(report.numbers["psnr_db"]) >= 95.0
