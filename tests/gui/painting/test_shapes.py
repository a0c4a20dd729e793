"""Coverage against areas known from geometry, and the drawing facts that a stroke relies on."""

import numpy as np
import pytest

from lsviewer.gui.painting.shapes import (
    Box,
    Ellipse,
    Outline,
    Polygon,
    Segment,
    cover,
    coverage,
    linear_fade,
    radial_fade,
    union,
)

N = 96
EYE = np.eye(2)


def painted(shape: object, edge: float = 1.0, matrix: np.ndarray = EYE) -> np.ndarray:
    mask = np.zeros((N, N), np.float32)
    cover(mask, shape, matrix, edge)  # type: ignore[arg-type]
    return mask


# The edge is symmetric about distance 0, so an area is met up to the curvature term pi w^2 / 20 and sampling: 1 % here.
@pytest.mark.parametrize(
    ("shape", "area"),
    [
        (Segment((47.3, 48.1), (47.3, 48.1), 20, 20), np.pi * 20**2),
        (Segment((20.0, 30.0), (70.0, 60.0), 6, 6), np.pi * 36 + 12 * np.hypot(50, 30)),
        (Box((10.2, 20.7), (60.4, 50.1)), 50.2 * 29.4),
        (Ellipse((10.0, 20.0), (80.0, 60.0)), np.pi * 35 * 20),
        (Polygon(((10.0, 10.0), (80.0, 20.0), (30.0, 75.0))), 0.5 * abs(70 * 65 - 20 * 10)),
        (Outline(Segment((48.0, 48.0), (48.0, 48.0), 30, 30), 6), np.pi * (33**2 - 27**2)),
    ],
)
def test_covered_area_is_the_area_of_the_shape(shape: object, area: float) -> None:
    assert painted(shape).sum() == pytest.approx(area, rel=0.01)


def test_a_thickening_segment_keeps_its_ends() -> None:
    mask = painted(Segment((20.0, 48.0), (70.0, 48.0), 3, 12))
    assert (mask[20] > 0.5).sum() == pytest.approx(6, abs=2)
    assert (mask[70] > 0.5).sum() == pytest.approx(24, abs=2)


def test_even_odd_leaves_a_hole_where_a_polygon_crosses_itself() -> None:
    bow = Polygon(((10.0, 10.0), (80.0, 80.0), (80.0, 10.0), (10.0, 80.0)))
    mask = painted(bow)
    assert mask[20, 45] == 1 and mask[70, 45] == 1
    assert mask[45, 20] == 0 and mask[45, 70] == 0


def test_soft_edge_stays_inside_the_circle() -> None:
    soft = painted(Segment((48.0, 48.0), (48.0, 48.0), 20, 20), edge=20.5)
    x = np.hypot(*np.meshgrid(np.arange(N) - 48.0, np.arange(N) - 48.0, indexing="ij"))
    assert (soft[x > 20.5] == 0).all()
    assert soft[48, 48] == pytest.approx(1, abs=1e-3)
    assert np.all(np.diff(soft[48:70, 48]) <= 0)


def test_coverage_is_one_half_on_a_hard_rim() -> None:
    assert coverage(np.array([-0.5, 0.0, 0.5])) == pytest.approx([1, 0.5, 0])


def test_covering_twice_does_not_darken() -> None:
    mask = painted(Segment((30.0, 30.0), (60.0, 60.0), 8, 8), edge=8)
    again = mask.copy()
    cover(again, Segment((30.0, 30.0), (60.0, 60.0), 8, 8), EYE, 8)
    assert np.array_equal(mask, again)


def test_the_window_holds_all_that_changed() -> None:
    rng = np.random.default_rng(3)
    for _ in range(30):
        a, b = rng.uniform(-20, N + 20, (2, 2))
        angle = rng.uniform(0, 6.3)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        mask = np.zeros((N, N), np.float32)
        window = cover(mask, Segment(tuple(a), tuple(b), 5, 9), turn, 4)
        if window is not None:
            mask[window] = 0
        assert not mask.any()


def test_a_shape_outside_changes_nothing() -> None:
    mask = np.zeros((N, N), np.float32)
    assert cover(mask, Box((-40.0, -40.0), (-20.0, -20.0)), EYE) is None
    assert union(None, (slice(1, 2), slice(3, 4))) == (slice(1, 2), slice(3, 4))


def test_fades_fall_evenly() -> None:
    linear = linear_fade((N, N), (20.0, 0.0), (70.0, 0.0))
    assert linear[[0, 20, 45, 70, 90], 33] == pytest.approx([1, 1, 0.5, 0, 0])
    radial = radial_fade((N, N), (48.0, 48.0), (48.0, 88.0))
    assert radial[48, 48] == 1 and radial[68, 48] == pytest.approx(0.5) and radial[48, 88] == 0
