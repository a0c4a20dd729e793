"""What every test may rely on: one thread, fixed seeds, a home folder of its own, a screen, checked shapes."""

import os
import random
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from scripts import _system

# Where the programs under test look for a home, settings and data, on the three systems.
HOME_VARIABLES = ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA")
XDG_VARIABLES = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")


def pytest_configure(config: pytest.Config) -> None:
    _live_in_a_temporary_home(config)
    # Two OpenMP threads on a busy machine are several times slower than one; must be set before torch is imported.
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"
    os.environ["PYTEST_QT_API"] = "pyside6"
    if "PYTEST_XDIST_WORKER" in os.environ or not _system.has_display(os.environ):
        _bring_a_screen(config)
    _check_shapes(config)
    _make_hypothesis_repeatable()


def _live_in_a_temporary_home(config: pytest.Config) -> None:
    """Point this process and its children to an empty home, so that no test reads or writes the user's files."""
    home = Path(tempfile.mkdtemp(prefix="lsviewer-tests-"))
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    # matplotlib's list of fonts takes seconds to build: keep it across runs.
    os.environ["MPLCONFIGDIR"] = str(config.rootpath / ".pytest_cache" / "matplotlib")
    os.environ["MPLBACKEND"] = "agg"
    for name in HOME_VARIABLES:
        os.environ[name] = str(home)
    for name in XDG_VARIABLES:
        os.environ[name] = str(home / name.lower())
    os.environ["LSVIEWER_DATA"] = str(home / "lsviewer-data")
    runtime = home / "runtime"
    runtime.mkdir(mode=0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)


def _bring_a_screen(config: pytest.Config) -> None:
    """Start a virtual screen for this process alone: two pytest workers on one screen take each other's focus and mouse."""
    if not sys.platform.startswith("linux") or shutil.which("Xvfb") is None:
        return  # a screen of the system is there, or Qt will say that there is none
    screen = _system.virtual_screen()
    os.environ.pop("WAYLAND_DISPLAY", None)
    os.environ.update(screen.__enter__())

    def end() -> None:
        # Qt first: an application whose screen goes before it ends the process with status 1, however green the tests were.
        core = sys.modules.get("PySide6.QtCore")
        if core is not None and (application := core.QCoreApplication.instance()) is not None:
            application.shutdown()
        screen.__exit__(None, None, None)

    config.add_cleanup(end)


def _check_shapes(config: pytest.Config) -> None:
    """Check every `Float[Tensor, "n d"]` of the engine at each call."""
    from jaxtyping import install_import_hook

    assert not any(name.startswith("lsviewer.engine") for name in sys.modules), "lsviewer.engine came in too early"
    hook = install_import_hook("lsviewer.engine", "beartype.beartype")
    config.add_cleanup(hook.uninstall)


def _make_hypothesis_repeatable() -> None:
    from hypothesis import settings

    # No deadline: on a busy machine the first call imports half of torch. No database: no files left behind.
    settings.register_profile("lsviewer", deadline=None, derandomize=True, database=None)
    settings.load_profile("lsviewer")


@pytest.fixture(autouse=True)
def _same_start() -> None:
    """Seeds and threads as at the start, whatever the test before did. torch only where somebody has imported it."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - libraries that use the global generator
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "set_num_threads"):
        torch.set_num_threads(1)
        torch.manual_seed(0)
