"""Ways to one pattern in one network, timed: the closed form, and training in tables. What each reached on its way."""

from dataclasses import dataclass

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Section
from lsviewer.core.jobs import Progress, Step
from lsviewer.core.spec import SpecError
from lsviewer.engine.activations import Relu
from lsviewer.engine.context import Context
from lsviewer.engine.data import Data
from lsviewer.engine.networks import Mlp
from lsviewer.engine.params import Params
from lsviewer.experiments.patterns.clock import Clock
from lsviewer.experiments.patterns.fitting import fit
from lsviewer.experiments.patterns.found import Expected, Found
from lsviewer.experiments.patterns.goal import make_goal, risk
from lsviewer.experiments.patterns.measures import fit_of
from lsviewer.experiments.patterns.overlap import overlap_of
from lsviewer.experiments.patterns.planter import in_dtype
from lsviewer.experiments.patterns.separable import grid_axes
from lsviewer.experiments.patterns.tables import Tables, fold, make_layout
from lsviewer.experiments.patterns.theorem1 import Theorem1


@dataclass(frozen=True, slots=True)
class Moment:
    """A section after so many CPU seconds: its root mean square error in amplitudes, and the smaller overlap (IoU)."""

    seconds: float
    error: float
    iou: float


@dataclass(frozen=True, slots=True, eq=False)
class Rival:
    """What a way reached, on its course and at its end, and where the section lies."""

    course: tuple[Moment, ...]
    values: Array  # (G,) * z, on all training samples
    origin: Params
    directions: tuple[Params, ...]

    @property
    def end(self) -> Moment:
        """The last moment: all CPU seconds, the error and overlap of the section found."""
        return self.course[-1]

    def seconds_to(self, iou: float) -> float | None:
        """Return after how many CPU seconds an overlap was reached first; None where it never was."""
        return next((moment.seconds for moment in self.course if moment.iou >= iou), None)


def moment_of(seconds: float, values: Array, pattern: Array, amplitude: float) -> Moment:
    """Return the moment at which the section had these values."""
    error = float(10.0 ** (-fit_of(values, amplitude * pattern, amplitude).psnr_db / 20.0))
    return Moment(seconds, error, overlap_of(values, pattern, amplitude).least)


def construct(recipe: Theorem1, data: Data, pattern: Array, context: Context) -> Rival | str:
    """Return the closed form with the CPU seconds of writing it down and evaluating all cells; or why it does not fit.

    It is done twice, and the second one is timed: the first pays for what is loaded and allocated once.
    """
    if not isinstance(recipe.network.activation, Relu):
        return "The closed form is made of relu units."
    try:
        for _ in range(2):
            clock = Clock()
            with clock:
                goal = make_goal(recipe.loss, data.labels, recipe.amplitude)
                found = recipe.planted(context, data, goal, pattern)
                values = found.losses(grid_axes(pattern.shape[0], pattern.ndim), risk(recipe.loss, data.labels))
    except SpecError as error:
        return f"The closed form does not fit: {error}."
    moment = moment_of(clock.seconds, values, pattern, recipe.amplitude)
    return Rival((moment,), values, found.origin, found.directions)


def train(
    recipe: Theorem1, data: Data, pattern: Array, steps: int, context: Context, course: list[Moment]
) -> Step[Rival | str]:
    """Return what training in tables reaches in so many steps; or why it cannot be done.

    Yields progress, and the section as it stands when another moment has been added to ``course``.
    """
    try:
        assert isinstance(recipe.network, Mlp)
        layout = make_layout(recipe.network, pattern.ndim, pattern.shape[0])
        goal = make_goal(recipe.loss, data.labels, recipe.amplitude)
    except SpecError as error:
        return f"Training in tables does not fit: {error}."
    clock = Clock()
    job = fit(recipe.network, layout, goal, pattern, steps, "direct", context)
    tables: Tables | None = None
    try:
        while tables is None:
            try:
                with clock:
                    event = next(job)
            except StopIteration as stop:
                tables = stop.value
                break
            if isinstance(event, Progress):
                yield event
            elif isinstance(event, Section) and clock.seconds > 0:
                course.append(moment_of(clock.seconds, event.values, pattern, recipe.amplitude))
                yield event
    finally:
        job.close()
    with clock:
        planted = in_dtype(fold(tables, data.inputs, data.outputs, goal), context.dtype, context.device)
        found = Found(
            recipe.network, planted.origin, planted.directions, data, recipe.loss, goal, pattern, layout.variant,
            Expected(0.0, 0.0, 0.0),
        )  # fmt: skip
        values = found.losses(grid_axes(pattern.shape[0], pattern.ndim), risk(recipe.loss, data.labels))
    course.append(moment_of(clock.seconds, values, pattern, recipe.amplitude))
    return Rival(tuple(course), values, found.origin, found.directions)
