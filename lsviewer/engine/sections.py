"""Sections of the loss surface over one, two or three axes, coarse to fine.

The grid is visited in dyadic order: first every 2^k-th point of each axis, counted from the middle one, then every
2^(k-1)-th, ...; a point that is not known yet shows the value of the nearest known one. So a picture stands after at most 1 %
of a fine grid, the middle is always in it, and the last one is the whole grid. On a CPU with more than two cores points are
shared among threads.
"""

import os
import time
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import islice
from threading import local

import numpy as np
import torch
from scipy import ndimage

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Axis, Mark, Section
from lsviewer.core.jobs import Progress, Step
from lsviewer.engine.affine_risk import Alpha
from lsviewer.engine.fast_risk import FastRisk, fast_risk
from lsviewer.engine.params import Params
from lsviewer.engine.risk import Risk

BEAT_S = 0.05  # nothing is silent for much longer than this
SHARE = 0.15  # of the time that may go into filling and handing over partial pictures
SUBSCRIPTS = "₁₂₃"


def section(
    risk: Risk,
    origin: Params,
    directions: tuple[Params, ...],
    axes: tuple[Axis, ...],
    *,
    name: str = "section",
    title: str = "",
    marks: tuple[Mark, ...] = (),
    workers: int | None = None,
) -> Step[Section]:
    """Yield ever finer versions of the section and `Progress` in between; return the finished one.

    ``workers``: threads that share the points; None takes one on up to two cores or on a GPU, else all cores but one.
    """
    if not 1 <= len(axes) <= 3 or len(axes) != len(directions):
        raise ValueError(f"{len(axes)} axes for {len(directions)} directions: one, two or three of each are expected")
    shape = tuple(len(axis.values) for axis in axes)
    values, known = np.full(shape, np.nan), np.zeros(shape, dtype=bool)
    order, coarse = dyadic_order(shape)
    fast = fast_risk(risk, origin, directions)
    alphas = (tuple(float(axis.values[i]) for axis, i in zip(axes, index)) for index in order)
    threads = workers or (_free_cores() if risk.x.device.type == "cpu" else 1)
    found = _in_turn(fast, alphas) if threads == 1 else _shared(fast, alphas, threads)

    def picture() -> Section:
        done = bool(known.all())
        return Section(
            name, axes, values if done else filled(values, known), title, known=None if done else known, marks=marks
        )

    count, last, pictured, cost = 0, time.monotonic(), time.monotonic(), 0.0
    try:
        for value in found:
            if value is not None:
                index = tuple(order[count])
                values[index], known[index] = value, True
                count += 1
            now = time.monotonic()
            first = value is not None and count == coarse
            if count == len(order) or not (first or now - last >= BEAT_S):
                continue
            text = f"point {count} of {len(order)}"
            if first or (count >= coarse and cost <= SHARE * (now - pictured)):
                yield picture()
                pictured = time.monotonic()
                cost = pictured - now  # with the time the receiver took
            yield Progress(count / len(order), text)
            last = time.monotonic()
    finally:
        found.close()
    whole = picture()
    yield whole
    return whole


def coordinates(extent: float, points: int) -> Array:
    """Return ``points`` numbers from -extent to extent; with an odd number the middle one is exactly 0."""
    half = (points - 1) / 2
    return extent * (np.arange(points) - half) / half


def square_axes(extent: float, points: int, z: int = 2) -> tuple[Axis, ...]:
    """Return z equal axes named α₁, α₂, α₃ over [-extent, extent]."""
    return tuple(Axis(f"α{SUBSCRIPTS[i]}", coordinates(extent, points)) for i in range(z))


def dyadic_order(shape: tuple[int, ...]) -> tuple[Array, int]:
    """Return all grid points, coarse to fine, as indices (n, z); and how many of them the coarsest grid has.

    The coarsest grid has at least three points on an axis where there are three, and at most 1 % of all points from 30 x 30 on.
    """
    levels = []
    for n in shape:
        offset = np.abs(np.arange(n) - (n - 1) // 2)
        top = max(0, (max(n - 1, 1) // 2).bit_length() - 1)  # 2^top steps from the middle stay on the axis
        lowest_bit = offset & -offset
        levels.append(
            (np.where(offset == 0, top, np.minimum(np.log2(np.maximum(lowest_bit, 1)).astype(int), top)), top)
        )
    below = [top - level for level, top in levels]  # 0 on the coarsest grid of each axis
    depth = below[0].reshape([-1] + [1] * (len(shape) - 1))
    for axis, level in enumerate(below[1:], start=1):
        depth = np.maximum(depth, level.reshape([-1 if k == axis else 1 for k in range(len(shape))]))
    flat = np.argsort(depth.ravel(), kind="stable")  # within a level in the order of memory
    return np.stack(np.unravel_index(flat, shape), axis=1), int((depth == 0).sum())


def filled(values: Array, known: Array) -> Array:
    """Return ``values`` with every unknown point set to the value of the nearest known one, in grid steps."""
    nearest = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
    found: Array = values[tuple(nearest)]
    return found


# --- who computes ------------------------------------------------------------------------------------------------------------


def _free_cores() -> int:
    cores = os.cpu_count() or 1
    return 1 if cores <= 2 else cores - 1


def _in_turn(risk: FastRisk, alphas: Iterator[Alpha]) -> Generator[float | None, None, None]:
    """Yield the risk at every alpha, and None in between where one takes long."""
    for alpha in alphas:
        total, since = 0.0, time.monotonic()
        for part in risk.partials(alpha):
            total += part
            if time.monotonic() - since > BEAT_S:
                since = time.monotonic()
                yield None
        yield total / len(risk.target)


def _shared(risk: FastRisk, alphas: Iterator[Alpha], workers: int) -> Generator[float | None, None, None]:
    """Yield the same in the same order, computed by threads with one BLAS thread each (more would fight for the cores)."""
    own, threads_before = local(), torch.get_num_threads()

    def start() -> None:
        torch.set_num_threads(1)
        own.risk = risk.twin()

    def evaluate(alpha: Alpha) -> float:
        result: float = own.risk(*alpha)
        return result

    pool = ThreadPoolExecutor(workers, "section", initializer=start)
    try:
        pending: deque[Future[float]] = deque(pool.submit(evaluate, alpha) for alpha in islice(alphas, 4 * workers))
        while pending:
            while not wait([pending[0]], timeout=BEAT_S).done:
                yield None
            yield pending.popleft().result()
            pending.extend(pool.submit(evaluate, alpha) for alpha in islice(alphas, 1))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        torch.set_num_threads(threads_before)
