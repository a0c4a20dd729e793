"""The numerical counterexample to theorem 5.3 for k = L - 2, from a file of numbers.

N = 9 samples of two numbers in three classes, three hidden units, identity output, squared hinge, and one C^1 strictly
increasing activation of cubic Hermite pieces given by its knots. Every printed hypothesis holds for k = 0, the gradient
vanishes at the point, and Phi = 13.43 is not minimal. Checked in float64: no proof.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from lsviewer.engine.backpropagation import Objective, Stack, join
from lsviewer.engine.data import Data
from lsviewer.engine.losses import SquaredHinge
from lsviewer.engine.networks import Mlp
from lsviewer.experiments.wide_layers.setting import Problem
from lsviewer.resources import path as resource


@dataclass(frozen=True, slots=True, eq=False)
class Hermite:
    """Cubic pieces between knots (x, value, slope), straight outside. Its ``kind`` is in no table: it can only be probed."""

    label: ClassVar[str] = "cubic pieces"
    x: Float[Tensor, "k"]
    v: Float[Tensor, "k"]
    s: Float[Tensor, "k"]

    def __call__(self, t: Tensor) -> Tensor:
        x, v, s = self.x, self.v, self.s
        i = (torch.searchsorted(x, t.detach().contiguous(), right=True) - 1).clamp(0, len(x) - 2)
        h = x[i + 1] - x[i]
        u = (t - x[i]) / h
        inside = (2 * u**3 - 3 * u**2 + 1) * v[i] + (u**3 - 2 * u**2 + u) * h * s[i]
        inside = inside + (3 * u**2 - 2 * u**3) * v[i + 1] + (u**3 - u**2) * h * s[i + 1]
        left, right = v[0] + s[0] * (t - x[0]), v[-1] + s[-1] * (t - x[-1])
        return torch.where(t < x[0], left, torch.where(t > x[-1], right, inside))


def load() -> tuple[Problem, Float[Tensor, "n"]]:
    """Return the network on its data, and the point."""
    with np.load(resource("data", "theorem53_counterexample.npz"), allow_pickle=False) as file:
        arrays = {name: torch.tensor(file[name], dtype=torch.float64) for name in file.files}
    sigma = Hermite(arrays["kx"], arrays["kv"], arrays["ks"])
    objective = Objective(Stack((2, 3, 3), sigma), arrays["X"], arrays["Y"], SquaredHinge())
    theta = join(((arrays["a"].T, arrays["c"]), (arrays["W2"].T, arrays["b2"])))
    labels = arrays["Y"].argmax(1)
    data = Data("theorem53_counterexample", arrays["X"], labels, None, None, 3, "", ("0", "1", "2"))
    network = Mlp.model_construct(hidden=(3,), activation=sigma)  # type: ignore[arg-type]
    return Problem(objective, network, "identity", data, (), 0), theta
