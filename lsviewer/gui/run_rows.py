"""Runs as rows of the list: live ones first, newest first, each with a sentence that says what came of it. Pure."""

import datetime
import math
import re
from collections.abc import Container, Iterable

from lsviewer.core.artifacts import Section
from lsviewer.core.claims import Verdict
from lsviewer.core.experiment import Experiment
from lsviewer.gui.numbers import format_count, format_number
from lsviewer.gui.panels.runs import RunRow
from lsviewer.gui.runner import LiveRun
from lsviewer.project.document import Run


def rows_of(
    live: Iterable[LiveRun], finished: Iterable[Run], now: float, with_details: Container[str] = ()
) -> tuple[RunRow, ...]:
    """Return the rows: running, queued and paused ones first, then the finished, newest first in each part."""
    moving = sorted(
        live, key=lambda run: (run.state != "running", run.number if run.state == "queued" else -run.number)
    )
    ids = {run.id for run in moving}
    ended = sorted((run for run in finished if run.id not in ids), key=lambda run: -run.number)
    return (
        *(live_row(run, now) for run in moving),
        *(finished_row(run, run.id in with_details) for run in ended),
    )


def live_row(run: LiveRun, now: float) -> RunRow:
    """Return the row of a run that has not ended."""
    left = run.seconds_left(now) if run.state == "running" else None
    text = {"queued": "waits for its turn", "paused": f"paused, {run.progress.text}".rstrip(", ")}.get(
        run.state, run.progress.text
    )
    return RunRow(
        run.id, run.number, run_name(run.experiment), run.state, run.progress.fraction, text,
        "" if left is None else f"{minutes(left)} left",
    )  # fmt: skip


def finished_row(run: Run, details: bool = False) -> RunRow:
    """Return the row of a finished run: what it measured, or why it failed and the way out."""
    text = outcome_words(run) if run.outcome == "done" else run.sentence
    return RunRow(
        run.id, run.number, run_name(run.experiment), run.outcome, 1.0, text,
        clock=clock(run.finished), remedy=remedy(run), details=details,
    )  # fmt: skip


def run_name(experiment: Experiment) -> str:
    """Return ``theorem1, train, digits``: kind, method where there is one, data."""
    parts = [str(getattr(experiment, "kind", "")).replace("_", " ")]
    if (method := getattr(experiment, "method", None)) is not None:
        parts.append(str(method))
    if (dataset := getattr(experiment, "dataset", None)) is not None:
        parts.append(str(dataset.label))
    return ", ".join(parts)


def outcome_words(run: Run) -> str:
    """Return what a finished run measured, in a few words."""
    parts = []
    psnr = run.report.numbers.get("psnr_db")
    if isinstance(psnr, int | float):
        parts.append(f"{psnr:.1f} dB" if math.isfinite(psnr) else "∞ dB")
    section = next((shown for shown in run.artifacts.values() if isinstance(shown, Section)), None)
    if section is not None:
        parts.append(" × ".join(format_count(len(axis.values)) for axis in section.axes) + " points")
    if not parts:
        counts = {verdict: sum(claim.verdict == verdict for claim in run.report.claims) for verdict in Verdict}
        words = {
            Verdict.HOLDS: "hold",
            Verdict.FAILS: "fail",
            Verdict.UNDECIDED: "undecided",
            Verdict.NOT_APPLICABLE: "do not apply",
        }
        parts = [f"{count} {words[verdict]}" for verdict, count in counts.items() if count]
    parts.append(seconds(run.seconds))
    return ", ".join(parts)


def remedy(run: Run) -> str:
    """Return the way out of a failure as a button, where the sentence names one: "Use grid 64"."""
    found = re.search(r"finest grid that fits is (\d+)", run.sentence)
    return f"Use grid {found[1]}" if run.outcome == "failed" and found else ""


def minutes(seconds_left: float) -> str:
    """Return a duration as ``0:12``."""
    whole = math.ceil(seconds_left)
    return f"{whole // 60}:{whole % 60:02d}"


def seconds(value: float) -> str:
    """Return a duration in words: ``41 ms``, ``3.1 s``, ``2:05 min``."""
    if value < 1:
        return f"{value * 1000:.0f} ms"
    return f"{format_number(value, 2)} s" if value < 60 else f"{minutes(value)} min"


def clock(iso: str) -> str:
    """Return the time of day ``14:02``; the date where it was not today."""
    try:
        when = datetime.datetime.fromisoformat(iso).astimezone()
    except ValueError:
        return ""
    return when.strftime("%H:%M") if when.date() == datetime.date.today() else f"{when.day} {when:%b}"
