"""Runs on their way: starts them in the worker, follows their news, and hands finished ones to the session."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from PySide6.QtCore import QObject, QTimer, Signal

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Artifact
from lsviewer.core.experiment import Experiment
from lsviewer.core.jobs import Progress
from lsviewer.core.spec import SpecError
from lsviewer.gui.session import Session
from lsviewer.gui.worker import Ended, News, Worker
from lsviewer.project.running import finished, pattern_of

log = logging.getLogger(__name__)
NEWS_INTERVAL_S = 0.05  # artifacts are shown at most 20 times a second
State = Literal["queued", "running", "paused"]


@dataclass(frozen=True, slots=True)
class LiveRun:
    """A run that has not ended. ``artifacts`` is what it has shown so far."""

    id: str
    entry: str
    experiment: Experiment
    state: State = "queued"
    progress: Progress = field(default_factory=lambda: Progress(0.0))
    artifacts: dict[str, Artifact] = field(default_factory=dict)
    pattern: Array | None = None
    advanced_s: float = 0.0  # time spent running, pauses not counted
    at_rest: bool = False  # started by itself, replaced by the next of its kind
    since: float = 0.0  # monotonic time when it was last set running

    @property
    def number(self) -> int:
        """The number shown in lists."""
        return int(self.id.removeprefix("r"))

    def seconds_left(self, now: float) -> float | None:
        """Time left at the pace so far, or None while there is too little to tell."""
        spent = self.advanced_s + (now - self.since if self.state == "running" else 0.0)
        done = self.progress.fraction
        return spent * (1 - done) / done if done > 0.02 and spent > 0.5 else None


class Runner(QObject):
    """The live runs of the window, newest last. It knows the worker and the session, and no widget."""

    changed = Signal()  # some live run moved on
    shown = Signal(str, object)  # run id, Artifact: news to look at
    ended = Signal(str, object)  # run id, Ended; the Run is in the session by then
    previewed = Signal(object)  # dict[str, Artifact] of the newest preview
    preview_failed = Signal(str)  # one sentence

    def __init__(self, session: Session, worker: Worker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._worker = session, worker
        self.live: dict[str, LiveRun] = {}
        self._at_rest: dict[str, str] = {}  # entry -> the run last started by itself, which the next one replaces
        self.details: dict[str, str] = {}  # tracebacks of this sitting, by run id
        self._newest_preview = 0
        self._valid_from = 0
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.timeout.connect(self._read_news)
        self._read_at = 0.0
        worker.news.connect(self._hear)

    def start(self, entry_id: str) -> str:
        """Queue the entry's experiment as it is now; returns the run id."""
        return self._begin(entry_id, at_rest=False)

    def start_at_rest(self, entry_id: str) -> None:
        """Start a run nobody asked for: it takes the place, and the number, of the last such run of this entry."""
        for run_id, run in self.live.items():
            if run.at_rest and run.entry == entry_id:
                self.cancel(run_id)
        self._begin(entry_id, at_rest=True)

    def pause(self, run_id: str) -> None:
        """Stop advancing a run; a queued one keeps its place and waits to be resumed."""
        run = self.live[run_id]
        self._worker.pause(run_id)
        self.live[run_id] = replace(run, state="paused", advanced_s=self._advanced(run))
        self.changed.emit()

    def resume(self, run_id: str) -> None:
        """Go on with a paused run."""
        self._worker.pause(run_id, paused=False)
        self.live[run_id] = replace(self.live[run_id], state="queued")
        self.changed.emit()

    def cancel(self, run_id: str) -> None:
        """End a run where it is; what it showed is kept."""
        self._worker.cancel(run_id)

    def preview(self, experiment: Experiment, strokes: Mapping[str, Array] | None = None) -> None:
        """Show what these settings and the present pattern look like; the newest request wins.

        ``strokes`` are patterns that are being painted and not yet in the project, by name.
        """
        files = self._session.files
        if strokes:
            files = replace(files, patterns={**files.patterns, **strokes})
        self._newest_preview = self._worker.preview(experiment, files)

    def forget_previews(self) -> None:
        """Let no preview asked for until now be shown."""
        self._valid_from = self._newest_preview + 1

    def _begin(self, entry_id: str, *, at_rest: bool) -> str:
        project = self._session.project
        experiment = project.entry(entry_id).experiment
        run_id = self._at_rest.get(entry_id, "") if at_rest else ""
        if not run_id or run_id in self.live or all(run.id != run_id for run in project.runs):
            known = [*self.live, *(run.id for run in project.runs)]
            run_id = f"r{1 + max((int(key[1:]) for key in known), default=0)}"
        self.live[run_id] = LiveRun(run_id, entry_id, experiment, pattern=self._pattern(experiment), at_rest=at_rest)
        self._worker.begin(run_id, experiment, self._session.files)
        self.changed.emit()
        return run_id

    def _pattern(self, experiment: Experiment) -> Array | None:
        try:
            return pattern_of(experiment, self._session.files)
        except SpecError:
            return None  # the run itself will say what is wrong

    def _advanced(self, run: LiveRun) -> float:
        return run.advanced_s + (time.monotonic() - run.since if run.state == "running" else 0.0)

    def _hear(self, urgent: bool) -> None:
        """Read the news now, or as soon as the last time is `NEWS_INTERVAL_S` ago."""
        wait_s = 0.0 if urgent else NEWS_INTERVAL_S - (time.monotonic() - self._read_at)
        if wait_s <= 0:
            self._read_news()
        else:
            self._due.start(int(wait_s * 1000) + 1)

    def _read_news(self) -> None:
        self._due.stop()
        self._read_at = time.monotonic()
        news = self._worker.take()
        self._read_preview(news)
        for run_id, progress in news.progress.items():
            if run_id in self.live:
                self._set_running(run_id)
                self.live[run_id] = replace(self.live[run_id], progress=progress)
        for (run_id, _), artifact in news.artifacts.items():
            if run_id in self.live:
                self._set_running(run_id)
                run = self.live[run_id]
                self.live[run_id] = replace(run, artifacts={**run.artifacts, artifact.name: artifact})
                self.shown.emit(run_id, artifact)
        for run_id, ended in news.ended.items():
            if run_id in self.live:
                self._end(run_id, ended)
        if news.progress or news.artifacts or news.ended:
            self.changed.emit()

    def _read_preview(self, news: News) -> None:
        if news.preview is not None and news.preview[0] >= self._valid_from:
            self.previewed.emit(news.preview[1])
        if news.preview_failed is not None and news.preview_failed[0] == self._newest_preview >= self._valid_from:
            self.preview_failed.emit(news.preview_failed[1])

    def _set_running(self, run_id: str) -> None:
        run = self.live[run_id]
        if run.state == "queued":
            self.live[run_id] = replace(run, state="running", since=time.monotonic())

    def _end(self, run_id: str, ended: Ended) -> None:
        run = self.live.pop(run_id)
        sentence = ended.sentence
        if ended.outcome == "cancelled":
            sentence = f"cancelled at {run.progress.fraction:.0%}" + (
                "; what it showed is kept" if run.artifacts else ""
            )
        if ended.details:
            self.details[run_id] = ended.details
        kept = finished(
            run_id, run.entry, run.experiment, outcome=ended.outcome, report=ended.report, artifacts=run.artifacts,
            pattern=run.pattern, sentence=sentence, seconds=ended.seconds, device=ended.device,
        )  # fmt: skip
        if run.at_rest and ended.outcome == "cancelled":
            return  # the user went on; the next one comes
        if run.at_rest:
            self._at_rest[run.entry] = run_id
        self._session.add_run(kept, counts=not run.at_rest)
        self.ended.emit(run_id, ended)
