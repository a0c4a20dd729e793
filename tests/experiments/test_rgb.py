"""Three heads on one trunk: every head against numpy on the checkpoint, planted and trained, wide enough and too narrow."""

import runpy
from dataclasses import replace
from pathlib import Path
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
from lsviewer.project import bundle, running

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


def loss_at(checkpoint: Checkpoint, head: int, i: int, j: int, grid: int, y: np.ndarray) -> float:
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
    h = h[10 * head : 10 * head + 10]
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
    checkpoint = artifacts["checkpoint"]
    assert isinstance(checkpoint, Checkpoint)
    for head, name in enumerate(CHANNELS):
        section = artifacts[f"section_{name}"]
        assert isinstance(section, Section)
        assert np.allclose(section.values - section.values.min(), wanted[name] - wanted[name].min(), atol=2e-5)
        for i, j in ((0, 0), (9, 3), (4, 7)):
            assert section.values[i, j] == pytest.approx(loss_at(checkpoint, head, i, j, 10, y), abs=1e-5)


def test_the_heads_share_their_trunk_and_nothing_above(small: tuple[Report, dict[str, Artifact]]) -> None:
    checkpoint = small[1]["checkpoint"]
    assert isinstance(checkpoint, Checkpoint)
    assert checkpoint.network["outputs"] == 30 and checkpoint.network["heads"] == list(CHANNELS)
    into, out = checkpoint.params["6.weight"], checkpoint.params["8.weight"]  # (6, 60) and (30, 6)
    assert checkpoint.params["8.bias"].shape == (30,) and checkpoint.params["2.weight"].any()
    for head in range(3):
        units = np.flatnonzero(out[10 * head : 10 * head + 10].any(axis=0))  # what this head reads
        banks = np.flatnonzero(into[units].any(axis=0)) // 20
        assert len(units) and set(banks) == {head}


def test_the_picture_is_made_of_the_losses(small: tuple[Report, dict[str, Artifact]]) -> None:
    picture = small[1]["picture"]
    assert isinstance(picture, Picture) and picture.target is not None
    assert picture.pixels.shape == (10, 10, 3)
    assert np.allclose(picture.pixels, picture.target, atol=2e-5)
    assert np.allclose(picture.target[:, 0, 2], np.linspace(1.0, 0.0, 10))  # blue rises upwards: row 0 is the top
    red = small[1]["section_red"]
    assert isinstance(red, Section)
    assert np.allclose(picture.pixels[::-1, :, 0].T, red.values - red.offset)
    assert float(small[0].numbers["psnr_db"]) >= 95.0


@pytest.mark.parametrize("hidden", [[20, 24, 18], [20, 20, 48, 18]])
def test_training_fits_trunk_and_heads_together(hidden: list[int]) -> None:
    seen = []
    experiment = from_json({**SMALL, "method": "train", "steps": 60, "network": {"kind": "mlp", "hidden": hidden}})
    report, artifacts = finish(experiment.run(open_context(experiment, Files())), lambda event: seen.append(event))
    curve = artifacts["psnr"]
    assert isinstance(curve, Curve) and [series.label for series in curve.series] == list(CHANNELS)
    assert all(series.y[-1] > series.y[0] + 5.0 for series in curve.series)
    found, out = artifacts["checkpoint"], f"{2 * len(hidden)}.weight"
    assert isinstance(found, Checkpoint)
    assert all(
        found.params[out][10 * head : 10 * head + 10].any(axis=0).all() for head in range(3)
    )  # all read all units
    assert [c.verdict for c in report.claims[3:]] == [Verdict.HOLDS] * 3
    assert Verdict.FAILS not in [c.verdict for c in report.claims]  # sixty steps promise nothing
    assert sum(isinstance(event, Picture) and event.name == "picture" for event in seen) > 3
    fractions = [event.fraction for event in seen if isinstance(event, Progress)]
    assert 0.0 <= min(fractions) and max(fractions) <= 1.0
    y = Digits(limit=200).load(Files()).y.numpy()
    checkpoint = artifacts["checkpoint"]
    assert isinstance(checkpoint, Checkpoint)
    for head, name in enumerate(CHANNELS):
        section = artifacts[f"section_{name}"]
        assert isinstance(section, Section)
        assert section.values[2, 5] == pytest.approx(loss_at(checkpoint, head, 2, 5, 10, y), abs=1e-4)


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


def test_a_stroke_is_planted_and_shown_without_a_run() -> None:
    painting = np.random.default_rng(3).random((12, 12, 3)).astype(np.float32)
    experiment = from_json({**SMALL, "picture": {"kind": "drawn", "name": "painting"}, "grid": None,
                            "network": {"kind": "mlp", "hidden": [24, 24, 72, 6]}})  # fmt: skip
    context = open_context(experiment, Files(patterns={"painting": painting}))
    for stroke in range(3):
        painting = painting.copy()
        painting[2 + stroke, 3:5] = (1.0, 0.0, 0.5)
        job = experiment.preview(replace(context, files=Files(patterns={"painting": painting})))
        assert job is not None
        report, artifacts = finish(job)
        picture = artifacts["picture"]
        assert isinstance(picture, Picture) and picture.target is not None and not report.claims
        assert np.allclose(picture.target[::-1].swapaxes(0, 1), painting)
        assert np.abs(picture.pixels - picture.target).max() < 2e-5


def test_a_bundle_of_three_heads_is_verified_by_its_own_script(
    small: tuple[Report, dict[str, Artifact]], tmp_path: Path
) -> None:
    experiment = from_json(SMALL)
    pattern = running.pattern_of(experiment, Files())
    assert pattern is not None and pattern.shape == (10, 10, 3)
    run = running.finished("r1", "e1", experiment, report=small[0], artifacts=small[1], pattern=pattern)
    bundle.write(run, tmp_path / "bundle", Files())
    with np.load(tmp_path / "bundle" / "section.npz") as stored:
        axes, losses = [stored["axis_1"], stored["axis_2"]], stored["loss"]
    assert losses.shape == (10, 10, 3)
    verify = runpy.run_path(str(tmp_path / "bundle" / "verify.py"))["verify"]
    assert verify(tmp_path / "bundle", 30, 0) == 0
    losses[..., 2] += 0.01  # a lie about one head alone
    np.savez(tmp_path / "bundle" / "section.npz", axis_1=axes[0], axis_2=axes[1], loss=losses)
    assert verify(tmp_path / "bundle", 30, 0) == 1


@pytest.mark.slow
def test_a_galaxy_in_colour() -> None:
    experiment = from_json({"kind": "rgb"})
    report, _ = finish(experiment.run(open_context(experiment, Files())))
    assert {claim.verdict for claim in report.claims} == {Verdict.HOLDS}
    assert float(report.numbers["psnr_db"]) >= 95.0
