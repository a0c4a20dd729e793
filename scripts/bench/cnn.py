"""Theorem 1 in convolutional networks on real 28 x 28 images, 64 x 64: planted by channels, trained with every kernel."""

import time
from collections.abc import Iterator

import torch

from bench import Row
from lsviewer.core.files import Files
from lsviewer.core.jobs import finish
from lsviewer.core.pattern import BuiltinPattern
from lsviewer.engine.cnn import Cnn
from lsviewer.engine.context import open_context
from lsviewer.engine.datasets import MnistSmall
from lsviewer.experiments.patterns.theorem1 import Theorem1

DATA = MnistSmall(limit=1000)
WHAT = "cnn, 28 × 28 images, 64 × 64 cat"


def rows() -> Iterator[Row]:
    """Yield errors and brute force of both methods; about a minute and a half."""
    torch.set_num_threads(1)
    construct = Theorem1(
        dataset=DATA, network=Cnn(channels=(128, 128, 128)), pattern=BuiltinPattern(name="cat"), grid=64
    )
    largest, compared = 0.0, []
    for head, pooling in (("flatten", "none"), ("average", "max")):
        network = construct.network.replace(head=head, pooling=pooling)
        numbers, _ = run(construct.replace(network=network))
        largest = max(largest, float(numbers["max_abs_error"]))
        compared.append(numbers)
    yield Row(
        what=f"{WHAT}, construct, channels 128-128-128, with and without pooling: largest error, float32",
        at_least="at most 1e-3", measured=f"{largest:.1e}", ok=largest <= 1e-3,
    )  # fmt: skip
    network = Cnn(channels=(128, 128, 64))
    numbers, seconds = run(construct.replace(network=network, method="train", steps=300))
    compared.append(numbers)
    found, between = float(numbers["psnr_db"]), float(numbers["midpoint_psnr_db"])
    yield Row(
        what=f"{WHAT}, train every kernel, channels 128-128-64, 300 steps", at_least="30 dB",
        measured=f"{found:.1f} dB, {between:.1f} dB between the points, {seconds:.0f} CPU s with its checks", ok=found >= 30.0,
    )  # fmt: skip
    worst = max(float(each["brute_force_max_abs_diff"]) for each in compared)
    points = min(int(each["brute_force_points"]) for each in compared)
    yield Row(
        what=f"the same, 1000 images through the whole network at {points} points against the stored sections",
        at_least="at most 1e-4", measured=f"{worst:.1e}", ok=worst <= 1e-4,
    )  # fmt: skip


def run(experiment: Theorem1) -> tuple[dict[str, float | str], float]:
    """Return the numbers of a run and its CPU seconds."""
    start = time.thread_time()
    report = finish(experiment.run(open_context(experiment, Files())))[0]
    return dict(report.numbers), time.thread_time() - start
