"""A section with three axes in its cube: the surface of one loss, or a cloud as opaque as the loss is high (or low).

The level of the surface and the threshold of the cloud are kept as shares of the colour scale, so that they stay where they are
while a section is refined.
"""

import math
from typing import Any, Literal, get_args

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeyEvent, QPainter
from PySide6.QtWidgets import QWidget

from lsviewer.core.artifacts import Artifact, Section
from lsviewer.gui import colormaps
from lsviewer.gui.numbers import format_number
from lsviewer.gui.views.base import Cursor, paint_ring
from lsviewer.gui.views.camera import Camera
from lsviewer.gui.views.cloud import Cloud, Side, cloud
from lsviewer.gui.views.cube import paint_labels
from lsviewer.gui.views.levels import unless_flat
from lsviewer.gui.views.orbit import Orbit
from lsviewer.gui.views.solid_controls import SolidControls, SolidMenu
from lsviewer.gui.views.solid_scene import Solid, parts, solid
from lsviewer.gui.views.viewpoint import Viewpoint

Drawn = Literal["surface", "cloud"]
SHARES = ("level", "threshold", "density")
PAGE = 0.025  # of the scale, for Page up and down


class SolidView(Orbit[Solid | Cloud]):
    """Shows a `Section` with three axes in 3D, or says why it cannot."""

    name = "Volume in 3D"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parts, Viewpoint(usual=(-60.0, 28.0)), parent)
        self.drawn: Drawn = "surface"
        self.side: Side = "high"  # what is opaque in a cloud
        self.shares = {"level": 0.5, "threshold": 0.35, "density": 0.6}
        self.setAccessibleDescription(
            "The loss in a volume: the surface on which it has one value, or a cloud. Arrow keys turn it, "
            "Page up and down move the value."
        )
        self._controls = SolidControls(self)
        self._menu = SolidMenu(self, self._reset)
        self._lay_out(self._controls)
        self._controls.show_state(self.state(), "")

    @classmethod
    def can_show(cls, artifact: Artifact) -> bool:
        return isinstance(artifact, Section) and len(artifact.axes) == 3

    def show_artifact(self, artifact: Artifact) -> None:
        if not isinstance(artifact, Section) or len(artifact.axes) != 3:
            raise TypeError(f"a volume is a section with three axes, not {artifact!r}")
        self.show_section(artifact)

    @property
    def level(self) -> float | None:
        """The loss on the surface that is shown, or at the threshold of the cloud."""
        if self.section is None:
            return None
        low, high = self._limits(self.section)
        share = self.shares["level" if self.drawn == "surface" else "threshold"]
        upwards = self.drawn == "surface" or self.side == "high"
        return low + share * (high - low) if upwards else high - share * (high - low)

    @property
    def has_clouds(self) -> bool:
        """Whether this machine's OpenGL draws clouds."""
        return self._page is None and self._picture.has_fog

    def state(self) -> dict[str, Any]:
        return {**super().state(), "drawn": self.drawn, "side": self.side, **self.shares}

    def restore(self, state: dict[str, Any]) -> None:
        for option in SHARES:
            share = state.get(option)
            if isinstance(share, int | float) and math.isfinite(share):
                self.shares[option] = min(1.0, max(0.0, float(share)))
        drawn, side = state.get("drawn", self.drawn), state.get("side", self.side)
        self.drawn = drawn if drawn in get_args(Drawn) else "surface"
        self.side = side if side in get_args(Side) else "high"
        if self.drawn == "cloud" and not self.has_clouds:
            self.drawn = "surface"
            self._controls.refuse_clouds()
        super().restore(state)

    def menu_actions(self) -> list[QAction]:
        return self._menu.actions()

    # drawing

    def _limits(self, section: Section) -> tuple[float, float]:
        return unless_flat(*colormaps.limits(section.values))

    def _make_body(self, section: Section) -> Solid | Cloud:
        low, high = self._limits(section)
        if self.drawn == "cloud":
            kept = self._body if isinstance(self._body, Cloud) else None
            threshold, density = self.shares["threshold"], self.shares["density"]
            return cloud(section, low, high, self.colour_map, threshold, density, self.side, kept)
        return solid(section, low + self.shares["level"] * (high - low), low, high, self.colour_map)

    def _remake(self) -> None:
        super()._remake()
        words = ""
        if self.section is not None and self.level is not None:
            sign = "=" if self.drawn == "surface" else ">" if self.side == "high" else "<"
            words = f"{self.section.symbol} {sign} {format_number(self.level, 4)}"
        self._controls.show_state(self.state(), words)

    def _paint_over(self, painter: QPainter, body: Solid | Cloud, camera: Camera, width: int, height: int) -> None:
        paint_labels(painter, body, camera, width, height)

    def _paint_cursor(
        self, painter: QPainter, body: Solid | Cloud, camera: Camera, at: Cursor, width: int, height: int
    ) -> None:
        x, y = camera.project(body.world(at)[None], width, height)[0].tolist()
        paint_ring(painter, x, y, self.cursor_is_pinned)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            option = "level" if self.drawn == "surface" else "threshold"
            step = PAGE if event.key() == Qt.Key.Key_PageUp else -PAGE
            self._menu.choose(option, min(1.0, max(0.0, self.shares[option] + step)))
        else:
            super().keyPressEvent(event)
