"""What stands in the place of the canvas when there is no pattern: what is missing, and the way out as a button."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from lsviewer.gui import theme

ICON = 32  # px


class EmptyPage(QWidget):
    """No pattern."""

    gallery_wanted = Signal()
    blank_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pattern-empty")
        self._icon, self._title = QLabel(), QLabel("No pattern")
        self._sentence = QLabel("Choose a built-in one, drop an image here, or draw your own.")
        self._title.setProperty("role", "title")
        self._sentence.setProperty("role", "secondary")
        self._sentence.setWordWrap(True)
        self._gallery = QPushButton("Choose a pattern…")
        self._gallery.setObjectName("empty-gallery")
        self._gallery.setProperty("primary", True)
        self._blank = QPushButton("Start blank")
        self._blank.setObjectName("empty-blank")
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(8)
        column.addStretch(1)
        for label in (self._icon, self._title, self._sentence):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        for button, signal in (
            (self._gallery, self.gallery_wanted),
            (self._blank, self.blank_wanted),
        ):
            button.clicked.connect(signal)
            row.addWidget(button)
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch(1)
        theme.watcher.changed.connect(self._paint_icon)
        self._paint_icon()

    def _paint_icon(self) -> None:
        self._icon.setPixmap(theme.pixmap("image-square", "ink3", ICON))
