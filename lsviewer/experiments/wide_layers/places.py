"""The points that are looked at: found, untrained, from a file, or built to break one hypothesis."""

from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor

from lsviewer.core.jobs import Step, within
from lsviewer.core.spec import Spec, SpecError
from lsviewer.engine.backpropagation import Objective, Stack, join
from lsviewer.engine.batched_descent import Descents, descend, find_critical
from lsviewer.engine.context import Context
from lsviewer.engine.params import flatten
from lsviewer.engine.points import Found, FromCheckpoint, Init
from lsviewer.experiments.wide_layers.setting import Problem

JACOBIANS = 30_000_000  # entries of the Jacobians of all starts at once
HESSIANS = 400  # parameters up to which a gradient is driven to zero by Newton's method


class ZeroAbove(Spec):
    """Random first layer, zero weights above it, and the constant output with the least loss: the gradient is zero."""

    kind: Literal["zero_above"] = "zero_above"


class Copies(Spec):
    """The best network with one hidden unit, that unit copied: the gradient is zero, the features have rank 2."""

    kind: Literal["copies"] = "copies"


class AllZero(Spec):
    """Zero first layer, random weights above it, and the constant output with the least loss."""

    kind: Literal["zero_below"] = "zero_below"


Place = Annotated[
    Found | Init | FromCheckpoint | ZeroAbove | AllZero | Copies, Field(discriminator="kind", title="Point")
]
Polish = Literal["no", "loss", "gradient"]


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """A point, how it was reached, and the way there (one row a step; empty where there was none)."""

    theta: Tensor
    words: str
    path: Tensor | None = None  # [steps, n]


def starts(problem: Problem, context: Context, count: int, name: str = "init") -> Tensor:
    """Return random networks [count, n]; biases are drawn too, so that units differ in every way."""
    generator = context.generator(name)
    rows = []
    for _ in range(count):
        theta = problem.start(generator)
        layers = [
            (weight, 0.5 * torch.randn(bias.shape, dtype=bias.dtype, generator=generator).to(bias.device))
            for weight, bias in problem.stack.split(theta)
        ]
        rows.append(join(tuple(layers)))
    return torch.stack(rows)


