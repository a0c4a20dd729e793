"""Activations against scalar twins in plain Python, their modules, and their gains by sampling."""

import math
from collections.abc import Callable
from typing import get_args

import pytest
import torch
from pydantic import TypeAdapter
from scipy import integrate

from lsviewer.core.spec import Spec, SpecError, parse
from lsviewer.engine.activations import Activation, Relu, Sigmoid, Softplus, Tanh
from tests.cases import ACTIVATIONS, name

CASES = pytest.mark.parametrize(("activation", "twin"), ACTIVATIONS, ids=[name(a) for a, _ in ACTIVATIONS])
POINTS = [-30.0, -3.0, -1.0, -1e-3, 0.0, 1e-3, 0.5, 2.0, 19.9, 20.1, 30.0]


@CASES
def test_an_activation_is_its_scalar_twin(activation: Activation, twin: Callable[[float], float]) -> None:
    found = activation(torch.tensor(POINTS, dtype=torch.float64))
    expected = torch.tensor([twin(x) for x in POINTS], dtype=torch.float64)
    # a few ulp of the value; sin(900) loses three digits to the reduction of its argument in neither
    torch.testing.assert_close(found, expected, rtol=4e-15, atol=1e-15)


@CASES
def test_the_module_computes_the_same_and_has_no_parameters(
    activation: Activation, twin: Callable[[float], float]
) -> None:
    x = torch.tensor(POINTS, dtype=torch.float32)
    module = activation.module()
    torch.testing.assert_close(module(x), activation(x), rtol=0, atol=0)
    assert not list(module.parameters())
    assert activation(x).dtype is torch.float32


@CASES
def test_the_gradient_is_the_twins_difference_quotient(activation: Activation, twin: Callable[[float], float]) -> None:
    x = torch.tensor([-1.3, -0.2, 0.4, 1.7], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(activation(x).sum(), x)
    h = 1e-6  # truncation h² f''' / 6 < 30³ 2e-13 for the fastest sine, round-off eps / h = 2e-10
    quotient = [(twin(v + h) - twin(v - h)) / (2 * h) for v in x.tolist()]
    torch.testing.assert_close(slope, torch.tensor(quotient, dtype=torch.float64), rtol=1e-8, atol=1e-8)


def test_softplus_has_no_jump_where_torch_switches() -> None:
    x = torch.tensor([19.999999, 20.000001], dtype=torch.float64)
    assert float(Softplus()(x).diff()) == pytest.approx(2e-6, abs=1e-13)
    assert float(torch.nn.functional.softplus(x).diff()) < 2e-6 - 1e-9  # what is avoided


@CASES
def test_the_gain_is_torchs_or_keeps_the_mean_square(activation: Activation, twin: Callable[[float], float]) -> None:
    if isinstance(activation, Tanh | Sigmoid):
        assert activation.gain == torch.nn.init.calculate_gain(activation.kind)
        return
    if activation.kind == "sine":  # its gain also divides by the frequency
        assert activation.gain * activation.frequency == pytest.approx(1 / math.sqrt((1 - math.exp(-2)) / 2))
        return
    moment, _ = integrate.quad(
        lambda z: twin(z) ** 2 * math.exp(-z * z / 2) / math.sqrt(2 * math.pi), -12, 12, points=[0.0], epsabs=1e-10
    )
    assert activation.gain == pytest.approx(1 / math.sqrt(moment), abs=1e-6)


def test_every_kind_of_the_union_has_a_case() -> None:
    kinds = {kind.model_fields["kind"].default for kind in get_args(get_args(Activation)[0])}
    assert kinds == {activation.kind for activation, _ in ACTIVATIONS}


@CASES
def test_json_there_and_back(activation: Activation, twin: Callable[[float], float]) -> None:
    adapter: TypeAdapter[Activation] = TypeAdapter(Activation)
    assert adapter.validate_json(activation.model_dump_json()) == activation


def test_bad_values_are_refused_by_field() -> None:
    class Holder(Spec):
        activation: Activation = Relu()

    with pytest.raises(SpecError, match=r"field 'activation.alpha' is 0: input should be greater than 0"):
        parse(Holder, {"activation": {"kind": "softplus", "alpha": 0}})
    with pytest.raises(SpecError, match=r"field 'activation.kind' is 'relu6': there are relu, leaky_relu"):
        parse(Holder, {"activation": {"kind": "relu6"}})
