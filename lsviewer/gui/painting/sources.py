"""The ways to a pattern that go through a dialog, a file or the clipboard; each ends in ``taken`` or in one sentence."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QMimeData, QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from lsviewer.core.arrays import Array
from lsviewer.core.colour import GradientColours, resample_colours
from lsviewer.core.files import Files
from lsviewer.core.pattern import DEFAULT_GRID, BuiltinPattern
from lsviewer.core.resampling import resample
from lsviewer.core.spec import SpecError
from lsviewer.gui.background import run_aside
from lsviewer.gui.painting import importers
from lsviewer.gui.painting.formula_dialog import FormulaDialog
from lsviewer.gui.painting.gallery import Gallery
from lsviewer.gui.painting.grid_dialog import GridDialog
from lsviewer.gui.painting.levels_dialog import LevelsDialog


class Sources(QObject):
    """Opens dialogs over ``window``. ``show_pattern`` says from what they start; a new picture takes its number of points."""

    taken = Signal(object, str, str)
    """values, text for the Undo menu, what the pattern would be called (may be empty)."""
    previewed = Signal(object)
    """values while a dialog is open; None: the pattern as it is."""
    source_taken = Signal(object, str)
    """A pattern that is only named, a `PatternSource`, and a text: its choices stay open."""
    failed = Signal(str)
    """One sentence about what could not be done, or is under way; "" takes it away."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._values: Array | None = None
        self._coloured = False
        self._expressions: tuple[str, ...] = ()
        self._gallery: Gallery | None = None

    def show_pattern(self, values: Array | None, coloured: bool = False) -> None:
        """Start from this pattern from now on; ``coloured`` asks for pictures in colour."""
        self._values, self._coloured = values, coloured

    @property
    def _grid(self) -> int | None:
        values = self._values
        return len(values) if values is not None and (values.ndim < 3 or self._coloured) else None

    def start_blank(self) -> None:
        """Take an empty plane."""
        channels = (3,) if self._coloured else ()
        blank = np.zeros((DEFAULT_GRID, DEFAULT_GRID, *channels), np.float32)
        self.taken.emit(blank, "New drawing", "painting" if self._coloured else "drawing")

    def open_gallery(self) -> None:
        """Offer the built-in patterns."""
        if self._gallery is None:
            self._gallery = Gallery(self._window)
            self._gallery.chosen.connect(self.open_builtin)
        self._gallery.open()

    def open_builtin(self, name: str, title: str) -> None:
        """Take a built-in pattern."""
        pattern = BuiltinPattern(name=name)
        if self._coloured:
            if pattern.axes != 2:
                self.failed.emit(f"{title} has {pattern.axes} axes, a picture has two.")
                return
            coloured = GradientColours(pattern=pattern)  # greys have no colours of their own
            self.taken.emit(coloured.values(Files(), self._grid), f"Open {title}", name)
            return
        grid = None if pattern.axes == 3 else self._grid  # a plane's number of points would be too many for a volume
        self.taken.emit(pattern.values(Files(), grid), f"Open {title}", name)

    def import_file(self) -> None:
        """Ask for an image, several that make a stack, or an array."""
        dialog = QFileDialog(self._window, "Import a pattern")
        dialog.setObjectName("import-dialog")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilters([importers.ANY_FILTER, importers.IMAGE_FILTER, importers.ARRAY_FILTER])
        dialog.fileSelected.connect(self.import_path)  # Qt says this for one file alone
        dialog.filesSelected.connect(self._import_several)
        dialog.open()

    def import_stack(self) -> None:
        """Ask for a folder of images."""
        dialog = QFileDialog(self._window, "Import a folder of images")
        dialog.setObjectName("stack-dialog")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.import_path)
        dialog.open()

    def import_path(self, path: str | Path) -> None:
        """Take what a file holds, or the images in a folder."""
        self.import_paths([Path(path)], "Import")

    def import_paths(self, paths: list[Path], verb: str) -> None:
        """Take an image, an array, or a stack: a folder, a file with pages, several images."""
        first = paths[0]
        try:
            if (source := importers.cut_of(first)) is not None and not self._coloured:
                self.source_taken.emit(source, f"{verb} {first.name}")
            elif (stack := importers.stack_of(paths)) is not None and not self._coloured:
                self._import_stack(stack, verb)
            else:
                self._read(lambda: (importers.from_file(first, self._grid, self._coloured), first.name), verb)
        except SpecError as error:
            self._fail(str(error))

    def import_data(self, data: QMimeData, verb: str) -> None:
        """Take what was dropped or lies in the clipboard."""
        if paths := importers.files_in(data):
            self.import_paths(paths, verb)
            return
        self._read(lambda: importers.from_mime(data, self._grid, self._coloured), verb)

    def open_formula(self) -> None:
        """Ask for a formula, with the canvas following."""
        axes = 2 if self._values is None or self._coloured else self._values.ndim
        grid = DEFAULT_GRID if self._values is None else len(self._values)
        dialog = FormulaDialog(grid, axes, self._expressions, self._window, coloured=self._coloured)

        def take() -> None:
            self._expressions = dialog.expressions
            self.taken.emit(dialog.values, "Formula", "")

        self._open(dialog, take)

    def open_levels(self) -> None:
        """Ask for black, white and gamma, with the canvas following."""
        if self._values is not None:
            dialog = LevelsDialog(self._values, self._window)
            self._open(dialog, lambda: self.taken.emit(dialog.values, "Levels", ""))

    def open_grid(self) -> None:
        """Ask for another number of grid points."""
        if self._values is not None:
            axes = 2 if self._coloured else self._values.ndim
            dialog = GridDialog(
                len(self._values), axes, self._window, importers.MIN_COLOURED if self._coloured else importers.MIN_GRID
            )
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.chosen.connect(self.resize_grid)
            dialog.open()

    def resize_grid(self, grid: int) -> None:
        """Take the pattern on ``grid`` points an axis."""
        if self._values is not None:
            exact = self._values.astype(np.float64)
            values = resample_colours(exact, grid) if self._coloured else resample(exact, grid)
            self.taken.emit(values, f"Resize to {grid} points", "")

    def _open(self, dialog: FormulaDialog | LevelsDialog, take: Callable[[], None]) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.previewed.connect(self.previewed)
        dialog.accepted.connect(take)
        dialog.rejected.connect(self._take_back)
        dialog.open()

    def _take_back(self) -> None:
        self.previewed.emit(None)

    def _read(self, read: Callable[[], tuple[Array, str]], verb: str) -> None:
        try:
            values, name = read()
        except SpecError as error:
            self._fail(str(error))
        else:
            self.taken.emit(values, f"{verb} {name}", Path(name).stem)

    def _import_several(self, paths: list[str]) -> None:
        if len(paths) > 1:
            self.import_paths([Path(path) for path in paths], "Import")

    def _import_stack(self, stack: Path | list[Path], verb: str) -> None:
        """Read a stack aside: many images take their time."""
        name = stack.name if isinstance(stack, Path) else f"{len(stack)} images"
        title = Path(name).stem if isinstance(stack, Path) else "stack"
        self.failed.emit(f"Reading {name} …")

        def take(values: Array) -> None:
            self.failed.emit("")
            self.taken.emit(values, f"{verb} {name}", title)

        run_aside(partial(importers.from_stack, stack), take, self._fail)

    def _fail(self, sentence: str) -> None:
        sentence = sentence.rstrip(".")
        self.failed.emit(f"{sentence[:1].upper()}{sentence[1:]}.")
