"""The first page: begin something, go on with something, or open an example in one click."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from lsviewer.gui import theme
from lsviewer.gui.buttons import push_button
from lsviewer.gui.drop_zone import DropZone
from lsviewer.gui.example_gallery import Gallery
from lsviewer.gui.labels import Hairline, label
from lsviewer.gui.recent import described
from lsviewer.gui.recent_row import RecentRow

LEFT = 360
RECENT = 6


class Welcome(QWidget):
    """Says what the user wants: ``new_drawing``, ``new_project``, ``open_asked``, ``recent_chosen(path)``, ...

    `show_recent` and `show_engine` are what it is told; it knows no project.
    """

    new_drawing = Signal()
    new_project = Signal()
    open_asked = Signal()
    recent_chosen = Signal(object)
    example_chosen = Signal(object)
    dropped = Signal(object)  # list[Path]

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("welcome")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._make_left())
        row.addWidget(Hairline(standing=True))
        self.gallery = Gallery()
        self.gallery.chosen.connect(self.example_chosen)
        row.addWidget(self.gallery, 1)
        self.show_recent(())
        self.show_engine("", 0.0)

    def show_recent(self, paths: Sequence[Path]) -> None:
        """List the projects opened last that are still there."""
        while (item := self._recent_box.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        rows = described(list(paths), datetime.now())[:RECENT]
        for path, words in rows:
            button = RecentRow(path, words)
            button.chosen.connect(self.recent_chosen)
            self._recent_box.addWidget(button)
            button.show()
        if not rows:
            self._recent_box.addWidget(label("Projects you save appear here.", "hint"))

    def show_engine(self, words: str, fraction: float) -> None:
        """Show how far the engine is ("Preparing the engine"), "" takes the bar away."""
        self._engine.setVisible(bool(words))
        self._engine_words.setText(words)
        self._engine_bar.setValue(round(1000 * fraction))

    def _make_left(self) -> QWidget:
        left = QWidget()
        left.setObjectName("side")
        left.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        left.setFixedWidth(LEFT)
        box = QVBoxLayout(left)
        box.setContentsMargins(32, 40, 32, 24)
        box.setSpacing(8)
        box.addWidget(label("lsviewer", "name"))
        box.addSpacing(-8)
        sentence = label(
            "See, build and check what the theory of neural-network loss surfaces says.", "label", wrap=True
        )
        sentence.setFont(theme.font(14))
        box.addWidget(sentence)
        box.addSpacing(8)
        self.draw_button = push_button("New drawing", "paint-brush", primary=True, name="welcome-draw")
        self.draw_button.clicked.connect(self.new_drawing)
        box.addWidget(self.draw_button)
        two = QHBoxLayout()
        two.setSpacing(8)
        project = push_button("New project", "file-plus", name="welcome-project")
        project.clicked.connect(self.new_project)
        opened = push_button("Open…", "folder-open", name="welcome-open")
        opened.clicked.connect(self.open_asked)
        two.addWidget(project, 1)
        two.addWidget(opened, 1)
        box.addLayout(two)
        box.addSpacing(20)
        box.addWidget(label("Recent", "title"))
        self._recent_box = QVBoxLayout()
        self._recent_box.setSpacing(2)
        box.addLayout(self._recent_box)
        box.addStretch(1)
        self.drop_zone = DropZone()
        self.drop_zone.dropped.connect(self.dropped)
        box.addWidget(self.drop_zone)
        self._engine = QWidget()
        self._engine.setObjectName("engine")
        engine = QVBoxLayout(self._engine)
        engine.setContentsMargins(0, 8, 0, 0)
        engine.setSpacing(6)
        words = QHBoxLayout()
        self._engine_words = label("", "secondary")
        hint = label("you can draw already", "hint")
        words.addWidget(self._engine_words, 1)
        words.addWidget(hint)
        engine.addLayout(words)
        self._engine_bar = QProgressBar()
        self._engine_bar.setAccessibleName("Preparing the engine")
        self._engine_bar.setRange(0, 1000)
        self._engine_bar.setTextVisible(False)
        engine.addWidget(self._engine_bar)
        policy = self._engine.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._engine.setSizePolicy(policy)
        box.addWidget(self._engine)
        return left
