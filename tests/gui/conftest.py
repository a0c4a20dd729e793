"""GUI tests: real widgets on a virtual screen, and no test leaves a thread, a timer or a window behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSettings, Qt, QThread, QTimer
from PySide6.QtGui import QSurfaceFormat
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import Shiboken

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("gui")
            if item.get_closest_marker("timeout") is None:
                # The signal method raises inside a slot, where Qt swallows it, and a stuck event loop hangs for ever.
                item.add_marker(pytest.mark.timeout(120, method="thread"))


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    """The first thing pytest-qt asks for: what must be set before the QApplication is set here."""
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    surface = QSurfaceFormat.defaultFormat()
    surface.setSamples(4)
    surface.setDepthBufferSize(24)
    QSurfaceFormat.setDefaultFormat(surface)
    return ["lsviewer-tests"]


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path) -> None:
    """QSettings caches its folder per process; a new folder per test keeps one test's window layout from the next."""
    for kind in (QSettings.Format.NativeFormat, QSettings.Format.IniFormat):
        QSettings.setPath(kind, QSettings.Scope.UserScope, str(tmp_path / "settings"))


@pytest.fixture(autouse=True)
def _nothing_left_behind(qapp: QApplication) -> Iterator[None]:
    """Fail a test that leaves a running QThread, an active QTimer or a visible window."""
    before = _alive()
    yield
    qapp.processEvents()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    left = [item for item in _alive() if item not in before]
    names = [_describe(item) for item in left]
    for item in left:  # so that the next test is judged for itself
        _stop(item)
    if names:
        pytest.fail("left behind: " + "; ".join(names), pytrace=False)


def _alive() -> list[QObject]:
    """Running threads, active timers and visible windows that Python knows of."""
    wrappers = [item for item in Shiboken.getAllValidWrappers() if isinstance(item, QThread | QTimer | QWidget)]
    return [item for item in wrappers if _is_active(item)]


def _is_active(item: QObject) -> bool:
    match item:
        case QThread():
            return item.isRunning() and item is not QCoreApplication.instance().thread()
        case QTimer():
            return item.isActive()
        case QWidget():
            return item.isWindow() and item.isVisible()
    return False


def _describe(item: QObject) -> str:
    parent = item.parent()
    owner = f" of {type(parent).__name__}" if parent is not None else ""
    return f"{type(item).__name__} {item.objectName()!r}{owner}"


def _stop(item: QObject) -> None:
    match item:
        case QThread():
            item.requestInterruption()
            item.quit()
            item.wait(5000)
        case QTimer():
            item.stop()
        case QWidget():
            item.hide()
            item.deleteLater()
