"""Ranks, inertias and long calls against matrices whose answer is known by construction."""

import math

import pytest
import torch

from lsviewer.core.jobs import Progress, finish
from lsviewer.engine import linalg


def rotated(eigenvalues: torch.Tensor) -> torch.Tensor:
    q = torch.linalg.qr(torch.randn(len(eigenvalues), len(eigenvalues), dtype=torch.float64)).Q
    return q @ torch.diag(eigenvalues) @ q.T


def test_inertia_counts_by_the_tolerance_and_names_the_gap() -> None:
    found = linalg.inertia(torch.tensor([-2.0, -1e-13, 0.0, 1e-12, 0.5, 3.0], dtype=torch.float64), 1e-11)
    assert found.counts == (2, 3, 1)
    assert (found.smallest, found.zero_radius, found.gap) == (0.5, 1e-12, 5e11)


def test_inertia_of_exact_zeros_has_an_infinite_gap() -> None:
    assert linalg.inertia(torch.tensor([0.0, 1.0], dtype=torch.float64), 1e-9).gap == math.inf


def test_inertia_is_kept_by_rotation() -> None:
    wanted = torch.cat([torch.linspace(1, 9, 7), torch.zeros(11), -torch.linspace(1, 2, 3)]).double()
    values, _ = finish(linalg.eigenvalues(rotated(wanted)))
    # LAPACK is backward stable: errors of n eps |A| = 4e-14
    assert linalg.inertia(values, 1e-12).counts == (7, 11, 3)


def test_rank_of_a_product_of_thin_factors() -> None:
    a = torch.randn(40, 6, dtype=torch.float64) @ torch.randn(6, 25, dtype=torch.float64)
    values, _ = finish(linalg.singular_values(a))
    found = linalg.rank(values, (40, 25))
    assert found.rank == 6
    assert found.gap > 1e10


def test_singular_values_of_long_matrices_are_those_of_the_whole() -> None:
    a = torch.randn(12, 900, dtype=torch.float64)
    found, _ = finish(linalg.singular_values(a))
    torch.testing.assert_close(found, torch.linalg.svdvals(a), rtol=1e-13, atol=0)


def test_no_positive_solve_where_the_matrix_is_not_positive() -> None:
    assert linalg.positive_solve(rotated(torch.tensor([1.0, -1.0]).double()), torch.ones(2).double()) is None


def test_a_long_call_yields_while_it_works_and_hands_over_its_error() -> None:
    def slow() -> int:
        torch.linalg.eigvalsh(torch.eye(700, dtype=torch.float64))
        return 7

    events: list[object] = []
    answer, _ = finish(linalg.in_background(slow, True, "waiting"), events.append)
    assert answer == 7
    assert events
    assert all(isinstance(event, Progress) and event.text == "waiting" for event in events)
    with pytest.raises(ZeroDivisionError):
        finish(linalg.in_background(lambda: 1 / 0, True, "dividing"))
