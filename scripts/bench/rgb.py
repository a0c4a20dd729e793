"""A picture in colour on three heads, 128 x 128: PSNR of the worst channel, planted and trained."""

import time
from collections.abc import Iterator

import torch

from bench import Row
from lsviewer.core.files import Files
from lsviewer.core.jobs import finish
from lsviewer.engine.context import open_context
from lsviewer.experiments.patterns.rgb import Rgb


def rows() -> Iterator[Row]:
    """Yield the worst channel of both methods and the largest brute-force difference; about half a minute."""
    torch.set_num_threads(1)
    worst = 0.0
    for experiment, level in ((Rgb(), 95.0), (Rgb(method="train", steps=500), 40.0)):
        start = time.thread_time()
        numbers = finish(experiment.run(open_context(experiment, Files())))[0].numbers
        seconds = time.thread_time() - start
        found = float(numbers["psnr_db"])
        how = "construct, four hidden layers" if experiment.method == "construct" else "trained together, 500 steps"
        yield Row(
            what=f"rgb, 128 × 128, {how}: worst channel", at_least=f"{level:.0f} dB",
            measured=f"{found:.1f} dB in {seconds:.0f} CPU s", ok=found >= level,
        )  # fmt: skip
        worst = max(worst, float(numbers["brute_force_max_abs_diff"]))
    yield Row(
        what="rgb, brute force against the stored sections, float32", at_least="at most 1e-4", measured=f"{worst:.1e}",
        ok=worst <= 1e-4,
    )  # fmt: skip
