"""The probe says what there is, and can be told that there is nothing."""

import pytest
from PySide6.QtGui import QSurfaceFormat
from PySide6.QtWidgets import QApplication

from lsviewer.gui import opengl


def test_the_probe_names_renderer_and_version_or_says_nothing(qapp: QApplication) -> None:
    found = opengl.probe()
    assert found is None or (", " in found and any(letter.isdigit() for letter in found))


def test_opengl_can_be_switched_off(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(opengl.OFF, "0")
    assert opengl.probe() is None
    assert opengl.offscreen() is None


def test_configure_asks_for_depth_and_samples(qapp: QApplication) -> None:
    before = QSurfaceFormat.defaultFormat()
    opengl.configure()
    asked = QSurfaceFormat.defaultFormat()
    QSurfaceFormat.setDefaultFormat(before)
    assert (asked.samples(), asked.depthBufferSize()) == (4, 24)
