"""Verify: a run is written as a bundle to a temporary folder and its ``verify.py`` is run in a process of its own.

That program shares no code with lsviewer. What it prints is the answer.
"""

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lsviewer.core.files import Files
from lsviewer.project import bundle
from lsviewer.project.document import ProjectError, Run

TIMEOUT_S = 300


@dataclass(frozen=True, slots=True)
class Opinion:
    """What verify.py measured, in words, and whether it agreed."""

    agrees: bool
    words: str


def second_opinion(run: Run, files: Files, points: int = 64) -> Opinion:
    """Return what an independent program measures at ``points`` random grid points of a run; raises `ProjectError`."""
    if getattr(sys, "frozen", False):
        raise ProjectError(
            "this packaged application has no Python of its own to run verify.py with; export the bundle instead"
        )
    with tempfile.TemporaryDirectory(prefix="lsviewer-verify-") as folder:
        place = Path(folder) / "bundle"
        bundle.write(run, place, files)
        command = [sys.executable, "-I", "verify.py", "--points", str(points)]
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode not in (0, 1):
        complaint = [line for line in done.stderr.splitlines() if line.strip()]
        raise ProjectError(complaint[-1] if complaint else f"verify.py ended with status {done.returncode}")
    said = dict(line.split(":", 1) for line in done.stdout.splitlines() if ":" in line)
    largest = said.get("largest difference", "").split()[0]
    return Opinion(
        done.returncode == 0,
        f"largest difference {float(largest):.2g} at {points} points, tolerance {float(said['tolerance']):.2g}",
    )
