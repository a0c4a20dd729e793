"""What a job gets from outside: device, dtype, named generators, files, and a cache that outlives one preview."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch

from lsviewer.core.experiment import Device, Experiment
from lsviewer.core.files import Files
from lsviewer.core.spec import SpecError

T = TypeVar("T")
DTYPES = {"float32": torch.float32, "float64": torch.float64}


@dataclass(frozen=True)
class Context:
    """Everything a job may ask of the world. Two contexts with the same seed give the same numbers."""

    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    dtype: torch.dtype = torch.float32
    seed: int = 0
    files: Files = field(default_factory=Files)
    cache: dict[Any, Any] = field(default_factory=dict)

    def generator(self, name: str) -> torch.Generator:
        """Return a fresh CPU generator for one purpose (``"init"``): the same seed and name give the same numbers."""
        # torch's CPU generator reads the low 32 bits of a seed only, so both are folded into these
        return torch.Generator().manual_seed(zlib.crc32(f"{name}/{self.seed}".encode()))

    def cached(self, key: Any, make: Callable[[], T]) -> T:
        """Return what ``make`` gave for ``key``; a new key of the same kind ``key[0]`` replaces the old one."""
        kind = key[0]
        if kind not in self.cache or self.cache[kind][0] != key:
            self.cache[kind] = (key, make())
        return self.cache[kind][1]


def open_context(experiment: Experiment, files: Files, cache: dict[Any, Any] | None = None) -> Context:
    """Return the context an experiment asks for; raises `SpecError` when its device is not there."""
    device = pick_device(experiment.device)
    if device.type == "mps" and experiment.dtype == "float64":
        raise SpecError("field 'dtype' is 'float64': the mps device has no float64, use cpu or float32")
    return Context(device, DTYPES[experiment.dtype], experiment.seed, files, {} if cache is None else cache)


def pick_device(name: Device) -> torch.device:
    """Return the device ``name`` asks for; ``auto`` is cuda, else cpu (mps lacks float64 and is taken only when asked for)."""
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return torch.device("cuda" if there["cuda"] else "cpu")
    if not there[name]:
        raise SpecError(f"field 'device' is {name!r}: this machine has {', '.join(k for k, v in there.items() if v)}")
    return torch.device(name)


def use_threads(count: int | None = None) -> None:
    """Let torch use ``count`` threads (None: one on two cores or fewer, else one core is left to the window)."""
    import os

    cores = os.cpu_count() or 1
    torch.set_num_threads(count or (1 if cores <= 2 else cores - 1))
