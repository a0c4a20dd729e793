"""Which drawing of the project an experiment uses, and how it takes another one. Pure."""

from collections.abc import Mapping
from itertools import chain, count
from pathlib import Path

import numpy as np

from lsviewer.core.array_files import array_shape
from lsviewer.core.arrays import Array
from lsviewer.core.colour import DrawnColours
from lsviewer.core.experiment import Experiment
from lsviewer.core.files import Files
from lsviewer.core.pattern import ArrayPattern, DrawnPattern, is_colour

Source = DrawnPattern | DrawnColours


def source_of(experiment: Experiment) -> object:
    """Return where the pattern of an experiment comes from, None where it has none."""
    return getattr(experiment, experiment.painted, None)


def name_of(source: object) -> str:
    """Return what a pattern is called on its card: its own name, that of its file, or its kind."""
    name = getattr(source, "name", "") or Path(getattr(source, "path", "")).name
    return str(name or getattr(source, "kind", ""))


def has_preview(experiment: Experiment) -> bool:
    """Whether an experiment can show a change within the blink of an eye."""
    return type(experiment).preview is not Experiment.preview


def drawn_name(experiment: Experiment) -> str:
    """Return the name under which a drawing of this experiment is kept."""
    name = str(getattr(source_of(experiment), "name", "") or ("painting" if experiment.in_colour else "drawing"))
    taken = drawings_of(experiment, but=experiment.painted)  # two pictures of one experiment are two drawings
    return next(free for free in chain([name], (f"{name} {k}" for k in count(2))) if free not in taken)


def drawings_of(experiment: Experiment, but: str = "") -> set[str]:
    """Return the names of all drawings that an experiment uses, in any of its fields but one."""
    sources = [getattr(experiment, field) for field in type(experiment).model_fields if field != but]
    return {source.name for source in sources if isinstance(source, Source)}


def with_drawn(experiment: Experiment, name: str) -> Experiment:
    """Return the experiment with the project's drawing of that name as its pattern."""
    source = source_of(experiment)
    if isinstance(source, Source) and source.name == name:
        return experiment
    drawn = DrawnColours(name=name) if experiment.in_colour else DrawnPattern(name=name)
    return experiment.replace(**{experiment.painted: drawn})


def shape_behind(source: object, files: Files) -> tuple[int, ...]:
    """Return the shape of the array a pattern is cut from, () for a pattern that is no part of a larger array."""
    if not isinstance(source, ArrayPattern) or source.fixed.count(None) != 3 or len(source.fixed) <= 3:
        return ()
    return array_shape(files.resolve(source.path, "pattern.path"))


def fitting(patterns: Mapping[str, Array], kind: type[Experiment]) -> str:
    """Return the first drawing that an experiment of this kind can use, "" where there is none."""
    return next((name for name, values in patterns.items() if is_colour(values) == kind.in_colour), "")


def is_flat(patterns: Mapping[str, Array], name: str) -> bool:
    """Whether there is no such pattern, or it has one value, or one colour, everywhere."""
    if name not in patterns:
        return True
    values = patterns[name]
    channels = values.reshape(-1, 3) if is_colour(values) else values.reshape(-1, 1)
    return float(np.ptp(channels, axis=0).max()) == 0.0
