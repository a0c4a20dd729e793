"""Theorem 2 on 4000 real MNIST digits at 128 x 128: the closed form in float32, its minimum, CPU seconds, and joint training.

Seconds are CPU time of one thread for the whole run: answers, sections, brute force on both parts, and an ordinary training.
"""

import time
from collections.abc import Iterator

from bench import Row
from lsviewer.core.claims import Report, Verdict
from lsviewer.core.files import Files
from lsviewer.core.jobs import finish
from lsviewer.core.pattern import BuiltinPattern
from lsviewer.engine.context import open_context
from lsviewer.experiments.patterns.theorem2 import Theorem2

PHOTO = BuiltinPattern(name="photo")


def rows() -> Iterator[Row]:
    """Yield all rows; about a minute."""
    for recipe, least in ((Theorem2(pattern=PHOTO), 1e-3), (Theorem2(pattern=PHOTO, epsilon=1e-5, epochs=0), 1e-5)):
        report, seconds = _timed(recipe)
        what = f"theorem 2, 128 x 128 photo, mnist_small, cross-entropy, float32, ε = {least:g}"
        psnr, lowest = float(report.numbers["psnr_db"]), float(report.numbers["loss_at_minimum"])
        accuracy = float(report.numbers["accuracy_at_minimum"])
        broken = [claim.statement for claim in report.claims if claim.verdict is Verdict.FAILS]
        yield Row(what=f"{what}: training part", at_least="70 dB", measured=f"{psnr:.1f} dB", ok=psnr >= 70)
        yield Row(what=f"{what}: L(h*)", at_least=f"≤ {least:g}", measured=f"{lowest:.3g}", ok=lowest <= least)
        yield Row(what=f"{what}: training accuracy at h*", at_least="1", measured=f"{accuracy:g}", ok=accuracy == 1.0)
        yield Row(what=f"{what}: claims", at_least="none fails", measured=f"{len(broken)} fail", ok=not broken)
        yield Row(what=f"{what}: CPU time", at_least="≤ 15 s", measured=f"{seconds:.1f} s", ok=seconds <= 15)
    report, seconds = _timed(Theorem2(pattern=PHOTO, method="train", steps=400, epochs=0))
    psnr = float(report.numbers["psnr_db"])
    what = "theorem 2, joint training on pairs (h, x), 32 x 32, 400 steps"
    yield Row(what=what, at_least="15 dB", measured=f"{psnr:.1f} dB ({seconds:.0f} s)", ok=psnr >= 15)


def _timed(recipe: Theorem2) -> tuple[Report, float]:
    start = time.thread_time()
    report, _ = finish(recipe.run(open_context(recipe, Files())))
    return report, time.thread_time() - start
