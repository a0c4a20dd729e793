"""The point of parameter space an experiment looks at: one it finds, a fresh one, or one from a file."""

from typing import Annotated, Literal

import torch
from pydantic import Field

from lsviewer.core.files import Files
from lsviewer.core.spec import Path, Spec, SpecError
from lsviewer.engine import checkpoint_files
from lsviewer.engine.networks import Network
from lsviewer.engine.params import Params, check, from_numpy


class Found(Spec):
    """The point the experiment finds, by training or otherwise."""

    kind: Literal["found"] = "found"


class Init(Spec):
    """The untrained network: random weights, zero biases."""

    kind: Literal["init"] = "init"


class FromCheckpoint(Spec):
    """A point from a file: keys as in torch.nn.Sequential(Linear, Activation, Linear, ...): 0.weight, 0.bias, 2.weight, ..."""

    kind: Literal["checkpoint"] = "checkpoint"
    path: Path = Field(
        "",
        title="File",
        description="A .safetensors file, or a .pt state dict; nothing but tensors is read from it.",
        json_schema_extra={"format": "path", "suffixes": list(checkpoint_files.ENDINGS)},
    )

    def load(
        self, files: Files, network: Network, inputs: int, outputs: int, *, dtype: torch.dtype, device: torch.device | str = "cpu"
    ) -> Params:  # fmt: skip
        """Return the parameters in the order of the network; raises `SpecError`, for a misfit with both shapes named."""
        if not self.path:
            raise SpecError("field 'point.path' is empty: choose a .safetensors or .pt file")
        arrays = checkpoint_files.read(files.resolve(self.path, "point.path"))
        found = {name: torch.tensor(value, dtype=dtype, device=device) for name, value in arrays.items()}
        check(found, network, inputs, outputs, f"checkpoint {self.path!r}")
        return {name: found[name] for name in network.shapes(inputs, outputs)}


class FromRun(Spec):
    """A point that a run of this project has kept, such as the minimum an inertia was counted at."""

    kind: Literal["run"] = "run"
    run: str = Field("r1", title="Run", description="Its number in the list of runs, r1 for the first.")
    name: str = Field("point", title="Checkpoint", description="Which of the points it kept.")

    def load(
        self, files: Files, network: Network, inputs: int, outputs: int, *, dtype: torch.dtype, device: torch.device | str = "cpu"
    ) -> Params:  # fmt: skip
        """Return the parameters in the order of the network; raises `SpecError` where there is no such point, or no fit."""
        key = f"{self.run}/{self.name}"
        if key not in files.points:
            known = ", ".join(files.points) or "none"
            raise SpecError(
                f"field 'point.run' is '{self.run}': no finished run of this project kept '{key}'; there are: {known}"
            )
        found = from_numpy(files.points[key], dtype=dtype, device=device)
        check(found, network, inputs, outputs, f"point {key!r}")
        return {name: found[name] for name in network.shapes(inputs, outputs)}


Point = Annotated[Found | Init | FromCheckpoint, Field(discriminator="kind", title="Point")]
