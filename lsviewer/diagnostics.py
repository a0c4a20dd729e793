"""Two reports about this installation: `--info` for a user's bug report, `--selftest` for packaging and for doubt.

Stands beside the rooms, not in one: it looks into all of them, imports lazily, and survives when one cannot be opened.
"""

import importlib
import json
import os
import pkgutil
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib import metadata, resources

import lsviewer

PACKAGES = (
    "torch", "numpy", "scipy", "pydantic", "PySide6-Essentials", "pyqtgraph", "PyOpenGL", "superqt", "cmap", "qtawesome",
    "contourpy", "matplotlib", "ziamath", "safetensors", "pooch", "pillow", "psutil", "jaxtyping",
)  # fmt: skip
PROBE = "--probe-window"  # hidden argument: what the child process of `window()` runs
PROBE_TIMEOUT_S = 60


def info() -> str:
    """Versions, devices, Qt and OpenGL, one `name: value` per line."""
    rows = [
        ("lsviewer", lsviewer.__version__ + (" (packaged)" if _is_packaged() else "")),
        ("Python", f"{platform.python_version()} ({platform.python_implementation()})"),
        ("system", f"{platform.platform()}, {platform.machine()}, {os.cpu_count()} cores"),
        *((name, _version(name)) for name in PACKAGES),
        *_or_reason("devices", _devices),
        *_or_reason("window", _window_rows),
    ]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name + ':':{width + 1}} {value}" for name, value in rows)


def selftest() -> int:
    """Check the parts the application stands on, one printed line each; 0 when all of them work."""
    failed = 0
    for name, check in CHECKS.items():
        started = time.perf_counter()
        try:
            told, mark = check(), "ok"
        except Exception as error:  # any failure at all is the answer here
            told, mark = f"{type(error).__name__}: {error}", "FAILED"
            failed += 1
        print(f"{mark:<6}  {name:<8}  {told}  ({time.perf_counter() - started:.1f} s)", flush=True)
    print(f"selftest: {len(CHECKS) - failed} of {len(CHECKS)} checks passed")
    return 1 if failed else 0


def window() -> dict[str, str]:
    """Open Qt in a child process: `platform`, `screen`, `style`, `opengl` (empty where there is none).

    A child, because Qt aborts the whole process when it finds no display, and a broken driver may hang it.
    """
    again = [sys.executable] if _is_packaged() else [sys.executable, "-m", "lsviewer"]
    child = subprocess.run(
        [*again, PROBE], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PROBE_TIMEOUT_S, check=False
    )
    if child.returncode != 0:
        words = child.stderr.strip().splitlines() or [f"Qt ended with status {child.returncode} and said nothing"]
        raise RuntimeError(words[-1] if words[0].startswith("Traceback") else words[0])
    report: dict[str, str] = json.loads(child.stdout.splitlines()[-1])
    return report


def probe_window() -> int:
    """What the child process of `window()` does: print one JSON object."""
    from PySide6.QtWidgets import QApplication

    application = QApplication([])
    size = application.primaryScreen().size()
    report = {
        "platform": application.platformName(),
        "screen": f"{size.width()}x{size.height()} at {application.primaryScreen().devicePixelRatio():g}",
        "style": application.style().objectName(),
        "opengl": "",
    }
    try:
        from lsviewer.gui import opengl

        report["opengl"] = opengl.probe() or ""
    except ImportError as error:  # PyOpenGL may be broken where Qt is sound
        print(error, file=sys.stderr)
    print(json.dumps(report))
    return 0


def _is_packaged() -> bool:
    return bool(getattr(sys, "frozen", False))


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _or_reason(name: str, rows: Callable[[], list[tuple[str, str]]]) -> list[tuple[str, str]]:
    try:
        return rows()
    except Exception as error:  # a report about a broken installation must not break
        return [(name, f"not available: {error}")]


def _devices() -> list[tuple[str, str]]:
    import torch

    devices = ["cpu"]
    if torch.cuda.is_available():
        devices += [f"cuda:{i} {torch.cuda.get_device_name(i)}" for i in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        devices.append("mps")
    return [("devices", ", ".join(devices)), ("torch threads", str(torch.get_num_threads()))]


def _window_rows() -> list[tuple[str, str]]:
    report = window()
    return [
        ("Qt window", f"{report['platform']}, {report['screen']}, {report['style']}"),
        ("OpenGL", report["opengl"] or "none: no 3D views"),
    ]


def _modules() -> Iterator[str]:
    for module in pkgutil.walk_packages(lsviewer.__path__, "lsviewer."):
        if not module.name.endswith("__main__"):
            yield module.name


def _check_torch() -> str:
    import torch

    return f"{torch.__version__}, {torch.get_num_threads()} threads"


def _check_fit() -> str:
    """Five steps of Adam on a line through noise-free points: the loss must fall."""
    import torch

    generator = torch.Generator().manual_seed(0)
    x = torch.randn(64, 3, generator=generator)
    y = x @ torch.tensor([[1.0], [-2.0], [0.5]])
    weight = torch.zeros(3, 1, requires_grad=True)
    optimizer = torch.optim.Adam([weight], lr=0.1)
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        loss = (x @ weight - y).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    if not losses[-1] < losses[0]:
        raise ArithmeticError(f"the loss did not fall: {losses}")
    return f"five steps, loss {losses[0]:.3f} to {losses[-1]:.3f}"


def _check_modules() -> str:
    names = list(_modules())
    for name in names:
        importlib.import_module(name)
    return f"{len(names)} modules of lsviewer import"


def _check_files() -> str:
    found = sorted(item.name for item in (resources.files(lsviewer) / "resources").iterdir() if item.is_dir())
    lacking = {"data", "fonts", "icons", "patterns"} - set(found)
    if lacking:
        raise FileNotFoundError(f"lsviewer/resources lacks {', '.join(sorted(lacking))}")
    return f"resources {', '.join(name for name in found if not name.startswith('_'))}"


def _check_window() -> str:
    report = window()
    return f"{report['platform']}, {report['screen']}"


def _check_opengl() -> str:
    renderer = window()["opengl"]
    if not renderer:
        raise RuntimeError("no OpenGL: the 3D views stay off, everything else works")
    return renderer


CHECKS: dict[str, Callable[[], str]] = {
    "torch": _check_torch,
    "fit": _check_fit,
    "modules": _check_modules,
    "files": _check_files,
    "window": _check_window,
    "opengl": _check_opengl,
}
