"""Formulas a user types, evaluated on numpy arrays through a whitelist of syntax: no eval, no names but those listed."""

import ast
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from lsviewer.core.arrays import Array
from lsviewer.core.spec import SpecError

MAX_LENGTH = 500
MAX_EXPONENT = 64.0

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
    "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "atan2": np.arctan2, "hypot": np.hypot,
    "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "abs": np.abs, "sign": np.sign, "floor": np.floor, "ceil": np.ceil,
    "min": np.minimum, "max": np.maximum, "clip": np.clip, "where": np.where, "mod": np.mod,
}  # fmt: skip
CONSTANTS = {"pi": math.pi, "e": math.e, "tau": math.tau}
VARIABLES = ("a", "b", "c")

_BINARY: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide, ast.Mod: np.mod,
    ast.FloorDiv: np.floor_divide,
}  # fmt: skip
_COMPARE: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Lt: np.less, ast.LtE: np.less_equal, ast.Gt: np.greater, ast.GtE: np.greater_equal,
}  # fmt: skip
_UNARY: dict[type[ast.AST], Callable[[Any], Any]] = {ast.USub: np.negative, ast.UAdd: np.positive}


def parse(expression: str) -> ast.expr:
    """Return the checked syntax tree of ``expression``; raises `SpecError` naming what is not allowed."""
    if len(expression) > MAX_LENGTH:
        raise SpecError(f"formula has {len(expression)} characters, at most {MAX_LENGTH} are allowed")
    try:
        tree = ast.parse(expression.strip().replace("^", "**"), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise SpecError(f"formula {expression!r} is not an expression such as 0.5 + 0.5*sin(6*a)*cos(6*b)") from None
    _check(tree)
    return tree


def variables(tree: ast.expr) -> int:
    """Return how many axes the formula uses: 1 for ``a`` alone, 2 when ``b`` occurs, 3 for ``c``; at least 1."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return max([1, *(k for k, name in enumerate(VARIABLES, start=1) if name in names)])


def evaluate(tree: ast.expr, values: Mapping[str, Array]) -> Array:
    """Return the formula on arrays that broadcast together; a value that is not finite stays so."""
    with np.errstate(all="ignore"):
        return np.asarray(_value(tree, values), dtype=np.float64)


def _check(node: ast.AST) -> None:
    match node:
        case ast.Constant(value=bool()):
            raise SpecError("formula: True and False are not allowed, use a comparison")
        case ast.Constant(value=int() | float() as number):
            if not abs(number) < 1e300:  # float() of a longer whole number is an error
                raise SpecError("formula: numbers must be smaller than 1e300")
        case ast.Name(id=name):
            if name not in VARIABLES and name not in CONSTANTS:
                known = ", ".join([*VARIABLES, *CONSTANTS, *FUNCTIONS])
                raise SpecError(f"formula: unknown name {name!r}; known are {known}")
        case ast.BinOp(left=left, op=op, right=right):
            if type(op) not in _BINARY and not isinstance(op, ast.Pow):
                raise SpecError(f"formula: operator {type(op).__name__} is not allowed")
            _check(left)
            _check(right)
        case ast.UnaryOp(op=op, operand=operand):
            if type(op) not in _UNARY:
                raise SpecError(f"formula: operator {type(op).__name__} is not allowed")
            _check(operand)
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARE:
            _check(left)
            _check(right)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            if name not in FUNCTIONS:
                raise SpecError(f"formula: unknown function {name!r}; known are {', '.join(FUNCTIONS)}")
            count = _arguments(name)
            if len(args) != count:
                raise SpecError(f"formula: {name} takes {count} argument{'s' * (count > 1)}, not {len(args)}")
            for argument in args:
                _check(argument)
        case _:
            raise SpecError(
                f"formula: {type(node).__name__} is not allowed; use numbers, a, b, c, + - * / ** and functions"
            )


def _arguments(name: str) -> int:
    return {"atan2": 2, "hypot": 2, "min": 2, "max": 2, "mod": 2, "clip": 3, "where": 3}.get(name, 1)


def _value(node: ast.AST, values: Mapping[str, Array]) -> Any:
    match node:
        case ast.Constant(value=value):
            return np.float64(value)  # type: ignore[arg-type]
        case ast.Name(id=name):
            return CONSTANTS[name] if name in CONSTANTS else values[name]
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return np.power(
                np.asarray(_value(left, values), np.float64),
                np.clip(_value(right, values), -MAX_EXPONENT, MAX_EXPONENT),
            )
        case ast.BinOp(left=left, op=op, right=right):
            return _BINARY[type(op)](_value(left, values), _value(right, values))
        case ast.UnaryOp(op=op, operand=operand):
            return _UNARY[type(op)](_value(operand, values))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _COMPARE[type(op)](_value(left, values), _value(right, values)).astype(np.float64)
        case ast.Call(func=ast.Name(id=name), args=args):
            found = [_value(argument, values) for argument in args]
            return np.where(np.asarray(found[0]) > 0, *found[1:]) if name == "where" else FUNCTIONS[name](*found)
    raise AssertionError(f"unchecked formula node {node!r}")