def affordable(problem: Problem, count: int) -> int:
    """Return how many ways down fit memory at once; raises `SpecError` where not even one does."""
    entries = problem.samples * problem.objective.outputs * problem.stack.size
    if entries > JACOBIANS:
        raise SpecError(
            f"field 'dataset.limit': {problem.samples} samples and {problem.stack.size} parameters make a Jacobian of "
            f"{8e-9 * entries:.1f} GB; at most {8e-9 * JACOBIANS:.2f} GB are taken"
        )
    return max(1, min(count, JACOBIANS // entries))


def locate(
    problem: Problem, place: Place, context: Context, *, polish: Polish, steps: int, tries: int
) -> Step[Located]:
    """Return the point asked for; `Found` is the best end of several ways down, its gradient driven to zero."""
    match place:
        case Found():
            theta = starts(problem, context, affordable(problem, tries))
            return (yield from best(problem, theta, steps))
        case Init():
            located = Located(problem.start(context.generator("init")), "random init")
        case FromCheckpoint():
            widths = problem.stack.widths
            params = place.load(
                context.files, problem.network, widths[0], widths[-1], dtype=torch.float64, device=context.device
            )
            located = Located(flatten(params), f"checkpoint {place.path}")
        case ZeroAbove():
            located = Located((yield from _constant(problem, context, above=True)), "weights above layer 1 zero")
        case AllZero():
            located = Located((yield from _constant(problem, context, above=False)), "first layer zero")
        case Copies():
            located = Located((yield from copies(problem, context, steps)), "copies of the best unit")
    if polish == "no":
        return located
    if polish == "loss":
        affordable(problem, 1)
        return (yield from best(problem, located.theta[None], steps, gradient=False))
    ended = yield from _sharpen(problem, located.theta, steps)
    return Located(ended, f"{located.words}, its gradient driven to zero")


def best(problem: Problem, start: Tensor, steps: int, gradient: bool = True) -> Step[Located]:
    """Return the best end of all ways down; where Phi stays above zero its gradient is driven to zero."""
    stop = 1e-3 * problem.rounding
    keep = start.numel() * steps <= 20_000_000
    objective = problem.objective
    found: Descents = yield from within(descend(objective, start, steps=steps, stop_below=stop, keep=keep), 0.0, 0.8)
    pick = int(found.values.argmin())
    theta = found.theta[pick]
    path = torch.stack([step[pick] for step in found.path]) if keep else None
    if path is not None:
        path = path[: int(found.steps[pick]) + 1] if len(path) > int(found.steps[pick]) + 1 else path
    words = f"found in {int(found.steps[pick])} steps, best of {len(start)} starts"
    if gradient and float(found.values[pick]) > problem.rounding and problem.stack.size <= HESSIANS:
        theta = yield from within(_sharpen(problem, theta, steps), 0.8, 1.0)
    return Located(theta, words, path)


def _sharpen(problem: Problem, theta: Tensor, steps: int) -> Step[Tensor]:
    if problem.stack.size > HESSIANS:
        raise SpecError(f"field 'polish' is 'gradient': {problem.stack.size} parameters, at most {HESSIANS} are taken")
    found = yield from find_critical(problem.objective, theta[None], steps=min(steps, 100), stop_below=1e-30)
    return found.theta[0]


def constant(objective: Objective) -> Step[Tensor]:
    """Return the last bias [m] of the constant output with the least loss (one that a way down from 0 finds)."""
    outputs = objective.outputs
    stack = Stack((1, outputs), objective.stack.activation, objective.stack.activated)
    alone = Objective(stack, torch.zeros_like(objective.x[:, :1]), objective.y, objective.loss)
    start = torch.zeros(1, stack.size, dtype=torch.float64, device=objective.x.device)
    found = yield from descend(alone, start, steps=100, stop_below=0.0)
    ended = yield from find_critical(alone, found.theta, steps=30, stop_below=1e-32)
    return ended.theta[0, outputs:]


def _constant(problem: Problem, context: Context, *, above: bool) -> Step[Tensor]:
    layers = list(problem.stack.split(starts(problem, context, 1)[0]))
    bias = yield from constant(problem.objective)
    for number in range(2, len(layers) + 1) if above else range(1, 2):
        weight, shift = layers[number - 1]
        layers[number - 1] = (torch.zeros_like(weight), torch.zeros_like(shift))
    if not above:  # what reaches the last layer is a constant c: its bias takes W c off
        h = torch.zeros_like(layers[0][1])
        h = problem.stack.activation(h)
        for weight, shift in layers[1:-1]:
            h = problem.stack.activation(weight @ h + shift)
        bias = bias - layers[-1][0] @ h
    layers[-1] = (layers[-1][0], bias)
    return join(tuple(layers))


def copies(problem: Problem, context: Context, steps: int) -> Step[Tensor]:
    """Return the best network with one hidden unit, the unit copied n_1 times and its output shared out."""
    widths = problem.stack.widths
    if len(widths) != 3:
        raise SpecError(f"field 'point.kind' is 'copies': one hidden layer is expected, there are {len(widths) - 2}")
    objective = problem.objective
    narrow = Stack((widths[0], 1, widths[2]), problem.stack.activation, problem.stack.activated)
    small = Objective(narrow, objective.x, objective.y, objective.loss)
    noise = torch.randn(20, narrow.size, dtype=torch.float64, generator=context.generator("copies"))
    found = yield from descend(small, noise.to(objective.x.device), steps=steps, stop_below=0.0)
    # the best end may creep to infinity; the best one that is bounded has a gradient to drive to zero
    bounded = torch.where(found.theta.abs().amax(1) < 50.0, found.values, torch.inf)
    theta = found.theta[int(bounded.argmin())]
    ended = yield from find_critical(small, theta[None], steps=100, stop_below=1e-32)
    (weight, bias), (out, shift) = narrow.split(ended.theta[0])
    count = widths[1]
    return join(((weight.expand(count, -1), bias.expand(count)), (out.expand(-1, count) / count, shift)))
