"""Losses against scalar twins in plain Python, on every sample; how they encode labels."""

from collections.abc import Callable
from typing import get_args

import pytest
import torch
from torch import Tensor

from lsviewer.core.spec import SpecError
from lsviewer.engine.losses import CrossEntropy, Labels, Loss, Squared, SquaredHinge
from tests.cases import CLASS_LOSSES, LOSSES, TARGET_LOSSES, Vector, name


def random(*shape: int) -> Tensor:
    return 3 * torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("loss", "twin"), CLASS_LOSSES, ids=[name(x) for x, _ in CLASS_LOSSES])
def test_a_loss_of_classes_is_its_scalar_twin(loss: Loss, twin: Callable[[Vector, int], float]) -> None:
    p, y = random(40, 4), torch.arange(40) % 4
    expected = [twin(row, label) for row, label in zip(p.tolist(), y.tolist())]
    found = loss(p, loss.targets(Labels(y, 4)))
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64), rtol=1e-14, atol=1e-14)  # a few ulp


@pytest.mark.parametrize(("loss", "twin"), TARGET_LOSSES, ids=[name(x) for x, _ in TARGET_LOSSES])
def test_a_loss_of_targets_is_its_scalar_twin(loss: Loss, twin: Callable[[Vector, Vector], float]) -> None:
    p, y = random(40, 3), random(80, 3)[40:]
    expected = [twin(a, b) for a, b in zip(p.tolist(), y.tolist())]
    found = loss(p, loss.targets(Labels(y, None)))
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64), rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize(("loss", "twin"), TARGET_LOSSES, ids=[name(x) for x, _ in TARGET_LOSSES])
def test_slopes_are_autograd(loss: Loss, twin: Callable[[Vector, Vector], float]) -> None:
    p, y = random(50).requires_grad_(), random(100)[50:]
    (slope,) = torch.autograd.grad(loss.term(p, y).sum(), p)
    torch.testing.assert_close(loss.slope(p.detach(), y), slope, rtol=1e-12, atol=1e-12)


def test_the_slope_of_the_hinge_is_autograd() -> None:
    loss, p, s = SquaredHinge(), random(50).requires_grad_(), random(50).sign()
    (slope,) = torch.autograd.grad(loss.term(p, s).sum(), p)
    torch.testing.assert_close(loss.slope(p.detach(), s), slope)


@pytest.mark.parametrize(("loss", "twin"), TARGET_LOSSES, ids=[name(x) for x, _ in TARGET_LOSSES])
def test_every_regression_loss_is_a_square_for_small_residuals(
    loss: Loss, twin: Callable[[Vector, Vector], float]
) -> None:
    a = 1e-6  # the next term is a⁴ / delta² < 1e-23
    found = loss(torch.tensor([[a]], dtype=torch.float64), torch.zeros(1, 1, dtype=torch.float64))
    assert float(found) == pytest.approx(loss.curvature * a * a, rel=1e-10)


def test_classes_become_one_hot_targets() -> None:
    y = torch.tensor([2, 0])
    assert Squared().targets(Labels(y, 3)).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert CrossEntropy().targets(Labels(y, 3)) is y
    assert SquaredHinge().targets(Labels(y, 3)) is y
    assert SquaredHinge().encoded(Labels(y, 3)).tolist() == [[-1, -1, 1], [1, -1, -1]]


@pytest.mark.parametrize("loss", [CrossEntropy(), SquaredHinge()], ids=name)
def test_float_targets_are_no_classes(loss: Loss) -> None:
    with pytest.raises(SpecError, match=f"field 'loss' is '{loss.kind}': it needs class labels"):
        loss.targets(Labels(torch.zeros(3, 2), None))


def test_shapes_that_would_broadcast_are_refused() -> None:
    with pytest.raises(ValueError, match=r"predictions have shape \(3, 1\), targets \(3, 3\)"):
        Squared()(torch.zeros(3, 1), torch.zeros(3, 3))


@pytest.mark.parametrize("loss", LOSSES, ids=name)
def test_single_precision_stays_single(loss: Loss) -> None:
    labels = Labels(torch.tensor([0, 1]), 2)
    assert loss(torch.zeros(2, 2), loss.targets(labels)).dtype is torch.float32


def test_every_kind_of_the_union_has_a_case() -> None:
    assert {kind.model_fields["kind"].default for kind in get_args(get_args(Loss)[0])} == {loss.kind for loss in LOSSES}
