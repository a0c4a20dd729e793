"""What is on the desk: the selected experiment, its pattern, and the newest of what its runs and previews have shown.

The session says what the project is, the runner what has just been measured; the stage puts either on the cards. Claims always
name the finished run they belong to, even while another one is running.
"""

import time
from collections.abc import Mapping
from functools import partial
from typing import Any, cast

from PySide6.QtCore import QObject, QTimer, Signal

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Artifact, Curve, Picture, Section
from lsviewer.core.colour import in_colour
from lsviewer.core.experiment import Experiment
from lsviewer.core.pattern import StackPattern, is_colour
from lsviewer.core.spec import SpecError
from lsviewer.gui.artifact_places import CURVES, ERROR, rank
from lsviewer.gui.background import run_aside
from lsviewer.gui.catalogue import groups_of, item_of
from lsviewer.gui.drawings import Source, name_of, shape_behind, source_of
from lsviewer.gui.error_page import ErrorPage
from lsviewer.gui.live_planting import LivePlanting
from lsviewer.gui.main_window import MainWindow
from lsviewer.gui.panels.pattern_editor import PatternEditor
from lsviewer.gui.panels.setup import SetupPanel
from lsviewer.gui.run_rows import rows_of
from lsviewer.gui.runner import Runner
from lsviewer.gui.section_cards import SectionPages
from lsviewer.gui.session import Session
from lsviewer.gui.studio import Studio
from lsviewer.gui.views.base import View
from lsviewer.project.document import Project, Run

TICK_MS = 500  # time left is told so often


