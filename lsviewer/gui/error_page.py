"""The tab Error: where the section leaves the pattern, as a map centred at 0, and how the errors are distributed."""

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from lsviewer.core.artifacts import Section
from lsviewer.gui.section_cards import view_kinds
from lsviewer.gui.square import SquareLayout
from lsviewer.gui.views.base import View
from lsviewer.gui.views.heatmap import Heatmap

# Nothing stands under this map: the tab is low, and the bar beside it says all.
BARE = SquareLayout(foot=0, narrow_foot=0)


class ErrorPage(QWidget):
    """Map and histogram of one section; brought up to date only while somebody looks."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page-error")
        self._section: Section | None = None
        self._shown: Section | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 4, 16, 0)
        row.setSpacing(24)
        self.views: tuple[View, ...] = tuple(kind() for kind in view_kinds("Section", "Spectrum"))
        for stretch, view in zip((2, 3), self.views, strict=True):
            row.addWidget(view, stretch)
        for view in self.views:
            if isinstance(view, Heatmap):
                view.layout_of_square = BARE
        self.views[0].set_options(mode="error", profile=None)

    def show_section(self, section: Section | None) -> None:
        """Show the errors of a section with a pattern; None or one without a pattern: nothing."""
        self._section = section if section is not None and section.target is not None else None
        if self.isVisible():
            self._catch_up()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._catch_up()

    def _catch_up(self) -> None:
        if self._section is self._shown:
            return
        self._shown = self._section
        for view in self.views:
            shows = self._section is not None and view.can_show(self._section)
            view.setVisible(shows)
            if shows and self._section is not None:
                view.show_artifact(self._section)
