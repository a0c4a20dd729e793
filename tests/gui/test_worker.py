"""The worker: order, pause, cancel, previews first, failures told, nothing lost, a thread that ends."""

import threading
from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

import lsviewer.experiments
from lsviewer.core.artifacts import Curve, Series
from lsviewer.core.claims import Report
from lsviewer.core.experiment import Experiment
from lsviewer.core.files import Files
from lsviewer.core.jobs import Job, Progress
from lsviewer.core.spec import SpecError
from lsviewer.gui.runner import Runner
from lsviewer.gui.session import Session
from lsviewer.gui.worker import Worker
from lsviewer.project.document import Entry, Project


def curve(step: int) -> Curve:
    return Curve("count", "Count", "step", "count", (Series("n", np.arange(step + 1.0), np.arange(step + 1.0)),))


class Count(Experiment):
    """Counts, one artifact a step; ``gate`` lets a test hold it at a step."""

    kind: Literal["count"] = "count"
    steps: int = 3
    fail_at: int = -1
    memory: bool = False
    gate: ClassVar[threading.Semaphore | None] = None
    closed: ClassVar[list[int]] = []
    threads: ClassVar[set[int]] = set()

    def run(self, context: Any) -> Job:
        try:
            for step in range(self.steps):
                if Count.gate is not None:
                    assert Count.gate.acquire(timeout=10)
                Count.threads.add(threading.get_ident())
                if step == self.fail_at:
                    raise MemoryError if self.memory else SpecError("field 'steps' is wrong")
                yield Progress((step + 1) / self.steps, f"step {step + 1} of {self.steps}")
                yield curve(step)
            return Report(numbers={"steps": self.steps}, means="It counted.")
        finally:
            Count.closed.append(self.steps)

    def preview(self, context: Any) -> Job:
        context.cache["previews"] = context.cache.get("previews", 0) + 1
        yield curve(self.steps)
        return Report()


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lsviewer.experiments, "EXPERIMENTS", (Count,))
    Count.gate, Count.closed, Count.threads = None, [], set()


@pytest.fixture
def studio(qtbot: QtBot) -> Iterator[tuple[Session, Worker, Runner]]:
    session = Session()
    worker = Worker(threads=1)
    runner = Runner(session, worker)
    with qtbot.waitSignal(worker.ready, timeout=30_000):
        worker.start()
    yield session, worker, runner
    assert worker.stop()


def begin(session: Session, runner: Runner, experiment: Experiment) -> str:
    session.open(Project(entries=(Entry("e1", "count", experiment),), runs=session.project.runs), None)
    return runner.start("e1")


def test_a_run_ends_as_a_run_of_the_project(studio: Any, qtbot: QtBot) -> None:
    session, _, runner = studio
    with qtbot.waitSignal(runner.ended, timeout=10_000):
        run_id = begin(session, runner, Count(steps=5))
    run = session.project.run(run_id)
    assert run.outcome == "done"
    assert run.report.numbers == {"steps": 5}
    assert run.artifacts["count"].series[0].x.size == 5
    assert run.seconds > 0
    assert not session.is_clean
    assert threading.get_ident() not in Count.threads


def test_paused_work_stands_still_and_goes_on_where_it_was(studio: Any, qtbot: QtBot) -> None:
    session, _, runner = studio
    Count.gate = threading.Semaphore(0)
    run_id = begin(session, runner, Count(steps=4))
    Count.gate.release()
    qtbot.waitUntil(lambda: bool(runner.live[run_id].artifacts), timeout=10_000)
    runner.pause(run_id)
    assert runner.live[run_id].state == "paused"
    for _ in range(3):
        Count.gate.release()
    with qtbot.waitSignal(runner.ended, timeout=10_000):
        runner.resume(run_id)
    assert session.project.run(run_id).artifacts["count"].series[0].x.size == 4


