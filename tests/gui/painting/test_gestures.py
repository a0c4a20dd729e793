"""What one press, drag and release does to a pattern."""

import time
from dataclasses import replace

import numpy as np
import pytest

from lsviewer.gui.painting.gestures import (
    BrushStroke,
    Fill,
    Gradient,
    Ink,
    PolygonClicks,
    ShapeDrag,
    Stamp,
)
from lsviewer.gui.painting.symmetry import images, matrices

N = 65
HARD = Ink(size=9, softness=0.0, value=0.75)


def blank(level: float = 0.25) -> np.ndarray:
    base = np.full((N, N), level, np.float32)
    base.flags.writeable = False
    return base


def test_a_stroke_lays_the_value_in_floats() -> None:
    stroke = BrushStroke(blank(), replace(HARD, value=0.123456))
    stroke.extend((30.0, 30.0))
    assert stroke.values[30, 30] == np.float32(0.123456)  # no eight-bit level
    assert stroke.values[5, 5] == np.float32(0.25)


def test_crossing_ones_own_stroke_does_not_darken() -> None:
    ink = replace(HARD, opacity=0.5, softness=0.6)
    stroke = BrushStroke(blank(), ink)
    for point in ((10.0, 32.0), (50.0, 32.0), (10.0, 32.0), (50.0, 32.0)):
        stroke.extend(point)
    assert stroke.values.max() == pytest.approx(0.5, abs=1e-6)  # half way from 0.25 to 0.75, once


def test_a_fast_stroke_has_no_gaps() -> None:
    stroke = BrushStroke(blank(0.0), replace(HARD, size=5))
    stroke.extend((3.0, 5.0))
    stroke.extend((60.0, 58.0))
    along = [stroke.values[round(3 + 57 * t), round(5 + 53 * t)] for t in np.linspace(0, 1, 50)]
    assert min(along) == np.float32(0.75)


def test_pressure_scales_the_brush() -> None:
    light, full = BrushStroke(blank(0.0), HARD), BrushStroke(blank(0.0), HARD)
    light.extend((32.0, 32.0), 0.5)
    full.extend((32.0, 32.0), 1.0)
    # the area of a disc; 12 %: a disc of radius 2.25 is small against the edge of one grid point
    assert full.mask.sum() / light.mask.sum() == pytest.approx(4, rel=0.12)


def test_the_window_of_a_stroke_holds_all_that_changed() -> None:
    stroke = BrushStroke(blank(), replace(HARD, symmetry="rotational", turns=5))
    stroke.extend((40.0, 50.0))
    before = stroke.values.copy()
    window = stroke.extend((44.0, 20.0))
    assert window is not None
    before[window] = stroke.values[window]
    assert np.array_equal(before, stroke.values)


@pytest.mark.parametrize(
    ("symmetry", "image"),
    [
        ("left_right", lambda v: v[::-1]),
        ("up_down", lambda v: v[:, ::-1]),
        ("four_fold", lambda v: v[::-1, ::-1]),
    ],
)
def test_a_mirrored_stroke_is_symmetric_to_the_last_bit(symmetry: str, image: object) -> None:
    stroke = BrushStroke(blank(), replace(HARD, symmetry=symmetry, softness=0.5))
    for point in ((12.3, 20.1), (25.7, 44.4)):
        stroke.extend(point)
    assert np.array_equal(stroke.values, image(stroke.values))  # type: ignore[operator]


def test_four_turns_are_quarter_turns() -> None:
    stroke = BrushStroke(blank(), replace(HARD, symmetry="rotational", turns=4))
    stroke.extend((12.3, 20.1))
    # float32 coverage of turned coordinates: last bits differ
    assert np.allclose(stroke.values, np.rot90(stroke.values), atol=1e-6)
    assert not np.allclose(stroke.values, stroke.values[::-1], atol=1e-3)


def test_images_of_a_point_keep_their_distance_to_the_middle() -> None:
    found = images((10.0, 20.0), N, matrices("rotational", 7))
    radii = [np.hypot(x - 32, y - 32) for x, y in found]
    assert len(found) == 7 and np.ptp(radii) < 1e-9 and found[0] == (10.0, 20.0)


def test_a_drag_shows_only_its_last_shape() -> None:
    drag = ShapeDrag(blank(0.0), HARD, start=(10.0, 10.0), shape="rectangle")
    drag.extend((60.0, 60.0))
    drag.extend((30.0, 20.0))
    fresh = ShapeDrag(blank(0.0), HARD, start=(10.0, 10.0), shape="rectangle")
    fresh.extend((30.0, 20.0))
    assert np.array_equal(drag.values, fresh.values)
    assert drag.text == "Rectangle"


