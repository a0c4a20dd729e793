"""The export dialog: what, in which format, how large - then a file name. It knows things that can be written, not how.

An `Exportable` brings its formats and a function that writes one file or folder; pictures take a size in millimetres and a
resolution. Writing happens aside, except for what only the window's thread can draw (the 3D view).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSettings, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from lsviewer.gui.background import run_aside
from lsviewer.gui.buttons import push_button
from lsviewer.gui.labels import label
from lsviewer.gui.segmented import Segmented

ROW = 46  # px


@dataclass(frozen=True, slots=True)
class Size:
    """How large a picture becomes. Vector formats take the millimetres, pixel formats the resolution too."""

    width_mm: int = 120
    height_mm: int = 100
    dpi: int = 300
    dark: bool = False

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return round(self.width_mm / 25.4 * self.dpi), round(self.height_mm / 25.4 * self.dpi)


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write a thing: ``.png``, "PNG picture"; ``folder`` for a bundle."""

    suffix: str
    words: str
    picture: bool = False  # takes a size
    pixels: bool = False  # takes a resolution
    folder: bool = False


PNG = Format(".png", "PNG picture", picture=True, pixels=True)
SVG = Format(".svg", "SVG drawing", picture=True)
PDF = Format(".pdf", "PDF drawing", picture=True)
CSV = Format(".csv", "CSV table")
NPZ = Format(".npz", "NumPy arrays")
VTK = Format(".vtk", "VTK grid")
SAFETENSORS = Format(".safetensors", "safetensors")
STATE_DICT = Format(".pt", "PyTorch state dict")
BUNDLE = Format("", "folder with verify.py", folder=True)


@dataclass(frozen=True, slots=True)
class Exportable:
    """A thing that can be written. ``write(path, size)`` raises an error with one sentence."""

    name: str  # "Section"
    context: str  # "run 7, 128 × 128"
    file_stem: str
    formats: tuple[Format, ...]
    write: Callable[[Path, Size], None]
    aside: bool = True  # False: must be drawn in the window's thread


