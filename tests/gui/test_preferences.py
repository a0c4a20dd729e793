"""Preferences survive a restart, nonsense in the settings does not."""

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QCheckBox, QPushButton, QSpinBox
from pytestqt.qtbot import QtBot

from lsviewer.gui import colormaps, preferences
from lsviewer.gui.preferences import Preferences, PreferencesDialog


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


def test_nothing_stored_gives_the_defaults(settings: QSettings) -> None:
    assert preferences.load(settings) == Preferences()


def test_what_is_saved_comes_back_typed(settings: QSettings) -> None:
    wanted = Preferences("dark", 3, 120, "cividis", live_planting=False, reduced_motion=True)
    preferences.save(wanted, settings)
    settings.sync()
    again = QSettings(settings.fileName(), QSettings.Format.IniFormat)
    assert preferences.load(again) == wanted


@pytest.mark.parametrize(
    ("name", "nonsense"),
    [
        ("colours", "pink"),
        ("threads", "-1"),
        ("threads", "many"),
        ("autosave_s", "0"),
        ("loss_map", "jet"),
        ("live_planting", "maybe"),
    ],
)
def test_nonsense_is_replaced_by_the_default(settings: QSettings, name: str, nonsense: str) -> None:
    settings.setValue(f"preferences/{name}", nonsense)
    assert preferences.load(settings) == Preferences()


def test_the_maps_offered_are_those_there_are() -> None:
    assert preferences.LOSS_MAPS == colormaps.OFFERED


def test_changes_take_effect_at_once_and_reset_takes_all_back(qtbot: QtBot) -> None:
    dialog = PreferencesDialog(Preferences(threads=2), cores=4)
    qtbot.addWidget(dialog)
    dialog.show()
    seen: list[Preferences] = []
    dialog.changed.connect(seen.append)
    live = next(box for box in dialog.findChildren(QCheckBox) if "Plant" in box.text())
    live.click()
    dialog.findChildren(QSpinBox)[0].setValue(1)
    assert seen[-1] == Preferences(threads=1, live_planting=False)
    qtbot.mouseClick(dialog.findChild(QPushButton, "reset-preferences"), Qt.MouseButton.LeftButton)
    assert seen[-1] == Preferences()
    assert live.isChecked()
