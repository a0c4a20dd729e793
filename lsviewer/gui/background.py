"""One thing done aside: a function runs in a pool thread, its answer or its failure comes back to the window's thread.

For saving, opening and exporting, which take more than 50 ms and need no progress. Long work is a job (see worker.py).
"""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal, Slot

from lsviewer.project.running import describe_failure

log = logging.getLogger(__name__)
T = TypeVar("T")
_under_way: set["_Answer"] = set()  # keeps an answer alive until it has been given


class _Answer(QObject):
    """Lives in the window's thread; its slots are bound methods, so that Qt delivers them there."""

    succeeded = Signal(object)
    broke = Signal(str)

    def __init__(self, done: Callable[[Any], None], failed: Callable[[str], None]) -> None:
        super().__init__()
        self._done, self._failed = done, failed
        self.succeeded.connect(self._give, Qt.ConnectionType.QueuedConnection)
        self.broke.connect(self._apologise, Qt.ConnectionType.QueuedConnection)

    @Slot(object)
    def _give(self, result: object) -> None:
        _under_way.discard(self)
        self._done(result)

    @Slot(str)
    def _apologise(self, sentence: str) -> None:
        _under_way.discard(self)
        self._failed(sentence)


class _Work(QRunnable):
    def __init__(self, work: Callable[[], Any], answer: _Answer) -> None:
        super().__init__()
        self._work, self._answer = work, answer

    def run(self) -> None:
        try:
            result = self._work()
        except Exception as error:
            log.info("background work failed", exc_info=True)
            self._answer.broke.emit(describe_failure(error))
        else:
            self._answer.succeeded.emit(result)


def run_aside(work: Callable[[], T], done: Callable[[T], None], failed: Callable[[str], None]) -> None:
    """Run ``work`` in a pool thread; later call ``done(result)`` or ``failed(sentence)`` in the thread of the window."""
    answer = _Answer(done, failed)
    _under_way.add(answer)
    QThreadPool.globalInstance().start(_Work(work, answer))


def is_busy() -> bool:
    """Whether such work is under way or its answer not yet delivered."""
    return bool(_under_way)
