"""Reading points of parameter space from files of other programs: safetensors, or a plain ``.pt`` state dict.

A ``.pt`` file is a pickle, so it is read with ``weights_only=True`` and nothing but tensors comes out of it. torch is imported
late: whoever only opens a project does not need it.
"""

import pickle
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from lsviewer.core.arrays import Array, freeze
from lsviewer.core.spec import SpecError

ENDINGS = (".safetensors", ".pt", ".pth")
MAX_BYTES = 1024**3
WRAPPERS = ("state_dict", "model_state_dict", "model")  # under which training scripts put the state dict


def read(path: str | Path) -> dict[str, Array]:
    """Return the parameters in a file, read-only and finite, half precision as float32; raises `SpecError` naming the file."""
    path = Path(path)
    if path.suffix.lower() not in ENDINGS:
        raise SpecError(f"{path}: a checkpoint ends with {', '.join(ENDINGS)}")
    try:
        if (size := path.stat().st_size) > MAX_BYTES:
            raise SpecError(f"{path}: has {size} bytes, at most {MAX_BYTES} are read")
        data = path.read_bytes()
    except OSError as error:
        raise SpecError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from None
    found = _from_safetensors(data, path) if path.suffix.lower() == ".safetensors" else _from_pt(data, path)
    params = _tensors(found, path)
    if not params:
        raise SpecError(f"{path}: holds no parameters")
    for key, value in params.items():
        if value.dtype.kind == "f" and not np.isfinite(value).all():
            count = int((~np.isfinite(value)).sum())
            raise SpecError(f"{path}: parameter '{key}' has {count} of {value.size} values that are not finite")
    return params


def _from_safetensors(data: bytes, path: Path) -> Any:
    import safetensors.torch  # of torch, not of numpy: numpy has no bfloat16

    try:
        return safetensors.torch.load(data)
    except (
        safetensors.SafetensorError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        MemoryError,
        RuntimeError,
    ):
        raise SpecError(f"{path}: is not a safetensors file that can be read") from None


def _from_pt(data: bytes, path: Path) -> Any:
    import torch

    _check_unpacked_size(data, path)
    try:
        found = torch.load(BytesIO(data), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise SpecError(
            f"{path}: holds more than tensors, which is never loaded; save its state_dict() alone"
        ) from None
    except (RuntimeError, ValueError, TypeError, KeyError, AttributeError, EOFError, OSError, IndexError, UnicodeError):
        raise SpecError(f"{path}: is not a .pt file that can be read") from None
    for name in WRAPPERS:
        if isinstance(found, Mapping) and isinstance(found.get(name), Mapping):
            found = found[name]
    return found


def _tensors(found: Any, path: Path) -> dict[str, Array]:
    import torch

    if not isinstance(found, Mapping):
        raise SpecError(f"{path}: holds a {type(found).__name__}, a state dict is expected")
    params = {}
    for key, value in found.items():
        if not isinstance(value, torch.Tensor) or value.layout != torch.strided or value.is_quantized:
            raise SpecError(f"{path}: entry {str(key)[:80]!r} is not a plain tensor")
        value = value.detach()
        params[str(key)] = freeze((value.float() if value.dtype in (torch.bfloat16, torch.float16) else value).numpy())
    return params


def _check_unpacked_size(data: bytes, path: Path) -> None:
    """torch reads deflated members too: refuse what would unpack to more than a checkpoint may have."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            total = sum(info.file_size for info in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError):
        return  # the older format, or damaged: torch decides
    if total > MAX_BYTES:
        raise SpecError(f"{path}: would unpack to {total} bytes, at most {MAX_BYTES} are read")
