"""When a file was last written, in a few words. Pure."""

from datetime import datetime
from pathlib import Path

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def when(then: datetime, now: datetime) -> str:
    """Return ``today, 14:03``, ``yesterday``, ``12 November``, ``12 November 2024``."""
    days = (now.date() - then.date()).days
    if days == 0:
        return f"today, {then:%H:%M}"
    if days == 1:
        return "yesterday"
    year = "" if then.year == now.year else f" {then.year}"
    return f"{then.day} {MONTHS[then.month - 1]}{year}"


def described(paths: list[Path], now: datetime) -> tuple[tuple[Path, str], ...]:
    """Return the files that are still there, each with when it was written."""
    return tuple((path, when(datetime.fromtimestamp(path.stat().st_mtime), now)) for path in paths if path.is_file())
