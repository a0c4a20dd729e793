"""Jobs: composition, answers, and what happens when they are dropped half-way."""

import numpy as np
import pytest

from lsviewer.core.artifacts import Spectrum
from lsviewer.core.jobs import Progress, Step, finish, within


def steps(log: list[str], answer: int = 7) -> Step[int]:
    try:
        for k in range(3):
            yield Progress((k + 1) / 3, f"step {k + 1}")
            yield Spectrum("values", f"version {k}", np.arange(k))
        log.append("done")
        return answer
    finally:
        log.append("cleaned")


def composed(log: list[str]) -> Step[int]:
    first = yield from within(steps(log, 1), 0.0, 0.5)
    second = yield from within(steps(log, 2), 0.5, 1.0)
    return first + second


def test_finish_returns_the_answer_and_the_last_version_of_every_artifact() -> None:
    seen: list[object] = []
    answer, artifacts = finish(steps([]), seen.append)
    assert answer == 7
    assert list(artifacts) == ["values"]
    assert artifacts["values"].title == "version 2"
    assert len(seen) == 6


def test_parts_share_the_progress_of_the_whole() -> None:
    fractions = [event.fraction for event in composed([]) if isinstance(event, Progress)]
    np.testing.assert_allclose(fractions, [1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1])
    assert finish(composed([]))[0] == 3


def test_closing_the_whole_cleans_the_part() -> None:
    log: list[str] = []
    job = composed(log)
    next(job)
    job.close()
    assert log == ["cleaned"]


def test_an_error_in_a_part_reaches_the_caller_after_its_clean_up() -> None:
    log: list[str] = []

    def broken() -> Step[int]:
        yield from steps(log)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        finish(within(broken(), 0.0, 1.0))
    assert log == ["done", "cleaned"]
