"""Sections of an ordinary network: against the matrix products they need, and against loss-landscapes 3.0.6, one thread each.

What is counted for the rate: the multiplications and additions of the matrix products that are done at every point (layers 2
and 3; the first layer is affine in alpha and done once), for a whole section with its partial pictures, divided by its time;
against ``torch.mm`` on the very shapes of these products, and in brackets against the product the section uses, which may be
faster. loss-landscapes evaluates the same network on the same samples in one batch, and in a ``DataLoader`` loop over batches of
128; its cost per point does not depend on the grid, so a smaller one is timed.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from bench import Row, cpu_times, median, skipped
from lsviewer.core.artifacts import Section
from lsviewer.core.files import Files
from lsviewer.core.jobs import Progress, finish
from lsviewer.engine import params
from lsviewer.engine.affine_risk import AffineRisk, fastest_product
from lsviewer.engine.context import open_context
from lsviewer.engine.data import Data
from lsviewer.engine.datasets import Digits
from lsviewer.engine.directions import random_directions
from lsviewer.engine.losses import CrossEntropy
from lsviewer.engine.networks import Mlp
from lsviewer.engine.risk import Risk
from lsviewer.engine.sections import section, square_axes
from lsviewer.experiments.landscape.plane import Plane

GRID = 51
ROUNDS = 3
REPEATS = 300  # of the bare products
THEIRS, LOADER = 17, 9  # points an axis of loss-landscapes
PACKAGE = "loss-landscapes==3.0.6"
NETWORK = Mlp(hidden=(256, 256))
SUBJECT = "random plane, MLP 64-256-256-10 relu, all 1797 digits, 51 × 51, one thread"


def rows() -> Iterator[Row]:
    """Yield the rows of the table."""
    torch.set_num_threads(1)
    data = Digits(test_fraction=0.0).load(Files())
    module = _network(data)
    origin = params.move(params.of(module), dtype=torch.float32)
    directions = random_directions(origin, 2, torch.Generator().manual_seed(1))
    risk = Risk.of(NETWORK, CrossEntropy(), data, dtype=torch.float32)

    def ours() -> None:
        finish(section(risk, origin, directions, square_axes(1.0, GRID), workers=1))

    yield _rate(ours, AffineRisk(risk, origin, directions).flops, len(data))
    yield from _against_loss_landscapes(ours, module, data)
    yield from _behaviour()


def _network(data: Data) -> nn.Sequential:
    module = NETWORK.build(data.inputs, data.outputs, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        for linear in (module[0], module[2], module[4]):
            linear.bias.normal_(std=0.1)  # type: ignore[union-attr, operator]  # loss-landscapes divides by them
    return module


def _rate(ours: Callable[[], None], flops: int, samples: int) -> Row:
    hidden, weight = torch.randn(samples, 256), torch.randn(256, 256)
    last, out, outputs = torch.randn(10, 256), torch.empty(samples, 256), torch.empty(samples, 10)
    bias, end = torch.zeros(256), torch.zeros(10)
    product = fastest_product(hidden)

    def by_torch() -> None:
        for _ in range(REPEATS):
            torch.mm(hidden, weight.t(), out=out)
            torch.mm(hidden, last.t(), out=outputs)

    def by_the_section() -> None:
        with torch.inference_mode():
            for _ in range(REPEATS):
                product(hidden, weight, bias, out)
                product(hidden, last, end, outputs)

    times = list(cpu_times(ROUNDS, ours, by_torch, by_the_section))
    share, own = (median([(GRID**2 / spent[0]) / (REPEATS / spent[column]) for spent in times]) for column in (1, 2))
    speed = median([flops * REPEATS / spent[1] / 1e9 for spent in times])
    return Row(
        what=f"{SUBJECT}: rate of the matrix products done at every point, of torch's float32 matmul on these shapes",
        at_least="0.75",
        measured=f"{share:.2f} of {speed:.0f} GFLOP/s ({own:.2f} of the product it uses)",
        ok=share >= 0.75,
    )


def _against_loss_landscapes(ours: Callable[[], None], module: nn.Sequential, data: Data) -> Iterator[Row]:
    batch = f"{SUBJECT}: times faster than loss-landscapes 3.0.6 fed one batch"
    loader = f"{SUBJECT}: times faster than loss-landscapes 3.0.6 with a DataLoader of batches of 128"
    package = _loss_landscapes()
    if isinstance(package, str):
        yield skipped(batch, "1.8", package)
        yield skipped(loader, "5", package)
        return
    x, y = data.x.flatten(1), data.y

    class Loop:
        """The metric that loss-landscapes' own documentation suggests for data that come from a loader."""

        def __init__(self) -> None:
            self.loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=128)

        def __call__(self, model: Any) -> float:
            total = 0.0
            for inputs, labels in self.loader:
                total += nn.functional.cross_entropy(model.forward(inputs), labels, reduction="sum").item()
            return total / len(x)

    def theirs(metric: Any, steps: int) -> Callable[[], object]:
        return lambda: package.random_plane(module, metric, 1, steps, "filter", deepcopy_model=True)

    one_batch = package.metrics.Loss(nn.CrossEntropyLoss(), x, y)
    times = list(cpu_times(ROUNDS, ours, theirs(one_batch, THEIRS), theirs(Loop(), LOADER)))
    for what, at_least, column, steps in ((batch, 1.8, 1, THEIRS), (loader, 5.0, 2, LOADER)):
        ratio = median([(spent[column] / steps**2) / (spent[0] / GRID**2) for spent in times])
        yield Row(what=what, at_least=f"{at_least:g}", measured=f"{ratio:.1f}", ok=ratio >= at_least)


