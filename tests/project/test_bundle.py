"""Bundles: verified by their own script, in another process where lsviewer cannot be imported."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from lsviewer.core.artifacts import Checkpoint, Section
from lsviewer.core.files import Files
from lsviewer.core.jobs import finish
from lsviewer.engine import activations, losses
from lsviewer.engine.context import open_context
from lsviewer.engine.datasets import Npz
from lsviewer.engine.networks import Mlp
from lsviewer.project import bundle, running
from lsviewer.project.document import ProjectError, Run
from tests.tiny import Tiny

# Runs the script as a stranger would, but refuses any import of lsviewer and makes sure that none happened.
STRANGER = """
import runpy, sys

class Wall:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "lsviewer":
            raise ImportError("lsviewer is not installed here")

sys.meta_path.insert(0, Wall())
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    assert not any(name.split(".")[0] == "lsviewer" for name in sys.modules)
"""


def verify(folder: Path, *arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-I", "-c", STRANGER, str(folder / "verify.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    return done.returncode, done.stdout + done.stderr


def verify_here(folder: Path, points: int = 8) -> int:
    """The same script in this process: importing torch anew costs two seconds a time."""
    import runpy

    return int(runpy.run_path(str(folder / "verify.py"))["verify"](folder, points, 0))


def execute(experiment: Tiny, folder: Path = Path()) -> Run:
    files = Files(folder)
    report, artifacts = finish(experiment.run(open_context(experiment, files)))
    pattern = running.pattern_of(experiment, files)
    return running.finished("r1", "e1", experiment, report=report, artifacts=artifacts, pattern=pattern, seconds=0.1)


@pytest.fixture(scope="module")
def run() -> Run:
    return execute(Tiny())


@pytest.fixture
def folder(run: Run, tmp_path: Path) -> Path:
    bundle.write(run, tmp_path / "bundle", Files())
    return tmp_path / "bundle"


@pytest.mark.slow
def test_a_stranger_verifies_it_and_finds_a_tampered_weight(folder: Path) -> None:
    status, text = verify(folder, "--points", "36")
    assert status == 0, text
    assert "36 recomputed" in text and "agrees" in text
    params = load_file(folder / "origin.safetensors")
    params["2.weight"][0, 0] += 0.5
    save_file(params, folder / "origin.safetensors")
    status, text = verify(folder)
    assert status == 1 and "DOES NOT AGREE" in text


def test_it_holds_what_is_promised(folder: Path, run: Run) -> None:
    assert sorted(path.name for path in folder.iterdir()) == [
        "bundle.json", "data.npz", "direction_1.safetensors", "direction_2.safetensors", "origin.safetensors", "pattern.npy",
        "section.npz", "verify.py",
    ]  # fmt: skip
    origin, direction = load_file(folder / "origin.safetensors"), load_file(folder / "direction_1.safetensors")
    assert set(origin) == set(direction) == {f"{i}.{part}" for i in (0, 2, 4) for part in ("weight", "bias")}
    section = np.load(folder / "section.npz", allow_pickle=False)
    assert set(section) == {"axis_1", "axis_2", "loss"} and section["loss"].shape == (6, 6)
    stored = run.artifacts["section"]
    assert isinstance(stored, Section)
    np.testing.assert_array_equal(section["loss"], stored.values)
    data = np.load(folder / "data.npz", allow_pickle=False)
    assert data["x"].shape == (40, 64) and data["y"].dtype == np.int64
    about = json.loads((folder / "bundle.json").read_text("utf-8"))
    assert {"network", "loss", "dataset", "grid", "amplitude", "offset", "numbers", "claims", "versions"} <= set(about)
    assert about["network"]["inputs"] == 64 and about["grid"] == [6, 6] and about["numbers"]["psnr_db"] is None
    np.testing.assert_array_equal(np.load(folder / "pattern.npy"), run.pattern)


@pytest.mark.parametrize("member", ["origin.safetensors", "direction_2.safetensors", "section.npz", "data.npz"])
def test_any_tampered_member_is_found(folder: Path, member: str) -> None:
    assert verify_here(folder) == 0
    path = folder / member
    if path.suffix == ".safetensors":
        save_file({key: value + np.float32(0.1) for key, value in load_file(path).items()}, path)
    else:
        arrays = dict(np.load(path))
        name = "loss" if "loss" in arrays else "x"
        arrays[name] = arrays[name] + arrays[name].dtype.type(0.01)
        np.savez(path, **arrays)
    assert verify_here(folder) == 1


ACTIVATIONS: list[Any] = [
    activations.Relu(), activations.LeakyRelu(slope=0.3), activations.Tanh(), activations.Sigmoid(),
    activations.Softplus(alpha=3.0), activations.Gelu(), activations.Silu(), activations.Sine(frequency=2.5),
    activations.Identity(), activations.Smoolu(), activations.SmoothedRelu(width=0.5), activations.TruncatedTanh(),
    activations.TanhSmoolu(), activations.Atan(), activations.Erf(), activations.Elu(), activations.Softsign(),
    activations.TanhCubed(),
]  # fmt: skip
LOSSES: list[Any] = [
    losses.CrossEntropy(), losses.Squared(), losses.PseudoHuber(delta=0.3), losses.Cauchy(delta=0.3), losses.SquaredHinge(),
    losses.BlakeZisserman(delta=0.2), losses.CorruptedGaussian(alpha=0.7, width=4.0),
]  # fmt: skip


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda spec: spec.kind)
def test_every_activation(tmp_path: Path, activation: Any) -> None:
    bundle.write(execute(Tiny(network=Mlp(hidden=(12, 8), activation=activation))), tmp_path / "b", Files())
    assert verify_here(tmp_path / "b") == 0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("loss", LOSSES, ids=lambda spec: spec.kind)
def test_every_loss(tmp_path: Path, loss: Any, dtype: Any) -> None:
    bundle.write(execute(Tiny(loss=loss, dtype=dtype, z=1)), tmp_path / "b", Files())
    assert verify_here(tmp_path / "b") == 0


def test_every_activation_and_loss_on_offer_is_among_them() -> None:
    def kinds(union: Any) -> set[str]:
        return {member.model_fields["kind"].default for member in union.__origin__.__args__}

    assert kinds(activations.Activation) == {spec.kind for spec in ACTIVATIONS}
    assert kinds(losses.Loss) == {spec.kind for spec in LOSSES}


def test_float_targets(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    np.savez(
        tmp_path / "d.npz",
        x=rng.normal(size=(30, 2, 3)).astype(np.float32),
        y=rng.normal(size=(30, 2)).astype(np.float32),
    )
    run = execute(Tiny(dataset=Npz(path="d.npz"), loss=losses.Squared()), tmp_path)
    bundle.write(run, tmp_path / "b", Files(tmp_path))
    assert verify_here(tmp_path / "b") == 0


def test_a_data_set_that_changed_is_refused(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 3)).astype(np.float32), np.arange(30) % 3
    np.savez(tmp_path / "d.npz", x=x, y=y)
    run = execute(Tiny(dataset=Npz(path="d.npz")), tmp_path)
    np.savez(tmp_path / "d.npz", x=x + 1, y=y)
    with pytest.raises(ProjectError, match="run r1: data set .* is not the one the run saw"):
        bundle.write(run, tmp_path / "b", Files(tmp_path))
    (tmp_path / "d.npz").unlink()
    with pytest.raises(ProjectError, match="cannot be loaded: .*d.npz"):
        bundle.write(run, tmp_path / "b", Files(tmp_path))
    assert not (tmp_path / "b").exists()


def test_a_direction_that_lacks_keys_is_zero_there(run: Run, tmp_path: Path) -> None:
    checkpoint = run.artifacts["checkpoint"]
    assert isinstance(checkpoint, Checkpoint)
    short = dataclasses.replace(
        checkpoint, directions=({"2.weight": checkpoint.directions[0]["2.weight"]}, checkpoint.directions[1])
    )
    bundle.write(dataclasses.replace(run, artifacts={**run.artifacts, "checkpoint": short}), tmp_path / "b", Files())
    found = load_file(tmp_path / "b" / "direction_1.safetensors")
    assert set(found) == set(checkpoint.params) and not found["0.weight"].any() and found["2.weight"].any()


def test_the_pattern_comes_from_the_target_where_the_run_kept_none(run: Run, tmp_path: Path) -> None:
    bundle.write(dataclasses.replace(run, pattern=None), tmp_path / "b", Files())
    np.testing.assert_array_equal(np.load(tmp_path / "b" / "pattern.npy"), run.pattern)  # amplitude 1


def test_a_folder_that_holds_something_is_left_alone(run: Run, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    bundle.write(run, tmp_path / "b", Files())  # empty is fine
    before = {path.name: path.read_bytes() for path in (tmp_path / "b").iterdir()}
    with pytest.raises(ProjectError, match="already exists and is not an empty folder"):
        bundle.write(run, tmp_path / "b", Files())
    assert {path.name: path.read_bytes() for path in (tmp_path / "b").iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_a_run_without_a_section_cannot_be_exported(run: Run, tmp_path: Path) -> None:
    nothing = dataclasses.replace(run, artifacts={"profile": run.artifacts["profile"]})
    assert bundle.is_exportable(run) and not bundle.is_exportable(nothing)
    with pytest.raises(ProjectError, match=r"run r1 \(tiny\) has no section"):
        bundle.write(nothing, tmp_path / "b", Files())
    with pytest.raises(ProjectError, match="run r1 .tiny. cancelled"):
        bundle.write(dataclasses.replace(run, outcome="cancelled"), tmp_path / "b", Files())


def test_a_run_without_data_is_not_offered_as_a_bundle() -> None:
    from lsviewer.experiments.patterns.toy_regression import ToyRegression

    experiment = ToyRegression(grid=13, samples=11)
    report, artifacts = finish(experiment.run(open_context(experiment, Files())))
    made = running.finished("r1", "e1", experiment, report=report, artifacts=artifacts)
    assert not bundle.is_exportable(made)


def test_verify_says_what_is_missing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import runpy

    (folder / "section.npz").unlink()
    script = runpy.run_path(str(folder / "verify.py"))
    before, sys.argv = sys.argv, ["verify.py"]
    try:
        assert script["main"]() == 2
    finally:
        sys.argv = before
    assert "section.npz" in capsys.readouterr().err
