"""Start lsviewer as a user would, print the time (seconds since 1970) when its first window has been painted, and leave."""

import os
import sys
import time

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from lsviewer.__main__ import main


class Watch(QObject):
    """Waits for the first paint inside a main window; what is painted in the same turn of the event loop is waited for too."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.Paint
            and isinstance(watched, QWidget)
            and isinstance(watched.window(), QMainWindow)
        ):
            QTimer.singleShot(0, leave)
        return False


def leave() -> None:
    """Say when, and end without the ceremonies of a window that was used."""
    print(time.time(), flush=True)
    os._exit(0)


def watched(*_: object) -> int:
    """Take the place of the event loop's start: watch, then serve."""
    application = QApplication.instance()
    assert application is not None
    watch = Watch(application)
    application.installEventFilter(watch)
    return serve()


serve = QApplication.exec
QApplication.exec = watched  # type: ignore[method-assign, assignment]
sys.exit(main([]))
