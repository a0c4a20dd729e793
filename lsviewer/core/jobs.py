"""Long work is a generator: it yields `Progress` and artifacts and returns a `Report` (or any answer, for sub-steps).

Pause is not calling ``next``; cancel is ``close()``; sub-steps compose with ``answer = yield from within(job, 0.0, 0.7)``.
The numerics know no threads: a QThread drives a job in the app, a ``for`` loop on the command line, `finish` in a test.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import TypeVar

from lsviewer.core.artifacts import Artifact
from lsviewer.core.claims import Report

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is: ``fraction`` in [0, 1] and a few words (``step 340 of 1000``)."""

    fraction: float
    text: str = ""


Event = Progress | Artifact
Step = Generator[Event, None, T]
Job = Step[Report]


def within(step: Step[T], low: float, high: float) -> Step[T]:
    """Run ``step`` as the part [low, high] of the whole: scales its progress, passes artifacts, returns its answer."""
    try:
        while True:
            event = next(step)
            if isinstance(event, Progress):
                event = replace(event, fraction=low + (high - low) * event.fraction)
            yield event
    except StopIteration as stop:
        return stop.value
    finally:
        step.close()


def finish(step: Step[T], on_event: Callable[[Event], None] | None = None) -> tuple[T, dict[str, Artifact]]:
    """Run ``step`` to its end; return its answer and the last version of every artifact by name."""
    artifacts: dict[str, Artifact] = {}
    try:
        while True:
            event = next(step)
            if on_event is not None:
                on_event(event)
            if not isinstance(event, Progress):
                artifacts[event.name] = event
    except StopIteration as stop:
        return stop.value, artifacts
