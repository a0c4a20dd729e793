"""The start: a painted window before the studio, and what the command line may say."""

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lsviewer.gui import app

LATE = ("numpy", "pydantic", "torch", "pyqtgraph", "matplotlib", "ziamath", "scipy", "cmap")
"""What must not be imported before the first page stands: together they take longer than everything else."""


def test_the_first_page_needs_none_of_the_heavy_packages() -> None:
    program = (
        "import sys; from lsviewer.gui import app; application = app.make_application(); launch = app.Launch(); "
        "launch.window.show(); launch.window.grab(); "
        f"print([name for name in {LATE!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_option_and_a_missing_file_are_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert app.main(["--colour"]) == 2
    assert app.main([str(tmp_path / "gone.lsv")]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert "'--colour'" in lines[0] and "gone.lsv" in lines[1]


def test_the_application_has_its_names_and_its_icon(qapp: QApplication) -> None:
    assert app.make_application() is qapp
    assert QCoreApplication.applicationName() == "lsviewer"
    assert not qapp.windowIcon().isNull()


def test_what_nobody_caught_is_told_and_the_window_stays(
    qapp: QApplication, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.Launch, "_build", lambda self: None)  # the first page alone
    hook = sys.excepthook
    launch = app.Launch()
    qtbot.addWidget(launch.window)
    launch.start()
    try:
        try:
            raise ValueError("0 is not a grid")
        except ValueError as error:
            sys.excepthook(ValueError, error, error.__traceback__)
        assert launch.window.isVisible()
        assert "0 is not a grid" in launch.window.banner.accessibleName()
    finally:
        sys.excepthook = hook
