"""One QThread lane that drives jobs: previews first and the newest wins, runs in order, pause by not calling ``next``.

The thread never touches a widget. What it has to say lies in a mailbox - newest artifact and newest progress of each run, every
outcome - and one signal says that there is news until it is taken; whoever takes it decides how often.
"""

import logging
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal

from lsviewer.core.artifacts import Artifact
from lsviewer.core.claims import Report
from lsviewer.core.experiment import Experiment
from lsviewer.core.files import Files
from lsviewer.core.jobs import Job, Progress
from lsviewer.project.document import Outcome
from lsviewer.project.running import describe_failure

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended. ``seconds`` is the time its job was advanced, pauses not counted."""

    outcome: Outcome
    report: Report
    sentence: str = ""
    details: str = ""  # the traceback, behind "Copy details"
    seconds: float = 0.0
    device: str = "cpu"


@dataclass(slots=True)
class News:
    """What happened since the mailbox was last emptied."""

    progress: dict[str, Progress] = field(default_factory=dict)
    artifacts: dict[tuple[str, str], Artifact] = field(default_factory=dict)
    ended: dict[str, Ended] = field(default_factory=dict)
    preview: tuple[int, dict[str, Artifact]] | None = None  # request number, artifacts
    preview_failed: tuple[int, str] | None = None


@dataclass(slots=True)
class _Lane:
    """One run in the worker: its spec until it is started, then its generator."""

    id: str
    experiment: Experiment
    files: Files
    job: Job | None = None
    device: str = "cpu"
    seconds: float = 0.0
    paused: bool = False
    cancelled: bool = False


class Worker(QThread):
    """Runs experiments off the GUI thread. All methods are called from the GUI thread and return at once."""

    ready = Signal(object)  # tuple[type[Experiment], ...]: the engine is loaded and warm
    broken = Signal(str)  # the engine could not be loaded: one sentence
    news = Signal(bool)  # take() has something; True: a preview or an outcome, not to be kept waiting

    def __init__(self, threads: int | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("worker")
        self._threads = threads
        self._wake = threading.Condition()
        self._lanes: deque[_Lane] = deque()
        self._preview: tuple[int, Experiment, Files] | None = None
        self._previews = 0
        self._cache: dict[Any, Any] = {}
        self._box = News()
        self._told = self._told_urgent = False  # a signal is under way and the mailbox not yet taken
        self._stopping = False

    # -- asked from the GUI thread -------------------------------------------------------------------------------

    def begin(self, run_id: str, experiment: Experiment, files: Files) -> None:
        """Queue a run; it starts when the ones before it have ended or are paused."""
        self._ask(lambda: self._lanes.append(_Lane(run_id, experiment, files)))

    def preview(self, experiment: Experiment, files: Files) -> int:
        """Ask for the preview of these settings; an older request that has not started is dropped. Returns its number."""
        self._previews += 1
        number = self._previews

        def ask() -> None:
            self._preview = (number, experiment, files)

        self._ask(ask)
        return number

    def pause(self, run_id: str, paused: bool = True) -> None:
        """Stop advancing a run, or go on with it where it was."""
        self._ask(lambda: self._set(run_id, paused=paused))

    def cancel(self, run_id: str) -> None:
        """Close the run's generator at its next yield; what it showed so far stays."""
        self._ask(lambda: self._set(run_id, cancelled=True))

    def take(self) -> News:
        """Return everything that happened since the last call."""
        with self._wake:
            news, self._box = self._box, News()
            self._told = self._told_urgent = False
            return news

    def stop(self, wait_ms: int = 5000) -> bool:
        """Ask the thread to end and wait; False if a step of a job takes longer than that (0: only ask)."""

        def ask() -> None:
            self._stopping = True

        self._ask(ask)
        return self.wait(wait_ms)

    def _ask(self, change: Callable[[], None]) -> None:
        with self._wake:
            change()
            self._wake.notify()

    def _set(self, run_id: str, **flags: bool) -> None:
        for lane in self._lanes:
            if lane.id == run_id:
                for name, value in flags.items():
                    setattr(lane, name, value)

    # -- in the thread -------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Load the engine, then serve until asked to stop."""
        try:
            from lsviewer.engine.context import use_threads
            from lsviewer.experiments import EXPERIMENTS

            use_threads(self._threads)
        except Exception as error:
            log.exception("the engine could not be loaded")
            self.broken.emit(f"The engine could not be loaded: {error}")
            return
        self.ready.emit(EXPERIMENTS)
        while True:
            with self._wake:
                while not (self._stopping or self._preview or self._next_lane()):
                    self._wake.wait()
                if self._stopping:
                    break
                request, self._preview = self._preview, None
                lane = None if request else self._next_lane()
            if request is not None:
                self._show_preview(*request)
            elif lane is not None:
                self._advance(lane)
        for lane in self._lanes:
            if lane.job is not None:
                lane.job.close()

    def _next_lane(self) -> _Lane | None:
        return next((lane for lane in self._lanes if lane.cancelled or not lane.paused), None)

    def _show_preview(self, number: int, experiment: Experiment, files: Files) -> None:
        from lsviewer.engine.context import open_context
        from lsviewer.engine.provisions import missing

        shown: dict[str, Artifact] = {}
        failed = ""
        try:
            there = not missing(experiment)  # a stroke does not start a download; a run does, and shows it
            job = experiment.preview(open_context(experiment, files, self._cache)) if there else None
            for event in job or ():
                if not isinstance(event, Progress):
                    shown[event.name] = event
        except Exception as error:
            log.debug("preview failed", exc_info=True)
            failed = describe_failure(error)
        with self._wake:
            if failed:
                self._box.preview_failed = (number, failed)
            elif shown:
                self._box.preview = (number, shown)
            self._tell(urgent=True)

    def _advance(self, lane: _Lane) -> None:
        started = time.perf_counter()
        ended: Ended | None = None
        try:
            if lane.cancelled:
                if lane.job is not None:
                    lane.job.close()
                ended = Ended("cancelled", Report(), seconds=lane.seconds, device=lane.device)
            else:
                if lane.job is None:
                    lane.job = self._open(lane)
                event = next(lane.job)
                lane.seconds += time.perf_counter() - started
                with self._wake:
                    if isinstance(event, Progress):
                        self._box.progress[lane.id] = event
                    else:
                        self._box.artifacts[lane.id, event.name] = event
                    self._tell()
        except StopIteration as stop:
            seconds = lane.seconds + time.perf_counter() - started
            ended = Ended("done", stop.value, seconds=seconds, device=lane.device)
        except Exception as error:
            log.info("run %s failed: %s", lane.id, error)
            seconds = lane.seconds + time.perf_counter() - started
            details = traceback.format_exc()
            ended = Ended("failed", Report(), describe_failure(error), details, seconds, lane.device)
        if ended is not None:
            with self._wake:
                self._lanes.remove(lane)
                self._box.ended[lane.id] = ended
                self._tell(urgent=True)

    def _open(self, lane: _Lane) -> Job:
        from lsviewer.engine.context import open_context
        from lsviewer.engine.provisions import job_of

        context = open_context(lane.experiment, lane.files)
        lane.device = str(context.device)
        return job_of(lane.experiment, context)

    def _tell(self, urgent: bool = False) -> None:
        """Emit ``news`` unless that is under way already. The lock is held."""
        if not self._told or (urgent and not self._told_urgent):
            self._told, self._told_urgent = True, self._told_urgent or urgent
            self.news.emit(urgent)
