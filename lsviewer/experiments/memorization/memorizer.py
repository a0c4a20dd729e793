"""The memorising network of Lemma 3.3, Corollary 3.4 and Remark 4.2, as explicit parameters.

A projection a puts the points in a row, z_i = a.x_i. Knots b_1 < z_1 < b_2 < z_2 < ... make the matrix A_ij =
sigma(z_i - b_j) lower triangular with a positive diagonal for every rectified sigma, so A m = y has a solution for
any targets: d hidden units, one each point.

The paper takes midpoints b_j = (z_{j-1} + z_j) / 2. That is exact algebra, but forward substitution then multiplies
rounding by about exp(4 d / gap) for smooLU. With the *left* knots b_j = z_{j-1} the diagonal is as large as it gets
and float64 keeps 1e-10 at d = 100. In mpmath the midpoints are as good as any.

The scale of a makes the least gap 2: there smooLU has risen to 1.2, and its slope is close to 1. Where rank X >= d, X
a = any row can be solved, and equal gaps are best; else the best of some hundred random directions is taken.

Depth T (Corollary 3.4). Unit 1 of every layer passes the row on, sigma strictly increasing keeps its order; the last
hidden layer is that of the lemma. Two repairs of the proof as printed: M_2..M_{T-1} pass on, M_T and M_{T+1} are
built as in the lemma (the index is off by one); and the row is spread again before the last layer, by one factor in
M_T, because sigma squeezes it.

Several outputs (Remark 4.2). One hidden layer serves all of them with l right-hand sides; the remark's l copies are
offered too.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from lsviewer.core.jobs import Progress, Step
from lsviewer.engine.activations import Activation
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import Params
from lsviewer.engine.traits import traits

Knots = Literal["midpoint", "left", "exact"]
GAP = 2.0
LOW = 0.5  # bounded activations get the row on [LOW, LOW + 1], where none is flat yet


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """The points in a row: projection a [p], order, and sorted values z [d] with least gap `GAP`."""

    a: Tensor
    order: Tensor  # z[i] belongs to point order[i]
    z: Tensor
    equispaced: bool

    @property
    def gap_min(self) -> float:
        return float(self.z.diff().min()) if len(self.z) > 1 else GAP

    @property
    def spread(self) -> float:
        """Range over least gap: d - 1 where the points are equally spaced."""
        return float(self.z[-1] - self.z[0]) / self.gap_min


def line_up(x: Tensor, candidates: int, generator: torch.Generator) -> Step[Row]:
    """Return the projection with the least spread: equal gaps where X a can be anything, else the best of so many random ones."""
    d, p = x.shape
    if d == 1:
        return Row(
            torch.zeros(p, dtype=x.dtype, device=x.device), torch.zeros(1, dtype=torch.long), x.new_zeros(1), True
        )
    if d <= p and int(torch.linalg.matrix_rank(x)) == d:
        wanted = GAP * torch.arange(d, dtype=x.dtype, device=x.device)
        a = torch.linalg.lstsq(x, wanted[:, None], driver="gelsd").solution[:, 0]
        found = _sorted(x, a, True)
        if abs(found.gap_min - GAP) < 1e-6:
            return found
    best, least = None, 0.0
    for start in range(0, candidates, 50):
        many = torch.randn(p, min(50, candidates - start), dtype=x.dtype, generator=generator).to(x.device)
        rows = (x @ many).sort(0).values
        relative = rows.diff(dim=0).min(0).values / (rows[-1] - rows[0])
        k = int(relative.argmax())
        if float(relative[k]) > least:
            best, least = many[:, k], float(relative[k])
        yield Progress(min(1.0, (start + 50) / candidates), f"projection {min(start + 50, candidates)} of {candidates}")
    if best is None:
        raise ArithmeticError("every projection puts two points in one place: are the inputs distinct?")
    gap = _sorted(x, best, False).gap_min
    return _sorted(x, best * (GAP / gap), False)


def _sorted(x: Tensor, a: Tensor, equispaced: bool) -> Row:
    z, order = (x @ a).sort()
    return Row(a, order, z, equispaced)


def knots(z: Tensor, rule: Literal["midpoint", "left"]) -> Tensor:
    """Return b [d] for sorted z; the first is one before z_1 at distance 1 (paper), or a whole gap (left)."""
    if rule == "left":
        return torch.cat([z[:1] - GAP, z[:-1]])
    before = torch.cat([z[:1] - 1.0, z[:-1]])
    return 0.5 * (before + z)


@dataclass(frozen=True, slots=True, eq=False)
class Memorizer:
    """A network that represents the data, and the numbers of its making."""

    network: Mlp
    params: Params
    matrix: Tensor  # A, rows and columns in the order of the row
    order: Tensor
    growth: float  # largest |m| over largest |y|


def memorize(
    x: Tensor, y: Tensor, row: Row, activation: Activation, *, rule: Literal["midpoint", "left"], hidden: tuple[int, ...],
    copies: bool = False,
) -> Step[Memorizer]:  # fmt: skip
    """Return the network in float64; the last entry of ``hidden`` is at least d (times l for copies)."""
    d, outputs = y.shape
    network = Mlp(hidden=hidden, activation=activation)
    params: Params = {
        name: x.new_zeros(shape) for name, shape in network.shapes(x.shape[1], outputs).items()
    }  # fmt: skip
    depth = len(hidden)
    values, weight, name = row.z, row.a, 0
    if depth > 1:
        values = _pass_on(params, x @ row.a, row.a, activation, depth)
        values = values[row.order]
        gap = float(values.diff().min()) if d > 1 else GAP
        if gap <= 0.0:
            raise ArithmeticError(f"{activation.label} maps two of {d} points to one number in float64")
        name = depth - 1
        weight = x.new_zeros(hidden[depth - 2])
        weight[0] = GAP / gap
        values = values * weight[0]
    b = knots(values, rule)
    blocks = outputs if copies else 1
    for block in range(blocks):
        params[f"{2 * name}.weight"][block * d : (block + 1) * d] = weight
        params[f"{2 * name}.bias"][block * d : (block + 1) * d] = -b
    yield Progress(0.2, "the triangular matrix")
    # A as the network itself computes it: the solution then fits its rounding too
    matrix = _last_features(network, params, x)[row.order][:, :d]
    wanted = y[row.order]
    solution = torch.linalg.solve_triangular(matrix.tril(), wanted, upper=False)
    yield Progress(0.6, "substitution")
    for _ in range(2):
        rest = wanted - matrix @ solution
        better = solution + torch.linalg.solve_triangular(matrix.tril(), rest, upper=False)
        if not bool(torch.isfinite(better).all()):
            break
        if float((wanted - matrix @ better).abs().max()) >= float(rest.abs().max()):
            break
        solution = better
    last = params[f"{2 * depth}.weight"]
    for output in range(outputs):
        first = output * d if copies else 0
        last[output, first : first + d] = solution[:, output]
    growth = float(solution.abs().max() / y.abs().max().clamp(min=1e-300))
    yield Progress(1.0, "substitution")
    return Memorizer(network, params, matrix, row.order, growth)


def _pass_on(params: Params, values: Tensor, a: Tensor, activation: Activation, depth: int) -> Tensor:
    """Set unit 1 of all hidden layers but the last, and return its values there, in the order of the points."""
    for layer in range(depth - 1):
        low, high = float(values.min()), float(values.max())
        if traits(activation).bounded:
            factor = 1.0 / max(high - low, 1e-300)
            shift = LOW - factor * low
        else:  # all points right of 0, a gap away from where smooLU is flat; then sigma keeps them positive
            factor, shift = 1.0, GAP - low if layer == 0 else 0.0
        weight = params[f"{2 * layer}.weight"]
        if layer == 0:
            weight[0] = factor * a
        else:
            weight[0, 0] = factor
        params[f"{2 * layer}.bias"][0] = shift
        values = activation(factor * values + shift)
    return values


def _last_features(network: Mlp, params: Params, x: Tensor) -> Tensor:
    h = x
    for layer in range(len(network.hidden)):
        h = network.activation(torch.addmm(params[f"{2 * layer}.bias"], h, params[f"{2 * layer}.weight"].T))
    return h
