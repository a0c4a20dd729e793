"""The set-up panel: the form of the experiment on screen, its notes, and one primary button named after what it does."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QToolButton, QVBoxLayout, QWidget

from lsviewer.core.experiment import Experiment
from lsviewer.gui import theme
from lsviewer.gui.form import Form

HIDDEN = ("pattern",)  # the pattern editor edits it


class SetupPanel(QWidget):
    """Shows an experiment and tells of edits; ``run_asked`` and, with two methods, ``other_asked`` come from the buttons."""

    edited = Signal(str, object, str)  # text for Undo, experiment, merge key: as the session takes an edit
    run_asked = Signal()
    other_asked = Signal(object)  # the experiment with the quiet button's method

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("setup")
        self._experiment: Experiment | None = None
        self._other: Experiment | None = None
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 12, 16, 16)
        box.setSpacing(8)
        header = QHBoxLayout()
        title = QLabel("Set-up")
        title.setFont(theme.font(13, 600))
        header.addWidget(title, 1)
        self._more = QToolButton()
        self._more.setIcon(theme.icon("dots-three"))
        self._more.setCheckable(True)
        self._more.setToolTip("Seed, device, precision")
        self._more.setAccessibleName("More settings: seed, device, precision")
        header.addWidget(self._more)
        box.addLayout(header)
        self.form = Form(HIDDEN)
        self.form.edited.connect(self._tell)
        self._more.toggled.connect(self.form.show_more)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inner = QWidget()
        inner_box = QVBoxLayout(inner)
        inner_box.setContentsMargins(0, 0, 4, 0)
        inner_box.addWidget(self.form)
        inner_box.addStretch(1)
        scroll.setWidget(inner)
        box.addWidget(scroll, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        self.run_button = QPushButton("Run")
        self.run_button.setObjectName("run")
        self.run_button.setProperty("primary", True)
        self.run_button.clicked.connect(self.run_asked)
        self.other_button = QPushButton()
        self.other_button.setObjectName("other")
        self.other_button.clicked.connect(self._ask_other)
        buttons.addWidget(self.run_button, 2)
        buttons.addWidget(self.other_button, 1)
        box.addLayout(buttons)
        self.show_experiment(None)

    def show_experiment(self, experiment: Experiment | None) -> None:
        """Show an experiment, or nothing."""
        self._experiment = experiment
        self.form.setVisible(experiment is not None)
        self.run_button.setEnabled(experiment is not None)
        if experiment is None:
            self.other_button.hide()
            return
        self.form.show_spec(experiment)
        self.run_button.setText(experiment.verb)
        self._other = _other_method(experiment)
        self.other_button.setVisible(self._other is not None)
        if self._other is not None:
            self.other_button.setText(self._other.verb.split()[0])

    def show_busy(self, reason: str) -> None:
        """Disable Run with a reason, or enable it ("")."""
        self.run_button.setEnabled(not reason and self._experiment is not None)
        self.other_button.setEnabled(not reason)
        self.run_button.setToolTip(reason or "Run this experiment (Ctrl+Return)")

    def _tell(self, experiment: Experiment, text: str, merge: str) -> None:
        self.edited.emit(text, experiment, merge)

    def _ask_other(self) -> None:
        if self._other is not None:
            self.other_asked.emit(self._other)


def _other_method(experiment: Experiment) -> Experiment | None:
    """Return the experiment with its other method where it has exactly two (construct, train), else None."""
    if (method := getattr(experiment, "method", None)) not in ("construct", "train"):
        return None
    return experiment.replace(method="train" if method == "construct" else "construct")
