"""The examples every check must get right: one condition fails in each, and what theory answers then.

A case says how its point is made - found, built by hand, or read - and what the checks have to answer; it holds no answer of
a check itself. Data are drawn here and fixed, so that only the ways down depend on the seed of the run.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch

from lsviewer.core.arrays import Array
from lsviewer.core.claims import Verdict
from lsviewer.core.files import Files
from lsviewer.core.jobs import Step, within
from lsviewer.core.numerals import num
from lsviewer.engine.activations import Activation, Relu, Tanh, TanhCubed
from lsviewer.engine.backpropagation import join
from lsviewer.engine.batched_descent import descend, find_critical, hessians
from lsviewer.engine.context import Context
from lsviewer.engine.data import Data, Raw, assemble
from lsviewer.engine.datasets import Teacher
from lsviewer.engine.losses import Additive, BlakeZisserman, Squared
from lsviewer.engine.networks import Mlp
from lsviewer.engine.points import Found
from lsviewer.experiments.wide_layers import counterexample
from lsviewer.experiments.wide_layers.places import AllZero, Copies, Located, Place, ZeroAbove, best, locate, starts
from lsviewer.experiments.wide_layers.setting import Problem, pose

HOLDS, FAILS, OPEN, NONE = Verdict.HOLDS, Verdict.FAILS, Verdict.UNDECIDED, Verdict.NOT_APPLICABLE
CPU = torch.device("cpu")
ASSUMED, CRITICAL, EXACT = "Assumptions 3.2 hold", "The gradient vanishes", "An exact global minimum exists"
STRICT, LEMMA, MAIN = "A non-degenerate local minimum", "(lemma 3.5, k = 1)", "(theorem 3.8, k = 1)"
RANK = "rank [F_1, 1] = N"
MANY = 300  # ways down; about one in twelve ends at the higher of two minima
FAR_OFF = 10.0  # how far outputs lie from their targets on the plateau

Name = Literal[
    "all_conditions", "one_unit_more", "zero_weights_above", "copied_units", "narrow", "repeated_input", "dead_units",
    "flat_slope", "several_layers_above", "plateau",
]  # fmt: skip
Made = Step[tuple[Problem, Located]]


@dataclass(frozen=True, slots=True)
class Case:
    """``verdicts``: what rows must say, by a part of their statement; ``numbers``: between which values numbers must lie."""

    title: str
    words: str  # what fails, and what theory answers
    make: Callable[[Context], Made]
    layer: int
    verdicts: Mapping[str, Verdict]
    numbers: Mapping[str, tuple[float, float]]
    separates: bool = False  # theorem 5.3 instead of theorem 3.8


# --- how the points are made -------------------------------------------------------------------------------------------------


def network(*hidden: int, activation: Activation | None = None) -> Mlp:
    """Return a network, of tanh if nothing else is said."""
    return Mlp(hidden=hidden, activation=activation or Tanh())


def posed(data: Data, net: Mlp, loss: Additive | None = None) -> Problem:
    """Return a problem with identity output."""
    return pose(data, net, loss or Squared(), "one_hot", "identity", CPU)


def teacher(samples: int = 10, seed: int = 0) -> Data:
    """Return a regression task with three inputs."""
    return Teacher(samples=samples, inputs=3, seed=seed).load(Files())


def own(x: Array, y: Array) -> Data:
    """Return arrays as data."""
    return assemble("gallery", Raw(x.astype(np.float32), y.astype(np.float32)), where="gallery")


def at(net: Mlp, place: Place, data: Callable[[], Data] = teacher) -> Callable[[Context], Made]:
    """Return a case whose point is one of those every experiment knows."""

    def make(context: Context) -> Made:
        problem = posed(data(), net)
        return problem, (yield from locate(problem, place, context, polish="no", steps=300, tries=8))

    return make


def four_samples() -> Data:
    """Return as many samples as [X, 1] has columns."""
    return teacher(4)


def with_repeated_input() -> Data:
    """Return ten samples of which two are equal, with labels that differ by 1: Phi is at least 1/2."""
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((10, 3)), rng.standard_normal((10, 1))
    x[7], y[7] = x[2], y[2] + 1.0
    return own(x, y)


def higher_of_two_minima(context: Context) -> Made:
    """Return the highest strict minimum among the ends of many ways down: one that is not even the best of its network."""
    problem = posed(teacher(seed=26), network(1))
    objective, start = problem.objective, starts(problem, context, MANY)
    down = yield from within(descend(objective, start, steps=200, stop_below=0.0), 0.0, 0.7)
    ended = yield from within(find_critical(objective, down.theta, steps=60, stop_below=1e-30), 0.7, 1.0)
    least = torch.linalg.eigvalsh(hessians(objective, ended.theta))[:, 0]
    strict = (ended.values < 1e-24) & (ended.theta.abs().amax(1) < 50.0) & (least > 1e-6)
    phi = torch.where(strict, objective(ended.theta), -torch.inf)
    pick = int(phi.argmax())
    others = phi[strict].min() if bool(strict.any()) else torch.nan
    words = f"the highest strict minimum of {len(start)} ways down; the lowest has Φ = {num(float(others), 4)}"
    return problem, Located(ended.theta[pick], words)


def with_dead_units(context: Context) -> Made:
    """Return the best network of two live relu units, five others dead: in closed form, all inputs are positive."""
    x = np.random.default_rng(2).uniform(0.2, 1.0, (6, 2))
    problem = posed(own(x, np.array([[0.0], [2.0], [1.0], [3.0], [0.0], [2.0]])), network(7, activation=Relu()))
    objective = problem.objective
    ones = torch.ones(6, 1, dtype=torch.float64)
    line = torch.linalg.lstsq(torch.cat([objective.x, ones], 1), objective.y).solution[:, 0]
    weight = torch.cat([torch.eye(2), -torch.ones(5, 2)]).double()
    bias = torch.cat([torch.zeros(2), -torch.ones(5)]).double()
    above = torch.cat([line[:2], torch.ones(5, dtype=torch.float64)])[None]
    yield from ()
    return problem, Located(join(((weight, bias), (above, line[2:]))), "two units fit a plane, five are dead")


def far_from_all_targets(context: Context) -> Made:
    """Return a random network whose output is moved by 10: the slope of Blake and Zisserman's loss underflows there."""
    problem = posed(teacher(), network(9), BlakeZisserman())
    theta = starts(problem, context, 1)[0].clone()
    yield from ()
    outputs = problem.stack.outputs(theta, problem.objective.x)
    theta[-1] += FAR_OFF - float((outputs - problem.objective.y).min())
    return problem, Located(theta, f"every output at least {FAR_OFF:g} above its target")


