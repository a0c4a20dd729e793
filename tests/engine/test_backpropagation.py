"""Lemma 2.1 against autograd through a plain torch network, for every loss, with and without output activation."""

import pytest
import torch
from torch import nn

from lsviewer.core.jobs import finish
from lsviewer.engine.activations import Sigmoid, Tanh
from lsviewer.engine.backpropagation import Objective, Stack, block_jacobian, join, with_ones
from lsviewer.engine.batched_descent import descend, find_critical, hessians
from lsviewer.engine.losses import Additive, Cauchy, Squared
from lsviewer.engine.networks import Mlp
from tests.cases import TARGET_LOSSES, name

WIDTHS = (3, 5, 4, 2)


def objective(loss: Additive, activated: bool = False, samples: int = 7) -> Objective:
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(samples, 3, dtype=torch.float64, generator=generator)
    y = torch.rand(samples, 2, dtype=torch.float64, generator=generator) * 0.8 + 0.1
    return Objective(Stack(WIDTHS, Tanh(), activated), x, y, loss)


def thetas(count: int) -> torch.Tensor:
    return torch.randn(
        count, Stack(WIDTHS, Tanh()).size, dtype=torch.float64, generator=torch.Generator().manual_seed(4)
    )


def plain(theta: torch.Tensor, activated: bool) -> nn.Sequential:
    network = Mlp(hidden=WIDTHS[1:-1], activation=Tanh()).build(3, 2, dtype=torch.float64)
    torch.nn.utils.vector_to_parameters(theta, network.parameters())
    return nn.Sequential(*network, nn.Tanh()) if activated else network


@pytest.mark.parametrize("activated", [False, True])
@pytest.mark.parametrize("loss", [loss for loss, _ in TARGET_LOSSES], ids=name)
def test_the_identities_are_autograd(loss: Additive, activated: bool) -> None:
    posed = objective(loss, activated)
    for theta in thetas(3):
        network = plain(theta, activated)
        phi = loss(network(posed.x), posed.y).sum()
        phi.backward()
        expected = torch.cat([p.grad.reshape(-1) for p in network.parameters() if p.grad is not None])
        torch.testing.assert_close(posed(theta), phi.detach(), rtol=1e-13, atol=0)
        torch.testing.assert_close(
            posed.gradient(theta), expected, rtol=1e-11, atol=1e-12
        )  # sums of 14 terms of size 1


def test_a_batch_is_its_members_one_by_one() -> None:
    posed, batch = objective(Cauchy()), thetas(4)
    torch.testing.assert_close(posed(batch), torch.stack([posed(theta) for theta in batch]))
    torch.testing.assert_close(posed.gradient(batch), torch.stack([posed.gradient(theta) for theta in batch]))
    whole = torch.stack([torch.autograd.functional.hessian(lambda t: posed(t), theta) for theta in batch])
    torch.testing.assert_close(hessians(posed, batch), whole, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("loss", [loss for loss, _ in TARGET_LOSSES], ids=name)
def test_the_loss_is_the_square_of_rho_and_its_jacobian_gives_the_gradient(loss: Additive) -> None:
    posed, theta = objective(loss, activated=True), thetas(1)[0]
    done = posed.forward(theta)
    rho, rate = posed.roots(done)
    assert float(rho.square().sum()) == pytest.approx(float(posed(theta)), rel=1e-13)
    blocks = [block_jacobian(f, d) for f, d in zip(done.features, posed.sensitivities(done, rate))]
    jacobian = torch.cat(blocks, dim=-1)
    torch.testing.assert_close(2 * jacobian.T @ rho.flatten(), posed.gradient(theta), rtol=1e-11, atol=1e-12)


def test_rho_has_its_slope_at_a_residual_of_zero_too() -> None:
    posed, theta = objective(Squared()), thetas(1)[0]
    done = posed.forward(theta)
    exact = Objective(posed.stack, posed.x, done.features[-1], Squared())
    rho, rate = exact.roots(done)
    assert float(rho.abs().max()) == 0.0
    assert float(rate.min()) == float(rate.max()) == 1.0


def test_layers_are_joined_in_the_order_they_are_split() -> None:
    stack, theta = Stack(WIDTHS, Sigmoid()), thetas(2)
    assert torch.equal(join(stack.split(theta)), theta)
    assert [stack.span(k) for k in (1, 2, 3)] == [(0, 20), (20, 44), (44, 54)]
    assert with_ones(torch.zeros(2, 3)).tolist() == [[0, 0, 0, 1]] * 2
    with pytest.raises(ValueError, match="theta has 3 numbers, layers .* need 54"):
        stack.split(torch.zeros(3))


@pytest.mark.parametrize("activated", [False, True])
@pytest.mark.parametrize("loss", [loss for loss, _ in TARGET_LOSSES], ids=name)
def test_wide_networks_reach_zero_whatever_the_loss(loss: Additive, activated: bool) -> None:
    """12 hidden units in all, 54 parameters for 14 numbers; rounding leaves (eps * 10)^2 * 14 = 1e-29."""
    found, _ = finish(descend(objective(loss, activated), 0.7 * thetas(4), steps=200, stop_below=1e-29))
    assert float(found.values.min()) < 1e-26
    assert float(found.history[0].min()) > 0.1


def test_critical_points_have_no_gradient() -> None:
    x = torch.tensor([[-1.0], [0.0], [2.0]], dtype=torch.float64)
    posed = Objective(Stack((1, 1, 1), Tanh()), x, x.square() - 1, Squared())
    start = torch.randn(20, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    found, _ = finish(find_critical(posed, start, steps=200))
    reached = found.values < 1e-24
    assert int(reached.sum()) >= 5
    for theta in found.theta[reached]:
        variable = theta.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(posed(variable), variable)
        assert float(gradient.norm()) < 1e-11
