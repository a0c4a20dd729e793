"""The probe says what there is, and can be told that there is nothing."""

import subprocess
import sys

import pytest
from PySide6.QtWidgets import QApplication

from lsviewer.gui import opengl


def test_the_probe_names_renderer_and_version_or_says_nothing(qapp: QApplication) -> None:
    found = opengl.probe()
    assert found is None or (", " in found and any(letter.isdigit() for letter in found))


def test_opengl_can_be_switched_off(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(opengl.OFF, "0")
    assert opengl.probe() is None
    assert opengl.offscreen() is None


def test_configure_asks_for_depth_and_samples() -> None:
    # in a process of its own: Qt wants this before the first context
    code = (
        "from lsviewer.gui import opengl; opengl.configure();"
        "from PySide6.QtGui import QSurfaceFormat; f = QSurfaceFormat.defaultFormat(); print(f.samples(), f.depthBufferSize())"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert answer.stdout.split() == ["4", "24"]
