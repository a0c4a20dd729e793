"""The implicit activation against brute force over samples, mpmath, scipy and the paper's closed forms."""

import time

import mpmath
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize
from torch import Tensor

from lsviewer.core.spec import SpecError
from lsviewer.engine.implicit import Implicit, Partition, implicit_activation, minimisers, nearest_half
from lsviewer.engine.losses import Cauchy, CrossEntropy, Labels, Loss, PseudoHuber, Squared, SquaredHinge
from tests.cases import LOSSES, name


def classes(*counts: int) -> Labels:
    """Return labels with so many samples of each class."""
    return Labels(torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts)), len(counts))


def targets(seed: int = 0, samples: int = 300) -> Labels:
    return Labels(torch.randn(samples, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)), None)


LABELS = {
    "balanced": classes(*[50] * 10),
    "uneven": classes(70, 20, 10),
    "two": classes(3, 97),
    "rare": classes(999, 1),
    "targets": targets(),
}
CASES = [
    pytest.param(loss, labels, id=f"{name(loss)}-{key}")
    for loss in LOSSES
    for key, labels in LABELS.items()
    if labels.classes is not None or not loss.needs_classes
]


def brute(loss: Loss, labels: Labels, points: Tensor) -> Tensor:
    """Return the mean loss over every single sample at each row of outputs."""
    target = loss.targets(labels)
    target = target.double() if target.is_floating_point() else target
    return torch.stack([loss(v.expand(len(labels.y), -1), target).mean() for v in points])


