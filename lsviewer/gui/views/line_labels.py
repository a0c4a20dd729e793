"""Where to write the name of a line: at its end if there is room, else near it where no line passes. Pure geometry in pixels."""

from collections.abc import Sequence

import numpy as np

from lsviewer.core.arrays import Array

HEIGHT = 16.0  # of a line of text
GAP = 12.0  # between a line and the middle of its words
Line = tuple[Array, Array]
"""Columns and rows of a drawn line, in pixels, y down; NaN where it is broken."""


def heights(lines: Sequence[Line], left: float, right: float) -> list[tuple[float, float]]:
    """Return (highest, lowest) row of every line that passes between two columns."""
    spans = []
    for columns, rows in lines:
        good = np.isfinite(columns) & np.isfinite(rows)
        x, y = columns[good], rows[good]
        if len(x) == 0 or x.max() < left or x.min() > right:
            continue
        order = np.argsort(x, kind="stable")
        ends = np.interp([max(left, x.min()), min(right, x.max())], x[order], y[order])
        inside = np.concatenate([ends, y[(x >= left) & (x <= right)]])
        spans.append((float(inside.min()), float(inside.max())))
    return spans


def place(
    line: Line,
    others: Sequence[Line],
    width: float,
    area: tuple[float, float, float, float],
    taken: Sequence[float] = (),
) -> tuple[float, float] | None:
    """Return (left, middle row) for words of ``width`` that name ``line`` inside ``area`` (left, top, right, bottom).

    Where the line ends with room to its right, they stand there, or level with it at the right side if others pass; else at the
    right side, above or below the line, whichever is freer of the ``others``. ``taken`` are the middle rows of words already
    there; words elsewhere are among the others.
    """
    left, top, right, bottom = area
    good = np.flatnonzero(np.isfinite(line[0]) & np.isfinite(line[1]))
    if len(good) == 0:
        return None
    end_x, end_y = float(line[0][good[-1]]), float(np.clip(line[1][good[-1]], top, bottom))
    if end_x + 16 + width <= right and (end_x - left) < 0.75 * (right - left):
        beside = end_x + GAP
        passing = heights(others, beside, beside + width)
        lonely = all(low < end_y - HEIGHT / 2 or high > end_y + HEIGHT / 2 for high, low in passing)
        if lonely:
            return beside, end_y
        return right - width - 8, _free(end_y, taken, top, bottom)
    start = right - width - 8
    own = heights([line], start - GAP, right)
    if not own:
        return start, _free(end_y, taken, top, bottom)
    # above or below the line, or a line of text or two farther off where something else stands there
    choices = [row for k in range(3) for row in (own[0][0] - GAP - k * HEIGHT, own[0][1] + GAP + k * HEIGHT)]
    spans = heights(others, start, right)

    def cost(row: float) -> float:
        crossed = sum(max(0.0, min(low, row + HEIGHT / 2) - max(high, row - HEIGHT / 2) + 4) for high, low in spans)
        crowded = sum(max(0.0, HEIGHT - abs(row - other)) for other in taken)
        outside = max(0.0, top + 8 - row) + max(0.0, row - bottom + 8)
        away = 0.15 * min(abs(row - own[0][0]), abs(row - own[0][1]))
        return crossed + crowded + 4 * outside + away

    return start, min(choices, key=cost)


def spread(rows: Sequence[float], top: float, bottom: float, step: float = HEIGHT - 2) -> list[float]:
    """Return middle rows in the same order, moved as little as it takes to stand ``step`` apart between ``top`` and ``bottom``.

    Where there is not room for all, they stand closer.
    """
    if not rows:
        return []
    step = min(step, (bottom - top) / max(1, len(rows) - 1))
    order = sorted(range(len(rows)), key=lambda index: rows[index])
    placed: list[float] = []
    for row in (rows[index] for index in order):
        placed.append(max(row, top, placed[-1] + step if placed else top))
    limit = bottom
    for index in reversed(range(len(placed))):
        placed[index] = min(placed[index], limit)
        limit = placed[index] - step
    answer = [0.0] * len(rows)
    for index, row in zip(order, placed):
        answer[index] = row
    return answer


def fitting(count: int, room: float, step: float = HEIGHT - 3) -> int:
    """Return how many of ``count`` names can be read one above the other in ``room``; fewer leave a row for "and 3 more"."""
    rows = int(room // step) + 1
    return count if count <= rows else max(0, rows - 1)


def _free(row: float, taken: Sequence[float], top: float, bottom: float) -> float:
    """Return the row nearest to ``row`` that is a line of text away from those taken."""
    for shift in sorted(np.arange(-80.0, 81.0, 4.0), key=abs):
        tried = row + shift
        if top + 6 <= tried <= bottom - 6 and all(abs(tried - other) >= HEIGHT for other in taken):
            return float(tried)
    return row
