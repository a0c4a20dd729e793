"""Observation 2: digits and a 64 x 64 picture in the same network, 600 steps each; relative errors at the end."""

from collections.abc import Iterator

import torch

from bench import Row
from lsviewer.core.files import Files
from lsviewer.core.jobs import finish
from lsviewer.engine.context import open_context
from lsviewer.experiments.patterns.supervised_comparison import ROUTES, SupervisedComparison


def rows() -> Iterator[Row]:
    """Yield what each training comes to; about ten seconds. Two of them are shown, not judged: they are what the paper writes."""
    torch.set_num_threads(1)
    experiment = SupervisedComparison()
    numbers = finish(experiment.run(open_context(experiment, Files())))[0].numbers
    for name, words in ROUTES.items():
        error = float(numbers[f"{name}_relative_error"])
        judged = name in ("supervised", "tables")
        steps = numbers.get(f"{name}_steps_to_solved", "not reached")
        yield Row(
            what=f"observation 2, cat 64 × 64, 600 steps, {words}: relative error",
            at_least="at most 1e-3" if judged else "as measured",
            measured=f"{error:.1e}, 1e-3 from step {steps} on" if judged else f"{error:.2f}",
            ok=error <= 1e-3 if judged else None,
        )
