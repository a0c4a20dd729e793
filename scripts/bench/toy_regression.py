"""Figure 4: the toy regression in closed form and trained, and how long the training takes."""

import time
from collections.abc import Iterator

from bench import Row
from lsviewer.core.files import Files
from lsviewer.core.jobs import finish
from lsviewer.engine.context import open_context
from lsviewer.experiments.patterns.toy_regression import ToyRegression


def rows() -> Iterator[Row]:
    """Yield error and minima of both methods."""
    for recipe, level in ((ToyRegression(), 1e-12), (ToyRegression(method="train", dtype="float32"), 1e-3)):
        start = time.thread_time()
        report, _ = finish(recipe.run(open_context(recipe, Files())))
        seconds = time.thread_time() - start
        numbers = report.numbers
        rmse, least = float(numbers["rmse"]), max(float(numbers["loss_at_half"]), float(numbers["loss_at_minus_half"]))
        what = f"toy regression, {recipe.method}, {recipe.dtype}"
        measured = f"{rmse:.1e} ({seconds:.1f} s CPU)"
        yield Row(what=f"{what}: RMSE of the loss", at_least=f"≤ {level:g}", measured=measured, ok=rmse <= level)
        yield Row(what=f"{what}: loss at ±0.5", at_least="< 1e-5", measured=f"{least:.1e}", ok=least < 1e-5)
