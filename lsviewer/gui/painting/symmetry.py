"""Symmetric drawing: one stroke becomes several, each turned or mirrored about the centre of the pattern."""

from typing import Literal, assert_never

import numpy as np

from lsviewer.core.arrays import Array

Symmetry = Literal["none", "left_right", "up_down", "four_fold", "rotational"]
TITLES: dict[Symmetry, str] = {
    "none": "None",
    "left_right": "Left and right",
    "up_down": "Up and down",
    "four_fold": "Four-fold",
    "rotational": "Rotational",
}
MAX_TURNS = 12


def matrices(symmetry: Symmetry, turns: int = 6) -> Array:
    """Return the orthogonal matrices (k, 2, 2) of a symmetry, the identity first; ``turns`` counts rotations."""
    mirror_x, mirror_y = np.diag([-1.0, 1.0]), np.diag([1.0, -1.0])
    match symmetry:
        case "none":
            found = [np.eye(2)]
        case "left_right":
            found = [np.eye(2), mirror_x]
        case "up_down":
            found = [np.eye(2), mirror_y]
        case "four_fold":
            found = [np.eye(2), mirror_x, mirror_y, mirror_x @ mirror_y]
        case "rotational":
            found = [_rotation(2 * np.pi * k / turns) for k in range(turns)]
        case _:
            assert_never(symmetry)
    return np.stack(found)


def images(point: tuple[float, float], size: int, group: Array) -> list[tuple[float, float]]:
    """Return where ``point`` (grid coordinates) goes under each matrix of ``group`` on a grid with ``size`` points an axis."""
    centre = (size - 1) / 2
    return [(float(x), float(y)) for x, y in (group @ (np.array(point) - centre)) + centre]


def _rotation(angle: float) -> Array:
    # Rounded so that quarter turns are exact: a mirrored drawing is then symmetric to the last bit.
    c, s = np.round([np.cos(angle), np.sin(angle)], 15)
    return np.array([[c, -s], [s, c]])
