"""Points of parameter space as files other programs read: safetensors, or a plain ``.pt`` state dict; written and read.

Keys are those of ``torch.nn.Sequential(Linear, Activation, Linear, ...)``: ``0.weight``, ``0.bias``, ``2.weight``, ... Files are
read by `lsviewer.engine.checkpoint_files`, because experiments read them too.
"""

import json
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np

from lsviewer.core.arrays import Array, freeze
from lsviewer.core.artifacts import Checkpoint
from lsviewer.core.spec import SpecError
from lsviewer.engine import checkpoint_files
from lsviewer.project import container
from lsviewer.project.atomic import replacing
from lsviewer.project.document import ProjectError

ENDINGS = checkpoint_files.ENDINGS


def at(checkpoint: Checkpoint, alpha: Sequence[float] = ()) -> dict[str, Array]:
    """Return the parameters at ``origin + sum_i alpha_i direction_i``, the sum in float64; no alpha is the origin."""
    if len(alpha) > len(checkpoint.directions):
        raise ProjectError(
            f"checkpoint {checkpoint.name!r} has {len(checkpoint.directions)} directions, {len(alpha)} coordinates are given"
        )
    point = {}
    for key, origin in checkpoint.params.items():
        value = origin.astype(np.float64)
        for step, direction in zip(alpha, checkpoint.directions, strict=False):
            if key in direction:  # a key a direction lacks is zero there
                value = value + step * direction[key].astype(np.float64)
        point[key] = freeze(value.astype(origin.dtype))
    return point


def export(checkpoint: Checkpoint, path: str | Path, alpha: Sequence[float] = ()) -> None:
    """Write the parameters at ``alpha`` to a ``.safetensors`` or ``.pt`` file; raises `ProjectError`."""
    path = Path(path)
    params = at(checkpoint, alpha)
    match path.suffix.lower():
        case ".safetensors":
            data = container.to_safetensors(params, {"network": json.dumps(checkpoint.network), "format": "pt"})
        case ".pt" | ".pth":
            data = _to_pt(params)
        case _:
            raise ProjectError(f"{path}: a checkpoint ends with {', '.join(ENDINGS)}")
    with replacing(path) as file:
        file.write(data)


def read(path: str | Path) -> dict[str, Array]:
    """Return the parameters of a ``.safetensors`` or ``.pt`` file, read-only and finite; raises `ProjectError`."""
    try:
        return checkpoint_files.read(path)
    except SpecError as error:
        raise ProjectError(str(error)) from None


def check(params: Mapping[str, Array], shapes: Mapping[str, Sequence[int]], where: str) -> dict[str, Array]:
    """Return ``params`` in the order of ``shapes``; raises `ProjectError` naming the first misfit and both shapes."""
    for key in [*shapes, *(key for key in params if key not in shapes)]:
        if key not in params:
            raise ProjectError(
                f"{where}: parameter '{key}' is missing, the network needs it with shape {tuple(shapes[key])}"
            )
        if key not in shapes:
            raise ProjectError(f"{where}: the network has no parameter '{key}'; it has {', '.join(shapes)}")
        if params[key].shape != tuple(shapes[key]):
            raise ProjectError(
                f"{where}: parameter '{key}' has shape {params[key].shape}, the network needs {tuple(shapes[key])}"
            )
    return {key: params[key] for key in shapes}


def _to_pt(params: Mapping[str, Array]) -> bytes:
    import torch  # late: a project can be opened without it

    buffer = BytesIO()
    torch.save({key: torch.tensor(value) for key, value in params.items()}, buffer)
    return buffer.getvalue()
