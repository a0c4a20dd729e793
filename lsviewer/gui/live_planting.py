"""Live planting: while the mouse moves, the section follows; at rest, the whole experiment runs and its claims are measured.

A stroke is previewed by the experiment's own closed form (`Experiment.preview`), the newest stroke wins. Once nothing has changed
for as long as the experiment says (`Experiment.rest_s`), it is run as a whole; the next such run takes its place.
"""

from PySide6.QtCore import QObject, QTimer

from lsviewer.core.arrays import Array
from lsviewer.core.experiment import REST_S, Experiment
from lsviewer.gui.drawings import Source, drawn_name, has_preview, is_flat, source_of, with_drawn
from lsviewer.gui.runner import Runner
from lsviewer.gui.session import Session
from lsviewer.project.document import Project


class LivePlanting(QObject):
    """Asks the runner for previews and for the run at rest. It shows nothing itself."""

    def __init__(self, session: Session, runner: Runner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._runner = session, runner
        self.enabled = True
        self._ready = False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._run_at_rest)
        session.changed.connect(self._on_changed)
        session.selection_changed.connect(self._on_selected)

    @property
    def is_painting(self) -> bool:
        """Whether something was painted or changed a moment ago."""
        return self._rest.isActive()

    @property
    def runs_at_rest(self) -> bool:
        """Whether the experiment on screen runs by itself: it has a preview and says so."""
        experiment = self._plantable()
        return experiment is not None and experiment.rest_s is not None

    def engine_is_ready(self) -> None:
        """Begin: the worker can answer now."""
        self._ready = True
        self.refresh()

    def stroke(self, values: Array) -> None:
        """Follow a stroke that is not finished: preview it, put the rest off."""
        if (experiment := self._plantable()) is not None:
            name = drawn_name(experiment)
            self._runner.preview(with_drawn(experiment, name), {name: values})
            self._wait(experiment)

    def refresh(self) -> None:
        """Preview the project as it is, and run at rest."""
        if (experiment := self._plantable()) is not None:
            self._runner.preview(experiment)
            self._wait(experiment)

    def hold(self) -> None:
        """Do not run at rest: something else was asked for."""
        self._rest.stop()

    def _wait(self, experiment: Experiment) -> None:
        self._rest.start(round(1000 * (experiment.rest_s or REST_S)))

    def _plantable(self) -> Experiment | None:
        entry = self._session.entry
        if not (self.enabled and self._ready and entry is not None and has_preview(entry.experiment)):
            return None
        return entry.experiment

    def _on_selected(self, _: str) -> None:
        self._runner.forget_previews()
        self._rest.stop()

    def _on_changed(self, old: Project, new: Project) -> None:
        if old.patterns is not new.patterns or old.entries is not new.entries:
            self.refresh()

    def _run_at_rest(self) -> None:
        experiment = self._plantable()
        if experiment is None or not self.runs_at_rest:
            return
        drawn = source_of(experiment)
        if isinstance(drawn, Source) and is_flat(self._session.project.patterns, drawn.name):
            return  # an empty canvas has nothing to claim
        self._runner.start_at_rest(self._session.selected)
