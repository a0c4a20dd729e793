"""Keep `.venv` in step with pyproject.toml and packaging/constraints.txt. Standard library only.

A stamp in `.venv` (digest of what decides the installation, extras, torch build) makes the second start free. Extras only
grow: what `scripts/test.py` installed stays when `scripts/run.py` starts the application, so the two do not undo each other.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - whoever starts this may have another Python
    sys.exit(f"lsviewer needs Python 3.11 or newer, this is {platform.python_version()} ({sys.executable}).")

import tomllib

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "lsviewer-stamp.json"
PYPROJECT = ROOT / "pyproject.toml"
CONSTRAINTS = ROOT / "packaging" / "constraints.txt"
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"  # the only public place with CPU builds for Linux
TORCH_BUILDS = ("cpu", "default")


@dataclass(frozen=True)
class Stamp:
    """What is installed: digest of the inputs, extras, and which torch build was asked for."""

    digest: str
    extras: frozenset[str]
    torch: str

    def covers(self, wanted: Stamp) -> bool:
        """Whether nothing has to be installed: more extras than wanted are fine."""
        return self.digest == wanted.digest and self.extras >= wanted.extras and self.torch == wanted.torch

    def to_json(self) -> str:
        return json.dumps({"digest": self.digest, "extras": sorted(self.extras), "torch": self.torch}, indent=1) + "\n"

    @staticmethod
    def from_json(text: str) -> Stamp | None:
        """The stamp, or None where the text is none (an interrupted or foreign installation)."""
        try:
            data = json.loads(text)
            return Stamp(str(data["digest"]), frozenset(map(str, data["extras"])), str(data["torch"]))
        except (ValueError, KeyError, TypeError):
            return None


def digest(pyproject: str, constraints: str, machine: str) -> str:
    """Hash of everything that decides the installation; rules of linters and tests in pyproject do not."""
    tables = tomllib.loads(pyproject)
    deciding = [tables.get("build-system"), tables.get("project"), tables.get("tool", {}).get("hatch")]
    text = json.dumps([deciding, sorted(pins(constraints).items()), machine], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def pins(constraints: str) -> dict[str, str]:
    """Name -> version of every `name==version` line; comments are dropped."""
    lines = (line.partition("#")[0].strip() for line in constraints.splitlines())
    return dict(line.split("==", 1) for line in lines if "==" in line)


def wanted(extras: set[str], torch: str | None, installed: Stamp | None, now: str) -> Stamp:
    """What should be installed: the asked extras and the ones already there, the torch build asked for or already there."""
    before = installed or Stamp("", frozenset(), "cpu")
    return Stamp(now, before.extras | extras, torch or before.torch)


def torch_attempts(version: str, build: str, system: str) -> list[list[str]]:
    """Arguments for pip, to be tried in this order until one succeeds.

    On Linux the default index carries the CUDA build (gigabytes), elsewhere the CPU one. A configured source (a local
    folder, a mirror) is asked first; the public CPU index second, without retries so that a closed network costs seconds.
    """
    plain = f"torch=={version}"
    if build == "default" or system != "Linux":
        return [[plain]]
    return [[plain + "+cpu"], [plain, "--index-url", TORCH_CPU_INDEX, "--retries", "0", "--timeout", "10"], [plain]]


def torch_fits(installed: str, version: str, build: str, system: str) -> bool:
    """Whether the installed torch is the wanted version and, on Linux where both exist, the wanted build."""
    base, _, local = installed.partition("+")
    return base == version and (system != "Linux" or (local == "cpu") == (build == "cpu"))


def venv_python(venv: Path = VENV) -> Path:
    """The interpreter inside a virtual environment."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def machine() -> str:
    """Python, processor and place of the checkout: an environment that was copied elsewhere is no longer fresh."""
    return f"{platform.python_version()} {sys.platform} {platform.machine()} {ROOT}"


def ensure(extras: set[str], torch: str | None = None) -> Path:
    """Make or complete `.venv` where needed; returns its interpreter."""
    now = digest(PYPROJECT.read_text("utf-8"), CONSTRAINTS.read_text("utf-8"), machine())
    if _missing(extras, torch, now) is None:
        return venv_python()
    with _lock():  # a second start waits here and then finds everything done
        target = _missing(extras, torch, now)
        if target is not None:
            _install(target)
    return venv_python()


