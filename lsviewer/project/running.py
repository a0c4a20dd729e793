"""One execution as a project remembers it: when, on what, with which versions, and a failure as one sentence.

The window's worker and the command line both drive jobs; what they must agree on is here.
"""

import datetime
import errno
import os
import platform
import sys
from collections.abc import Mapping
from functools import cache
from importlib import metadata

import numpy as np

from lsviewer import __version__
from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Artifact
from lsviewer.core.claims import Report
from lsviewer.core.experiment import Experiment
from lsviewer.core.files import Files
from lsviewer.core.spec import SpecError
from lsviewer.project.document import Outcome, ProjectError, Run

RECORDED = ("torch", "numpy", "scipy", "safetensors")  # the packages that can change a number


def now() -> str:
    """Return the local time with its offset, ISO 8601 to the second."""
    return datetime.datetime.now().astimezone().isoformat(timespec="seconds")


@cache
def _versions() -> tuple[tuple[str, str], ...]:
    found = [("lsviewer", __version__), ("python", platform.python_version())]
    for package in RECORDED:
        try:
            found.append((package, metadata.version(package)))
        except metadata.PackageNotFoundError:
            found.append((package, "not installed"))
    return (*found, ("system", f"{platform.system()} {platform.machine()}"))


def versions() -> dict[str, str]:
    """Return what this program is made of, by name: lsviewer, Python, the numerical packages, the system."""
    return dict(_versions())


def pattern_of(experiment: Experiment, files: Files) -> Array | None:
    """Return the pattern an experiment would run with, at its own grid, or None where it has none."""
    source = getattr(experiment, experiment.pattern_field, None)
    if source is None or not hasattr(source, "values"):
        return None
    grid = getattr(experiment, "grid", None)
    values: Array = source.values(files, grid if isinstance(grid, int) else None)
    return values


def finished(
    run_id: str, entry: str, experiment: Experiment, *, outcome: Outcome = "done", report: Report | None = None,
    artifacts: Mapping[str, Artifact] | None = None, pattern: Array | None = None, sentence: str = "",
    seconds: float = 0.0, device: str = "cpu",
) -> Run:  # fmt: skip
    """Return the `Run` that ended just now, with this program's versions."""
    return Run(
        run_id, entry, experiment, outcome, report or Report(), dict(artifacts or {}), pattern, sentence, now(), seconds,
        device, versions(),
    )  # fmt: skip


def describe_failure(error: BaseException) -> str:
    """Return one sentence a user can act on for an error that ended a run, a load or a save."""
    text = " ".join(str(error).split())
    match error:
        case SpecError() | ProjectError():
            return text
        case KeyboardInterrupt():
            return "interrupted"
        case MemoryError():
            return _short_of("memory", text)
        case OSError():
            return _system_sentence(error)
        case ArithmeticError() | np.linalg.LinAlgError():
            return text or f"the numbers broke down ({type(error).__name__})"
    if _is_torch_memory(error):
        device = "memory of the graphics card" if "CUDA" in text or "MPS" in text else "memory"
        return _short_of(device, "")
    return f"internal error, {type(error).__name__}: {text}" if text else f"internal error, {type(error).__name__}"


def _short_of(what: str, detail: str) -> str:
    asked = f" ({detail[:120]})" if detail else ""
    return f"out of {what}{asked}: choose a smaller grid, a narrower network or fewer data points"


def _is_torch_memory(error: BaseException) -> bool:
    """Whether torch ran out of memory; asked without importing torch, which may not be loaded at all."""
    torch = sys.modules.get("torch")
    kinds = tuple(kind for name in ("OutOfMemoryError",) if (kind := getattr(torch, name, None)) is not None)
    text = str(error)
    return (bool(kinds) and isinstance(error, kinds)) or (
        isinstance(error, RuntimeError) and ("not enough memory" in text or "out of memory" in text)
    )


def _system_sentence(error: OSError) -> str:
    named = error.filename if error.filename is not None else error.filename2
    where = f"{os.fspath(named) if not isinstance(named, int) else named}: " if named is not None else ""
    why = (
        os.strerror(error.errno).lower()
        if isinstance(error.errno, int) and error.errno in errno.errorcode
        else str(error)
    )
    return " ".join(f"{where}{why or type(error).__name__}".split())
