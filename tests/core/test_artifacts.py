"""Artifacts: arrays that cannot be written to, shapes that must agree."""

import numpy as np
import pytest

from lsviewer.core.arrays import differs, freeze
from lsviewer.core.artifacts import Axis, Checkpoint, Picture, Section, Series, Spectrum, Trajectory


def axes() -> tuple[Axis, Axis]:
    return Axis("α₁", np.linspace(0, 1, 3)), Axis("α₂", np.linspace(0, 1, 4))


def test_a_section_is_read_only_and_no_view_of_what_it_was_made_from() -> None:
    values = np.zeros((3, 4))
    section = Section("s", axes(), values, target=values, known=values > 0)
    values[0, 0] = 7
    assert section.values[0, 0] == 0
    for array in (section.values, section.target, section.known, section.axes[0].values):
        assert array is not None and not array.flags.writeable


def test_a_section_that_does_not_fit_its_axes_is_refused() -> None:
    with pytest.raises(ValueError, match=r"values has shape \(4, 3\), the axes say \(3, 4\)"):
        Section("s", axes(), np.zeros((4, 3)))
    with pytest.raises(ValueError, match="target has shape"):
        Section("s", axes(), np.zeros((3, 4)), target=np.zeros((3, 3)))


def test_the_error_of_a_section_leaves_the_offset_out() -> None:
    target = np.arange(12.0).reshape(3, 4)
    section = Section("s", axes(), target + 2.5, target=target, offset=2.0)
    np.testing.assert_allclose(section.error, 0.5)
    assert Section("s", axes(), target).error is None


def test_a_series_needs_as_many_x_as_y() -> None:
    with pytest.raises(ValueError, match="series 'loss'"):
        Series("loss", np.zeros(3), np.zeros(4))


def test_the_others_are_read_only_too() -> None:
    checkpoint = Checkpoint("c", {}, {"0.weight": np.zeros((2, 3)), "0.bias": np.zeros(2)}, ({"0.bias": np.ones(2)},))
    assert checkpoint.size == 8
    arrays = [
        checkpoint.params["0.weight"], checkpoint.directions[0]["0.bias"], Picture("p", "", np.zeros((2, 2))).pixels,
        Spectrum("e", "", np.zeros(3)).values, Trajectory("t", "", np.zeros((3, 2)), losses=np.zeros(3)).losses,
    ]  # fmt: skip
    for array in arrays:
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_freeze_copies_only_what_it_must() -> None:
    frozen = freeze(np.zeros(3))
    assert freeze(frozen) is frozen
    turned = freeze(np.zeros((2, 3)).T)
    assert turned.flags.c_contiguous


def test_nan_is_the_same_as_nan() -> None:
    a = np.array([1.0, np.nan])
    assert not differs(a, a.copy())
    assert differs(a, np.array([1.0, 2.0]))
    assert differs(a, a[:1])
    assert differs(a, None)
    assert not differs(None, None)
    assert not differs(np.array(["x"]), np.array(["x"]))
