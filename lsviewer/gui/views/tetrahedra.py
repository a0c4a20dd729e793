"""The surface on which a volume has one value, by marching tetrahedra: no table of 256 cases, no holes between cells.

Every cell is cut into six tetrahedra around the same diagonal, so neighbours agree on their common faces. Where the values at
the ends of an edge lie on both sides of the level, the surface crosses it at the linear interpolant (Doi and Koide 1991).
"""

from dataclasses import dataclass
from itertools import permutations, product

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
    cells = _crossed(values, level)
    crossings = []
    for path in permutations(range(3)):
        tetrahedron = _corners(shape, path, cells)
        codes = sum(inside[corner].astype(np.int8) << k for k, corner in enumerate(tetrahedron))
        for code, cases in _CASES.items():
            here = np.flatnonzero(codes == code)
            for case in cases:
                edges = [np.stack([tetrahedron[a][here], tetrahedron[b][here]], axis=1) for a, b in case]
                crossings.append(np.stack(edges, axis=1))  # (m, 3, 2)
    ends = np.concatenate(crossings).reshape(-1, 2)
    ends = np.stack([ends.min(axis=1), ends.max(axis=1)], axis=1)
    first, second, triangles = _numbered(ends, shape)
    share = ((level - flat[first]) / (flat[second] - flat[first]))[:, None]
    places = np.stack(np.unravel_index(np.stack([first, second]), shape), axis=-1).astype(np.float64)
    slopes = np.stack(np.gradient(np.nan_to_num(values, nan=level)), axis=-1).reshape(-1, 3)
    normals = (1 - share) * slopes[first] + share * slopes[second]
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return Mesh((1 - share) * places[0] + share * places[1], normals, triangles.reshape(-1, 3))


def _crossed(values: Array, level: float) -> NDArray[np.int64]:
    """Return the flat index of the first corner of every cell that the surface goes through."""
    windows = [
        tuple(slice(step, n - 1 + step) for step, n in zip(steps, values.shape)) for steps in product((0, 1), repeat=3)
    ]
    inside = values > level
    finite = np.isfinite(values)
    some, every, fit = (np.zeros([n - 1 for n in values.shape], bool) | start for start in (False, True, True))
    for window in windows:
        some |= inside[window]
        every &= inside[window]
        fit &= finite[window]
    return np.ravel_multi_index(np.nonzero(some & ~every & fit), values.shape)


def _corners(shape: tuple[int, ...], path: tuple[int, ...], cells: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return the flat indices of the four corners of one tetrahedron in every cell: from corner 0 to 7, an axis at a time."""
    strides = shape[1] * shape[2], shape[2], 1
    return [cells + sum(strides[axis] for axis in path[:count]) for count in range(4)]


def _numbered(ends: NDArray[np.int64], shape: tuple[int, ...]) -> tuple[NDArray[np.int64], ...]:
    """Return the ends of the edges that occur, each once, and which of them every row of ``ends`` is.

    From a grid point seven edges lead to later ones, so an edge has a number without any sorting.
    """
    strides = shape[1] * shape[2], shape[2], 1
    ways = np.array(sorted(sum(s for s, on in zip(strides, steps) if on) for steps in product((0, 1), repeat=3)))[1:]
    keys = ends[:, 0] * len(ways) + np.searchsorted(ways, ends[:, 1] - ends[:, 0])
    occurs = np.zeros(int(np.prod(shape)) * len(ways), bool)
    occurs[keys] = True
    found = np.flatnonzero(occurs)
    number = np.empty(len(occurs), np.int64)
    number[found] = np.arange(len(found))
    first = found // len(ways)
    return first, first + ways[found % len(ways)], number[keys]
