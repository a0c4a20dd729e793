"""Points from files: what torch wrote is what comes in, and what does not fit is refused with both shapes."""

from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

from lsviewer.core.files import Files
from lsviewer.core.spec import SpecError
from lsviewer.engine.networks import Mlp
from lsviewer.engine.points import FromCheckpoint

NETWORK = Mlp(hidden=(5,))


def module(width: int = 5) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, width), nn.ReLU(), nn.Linear(width, 2))


def load(folder: Path, name: str, dtype: torch.dtype = torch.float64) -> dict[str, torch.Tensor]:
    return FromCheckpoint(path=name).load(Files(folder), NETWORK, 3, 2, dtype=dtype)


@pytest.mark.parametrize("name", ["w.safetensors", "w.pt"])
@pytest.mark.parametrize("stored", [torch.float32, torch.float64, torch.bfloat16, torch.float16], ids=str)
def test_the_parameters_of_a_plain_sequential_come_in(tmp_path: Path, name: str, stored: torch.dtype) -> None:
    state = module().to(stored).state_dict()
    if name.endswith(".pt"):
        torch.save(dict(reversed(state.items())), tmp_path / name)  # in another order
    else:
        safetensors.torch.save_file(state, tmp_path / name)
    found = load(tmp_path, name)
    assert list(found) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    for key, value in found.items():
        assert value.dtype == torch.float64
        np.testing.assert_array_equal(value.numpy(), state[key].double().numpy())


def test_shapes_that_do_not_fit_are_refused_with_both_named(tmp_path: Path) -> None:
    torch.save(module(7).state_dict(), tmp_path / "w.pt")
    with pytest.raises(
        SpecError, match=r"^checkpoint 'w.pt': parameter '0.weight' has shape \(7, 3\), mlp 5, relu needs \(5, 3\)$"
    ):
        load(tmp_path, "w.pt")


def test_missing_and_foreign_parameters_are_named(tmp_path: Path) -> None:
    state = module().state_dict()
    torch.save({key: value for key, value in state.items() if key != "2.bias"}, tmp_path / "less.pt")
    torch.save(state | {"4.bias": torch.zeros(2)}, tmp_path / "more.pt")
    with pytest.raises(SpecError, match=r"parameter '2.bias' is missing; mlp 5, relu needs shape \(2,\)"):
        load(tmp_path, "less.pt")
    with pytest.raises(SpecError, match="parameter '4.bias' is not part of mlp 5, relu"):
        load(tmp_path, "more.pt")


def test_no_file_and_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="field 'point.path' is empty"):
        load(tmp_path, "")
    with pytest.raises(SpecError, match="field 'point.path': no file 'gone.pt' in"):
        load(tmp_path, "gone.pt")
    (tmp_path / "w.safetensors").write_bytes(b"not one")
    with pytest.raises(SpecError, match="is not a safetensors file that can be read"):
        load(tmp_path, "w.safetensors")
    torch.save(module(), tmp_path / "whole.pt")
    with pytest.raises(SpecError, match=r"save its state_dict\(\) alone"):
        load(tmp_path, "whole.pt")
