"""Charts and steps on M against the pseudo-inverse of the Jacobian, and on a hyperbola whose points are known."""

import pytest
import torch

from lsviewer.core.jobs import finish
from lsviewer.engine.activations import Identity, Tanh
from lsviewer.engine.gauss_newton import Residuals, levenberg_marquardt
from lsviewer.engine.manifold import SingularPoint, advance, chart
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import flatten, of


def minimum() -> tuple[Residuals, torch.Tensor]:
    g = torch.Generator().manual_seed(0)
    network = Mlp(hidden=(9,), activation=Tanh())
    x = torch.randn(8, 3, dtype=torch.float64, generator=g)
    residuals = Residuals(network, x, torch.randn(8, 1, dtype=torch.float64, generator=g))
    start = flatten(of(network.build(3, 1, dtype=torch.float64, generator=g)))
    found, _ = finish(levenberg_marquardt(residuals, start))
    return residuals, found.theta


def test_projection_and_normal_are_those_of_the_jacobian() -> None:
    residuals, theta = minimum()
    here, _ = finish(chart(residuals, theta))
    jacobian = residuals.jacobian(residuals.at(theta))
    v, r = torch.randn(len(theta)).double(), torch.randn(8).double()
    expected = v - torch.linalg.pinv(jacobian) @ (jacobian @ v)
    torch.testing.assert_close(here.project(v), expected, rtol=1e-9, atol=1e-11)
    torch.testing.assert_close(here.normal(r), torch.linalg.pinv(jacobian) @ r, rtol=1e-9, atol=1e-11)


def test_a_step_stays_on_m_and_goes_where_it_was_sent() -> None:
    residuals, theta = minimum()
    here, _ = finish(chart(residuals, theta))
    heading = here.project(torch.randn(len(theta)).double())
    pace = advance(here, heading, 0.1, limit=1e-20, stop_below=1e-26)
    assert pace.loss < 1e-20
    assert pace.length == pytest.approx(0.1, rel=0.2)
    assert float(pace.direction @ heading / heading.norm()) > 0.9


def test_on_a_hyperbola_the_walk_follows_the_hyperbola() -> None:
    """f(x) = v w x + c at x = ±1, y = ±2: M is v w = 2 with biases that cancel."""
    x = torch.tensor([[1.0], [-1.0]], dtype=torch.float64)
    residuals = Residuals(Mlp(hidden=(1,), activation=Identity()), x, 2 * x)
    theta = torch.tensor([1.0, 0.0, 2.0, 0.0], dtype=torch.float64)  # w, b, v, c
    direction = torch.tensor([1.0, 0.0, -2.0, 0.0], dtype=torch.float64)
    for _ in range(20):
        here, _ = finish(chart(residuals, theta))
        pace = advance(here, direction, 0.1, limit=1e-20, stop_below=1e-28)
        theta, direction = pace.theta, pace.direction
    w, b, v, c = theta.tolist()
    assert v * w == pytest.approx(2.0, abs=1e-10)
    assert v * b + c == pytest.approx(0.0, abs=1e-10)
    assert w > 1.5


def test_a_singular_point_is_refused() -> None:
    x = torch.tensor([[1.0], [-1.0]], dtype=torch.float64)
    residuals = Residuals(Mlp(hidden=(1,), activation=Identity()), x, 0 * x)
    with pytest.raises(SingularPoint):
        finish(chart(residuals, torch.zeros(4, dtype=torch.float64)))
