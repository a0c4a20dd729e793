"""Stories: the real application, started as `main` starts it, driven by real mouse and keys, and read like a person reads it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QPointF, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from tests.gui.mouse import move

if TYPE_CHECKING:  # imported late: this file is read before the tests have set up their checks of shapes
    from lsviewer.gui.workshop import Workshop
    from lsviewer.project.document import Run

PATIENCE_MS = 60_000  # a busy machine; a story that goes well waits for facts, not for this


class Desk:
    """One running application and the verbs of somebody who sits before it."""

    def __init__(self, qtbot: QtBot, files: tuple[Path, ...] = (), size: tuple[int, int] = (1440, 900)) -> None:
        from lsviewer.gui.app import Launch, make_application

        self.qtbot = qtbot
        QSettings().setValue("preferences/colours", "light")
        make_application()
        self.launch = Launch(files)
        self.launch.window.resize(*size)
        with qtbot.waitSignal(self.launch.ready, timeout=PATIENCE_MS):
            self.launch.start()
        qtbot.waitExposed(self.window)

    @property
    def window(self) -> QWidget:
        return self.launch.window

    @property
    def workshop(self) -> "Workshop":
        assert self.launch.workshop is not None
        return self.launch.workshop

    @property
    def runs(self) -> "tuple[Run, ...]":
        return self.workshop.session.project.runs

    def until(self, fact: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(fact, timeout=PATIENCE_MS)

    def engine(self) -> None:
        """Wait until the experiments are there."""
        self.until(lambda: bool(self.workshop.kinds))

    def do(self, key: str) -> None:
        """Trigger an action of the menus; it must be allowed."""
        action = self.launch.window.table[key]
        assert action.isEnabled(), action.toolTip()
        action.trigger()

    def stroke(self, *points: tuple[float, float], release: bool = True) -> None:
        """Draw through places of the pattern (alpha coordinates) with the left button held."""
        canvas = self.workshop.editor.canvas
        from lsviewer.gui.square import square_rect

        square = square_rect(canvas.width(), canvas.height())
        places = [
            QPointF(square.left() + x * (square.width() - 1), square.bottom() - y * (square.height() - 1))
            for x, y in points
        ]
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=places[0].toPoint())
        for place in places[1:]:
            move(canvas, place, held=Qt.MouseButton.LeftButton)
        if release:
            QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=places[-1].toPoint())

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=at or widget.rect().center())

    def choose_file(self, path: Path) -> None:
        """Answer the file dialog on screen."""
        self.until(lambda: any(isinstance(w, QFileDialog) and w.isVisible() for w in QApplication.topLevelWidgets()))
        dialog = next(w for w in QApplication.topLevelWidgets() if isinstance(w, QFileDialog) and w.isVisible())
        dialog.done(0)
        dialog.fileSelected.emit(str(path))

    def settle(self) -> None:
        """Wait for files being read or written."""
        from lsviewer.gui import background

        self.until(lambda: not background.is_busy())

    def answer(self, name: str, button: str) -> None:
        """Press a button of a message box."""
        self.until(lambda: self.window.findChild(QMessageBox, name) is not None)
        box = self.window.findChild(QMessageBox, name)
        assert isinstance(box, QMessageBox)
        next(found for found in box.buttons() if found.text().replace("&", "") == button).click()

    def leave(self) -> None:
        """End without questions, as after a test."""
        self.settle()
        self.workshop.close_now()
        self.window.deleteLater()
        self.launch.deleteLater()


@pytest.fixture
def sit_down(qtbot: QtBot) -> Iterator[Callable[..., Desk]]:
    desks: list[Desk] = []

    def begin(*files: Path, size: tuple[int, int] = (1440, 900)) -> Desk:
        desks.append(Desk(qtbot, files, size))
        return desks[-1]

    yield begin
    for desk in desks:
        desk.leave()
