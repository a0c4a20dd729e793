"""Guards around what we do not own: a fault of PySide6, the walls between rooms, and the guards of the GUI tests themselves."""

import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent

pytest_plugins = ["pytester"]


def requirement(name: str) -> Requirement:
    lines = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    (found,) = [Requirement(line) for line in lines if Requirement(line).name == name]
    return found


@pytest.mark.parametrize("version", ["6.12.0", "6.12.1", "6.13.0", "6.11.0", "6.11.1", "6.8.2"])
def test_faulty_pyside_versions_are_excluded(version: str) -> None:
    assert version not in requirement("PySide6-Essentials").specifier


@pytest.mark.parametrize("version", ["6.8.3", "6.10.2", "6.11.3"])
def test_sound_pyside_versions_are_allowed(version: str) -> None:
    assert version in requirement("PySide6-Essentials").specifier


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal from Python 3.12 on: its count means nothing")
def test_pyside_does_not_drop_references_to_none() -> None:
    """6.12.0 with Python 3.11 loses one per call; at zero the process dies (`none_dealloc`)."""
    from PySide6.QtCore import QPointF

    point = QPointF()
    before = sys.getrefcount(None)
    for _ in range(2000):
        point.setX(1.0)
    # The interpreter itself moves the count by a few dozen either way; the fault moves it by -2000.
    assert sys.getrefcount(None) - before > -500


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal from Python 3.12 on: its count means nothing")
def test_painting_does_not_drop_references_to_none() -> None:
    """The same fault where it was met first: in QPainter and QTransform calls of every repaint. No display needed."""
    from PySide6.QtGui import QImage, QPainter, QTransform

    image = QImage(8, 8, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    before = sys.getrefcount(None)
    for _ in range(1000):
        painter.save()
        painter.setTransform(QTransform())
        painter.restore()
    after = sys.getrefcount(None)
    painter.end()
    assert after - before > -500


LEAKS = """
import time
from PySide6.QtCore import QThread, QTimer
from PySide6.QtWidgets import QWidget

kept = []


class Busy(QThread):
    def run(self):
        while not self.isInterruptionRequested():
            time.sleep(0.01)


def test_thread():
    kept.append(Busy())
    kept[-1].start()


def test_timer():
    kept.append(QTimer())
    kept[-1].start(1000)


def test_window():
    kept.append(QWidget())
    kept[-1].show()


def test_paint(qtbot):
    class Broken(QWidget):
        def paintEvent(self, event):
            raise ValueError("this widget cannot paint")

    broken = Broken()
    qtbot.addWidget(broken)
    broken.show()
    qtbot.waitExposed(broken)
    broken.grab()


def test_tidy(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    QTimer(window).start(1000)
    window.show()
"""


def test_the_guard_of_gui_tests_sees_every_leak(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_leaks=LEAKS)
    pytester.makeconftest((ROOT / "tests" / "gui" / "conftest.py").read_text("utf-8"))
    pytester.makeini("[pytest]\nmarkers = gui\n")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:xdist")
    result.assert_outcomes(passed=4, failed=1, errors=4)
    for words in ("left behind: Busy", "left behind: QTimer", "left behind: QWidget", "this widget cannot paint"):
        result.stdout.fnmatch_lines([f"*{words}*"])
