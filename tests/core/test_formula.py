"""Formulas: numbers against numpy, and that nothing outside the whitelist passes."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsviewer.core.formula import MAX_LENGTH, evaluate, parse, variables
from lsviewer.core.spec import SpecError

A, B = np.meshgrid(np.linspace(0, 1, 7), np.linspace(0, 1, 5), indexing="ij")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0.5 + 0.5*sin(6*a)*cos(6*b)", 0.5 + 0.5 * np.sin(6 * A) * np.cos(6 * B)),
        ("a^2 - -b", A**2 + B),
        ("hypot(a, b) / e + pi - tau/2", np.hypot(A, B) / math.e),
        ("where(a > b, a, b)", np.maximum(A, B)),
        ("clip(3*a, 0.2, max(b, 0.4))", np.clip(3 * A, 0.2, np.maximum(B, 0.4))),
        ("mod(7*a, 2) + floor(2*b) % 2", np.mod(7 * A, 2) + np.mod(np.floor(2 * B), 2)),
        ("(a <= 0.5) * 2 // 1", (A <= 0.5) * 2.0),
    ],
)
def test_a_formula_is_its_numpy_twin(expression: str, expected: np.ndarray) -> None:
    np.testing.assert_allclose(
        evaluate(parse(expression), {"a": A, "b": B}), expected, rtol=0, atol=1e-14
    )  # one ulp per step


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("__import__('os').system('ls')", "Call is not allowed"),
        ("open('/etc/passwd')", "unknown function 'open'"),
        ("a.real", "Attribute is not allowed"),
        ("(1).__class__", "Attribute is not allowed"),
        ("sin.__globals__", "Attribute is not allowed"),
        ("os", "unknown name 'os'"),
        ("x + 1", "unknown name 'x'"),
        ("[a for a in (1, 2)]", "ListComp is not allowed"),
        ("lambda: 1", "Lambda is not allowed"),
        ("a if b else c", "IfExp is not allowed"),
        ("a and b", "BoolOp is not allowed"),
        ("not a", "operator Not is not allowed"),
        ("a[0]", "Subscript is not allowed"),
        ("'text'", "Constant is not allowed"),
        ("1j", "Constant is not allowed"),
        ("True", "not allowed, use a comparison"),
        ("(a := 1)", "NamedExpr is not allowed"),
        ("f'{a}'", "JoinedStr is not allowed"),
        ("a @ b", "operator MatMult is not allowed"),
        ("a << 3", "operator LShift is not allowed"),
        ("a < b < c", "Compare is not allowed"),
        ("a == b", "Compare is not allowed"),
        ("sin(a, b)", "sin takes 1 argument, not 2"),
        ("max(a)", "max takes 2 arguments, not 1"),
        ("sin(x=a)", "Call is not allowed"),
        ("sin(*a)", "Starred is not allowed"),
        ("9" * 400, "smaller than 1e300"),
        ("1e400", "smaller than 1e300"),
        ("a +", "is not an expression"),
        ("a; b", "is not an expression"),
        ("", "is not an expression"),
        ("(" * 300 + "a" + ")" * 190, "is not an expression"),
        ("a\0", "is not an expression"),
        ("a+" * MAX_LENGTH + "a", f"at most {MAX_LENGTH}"),
    ],
)
def test_what_is_not_on_the_list_is_refused_by_name(expression: str, why: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse(expression)
    assert why in str(caught.value)


def test_a_tower_of_powers_stays_small() -> None:
    assert evaluate(parse("9**9**9**9"), {}) == 9.0**64
    assert evaluate(parse("2**1000"), {}) == 2.0**64  # exponents are clipped


def test_a_long_chain_of_signs_is_no_crash() -> None:
    assert evaluate(parse("-" * 80 + "a"), {"a": np.ones(2)}).tolist() == [1.0, 1.0]


def test_what_is_not_finite_stays_so_without_a_warning() -> None:
    assert np.isnan(evaluate(parse("log(a - 2)"), {"a": np.ones(1)})).all()
    assert np.isinf(evaluate(parse("1/(a - 1)"), {"a": np.ones(1)})).all()


@pytest.mark.parametrize(("expression", "axes"), [("1", 1), ("a", 1), ("b", 2), ("a + b", 2), ("c*0", 3)])
def test_the_axes_follow_from_the_names(expression: str, axes: int) -> None:
    assert variables(parse(expression)) == axes


@given(st.text(alphabet="abcxsin()+-*/.,_[]{}'\"0123456789 <>=:^@\\", max_size=40))
def test_any_text_is_a_formula_or_one_sentence(text: str) -> None:
    try:
        tree = parse(text)
    except SpecError:
        return
    evaluate(tree, {"a": np.ones(2), "b": np.ones(2), "c": np.ones(2)})