class ExportDialog(QDialog):
    """Offers things; ``exported(path)`` once one is written, ``failed(sentence)`` when it could not be."""

    exported = Signal(object)
    failed = Signal(str)

    def __init__(self, things: Sequence[Exportable], chosen: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("export")
        self.setWindowTitle("Export")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._things = list(things)
        self.things = QListWidget()
        self.things.setObjectName("export-things")
        self.things.setAccessibleName("What to export")
        for thing in self._things:
            item = QListWidgetItem()
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{thing.name}, {thing.context}")
            item.setSizeHint(QSize(0, ROW))
            self.things.addItem(item)
            self.things.setItemWidget(item, _row(thing))
        self.formats = QComboBox()
        self.formats.setObjectName("export-format")
        self.formats.setAccessibleName("Format")
        self.width_mm, self.height_mm = _number(120, 20, 1000, " mm", "Width"), _number(100, 20, 1000, " mm", "Height")
        self.dpi = _number(300, 36, 1200, " dpi", "Resolution")
        self.colours = Segmented([("light", "Light"), ("dark", "Dark")])
        self.hint = QLabel()
        self.hint.setProperty("role", "hint")
        self.hint.setWordWrap(True)
        self._rows: list[tuple[QLabel, QWidget]] = []
        form = QGridLayout()
        form.setHorizontalSpacing(8)
        form.setVerticalSpacing(8)
        form.setColumnMinimumWidth(0, 88)
        form.setColumnStretch(1, 1)
        for row, (words, field) in enumerate(
            [
                ("Format", self.formats),
                ("Width", self.width_mm),
                ("Height", self.height_mm),
                ("Resolution", self.dpi),
                ("Colours", self.colours),
            ]
        ):
            name = label(words, "label")
            name.setBuddy(field)
            form.addWidget(name, row, 0)
            form.addWidget(field, row, 1)
            self._rows.append((name, field))
        form.addWidget(self.hint, 5, 0, 1, 2)
        form.setRowStretch(6, 1)
        self.save_button = push_button("Save as…", primary=True, name="export-save")
        self.save_button.setDefault(True)
        close = push_button("Cancel", name="export-cancel")
        close.clicked.connect(self.reject)
        self.save_button.clicked.connect(self._ask_where)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(close)
        buttons.addWidget(self.save_button)
        columns = QHBoxLayout()
        columns.setSpacing(16)
        self.things.setFixedWidth(248)
        columns.addWidget(self.things)
        columns.addLayout(form, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 16, 16, 16)
        box.setSpacing(16)
        box.addLayout(columns, 1)
        box.addLayout(buttons)
        self.resize(620, 440)
        self.things.currentRowChanged.connect(self._show_formats)
        self.formats.currentIndexChanged.connect(self._show_fields)
        for number in (self.width_mm, self.height_mm, self.dpi):
            number.valueChanged.connect(self._show_fields)
        names = [thing.name for thing in self._things]
        self.things.setCurrentRow(names.index(chosen) if chosen in names else 0)

    @property
    def thing(self) -> Exportable:
        """What is to be written."""
        return self._things[self.things.currentRow()]

    @property
    def format(self) -> Format:
        """In which format."""
        return self.thing.formats[max(0, self.formats.currentIndex())]

    @property
    def picture_size(self) -> Size:
        """How large."""
        return Size(self.width_mm.value(), self.height_mm.value(), self.dpi.value(), self.colours.value == "dark")

    def write_to(self, path: Path) -> None:
        """Write the chosen thing and close; a failure keeps the dialog open."""
        thing, size = self.thing, self.picture_size
        self.save_button.setEnabled(False)
        if thing.aside:
            run_aside(lambda: thing.write(path, size), lambda _: self._done(path), self._failed)
            return
        try:
            thing.write(path, size)
        except (OSError, ValueError, RuntimeError) as error:
            self._failed(str(error))
        else:
            self._done(path)

    def _show_formats(self, row: int) -> None:
        if row >= 0:
            self.formats.clear()
            self.formats.addItems([f"{found.words} ({found.suffix or 'folder'})" for found in self.thing.formats])
            self._show_fields()

    def _show_fields(self) -> None:
        chosen = self.format
        for (name, field), shown in zip(
            self._rows, (True, chosen.picture, chosen.picture, chosen.pixels, chosen.picture), strict=True
        ):
            name.setVisible(shown)
            field.setVisible(shown)
        width, height = self.picture_size.pixels
        self.hint.setText(f"{width} × {height} pixels" if chosen.pixels else "")

    def _ask_where(self) -> None:
        thing, chosen = self.thing, self.format
        folder = str(QSettings().value("export_folder", Path.home()))
        dialog = QFileDialog(self, f"Export {thing.name.lower()}", folder)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if not chosen.folder:
            dialog.setNameFilter(f"{chosen.words} (*{chosen.suffix})")
            dialog.setDefaultSuffix(chosen.suffix.removeprefix("."))
        dialog.selectFile(f"{thing.file_stem}{chosen.suffix}")
        dialog.fileSelected.connect(self._chosen)
        dialog.open()

    def _chosen(self, path: str) -> None:
        QSettings().setValue("export_folder", str(Path(path).parent))
        self.write_to(Path(path))

    def _done(self, path: Path) -> None:
        self.exported.emit(path)
        self.accept()

    def _failed(self, sentence: str) -> None:
        self.save_button.setEnabled(True)
        self.hint.setText(sentence)
        self.failed.emit(sentence)


def _row(thing: Exportable) -> QWidget:
    row = QWidget()
    row.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    box = QVBoxLayout(row)
    box.setContentsMargins(8, 5, 8, 5)
    box.setSpacing(0)
    box.addWidget(label(thing.name))
    box.addWidget(label(thing.context, "hint"))
    return row


def _number(value: int, low: int, high: int, suffix: str, name: str) -> QSpinBox:
    box = QSpinBox()
    box.setRange(low, high)
    box.setValue(value)
    box.setSuffix(suffix)
    box.setAccessibleName(name)
    box.lineEdit().setTextMargins(6, 0, 0, 0)
    return box
