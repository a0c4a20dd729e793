"""The camera of the 3D view as a value: matrices, projection and rays in numpy, so that overlay and picking need no OpenGL."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

FOV = 25.0  # degrees across the width: more and the corners shear
AZIMUTH, ELEVATION = -70.0, 46.0

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Margins:
    """Pixels kept free around the fitted box for labels."""

    left: float = 46.0
    top: float = 24.0
    right: float = 46.0
    bottom: float = 50.0


@dataclass(frozen=True, slots=True)
class Camera:
    """Looks at ``centre`` from ``distance``; azimuth -90 looks along +y, elevation 90 from above. Angles in degrees."""

    azimuth: float = AZIMUTH
    elevation: float = ELEVATION
    distance: float = 8.0
    centre: tuple[float, float, float] = (0.0, 0.0, 0.2)

    def turned(self, azimuth: float, elevation: float) -> "Camera":
        """Return the camera moved around the centre; it does not go below the floor."""
        return replace(self, azimuth=self.azimuth + azimuth, elevation=min(90.0, max(0.0, self.elevation + elevation)))

    def axes(self) -> tuple[Floats, Floats, Floats]:
        """Return the unit vectors right, up and back (from centre to eye)."""
        a, e = math.radians(self.azimuth), math.radians(self.elevation)
        right = np.array([-math.sin(a), math.cos(a), 0.0])
        back = np.array([math.cos(e) * math.cos(a), math.cos(e) * math.sin(a), math.sin(e)])
        up = np.array([-math.sin(e) * math.cos(a), -math.sin(e) * math.sin(a), math.cos(e)])
        return right, up, back

    @property
    def eye(self) -> Floats:
        """Where the camera stands."""
        return np.asarray(self.centre) + self.distance * self.axes()[2]

    def matrix(self, width: float, height: float) -> Floats:
        """Return the 4 x 4 matrix from world to clip coordinates, to be multiplied from the left."""
        right, up, back = self.axes()
        view = np.eye(4)
        view[:3, :3] = np.stack([right, up, back])
        view[:3, 3] = -view[:3, :3] @ self.eye
        near, far = self.distance * 0.05, self.distance * 4.0
        across = 1.0 / math.tan(math.radians(FOV) / 2)
        projection = np.zeros((4, 4))
        projection[0, 0], projection[1, 1] = across, across * width / height
        projection[2, 2], projection[2, 3] = -(far + near) / (far - near), -2 * far * near / (far - near)
        projection[3, 2] = -1.0
        return projection @ view

    def project(self, points: Floats, width: float, height: float) -> Floats:
        """Return pixels (n, 2), y down, of world ``points`` (n, 3)."""
        homogeneous = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ self.matrix(width, height).T
        unit = homogeneous[:, :2] / homogeneous[:, 3:]
        return np.stack([(unit[:, 0] + 1) * width / 2, (1 - unit[:, 1]) * height / 2], axis=1)

    def ray(self, x: float, y: float, width: float, height: float) -> tuple[Floats, Floats]:
        """Return origin and unit direction of the line of sight through pixel (x, y)."""
        right, up, back = self.axes()
        half = math.tan(math.radians(FOV) / 2)
        direction = (2 * x / width - 1) * half * right + (1 - 2 * y / height) * half * height / width * up - back
        return self.eye, direction / np.linalg.norm(direction)

    def pixel_size(self, width: float) -> float:
        """Return how long a pixel is in the plane through the centre."""
        return 2 * self.distance * math.tan(math.radians(FOV) / 2) / width

    def fitted(self, corners: Floats, width: float, height: float, margins: Margins) -> "Camera":
        """Return the camera moved and turned to its centre so that ``corners`` (n, 3) fill the room between the margins."""
        camera = replace(self, centre=tuple(corners.mean(axis=0).tolist()))
        room = np.array(
            [max(width - margins.left - margins.right, 40.0), max(height - margins.top - margins.bottom, 40.0)]
        )
        middle = np.array([margins.left + room[0] / 2, margins.top + room[1] / 2])
        for _ in range(12):  # distance and centre depend on each other a little; this settles in a few steps
            places = camera.project(corners, width, height)
            low, high = places.min(axis=0), places.max(axis=0)
            shift = ((low + high) / 2 - middle) * camera.pixel_size(width)
            right, up, _ = camera.axes()
            centre = np.asarray(camera.centre) + shift[0] * right - shift[1] * up
            distance = camera.distance * float(((high - low) / room).max())
            camera = replace(camera, centre=tuple(centre.tolist()), distance=max(distance, 0.5))
        return camera
