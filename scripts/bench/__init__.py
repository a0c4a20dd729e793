"""The measurements behind README's table: one module a subject, each with `rows()`, which yields a `Row` as soon as it is known.

`python3 scripts/bench.py [module ...]` runs them in the project's environment. Speeds are ratios of times taken in the same
run, one after the other in rounds, because seconds of a shared machine mean little; training is counted in steps.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from typing import TypedDict


class Row(TypedDict):
    """One line of the table. ``ok`` is None where it could not be measured; ``measured`` then says why."""

    what: str
    at_least: str
    measured: str
    ok: bool | None


def skipped(what: str, at_least: str, why: str) -> Row:
    """Return the row of something that could not be measured here."""
    return Row(what=what, at_least=at_least, measured=f"not measured: {why}", ok=None)


def cpu_times(rounds: int, *works: Callable[[], object]) -> Iterator[tuple[float, ...]]:
    """Yield, round by round, the CPU seconds of this thread that each work took; the first round warms up and is dropped.

    CPU time of one thread is the time on an idle machine, and does not count what others take from it.
    """
    for k in range(rounds + 1):
        spent = []
        for work in works:
            start = time.thread_time()
            work()
            spent.append(time.thread_time() - start)
        if k:
            yield tuple(spent)


def median(values: Iterator[float] | list[float]) -> float:
    """Return the middle one."""
    return statistics.median(values)
