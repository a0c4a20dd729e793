"""What is measured at a point: gradients by lemma 2.1 and by autograd, ranks with their rounding, and the bound that
lemma 3.5 becomes when its equations hold only approximately.

With A = [F_k, 1], A^T Delta_{k+1} is the gradient of layer k + 1, so |Delta_{k+1}| <= |grad| / s_N(A); each layer above undoes
one W_l (s_min over its n_l columns) and one slope. For the squared loss Delta_L = 2 (F_L - Y) o sigma'(G_L), and so

    Phi <= ( |grad_{k+1} Phi| / (2 s_N(A) prod_{l >= k+2} s_min(W_l) prod_{l >= k+1} min sigma'(G_l)) )^2

at *any* point; it is finite exactly where the conditions of the lemma on ranks and slopes hold. Every number in it is moved
to the safe side by its rounding: gradients up, singular values down.

A gradient that is small is not yet zero: where a unit saturates everything is small. ``cancellation`` is the size of the
gradient over the size of the terms it is a sum of; only a true zero of the gradient makes that small too.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from lsviewer.core.jobs import Progress, Step, within
from lsviewer.engine import rank_certificate
from lsviewer.engine.backpropagation import Pass, join, with_ones
from lsviewer.engine.linalg import EPS
from lsviewer.engine.rank_certificate import RankAnswer
from lsviewer.experiments.wide_layers.setting import Problem

SMALL = 1e-11  # largest gradient norm of a critical point, relative to the scale of Phi where that is above 1
CANCELS = 1e-8


@dataclass(frozen=True, slots=True)
class WeightRank:
    """Smallest of the n_l singular values of W_l (0 where it has fewer rows than columns), and its rounding."""

    layer: int
    least: float
    rank: int
    columns: int
    rounding: float

    @property
    def holds(self) -> bool | None:
        """Full column rank; None where rounding could flip it."""
        if self.least > 10.0 * self.rounding:
            return True
        return False if self.least == 0.0 or self.rank < self.columns - 1 else None


@dataclass(frozen=True, slots=True, eq=False)
class AtLayer:
    """What lemma 3.5 needs for one k (k = 0 is theorem 3.4)."""

    layer: int  # k
    features: RankAnswer
    least: float  # s_N([F_k, 1]), as computed
    doubt: float  # what rounding may take off it
    weights: tuple[WeightRank, ...]  # l = k + 2 .. L
    slopes: float  # least sigma' over G_l, l = k + 1 .. L, all samples
    steepness: float  # product over l of the least sigma'(G_l)
    gradient: float  # |grad_{k+1} Phi|
    rounding: float  # of that gradient
    bound: float  # of |l'(F_L - Y)|, infinite where a condition fails

    @property
    def phi_bound(self) -> float:
        """The bound of Phi, for the squared loss."""
        return (0.5 * self.bound) ** 2

    @property
    def ranks(self) -> bool | None:
        """Whether all W_l have full column rank; None: undecided."""
        found = [one.holds for one in self.weights]
        return False if False in found else None if None in found else True


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """Everything measured at one point but the Hessians."""

    problem: Problem
    theta: Tensor
    phi: float
    gradient: float  # norm of the whole gradient
    rounding: float  # of that norm
    identities: float  # largest difference of lemma 2.1 from autograd, over the size of the terms
    cancellation: float
    far: float  # largest |theta_i|
    layers: tuple[AtLayer, ...]

    @property
    def small(self) -> float:
        """Gradient norm up to which the point may be critical."""
        return max(SMALL * max(1.0, self.problem.scale), 10.0 * self.rounding)

    @property
    def zero(self) -> bool:
        """Phi is zero to rounding."""
        return self.phi <= self.problem.rounding

    @property
    def critical(self) -> bool | None:
        """Whether the gradient vanishes; None: it is small, and so are its terms (a plateau), or theta is far out."""
        if self.zero:
            return True
        if self.gradient > self.small:
            return False
        return True if self.cancellation < CANCELS and self.far < 1e4 else None

    def at(self, layer: int) -> AtLayer:
        """Return what was measured for k = ``layer``."""
        return next(one for one in self.layers if one.layer == layer)


def weight_rank(layer: int, weight: Tensor) -> WeightRank:
    """Return the rank of W_l in the paper's orientation; ``weight`` is torch's [n_l, n_{l-1}]."""
    columns, rows = weight.shape
    values = torch.linalg.svdvals(weight)
    rounding = max(rows, columns) * EPS * float(values[0])
    least = float(values[columns - 1]) if rows >= columns else 0.0
    return WeightRank(layer, least, int((values > rounding).sum()), columns, rounding)


def examine(problem: Problem, theta: Tensor, layers: tuple[int, ...]) -> Step[Findings]:
    """Return what is measured at theta, for every k of ``layers``."""
    objective = problem.objective
    done = objective.forward(theta)
    deltas = objective.deltas(done)
    by_hand = objective.gradients(done, deltas)
    gradient = join(by_hand)
    variable = theta.detach().clone().requires_grad_()
    (by_autograd,) = torch.autograd.grad(objective(variable), variable)
    terms, roundings = _terms(problem, done, deltas)
    size = float(join(terms).norm())
    found = []
    for count, layer in enumerate(layers):
        yield Progress(count / max(len(layers), 1), f"layer {layer}")
        step = _at_layer(problem, theta, done, layer, by_hand[layer], roundings[layer])
        found.append((yield from within(step, count / len(layers), (count + 1) / len(layers))))
    # no terms at all: slopes have underflown, which is a plateau beyond what float64 sees
    cancellation = float(gradient.norm()) / size if size > 0.0 else 1.0
    difference = float((gradient - by_autograd).abs().max()) / max(size, 1e-300)
    return Findings(
        problem, theta, float(objective.phi(done)), float(gradient.norm()), math.hypot(*roundings), difference,
        cancellation, float(theta.abs().max()), tuple(found),
    )  # fmt: skip


def _terms(
    problem: Problem, done: Pass, deltas: tuple[Tensor, ...]
) -> tuple[tuple[tuple[Tensor, Tensor], ...], list[float]]:
    """Return the gradients with every term made positive, and the rounding of every layer's gradient norm.

    The rounding starts from that of the residuals, eps times outputs and targets, and goes the way of the deltas; sums of N
    terms cost another N eps of their absolute sum.
    """
    objective = problem.objective
    terms = tuple((d.abs().mT @ f.abs(), d.abs().sum(-2)) for d, f in zip(deltas, done.features))
    top = max(objective.loss.curvature, 1.0) * 2.0
    noise = 8.0 * problem.stack.depth * EPS * top * (done.features[-1].abs() + objective.y.abs()) * done.slopes[-1]
    noises = [noise]
    for layer in range(len(done.layers) - 1, 0, -1):
        width = done.layers[layer][0].shape[0]
        back = (noises[0] + width * EPS * deltas[layer].abs()) @ done.layers[layer][0].abs()
        noises.insert(0, back * done.slopes[layer - 1].abs())
    roundings = []
    for number, (noise, feature) in enumerate(zip(noises, done.features)):
        own = (noise.mT @ with_ones(feature).abs()).norm()
        summed = objective.samples * EPS * torch.cat([terms[number][0].flatten(), terms[number][1]]).norm()
        roundings.append(float(own + summed))
    return terms, roundings


def _at_layer(
    problem: Problem, theta: Tensor, done: Pass, layer: int, gradient: tuple[Tensor, Tensor], rounding: float
) -> Step[AtLayer]:
    stack, x = problem.stack, problem.objective.x
    features = yield from rank_certificate.answer(stack, theta, x, layer)
    values = features.singular_values
    least = float(values[problem.samples - 1]) if len(values) >= problem.samples else 0.0
    _, error = rank_certificate.with_error(stack, theta, x, layer)
    spread = float(error.norm()) if bool(torch.isfinite(error).all()) else 0.0
    doubt = max(problem.samples, stack.widths[layer] + 1) * EPS * float(values[0]) + spread
    weights = tuple(weight_rank(number, done.layers[number - 1][0]) for number in range(layer + 2, stack.depth + 1))
    lows = [float(slope.min()) for slope in done.slopes[layer:]]
    steep = math.prod(max(low, 0.0) for low in lows)
    norm = math.hypot(float(gradient[0].norm()), float(gradient[1].norm()))
    below = max(least - doubt, 0.0) * steep * math.prod(max(one.least - one.rounding, 0.0) for one in weights)
    bound = (norm + rounding) / below if below > 0.0 else math.inf
    return AtLayer(layer, features, least, doubt, weights, min(lows), steep, norm, rounding, bound)
