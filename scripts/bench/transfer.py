"""Observation 1 on real MNIST digits: the exact law over the test part, other data and a tilted P(y), and random inputs."""

from collections.abc import Iterator

from bench import Row
from lsviewer.core.files import Files
from lsviewer.core.jobs import finish
from lsviewer.engine.context import open_context
from lsviewer.experiments.patterns.transfer import Transfer

LAW = 1e-10


def rows() -> Iterator[Row]:
    """Yield the law and the random inputs for both rays, float64."""
    for recipe in (Transfer(dtype="float64"), Transfer(dtype="float64", ray="orthogonal")):
        report, _ = finish(recipe.run(open_context(recipe, Files())))
        worst = max(float(report.numbers[f"law_{part}_max_abs_diff"]) for part in ("test", "other", "shares"))
        noise = float(report.numbers["random_max_abs_diff"])
        what = f"128 x 128, {recipe.ray} ray, float64"
        yield Row(what=f"transfer law, {what}", at_least="≤ 1e-10", measured=f"{worst:.1e}", ok=worst <= LAW)
        yield Row(
            what=f"random inputs with the same labels, {what}", at_least="= 0", measured=f"{noise:g}", ok=noise == 0
        )
