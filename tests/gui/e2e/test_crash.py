"""A process killed in the middle of work: the next one offers what was drawn, and gives it back."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lsviewer.project.autosave import find_recoverable

from .conftest import Desk

# A sitting of its own: begins a drawing, keeps it aside as the timer would, says so, and goes on until it is killed.
SITTING = """
import sys
import numpy as np
from PySide6.QtCore import QTimer
from lsviewer.gui.app import Launch, make_application

application = make_application()
launch = Launch()


def work(workshop):
    workshop.commands.new_drawing()
    values = np.zeros((128, 128), np.float32)
    values[40:60, 80:] = 0.75
    workshop.commands.take_pattern(values, "Brush stroke", "")
    workshop.documents.keep()
    timer = QTimer(workshop)
    timer.timeout.connect(lambda: workshop.documents.is_keeping or print("kept", flush=True))
    timer.start(20)


launch.ready.connect(work)
launch.start()
sys.exit(application.exec())
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL; the side file is the same")
def test_what_was_drawn_before_a_kill_is_offered_and_restored(sit_down: Callable[..., Desk], tmp_path: Path) -> None:
    sitting = subprocess.Popen([sys.executable, "-c", SITTING], stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    assert sitting.stdout is not None
    assert sitting.stdout.readline() == "kept\n"
    sitting.send_signal(signal.SIGKILL)
    sitting.wait(timeout=30)
    sitting.stdout.close()
    assert len(find_recoverable()) == 1

    desk = sit_down()
    banner = desk.launch.window.banner
    desk.until(banner.isVisible)
    assert "was not closed properly" in banner.accessibleName()
    next(
        button for button in banner.findChildren(type(desk.workshop.setup.run_button)) if button.text() == "Restore"
    ).click()
    desk.until(lambda: desk.workshop.editor.values is not None)
    values = desk.workshop.editor.values
    assert values is not None
    assert values[50, 100] == np.float32(0.75)
    assert values[50, 10] == 0
    assert not desk.workshop.session.is_clean
    desk.settle()
    assert [lost.title for lost in find_recoverable()] == []  # kept by this sitting now


CLOSING = """
from PySide6.QtCore import QTimer
from lsviewer.gui import app

start = app.Launch.start


def start_and_close(launch):
    start(launch)
    launch.ready.connect(lambda workshop: QTimer.singleShot(200, launch.window.close))


app.Launch.start = start_and_close
raise SystemExit(app.main([]))
"""


@pytest.mark.slow
def test_closing_the_window_ends_the_process() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CLOSING], capture_output=True, text=True, timeout=100, check=False, env=dict(os.environ)
    )
    assert done.returncode == 0, done.stderr
    assert "QThread" not in done.stderr  # destroyed while still running
