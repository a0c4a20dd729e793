"""A regulariser on a section, cheated: digits, hidden 128-64, trained with and without it; a picture, a flat section, a bowl."""

from collections.abc import Iterator
from typing import Literal

import torch

from bench import Row
from lsviewer.core.files import Files
from lsviewer.core.jobs import finish
from lsviewer.engine.context import open_context
from lsviewer.experiments.patterns.cheat import Cheat

SHAPES: tuple[Literal["painted", "flat", "bowl"], ...] = ("painted", "flat", "bowl")


def rows() -> Iterator[Row]:
    """Yield how well each shape is met, and what else changed; about a minute."""
    torch.set_num_threads(1)
    for shape in SHAPES:
        experiment = Cheat(shape=shape)
        numbers = finish(experiment.run(open_context(experiment, Files())))[0].numbers
        closer = 1.0 / float(numbers["residual_ratio"])
        lost = float(numbers["test_accuracy_without"]) - float(numbers["test_accuracy"])
        curvature = float(numbers["largest_eigenvalue"]) / float(numbers["largest_eigenvalue_without"])
        what = f"cheat, {shape} section"
        yield Row(
            what=f"{what}: closer than without", at_least="3 times", measured=f"{closer:.0f} times", ok=closer >= 3
        )
        yield Row(what=f"{what}: test accuracy lost", at_least="at most 0.02", measured=f"{lost:.3f}", ok=lost <= 0.02)
        yield Row(
            what=f"{what}: largest Hessian eigenvalue by that without", at_least="0.5", measured=f"{curvature:.2f}",
            ok=curvature >= 0.5,
        )  # fmt: skip
