"""Theorem 1 in convolutional networks: planted and trained, on the maps of real images, against dense torch."""

import dataclasses
import math
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lsviewer.core.artifacts import Artifact, Section
from lsviewer.core.claims import Report, Verdict
from lsviewer.core.files import Files
from lsviewer.core.jobs import finish
from lsviewer.core.spec import SpecError, parse
from lsviewer.engine.cnn import Cnn
from lsviewer.engine.context import Context, open_context
from lsviewer.engine.params import Params, combine
from lsviewer.experiments import EXPERIMENTS, from_json
from lsviewer.experiments.patterns import report as reports
from lsviewer.experiments.patterns.constant_maps import constant_maps
from lsviewer.experiments.patterns.goal import make_goal
from lsviewer.experiments.patterns.kernels_fit import train_kernels
from lsviewer.experiments.patterns.separable import grid_axes
from lsviewer.experiments.patterns.theorem1 import Theorem1
from lsviewer.project import bundle, running

SMALL: dict[str, Any] = {
    "kind": "theorem1",
    "dataset": {"kind": "digits", "limit": 60},
    "network": {"kind": "cnn", "channels": [24, 24, 24]},
    "grid": 12,
}


def spec(**changes: Any) -> Theorem1:
    network = SMALL["network"] | changes.pop("network", {})
    return parse(Theorem1, {**SMALL, "network": network, **changes})


def run(files: Files | None = None, **changes: Any) -> tuple[Report, dict[str, Artifact]]:
    experiment = spec(**changes)
    return finish(experiment.run(open_context(experiment, files or Files())))


NETWORKS: list[dict[str, Any]] = [
    {},
    {"stride": 1, "pooling": "max"},
    {"stride": 1, "pooling": "average", "head": "average"},
    {"kernel": 4, "stride": 1, "padding": 3},  # more padding than keeps maps constant; the first position does
    {"kernel": 1, "stride": 3, "padding": 0, "channels": [24, 24, 24, 2]},
    {"channels": [24, 24]},  # the folded form
]


@pytest.mark.parametrize("network", NETWORKS, ids=str)
def test_every_claim_holds_for_a_planted_picture(network: dict[str, Any]) -> None:
    report, artifacts = run(network=network)
    assert [c.statement for c in report.claims if c.verdict is not Verdict.HOLDS] == []
    assert report.numbers["max_abs_error"] <= 1e-5  # type: ignore[operator]
    assert set(artifacts) == {"section", "checkpoint", "network"}


def test_a_curve_and_rotated_directions_in_float64() -> None:
    curve, _ = run(pattern={"kind": "builtin", "name": "double_well"}, dtype="float64")
    assert {c.verdict for c in curve.claims} == {Verdict.HOLDS}
    turned, _ = run(
        directions={"kind": "rotated", "angle": 20.0, "units": "spread"}, network={"channels": [24, 24, 24, 24]}
    )
    assert {c.verdict for c in turned.claims} == {Verdict.HOLDS}


# --- the maps by classes against dense torch ---------------------------------------------------------------------------------


def random_point(network: Cnn, seed: int) -> tuple[Params, tuple[Params, ...]]:
    inputs = math.prod(network.image or ())
    generator = torch.Generator().manual_seed(seed)
    origin = {
        name: torch.randn(shape, generator=generator, dtype=torch.float64) / math.sqrt(math.prod(shape[1:]))
        for name, shape in network.shapes(inputs, 4).items()
    }
    origin["0.weight"].zero_()
    return origin, tuple({"0.bias": torch.randn(origin["0.bias"].shape, generator=generator).double()} for _ in "ab")


