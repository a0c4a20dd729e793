"""Colour maps: ends, holes, symmetric limits. Reference colours are Crameri's published ends of lipari and vik."""

import numpy as np
import pytest

from lsviewer.gui import colormaps


def test_tables_have_255_colours_and_no_hole() -> None:
    for name in (*colormaps.OFFERED, colormaps.ERROR):
        table = colormaps.table(name)
        assert table.shape == (255, 4)
        assert (table[:, 3] == 255).all()
        assert not table.flags.writeable


def test_lipari_runs_from_dark_blue_to_cream() -> None:
    table = colormaps.table("lipari")
    assert table[0, :3].tolist() == [3, 19, 38]
    assert table[-1, :3].tolist() == [253, 245, 218]


def test_loss_maps_grow_in_lightness() -> None:
    weights = np.array([0.2126, 0.7152, 0.0722])  # relative luminance, ITU-R BT.709
    for name in colormaps.OFFERED:
        lightness = colormaps.table(name)[:, :3] @ weights
        assert (np.diff(lightness) > -3).all()


def test_ends_get_the_end_colours_and_holes_none() -> None:
    values = np.array([[-1.0, 0.0], [1.0, np.nan], [np.inf, 7.0]])
    index = colormaps.indices(values, 0.0, 1.0)
    assert index.tolist() == [[0, 0], [254, 255], [255, 254]]
    assert colormaps.colours(values, 0.0, 1.0, "lipari")[1, 1].tolist() == [0, 0, 0, 0]


def test_a_loss_that_varies_in_its_seventh_digit_keeps_its_levels() -> None:
    values = 2.302585 + np.linspace(0, 1e-6, 255)
    assert np.abs(colormaps.indices(values, values[0], values[-1]).astype(int) - np.arange(255)).max() <= 1


def test_limits_leave_out_what_is_not_finite() -> None:
    values = np.array([np.nan, -np.inf, 3.0, 1.0])
    assert colormaps.limits(values) == (1.0, 3.0)
    assert colormaps.limits(np.array([np.nan])) == (0.0, 1.0)
    assert colormaps.symmetric_limits(np.array([-1.0, 3.0, np.nan])) == (-3.0, 3.0)
    assert colormaps.symmetric_limits(np.zeros(3)) == (-1.0, 1.0)
    low, high = colormaps.limits(np.arange(101.0), 90.0)
    assert (low, high) == pytest.approx((5.0, 95.0))
