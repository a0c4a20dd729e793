"""A small experiment for tests of files, command line and bundle: a random plane through a random network on digits."""

from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field

from lsviewer.core.artifacts import Axis, Checkpoint, Curve, Mark, Section, Series
from lsviewer.core.claims import Claim, Report, Verdict
from lsviewer.core.experiment import Experiment
from lsviewer.core.jobs import Job, Progress
from lsviewer.core.pattern import BuiltinPattern, PatternSource
from lsviewer.engine.datasets import Dataset, Digits
from lsviewer.engine.losses import CrossEntropy, Loss
from lsviewer.engine.networks import Mlp, Network


class Tiny(Experiment):
    """The loss on a random plane through a random network.

    Nothing is planted and nothing is trained.
    """

    title = "Tiny"
    paper = "Nobody 2024"
    place = "page 1"
    caveats = ("says nothing",)
    uses_pattern = True

    kind: Literal["tiny"] = "tiny"
    dataset: Dataset = Digits(limit=40)
    network: Network = Field(Mlp(hidden=(12, 8)), title="Network")
    loss: Loss = CrossEntropy()
    pattern: PatternSource = BuiltinPattern(name="cat")
    grid: int = Field(6, ge=2, le=64, title="Grid", description="Points an axis.")
    amplitude: float = Field(1.0, gt=0, le=10, title="Amplitude")
    z: Literal[1, 2] = Field(2, title="Axes")
    act: Literal["hold", "fail", "nan", "memory", "disk", "slow", "crash"] = Field("hold", title="What to do")

    def run(self, context: Any) -> Job:
        match self.act:
            case "nan":
                raise FloatingPointError("the loss is not finite at step 3")
            case "memory":
                raise MemoryError("Unable to allocate 7.00 GiB")
            case "disk":
                raise OSError(28, "No space left on device")
            case "crash":
                raise IndexError("index 7 is out of bounds")
        target = self.pattern.values(context.files, self.grid)
        yield Progress(0.0, "loading")
        data = self.dataset.load(context.files)
        x, y = data.x.flatten(1).to(context.dtype), self.loss.targets(data.labels)
        y = y.to(context.dtype) if y.is_floating_point() else y
        made = [
            dict(network.named_parameters())
            for name in ("origin", "d1", "d2")[: self.z + 1]
            for network in [self._build(data, context, context.generator(name))]
        ]
        module = self._build(data, context)
        axes = tuple(Axis(f"α{'₁₂'[i]}", np.linspace(0, 1, self.grid)) for i in range(self.z))
        values = np.empty((self.grid,) * self.z)
        for index in np.ndindex(values.shape):
            if self.act == "slow" and index[0] == 3:
                raise KeyboardInterrupt
            steps = [float(axis.values[i]) for axis, i in zip(axes, index)]
            point = {
                key: made[0][key] + sum(step * made[1 + i][key] for i, step in enumerate(steps)) for key in made[0]
            }
            with torch.no_grad():
                values[index] = float(self.loss(torch.func.functional_call(module, point, x), y).double().mean())
            yield Progress(0.9 * (1 + index[0]) / self.grid, "section")
        marks = (Mark(tuple(float(a.values[-1]) for a in axes), "corner"),)
        scaled = self.amplitude * (target if target.ndim == self.z else target[:, 0])
        yield Section("section", axes, values, "Random plane", target=scaled, offset=0.1, marks=marks)
        yield Curve(
            "profile", "Profile", "α", "L", (Series("first row", axes[0].values, values.reshape(self.grid, -1)[:, 0]),)
        )
        to_numpy = [{key: value.detach().numpy() for key, value in params.items()} for params in made]
        network = self.network.model_dump(mode="json") | {"inputs": data.inputs, "outputs": data.outputs}
        yield Checkpoint("checkpoint", network, to_numpy[0], tuple(to_numpy[1:]))
        verdict = Verdict.FAILS if self.act == "fail" else Verdict.HOLDS
        claim = Claim(
            "the section is finite", "all", float(values.mean()), 1e-3, verdict, "a reason", evidence=(("n", 3),)
        )
        numbers = {"offset": 0.1, "psnr_db": float("inf"), "points": values.size, "dataset_sha256": data.sha256}
        return Report((claim,), numbers, "It runs.", "Anything else.")

    def _build(self, data: Any, context: Any, generator: Any = None) -> Any:
        return self.network.build(data.inputs, data.outputs, dtype=context.dtype, generator=generator)
