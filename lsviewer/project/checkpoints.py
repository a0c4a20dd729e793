"""Points of parameter space as files other programs read: safetensors, or a plain ``.pt`` state dict; written and read.

Keys are those of ``torch.nn.Sequential(Linear, Activation, Linear, ...)``: ``0.weight``, ``0.bias``, ``2.weight``, ... A ``.pt``
file is a pickle, so it is read with ``weights_only=True`` and nothing but tensors comes out of it.
"""

import json
import pickle
import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from lsviewer.core.arrays import Array, freeze
from lsviewer.core.artifacts import Checkpoint
from lsviewer.project import container
from lsviewer.project.atomic import replacing
from lsviewer.project.document import ProjectError

ENDINGS = (".safetensors", ".pt", ".pth")
MAX_BYTES = container.MAX_TOTAL
WRAPPERS = ("state_dict", "model_state_dict", "model")  # under which training scripts put the state dict


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
    path = Path(path)
    if path.suffix.lower() not in ENDINGS:
        raise ProjectError(f"{path}: a checkpoint ends with {', '.join(ENDINGS)}")
    try:
        if (size := path.stat().st_size) > MAX_BYTES:
            raise ProjectError(f"{path}: has {size} bytes, at most {MAX_BYTES} are read")
        data = path.read_bytes()
    except OSError as error:
        raise ProjectError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from None
    params = (
        container.from_safetensors(data, str(path)) if path.suffix.lower() == ".safetensors" else _from_pt(data, path)
    )
    if not params:
        raise ProjectError(f"{path}: holds no parameters")
    for key, value in params.items():
        if value.dtype.kind == "f" and not np.isfinite(value).all():
            count = int((~np.isfinite(value)).sum())
            raise ProjectError(f"{path}: parameter '{key}' has {count} of {value.size} values that are not finite")
    return {key: freeze(value) for key, value in params.items()}


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


def _from_pt(data: bytes, path: Path) -> dict[str, Array]:
    import torch

    _check_unpacked_size(data, path)
    try:
        found = torch.load(BytesIO(data), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise ProjectError(
            f"{path}: holds more than tensors, which is never loaded; save its state_dict() alone"
        ) from None
    except (RuntimeError, ValueError, TypeError, KeyError, AttributeError, EOFError, OSError, IndexError, UnicodeError):
        raise ProjectError(f"{path}: is not a .pt file that can be read") from None
    for name in WRAPPERS:
        if isinstance(found, Mapping) and isinstance(found.get(name), Mapping):
            found = found[name]
    return _tensors(found, path)


def _tensors(found: Any, path: Path) -> dict[str, Array]:
    import torch

    if not isinstance(found, Mapping):
        raise ProjectError(f"{path}: holds a {type(found).__name__}, a state dict is expected")
    params = {}
    for key, value in found.items():
        if not isinstance(value, torch.Tensor) or value.layout != torch.strided or value.is_quantized:
            raise ProjectError(f"{path}: entry {str(key)[:80]!r} is not a plain tensor")
        value = value.detach()
        params[str(key)] = (value.float() if value.dtype in (torch.bfloat16, torch.float16) else value).numpy()
    return params


def _check_unpacked_size(data: bytes, path: Path) -> None:
    """torch reads deflated members too: refuse what would unpack to more than a checkpoint may have."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            total = sum(info.file_size for info in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError):
        return  # the older format, or damaged: torch decides
    if total > MAX_BYTES:
        raise ProjectError(f"{path}: would unpack to {total} bytes, at most {MAX_BYTES} are read")
