"""The export dialog: offers what can be written, asks for a size only where there is one, and keeps open on failure."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lsviewer.core.artifacts import Curve, Series
from lsviewer.core.claims import Report
from lsviewer.core.experiment import Experiment
from lsviewer.core.files import Files
from lsviewer.gui import theme
from lsviewer.gui.export import BUNDLE, CSV, PDF, PNG, Exportable, ExportDialog, Size
from lsviewer.gui.exportables import exportables
from lsviewer.project.document import Run


def write_size(path: Path, size: Size) -> None:
    path.write_text(f"{size.width_mm}x{size.height_mm}@{size.dpi}")


def refuse(path: Path, size: Size) -> None:
    raise OSError(28, "No space left on device", str(path))


SECTION = Exportable("Section", "run 1", "section", (PNG, PDF, CSV), write_size)
BROKEN = Exportable("Bundle", "run 1", "bundle", (BUNDLE,), refuse)
SURFACE = Exportable("Surface", "3D", "surface", (PNG,), write_size, aside=False)


@pytest.fixture
def dialog(qtbot: QtBot, qapp: QApplication) -> ExportDialog:
    theme.apply(qapp, "light")
    made = ExportDialog([SECTION, BROKEN, SURFACE])
    made.open()
    qtbot.waitExposed(made)
    return made


def test_only_pictures_ask_for_a_size_and_only_pixels_for_a_resolution(dialog: ExportDialog) -> None:
    assert dialog.width_mm.isVisible()
    assert dialog.dpi.isVisible()
    dialog.formats.setCurrentIndex(1)
    assert dialog.width_mm.isVisible()
    assert not dialog.dpi.isVisible()
    dialog.formats.setCurrentIndex(2)
    assert not dialog.width_mm.isVisible()
    dialog.reject()


def test_the_pixels_follow_size_and_resolution(dialog: ExportDialog) -> None:
    dialog.width_mm.setValue(254)
    dialog.height_mm.setValue(127)
    dialog.dpi.setValue(100)
    assert dialog.picture_size.pixels == (1000, 500)
    assert dialog.hint.text() == "1000 × 500 pixels"
    dialog.reject()


@pytest.mark.parametrize("row", [0, 2])
def test_what_was_chosen_is_written_with_its_size(dialog: ExportDialog, qtbot: QtBot, tmp_path: Path, row: int) -> None:
    dialog.things.setCurrentRow(row)
    dialog.width_mm.setValue(80)
    with qtbot.waitSignal(dialog.exported, timeout=10_000):
        dialog.write_to(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_text() == "80x100@300"


def test_a_failure_is_said_in_the_dialog_which_stays_open(dialog: ExportDialog, qtbot: QtBot, tmp_path: Path) -> None:
    dialog.things.setCurrentRow(1)
    with qtbot.waitSignal(dialog.failed, timeout=10_000):
        dialog.write_to(tmp_path / "bundle")
    assert "no space left" in dialog.hint.text().lower()
    assert dialog.isVisible()
    assert dialog.save_button.isEnabled()
    dialog.reject()


def test_names_keep_their_symbols_and_their_capitals() -> None:
    line = Series("L", np.arange(2.0), np.arange(2.0))
    artifacts = {name: Curve(name, title, "", "", (line,)) for name, title in
                 (("a", "σ of every loss"), ("b", "loss on M, PSNR in dB"))}  # fmt: skip
    run = Run("r1", "e1", Experiment(), "done", Report(), artifacts)
    assert [thing.name for thing in exportables(run, None, (), Files())] == ["σ of every loss", "Loss on M, PSNR in dB"]
