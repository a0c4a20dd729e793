"""Block and picking: orientation, shade of known slopes, holes, and rays whose answer is known."""

import numpy as np
import pytest

from lsviewer.gui import colormaps
from lsviewer.gui.views.camera import Camera
from lsviewer.gui.views.relief import AMBIENT, BASE, DIFFUSE, LIGHT, TALL, heights, pick, relief, shade, thinned


def test_heights_run_from_base_to_top() -> None:
    z = heights(np.array([[2.0, 3.0], [4.0, np.nan]]), 2.0, 4.0, 1.0)
    assert z[0] == pytest.approx([BASE, BASE + TALL / 2])
    assert z[1, 0] == pytest.approx(BASE + TALL)
    assert np.isnan(z[1, 1])


def test_a_flat_face_keeps_95_per_cent_of_its_colour() -> None:
    assert shade(np.full((5, 5), 0.3, np.float32)) == pytest.approx(AMBIENT + DIFFUSE * LIGHT[2])
    assert shade(np.zeros((4, 4), np.float32))[0, 0] == pytest.approx(0.95, abs=0.005)


def test_a_slope_is_shaded_by_its_normal() -> None:
    x = np.linspace(-1, 1, 9)
    z = (0.5 * x[:, None] + 0.0 * x[None, :]).astype(np.float32)
    normal = np.array([-0.5, 0.0, 1.0]) / np.sqrt(1.25)
    assert shade(z)[4, 4] == pytest.approx(0.50 + 0.68 * float(normal @ LIGHT), abs=1e-5)


def test_a_slope_facing_the_light_is_brighter() -> None:
    x = np.linspace(-1, 1, 9, dtype=np.float32)
    towards = shade(np.repeat(0.6 * x[:, None], 9, axis=1))  # rises to the right: faces left, where the light is
    away = shade(np.repeat(-0.6 * x[:, None], 9, axis=1))
    assert towards.mean() > 0.95 > away.mean()


def test_vertices_follow_the_axes() -> None:
    values = np.zeros((5, 7))
    values[4, 0] = 1.0  # right, front
    block = relief(values, 0.0, 1.0, "lipari")
    top = block.vertices[: values.size]
    peak = top[int(np.argmax(top["position"][:, 2]))]
    assert peak["position"].tolist() == pytest.approx([1.0, -1.0, BASE + TALL])


def test_every_triangle_of_the_strip_is_small_or_empty() -> None:
    block = relief(np.zeros((6, 9)), 0.0, 1.0, "lipari")
    a, b, c = (block.strip[i : len(block.strip) - 2 + i] for i in range(3))
    full = (a != b) & (b != c) & (a != c)
    assert full.sum() == 2 * 5 * 8 + 2 * (2 * 5 + 2 * 8)  # surface, four skirts
    p = block.vertices["position"]
    span = np.ptp(np.stack([p[a], p[b], p[c]])[:, full], axis=0)
    assert (span[:, 0] <= 2 / 5 + 1e-6).all() and (span[:, 1] <= 2 / 8 + 1e-6).all()


def test_holes_are_transparent_and_known() -> None:
    values = np.zeros((5, 5))
    values[2, 3] = np.nan
    block = relief(values, 0.0, 1.0, "lipari")
    assert block.has_holes
    assert block.vertices["colour"][2 * 5 + 3, 3] == 0
    assert (block.vertices["colour"][:25, 3] == 255).sum() == 24


def test_colours_come_from_the_map() -> None:
    block = relief(np.ones((4, 4)), 0.0, 1.0, "lipari")
    expected = colormaps.table("lipari")[-1, :3] * np.float32(0.5 + 0.68 * 0.66)
    assert block.vertices["colour"][5, :3] == pytest.approx(expected, abs=1)


def test_large_sections_are_thinned_and_keep_their_ends() -> None:
    values = np.arange(700.0)[:, None] + np.zeros((700, 3))
    shown = thinned(values)
    assert shown.shape == (300, 3)
    assert (shown[0, 0], shown[-1, 0]) == (0.0, 699.0)


def test_straight_down_meets_the_point_below() -> None:
    z = np.full((9, 9), 0.4, np.float32)
    found = pick(z, np.array([0.3, -0.55, 5.0]), np.array([0.0, 0.0, -1.0]))
    assert found == pytest.approx((0.3, -0.55))


def test_a_slanted_ray_meets_a_plane_where_algebra_says() -> None:
    x = np.linspace(-1, 1, 33)
    z = (0.3 + 0.2 * x[:, None] - 0.1 * x[None, :]).astype(np.float32)
    origin, direction = Camera().ray(200, 230, 416, 452)
    # origin + t direction on z = 0.3 + 0.2 x - 0.1 y
    t = (0.3 + 0.2 * origin[0] - 0.1 * origin[1] - origin[2]) / (direction[2] - 0.2 * direction[0] + 0.1 * direction[1])
    hit = origin + t * direction
    assert pick(z, origin, direction) == pytest.approx((hit[0], hit[1]), abs=1e-4)


def test_the_nearer_hill_hides_the_farther_one() -> None:
    z = np.full((65, 65), 0.1, np.float32)
    z[:, 20:24] = 0.6  # a wall across the view at y = -0.31
    origin, direction = np.array([0.0, -5.0, 1.0]), np.array([0.0, 5.0, -0.7])
    found = pick(z, origin, direction)
    assert found is not None
    assert found[1] == pytest.approx(-0.36, abs=0.04)


def test_past_the_block_and_through_a_hole_there_is_nothing() -> None:
    z = np.full((9, 9), 0.4, np.float32)
    assert pick(z, np.array([3.0, 0.0, 5.0]), np.array([0.0, 0.0, -1.0])) is None
    z[2:7, 2:7] = np.nan
    assert pick(z, np.array([0.0, 0.0, 5.0]), np.array([0.0, 0.0, -1.0])) is None


def test_a_steep_wall_across_the_grid_is_shaded_evenly() -> None:
    # A cliff that crosses the grid at slope 1/4: along it the raw slopes jump at every fourth cell, by 0.23 of the brightness.
    i, j = np.mgrid[0:40, 0:40]
    wall = 0.1 * (4 * (j - 10) > i - 8).astype(np.float32)
    foot = [float(shade(wall)[k, (k - 8) // 4 + 10]) for k in range(8, 24)]
    assert np.ptp(foot) < 0.1
