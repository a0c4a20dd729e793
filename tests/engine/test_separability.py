"""Planes that separate, and points that block; closed forms in two dimensions."""

import numpy as np
import pytest
import torch

from lsviewer.core.files import Files
from lsviewer.core.jobs import finish
from lsviewer.engine.datasets import Digits
from lsviewer.engine.separability import classes_of, separate, separate_all


def test_two_points_are_separated_halfway() -> None:
    found = separate(np.array([[0.0, 0.0], [2.0, 0.0]]), np.array([1.0, -1.0]))
    assert found.separable is True
    assert found.margin == pytest.approx(1.0, rel=1e-12)  # half their distance


def test_exclusive_or_is_blocked_by_all_four_points() -> None:
    x = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    found = separate(x, np.array([1.0, 1.0, -1.0, -1.0]))
    assert found.separable is False
    assert sorted(found.blocking) == [0, 1, 2, 3]
    assert found.meet < 1e-12


def test_a_far_sample_misleads_least_squares_and_not_the_programme() -> None:
    x = np.array([[0.0], [1.0], [1.2], [1000.0]])
    found = separate(x, np.array([-1.0, -1.0, 1.0, 1.0]))
    assert found.separable is True and found.by == "linear programme"
    assert np.all(np.array([-1.0, -1.0, 1.0, 1.0]) * (x @ found.normal + found.offset) > 0)


def test_a_class_around_another_is_blocked_and_one_dimension_more_frees_it() -> None:
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    x = np.concatenate([np.zeros((1, 2)), np.column_stack([np.cos(angle), np.sin(angle)])])
    signs = np.array([1.0] + [-1.0] * 12)
    assert separate(x, signs).separable is False
    lifted = np.column_stack([x, (x**2).sum(1)])
    found = separate(lifted, signs)
    assert found.separable is True and found.margin == pytest.approx(0.5, rel=0.2)


def test_constant_and_tiny_columns_do_not_matter() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((20, 3)) * np.array([1.0, 1e-9, 0.0]) + np.array([0.0, 0.0, 7.0])
    signs = np.where(x[:, 1] > 0, 1.0, -1.0)
    assert separate(x, signs).separable is True


def test_every_class_of_digits_0_to_8() -> None:
    data = Digits(test_fraction=0.0).load(Files())
    x = data.x.flatten(1).double().numpy()
    y = data.y.numpy()
    zero, eight = (separate(x, np.where(y == c, 1.0, -1.0), c) for c in (0, 8))
    assert zero.separable is True and zero.margin > 0
    assert eight.separable is False and len(eight.blocking) > 10
    assert {int(y[i]) == 8 for i in eight.blocking} == {True, False}


def test_all_classes_of_round_clouds() -> None:
    generator = torch.Generator().manual_seed(0)
    centres = 20.0 * torch.eye(3, dtype=torch.float64)
    y = torch.arange(30) % 3
    x = centres[y] + torch.randn(30, 3, dtype=torch.float64, generator=generator)
    found, _ = finish(separate_all(x, y, 3))
    assert [one.separable for one in found] == [True] * 3 and [one.label for one in found] == [0, 1, 2]
    assert classes_of(torch.tensor([[1.0, -1.0], [-1.0, 1.0]])).tolist() == [0, 1]