def test_a_paused_run_stands_still_and_lets_the_next_one_pass(studio: Any, qtbot: QtBot) -> None:
    session, _, runner = studio
    Count.gate = threading.Semaphore(1)
    first = begin(session, runner, Count(steps=4))
    qtbot.waitUntil(lambda: bool(runner.live[first].artifacts), timeout=10_000)
    runner.pause(first)
    Count.gate.release()  # for the step that may be under way
    second = runner.start("e1")
    for _ in range(4):  # were the first still advanced, it would take these from the second
        Count.gate.release()
    qtbot.waitUntil(lambda: second not in runner.live, timeout=10_000)
    assert runner.live[first].state == "paused"
    assert session.project.run(second).outcome == "done"
    for _ in range(4):
        Count.gate.release()
    with qtbot.waitSignal(runner.ended, timeout=10_000):
        runner.resume(first)
    assert session.project.run(first).artifacts["count"].series[0].x.size == 4


def test_cancel_closes_the_generator_and_keeps_what_it_showed(studio: Any, qtbot: QtBot) -> None:
    session, _, runner = studio
    Count.gate = threading.Semaphore(1)
    run_id = begin(session, runner, Count(steps=1000))
    qtbot.waitUntil(lambda: bool(runner.live[run_id].artifacts), timeout=10_000)
    with qtbot.waitSignal(runner.ended, timeout=10_000):
        runner.cancel(run_id)
        Count.gate.release()
    run = session.project.run(run_id)
    assert run.outcome == "cancelled"
    assert "cancelled at" in run.sentence
    assert "count" in run.artifacts
    assert Count.closed == [1000]


@pytest.mark.parametrize(("memory", "words"), [(False, "field 'steps' is wrong"), (True, "out of memory")])
def test_a_failure_is_one_sentence_and_the_worker_goes_on(studio: Any, qtbot: QtBot, memory: bool, words: str) -> None:
    session, _, runner = studio
    with qtbot.waitSignal(runner.ended, timeout=10_000):
        run_id = begin(session, runner, Count(fail_at=1, memory=memory))
    assert session.project.run(run_id).outcome == "failed"
    assert words in session.project.run(run_id).sentence
    assert "Traceback" in runner.details[run_id]
    with qtbot.waitSignal(runner.ended, timeout=10_000):
        second = begin(session, runner, Count())
    assert session.project.run(second).outcome == "done"


def test_a_preview_goes_before_a_run_under_way_and_the_newest_wins(studio: Any, qtbot: QtBot) -> None:
    session, _, runner = studio
    Count.gate = threading.Semaphore(0)
    run_id = begin(session, runner, Count(steps=2))
    shown: list[dict[str, Any]] = []
    runner.previewed.connect(shown.append)
    for steps in range(50):
        runner.preview(Count(steps=steps))
    Count.gate.release()  # the step under way ends; then the preview comes first
    qtbot.waitUntil(lambda: bool(shown) and shown[-1]["count"].series[0].x.size == 50, timeout=10_000)
    assert len(shown) < 10
    assert run_id in runner.live
    Count.gate.release()
    qtbot.waitUntil(lambda: run_id not in runner.live, timeout=10_000)


def test_stopping_in_the_middle_of_a_run_closes_it(qtbot: QtBot) -> None:
    session = Session()
    worker = Worker(threads=1)
    runner = Runner(session, worker)
    with qtbot.waitSignal(worker.ready, timeout=30_000):
        worker.start()
    begin(session, runner, Count(steps=100_000))
    qtbot.waitUntil(lambda: bool(runner.live["r1"].artifacts), timeout=10_000)
    assert worker.stop()
    assert Count.closed == [100_000]


def test_time_left_follows_the_pace_and_leaves_pauses_out() -> None:
    from lsviewer.gui.runner import LiveRun

    run = LiveRun("r1", "e1", Count(), "running", Progress(0.25), advanced_s=2.0, since=10.0)
    assert run.seconds_left(now=13.0) == pytest.approx(15.0)
    assert LiveRun("r1", "e1", Count()).seconds_left(0.0) is None


def test_files_of_a_run_are_those_of_its_start(studio: Any) -> None:
    session, _, _ = studio
    assert isinstance(session.files, Files)
