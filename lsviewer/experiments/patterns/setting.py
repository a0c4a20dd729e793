"""What every experiment with a pattern asks of the world first: its data, its pattern, and how exact rounding lets it be."""

import numpy as np
import torch

from lsviewer.core.arrays import Array
from lsviewer.core.pattern import PatternSource
from lsviewer.core.spec import SpecError
from lsviewer.engine.context import Context
from lsviewer.engine.data import Data
from lsviewer.engine.datasets import Dataset
from lsviewer.experiments.patterns.construction import Plan, digits_of, rounded

MAX_GRID = 512


def load_data(context: Context, dataset: Dataset, role: str = "data") -> Data:
    """Return the data, kept in the cache of the context under their role."""
    key = (role, dataset.model_dump_json(), context.files.folder)
    return context.cached(key, lambda: dataset.load(context.files))


def load_pattern(context: Context, source: PatternSource, grid: int | None, field: str = "pattern") -> Array:
    """Return a pattern that is not the same everywhere, with one or two axes; raises `SpecError`."""
    pattern = source.values(context.files, grid)
    if pattern.ndim > 2:
        raise SpecError(f"field '{field}' has {pattern.ndim} axes: this experiment is built for one and two axes")
    if max(pattern.shape) > MAX_GRID:
        raise SpecError(
            f"field '{field}' has {max(pattern.shape)} points on an axis; set field 'grid' to at most {MAX_GRID}"
        )
    if float(np.ptp(pattern)) == 0.0:
        raise SpecError(
            f"field '{field}' is constant, {float(pattern.flat[0]):g} everywhere: there is nothing to find; draw something first"
        )
    return pattern


def heights_lost(plan: Plan, heights: torch.Tensor, dtype: torch.dtype) -> float:
    """Return by how much the folded form rounds heights at the worst; 0 for the accurate form."""
    if plan.variant != "folded":
        return 0.0
    rows = heights.reshape(-1, plan.grid)
    return float((rows - rounded(rows, digits_of(dtype))).abs().max())
