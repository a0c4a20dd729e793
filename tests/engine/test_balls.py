"""Activations on balls: they contain what mpmath finds in 40 digits, and their slopes what it differentiates."""

import flint
import mpmath
import pytest

from lsviewer.engine import balls
from lsviewer.engine.activations import Activation, Atan, Erf, Identity, Relu, Sigmoid, Sine, Softplus, Tanh, TanhCubed

ORACLES = {
    "tanh": mpmath.tanh, "sigmoid": lambda t: 1 / (1 + mpmath.exp(-t)), "atan": mpmath.atan, "erf": mpmath.erf,
    "softplus": lambda t: mpmath.log(1 + mpmath.exp(3 * t)) / 3, "sine": lambda t: mpmath.sin(2 * t), "identity": lambda t: +t,
    "tanh_cubed": lambda t: mpmath.tanh(t**3),
}  # fmt: skip
KNOWN: tuple[Activation, ...] = (
    Tanh(), Sigmoid(), Atan(), Erf(), Softplus(alpha=3.0), Sine(frequency=2.0), Identity(), TanhCubed(),
)  # fmt: skip


@pytest.mark.parametrize("activation", KNOWN, ids=lambda a: a.kind)
@pytest.mark.parametrize("t", [-2.5, -0.125, 0.0, 0.75, 3.5])
def test_value_and_slope_contain_those_of_mpmath(activation: Activation, t: float) -> None:
    form = balls.form(activation)
    assert form is not None
    oracle = ORACLES[activation.kind]
    with mpmath.workdps(40), balls.precision(100):
        for found, exact in ((form.value, oracle(mpmath.mpf(t))), (form.slope, mpmath.diff(oracle, mpmath.mpf(t)))):
            ball = found(balls.Ball(t))
            gap = flint.arb(mpmath.nstr(exact, 30)) - ball
            # 100 bits are 30 digits; numerical differentiation in 40 digits is good for 15 at least
            assert float(gap.abs_upper()) <= 1e-15
            wide = found(balls.Ball(t, 0.01))
            assert wide.contains(flint.arb(mpmath.nstr(exact, 18)))


def test_a_product_in_parts_is_the_product(monkeypatch: pytest.MonkeyPatch) -> None:
    a = flint.arb_mat(5, 3, [balls.Ball(k, 0.01) for k in range(15)])
    b = flint.arb_mat(3, 2, list(range(6)))
    whole = (a * b).tolist()
    monkeypatch.setattr(balls, "AT_ONCE", 12)  # two rows at a time, the last alone
    parts = balls.product(a, b).tolist()
    assert all(x.contains(y) and y.contains(x) for p, w in zip(parts, whole) for x, y in zip(p, w))


def test_a_function_without_a_form_has_none_and_the_precision_comes_back() -> None:
    assert balls.form(Relu()) is None and balls.form(lambda t: t) is None
    before = flint.ctx.prec
    with pytest.raises(ZeroDivisionError), balls.precision(before + 100):
        raise ZeroDivisionError
    assert flint.ctx.prec == before
