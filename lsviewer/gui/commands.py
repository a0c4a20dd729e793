"""What the user can ask for about projects, set-ups and patterns: one method for each action of that name in the table."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from lsviewer.core.array_files import Fixed
from lsviewer.core.arrays import Array
from lsviewer.core.experiment import Experiment, kind_of
from lsviewer.core.images import SUFFIXES
from lsviewer.core.pattern import DEFAULT_CUBE, DEFAULT_GRID, ArrayPattern, PatternSource, is_colour
from lsviewer.core.spec import SpecError
from lsviewer.gui.background import run_aside
from lsviewer.gui.documents import Documents, Then, nothing
from lsviewer.gui.drawings import drawings_of, drawn_name, fitting, source_of, with_drawn
from lsviewer.gui.export import ExportDialog
from lsviewer.gui.exportables import exportables
from lsviewer.gui.main_window import MainWindow
from lsviewer.gui.panels.pattern_editor import PatternEditor
from lsviewer.gui.session import Session
from lsviewer.gui.stage import Stage
from lsviewer.gui.views.base import View
from lsviewer.project.document import Entry, Project, free_name

PLANT, PLANT_COLOUR = "theorem1", "rgb"  # what a new drawing, and one in colour, is for
CHECKPOINT_ENDINGS = (".safetensors", ".pt")
BUILT_IN = {64: "digits", 784: "mnist_small"}  # data set by the number of inputs a network wants
PATTERN_ENDINGS = (*SUFFIXES, ".npy")


class Commands(QObject):
    """Answers actions. It changes the session and opens dialogs; what is shown is the stage's affair."""

    def __init__(
        self, session: Session, documents: Documents, stage: Stage, window: MainWindow, editor: PatternEditor,
        parent: QObject | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._session, self._documents, self._stage, self._window, self._editor = (
            session,
            documents,
            stage,
            window,
            editor,
        )
        self._kinds: dict[str, type[Experiment]] = {}
        self._waiting: Callable[[], None] | None = None  # what to do once the engine is there
        self._suggested = ""  # the name that an opened or imported pattern would like

    def engine_is_ready(self, kinds: tuple[type[Experiment], ...]) -> None:
        """Take the experiments in, and do what had to wait for them."""
        self._kinds = {kind_of(kind): kind for kind in kinds}
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            waiting()
        self.give_drawing_an_experiment()

    def once_ready(self, act: Callable[[], None]) -> None:
        """Do something now, or as soon as the engine is there; the newest wish counts."""
        if self._kinds:
            act()
        else:
            self._waiting = act
            self._window.bottom_bar.show_hint("Preparing the engine; this opens in a moment.")

    # -- File ----------------------------------------------------------------------------------------------------

    def new_drawing(self) -> None:
        """Begin a project with an empty canvas; the experiment comes to it once the engine is there."""
        blank = Project(title="Drawing").with_pattern("drawing", np.zeros((DEFAULT_GRID, DEFAULT_GRID), np.float32))
        self._documents.new(blank)
        self.give_drawing_an_experiment()

    def new_project(self) -> None:
        """Begin an empty project."""
        self._documents.new(Project())

    def open_project(self) -> None:
        """Ask for a project file."""
        self._documents.open()

    def open_files(self, paths: list[str]) -> None:
        """Open what was dropped or named on the command line: a project, a recipe, a picture, an array, a stack of images."""
        found = list(map(Path, paths))
        if len(found) > 1 and all(path.suffix.lower() in SUFFIXES for path in found):
            self._open_pattern(found)
            return
        for path in found[:1]:
            match path.suffix.lower():
                case _ if path.is_dir():
                    self._open_pattern([path])
                case ".lsv":
                    self._documents.open(path)
                case ".json":
                    self.once_ready(partial(self._open_recipe, path))
                case ending if ending in PATTERN_ENDINGS:
                    self._open_pattern([path])
                case ending if ending in CHECKPOINT_ENDINGS:
                    self.once_ready(partial(self._read_checkpoint, path))
                case _:
                    self.problem(
                        f"{path.name} cannot be opened",
                        "lsviewer reads .lsv, .json recipes, pictures and folders of them, .npy, .safetensors and .pt files",
                    )

    def open_recipe(
        self, recipe: dict[str, object], title: str, folder: Path | None = None, then: Then = nothing
    ) -> None:
        """Open a project with one experiment (an example of the welcome page), once the engine is there; ``then`` follows."""

        def begin() -> None:
            from lsviewer.experiments import from_json

            try:
                experiment = from_json(recipe, title)
            except SpecError as error:
                self.problem(f"{title} cannot be opened", str(error))
                return
            self._documents.new(Project(title=title, entries=(Entry("e1", title, experiment),)), folder, then)

        self.once_ready(begin)

    def save(self) -> None:
        """Save the project."""
        self._remember_view()
        self._documents.save()

    def save_as(self) -> None:
        """Save the project under another name."""
        self._remember_view()
        self._documents.save_as()

    def export(self) -> None:
        """Open the export dialog on what is on screen."""
        run = self._stage.finished_run()
        views = self._stage.views()
        cursor = next((view.cursor_position for view in views), None)
        things = exportables(run, self._stage.shown_section, views, self._session.files, cursor)
        if not things:
            self._window.bottom_bar.show_hint("Nothing to export yet: plant or run first.")
            return
        dialog = ExportDialog(things, parent=self._window)
        dialog.exported.connect(self._exported)
        dialog.open()

    def export_bundle(self) -> None:
        """Open the export dialog on the bundle of the run on screen."""
        run = self._stage.finished_run()
        things = exportables(run, None, (), self._session.files) if run else []
        if not any(thing.name == "Bundle" for thing in things):
            self._window.bottom_bar.show_hint("Only a finished run with a section and its directions makes a bundle.")
            return
        dialog = ExportDialog(things, chosen="Bundle", parent=self._window)
        dialog.exported.connect(self._exported)
        dialog.open()

    # -- Edit ----------------------------------------------------------------------------------------------------

    def undo(self) -> None:
        """Take the last step back."""
        self._session.undo_stack.undo()

    def redo(self) -> None:
        """Do the step again."""
        self._session.undo_stack.redo()

    def copy_figure(self) -> None:
        """Copy the view last used as a picture, at twice the size of the screen."""
        view = _view_above(QApplication.focusWidget()) or next(iter(self._stage.views()), None)
        if view is not None:
            QGuiApplication.clipboard().setImage(view.render_image(view.width(), view.height(), 2.0))
            self._window.bottom_bar.show_hint(f"{view.name} copied.")

    def copy_recipe(self) -> None:
        """Copy the set-up as JSON for ``lsviewer run``."""
        if (entry := self._session.entry) is not None:
            QGuiApplication.clipboard().setText(
                json.dumps(entry.experiment.model_dump(mode="json"), indent=2, ensure_ascii=False)
            )
            self._window.bottom_bar.show_hint("Recipe copied.")

    def duplicate_experiment(self) -> None:
        """Keep this set-up and go on with a copy."""
        if (entry := self._session.entry) is not None:
            names = {other.name: None for other in self._session.project.entries}
            copy = replace(entry, id=self._session.project.next_id("e"), name=free_name(entry.name, names))
            self._session.edit("Duplicate set-up", self._session.project.with_entry(copy))
            self._session.select(copy.id)

    def remove_experiment(self) -> None:
        """Take this set-up out of the project; its runs stay."""
        if (entry := self._session.entry) is not None:
            self._session.edit("Remove set-up", self._session.project.without_entry(entry.id))

    def choose_kind(self, kind: str) -> None:
        """Put an experiment of a kind on screen: the newest set-up of that kind, or a new one."""
        known = [entry for entry in self._session.project.entries if getattr(entry.experiment, "kind", "") == kind]
        if known:
            self._session.select(known[-1].id)
        elif kind in self._kinds:
            found = self._kinds[kind]
            experiment = found.model_validate({})
            project = self._session.project
            if found.pattern_field in found.model_fields and (drawn := fitting(project.patterns, found)):
                experiment = with_drawn(experiment, drawn)
            entry = Entry(project.next_id("e"), found.title, experiment)
            self._session.edit(f"Add {found.title}", project.with_entry(entry))
            self._session.select(entry.id)

    # -- Pattern -------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Put the keyboard and the brush on the canvas."""
        self._editor.setFocus()

    def pattern_gallery(self) -> None:
        """Offer the built-in patterns."""
        self._editor.sources.open_gallery()

    def import_pattern(self) -> None:
        """Ask for an image or an array."""
        self._editor.sources.import_file()

    def pattern_formula(self) -> None:
        """Ask for a formula."""
        self._editor.sources.open_formula()

    def paste_pattern(self) -> None:
        """Take the picture on the clipboard as the pattern."""
        self._editor.paste()

    def suggest_name(self, name: str) -> None:
        """Remember what the next pattern would like to be called."""
        self._suggested = name

    def take_pattern(self, values: Array, text: str, merge: str) -> None:
        """Make a finished edit of the canvas one undo step; the experiment on screen uses the drawing from then on."""
        project, entry = self._session.project, self._session.entry
        old = drawn_name(entry.experiment) if entry else next(iter(project.patterns), "drawing")
        name = old
        if self._suggested and self._suggested != old:
            name = free_name(self._suggested, {other: None for other in project.patterns if other != old})
        kept = project.patterns.get(name)
        if kept is not None and is_colour(kept) != is_colour(values):
            name = old = free_name(name, project.patterns)  # greys and colours never take each other's place
        self._suggested = ""
        project = project.with_pattern(name, values)
        if entry is not None:
            experiment = with_drawn(entry.experiment, name)
            if not is_colour(values) and merge == "":
                experiment = self._roomy(experiment, values.ndim, len(values))
            project = project.with_entry(replace(entry, experiment=experiment))
        if name != old and old in project.patterns and not _is_used(project, old):
            project = project.without_pattern(old)
        self._session.edit(text, project, merge)
        self.give_drawing_an_experiment()

    def take_source(self, source: PatternSource, text: str) -> None:
        """Let the experiment on screen use a pattern that stays where it is: what is cut from a larger array."""
        if (entry := self._session.entry) is not None and type(entry.experiment).uses_pattern:
            experiment = entry.experiment.replace(**{entry.experiment.painted: source})
            self._session.edit_experiment(text, self._roomy(experiment, source.axes or 2, DEFAULT_CUBE))
            return

        def begin() -> None:
            experiment = self._roomy(
                self._kinds[PLANT].model_validate({"pattern": source}), source.axes or 2, DEFAULT_CUBE
            )
            title = text.partition(" ")[2]
            self._documents.new(Project(title=title, entries=(Entry("e1", title, experiment),)))

        self.once_ready(begin)

    def cut_array(self, fixed: Fixed) -> None:
        """Cut the array the pattern comes from elsewhere."""
        entry = self._session.entry
        if entry is not None and isinstance(source := source_of(entry.experiment), ArrayPattern):
            experiment = entry.experiment.replace(**{entry.experiment.painted: source.replace(fixed=fixed)})
            self._session.edit_experiment("Slice of the array", experiment, "slice")

    def copy_claims(self) -> None:
        """Copy claims and numbers as text."""
        if self._window.studio is not None:
            QGuiApplication.clipboard().setText(self._window.studio.right.panel.text())

    def copy_diagnostics(self) -> None:
        """Copy versions, devices and settings for a report."""
        from lsviewer.diagnostics import info

        run_aside(info, self._copy_text, lambda sentence: self.problem("Diagnostics", sentence))

    def problem(self, what: str, why: str) -> None:
        """Say in one line what could not be done, and why."""
        self._window.ask(f"{what}: {why.rstrip('.')}.", icon="warning")

    # -- the rest ------------------------------------------------------------------------------------------------

    def give_drawing_an_experiment(self) -> None:
        """Let a project that is only a drawing be about planting it (not an undo step: the user has asked for nothing yet)."""
        project = self._session.project
        if project.entries or not project.patterns or PLANT not in self._kinds:
            return
        name, values = next(iter(project.patterns.items()))
        kind = self._kinds[PLANT_COLOUR if is_colour(values) else PLANT]
        experiment = self._roomy(with_drawn(kind.model_validate({}), name), values.ndim, len(values))
        self._session.adopt(project.with_entry(Entry(project.next_id("e"), kind.title, experiment)))

    def _roomy(self, experiment: Experiment, axes: int, grid: int) -> Experiment:
        """Return the experiment with room for such a pattern, and say what was changed."""
        roomy = experiment.with_room(axes, getattr(experiment, "grid", None) or grid)
        if roomy != experiment:
            widths = ", ".join(str(units) for units in roomy.network.hidden)  # type: ignore[attr-defined]
            self._window.bottom_bar.show_hint(f"Hidden layers {widths}: what this pattern needs to be planted.")
        return roomy

    def _open_recipe(self, path: Path) -> None:
        try:
            recipe = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            self.problem(f"{path.name} cannot be opened", f"it is no JSON ({error})")
            return
        self.open_recipe(recipe, path.stem, path.parent)

    def _read_checkpoint(self, path: Path) -> None:
        from lsviewer.project.checkpoints import read  # brings the engine

        failed = partial(self.problem, f"{path.name} cannot be opened")
        run_aside(partial(read, path), partial(self._open_checkpoint, path), failed)

    def _open_checkpoint(self, path: Path, params: Mapping[str, Array]) -> None:
        layers = sorted((int(name.split(".")[0]), name) for name in params if re.fullmatch(r"\d+\.weight", name))
        widths = [params[name].shape for _, name in layers if params[name].ndim == 2]
        if any(params[name].ndim == 4 for _, name in layers):
            sentence = "it holds convolutions; choose Random plane, network CNN, and give the file as its point"
            self.problem(f"{path.name} cannot be opened alone", sentence)
            return
        if not widths:
            self.problem(f"{path.name} cannot be opened", "it holds no layer '0.weight' of a fully connected network")
            return
        recipe: dict[str, object] = {
            "kind": "plane", "network": {"kind": "mlp", "hidden": [rows for rows, _ in widths[:-1]]},
            "dataset": {"kind": BUILT_IN.get(widths[0][1], "digits")},
            "point": {"kind": "checkpoint", "path": str(path.resolve())},
        }  # fmt: skip
        self.open_recipe(recipe, path.stem)

    def _open_pattern(self, paths: list[Path]) -> None:
        entry = self._session.entry
        take = partial(self._import_pattern, paths)
        if self._window.shows_welcome or entry is None or not type(entry.experiment).uses_pattern:
            self._documents.new(Project(title=paths[0].stem), then=take)  # there may be a question to answer first
        else:
            take()

    def _import_pattern(self, paths: list[Path]) -> None:
        self._window.show_studio()
        self._editor.sources.import_paths(paths, "Import")

    def _remember_view(self) -> None:
        self._session.remember_view(selected=self._session.selected, views=self._stage.view_state())

    def _exported(self, path: Path) -> None:
        self._window.bottom_bar.show_hint(f"Exported {path.name}")

    def _copy_text(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self._window.bottom_bar.show_hint("Diagnostics copied.")


def _is_used(project: Project, pattern: str) -> bool:
    return any(pattern in drawings_of(entry.experiment) for entry in project.entries)


def _view_above(widget: QWidget | None) -> View | None:
    while widget is not None and not isinstance(widget, View):
        widget = widget.parentWidget()
    return widget
