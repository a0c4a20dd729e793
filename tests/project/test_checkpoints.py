"""Checkpoints as files: what torch and safetensors themselves make of them, and what is refused."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

from lsviewer.core.artifacts import Checkpoint
from lsviewer.engine import checkpoint_files
from lsviewer.project import checkpoints
from lsviewer.project.document import ProjectError


@pytest.fixture
def checkpoint() -> Checkpoint:
    torch.manual_seed(1)
    origin, direction = ({k: v.detach().numpy() for k, v in network().named_parameters()} for _ in range(2))
    return Checkpoint("found", {"kind": "mlp"}, origin, (direction, {"0.bias": direction["0.bias"]}))


def network() -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 2))


@pytest.mark.parametrize("ending", ["safetensors", "pt", "pth"])
def test_a_plain_sequential_loads_what_is_exported(checkpoint: Checkpoint, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"w.{ending}"
    checkpoints.export(checkpoint, path, (0.25, -2.0))
    found = safetensors.torch.load_file(path) if ending == "safetensors" else torch.load(path, weights_only=True)
    network().load_state_dict(found)  # strict: keys and shapes
    one, two = checkpoint.directions
    wanted = (
        checkpoint.params["0.bias"].astype(float)
        + 0.25 * one["0.bias"].astype(float)
        - 2.0 * two["0.bias"].astype(float)
    )
    # one rounding to float32 of a sum of order 1
    np.testing.assert_allclose(found["0.bias"].numpy(), wanted, rtol=1e-7, atol=1e-7)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("ending", ["safetensors", "pt"])
def test_what_is_exported_is_read_again(checkpoint: Checkpoint, tmp_path: Path, ending: str) -> None:
    checkpoints.export(checkpoint, tmp_path / f"w.{ending}")
    found = checkpoints.read(tmp_path / f"w.{ending}")
    assert set(found) == set(checkpoint.params)
    for key, value in found.items():
        np.testing.assert_array_equal(value, checkpoint.params[key])
        assert not value.flags.writeable


@pytest.mark.parametrize("wrapper", ["state_dict", "model_state_dict", "model"])
def test_a_state_dict_inside_a_training_checkpoint_is_found(tmp_path: Path, wrapper: str) -> None:
    torch.save({wrapper: network().state_dict(), "epoch": 3}, tmp_path / "w.pt")
    assert list(checkpoints.read(tmp_path / "w.pt")) == ["0.weight", "0.bias", "2.weight", "2.bias"]


def test_half_precision_becomes_float32(tmp_path: Path) -> None:
    torch.save(network().to(torch.bfloat16).state_dict(), tmp_path / "w.pt")
    assert checkpoints.read(tmp_path / "w.pt")["0.bias"].dtype == np.float32


def refusal(path: Path) -> str:
    with pytest.raises(ProjectError) as caught:
        checkpoints.read(path)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)
    return str(caught.value)


def test_a_pickle_is_never_run(tmp_path: Path) -> None:
    marker = tmp_path / "ran"

    class Touch:
        def __reduce__(self) -> object:
            return (Path.touch, (marker,))

    torch.save({"0.weight": Touch()}, tmp_path / "w.pt")
    assert "holds more than tensors, which is never loaded" in refusal(tmp_path / "w.pt")
    torch.save(network(), tmp_path / "whole.pt")
    assert "save its state_dict() alone" in refusal(tmp_path / "whole.pt")
    assert not marker.exists()


def test_files_that_are_no_checkpoint(tmp_path: Path) -> None:
    for name in ("w.pt", "w.safetensors"):
        assert "no such file" in refusal(tmp_path / name)
        (tmp_path / name).write_bytes(b"\x08\0\0\0\0\0\0\0hello, world")
        refusal(tmp_path / name)
        (tmp_path / name).write_bytes(b"")
        refusal(tmp_path / name)
    assert "ends with .safetensors, .pt, .pth" in refusal(tmp_path / "w.h5")
    torch.save([1, 2], tmp_path / "w.pt")
    assert "holds a list, a state dict is expected" in refusal(tmp_path / "w.pt")
    torch.save({"0.weight": 3}, tmp_path / "w.pt")
    assert "entry '0.weight' is not a plain tensor" in refusal(tmp_path / "w.pt")
    torch.save({}, tmp_path / "w.pt")
    assert "holds no parameters" in refusal(tmp_path / "w.pt")
    torch.save({"0.weight": torch.tensor([1.0, float("nan")])}, tmp_path / "w.pt")
    assert "'0.weight' has 1 of 2 values that are not finite" in refusal(tmp_path / "w.pt")


def test_a_truncated_checkpoint_is_refused(checkpoint: Checkpoint, tmp_path: Path) -> None:
    for name in ("w.pt", "w.safetensors"):
        checkpoints.export(checkpoint, tmp_path / name)
        data = (tmp_path / name).read_bytes()
        for keep in (10, len(data) // 2, len(data) - 3):
            (tmp_path / name).write_bytes(data[:keep])
            refusal(tmp_path / name)


def test_a_pt_file_that_would_unpack_to_gigabytes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint_files, "MAX_BYTES", 10_000_000)
    with zipfile.ZipFile(tmp_path / "w.pt", "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("archive/data/0", bytes(11_000_000))
    assert "would unpack to 11000000 bytes" in refusal(tmp_path / "w.pt")


def test_shapes_that_do_not_fit_name_both(checkpoint: Checkpoint) -> None:
    shapes = {"0.weight": (5, 3), "0.bias": (5,), "2.weight": (2, 5), "2.bias": (2,)}
    assert list(checkpoints.check(checkpoint.params, shapes, "w.pt")) == list(shapes)
    with pytest.raises(
        ProjectError, match=r"w.pt: parameter '0.weight' has shape \(5, 3\), the network needs \(7, 3\)"
    ):
        checkpoints.check(checkpoint.params, {**shapes, "0.weight": (7, 3)}, "w.pt")
    with pytest.raises(
        ProjectError, match=r"parameter '4.weight' is missing, the network needs it with shape \(1, 2\)"
    ):
        checkpoints.check(checkpoint.params, {**shapes, "4.weight": (1, 2)}, "w.pt")
    with pytest.raises(ProjectError, match=r"the network has no parameter '2.bias'"):
        checkpoints.check(checkpoint.params, {k: v for k, v in shapes.items() if k != "2.bias"}, "w.pt")


def test_more_coordinates_than_directions_are_refused(checkpoint: Checkpoint, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="has 2 directions, 3 coordinates"):
        checkpoints.export(checkpoint, tmp_path / "w.pt", (1, 2, 3))
    with pytest.raises(ProjectError, match=r"w.txt: a checkpoint ends with"):
        checkpoints.export(checkpoint, tmp_path / "w.txt")