def test_an_outline_leaves_the_inside() -> None:
    drag = ShapeDrag(blank(), replace(HARD, filled=False, size=3), start=(10.0, 10.0), shape="ellipse")
    drag.extend((50.0, 50.0))
    assert drag.values[30, 30] == np.float32(0.25) and drag.values[10, 30] == np.float32(0.75)


def test_shift_makes_squares_and_eighths_of_a_turn() -> None:
    square = ShapeDrag(blank(0.0), HARD, start=(10.0, 10.0), constrained=True, shape="rectangle")
    square.extend((40.0, 20.0))
    assert square.values[38, 38] == np.float32(0.75)
    line = ShapeDrag(blank(0.0), replace(HARD, size=1), start=(10.0, 30.0), constrained=True, shape="line")
    line.extend((50.0, 34.0))
    assert line.values[48, 30] > 0.5 and line.values[48, 34] == 0


def test_a_gradient_falls_from_the_value_to_what_was_there() -> None:
    drag = Gradient(blank(0.25), HARD, start=(12.0, 5.0))
    drag.extend((52.0, 5.0))
    assert drag.values[[12, 32, 52], 40] == pytest.approx([0.75, 0.5, 0.25])


def test_a_polygon_is_drawn_through_its_clicks() -> None:
    polygon = PolygonClicks(blank(0.0), HARD)
    for corner in ((10.0, 10.0), (50.0, 10.0), (50.0, 50.0)):
        polygon.add(corner)
    polygon.extend((0.0, 60.0))  # the pointer is elsewhere by now
    polygon.close()
    # corners (10, 10), (50, 10), (50, 50): half of 40 x 40; 3 %: edge and sampling of a small triangle
    assert polygon.mask.sum() == pytest.approx(800, rel=0.03)
    polygon.remove((10.0, 50.0))
    assert polygon.corners == [(10.0, 10.0), (50.0, 10.0)]


def test_fill_stops_at_a_wall_and_respects_the_tolerance() -> None:
    base = np.zeros((N, N), np.float32)
    base[30] = 0.5
    base[:10] = 0.05
    fill = Fill(base, replace(HARD, tolerance=0.02))
    fill.extend((20.0, 5.0))
    assert (fill.values[10:30] == np.float32(0.75)).all()
    assert (fill.values[:10] == np.float32(0.05)).all() and (fill.values[31:] == 0).all()
    wide = Fill(base, replace(HARD, tolerance=0.1))
    wide.extend((20.0, 5.0))
    assert (wide.values[:30] == np.float32(0.75)).all()


def test_fill_of_a_diagonal_line_does_not_leak_through_its_corners() -> None:
    base = np.zeros((N, N), np.float32)
    base[np.arange(N), np.arange(N)] = 1
    fill = Fill(base, HARD)
    fill.extend((40.0, 10.0))
    assert (fill.values[np.triu_indices(N, 1)] == 0).all()


def test_a_stamp_is_centred_and_cut_at_the_border() -> None:
    letters = np.ones((5, 3), np.float32)
    stamp = Stamp(blank(0.0), HARD, coverage=letters)
    stamp.extend((32.0, 32.0))
    assert stamp.values[30:35, 31:34].min() == np.float32(0.75) and stamp.mask.sum() == 15
    stamp.extend((0.0, 0.0))
    assert stamp.mask.sum() == 3 * 2
    stamp.extend((-20.0, 0.0))
    assert not stamp.changed


def test_the_base_is_never_written_to() -> None:
    base = blank()
    for gesture in (BrushStroke(base, HARD), Fill(base, HARD), Gradient(base, HARD)):
        gesture.extend((20.0, 20.0))
    assert (base == np.float32(0.25)).all()


# Ten times what two idle cores need (0.05 ms and 0.4 ms), and still within the 3 ms and 10 ms a move event may cost.
@pytest.mark.parametrize(("size", "limit_s"), [(128, 0.003), (512, 0.010)])
def test_a_move_costs_little(size: int, limit_s: float) -> None:
    stroke = BrushStroke(np.zeros((size, size), np.float32), Ink(size=size / 11))
    stroke.extend((size / 4, size / 4))
    spent = []
    for step in range(40):
        began = time.perf_counter()
        stroke.extend((size / 4 + step, size / 4 + step / 2))
        spent.append(time.perf_counter() - began)
    assert np.median(spent) < limit_s
