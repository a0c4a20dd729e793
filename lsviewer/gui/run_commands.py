"""What the user can ask for about runs: run, plant, train, verify, hold, end, clear; the way out of a failure, its details."""

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMessageBox

from lsviewer.core.artifacts import Spectrum
from lsviewer.core.experiment import Experiment
from lsviewer.gui.background import run_aside
from lsviewer.gui.live_planting import LivePlanting
from lsviewer.gui.main_window import MainWindow
from lsviewer.gui.run_rows import remedy
from lsviewer.gui.runner import Runner
from lsviewer.gui.second_opinion import Opinion, second_opinion
from lsviewer.gui.session import Session
from lsviewer.gui.stage import Stage
from lsviewer.project.document import Entry, Run


class RunCommands(QObject):
    """Answers the actions of the menu Run, one method each; the table enables them once the engine is there."""

    def __init__(
        self, session: Session, runner: Runner, planting: LivePlanting, stage: Stage, window: MainWindow,
        parent: QObject | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._session, self._runner, self._planting, self._stage, self._window = (
            session,
            runner,
            planting,
            stage,
            window,
        )

    def run(self) -> None:
        """Run the experiment as it is set up."""
        if self._session.entry is not None:
            self._planting.hold()
            self._stage.show_run(self._runner.start(self._session.selected))

    def plant(self) -> None:
        """Run by the closed form."""
        self._run_by("construct")

    def train(self) -> None:
        """Run by training."""
        self._run_by("train")

    def verify(self) -> None:
        """Let a program that shares no code with lsviewer measure the run on screen again."""
        run = self._stage.finished_run()
        if run is None:
            self._window.bottom_bar.show_hint("Nothing to verify yet: plant or run first.")
            return
        self._window.bottom_bar.show_hint(f"Verifying run {run.number} with verify.py in a process of its own")
        files = self._session.files
        run_aside(lambda: second_opinion(run, files), lambda said: self._verified(run, said), self._not_verified)

    def pause(self) -> None:
        """Hold the running experiment, or go on with the one held last."""
        live = self._runner.live.values()
        running = [run.id for run in live if run.state == "running"]
        held = [run.id for run in live if run.state == "paused"]
        begun = [run.id for run in live if run.state == "queued"]  # nothing heard of its first step yet
        if running:
            self._runner.pause(running[-1])
        elif held:
            self._runner.resume(held[-1])
        elif begun:
            self._runner.pause(begun[0])

    def cancel(self) -> None:
        """End the running experiment; what it showed stays."""
        moving = sorted(self._runner.live.values(), key=lambda run: run.state != "running")
        if moving:
            self._runner.cancel(moving[0].id)

    def clear_finished(self) -> None:
        """Take finished runs out of the project, after asking: it cannot be undone."""
        runs = self._session.project.runs
        if not runs:
            return
        box = QMessageBox(self._window)
        box.setObjectName("clear-finished")
        box.setText(f"Take {len(runs)} finished run{'s' * (len(runs) > 1)} out of the project?")
        box.setInformativeText("Their sections, claims and checkpoints go with them; this cannot be undone.")
        box.setStandardButtons(QMessageBox.StandardButton.Discard | QMessageBox.StandardButton.Cancel)
        box.button(QMessageBox.StandardButton.Discard).setText("Take out")
        box.buttonClicked.connect(
            lambda button: (
                self._drop_all() if box.standardButton(button) == QMessageBox.StandardButton.Discard else None
            )
        )
        box.open()

    def draw_along(self, indices: tuple[int, ...]) -> None:
        """Draw the section along one or two eigenvectors of the spectrum on screen: a new set-up, one step of undo."""
        run = self._stage.finished_run()
        spectra = [] if run is None else [a for a in run.artifacts.values() if isinstance(a, Spectrum) and a.point]
        if run is None or not spectra or not (surface := run.experiment.surface()):
            self._window.bottom_bar.show_hint("Sections along eigenvectors can be drawn once the run has ended.")
            return
        from lsviewer.experiments import from_json

        second = indices[1] if len(indices) > 1 else None
        point = {"kind": "run", "run": run.id, "name": spectra[0].point}
        experiment = from_json({"kind": "eigenplane", **surface, "point": point, "first": indices[0], "second": second})
        name = f"Along eigenvector{'s' * (len(indices) > 1)} {' and '.join(map(str, indices))} of run {run.number}"
        entry = Entry(self._session.project.next_id("e"), name, experiment)
        self._session.edit(name, self._session.project.with_entry(entry))
        self._session.select(entry.id)
        self.run()

    def use_remedy(self, run_id: str) -> None:
        """Take the way out that a failed run names: the finest grid that fits."""
        run = self._session.project.run(run_id)
        words = remedy(run)
        if words and (entry := self._session.entry) is not None:
            self._session.edit_experiment(words, entry.experiment.replace(grid=int(words.split()[-1])))

    def copy_details(self, run_id: str) -> None:
        """Copy the traceback of a failed run."""
        QGuiApplication.clipboard().setText(self._runner.details.get(run_id, ""))

    def _run_by(self, method: str) -> None:
        entry = self._session.entry
        if entry is not None and "method" in type(entry.experiment).model_fields:
            self._session.edit_experiment(f"Method {method}", entry.experiment.replace(method=method))
            self.run()

    def run_other(self, experiment: Experiment) -> None:
        """Run by the other method (the quiet button beside Run)."""
        self._session.edit_experiment(f"Method {getattr(experiment, 'method', '')}", experiment)
        self.run()

    def _drop_all(self) -> None:
        self._session.drop_runs(*(run.id for run in self._session.project.runs))

    def _verified(self, run: Run, said: Opinion) -> None:
        verdict = "agrees with" if said.agrees else "does not agree with"
        self._window.bottom_bar.show_hint("")
        self._window.ask(
            f"verify.py {verdict} run {run.number}: {said.words}.", icon="shield-check" if said.agrees else "warning"
        )

    def _not_verified(self, sentence: str) -> None:
        self._window.bottom_bar.show_hint("")
        self._window.ask(f"Not verified: {sentence.rstrip('.')}.", icon="warning")
