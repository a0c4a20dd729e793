"""What the operating system has to bring: the shared objects Qt opens, and a screen. Standard library only.

Only Linux needs help: there Qt's wheels rely on libraries of the distribution, and a server or container has no display.
"""

from __future__ import annotations

import contextlib
import ctypes
import glob
import importlib.util
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

# What the wheel of PySide6-Essentials 6.11 names as needed and does not bring (objdump -p), and its Debian package.
LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}
# Mesa's software OpenGL, old and new naming.
DRIVERS = (
    "/usr/lib*/dri/*_dri.so",
    "/usr/lib*/*/dri/*_dri.so",
    "/usr/lib*/libgallium-*.so",
    "/usr/lib*/*/libgallium-*.so",
)
SCREEN = "1920x1080x24"


def loads(library: str) -> bool:
    """Whether the dynamic linker finds this shared object."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def has_display(environ: Mapping[str, str]) -> bool:
    """Whether a window can be shown; on Windows and macOS always."""
    return not sys.platform.startswith("linux") or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def missing_for_qt(loads: Callable[[str], bool] = loads) -> list[str]:
    """Debian packages of the shared objects that Qt would not find, in the order of the table."""
    return [package for library, package in LIBRARIES.items() if not loads(library)]


def missing_for_screen() -> list[str]:
    """Debian packages without which there is no virtual screen with OpenGL."""
    missing = [] if shutil.which("Xvfb") else ["xvfb"]
    return missing if any(glob.glob(pattern) for pattern in DRIVERS) else [*missing, "libgl1-mesa-dri"]


def missing_for_venv() -> list[str]:
    """Debian splits `ensurepip` off Python; without it no virtual environment can be made."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return [] if importlib.util.find_spec("ensurepip") else [f"python{version}-venv"]


def apt_command(packages: list[str]) -> list[str]:
    """The command that installs these packages."""
    return ["apt-get", "install", "-y", "--no-install-recommends", *packages]


def advice(packages: list[str]) -> str:
    """One sentence for somebody who may not install, or whose system is not Debian."""
    command = " ".join(apt_command(packages))
    return (
        f"lsviewer: this system lacks {len(packages)} package{'s' * (len(packages) > 1)} that Qt needs. On Debian and Ubuntu:\n"
        f"  sudo apt-get update && sudo {command}\n"
        "Elsewhere install what brings: "
        + ", ".join([library for library, package in LIBRARIES.items() if package in packages] or packages)
    )


def may_install() -> bool:
    """Whether we are root on a Debian: then missing packages are simply installed."""
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def ensure(*, window: bool, screen: bool) -> None:
    """Install what is missing for Python, for Qt (`window`) and for a virtual screen (`screen`), or say what to do and stop."""
    if not sys.platform.startswith("linux"):
        return

    def missing() -> list[str]:
        return missing_for_venv() + (missing_for_qt() if window else []) + (missing_for_screen() if screen else [])

    packages = missing()
    if packages and may_install():
        print(f"lsviewer: installing {' '.join(packages)}", file=sys.stderr, flush=True)
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
        environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-q"], env=environ, check=False, **quiet)
        subprocess.run(apt_command(packages), env=environ, check=False, **quiet)
        importlib.invalidate_caches()
        packages = missing()
    if packages:
        sys.exit(advice(packages))


@contextlib.contextmanager
def virtual_screen() -> Iterator[dict[str, str]]:
    """Run an X server without a monitor; gives a copy of the environment that leads to it."""
    reader, writer = os.pipe()
    with tempfile.TemporaryFile() as words:
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writer), "-screen", "0", SCREEN, "-nolisten", "tcp", "-noreset"],
            pass_fds=[writer],
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            preexec_fn=_dies_with_parent(),
        )
        os.close(writer)
        try:
            number = _first_line(reader, timeout_s=30)
            if not number:
                words.seek(0)
                raise OSError(f"Xvfb gave no display: {words.read().decode(errors='replace').strip() or 'no message'}")
            # PyOpenGL takes EGL as soon as WAYLAND_DISPLAY exists, even empty; then its context is not Qt's.
            others = {name: value for name, value in os.environ.items() if name != "WAYLAND_DISPLAY"}
            yield others | {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb", "XDG_SESSION_TYPE": "x11"}
        finally:
            os.close(reader)
            server.terminate()
            try:
                server.wait(5)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _first_line(reader: int, timeout_s: float) -> str:
    text = b""
    while not text.endswith(b"\n") and select.select([reader], [], [], timeout_s)[0]:
        part = os.read(reader, 64)
        if not part:
            break
        text += part
    return text.decode().strip()


def _dies_with_parent() -> Callable[[], None] | None:
    """A hook that ends the child with us even when we are killed and no `finally` runs (Linux; elsewhere None)."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up before the fork: between fork and exec as little as possible
    PR_SET_PDEATHSIG = 1
    return lambda: prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def run(command: list[str], environ: Mapping[str, str], cwd: Path | None = None) -> int:
    """Run a program to its end, Ctrl+C included (it goes to the child, which decides); returns its exit status."""
    child = subprocess.Popen(command, env=dict(environ), cwd=cwd)
    while True:
        try:
            status = child.wait()
            return status if status >= 0 else 128 - status
        except KeyboardInterrupt:
            continue


def pytest_processes() -> list[str]:
    """pytest arguments for a long run: one process per core, four at most (each brings torch, Qt and a screen)."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return ["-n", str(min(4, cores)), "--dist", "worksteal"] if cores > 1 else []
