"""From the start of the program to a painted window, in a process of its own."""

import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench import Row, median, skipped

CHILD = Path(__file__).parent / "_first_paint.py"
ROUNDS = 5
BOUND_S = 1.5
WHAT = "painted window after `lsviewer` starts"


def rows() -> Iterator[Row]:
    """Yield the row of the table; the first start, which fills the file cache, is not counted."""
    if importlib.util.find_spec("lsviewer.gui.app") is None:
        yield skipped(WHAT, f"≤ {BOUND_S:g} s", "there is no window yet")
        return
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        yield skipped(WHAT, f"≤ {BOUND_S:g} s", "no display")
        return
    spent = []
    for _ in range(ROUNDS + 1):
        start = time.time()
        try:
            done = subprocess.run(
                [sys.executable, "-P", str(CHILD)], capture_output=True, text=True, check=False, timeout=60
            )
        except subprocess.TimeoutExpired:
            yield skipped(WHAT, f"≤ {BOUND_S:g} s", "nothing was painted within a minute")
            return
        if done.returncode != 0 or not done.stdout.strip():
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            yield skipped(WHAT, f"≤ {BOUND_S:g} s", f"the window did not open: {last[:100]}")
            return
        spent.append(float(done.stdout.split()[-1]) - start)
    seconds = median(spent[1:])
    yield Row(what=WHAT, at_least=f"≤ {BOUND_S:g} s", measured=f"{seconds:.2f} s", ok=seconds <= BOUND_S)
