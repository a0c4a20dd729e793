"""One section, two pictures: 128 x 128 on real MNIST digits, and on the real test part of digits whose shares hardly differ."""

from collections.abc import Iterator

from bench import Row
from lsviewer.core.files import Files
from lsviewer.core.jobs import finish
from lsviewer.engine.context import open_context
from lsviewer.engine.datasets import Digits
from lsviewer.experiments.patterns.two_faces import AsItIs, TwoFaces


def rows() -> Iterator[Row]:
    """Yield both parts by brute force: the lower of the grid and of the points computed with the whole network."""
    for recipe in (TwoFaces(), TwoFaces(dataset=Digits(), held_out=AsItIs())):
        report, _ = finish(recipe.run(open_context(recipe, Files())))
        for part, claim in zip(("training", "held-out"), report.claims):
            measured = float(claim.measured or 0.0)
            what = f"two faces, 128 x 128, {recipe.dataset.name}, TV {float(report.numbers['tv']):.3f}, float32: {part} part"
            yield Row(what=what, at_least="80 dB", measured=f"{measured:.1f} dB", ok=measured >= 80)
