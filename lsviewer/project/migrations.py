"""Old project files: one function for each step from a format number to the next.

A step gets `project.json` and the members and returns both as the next format has them; it must not rely on code that may
change later. ``tests/data`` keeps one file of every format that was ever written, for ever.

Format 1 (lsviewer 0.1): as ``archive.py`` describes it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from lsviewer.project.document import ProjectError

FORMAT = 1

Raw = tuple[dict[str, Any], dict[str, bytes]]  # project.json, members
Migration = Callable[[Raw], Raw]

MIGRATIONS: dict[int, Migration] = {}
"""From the format a step reads; ``MIGRATIONS[1]`` will make format 2 out of format 1."""


def migrate(raw: Raw, where: str, steps: Mapping[int, Migration] = MIGRATIONS, newest: int = FORMAT) -> Raw:
    """Return ``raw`` in the newest format; raises `ProjectError` for a format that is newer or never was."""
    found = raw[0].get("format")
    if not isinstance(found, int) or isinstance(found, bool) or found < min([newest, *steps]):
        raise ProjectError(f"{where}: field 'format' is {found!r}, expected a number from 1 to {newest}")
    if found > newest:
        raise ProjectError(
            f"{where}: field 'format' is {found}, this version of lsviewer reads up to {newest}: open it with a newer one"
        )
    for number in range(found, newest):
        raw = steps[number](raw)
    return raw
