"""Everything behind one window, made and connected: session, worker, runner, documents, studio, stage, commands.

This is the only file that knows all of them; each of them knows as few others as it can.
"""

import datetime
import logging
import os
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject, QTimer

from lsviewer.core.artifacts import Section
from lsviewer.core.experiment import Experiment, kind_of
from lsviewer.core.pattern import builtin_names
from lsviewer.gui import preferences as preferences_file
from lsviewer.gui import theme
from lsviewer.gui.actions import Need
from lsviewer.gui.command_search import Command
from lsviewer.gui.commands import Commands
from lsviewer.gui.documents import Documents
from lsviewer.gui.examples import EXAMPLES, Example
from lsviewer.gui.labels import EmptyPage
from lsviewer.gui.leaving import Leaving
from lsviewer.gui.linked_cursor import LinkedCursor, Position
from lsviewer.gui.live_planting import LivePlanting
from lsviewer.gui.main_window import MainWindow
from lsviewer.gui.opengl import probe
from lsviewer.gui.panels.pattern_editor import PatternEditor
from lsviewer.gui.panels.setup import SetupPanel
from lsviewer.gui.preferences import Preferences, PreferencesDialog
from lsviewer.gui.run_commands import RunCommands
from lsviewer.gui.runner import Runner
from lsviewer.gui.section_cards import SectionPages, follow_page, view_kinds
from lsviewer.gui.session import Session
from lsviewer.gui.stage import Stage
from lsviewer.gui.studio import Studio
from lsviewer.gui.values import values_at
from lsviewer.gui.views.base import View
from lsviewer.gui.views.spectrum import Distribution
from lsviewer.gui.worker import Worker
from lsviewer.project.autosave import Recoverable

log = logging.getLogger(__name__)
READ_OUT_AT_THE_LEFT = (
    "Section",
    "Volume",
    "Surface",
    "Volume in 3D",
    "Picture found",
    "Channels",
)  # of the bottom bar