def _missing(extras: set[str], torch: str | None, now: str) -> Stamp | None:
    installed = Stamp.from_json(STAMP.read_text("utf-8")) if STAMP.exists() else None
    target = wanted(extras, torch, installed, now)
    fresh = installed is not None and installed.covers(target) and venv_python().exists()
    return None if fresh else target


def _install(target: Stamp) -> None:
    started = time.monotonic()
    _say(f"setting up {VENV.name} ({', '.join(sorted(target.extras)) or 'application'}); the first time takes minutes")
    if not _usable_venv():
        _call([sys.executable, "-m", "venv", "--clear", str(VENV)], "could not make a virtual environment")
    STAMP.unlink(missing_ok=True)
    _install_torch(target.torch)
    # The build backend lies in the environment, pinned like everything else, instead of being fetched for every build.
    _pip(["hatchling", "editables"], "could not install the build backend")
    project = str(ROOT) + (f"[{','.join(sorted(target.extras))}]" if target.extras else "")
    _pip(["--no-build-isolation", "--editable", project], "could not install lsviewer and its dependencies")
    beside = STAMP.with_suffix(".new")
    beside.write_text(target.to_json(), "utf-8")
    os.replace(beside, STAMP)
    _say(f"ready after {time.monotonic() - started:.0f} s")


def _usable_venv() -> bool:
    """Whether `.venv` runs and was made by this version of Python (3.11.4 and 3.11.7 may share one)."""
    probe = "import pip, sys; print(*sys.version_info[:2])"
    if not venv_python().exists():
        return False
    answer = subprocess.run([venv_python(), "-c", probe], capture_output=True, text=True, check=False)
    return answer.returncode == 0 and answer.stdout.split() == [str(part) for part in sys.version_info[:2]]


def _install_torch(build: str) -> None:
    version = pins(CONSTRAINTS.read_text("utf-8"))["torch"]
    probe = "from importlib.metadata import version; print(version('torch'))"
    found = subprocess.run([venv_python(), "-c", probe], capture_output=True, text=True, check=False).stdout.strip()
    if torch_fits(found, version, build, platform.system()):
        return
    replace = ["--force-reinstall"] if found else []
    attempts = torch_attempts(version, build, platform.system())
    for attempt in attempts[:-1]:
        if _run_pip(["--no-deps", *replace, *attempt], quiet=True) == 0:
            return
        _say(f"no luck with `{' '.join(attempt)}`, trying the next source of torch")
    _pip(["--no-deps", *replace, *attempts[-1]], "could not install torch")


def _pip(arguments: list[str], complaint: str) -> None:
    if _run_pip(arguments) != 0:
        sys.exit(f"lsviewer: {complaint}; pip's words above say why. Nothing was started.")


def _run_pip(arguments: list[str], quiet: bool = False) -> int:
    # Everything goes to stderr: stdout belongs to the program that is started afterwards (`run --json`).
    command = [str(venv_python()), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "-qq"]
    command += ["--constraint", str(CONSTRAINTS), *arguments]
    errors = subprocess.DEVNULL if quiet else sys.stderr
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, check=False).returncode


def _call(command: list[str], complaint: str) -> None:
    if subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False).returncode != 0:
        sys.exit(f"lsviewer: {complaint}: {' '.join(command)}")


@contextlib.contextmanager
def _lock() -> Iterator[None]:
    """One installation at a time per checkout; the system frees the lock when its holder dies."""
    name = hashlib.sha256(str(ROOT).encode()).hexdigest()[:16]
    with open(Path(tempfile.gettempdir()) / f"lsviewer-{name}.lock", "a+b") as file:
        if os.name == "nt":
            import msvcrt

            while True:  # LK_LOCK gives up after ten seconds
                with contextlib.suppress(OSError):
                    file.seek(0)
                    msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
                    break
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _say(text: str) -> None:
    print(f"lsviewer: {text}", file=sys.stderr, flush=True)
