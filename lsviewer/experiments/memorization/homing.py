"""From one minimum to another inside M: go straight at the target, always projected on the tangent space, always
corrected back to M.

Near the target the rest of the way is a short straight line, corrected too. Where the straight line is nearly normal
to M, no tangent step comes nearer: the walk then goes on from the other end towards the first, and gives up when both
are stuck.
"""

from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor

from lsviewer.core.jobs import Progress, Step
from lsviewer.core.numerals import num
from lsviewer.engine.gauss_newton import Residuals
from lsviewer.engine.manifold import SingularPoint, advance, chart

STALLED = 25  # steps without coming 1 % nearer


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """A path on M from one point to another: all its points, or up to where both ends were stuck."""

    points: tuple[Tensor, ...]
    complete: bool
    gap: float  # largest distance between neighbours where it is complete, else between the two ends
    chord_worst: float  # largest loss halfway between neighbours, before correction


def join(
    residuals: Residuals, start: Tensor, end: Tensor, *, pace: float, steps: int, limit: float, stop_below: float
) -> Step[Joined]:
    """Return a path of points on M from ``start`` to ``end``, both on M, halfway points included."""
    from_start, from_end = [start], [end]
    distance = float((end - start).norm())
    first, taken, turns = max(distance, 1e-300), 0, 0
    side, other = from_start, from_end
    best, since = distance, 0
    while distance > pace and taken < steps:
        try:
            here = yield from chart(residuals, side[-1])
            reach = advance(here, other[-1] - side[-1], min(pace, 0.5 * distance), limit=limit, stop_below=stop_below)
        except SingularPoint:
            reach = None
        taken += 1
        if reach is not None:
            after = float((other[-1] - reach.theta).norm())
            if after < distance:
                side.append(reach.theta)
                distance = after
        since = 0 if distance < 0.99 * best else since + 1
        best = min(best, distance) if since == 0 else best
        yield Progress(min(0.99, 1.0 - distance / first), f"step {taken}, {num(distance, 3)} to go")
        if reach is None or since >= STALLED or (side[-1] is not reach.theta):
            turns += 1
            side, other = other, side
            best, since = distance, 0
            if turns > 3:
                break
    complete = distance <= pace
    points = [*from_start, *reversed(from_end)] if complete else from_start
    filled, worst = yield from _halfway(residuals, points, limit, stop_below)
    near = [float((b - a).norm()) for a, b in pairwise(filled)]
    complete = complete and filled is not points
    return Joined(tuple(filled), complete, max(near, default=0.0) if complete else distance, worst)


def _halfway(
    residuals: Residuals, points: list[Tensor], limit: float, stop_below: float
) -> Step[tuple[list[Tensor], float]]:
    """Return the points with one on M between any two neighbours; the same list where that fails."""
    filled, worst = [points[0]], 0.0
    for k in range(len(points) - 1):
        middle = 0.5 * (points[k] + points[k + 1])
        worst = max(worst, residuals.loss(residuals.at(middle)))
        try:
            here = yield from chart(residuals, points[k])
        except SingularPoint:
            return points, worst
        corrected, loss = here.correct(middle, stop_below=stop_below)
        if loss > limit or float((corrected - middle).norm()) > float((points[k + 1] - points[k]).norm()):
            return points, worst
        filled += [corrected, points[k + 1]]
        yield Progress(0.99, f"between the points, {k + 1} of {len(points) - 1}")
    return filled, worst
