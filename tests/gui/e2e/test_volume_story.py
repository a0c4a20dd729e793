"""Volumes from files, as somebody brings them in: an array with four axes, cut by a chooser, and a folder of images."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QSlider

from lsviewer.core.artifacts import Section
from tests.gui.e2e.conftest import Desk


def ran(desk: Desk) -> Section:
    """Run what is on the desk; every claim must hold."""
    before = len(desk.runs)
    desk.do("run")
    desk.until(lambda: len(desk.runs) > before and not desk.workshop.runner.live)
    run = desk.runs[-1]
    assert run.outcome == "done", run.sentence
    assert {claim.verdict.value for claim in run.report.claims} == {"holds"}
    section = run.artifacts["section"]
    assert isinstance(section, Section)
    return section


def is_found(section: Section, wanted: np.ndarray) -> bool:
    """Whether the loss is the wanted volume times the amplitude 1 plus a constant, on every grid point."""
    found = section.values - section.values.min()
    return np.allclose(found, wanted - wanted.min(), atol=1e-4)


def test_an_array_with_four_axes_is_cut_in_the_pattern_card(sit_down: Callable[..., Desk], tmp_path: Path) -> None:
    volumes = np.random.default_rng(0).random((6, 6, 6, 3)).astype(np.float32)
    np.save(tmp_path / "four.npy", volumes)
    desk = sit_down()
    desk.engine()
    desk.workshop.commands.open_files([str(tmp_path / "four.npy")])
    desk.until(lambda: desk.workshop.session.entry is not None)
    assert is_found(ran(desk), volumes[..., 1])  # through the middle at first
    slider = desk.window.findChild(QSlider, "array-axis-4")
    assert isinstance(slider, QSlider) and slider.isVisible() and slider.value() == 1
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert is_found(ran(desk), volumes[..., 2])
    desk.do("undo")
    assert slider.value() == 1


def test_a_folder_of_images_is_a_volume(sit_down: Callable[..., Desk], tmp_path: Path) -> None:
    folder = tmp_path / "stack"
    folder.mkdir()
    for k in range(8):  # brighter towards the last image, darker towards the right
        grey = np.clip(k * 20 + np.arange(8)[None, ::-1] * 10 + np.zeros((8, 1)), 0, 255)
        Image.fromarray(grey.astype(np.uint8)).save(folder / f"slice{k}.png")
    desk = sit_down()
    desk.engine()
    desk.workshop.commands.open_files([str(folder)])
    desk.until(lambda: any(values.ndim == 3 for values in desk.workshop.session.project.patterns.values()))
    section = ran(desk)
    assert section.values.ndim == 3
    along_x, along_stack = (np.diff(section.values, axis=axis).mean() for axis in (0, 2))
    assert along_x < 0 < along_stack