@pytest.mark.parametrize(
    "network",
    [
        Cnn(channels=(3, 4, 5), stride=1, image=(2, 9, 6)),
        Cnn(channels=(3, 4, 5), stride=1, pooling="max", image=(1, 14, 11)),
        Cnn(channels=(3, 4, 2, 2), stride=1, pooling="average", head="average", kernel=5, padding=2, image=(3, 20, 17)),
        Cnn(channels=(3, 4, 5), stride=2, padding=2, kernel=4, image=(1, 28, 28)),
        Cnn(channels=(3,), image=(1, 5, 5)),
    ],
    ids=str,
)
def test_maps_by_classes_are_those_of_the_whole_network(network: Cnn) -> None:
    origin, directions = random_point(network, 1)
    axes = (torch.tensor([0.0, 0.3, 1.0]).double(), torch.tensor([0.1, 0.9]).double())
    found = constant_maps(network, origin, directions, torch.float64)(axes)
    inputs = math.prod(network.image or ())
    module = network.build(inputs, 4, dtype=torch.float64)
    x = network.arrange(torch.randn(3, inputs, generator=torch.Generator().manual_seed(2), dtype=torch.float64))
    for i in range(3):
        for j in range(2):
            module.load_state_dict(combine(origin, directions, (float(axes[0][i]), float(axes[1][j]))))
            with torch.no_grad():
                torch.testing.assert_close(module(x), found[i, j].expand(3, -1), rtol=0, atol=1e-11)


def test_kernels_on_the_input_are_seen_by_the_reduced_way_and_by_brute_force() -> None:
    """The condition that first kernels are 0: without it the section is not the loss of the network."""
    experiment = spec(network={"image": [1, 8, 8]})
    context = open_context(experiment, Files())
    data, pattern = experiment.dataset.load(Files()), experiment.pattern.values(Files(), 12)
    found = experiment.planted(context, data, make_goal(experiment.loss, data.labels, 1.0), pattern)
    mean = reports.risk(experiment.loss, data.labels)
    values = found.losses(grid_axes(12, 2), mean)
    broken = {name: value.clone() for name, value in found.origin.items()}
    broken["0.weight"] += 0.3 * torch.randn(broken["0.weight"].shape, generator=torch.Generator().manual_seed(3))
    with pytest.raises(ValueError, match="first kernels are not 0"):
        dataclasses.replace(found, origin=broken).losses(grid_axes(12, 2), mean)
    points = np.array([[4, 9], [11, 3]])
    job = reports.brute_force(
        found.network, broken, found.directions, found.loss, data.x, data.labels, points, values.shape
    )
    sampled = finish(job)[0]
    assert np.abs(sampled.losses - values[tuple(points.T)]).min() > 1e-2
    assert sampled.spread > 1e-2
    np.testing.assert_allclose(sampled.losses, sampled.losses64, rtol=1e-5)  # the two programs agree nevertheless


# --- training ----------------------------------------------------------------------------------------------------------------


def test_training_finds_the_picture_with_every_kernel() -> None:
    report, artifacts = run(
        method="train", steps=120, network={"channels": [24, 48, 24], "stride": 1, "pooling": "average"}, grid=10
    )
    assert report.numbers["psnr_db"] >= 40  # type: ignore[operator] # three seeds: 59 to 66
    assert report.numbers["midpoint_psnr_db"] >= 25  # type: ignore[operator]
    assert report.numbers["brute_force_max_abs_diff"] <= 1e-4  # type: ignore[operator]
    assert not [c for c in report.claims if c.verdict is Verdict.FAILS]
    params = artifacts["checkpoint"].params  # type: ignore[union-attr]
    assert (params["3.weight"][:, :20] != 0).all() and (
        params["6.weight"] != 0
    ).all()  # no tap of 2 x 10 knots is left out
    assert not params["0.weight"].any()


@pytest.mark.parametrize("head", ["flatten", "average"])
def test_the_folded_network_computes_what_was_trained(head: Any) -> None:
    experiment = spec(network={"head": head, "pooling": "max", "stride": 1, "activation": {"kind": "tanh"}})
    data, pattern = experiment.dataset.load(Files()), experiment.pattern.values(Files(), 8)
    network = experiment.network.for_inputs(data.image, data.inputs, data.name)
    assert isinstance(network, Cnn)
    goal = make_goal(experiment.loss, data.labels, 1.0)
    job = train_kernels(network, data, goal, pattern, 10, "direct", Context(dtype=torch.float64))
    (planted, expected), artifacts = finish(job)
    assert "10 steps are few" in expected.undecided
    outputs = constant_maps(network, planted.origin, planted.directions, torch.float64)(grid_axes(8, 2))
    section = artifacts["section"]
    assert isinstance(section, Section)
    values = reports.risk(experiment.loss, data.labels)(outputs).numpy()
    np.testing.assert_allclose(values, section.values, atol=1e-9)  # condition of the basis: 1e3


