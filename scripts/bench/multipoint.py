"""Multi-point optimisation: a 16 x 16 smiley on digits in a 64-256-256-10 network, and the same pattern by the other two ways."""

from collections.abc import Iterator

import torch

from bench import Row
from lsviewer.core.files import Files
from lsviewer.core.jobs import finish
from lsviewer.engine.context import open_context
from lsviewer.experiments.patterns.multipoint import MultiPoint
from lsviewer.experiments.patterns.pattern_comparison import PatternComparison

LIMIT_S = 200.0


def rows() -> Iterator[Row]:
    """Yield what is reached and what it costs, three seeds, then the comparison; about three minutes."""
    torch.set_num_threads(1)
    reached, seconds, ratios, tested = [], [], [], []
    for seed in range(3):
        experiment = MultiPoint(seed=seed)
        numbers = finish(experiment.run(open_context(experiment, Files())))[0].numbers
        reached.append(float(numbers["iou"]))
        tested.append(float(numbers["test_iou"]))
        seconds.append(float(numbers["cpu_seconds"]))
        ratios.append(float(numbers["cpu_ratio_to_construction"]))
    what = "multi-point, 16 × 16 smiley, digits, hidden 256-256, 3 seeds"
    yield Row(what=f"{what}: IoU of all cells", at_least="0.95", measured=_range(reached), ok=min(reached) >= 0.95)
    yield Row(what=f"{what}: on the test part", at_least="0.8", measured=_range(tested), ok=min(tested) >= 0.8)
    yield Row(
        what=f"{what}: CPU time of all steps", at_least="at most 200 s", measured=f"{max(seconds):.0f} s",
        ok=max(seconds) < LIMIT_S,
    )  # fmt: skip
    yield Row(
        what=f"{what}: CPU time to IoU 0.95, closed form = 1", at_least="> 1", measured=_range(ratios, "{:.0f}"),
        ok=min(ratios) > 1.0,
    )  # fmt: skip
    compared = finish((page := PatternComparison()).run(open_context(page, Files())))[0].numbers
    ways = ", ".join(
        f"{name} {float(compared[f'{key}_cpu_seconds_to_iou']):.2g} s ({float(compared[f'{key}_iou']):.3f})"
        for key, name in (("construction", "closed form"), ("training", "training"), ("multipoint", "multi-point"))
        if f"{key}_cpu_seconds_to_iou" in compared
    )
    yield Row(
        what="the same pattern by three ways: CPU time to IoU 0.95 (IoU at the end)", at_least="closed form first",
        measured=ways, ok=min(float(compared[f"cpu_ratio_{key}_to_construction"]) for key in ("training", "multipoint")) > 1.0,
    )  # fmt: skip


def _range(values: list[float], form: str = "{:.3f}") -> str:
    return f"{form.format(min(values))} to {form.format(max(values))}"
