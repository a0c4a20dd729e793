"""Artifacts in the tabs: a page for each sort, its views side by side, brought up to date only while somebody looks."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from lsviewer.core.artifacts import Artifact
from lsviewer.gui.artifact_places import rank, tab_of
from lsviewer.gui.labels import ElidedLabel
from lsviewer.gui.tabs_card import TabsCard
from lsviewer.gui.views import views_for
from lsviewer.gui.views.base import View

NOTHING: Mapping[str, Artifact] = MappingProxyType({})
LEAST_WIDTH = 220  # of a view in a row; more views than fit are scrolled to


class ViewRow(QWidget):
    """Views side by side, each under its title, one for each artifact by name."""

    def __init__(self, on_view: Callable[[View], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._on_view = on_view
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)  # views bring margins of their own
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        inner = QWidget()
        self._box = QHBoxLayout(inner)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(8)
        scroll.setWidget(inner)
        outer.addWidget(scroll)
        self._views: dict[str, View] = {}
        self._titles: dict[str, ElidedLabel] = {}
        self._waiting: dict[str, Artifact] = {}

    @property
    def views(self) -> tuple[View, ...]:
        """The views, in order."""
        return tuple(self._views.values())

    def show_artifact(self, artifact: Artifact, among: Mapping[str, Artifact]) -> None:
        """Show an artifact of a run: at once when the page is on top, else when it comes there."""
        self._waiting[artifact.name] = artifact
        if artifact.name not in self._views:
            self._add(artifact)
        if artifact.name in self._views:
            self._views[artifact.name].accompany(among)
        if self.isVisible():
            self._catch_up()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._catch_up()

    def _add(self, artifact: Artifact) -> None:
        kinds = views_for(artifact)
        if not kinds:
            return
        column = QVBoxLayout()
        column.setSpacing(0)
        title = ElidedLabel(getattr(artifact, "title", "") or artifact.name, "plot-title")
        title.setContentsMargins(16, 0, 8, 0)
        view = kinds[0]()
        view.setObjectName(f"view-{artifact.name}")
        view.setMinimumWidth(LEAST_WIDTH)
        if not getattr(view, "shows_title", False):  # curves paint their own, inside their axes
            column.addWidget(title)
        column.addWidget(view, 1)
        self._box.addLayout(column, 3 if not self._views else 2)
        self._views[artifact.name], self._titles[artifact.name] = view, title
        self._on_view(view)

    def _catch_up(self) -> None:
        for name, artifact in self._waiting.items():
            if name in self._views:
                self._titles[name].setText(getattr(artifact, "title", "") or name)
                self._views[name].show_artifact(artifact)
        self._waiting = {}


class ArtifactTabs(QObject):
    """Puts artifacts into the pages of a `TabsCard`. ``view_made(view)`` for everyone who links cursors and read-outs."""

    view_made = Signal(object)

    def __init__(self, card: TabsCard) -> None:
        super().__init__(card)
        self._card = card
        self._rows: dict[str, ViewRow] = {}

    def show_artifact(self, artifact: Artifact, among: Mapping[str, Artifact] = NOTHING) -> None:
        """Show an artifact in its tab; a tab that is not there yet is made, and the one on top stays on top.

        ``among`` are the artifacts of its run, which some refer to.
        """
        tab = tab_of(artifact)
        if tab is None or not views_for(artifact):
            return
        if tab.key not in self._rows:
            row = self._rows[tab.key] = ViewRow(self.view_made.emit)
            row.setObjectName(f"page-{tab.key}")
            shown = self._card.keys()
            later = next((key for key in shown if rank(key) > rank(tab.key)), "")
            self._card.add_page(tab.key, tab.title, row, before=later)
        self._rows[tab.key].show_artifact(artifact, among)

    def clear(self) -> None:
        """Take away every page made for an artifact."""
        for key, row in self._rows.items():
            self._card.take_page(key)
            row.deleteLater()
        self._rows = {}

    def views(self) -> tuple[View, ...]:
        """All views in the tabs."""
        return tuple(view for row in self._rows.values() for view in row.views)
