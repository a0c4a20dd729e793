"""The camera against facts of geometry: known directions, Qt's own matrices, and rays that come back to where they started."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QMatrix4x4, QVector3D

from lsviewer.gui.views.camera import FOV, Camera, Margins

WIDTH, HEIGHT = 416.0, 452.0
CORNERS = np.array([(x, y, z) for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (0.0, 0.7)])


def test_from_above_axis_one_runs_right_and_axis_two_up() -> None:
    camera = Camera(azimuth=-90, elevation=90, centre=(0, 0, 0))
    origin, right, up = camera.project(np.array([[0.0, 0, 0], [0.5, 0, 0], [0, 0.5, 0]]), WIDTH, HEIGHT)
    assert right[0] > origin[0] and right[1] == pytest.approx(origin[1])
    assert up[1] < origin[1] and up[0] == pytest.approx(origin[0])


def test_projection_agrees_with_qt() -> None:
    camera = Camera(azimuth=-70, elevation=46, distance=7.7, centre=(0.1, -0.2, 0.3))
    vertical = 2 * np.degrees(np.arctan(np.tan(np.radians(FOV) / 2) * HEIGHT / WIDTH))
    matrix = QMatrix4x4()
    matrix.perspective(float(vertical), WIDTH / HEIGHT, 0.1, 100.0)
    matrix.lookAt(QVector3D(*camera.eye.tolist()), QVector3D(*camera.centre), QVector3D(0, 0, 1))
    points = np.random.default_rng(0).uniform(-1, 1, (20, 3))
    for point, pixel in zip(points, camera.project(points, WIDTH, HEIGHT)):
        unit = matrix.map(QVector3D(*point.tolist()))
        # Qt computes in float32
        assert pixel == pytest.approx([(unit.x() + 1) * WIDTH / 2, (1 - unit.y()) * HEIGHT / 2], abs=1e-2)


@given(st.floats(-180, 180), st.floats(0, 90), st.floats(0, WIDTH), st.floats(0, HEIGHT), st.floats(1, 12))
def test_a_point_on_the_ray_of_a_pixel_is_drawn_at_that_pixel(
    az: float, el: float, x: float, y: float, along: float
) -> None:
    camera = Camera(azimuth=az, elevation=el)
    origin, direction = camera.ray(x, y, WIDTH, HEIGHT)
    assert camera.project((origin + along * direction)[None], WIDTH, HEIGHT)[0] == pytest.approx((x, y), abs=1e-6)


@pytest.mark.parametrize("size", [(416, 452), (307, 300), (900, 300)])
@pytest.mark.parametrize("angles", [(-70, 46), (-90, 90), (-90, 0)])
def test_a_fitted_box_fills_the_room_between_the_margins(size: tuple[int, int], angles: tuple[int, int]) -> None:
    margins = Margins(40, 20, 50, 60)
    camera = Camera(*angles).fitted(CORNERS, *size, margins)
    places = camera.project(CORNERS, *size)
    low, high = places.min(axis=0), places.max(axis=0)
    # The fit is iterated a dozen times; half a pixel is what is left.
    assert (low >= np.array([margins.left, margins.top]) - 0.5).all()
    assert (high <= np.array(size) - [margins.right, margins.bottom] + 0.5).all()
    room = np.array(size) - [margins.left + margins.right, margins.top + margins.bottom]
    assert ((high - low) / room).max() == pytest.approx(1.0, abs=0.01)


def test_the_camera_stays_above_the_floor() -> None:
    assert Camera(elevation=10).turned(0, -40).elevation == 0
    assert Camera(elevation=80).turned(0, 40).elevation == 90
