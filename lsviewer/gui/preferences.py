"""What a user prefers on this machine, kept by QSettings: typed values with defaults, and the dialog that changes them."""

from dataclasses import dataclass, fields, replace
from typing import Any, cast, get_args, get_type_hints

from PySide6.QtCore import QSettings, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from lsviewer.gui.buttons import push_button
from lsviewer.gui.labels import label
from lsviewer.gui.segmented import Segmented
from lsviewer.gui.theme import Mode


@dataclass(frozen=True, slots=True)
class Preferences:
    """Every preference with its default."""

    colours: Mode = "system"
    threads: int = 0  # of the engine; 0: one on two cores or fewer, else one core is left to the window
    autosave_s: int = 30
    loss_map: str = "lipari"
    live_planting: bool = True
    reduced_motion: bool = False


LOSS_MAPS = ("lipari", "viridis", "cividis", "batlow", "gray")  # `colormaps.OFFERED`, which brings numpy along
LIMITS = {"threads": (0, 256), "autosave_s": (5, 3600)}


def load(settings: QSettings | None = None) -> Preferences:
    """Return the preferences of this user; what is missing or makes no sense has its default."""
    settings = settings or QSettings()
    read: dict[str, Any] = {}
    hints = get_type_hints(Preferences)
    for field in fields(Preferences):
        stored = settings.value(f"preferences/{field.name}")
        if stored is not None and (value := _parsed(field.name, hints[field.name], str(stored))) is not None:
            read[field.name] = value
    return Preferences(**read)


def save(preferences: Preferences, settings: QSettings | None = None) -> None:
    """Keep the preferences for the next start."""
    settings = settings or QSettings()
    for field in fields(Preferences):
        value = getattr(preferences, field.name)
        settings.setValue(f"preferences/{field.name}", int(value) if isinstance(value, bool) else value)


def _parsed(name: str, kind: Any, text: str) -> Any:
    if kind is bool:
        return {"1": True, "true": True, "0": False, "false": False}.get(text.lower())
    if kind is int:
        low, high = LIMITS[name]
        return int(text) if text.isdecimal() and low <= int(text) <= high else None
    if name == "loss_map":
        return text if text in LOSS_MAPS else None
    return text if text in get_args(kind) else None


class PreferencesDialog(QDialog):
    """Every change takes effect at once: ``changed(preferences)``."""

    changed = Signal(object)

    def __init__(self, preferences: Preferences, cores: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preferences-dialog")
        self.setWindowTitle("Preferences")
        self.setMinimumWidth(460)
        self._preferences = preferences
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 20, 24, 20)
        box.setSpacing(16)
        box.addWidget(label("Preferences", "page"))
        form = QGridLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(12)
        form.setColumnMinimumWidth(0, 112)
        form.setColumnStretch(1, 1)
        self._colours = Segmented([("system", "As the system"), ("light", "Light"), ("dark", "Dark")])
        self._map = QComboBox()
        self._map.addItems(list(LOSS_MAPS))
        self._threads = QSpinBox()
        self._threads.setRange(0, max(1, cores))
        self._threads.setSpecialValueText("automatic")
        self._autosave = QSpinBox()
        self._autosave.setRange(*LIMITS["autosave_s"])
        self._autosave.setSuffix(" s")
        self._live = QCheckBox("Plant while drawing")
        self._motion = QCheckBox("Reduce motion")
        for spin in (self._threads, self._autosave):
            if (edit := spin.findChild(QLineEdit)) is not None:
                edit.setTextMargins(6, 0, 0, 0)  # a style sheet's padding does not reach it
        _row(form, "Colours", self._colours, "")
        _row(form, "Loss colour map", self._map, "How a section is coloured; the error keeps its own map.")
        _row(
            form,
            "Threads",
            self._threads,
            f"Of {cores} cores; automatic leaves one to the window. From the next start.",
        )
        _row(form, "Autosave every", self._autosave, "Beside the project, never over it.")
        _row(form, "Drawing", self._live, "The section follows the brush.")
        _row(form, "Motion", self._motion, "Panels appear without sliding.")
        box.addLayout(form)
        box.addStretch(1)
        foot = QHBoxLayout()
        self._reset = push_button("Reset", name="reset-preferences")
        self._reset.clicked.connect(self._take_defaults)
        close = push_button("Close", primary=True)
        close.clicked.connect(self.accept)
        close.setDefault(True)
        foot.addWidget(self._reset)
        foot.addStretch(1)
        foot.addWidget(close)
        box.addLayout(foot)
        self._show()
        self._colours.changed.connect(self._colours_chosen)
        self._map.textActivated.connect(self._map_chosen)
        self._threads.valueChanged.connect(self._threads_chosen)
        self._autosave.valueChanged.connect(self._autosave_chosen)
        self._live.toggled.connect(self._live_chosen)
        self._motion.toggled.connect(self._motion_chosen)

    def _show(self) -> None:
        p = self._preferences
        widgets = (self._colours, self._map, self._threads, self._autosave, self._live, self._motion)
        for widget in widgets:
            widget.blockSignals(True)
        self._colours.set_value(p.colours)
        self._map.setCurrentText(p.loss_map)
        self._threads.setValue(p.threads)
        self._autosave.setValue(p.autosave_s)
        self._live.setChecked(p.live_planting)
        self._motion.setChecked(p.reduced_motion)
        for widget in widgets:
            widget.blockSignals(False)

    def _take(self, preferences: Preferences) -> None:
        if preferences != self._preferences:
            self._preferences = preferences
            self.changed.emit(preferences)

    def _take_defaults(self) -> None:
        self._take(Preferences())
        self._show()

    def _colours_chosen(self, value: str) -> None:
        self._take(replace(self._preferences, colours=cast(Mode, value)))

    def _map_chosen(self, value: str) -> None:
        self._take(replace(self._preferences, loss_map=value))

    def _threads_chosen(self, value: int) -> None:
        self._take(replace(self._preferences, threads=value))

    def _autosave_chosen(self, value: int) -> None:
        self._take(replace(self._preferences, autosave_s=value))

    def _live_chosen(self, value: bool) -> None:
        self._take(replace(self._preferences, live_planting=value))

    def _motion_chosen(self, value: bool) -> None:
        self._take(replace(self._preferences, reduced_motion=value))


def _row(form: QGridLayout, words: str, field: QWidget, hint: str) -> None:
    field.setAccessibleName(words)
    title: QLabel = label(words, "label")
    title.setMinimumHeight(28)
    title.setBuddy(field)
    column = QVBoxLayout()
    column.setSpacing(4)
    column.addWidget(field)
    if hint:
        column.addWidget(label(hint, "hint", wrap=True))
    row = form.rowCount()
    form.addWidget(title, row, 0, Qt.AlignmentFlag.AlignTop)
    form.addLayout(column, row, 1)
