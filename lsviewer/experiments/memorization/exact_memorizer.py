"""The paper's memorising network in mpmath: the midpoints as printed, with as many digits as the growth of rounding
asks for.

Inputs and the projection are float64 numbers, taken as they are; everything after is exact to the working precision.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from mpmath import MPContext
from torch import Tensor

from lsviewer.core.jobs import Progress, Step
from lsviewer.core.spec import SpecError
from lsviewer.engine.activations import Activation
from lsviewer.engine.traits import traits
from lsviewer.experiments.memorization.memorizer import GAP, LOW

KINDS = ("relu", "smoolu", "truncated_tanh", "tanh_smoolu")
MOST = 400  # points: substitution takes d^2 / 2 products in software


@dataclass(frozen=True, slots=True)
class Exact:
    """What the exact construction gives."""

    residual: float  # largest |f(x_i) - y_i|, evaluated with the same digits
    growth: float  # largest |m| over largest |y|
    digits: int


def memorize_exactly(
    x: Tensor, y: Tensor, a: Tensor, activation: Activation, *, depth: int, digits: int
) -> Step[Exact]:
    """Return the residual of the midpoint construction with ``digits`` decimal digits; evaluated from the inputs on."""
    d, outputs = y.shape
    if d > MOST:
        raise SpecError(f"field 'knots' is 'exact': {d} points, at most {MOST} are done in mpmath; lower dataset.limit")
    if activation.kind not in KINDS:
        raise SpecError(f"field 'activation' is '{activation.kind}': mpmath has {', '.join(KINDS)}")
    mp = MPContext()  # of its own: the number of digits is no global here
    mp.dps = digits
    sigma = _function(activation, mp)
    direction = [mp.mpf(v) for v in a.tolist()]
    z = []
    for k, point in enumerate(x.tolist()):
        z.append(mp.fdot([mp.mpf(v) for v in point], direction))
        if k % 20 == 19:
            yield Progress(0.1 * k / d, "projection in mpmath")
    if depth > 1:
        z = _passed_on(z, sigma, depth, traits(activation).bounded)
    order = sorted(range(d), key=lambda i: z[i])
    s = [z[i] for i in order]
    b = [(low + high) / 2 for low, high in pairwise([s[0] - 1, *s])]
    wanted = [[mp.mpf(v) for v in y[i].tolist()] for i in order]
    solution: list[list[Any]] = [[] for _ in range(outputs)]
    for i in range(d):
        line = [sigma(s[i] - b[j]) for j in range(i + 1)]
        for o in range(outputs):
            solution[o].append((wanted[i][o] - mp.fdot(line[:-1], solution[o])) / line[-1])
        if i % 4 == 3:
            yield Progress(0.1 + 0.6 * i * i / d**2, f"exact substitution, row {i + 1} of {d}")
    residual = mp.mpf(0)
    for i in range(d):  # the network once more, with the units whose knots lie right of the point: they must be silent
        line = [sigma(s[i] - knot) for knot in b]
        for o in range(outputs):
            residual = max(residual, abs(mp.fdot(line, solution[o]) - wanted[i][o]))
        if i % 4 == 3:
            yield Progress(0.7 + 0.3 * i / d, f"exact residual, point {i + 1} of {d}")
    largest = max(abs(v) for line in wanted for v in line) or mp.mpf(1)
    growth = max(abs(m) for column in solution for m in column) / largest
    return Exact(float(residual), float(growth), digits)


def _passed_on(z: list[Any], sigma: Callable[[Any], Any], depth: int, bounded: bool) -> list[Any]:
    """Return the row after all hidden layers but the last, spread again to least gap `GAP`."""
    lowest, highest = min(z), max(z)
    for layer in range(depth - 1):
        if bounded:
            z = [sigma((v - lowest) / (highest - lowest) + LOW) for v in z]
            lowest, highest = min(z), max(z)
        else:
            z = [sigma(v - lowest + GAP) if layer == 0 else sigma(v) for v in z]
    ordered = sorted(z)
    factor = GAP / min(high - low for low, high in pairwise(ordered))
    return [factor * v for v in z]


def _function(activation: Activation, mp: MPContext) -> Callable[[Any], Any]:
    zero = mp.mpf(0)

    def smoolu(x: Any) -> Any:
        return x * mp.exp(-1 / x) if x > 0 else zero

    match activation.kind:
        case "relu":
            return lambda x: x if x > 0 else zero
        case "smoolu":
            return smoolu
        case "truncated_tanh":
            return lambda x: mp.tanh(x) if x > 0 else zero
    return lambda x: mp.tanh(smoolu(x))
