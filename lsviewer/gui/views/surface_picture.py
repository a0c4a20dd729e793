"""The picture of a surface without its labels, or of a solid: drawn off screen, kept until something moves, a draft meanwhile.

A slow machine draws drafts without smoothed edges while the surface turns or the section changes under it, a very slow one
clouds with half as many pixels each way; a moment of rest brings the full picture.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Generic, TypeVar

from PySide6.QtCore import QTimer
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QWidget

from lsviewer.gui import theme
from lsviewer.gui.views.camera import Camera
from lsviewer.gui.views.gl_cloud import Fog
from lsviewer.gui.views.gl_renderer import Part, Renderer

T = TypeVar("T")
Parts = Sequence[Part | Fog]
Make = Callable[[T, Camera], Parts]
"""What turns what is shown, seen by a camera, into what the renderer draws."""

SLOW_MS = 12.0  # a picture that takes longer is drafted while things move
VERY_SLOW_MS = 45.0  # a draft of a cloud that takes longer is followed by coarse ones
REST_MS = 160


class Picture(Generic[T]):
    """Belongs to one widget; calls ``changed`` when a better picture can be had than the one shown."""

    def __init__(self, owner: QWidget, changed: Callable[[], None], make: Make[T]) -> None:
        self._changed = changed
        self._make = make
        self._held: list[Renderer] = []
        self._image: QImage | None = None
        self._is_draft = False
        self._full_ms = 0.0  # how long the last full picture took
        self._draft_ms = 0.0  # how long the last draft took, or would have with all pixels
        self._rest = QTimer(owner)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._redraw)
        owner.destroyed.connect(partial(_destroy, self._held))

    def forget(self) -> None:
        """Draw anew when asked next."""
        self._image = None

    def stop(self) -> None:
        """Let a draft stand: nobody looks."""
        self._rest.stop()

    @property
    def has_fog(self) -> bool:
        """Whether volumes can be drawn opaque in parts."""
        renderer = self._renderer()
        return renderer is not None and renderer.has_fog

    def image(self, shown: T, camera: Camera, width: int, height: int, ratio: float) -> QImage | None:
        """Return the picture at ``width`` x ``height`` logical pixels of ``ratio``; None where OpenGL gives none."""
        if self._image is None:
            draft = self._full_ms > SLOW_MS
            start = time.perf_counter()
            parts = self._make(shown, camera)
            is_soft = any(isinstance(part, Fog) for part in parts)
            share = 0.5 if draft and is_soft and self._draft_ms > VERY_SLOW_MS else 1.0
            self._image = self._draw(parts, camera, width, height, share * ratio, draft=draft)
            self._is_draft = draft
            spent = (time.perf_counter() - start) * 1000
            if draft:
                self._draft_ms = spent / share**2
                self._rest.start()
            else:
                self._full_ms = spent
        return self._image

    def enlarged(self, shown: T, camera: Camera, width: int, height: int, scale: float) -> QImage | None:
        """Return the picture ``scale`` times as large, lines as well, at most as large as the machine draws."""
        renderer = self._renderer()
        if renderer is None:
            return None
        scale = min(scale, renderer.max_side() / max(width, height))
        drawn = [_widened(part, scale) for part in self._make(shown, camera)]
        size = round(width * scale), round(height * scale)
        return renderer.render(drawn, camera.matrix(width, height), *size, QColor(theme.tokens().panel))

    def _draw(
        self, parts: Parts, camera: Camera, width: int, height: int, ratio: float, *, draft: bool
    ) -> QImage | None:
        renderer = self._renderer()
        if renderer is None:
            return None
        size = round(width * ratio), round(height * ratio)
        background = theme.tokens().color("panel")
        image = renderer.render(parts, camera.matrix(width, height), *size, background, draft=draft)
        image.setDevicePixelRatio(ratio)
        return image

    def _renderer(self) -> Renderer | None:
        if not self._held:
            try:
                self._held.append(Renderer())
            except RuntimeError:
                return None
        return self._held[0]

    def _redraw(self) -> None:
        if self._is_draft:
            self._full_ms = 0.0
            self._changed()


def _widened(part: Part | Fog, scale: float) -> Part | Fog:
    return replace(part, width=scale) if isinstance(part, Part) else part


def _destroy(renderers: list[Renderer], _gone: object = None) -> None:
    """Give the graphics side back when the widget goes."""
    while renderers:
        renderers.pop().destroy()
