"""Theorem 1 through other layers, other units and along rotated directions: 128 x 128, mnist_small, five hidden layers."""

from collections.abc import Iterator
from typing import Any

import torch

from bench import Row
from lsviewer.core.files import Files
from lsviewer.core.jobs import finish
from lsviewer.core.spec import parse
from lsviewer.engine.context import open_context
from lsviewer.experiments.patterns.theorem1 import Theorem1

CHOICES: dict[str, dict[str, Any]] = {
    "layer 2, spread units": {"kind": "aligned", "layer": 2, "units": "spread"},
    "16 units per axis, at random": {"kind": "aligned", "each": 16, "units": "random"},
    "rotated by 30°": {"kind": "rotated", "angle": 30},
    "rotated by 30°, layer 2, 8 pairs": {"kind": "rotated", "angle": 30, "layer": 2, "each": 8},
    "random frame of 8 units": {"kind": "random", "each": 4},
}


def rows() -> Iterator[Row]:
    """Yield accuracy and brute force of every choice, and the largest cosine between two directions."""
    torch.set_num_threads(1)
    for words, directions in CHOICES.items():
        for dtype, bound in (("float32", 1e-4), ("float64", 1e-10)):
            recipe = {
                "kind": "theorem1", "pattern": {"kind": "builtin", "name": "photo"}, "directions": directions,
                "network": {"kind": "mlp", "hidden": [256, 256, 256, 288, 64]}, "dtype": dtype,
            }  # fmt: skip
            experiment = parse(Theorem1, recipe)
            report, _ = finish(experiment.run(open_context(experiment, Files())))
            level, found = report.claims[0].tolerance or 0.0, float(report.numbers["psnr_db"])
            brute = float(report.numbers["brute_force_max_abs_diff"])
            yield Row(
                what=f"{words}, photo 128 × 128, {dtype}: PSNR; brute force; cosine",
                at_least=f"{level:.0f} dB; {bound:.0e}; every claim holds",
                measured=f"{found:.0f} dB; {brute:.1e}; {report.numbers['direction_cosine']:.0e}",
                ok=found >= level and brute <= bound and all(claim.verdict == "holds" for claim in report.claims),
            )
