"""The page shown instead of the 3D view where there is no OpenGL: what is missing, what works, and a report to copy."""

import platform

from PySide6.QtCore import QSysInfo, Qt, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from lsviewer.gui import opengl, theme

TITLE = "No OpenGL here"
SENTENCE = "The 3D view needs OpenGL 2.1. Section, profiles and export work without it."


class NoOpenGLPage(QWidget):
    """Says that the 3D view cannot be drawn here."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("no_opengl")
        self._icon, self._title, self._words = QLabel(), QLabel(TITLE), QLabel(SENTENCE)
        self._words.setWordWrap(True)
        self.copy_button = QPushButton("Copy diagnostics")
        self.copy_button.setObjectName("copy_diagnostics")
        self.copy_button.setToolTip("Copy what this computer says about OpenGL.")
        self.copy_button.clicked.connect(self._copy)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 16, 24, 16)
        layout.addStretch(4)
        for widget in (self._icon, self._title, self._words):
            widget.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            layout.addWidget(widget)
        layout.addSpacing(8)
        layout.addWidget(self.copy_button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(5)
        theme.watcher.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        self._icon.setPixmap(theme.pixmap("cube", "ink3", 32))
        self._title.setFont(theme.font(13, 600))
        self._words.setFont(theme.font(12))
        palette = self._words.palette()
        palette.setColor(palette.ColorRole.WindowText, theme.tokens().color("ink2"))
        self._words.setPalette(palette)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(diagnostics())


def diagnostics() -> str:
    """Return what this computer says about OpenGL, for a report."""
    return "\n".join(
        (
            f"OpenGL: {opengl.probe() or 'none'}",
            f"Qt {qVersion()}, platform {QGuiApplication.platformName()}",
            f"{QSysInfo.prettyProductName()}, {platform.machine()}, Python {platform.python_version()}",
        )
    )
