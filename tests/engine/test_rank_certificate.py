"""Rank of [F_k, 1]: certified where mpmath agrees, never certified where it is deficient."""

import mpmath
import pytest
import torch

from lsviewer.core.jobs import finish
from lsviewer.engine import rank_certificate
from lsviewer.engine.activations import Activation, Erf, Relu, Sigmoid, Softplus, Tanh
from lsviewer.engine.backpropagation import Stack, join
from lsviewer.engine.rank_certificate import RankAnswer, answer, by_balls, certificate, residual_norm, with_error


def problem(activation: Activation, widths: tuple[int, ...], samples: int) -> tuple[Stack, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    stack = Stack(widths, activation)
    theta = torch.randn(stack.size, dtype=torch.float64, generator=generator)
    return stack, theta, torch.randn(samples, widths[0], dtype=torch.float64, generator=generator)


def ask(stack: Stack, theta: torch.Tensor, x: torch.Tensor, layer: int = 1) -> RankAnswer:
    return finish(answer(stack, theta, x, layer))[0]


@pytest.mark.parametrize("activation", [Tanh(), Sigmoid(), Softplus(alpha=3.0), Erf()], ids=lambda a: a.kind)
def test_random_features_are_certified_and_the_determinant_in_60_digits_is_not_zero(activation: Activation) -> None:
    stack, theta, x = problem(activation, (3, 7, 1), 8)
    found = ask(stack, theta, x)
    assert found.answer == "certified" and found.rank == 8 and 0 < found.margin <= 1
    assert by_balls(stack, theta, x, 1, list(range(8)), 128)
    weight, bias = stack.split(theta)[0]
    functions = {
        "tanh": mpmath.tanh, "sigmoid": lambda t: 1 / (1 + mpmath.exp(-t)), "erf": mpmath.erf,
        "softplus": lambda t: mpmath.log(1 + mpmath.exp(3 * t)) / 3,
    }  # fmt: skip
    with mpmath.workdps(60):
        g = mpmath.matrix(x.tolist()) * mpmath.matrix(weight.T.tolist())
        exact = mpmath.matrix(8, 8)
        for i in range(8):
            for j in range(7):
                exact[i, j] = functions[activation.kind](g[i, j] + mpmath.mpf(float(bias[j])))
            exact[i, 7] = 1
        assert abs(mpmath.det(exact)) > 1e-30
        # the entries lie within their bound
        values, error = with_error(stack, theta, x, 1)
        for i in range(8):
            for j in range(7):
                assert abs(mpmath.mpf(float(values[i, j])) - exact[i, j]) <= float(error[i, j]) < 1e-13


def test_what_float64_calls_rank_96_is_certified_by_balls() -> None:
    stack, theta, x = problem(Sigmoid(), (2, 99, 1), 100)
    theta = 0.6 * theta
    values = rank_certificate.singular_values(torch.cat([stack.forward(theta, x).features[1], torch.ones(100, 1)], 1))
    assert int((values > 100 * 2.3e-16 * values[0]).sum()) < 97
    found = ask(stack, theta, x)
    assert found.answer == "certified by balls" and found.rank == 100 and found.bits >= 128


def test_deeper_layers_are_certified_too() -> None:
    stack, theta, x = problem(Softplus(), (3, 6, 11, 2), 12)
    assert ask(stack, theta, x, 2).full
    assert ask(stack, theta, x, 0).answer == "deficient by construction"


def test_independent_inputs_are_certified() -> None:
    stack, theta, x = problem(Tanh(), (9, 2, 1), 10)
    assert ask(stack, theta, x, 0).answer == "certified"


# --- deficient ---------------------------------------------------------------------------------------------------------------


def test_too_few_units_equal_inputs_copies_and_dead_units_are_deficient() -> None:
    stack, theta, x = problem(Tanh(), (3, 12, 1), 10)
    assert ask(stack, theta, x).full
    twice = x.clone()
    twice[4] = twice[1]
    found = ask(stack, theta, twice)
    assert (found.answer, found.rank) == ("deficient by construction", 9) and "1 inputs are repeated" in found.reason
    (weight, bias), above = stack.split(theta)
    copied = join(((weight[:1].expand(12, -1), bias[:1].expand(12)), above))
    assert (ask(stack, copied, x).rank, ask(stack, copied, x).answer) == (2, "deficient by construction")
    constant = join(((torch.zeros_like(weight), bias), above))
    assert ask(stack, constant, x).rank == 1
    dead = Stack(stack.widths, Relu())
    assert ask(dead, join(((weight, bias - 100.0), above)), x).rank == 1
    narrow, few, x = problem(Tanh(), (3, 8, 1), 10)
    assert ask(narrow, few, x).rank == 9 and "8 units: rank at most 9" in ask(narrow, few, x).reason


def test_a_deficiency_that_is_no_construction_is_never_certified() -> None:
    """tanh is odd: a unit and its negative are dependent, exactly; float64 cannot know, balls cannot either."""
    stack, theta, x = problem(Tanh(), (3, 9, 1), 10)
    (weight, bias), above = stack.split(theta)
    weight, bias = weight.clone(), bias.clone()
    weight[5], bias[5] = -weight[2], -bias[2]
    theta = join(((weight, bias), above))
    assert not certificate(stack, theta, x, 1) < 1.0
    found = ask(stack, theta, x)
    assert found.answer == "not resolved" and found.rank == 9


def test_the_norm_counts_the_error_of_the_entries() -> None:
    eye = torch.eye(3, dtype=torch.float64)
    assert residual_norm(eye, eye, 0.0 * eye) < 1e-14
    assert residual_norm(eye, eye, 0.5 * torch.ones_like(eye)) == pytest.approx(1.5, rel=1e-12)
    assert residual_norm(eye, 0.5 * eye, 0.0 * eye) == pytest.approx(0.5, rel=1e-12)


def test_functions_without_a_known_lipschitz_constant_are_left_to_the_balls() -> None:
    stack, theta, x = problem(Tanh(), (3, 9, 1), 10)
    unknown = Stack(stack.widths, lambda t: torch.tanh(t) + t)
    assert certificate(unknown, theta, x, 1) == float("inf")
    assert ask(unknown, theta, x).answer == "not resolved"