def from_file(context: Context) -> Made:
    """Return the counterexample to theorem 5.3."""
    problem, theta = counterexample.load()
    yield from ()
    return problem, Located(theta, "the point of the file")


def by_descent(net: Mlp, data: Callable[[], Data]) -> Callable[[Context], Made]:
    """Return a case whose point is the best end of a few ways down the loss, its gradient driven to zero."""

    def make(context: Context) -> Made:
        problem = posed(data(), net)
        found = yield from best(problem, starts(problem, context, 4), 300)
        return problem, Located(found.theta, found.words)

    return make


# --- the table ---------------------------------------------------------------------------------------------------------------

ANY = float("inf")
CASES: dict[Name, Case] = {
    "all_conditions": Case(
        "n₁ = N − 1: all conditions hold",
        "tanh [3, 9, 1] on N = 10 samples. Every condition of theorem 3.8 holds, and the point is a global minimum.",
        at(network(9), Found()), 1,
        {LEMMA: HOLDS, MAIN: HOLDS, "condition 1": HOLDS, RANK: HOLDS, EXACT: HOLDS, "corollary 3.9": NONE},
        {"loss": (0.0, 1e-24), "block_nullity": (0, 0)},
    ),
    "one_unit_more": Case(
        "n₁ = N: condition 1 is impossible",
        "One unit more, and the block Hessian has a zero at every point: theorem 3.8 can say nothing. The bound of lemma 3.5 "
        "decides.",
        at(network(10), Found()), 1,
        {"condition 1": FAILS, MAIN: NONE, LEMMA: HOLDS, RANK: HOLDS, EXACT: HOLDS},
        {"loss": (0.0, 1e-24), "block_nullity": (1, 1), "structural_nullity": (1, 1)},
    ),
    "zero_weights_above": Case(
        "Zero weights above",
        "The features have rank N, the weights above layer 1 are zero: the gradient vanishes with Φ > 0, since W_3 does not have "
        "full rank.",
        at(network(9, 2), ZeroAbove()), 1,
        {CRITICAL: HOLDS, RANK: HOLDS, "W_3 has full": FAILS, LEMMA: NONE, MAIN: NONE},
        {"loss": (0.1, ANY)},
    ),
    "copied_units": Case(
        "Nine copies of one unit",
        "The best network of one unit, the unit copied: the gradient vanishes, [F_1, 1] has rank 2, and no theorem applies.",
        at(network(9), Copies()), 1,
        {CRITICAL: HOLDS, RANK: FAILS, LEMMA: NONE, MAIN: NONE},
        {"loss": (1e-3, ANY), "rank_features": (2, 2)},
    ),
    "narrow": Case(
        "A narrow network: a strict minimum",
        "tanh [3, 1, 1]: a strict local minimum with Φ > 0, one unit where nine are asked for. The same network has a lower one.",
        higher_of_two_minima, 1,
        {CRITICAL: HOLDS, STRICT: HOLDS, RANK: FAILS, LEMMA: NONE, MAIN: NONE, EXACT: NONE},
        {"loss": (0.9, 1.1), "rank_features": (2, 2)},
    ),
    "repeated_input": Case(
        "One input twice, two labels",
        "Assumption 3.2, 1 fails: two samples are equal and their labels differ by 1. Φ stays at 1/2.",
        by_descent(network(9), with_repeated_input), 1,
        {ASSUMED: FAILS, RANK: FAILS, LEMMA: NONE, MAIN: NONE, EXACT: NONE},
        {"loss": (0.499999, 0.500001)},
    ),
    "dead_units": Case(
        "ReLU with dead units",
        "Assumption 3.2, 2 fails: relu is not analytic. Five of seven units are zero on all samples, and no gradient reaches "
        "them.",
        with_dead_units, 1,
        {ASSUMED: FAILS, CRITICAL: HOLDS, RANK: FAILS, LEMMA: NONE, MAIN: NONE},
        {"loss": (0.1, ANY), "rank_features": (3, 3)},
    ),
    "flat_slope": Case(
        "tanh(t³): a slope of zero",
        "Analytic, bounded, strictly increasing: theorem 3.4 as printed applies, and fails. The gradient vanishes with Φ > 0, "
        "because σ′(0) = 0; the proofs need σ′ > 0.",
        at(network(9, activation=TanhCubed()), AllZero(), four_samples), 0,
        {ASSUMED: FAILS, CRITICAL: HOLDS, "rank [X, 1] = N": HOLDS, "W_2 has full": HOLDS, "σ′ > 0 at all": FAILS,
         "(theorem 3.4)": NONE},
        {"loss": (0.1, ANY)},
    ),
    "several_layers_above": Case(
        "Theorem 5.3 with k = L − 2",
        "Every printed hypothesis of theorem 5.3 holds for k = 0, the gradient vanishes, and Φ = 13.43 is not minimal: a "
        "numerical counterexample, with a C¹ activation of cubic pieces. The check draws no conclusion for k ≤ L − 2.",
        from_file, 0,
        {CRITICAL: HOLDS, "(theorem 5.3, k = 0)": OPEN, "Class 0": HOLDS, "Class 1": HOLDS, "Class 2": HOLDS},
        {"loss": (13.427, 13.429), "separable_classes": (3, 3)}, separates=True,
    ),
    "plateau": Case(
        "A plateau of Blake and Zisserman's loss",
        "Far from the targets the slope of the loss underflows: the gradient is tiny, and so are its terms. That is no critical "
        "point, and the check does not call it one.",
        far_from_all_targets, 1,
        {CRITICAL: OPEN, ASSUMED: HOLDS, LEMMA: OPEN},
        {"loss": (1.0, ANY), "gradient_norm": (0.0, 1e-11)},
    ),
}  # fmt: skip


def agree(case: Case, verdicts: Mapping[str, Verdict], numbers: Mapping[str, Any]) -> tuple[tuple[str, str, bool], ...]:
    """Return every answer of theory: what it is about, what was measured (and expected, if not that), whether they agree."""
    found = []
    for words, expected in case.verdicts.items():
        matching = [statement for statement in verdicts if words in statement]
        measured = verdicts[matching[0]].words if len(matching) == 1 else "no such row"
        right = measured == expected.words
        statement = matching[0] if matching else words
        found.append((statement, f"{measured} ✓" if right else f"{measured}, not {expected.words}", right))
    for name, (low, high) in case.numbers.items():
        value = numbers.get(name)
        right = isinstance(value, int | float) and low <= value <= high
        wanted = f"{low:g}" if low == high else f"> {low:g}" if high == ANY else f"{low:g} to {high:g}"
        shown = num(value, 4) if isinstance(value, int | float) else str(value)
        found.append((name, f"{shown} ✓" if right else f"{shown}, not {wanted}", right))
    return tuple(found)
