"""Sweeps and Gram matrices against autograd, Levenberg-Marquardt against problems whose answer is known."""

import pytest
import torch

from lsviewer.core.jobs import Progress, finish
from lsviewer.engine.activations import Silu, Smoolu, Softplus, Tanh
from lsviewer.engine.gauss_newton import Residuals, levenberg_marquardt, pull, push
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import flatten, of

CASES = [
    (Mlp(hidden=()), 3, 2),
    (Mlp(hidden=(5,), activation=Tanh()), 4, 1),
    (Mlp(hidden=(6, 5, 4), activation=Silu()), 3, 3),
    (Mlp(hidden=(4, 4), activation=Smoolu()), 2, 2),
]


def problem(network: Mlp, inputs: int, outputs: int, samples: int = 7) -> tuple[Residuals, torch.Tensor]:
    g = torch.Generator().manual_seed(3)
    x = torch.randn(samples, inputs, dtype=torch.float64, generator=g)
    y = torch.randn(samples, outputs, dtype=torch.float64, generator=g)
    module = network.build(inputs, outputs, dtype=torch.float64, generator=g)
    return Residuals(network, x, y), flatten(of(module)) + 0.1


def by_autograd(residuals: Residuals, theta: torch.Tensor) -> torch.Tensor:
    """The Jacobian through the torch.nn.Sequential, row by row."""
    module = residuals.network.build(residuals.x.shape[1], residuals.y.shape[1], dtype=torch.float64)
    torch.nn.utils.vector_to_parameters(theta.clone(), module.parameters())
    outputs = (module(residuals.x) - residuals.y).reshape(-1)
    rows = [torch.autograd.grad(value, list(module.parameters()), retain_graph=True) for value in outputs]
    return torch.stack([torch.cat([part.reshape(-1) for part in row]) for row in rows])


@pytest.mark.parametrize(("network", "inputs", "outputs"), CASES)
def test_jacobian_gram_and_products_are_autograds(network: Mlp, inputs: int, outputs: int) -> None:
    residuals, theta = problem(network, inputs, outputs)
    params = residuals.at(theta)
    expected = by_autograd(residuals, theta)
    swept = residuals.sweep(params)
    u, v = torch.randn(expected.shape[0]).double(), torch.randn(expected.shape[1]).double()
    close = {"rtol": 1e-12, "atol": 1e-12}  # sums of fewer than 100 terms of size 1
    torch.testing.assert_close(residuals.jacobian(params), expected, **close)
    torch.testing.assert_close(residuals.gram(params), expected @ expected.T, **close)
    torch.testing.assert_close(pull(swept, u), expected.T @ u, **close)
    torch.testing.assert_close(push(swept, residuals.at(v)), expected @ v, **close)
    assert residuals.shape == expected.shape


def test_a_linear_problem_is_solved_to_rounding() -> None:
    residuals, theta = problem(Mlp(hidden=()), 9, 1, samples=6)
    found, _ = finish(levenberg_marquardt(residuals, theta))
    assert found.loss < 1e-26
    assert list(found.losses) == sorted(found.losses, reverse=True)


def test_a_tanh_network_of_141_parameters_meets_20_points_quadratically() -> None:
    residuals, theta = problem(Mlp(hidden=(20,), activation=Tanh()), 5, 1, samples=20)
    events: list[object] = []
    found, _ = finish(levenberg_marquardt(residuals, theta), events.append)
    assert found.loss < 1e-26
    assert len(found.losses) <= 20
    assert all(isinstance(event, Progress) for event in events)


def test_contradictory_labels_leave_half_the_square_of_their_distance() -> None:
    x = torch.tensor([[0.3], [0.3]], dtype=torch.float64)
    y = torch.tensor([[0.0], [1.2]], dtype=torch.float64)
    residuals = Residuals(Mlp(hidden=(6,), activation=Softplus()), x, y)
    module = residuals.network.build(1, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    found, _ = finish(levenberg_marquardt(residuals, flatten(of(module))))
    assert found.loss == pytest.approx(1.2**2 / 2, rel=1e-9)
    assert found.reason != "the loss is below the limit"


def test_the_number_of_steps_is_kept() -> None:
    residuals, theta = problem(Mlp(hidden=(20,), activation=Tanh()), 5, 1, samples=20)
    found, _ = finish(levenberg_marquardt(residuals, theta, steps=2))
    assert len(found.losses) == 3
    assert found.reason == "2 steps"
