"""Hessians against closed forms and a dense autograd twin; the tolerance against a point off the minimum."""

import torch

from lsviewer.core.jobs import finish
from lsviewer.engine import curvature, linalg
from lsviewer.engine.activations import Smoolu, Tanh
from lsviewer.engine.gauss_newton import Residuals, levenberg_marquardt
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import flatten, of


def test_hessian_of_linear_regression_is_twice_the_gram_matrix() -> None:
    x = torch.randn(9, 5, dtype=torch.float64)
    y = torch.randn(9, dtype=torch.float64)
    found, _ = finish(curvature.Curvature(lambda w: (x @ w - y).square().sum(), torch.zeros(5).double()).hessian())
    torch.testing.assert_close(found, 2 * x.T @ x, rtol=1e-14, atol=1e-13)


def test_hessian_and_products_are_torchs_dense_hessian() -> None:
    network = Mlp(hidden=(4, 3), activation=Smoolu())
    residuals = Residuals(network, torch.randn(6, 2).double(), torch.randn(6, 2).double())
    theta = flatten(of(network.build(2, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1)))) + 0.5
    loss = curvature.sum_of_squares(lambda t: residuals(residuals.at(t)))
    dense = torch.autograd.functional.hessian(loss, theta)
    kept = curvature.Curvature(loss, theta)
    found, _ = finish(kept.hessian(chunk=7))
    v = torch.randn(len(theta)).double()
    torch.testing.assert_close(found, dense, rtol=1e-11, atol=1e-11)
    torch.testing.assert_close(kept(v), dense @ v, rtol=1e-11, atol=1e-11)
    jacobian = residuals.jacobian(residuals.at(theta))
    rest = curvature.residual_curvature(lambda t: residuals(residuals.at(t)), theta)
    torch.testing.assert_close(rest(v), (dense - 2 * jacobian.T @ jacobian) @ v, rtol=1e-9, atol=1e-9)


def test_a_function_without_curvature_has_none() -> None:
    kept = curvature.Curvature(lambda w: w.sum(), torch.zeros(4).double())
    found, _ = finish(kept.hessian())
    assert not found.any()
    assert not kept(torch.ones(4).double()).any()


def test_the_tolerance_covers_what_a_loss_above_zero_bends() -> None:
    """At L ~ 1e-4 rounding alone would count curvature of the residuals as signs; with |E| the count is right."""
    network = Mlp(hidden=(12,), activation=Tanh())
    g = torch.Generator().manual_seed(2)
    residuals = Residuals(
        network,
        torch.randn(8, 3, dtype=torch.float64, generator=g),
        torch.randn(8, 1, dtype=torch.float64, generator=g),
    )
    start = flatten(of(network.build(3, 1, dtype=torch.float64, generator=g)))
    at, _ = finish(levenberg_marquardt(residuals, start, stop_below=1e-2))
    assert 1e-12 < at.loss < 1e-2

    def function(theta: torch.Tensor) -> torch.Tensor:
        return residuals(residuals.at(theta))

    hessian, _ = finish(curvature.Curvature(curvature.sum_of_squares(function), at.theta).hessian())
    values, _ = finish(linalg.eigenvalues(hessian))
    top = float(values[-1])
    (tolerance, bend), _ = finish(
        curvature.counting_tolerance(function, at.theta, top, torch.Generator().manual_seed(0))
    )
    assert linalg.inertia(values, len(values) * linalg.EPS * top).counts != (8, 53, 0)  # eps alone: wrong
    assert linalg.inertia(values, tolerance).counts == (8, 53, 0)
    dense = hessian - 2 * residuals.jacobian(residuals.at(at.theta)).T @ residuals.jacobian(residuals.at(at.theta))
    exact = float(torch.linalg.eigvalsh(dense).abs().max())
    assert exact * (1 - 1e-9) <= bend <= 1.2 * exact
