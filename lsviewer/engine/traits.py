"""What is known of every activation by its formula, and probes that look whether the numbers agree.

Rectified (Cooper 2018, definition 3.1): zero for x <= 0 and *strictly* increasing for x > 0; as printed, "monotonic
increasing" would admit the zero function. Smooth means infinitely often differentiable: no probe can see that, so it
is a table. An analytic function that is zero on a half line is zero everywhere: no activation is both rectified and
analytic, and so none meets both Cooper's theorem 4.1 and the assumptions of Nguyen and Hein (2017).
"""

import math
from dataclasses import dataclass
from typing import Literal

import torch

from lsviewer.engine.activations import Activation

Growth = Literal["strictly increasing", "increasing", "not monotone"]
Smoothness = Literal["analytic", "smooth", "once differentiable", "kinks"]


@dataclass(frozen=True, slots=True)
class Traits:
    """The facts about one activation. ``bounded``: |activation| has a finite upper bound."""

    rectified: bool
    smoothness: Smoothness
    growth: Growth
    bounded: bool
    decays: bool = False  # |activation(t)| <= c e^(k t) for t < 0 with k > 0
    stalls: bool = False  # strictly increasing, and still of slope 0 somewhere

    @property
    def rectified_smooth(self) -> bool:
        """What Cooper's theorem 4.1 asks of an activation."""
        return self.rectified and self.smooth

    @property
    def analytic_increasing(self) -> bool:
        """Assumption 3.2 of Nguyen and Hein (2017): analytic, strictly increasing, and bounded or falling off to the left."""
        return self.smoothness == "analytic" and self.growth == "strictly increasing" and (self.bounded or self.decays)

    @property
    def smooth(self) -> bool:
        """Infinitely often differentiable."""
        return self.smoothness in ("analytic", "smooth")

    @property
    def words(self) -> str:
        """The row of the table in words."""
        parts = ["rectified" if self.rectified else "not rectified", self.smoothness, self.growth]
        return ", ".join([*parts, "bounded" if self.bounded else "unbounded"])


TRAITS: dict[str, Traits] = {
    "relu": Traits(True, "kinks", "increasing", False, decays=True),
    "leaky_relu": Traits(False, "kinks", "strictly increasing", False),
    "tanh": Traits(False, "analytic", "strictly increasing", True),
    "sigmoid": Traits(False, "analytic", "strictly increasing", True),
    "softplus": Traits(False, "analytic", "strictly increasing", False, decays=True),
    "gelu": Traits(False, "analytic", "not monotone", False),
    "silu": Traits(False, "analytic", "not monotone", False),
    "sine": Traits(False, "analytic", "not monotone", True),
    "identity": Traits(False, "analytic", "strictly increasing", False),
    "smoolu": Traits(True, "smooth", "increasing", False, decays=True),
    "smoothed_relu": Traits(True, "smooth", "increasing", False, decays=True),
    "truncated_tanh": Traits(True, "kinks", "increasing", True, decays=True),
    "tanh_smoolu": Traits(True, "smooth", "increasing", True, decays=True),
    "atan": Traits(False, "analytic", "strictly increasing", True),
    "erf": Traits(False, "analytic", "strictly increasing", True),
    "tanh_cubed": Traits(False, "analytic", "strictly increasing", True, stalls=True),
    "elu": Traits(False, "once differentiable", "strictly increasing", False),
    "softsign": Traits(False, "once differentiable", "strictly increasing", True),
}


def traits(activation: Activation) -> Traits:
    """Return the row of the table; leaky relu with slope 0 is relu."""
    if activation.kind == "leaky_relu" and activation.slope == 0.0:
        return TRAITS["relu"]
    return TRAITS[activation.kind]


@dataclass(frozen=True, slots=True)
class Probe:
    """What a fine grid shows."""

    largest_left: float  # max |activation| for x <= 0
    least_step: float  # least rise between neighbours for x in [0.05, 5]
    deepest_fall: float  # greatest fall between neighbours, x in [-8, 8]
    growth: float  # |activation| at 1e6 over that at 1e3

    @property
    def rectified(self) -> bool:
        """Zero left of 0, strictly increasing right of it."""
        return self.largest_left == 0.0 and self.least_step > 0.0

    @property
    def monotone(self) -> bool:
        """No fall beyond rounding."""
        return self.deepest_fall <= 1e-15

    @property
    def bounded(self) -> bool:
        """No growth from 1e3 to 1e6."""
        return self.growth < 2.0


def probe(activation: Activation) -> Probe:
    """Return what the numbers say, in float64."""
    x = torch.linspace(-8.0, 8.0, 32001, dtype=torch.float64)
    value = activation(x)
    steps = value.diff()
    unit = torch.linspace(0.9, 1.0, 101, dtype=torch.float64)  # a range: a single point may be a zero of a sine
    near, far = (float(activation(torch.cat([-size * unit, size * unit])).abs().max()) for size in (1e3, 1e6))
    grown = far / near if near > 0 else math.inf
    right = (x[:-1] >= 0.05) & (x[1:] <= 5.0)
    return Probe(float(value[x <= 0].abs().max()), float(steps[right].min()), float(-steps.clamp(max=0.0).min()), grown)
