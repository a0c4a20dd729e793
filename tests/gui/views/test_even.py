"""Uneven grids onto even ones: ends, linear functions and holes are kept, an even section is left as it is."""

import numpy as np

from lsviewer.core.artifacts import Axis, Section
from lsviewer.gui.views.even import on_even_grid

UNEVEN = Axis("α₁", np.array([0.0, 0.1, 0.2, 0.6, 1.0]))
EVEN = Axis("α₂", np.linspace(-1.0, 1.0, 4))


def test_an_even_section_is_left_alone() -> None:
    section = Section("s", (EVEN, EVEN), np.zeros((4, 4)))
    assert on_even_grid(section) is section


def test_a_linear_function_stays_what_it_is() -> None:
    x, y = np.meshgrid(UNEVEN.values, EVEN.values, indexing="ij")
    shown = on_even_grid(Section("s", (UNEVEN, EVEN), 2 * x - y, target=x + 3 * y))
    a, b = np.meshgrid(*(axis.values for axis in shown.axes), indexing="ij")
    assert shown.values.shape == (11, 4)  # the smallest step, 0.1, everywhere
    np.testing.assert_allclose(shown.values, 2 * a - b, atol=1e-12)
    np.testing.assert_allclose(shown.target, a + 3 * b, atol=1e-12)


def test_holes_and_points_not_evaluated_stay_their_own() -> None:
    values, known = np.zeros((5, 4)), np.ones((5, 4), bool)
    values[1, 0], known[3, 2] = np.nan, False
    shown = on_even_grid(Section("s", (UNEVEN, EVEN), values, known=known))
    assert np.isnan(shown.values).sum() == 1 and np.isnan(shown.values[1, 0])
    assert shown.known is not None and not shown.known[3:10, 2].all() and shown.known[:, :2].all()
