"""Lanczos against LAPACK and scipy on matrices with a known spectrum."""

import numpy as np
import pytest
import scipy.sparse.linalg
import torch

from lsviewer.core.jobs import finish
from lsviewer.engine import lanczos


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(5)


def matrix(eigenvalues: torch.Tensor) -> torch.Tensor:
    q = torch.linalg.qr(torch.randn(len(eigenvalues), len(eigenvalues), dtype=torch.float64, generator=generator())).Q
    return (q * eigenvalues) @ q.T


def test_top_eigenvalues_and_bounds_against_scipy() -> None:
    a = matrix(torch.cat([torch.linspace(-1, 1, 390), torch.tensor([3.0, -4.0, 5.0, 8.0])]).double())
    found, _ = finish(lanczos.top_eigenvalues(lambda v: a @ v, 394, 4, generator()))
    expected = scipy.sparse.linalg.eigsh(a.numpy(), 4, which="LM", return_eigenvectors=False)
    expected = expected[np.argsort(-abs(expected))]
    np.testing.assert_allclose(found.values.numpy(), expected, rtol=1e-12)
    error = (a @ found.vectors.T - found.vectors.T * found.values).norm(dim=0)
    assert bool((error <= found.bounds + 1e-12).all())  # the bound is the residual, to rounding
    assert found.products < 394


def test_an_invariant_space_ends_it() -> None:
    a = torch.diag(torch.tensor([2.0, 2.0, 2.0, 7.0, 7.0]).double())
    space, _ = finish(lanczos.grow(lambda v: a @ v, torch.ones(5).double(), 5))
    assert len(space.diagonal) == 2
    assert space.last == 0.0
    torch.testing.assert_close(space.ritz()[0], torch.tensor([2.0, 7.0]).double())


def test_a_zero_matrix_has_norm_zero() -> None:
    assert finish(lanczos.spectral_norm(lambda v: 0 * v, 30, generator()))[0] == 0.0


def test_the_norm_is_not_below_the_true_one() -> None:
    a = matrix(torch.randn(200, generator=generator()).double())
    norm, _ = finish(lanczos.spectral_norm(lambda v: a @ v, 200, generator()))
    exact = float(torch.linalg.matrix_norm(a, 2))
    assert exact * (1 - 1e-12) <= norm < 1.5 * exact


def test_density_weights_sum_to_one_and_moments_are_the_matrix() -> None:
    a = matrix(torch.linspace(0, 2, 150).double())
    found, _ = finish(lanczos.density(lambda v: a @ v, 150, generator(), starts=20, steps=30))
    assert float(found.weights.sum()) == pytest.approx(1.0, abs=1e-12)
    # the mean over 20 random starts of 150 numbers scatters by sqrt(2 var / (20 * 150)) = 0.015
    assert float(found.weights @ found.nodes) == pytest.approx(1.0, abs=0.08)


def test_trace_is_exact_for_low_rank_and_close_otherwise() -> None:
    low = matrix(torch.cat([torch.arange(1.0, 11.0), torch.zeros(290)]).double())
    trace, _ = finish(lanczos.trace(lambda v: low @ v, 300, generator(), products=90))
    assert trace == pytest.approx(55.0, rel=1e-9)  # 30 probes span a range of rank 10
    full = matrix(torch.linspace(0, 2, 300).double())
    trace, _ = finish(lanczos.trace(lambda v: full @ v, 300, generator(), products=180))
    assert trace == pytest.approx(300.0, rel=0.05)
