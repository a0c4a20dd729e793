"""The surface on which a volume has one value, by marching tetrahedra: no table of 256 cases, no holes between cells.

Every cell is cut into six tetrahedra around the same diagonal, so neighbours agree on their common faces. Where the values at
the ends of an edge lie on both sides of the level, the surface crosses it at the linear interpolant (Doi and Koide 1991).
"""

from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from lsviewer.core.arrays import Array

# By how many of four corners lie inside, and which: the edges of one triangle, or of two that make a quadrangle.
_CASES: dict[int, list[tuple[tuple[int, int], ...]]] = {}
for _code in range(1, 15):
    _inside = [k for k in range(4) if _code >> k & 1]
    _outside = [k for k in range(4) if not _code >> k & 1]
    if len(_inside) == 2:
        (_a, _b), (_c, _d) = _inside, _outside
        _CASES[_code] = [((_a, _c), (_a, _d), (_b, _d)), ((_a, _c), (_b, _d), (_b, _c))]
    else:
        _tip, _rest = (_inside[0], _outside) if len(_inside) == 1 else (_outside[0], _inside)
        _CASES[_code] = [tuple((_tip, k) for k in _rest)]


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Triangles with common vertices."""

    points: Array  # (n, 3), in grid points: 0 ... n - 1 on every axis
    normals: Array  # (n, 3), unit vectors towards higher values
    triangles: NDArray[np.int64]  # (m, 3)


def isosurface(values: Array, level: float) -> Mesh:
    """Return the surface of ``level`` in ``values`` (n0, n1, n2); cells with a value that is not finite have none."""
    shape = values.shape
    flat = values.ravel()
    inside = flat > level
    corners = [_corners(shape, path) for path in permutations(range(3))]
    crossings = []
    for tetrahedron in corners:
        codes = sum(inside[corner].astype(np.int8) << k for k, corner in enumerate(tetrahedron))
        finite = np.isfinite(sum(flat[corner] for corner in tetrahedron))
        for code, cases in _CASES.items():
            here = np.flatnonzero((codes == code) & finite)
            for case in cases:
                edges = [np.stack([tetrahedron[a][here], tetrahedron[b][here]], axis=1) for a, b in case]
                crossings.append(np.stack(edges, axis=1))  # (m, 3, 2)
    ends = np.sort(np.concatenate(crossings).reshape(-1, 2), axis=1)
    keys, triangles = np.unique(ends[:, 0] * flat.size + ends[:, 1], return_inverse=True)
    first, second = keys // flat.size, keys % flat.size
    share = ((level - flat[first]) / (flat[second] - flat[first]))[:, None]
    places = np.stack(np.unravel_index(np.stack([first, second]), shape), axis=-1).astype(np.float64)
    slopes = np.stack(np.gradient(np.nan_to_num(values, nan=level)), axis=-1).reshape(-1, 3)
    normals = (1 - share) * slopes[first] + share * slopes[second]
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return Mesh((1 - share) * places[0] + share * places[1], normals, triangles.reshape(-1, 3))


def _corners(shape: tuple[int, ...], path: tuple[int, ...]) -> list[NDArray[np.int64]]:
    """Return the flat indices of the four corners of one tetrahedron in every cell: from corner 0 to 7, an axis at a time."""
    index = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)
    steps = [0, 0, 0]
    found = []
    for axis in (None, *path):
        if axis is not None:
            steps[axis] = 1
        window = tuple(slice(step, n - 1 + step) for step, n in zip(steps, shape))
        found.append(index[window].ravel())
    return found
