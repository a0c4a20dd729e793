"""The segmented control: one choice taken, by mouse or by arrows."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from lsviewer.gui.segmented import Segmented


def make(qtbot: QtBot) -> Segmented:
    control = Segmented([("construct", "Construct"), ("train", "Train")])
    qtbot.addWidget(control)
    control.show()
    return control


def button(control: Segmented, value: str) -> QPushButton:
    found = control.findChild(QPushButton, f"segment-{value}")
    assert isinstance(found, QPushButton)
    return found


def test_a_click_takes_a_value_and_tells(qtbot: QtBot) -> None:
    control = make(qtbot)
    with qtbot.waitSignal(control.changed, check_params_cb=lambda value: value == "train"):
        qtbot.mouseClick(button(control, "train"), Qt.MouseButton.LeftButton)
    assert control.value == "train"


def test_setting_a_value_says_nothing(qtbot: QtBot) -> None:
    control = make(qtbot)
    with qtbot.assertNotEmitted(control.changed):
        control.set_value("train")
    assert control.value == "train"


def test_arrows_move_and_take(qtbot: QtBot) -> None:
    control = make(qtbot)
    with qtbot.waitSignal(control.changed):
        qtbot.keyClick(button(control, "construct"), Qt.Key.Key_Right)
    assert control.value == "train"


def test_a_blocked_choice_says_why_and_cannot_be_taken(qtbot: QtBot) -> None:
    control = make(qtbot)
    control.set_option_enabled("train", False, "Only for z = 1 and z = 2.")
    qtbot.mouseClick(button(control, "train"), Qt.MouseButton.LeftButton)
    assert control.value == "construct"
    assert button(control, "train").toolTip() == "Only for z = 1 and z = 2."
