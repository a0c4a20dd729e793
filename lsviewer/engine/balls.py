"""Activations and their slopes in ball arithmetic (Johansson 2017, Arb): numbers as midpoint and radius, every operation
rounded outward, so that what holds for the balls holds for all numbers in them.

Only functions with a closed form are here; a network of another activation has no certificate by balls.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import flint
from torch import Tensor

AT_ONCE = 4_000_000  # products of balls in one call, about twenty milliseconds
Ball = flint.arb
Map = Callable[[Ball], Ball]


@dataclass(frozen=True, slots=True)
class Form:
    """An activation and its derivative on balls."""

    value: Map
    slope: Map


def _softplus(alpha: float) -> Form:
    a = Ball(alpha)
    return Form(lambda t: (a * t).exp().log1p() / a, lambda t: 1 / (1 + (-a * t).exp()))


def _sine(frequency: float) -> Form:
    w = Ball(frequency)
    return Form(lambda t: (w * t).sin(), lambda t: w * (w * t).cos())


def _logistic(t: Ball) -> Ball:
    return 1 / (1 + (-t).exp())


def _bell(t: Ball) -> Ball:
    return 2 * (-t * t).exp() / Ball.pi().sqrt()


IDENTITY = Form(lambda t: t, lambda _: Ball(1))
FORMS: dict[str, Form] = {
    "tanh": Form(lambda t: t.tanh(), lambda t: t.sech() ** 2),
    "sigmoid": Form(_logistic, lambda t: _logistic(t) * _logistic(-t)),
    "atan": Form(lambda t: t.atan(), lambda t: 1 / (1 + t * t)),
    "erf": Form(lambda t: t.erf(), _bell),
    "identity": IDENTITY,
    "tanh_cubed": Form(lambda t: (t * t * t).tanh(), lambda t: 3 * t * t * (t * t * t).sech() ** 2),
}


def form(activation: object) -> Form | None:
    """Return the activation on balls, None where it has no closed form here."""
    match getattr(activation, "kind", ""):
        case "softplus":
            return _softplus(float(activation.alpha))  # type: ignore[attr-defined]
        case "sine":
            return _sine(float(activation.frequency))  # type: ignore[attr-defined]
        case kind:
            return FORMS.get(kind)


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Compute with so many bits inside; the setting is flint's own and global."""
    before = flint.ctx.prec
    flint.ctx.prec = bits
    try:
        yield
    finally:
        flint.ctx.prec = before


def product(a: flint.arb_mat, b: flint.arb_mat) -> flint.arb_mat:
    """Return a b, some rows at a time: flint keeps the interpreter during a product, and the window would stand still."""
    rows = max(1, AT_ONCE // max(1, a.ncols() * b.ncols()))
    if rows >= a.nrows():
        return a * b
    entries = a.entries()
    found: list[Ball] = []
    for first in range(0, a.nrows(), rows):
        count = min(rows, a.nrows() - first)
        part = flint.arb_mat(count, a.ncols(), entries[first * a.ncols() : (first + count) * a.ncols()])
        found += (part * b).entries()
    return flint.arb_mat(a.nrows(), b.ncols(), found)


def matrix(values: Tensor) -> flint.arb_mat:
    """Return a matrix of exact balls."""
    return flint.arb_mat(values.tolist())