class Stage(QObject):
    """Shows session and runner on the studio's widgets; asks for nothing and changes nothing."""

    view_made = Signal(object)

    def __init__(
        self, session: Session, runner: Runner, planting: LivePlanting, window: MainWindow, studio: Studio,
        setup: SetupPanel, editor: PatternEditor, section: SectionPages, surface: SectionPages, parent: QObject | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._session, self._runner, self._planting = session, runner, planting
        self._window, self._studio = window, studio
        self._setup, self._editor, self._section, self._surface = setup, editor, section, surface
        self._kinds: tuple[type[Experiment], ...] = ()
        self._groups: tuple[Any, ...] = ()
        self._shown_verb = ""
        self._section_by = ""  # the run whose section is on the cards, "" for a preview
        self._stack: tuple[StackPattern, Array | None] | None = None  # the stack of images read last
        self.run_id = ""  # the run whose artifacts and claims are shown
        self.shown_section: Section | Picture | None = None
        self._tick = QTimer(self)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self.show_runs)
        session.changed.connect(self._on_changed)
        session.selection_changed.connect(self._on_selected)
        runner.changed.connect(self.show_runs)
        runner.shown.connect(self._on_shown)
        runner.ended.connect(self._on_ended)
        runner.previewed.connect(self._on_previewed)
        runner.preview_failed.connect(self._on_preview_failed)

    def engine_is_ready(self, kinds: tuple[type[Experiment], ...]) -> None:
        """Take the experiments in: list and set-up come alive."""
        self._kinds, self._groups = kinds, groups_of(kinds)
        self._setup.show_busy("")
        self._show_list()
        self._show_words()

    def show_entry(self) -> None:
        """Show the selected entry afresh: words, set-up, pattern, and what its newest run has shown."""
        entry = self._session.entry
        self._show_list()
        self._show_words()
        self._setup.show_experiment(entry.experiment if entry else None)
        self._show_pattern()
        self._clear()
        if entry is not None:
            live = [run.id for run in self._runner.live.values() if run.entry == entry.id]
            ended = [run.id for run in self._session.project.runs if run.entry == entry.id and run.outcome == "done"]
            self.show_run((live or ended or [""])[-1])
        self.show_runs()

    def show_run(self, run_id: str) -> None:
        """Show what a run has shown, and its claims once it has ended."""
        self.run_id = run_id
        live = self._runner.live.get(run_id)
        ended = self._find(run_id)
        found = live or ended
        if found is None:
            return
        for artifact in found.artifacts.values():
            self._put(artifact, self._context(run_id), run_id)
        if ended is not None and ended.outcome == "done":
            self._show_claims(ended)
        self.show_runs()

    def views(self) -> tuple[View, ...]:
        """Return the views on the cards, the section's first."""
        entry = self._session.entry
        if entry is None or not type(entry.experiment).uses_pattern:
            return self._studio.desk.board.views()
        return tuple(view for view in (self._section.view, self._surface.view) if view is not None)

    def finished_run(self) -> Run | None:
        """Return the run on screen when it has finished, else None."""
        run = self._find(self.run_id)
        return run if run is not None and run.outcome == "done" else None

    def view_state(self) -> dict[str, Any]:
        """Return levels, cameras and toggles of the cards, to be kept with the project."""
        return {view.name: view.state() for pages in (self._section, self._surface) for view in pages.views}

    def restore_views(self) -> None:
        """Give the views the state that came with the project."""
        kept = self._session.project.view.get("views", {})
        for pages in (self._section, self._surface):
            for view in pages.views:
                if isinstance(kept, Mapping) and isinstance(state := kept.get(view.name), dict):
                    view.restore(state)

    def show_runs(self) -> None:
        """Bring the list of runs up to date, and the list of experiments with their counts."""
        rows = rows_of(self._runner.live.values(), self._session.project.runs, time.monotonic(), self._runner.details)
        before = len(self._studio.desk.runs.rows())
        self._studio.desk.runs.show_rows(rows, self.run_id)
        if len(rows) != before:
            self._studio.desk.runs_changed()
        if self._section_by and not self._studio.desk.section.isHidden():
            self._studio.desk.section.set_context(self._context(self._section_by))
        if self._verb() != self._shown_verb:
            self._shown_verb = self._verb()
            self._show_words()
        running = any(run.state == "running" for run in self._runner.live.values())
        if running != self._tick.isActive():
            self._tick.start() if running else self._tick.stop()

    # -- what has happened ---------------------------------------------------------------------------------------

    def _on_selected(self, _: str) -> None:
        self.show_entry()
        self._planting.refresh()

    def _on_changed(self, old: Project, new: Project) -> None:
        if old.entries is not new.entries or old.patterns is not new.patterns:
            entry = self._session.entry
            self._setup.show_experiment(entry.experiment if entry else None)
            self._show_pattern()
            self._show_words()
        if old.runs is not new.runs:
            self._show_list()
            self.show_runs()
            if self.run_id and self._find(self.run_id) is None and self.run_id not in self._runner.live:
                self.run_id = ""
                self._show_claims(None)

    def _on_shown(self, run_id: str, artifact: Artifact) -> None:
        if self._runner.live[run_id].entry != self._session.selected:
            return
        if run_id != self.run_id:
            self.run_id = run_id
        if not (self._planting.is_painting and isinstance(artifact, Section | Picture)):
            self._put(artifact, self._context(run_id), run_id)

    def _on_ended(self, run_id: str, _: object) -> None:
        run = self._find(run_id)
        if run is None or run.entry != self._session.selected:
            return
        if run.outcome == "done" or run_id == self.run_id:
            self.show_run(run_id)
        if run.outcome == "failed" and not run.artifacts:
            self._window.bottom_bar.show_hint(run.sentence)

    def _on_previewed(self, artifacts: Mapping[str, Artifact]) -> None:
        self._window.bottom_bar.show_hint("")
        for artifact in artifacts.values():
            self._put(artifact, "live")

    def _on_preview_failed(self, sentence: str) -> None:
        self._window.bottom_bar.show_hint(sentence)

    # -- cards ---------------------------------------------------------------------------------------------------

    def _put(self, artifact: Artifact, context: str, run_id: str = "") -> None:
        entry = self._session.entry
        if entry is None or not type(entry.experiment).uses_pattern:
            if isinstance(artifact, Section) and not artifact.follows:  # its axes are not those of the cursor
                self.shown_section = artifact
            self._studio.desk.board.show_artifact(artifact, context)
            return
        if isinstance(artifact, Section) and artifact.name == "section":
            self.shown_section = artifact
            self._section.show_section(artifact)
            self._surface.show_section(artifact)
            self._studio.desk.section.set_context(context)
            self._section_by = run_id
            self._show_error(artifact)
        elif isinstance(artifact, Picture) and artifact.target is not None:
            self.shown_section = artifact
            self._section.show_section(artifact)
            self._surface.show_section(artifact)
            self._studio.desk.section.set_context(context)
            self._section_by = run_id
        else:
            tabs = self._studio.desk.tabs
            first_curve = isinstance(artifact, Curve) and tabs.page(CURVES.key) is None
            run = self._runner.live.get(run_id) or self._find(run_id)
            self._studio.desk.artifact_tabs.show_artifact(artifact, {} if run is None else dict(run.artifacts))
            if first_curve and run_id in self._runner.live:
                tabs.show_page(CURVES.key)  # what a training run is watched by

    def _show_error(self, section: Section) -> None:
        tabs = self._studio.desk.tabs
        page = tabs.page(ERROR.key)
        if page is None and section.target is not None:
            page = ErrorPage()
            for view in page.views:
                self.view_made.emit(view)
            shown = tabs.keys()
            later = next((key for key in shown if rank(key) > rank(ERROR.key)), "")
            tabs.add_page(ERROR.key, ERROR.title, page, before=later)
        if isinstance(page, ErrorPage):
            page.show_section(section)

    def _clear(self) -> None:
        self.run_id, self.shown_section, self._section_by = "", None, ""
        self._section.clear()
        self._surface.clear()
        self._studio.desk.section.set_context("")
        self._studio.desk.artifact_tabs.clear()
        if (page := self._studio.desk.tabs.take_page(ERROR.key)) is not None:
            page.deleteLater()
        self._studio.desk.board.clear()
        self._show_claims(None)

    def _show_claims(self, run: Run | None) -> None:
        method = getattr(run.experiment, "method", "") if run else ""
        label = f"run {run.number}, {method}".removesuffix(", ") if run else ""
        self._studio.right.panel.show_report(label, run.report if run else None)
        self._studio.show_counts()

    def _show_pattern(self) -> None:
        entry = self._session.entry
        source: Any = source_of(entry.experiment) if entry else None
        if (
            source is None or entry is None
        ):  # a project that is only a drawing so far, or an experiment without a pattern
            name, values = (
                next(iter(self._session.project.patterns.items()), ("", None)) if entry is None else ("", None)
            )
            self._editor.show_pattern(values, name, coloured=values is not None and is_colour(values))
            return
        name = name_of(source)
        shape: tuple[int, ...] = ()
        try:
            values = self._session.project.patterns.get(name) if isinstance(source, Source) else self._values_of(source)
            shape = shape_behind(source, self._session.files)
        except SpecError as error:
            self._window.bottom_bar.show_hint(str(error))
            values = None
        self._editor.show_array(shape, getattr(source, "fixed", ()))
        coloured = type(entry.experiment).in_colour
        if coloured and values is not None:
            values = in_colour(values)
        self._editor.show_pattern(values, name, coloured=coloured)
        self._studio.desk.pattern.set_title(self._editor.title_text, self._editor.context_text)
        self._setup.form.show_automatic("grid", None if values is None else len(values))

    def _values_of(self, source: Any) -> Array | None:
        """Return what a source holds; a stack of images is read aside, once, and None until it has been."""
        files = self._session.files
        if not isinstance(source, StackPattern):
            return cast(Array, source.values(files))
        if self._stack is None or self._stack[0] != source:
            self._stack = (source, None)
            self._window.bottom_bar.show_hint("Reading the stack of images …")
            run_aside(
                partial(source.values, files), partial(self._take_stack, source), self._window.bottom_bar.show_hint
            )
        return self._stack[1]

    def _take_stack(self, source: StackPattern, values: Array) -> None:
        self._window.bottom_bar.show_hint("")
        if self._stack is not None and self._stack[0] == source:
            self._stack = (source, values)
            self._show_pattern()

    def _show_words(self) -> None:
        if self._window.shows_welcome:
            return
        entry = self._session.entry
        item = item_of(type(entry.experiment)) if entry else None
        self._window.show_experiment(item, entry.experiment.notes() if entry else (), self._verb())

    def _verb(self) -> str:
        """Return the verb that is going on: what the selected entry's run does, else drawing where there is a canvas."""
        entry = self._session.entry
        running = [run for run in self._runner.live.values() if run.entry == self._session.selected and not run.at_rest]
        if running:
            method = getattr(running[-1].experiment, "method", "")
            return {"construct": "plant", "train": "train"}.get(method, "run")
        return "draw" if entry is None or type(entry.experiment).uses_pattern else ""

    def _show_list(self) -> None:
        entry = self._session.entry
        counts: dict[str, int] = {}
        for run in self._session.project.runs:
            kind = str(getattr(run.experiment, "kind", ""))
            counts[kind] = counts.get(kind, 0) + 1
        self._studio.left.library.show_groups(
            self._groups, str(getattr(entry.experiment, "kind", "")) if entry else "", counts
        )

    def _context(self, run_id: str) -> str:
        """Return what a card says about its run: how far it is, its number, nothing where it was not kept."""
        live = self._runner.live.get(run_id)
        if live is not None:
            return f"run {int(run_id[1:])}, {live.progress.fraction:.0%}"
        return f"run {int(run_id[1:])}" if self._find(run_id) is not None else ""

    def _find(self, run_id: str) -> Run | None:
        return next((run for run in self._session.project.runs if run.id == run_id), None)
