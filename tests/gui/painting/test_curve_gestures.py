"""Drawing a curve: T follows the hand."""

from dataclasses import replace

import numpy as np
import pytest

from lsviewer.gui.painting.curve_gestures import CurveLine, CurveStroke, nudge
from lsviewer.gui.painting.gestures import Ink

INK = Ink(size=1, softness=0.0)


def flat(level: float = 0.2) -> np.ndarray:
    return np.full(101, level, np.float32)


def test_the_curve_follows_the_hand_between_two_events() -> None:
    stroke = CurveStroke(flat(), INK)
    stroke.extend((20.0, 0.2))
    stroke.extend((60.0, 1.0))
    assert stroke.values[20:61] == pytest.approx(np.linspace(0.2, 1.0, 41), abs=1e-6)
    assert (stroke.values[:20] == np.float32(0.2)).all() and (stroke.values[61:] == np.float32(0.2)).all()


def test_going_back_overwrites_what_was_drawn() -> None:
    stroke = CurveStroke(flat(), INK)
    for point in ((20.0, 0.9), (60.0, 0.9), (20.0, 0.5)):
        stroke.extend(point)
    assert stroke.values[20] == pytest.approx(0.5) and stroke.values[40] == pytest.approx(0.7)


def test_a_soft_brush_pulls_its_neighbours_less() -> None:
    stroke = CurveStroke(flat(0.0), replace(INK, size=21, softness=1.0))
    stroke.extend((50.0, 1.0))
    assert stroke.values[50] == 1
    assert np.all(np.diff(stroke.values[50:]) <= 0) and 0 < stroke.values[58] < 1 and stroke.values[62] == 0
    assert np.array_equal(stroke.values, stroke.values[::-1])


def test_symmetry_mirrors_left_and_right() -> None:
    stroke = CurveStroke(flat(), replace(INK, symmetry="left_right"))
    stroke.extend((10.0, 0.4))
    stroke.extend((30.0, 0.8))
    assert np.array_equal(stroke.values, stroke.values[::-1])


def test_a_line_shows_only_its_last_position() -> None:
    line = CurveLine(flat(), INK, start=(10.0, 0.0))
    line.extend((90.0, 1.0))
    line.extend((30.0, 1.0))
    assert line.values[20] == pytest.approx(0.5) and line.values[31] == np.float32(0.2)


def test_a_nudge_moves_the_point_most_and_stays_in_range() -> None:
    moved = nudge(flat(0.95), 50, 0.1, replace(INK, size=11))
    assert moved[50] == 1.0 and 0.95 < moved[54] <= 1.0 and moved[70] == np.float32(0.95)
    assert not moved.flags.writeable
