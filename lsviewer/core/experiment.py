"""The base of every experiment: one frozen spec with a ``run``; form, theorem panel, CLI, file format, undo and help follow."""

from typing import Any, ClassVar, Literal, Self

from pydantic import Field

from lsviewer.core.jobs import Job
from lsviewer.core.spec import Spec

Device = Literal["auto", "cpu", "cuda", "mps"]
REST_S = 0.7
Dtype = Literal["float32", "float64"]


class Experiment(Spec):
    """One theorem, figure, check or tool.

    A subclass's docstring is what the theorem panel shows: statement, conditions, what will be shown, as paragraphs.
    """

    title: ClassVar[str]  # "Theorem 1"
    paper: ClassVar[str]  # "Czarnecki et al. 2019": the group in the theorem panel
    place: ClassVar[str] = ""  # "section 2"
    formula: ClassVar[str] = ""  # LaTeX of the displayed statement
    short_formula: ClassVar[str] = ""  # LaTeX for narrow windows
    caveats: ClassVar[tuple[str, ...]] = ()  # what the statement does not say, errata
    uses_pattern: ClassVar[bool] = False  # whether the pattern editor belongs to it
    pattern_field: ClassVar[str] = "pattern"  # the field that the pattern editor edits
    in_colour: ClassVar[bool] = False  # whether that is a picture in colour

    seed: int = Field(0, ge=0, le=2**31 - 1, title="Seed", description="The same spec and seed give the same numbers.")
    device: Device = Field("auto", title="Device", description="auto takes a GPU where there is one.")
    dtype: Dtype = Field(
        "float32", title="Precision", description="float32 for pictures, float64 for the sharpest numbers."
    )

    def run(self, context: Any) -> Job:
        """Return the job. ``context`` is an `lsviewer.engine.context.Context`."""
        raise NotImplementedError

    def preview(self, context: Any) -> Job | None:
        """Return a job of a few milliseconds that shows the current settings, or None where there is no such thing.

        ``context.cache`` lives as long as the window: keep there what depends on everything but the pattern.
        """
        return None

    @property
    def painted(self) -> str:
        """The field that the pattern editor edits now: an experiment with several pictures says which."""
        return self.pattern_field

    @property
    def rest_s(self) -> float | None:
        """Seconds without a change after which the window runs these settings by itself; None: only when asked.

        Meant for what has a preview and ends soon; what takes longer rests longer, or waits to be asked.
        """
        return REST_S if getattr(self, "method", "construct") == "construct" else None

    def notes(self) -> tuple[str, ...]:
        """What is worth knowing about these very settings before running, one short sentence each."""
        return ()

    def surface(self) -> dict[str, Any]:
        """Return the fields (dataset, network, loss, ...) by which another experiment looks at the same loss surface."""
        return {}

    def with_room(self, axes: int, grid: int) -> Self:
        """Return the experiment with room for a pattern of that many axes and points where its settings have none."""
        return self

    @property
    def verb(self) -> str:
        """What the primary button says: "Plant", "Train 1000 steps"."""
        return "Run"


def kind_of(experiment: type[Experiment]) -> str:
    """Return the ``kind`` an experiment has in recipes."""
    return str(experiment.model_fields["kind"].default)