class Workshop(QObject):
    """One window's inside."""

    def __init__(self, window: MainWindow, preferences: Preferences) -> None:
        super().__init__(window)
        self.window, self.preferences = window, preferences
        self.session = Session(self)
        self.worker = Worker(preferences.threads or None, self)
        self.runner = Runner(self.session, self.worker, self)
        self.documents = Documents(self.session, window, self._thumbnail, preferences.autosave_s)
        self.planting = LivePlanting(self.session, self.runner, self)
        self.planting.enabled = preferences.live_planting
        self.editor, self.setup = PatternEditor(), SetupPanel()
        self.section = SectionPages(view_kinds("Section", "Volume", "Curves", "Picture found"), _nothing_planted())
        self.surface = SectionPages(view_kinds("Surface", "Volume in 3D", "Channels"), _no_relief())
        self.studio = Studio(self.setup, self.editor, self.section, self.surface)
        self.cursor = LinkedCursor(self)
        self.stage = Stage(
            self.session, self.runner, self.planting, window, self.studio, self.setup, self.editor, self.section,
            self.surface, self,
        )  # fmt: skip
        self.commands = Commands(self.session, self.documents, self.stage, window, self.editor, self)
        self.run_commands = RunCommands(self.session, self.runner, self.planting, self.stage, window, self)
        self.kinds: tuple[type[Experiment], ...] = ()
        self.leaving = Leaving(window, self.documents, self.runner, self.worker, self)
        self._saved_at = ""
        window.adopt_studio(self.studio)
        self._connect_window()
        self._connect_studio()
        self._connect_session()
        window.welcome.show_engine("Preparing the engine", 0.4)
        self.setup.show_busy("The engine is being prepared.")
        self.worker.start()

    # -- connections ---------------------------------------------------------------------------------------------

    def _connect_window(self) -> None:
        window = self.window
        window.table.connect_to(self.commands, self.run_commands)
        window.add_commands(self._searchable)
        window.close_asked.connect(self.leaving.ask)
        window.preferences_asked.connect(self._ask_preferences)
        window.colours_asked.connect(self._take_colours)
        window.files_dropped.connect(self.commands.open_files)
        welcome = window.welcome
        welcome.new_drawing.connect(self.commands.new_drawing)
        welcome.new_project.connect(self.commands.new_project)
        welcome.open_asked.connect(self.commands.open_project)
        welcome.recent_chosen.connect(self.documents.open)
        welcome.example_chosen.connect(self.open_example)
        welcome.dropped.connect(self._open_dropped)
        self.documents.problem.connect(self.commands.problem)
        self.documents.opened.connect(self._on_opened)
        self.documents.recent_changed.connect(self._show_recent)
        self.documents.recoverable.connect(self._offer_recovery)
        self.documents.busy.connect(window.bottom_bar.show_hint)
        window.welcome_shown.connect(self._show_needs)
        self._show_recent()
        QTimer.singleShot(0, self, self.documents.look_for_lost_work)

    def _connect_studio(self) -> None:
        desk, editor = self.studio.desk, self.editor
        self.setup.edited.connect(self.session.edit_experiment)
        self.setup.run_asked.connect(self.run_commands.run)
        self.setup.other_asked.connect(self.run_commands.run_other)
        editor.stroking.connect(self.planting.stroke)
        editor.edited.connect(self.commands.take_pattern)
        editor.source_taken.connect(self.commands.take_source)
        editor.slices_chosen.connect(self.commands.cut_array)
        editor.name_suggested.connect(self.commands.suggest_name)
        editor.message.connect(self.window.bottom_bar.show_hint)
        editor.context_changed.connect(desk.pattern.set_context)
        editor.undo_requested.connect(self.commands.undo)
        editor.redo_requested.connect(self.commands.redo)
        desk.pattern.set_actions(editor.header_actions(), editor.menu_actions())
        follow_page(desk.section, self.section)
        follow_page(desk.surface, self.surface)
        for source in (
            self.section.view_made,
            self.surface.view_made,
            desk.artifact_tabs.view_made,
            desk.board.view_made,
            self.stage.view_made,
        ):
            source.connect(self._adopt_view)
        self.cursor.add(editor)
        self.cursor.moved.connect(self._show_values)
        desk.tabs.export_asked.connect(self.commands.export)
        self.studio.left.library.chosen.connect(self.commands.choose_kind)
        self.studio.right.panel.copy_asked.connect(self.commands.copy_claims)
        runs = desk.runs
        runs.chosen.connect(self._choose_run)
        runs.pause_asked.connect(self.runner.pause)
        runs.resume_asked.connect(self.runner.resume)
        runs.cancel_asked.connect(self.runner.cancel)
        runs.remedy_asked.connect(self.run_commands.use_remedy)
        runs.details_asked.connect(self.run_commands.copy_details)
        runs.remove_asked.connect(self.session.drop_runs)

    def _connect_session(self) -> None:
        session = self.session
        self.worker.ready.connect(self._on_engine_ready)
        self.worker.broken.connect(partial(self.commands.problem, "The engine is not there"))
        stack = session.undo_stack
        stack.indexChanged.connect(self._show_history)
        session.clean_changed.connect(self._show_title)
        session.path_changed.connect(self._show_title)
        session.selection_changed.connect(self._show_needs)
        session.changed.connect(self._show_needs)
        self.runner.changed.connect(self._show_needs)
        self._show_history()
        self._show_needs()

    # -- what happens --------------------------------------------------------------------------------------------

    def _on_engine_ready(self, kinds: tuple[type[Experiment], ...]) -> None:
        self.kinds = kinds
        self.window.welcome.show_engine("", 1.0)
        self.stage.engine_is_ready(kinds)
        self.commands.engine_is_ready(kinds)
        self.planting.engine_is_ready()
        self._show_needs()

    def _on_opened(self) -> None:
        self.window.show_studio()
        self.window.banner.dismiss()
        self.stage.show_entry()
        self.stage.restore_views()
        self.commands.give_drawing_an_experiment()
        self.planting.refresh()
        self._show_title()
        self._show_needs()

    def open_example(self, example: Example) -> None:
        """Open an example and run it."""
        self.commands.open_recipe(example.recipe, example.title, then=self._run_example)

    def _run_example(self) -> None:
        if not self.planting.runs_at_rest:  # what is planted live runs by itself
            self.run_commands.run()

    def _open_dropped(self, paths: Sequence[object]) -> None:
        self.commands.open_files([str(path) for path in paths])

    def _choose_run(self, run_id: str) -> None:
        live = self.runner.live.get(run_id)
        entry = live.entry if live else self.session.project.run(run_id).entry
        if entry != self.session.selected and any(other.id == entry for other in self.session.project.entries):
            self.session.select(entry)
        self.stage.show_run(run_id)

    def _adopt_view(self, view: View) -> None:
        self.cursor.add(view)
        if view.name not in READ_OUT_AT_THE_LEFT:
            view.status.connect(self.window.bottom_bar.show_hint)
        if isinstance(view, Distribution):
            view.along_asked.connect(self.run_commands.draw_along)
        if "colour_map" in view.state():
            view.set_options(colour_map=self.preferences.loss_map)
        kept = self.session.project.view.get("views")
        if isinstance(kept, dict) and isinstance(state := kept.get(view.name), dict):
            view.restore(state)

    def _offer_recovery(self, lost: list[Recoverable]) -> None:
        newest = lost[0]
        name = newest.path.name if newest.path else newest.title
        text = f"{name} was not closed properly. Changes up to {newest.saved:%H:%M} can be restored."
        self.window.ask(text, [("Discard", newest.discard), ("Restore", partial(self.documents.restore, newest))])

    def close_now(self) -> None:
        """Close the window without questions and wait for the worker; what is not saved is lost."""
        self.leaving.now()

    # -- what is shown -------------------------------------------------------------------------------------------

    def _show_values(self, position: Position) -> None:
        self.window.bottom_bar.show_left(values_at(self.stage.shown_section, position))

    def _show_history(self) -> None:
        stack = self.session.undo_stack
        self.editor.set_history(stack.canUndo(), stack.canRedo())
        for key, words, text in (("undo", "Undo", stack.undoText()), ("redo", "Redo", stack.redoText())):
            self.window.table[key].setText(f"{words} {text[:1].lower()}{text[1:]}" if text else words)
        self._show_needs()

    def _show_title(self, *_: object) -> None:
        name = "" if self.window.shows_welcome else self.documents.name
        self.window.show_title(name, clean=self.session.is_clean)
        if self.session.path is not None and self.session.is_clean:
            self._saved_at = f"saved {datetime.datetime.now():%H:%M}"
        self._show_needs()

    def _show_needs(self, *_: object) -> None:
        """Enable what can be done now, and say in the bottom bar what everything runs on."""
        entry, stack = self.session.entry, self.session.undo_stack
        there: set[Need] = set()
        if not self.window.shows_welcome:
            there.add("project")
            if entry is not None:
                there.add("experiment")
            if entry is None or type(entry.experiment).uses_pattern:
                there.add("pattern")
        if self.kinds:
            there.add("engine")
        if self.session.project.runs:
            there.add("run")
        if self.runner.live:
            there.add("live")
        self.window.table.allow(there)
        self.window.table["undo"].setEnabled("project" in there and stack.canUndo())
        self.window.table["redo"].setEnabled("project" in there and stack.canRedo())
        self.window.bottom_bar.show_right(self._right_words() if "project" in there else ())

    def _right_words(self) -> list[str]:
        words = []
        entry = self.session.entry
        if entry is not None:
            network, dataset = getattr(entry.experiment, "network", None), getattr(entry.experiment, "dataset", None)
            words.append(", ".join(part.label for part in (dataset, network) if part is not None))
            words.append(f"{entry.experiment.device}, {entry.experiment.dtype}".replace("auto", self._device()))
        saved = self._saved_at if self.session.is_clean and self.session.path else ""
        words.append(saved or ("unsaved changes" if not self.session.is_clean else "not saved yet"))
        return words

    def _device(self) -> str:
        runs = self.session.project.runs
        return runs[-1].device if runs else "cpu"

    def _show_recent(self) -> None:
        self.window.welcome.show_recent(self.documents.recent())

    def _searchable(self) -> list[Command]:
        patterns = [
            Command(
                name.replace("_", " "),
                partial(self.editor.sources.open_builtin, name, name),
                "Gallery",
                "",
                "image-square",
            )
            for name in (builtin_names() if not self.window.shows_welcome else [])
        ]
        kinds = [
            Command(kind.title, partial(self.commands.choose_kind, kind_of(kind)), kind.paper, "", "flask")
            for kind in self.kinds if not self.window.shows_welcome
        ]  # fmt: skip
        examples = [
            Command(example.title, partial(self.open_example, example), "Examples", "", "squares-four")
            for example in EXAMPLES
        ]
        return [*kinds, *patterns, *examples]

    def _thumbnail(self) -> bytes:
        section = self.stage.shown_section
        if not isinstance(section, Section):
            return b""
        from lsviewer import figures

        return figures.thumbnail(section)

    # -- preferences ---------------------------------------------------------------------------------------------

    def _ask_preferences(self) -> None:
        dialog = PreferencesDialog(self.preferences, os.cpu_count() or 1, self.window)
        dialog.changed.connect(self.take_preferences)
        dialog.open()

    def _take_colours(self, mode: theme.Mode) -> None:
        from dataclasses import replace

        self.take_preferences(replace(self.preferences, colours=mode))

    def take_preferences(self, preferences: Preferences) -> None:
        """Follow the user's preferences and keep them."""
        old, self.preferences = self.preferences, preferences
        preferences_file.save(preferences)
        self.window.take_preferences(preferences)
        self.documents.set_autosave_interval(preferences.autosave_s)
        self.planting.enabled = preferences.live_planting
        if preferences.loss_map != old.loss_map:
            for view in self.stage.views():
                if "colour_map" in view.state():
                    view.set_options(colour_map=preferences.loss_map)


def _nothing_planted() -> EmptyPage:
    return EmptyPage(
        "squares-four", "Nothing planted yet", "Draw something, or load an image. The section follows the brush."
    )


def _no_relief() -> EmptyPage:
    if probe() is None:
        return EmptyPage(
            "cube", "No OpenGL here", "The 3D view needs OpenGL 2.1. Section, profiles and export work without it."
        )
    return EmptyPage("cube", "No surface yet", "A section with two or three axes stands here as a surface.")