def _loss_landscapes() -> ModuleType | str:
    """Return the package, installed beside the project for this measurement alone, or why there is none."""
    folder = Path(tempfile.gettempdir()) / "lsviewer-bench" / PACKAGE.replace("==", "-")
    if not (folder / "loss_landscapes").is_dir():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        done = subprocess.run([*command, "--target", str(folder), PACKAGE], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return f"pip could not install {PACKAGE}"
    sys.path.insert(0, str(folder))
    import loss_landscapes
    import loss_landscapes.metrics

    package: ModuleType = loss_landscapes
    return package


def _behaviour() -> Iterator[Row]:
    """Yield what the experiment itself shows with its defaults: early pictures, no silence, agreement with brute force."""
    experiment = Plane()
    job = experiment.run(open_context(experiment, Files()))
    start = last = time.perf_counter()
    gaps: list[float] = []
    first_picture = 1.0
    while True:
        try:
            event = next(job)
        except StopIteration as stop:
            report = stop.value
            break
        now = time.perf_counter()
        gaps.append(now - last)
        last = now
        if isinstance(event, Section) and first_picture == 1.0 and event.known is not None:
            first_picture = float(event.known.mean())
        assert isinstance(event, Progress) or event.name
    seconds = time.perf_counter() - start
    steps = report.numbers["steps"]
    yield Row(what="plane with its defaults: grid points behind the first picture", at_least="≤ 1 %",
              measured=f"{100 * first_picture:.2g} %", ok=first_picture <= 0.01)  # fmt: skip
    p99 = sorted(gaps)[int(0.99 * (len(gaps) - 1))]
    yield Row(what="plane with its defaults: silence between two events of the job, p99", at_least="≤ 100 ms",
              measured=f"{1000 * p99:.0f} ms", ok=p99 <= 0.1)  # fmt: skip
    yield Row(what=f"plane with its defaults: {steps} training steps, {experiment.grid} × {experiment.grid} points, checks",
              at_least="≤ 15 s", measured=f"{seconds:.1f} s", ok=seconds <= 15.0)  # fmt: skip
    for name, bound, words in (
        ("brute_force_max_abs_diff", 1e-4, "float32 section"),
        ("brute_force_float64_max_abs_diff", 1e-10, "float64 section"),
    ):
        difference = float(report.numbers[name])
        yield Row(what=f"plane with its defaults: brute force against the {words}, 64 points", at_least=f"≤ {bound:.0e}",
                  measured=f"{difference:.1e}", ok=difference <= bound)  # fmt: skip