# --- what is refused, what is said -------------------------------------------------------------------------------------------


def refusal(files: Files | None = None, **changes: Any) -> str:
    with pytest.raises(SpecError) as caught:
        run(files, **changes)
    return str(caught.value)


def test_what_cannot_be_done_is_said_in_channels() -> None:
    assert refusal(grid=20).startswith(
        "convolution 1 has 24 channels, this grid needs 40; the finest grid that fits is 12"
    )
    assert "'network.channels' has 1 convolution" in refusal(network={"channels": [24]})
    assert "samples of gaussian are rows of 2 numbers" in refusal(dataset={"kind": "gaussian"})
    assert "'directions.layer' is 2: in a cnn the first convolution" in refusal(
        directions={"kind": "aligned", "layer": 2}
    )
    assert "'network.padding' is 2: with a kernel of 3 maps do not stay constant; at most 1" in refusal(
        network={"padding": 2, "stride": 1, "head": "average"}
    )
    assert "a cnn is trained with directions 'aligned'" in refusal(method="train", directions={"kind": "rotated"})
    assert "needs 24 channels in layer 1 at this grid, 24 are there" in spec().notes()[0]
    assert "all 9 taps" in spec(method="train").notes()[0]


def test_experiments_of_fully_connected_layers_refuse_a_cnn_in_one_sentence() -> None:
    takers = {"theorem1", "plane"}
    for experiment in EXPERIMENTS:
        fields = experiment.model_fields
        kind = str(fields["kind"].default)
        if "network" in fields and kind not in takers:
            with pytest.raises(SpecError) as caught:
                from_json({"kind": kind, "network": {"kind": "cnn"}})
            assert str(caught.value) == "field 'network.kind' is 'cnn': input should be 'mlp'", kind


def test_colour_images_and_their_bundle(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "d.npz", x=rng.random((30, 3, 6, 5), dtype=np.float32), y=np.arange(30) % 3)
    files = Files(tmp_path)
    for network in ({"stride": 1, "pooling": "max"}, {"head": "average", "kernel": 5, "padding": 2}):
        experiment = spec(dataset={"kind": "npz", "path": "d.npz"}, network=network)
        report, artifacts = finish(experiment.run(open_context(experiment, files)))
        assert {c.verdict for c in report.claims} <= {Verdict.HOLDS, Verdict.NOT_APPLICABLE}
        done = running.finished("r1", "e1", experiment, report=report, artifacts=artifacts,
                                pattern=running.pattern_of(experiment, files), seconds=0.1)  # fmt: skip
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        bundle.write(done, folder, files)
        script = runpy.run_path(str(folder / "verify.py"))
        assert script["verify"](folder, 12, 0) == 0
        section = dict(np.load(folder / "section.npz"))
        section["loss"] = section["loss"] + 0.01
        np.savez(folder / "section.npz", **section)
        assert script["verify"](folder, 12, 0) == 1


def test_a_plane_through_a_trained_cnn() -> None:
    recipe = {"kind": "plane", "dataset": {"kind": "digits", "limit": 200}, "network": {"kind": "cnn", "channels": [6, 8]},
              "epochs": 20, "batch_size": 20, "learning_rate": 0.01, "grid": 7}  # fmt: skip
    experiment = from_json(recipe)
    report, _ = finish(experiment.run(open_context(experiment, Files())))
    assert [c.statement for c in report.claims if c.verdict is Verdict.FAILS] == []
    assert report.numbers["train_accuracy"] > 0.8  # type: ignore[operator]