@pytest.mark.parametrize(("loss", "labels"), CASES)
def test_sigma_is_the_mean_loss_over_all_samples(loss: Loss, labels: Labels) -> None:
    sigma = implicit_activation(loss, labels)
    t = torch.linspace(-3, 30, 64, dtype=torch.float64)
    # a mean of 1000 rounded losses up to 1e3: 10 bits of eps * 1e3
    torch.testing.assert_close(sigma.sigma(t), brute(loss, labels, sigma.point(t)), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize(("loss", "labels"), CASES)
def test_the_inverse_comes_back_and_is_the_largest(loss: Loss, labels: Labels) -> None:
    sigma = implicit_activation(loss, labels)
    top = min(5.0, 0.5 * (sigma.maximum - sigma.minimum))
    value = sigma.minimum + top * torch.linspace(0, 1, 301, dtype=torch.float64) ** 2
    t = sigma.inverse(value)
    torch.testing.assert_close(sigma.sigma(t), value, rtol=2e-14, atol=2e-14)  # some ulp of the value
    assert t[0] == 0 and (t.diff() > 0).all()
    beyond = t[1:, None] * torch.tensor([1.001, 1.1, 2.0, 100.0], dtype=torch.float64)
    assert (sigma.sigma(beyond) > value[1:, None]).all()


@pytest.mark.parametrize(("loss", "labels"), CASES)
def test_the_ray_starts_where_the_mean_loss_is_stationary(loss: Loss, labels: Labels) -> None:
    sigma = implicit_activation(loss, labels)
    v = sigma.base.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(brute(loss, labels, v[None]).sum(), v)
    assert float(gradient.abs().max()) < 1e-13
    assert float(sigma.sigma(torch.zeros(1, dtype=torch.float64))) == sigma.minimum


@pytest.mark.parametrize(("loss", "labels"), CASES)
def test_the_slope_is_the_difference_quotient(loss: Loss, labels: Labels) -> None:
    sigma = implicit_activation(loss, labels)
    t = torch.tensor([-1.7, -0.3, 0.01, 0.8, 4.0], dtype=torch.float64)
    h = 1e-6  # truncation h² f''' < 1e-9 for delta = 0.3, round-off eps * 10 / h = 2e-9
    quotient = (sigma.sigma(t + h) - sigma.sigma(t - h)) / (2 * h)
    torch.testing.assert_close(sigma.slope(t), quotient, rtol=1e-7, atol=2e-8)


@pytest.mark.parametrize(("loss", "labels"), CASES)
def test_sigma_is_differentiable_through_autograd(loss: Loss, labels: Labels) -> None:
    sigma = implicit_activation(loss, labels)
    t = torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(sigma.sigma(t).sum(), t)
    torch.testing.assert_close(gradient, sigma.slope(t.detach()), rtol=1e-10, atol=1e-12)


# --- the paper's and textbook's forms -------------------------------------------------------------------------------------


def test_cross_entropy_starts_at_the_entropy_of_the_marginal() -> None:
    sigma = implicit_activation(CrossEntropy(), classes(70, 20, 10))
    p = [0.7, 0.2, 0.1]
    assert sigma.minimum == pytest.approx(-sum(v * mpmath.log(v) for v in p), rel=1e-15)
    assert sigma.base.tolist() == pytest.approx([float(mpmath.log(v)) for v in p])
    assert sigma.ray.tolist() == [1, 0, 0]  # 0.7 is nearer to 1/2 than 0.2


def test_squared_loss_is_equation_6() -> None:
    labels = targets()
    sigma = implicit_activation(Squared(), labels)
    torch.testing.assert_close(sigma.base, labels.y.mean(dim=0))
    assert sigma.minimum == pytest.approx(float(labels.y.var(dim=0, correction=0).sum()), rel=1e-14)
    v = sigma.point(torch.tensor([1.5], dtype=torch.float64))[0]
    by_paper = (v * v - 2 * labels.y.mean(dim=0) * v + labels.y.square().mean(dim=0)).sum()
    assert float(sigma.sigma(torch.tensor([1.5], dtype=torch.float64))) == pytest.approx(float(by_paper), rel=1e-14)


def test_squared_hinge_rests_at_the_label_mean_and_is_limited_below() -> None:
    sigma = implicit_activation(SquaredHinge(), classes(70, 20, 10))
    assert sigma.base.tolist() == pytest.approx([0.4, -0.6, -0.8], abs=1e-12)  # 2 p - 1
    assert sigma.minimum == pytest.approx(4 * (0.7 * 0.3 + 0.2 * 0.8 + 0.1 * 0.9))


@pytest.mark.parametrize("loss", [PseudoHuber(), PseudoHuber(delta=0.3), Cauchy(delta=2.0)], ids=name)
def test_the_robust_minimum_is_scipys(loss: Loss) -> None:
    labels = targets()
    sigma = implicit_activation(loss, labels)
    found = optimize.minimize(
        lambda v: float(brute(loss, labels, torch.tensor(v, dtype=torch.float64)[None])[0]), [0.0, 0.0], tol=1e-12
    )
    assert sigma.minimum == pytest.approx(found.fun, abs=1e-10)


def test_cauchy_takes_the_largest_of_several_minimisers() -> None:
    labels = Labels(torch.tensor([[0.0]] * 60 + [[10.0]] * 40, dtype=torch.float64), None)
    values, weights = torch.tensor([0.0, 10.0], dtype=torch.float64), torch.tensor([0.6, 0.4], dtype=torch.float64)
    places = minimisers(Cauchy(delta=0.5), values, weights)
    assert len(places) == 2
    sigma = implicit_activation(Cauchy(delta=0.5), labels)
    assert float(sigma.base) == float(places[1]) == pytest.approx(10.0, abs=0.05)
    t = torch.linspace(0, 1000, 100_001, dtype=torch.float64)
    assert (sigma.sigma(t).diff() > 0).all()  # beyond it there is no way down any more
    assert (
        float(sigma.sigma(torch.tensor([-10.0], dtype=torch.float64))) < sigma.minimum
    )  # the deeper one lies before it


def test_a_ray_of_ones_own() -> None:
    labels = classes(70, 20, 10)
    ray = torch.tensor([0.3, -1.0, 2.0], dtype=torch.float64)
    sigma = implicit_activation(CrossEntropy(), labels, ray)
    t = torch.linspace(0, 20, 50, dtype=torch.float64)
    torch.testing.assert_close(sigma.sigma(t), brute(CrossEntropy(), labels, sigma.point(t)), rtol=1e-14, atol=1e-14)
    torch.testing.assert_close(sigma.inverse(sigma.sigma(t)), t, rtol=1e-10, atol=1e-7)  # steep at 0: sqrt(eps)
    pair = implicit_activation(CrossEntropy(), labels, torch.tensor([0.0, 1.0, 1.0]))
    torch.testing.assert_close(pair.sigma(t), brute(CrossEntropy(), labels, pair.point(t)), rtol=1e-14, atol=1e-14)
    with pytest.raises(ValueError, match="equal entries"):
        implicit_activation(CrossEntropy(), labels, torch.ones(3))
    with pytest.raises(ValueError, match="cross_entropy, not squared"):
        implicit_activation(Squared(), labels, ray)


# --- accuracy and speed of the inverse ------------------------------------------------------------------------------------


@given(p=st.floats(1e-4, 0.9999), log_rise=st.floats(-14, 3))
def test_the_closed_form_inverse_is_mpmaths_root(p: float, log_rise: float) -> None:
    rise = 10.0**log_rise
    t = float(Partition(p).inverse(torch.tensor([rise], dtype=torch.float64)))
    with mpmath.workdps(60):
        q, x = mpmath.mpf(p), mpmath.mpf(t)
        exact = mpmath.log(1 - q + q * mpmath.exp(x)) - q * x
        slope = q * mpmath.exp(x) / (1 - q + q * mpmath.exp(x)) - q
        # sigma of the answer: a difference of terms of size t, each rounded, then the slope times one rounding of t
        assert abs(exact - rise) <= 4e-16 * (t + rise) + 4e-16 * t * slope + 1e-9 * min(rise, 1e-15)


def test_a_rise_of_zero_is_the_start() -> None:
    assert Partition(0.3).inverse(torch.zeros(2, dtype=torch.float64)).tolist() == [0, 0]


def test_sixteen_thousand_inverses_are_ready_within_a_frame() -> None:
    value = torch.rand(16384, dtype=torch.float64) * 2
    seconds = []
    for _ in range(20):
        start = time.perf_counter()
        Partition(0.1).inverse(value)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 3e-3  # 1.1 ms on the two-core machine; the best of twenty, as others may compute


# --- refusals -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("loss", "labels"), CASES)
def test_values_that_are_not_attained_are_refused_with_the_range(loss: Loss, labels: Labels) -> None:
    sigma = implicit_activation(loss, labels)
    for bad in (sigma.minimum - 1e-6, sigma.maximum * 2 + 1, float("nan")):
        with pytest.raises(SpecError, match="attainable on the ray are"):
            sigma.inverse(torch.tensor([bad], dtype=torch.float64))
    slightly = torch.tensor([sigma.minimum * (1 - 1e-15)], dtype=torch.float64)  # rounding is forgiven
    assert sigma.inverse(slightly).tolist() == [0.0]


def test_a_class_without_samples_has_no_minimum() -> None:
    with pytest.raises(SpecError, match="class 1 has no sample"):
        implicit_activation(CrossEntropy(), Labels(torch.tensor([0, 2, 2]), 3))


def test_float_targets_have_no_cross_entropy() -> None:
    with pytest.raises(SpecError, match="needs class labels"):
        implicit_activation(CrossEntropy(), targets())


def test_the_class_of_the_ray_is_the_one_nearest_one_half() -> None:
    assert nearest_half(torch.tensor([0.9, 0.06, 0.04], dtype=torch.float64)) == 0
    assert nearest_half(torch.tensor([0.1, 0.3, 0.6], dtype=torch.float64)) == 2
    assert nearest_half(torch.full((10,), 0.1, dtype=torch.float64)) == 0


def test_shapes_are_kept_and_float32_is_widened() -> None:
    sigma: Implicit = implicit_activation(CrossEntropy(), classes(5, 5))
    t = torch.rand(3, 4)
    assert sigma.sigma(t).shape == (3, 4) and sigma.sigma(t).dtype is torch.float64
    assert sigma.point(t).shape == (3, 4, 2)
    assert sigma.inverse(sigma.sigma(t)).shape == (3, 4)
    assert sigma.inverse(torch.zeros(0)).shape == (0,)
