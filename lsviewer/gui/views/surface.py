"""A section with two axes as a solid surface: turn, zoom, move, point at it; the linked cursor stands on it as a pin.

The picture is drawn off screen (`gl_renderer`), the labels over it by QPainter. While the surface turns, or the section changes
under it, a slow machine draws drafts without smoothed edges; a moment of rest brings the full picture.
"""

import time
from dataclasses import replace
from functools import partial
from typing import Any, get_args

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QColor,
    QHideEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSlider, QVBoxLayout, QWidget

from lsviewer.core.artifacts import Artifact, Section
from lsviewer.gui import colormaps, opengl, theme
from lsviewer.gui.segmented import Segmented
from lsviewer.gui.square import paint_colour_bar
from lsviewer.gui.views import readout
from lsviewer.gui.views.base import Cursor, View
from lsviewer.gui.views.camera import AZIMUTH, ELEVATION, Camera, Margins
from lsviewer.gui.views.gl_renderer import Renderer
from lsviewer.gui.views.levels import Levels
from lsviewer.gui.views.no_opengl import NoOpenGLPage
from lsviewer.gui.views.relief import pick
from lsviewer.gui.views.surface_scene import PatternMode, Scene, paint_labels, paint_pin, parts, scene

FOOT = 52  # the row of controls under the picture
SLOW_MS = 12.0  # a picture that takes longer is drafted while things move
REST_MS = 160
STEP = 5.0  # degrees an arrow key turns
LOOKS = {"free": (AZIMUTH, ELEVATION), "top": (-90.0, 90.0), "first": (-90.0, 0.0), "second": (0.0, 0.0)}
COLOUR_MAPS = {"lipari": "Lipari", "viridis": "Viridis", "cividis": "Cividis", "batlow": "Batlow", "gray": "Grey"}
PATTERNS = {"off": "Hidden", "over": "As a wire over the surface", "beside": "Beside the surface"}
PLAIN, LEFT = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton


class Surface(View):
    """Shows a `Section` with two axes in 3D, or says why it cannot."""

    accepts = (Section,)
    name = "Surface"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.section: Section | None = None
        self.colour_map = colormaps.LOSS
        self.levels = Levels()
        self.exaggeration = 1.0
        self.pattern: PatternMode = "off"
        self.shows_bar = False
        self._angles = (AZIMUTH, ELEVATION)
        self._fitted_look = "free"
        self._fit_key: tuple[object, ...] = ()
        self._fit = Camera()
        self._zoom = 1.0  # > 1 is nearer than fitted
        self._pan = (0.0, 0.0)  # pixels
        self._renderer: Renderer | None = None
        self._scene: Scene | None = None
        self._picture: QImage | None = None
        self._is_draft = False
        self._full_ms = 0.0  # how long the last full picture took
        self._pressed: QPointF | None = None
        self._dragged = False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._redraw)
        self._build()
        self._held: list[Renderer] = []
        self.destroyed.connect(partial(_destroy, self._held))

    @classmethod
    def can_show(cls, artifact: Artifact) -> bool:
        return isinstance(artifact, Section) and len(artifact.axes) == 2

    def show_artifact(self, artifact: Artifact) -> None:
        if not isinstance(artifact, Section) or len(artifact.axes) != 2:
            raise TypeError(f"a surface shows sections with two axes, not {artifact!r}")
        self.section = artifact
        self._remake()

    def clear(self) -> None:
        self.section = self._scene = None
        self._moved()

    # options

    def state(self) -> dict[str, Any]:
        return {
            "look": self._fitted_look,
            "azimuth": self._angles[0],
            "elevation": self._angles[1],
            "zoom": self._zoom,
            "pan": list(self._pan),
            "height": self.exaggeration,
            "colour_map": self.colour_map,
            "levels": self.levels.to_json(),
            "pattern": self.pattern,
            "colour_bar": self.shows_bar,
        }

    def restore(self, state: dict[str, Any]) -> None:
        kept = {**self.state(), **state}
        try:
            azimuth, elevation, zoom, height = (float(kept[key]) for key in ("azimuth", "elevation", "zoom", "height"))
            pan = (float(kept["pan"][0]), float(kept["pan"][1]))
        except (TypeError, ValueError, LookupError):
            azimuth, elevation, zoom, height, pan = *self._angles, self._zoom, self.exaggeration, self._pan
        if not np.isfinite([azimuth, elevation, zoom, height, *pan]).all():
            return
        self._angles = (azimuth, min(90.0, max(0.0, elevation)))
        self._fitted_look = kept["look"] if kept["look"] in LOOKS else "free"
        self._zoom, self._pan = min(20.0, max(0.2, zoom)), pan
        self.exaggeration = min(4.0, max(0.0, height))
        self.colour_map = kept["colour_map"] if kept["colour_map"] in colormaps.OFFERED else colormaps.LOSS
        self.levels = Levels.from_json(kept["levels"])
        self.pattern = kept["pattern"] if kept["pattern"] in get_args(PatternMode) else "off"
        self.shows_bar = bool(kept["colour_bar"])
        self._slider.blockSignals(True)
        self._slider.setValue(round(self.exaggeration * 50))
        self._slider.blockSignals(False)
        self._mark_look()
        self._remake()

    # drawing

    @property
    def camera(self) -> Camera:
        """The camera as it stands for this size."""
        return self._camera(self.width(), self._picture_height())

    def _camera(self, width: float, height: float) -> Camera:
        """Turning keeps the distance of the look it started from: a fit at every angle would let the block swell and shrink."""
        if self._scene is None:
            return Camera(*self._angles)
        margins = Margins(right=76.0) if self.shows_bar else Margins()
        key = (LOOKS[self._fitted_look], self._scene.shift, self._scene.top, width, height, margins)
        if key != self._fit_key:
            fit = Camera(*LOOKS[self._fitted_look]).fitted(self._scene.corners(), width, height, margins)
            self._fit_key, self._fit = key, fit
        azimuth, elevation = self._angles
        distance = self._fit.distance / self._zoom
        camera = replace(self._fit, azimuth=azimuth, elevation=elevation, distance=distance)
        right, up, _ = camera.axes()
        scale = camera.pixel_size(width)
        centre = np.asarray(camera.centre) - scale * self._pan[0] * right + scale * self._pan[1] * up
        return replace(camera, centre=tuple(centre.tolist()))

    def _remake(self) -> None:
        """A new section or another look of it."""
        old, self._scene = self._scene, None
        if self.section is not None:
            limits = self.levels.limits(self.section.values)
            self._scene = scene(self.section, limits, self.exaggeration, self.colour_map, self.pattern, old)
        self._moved()

    def _moved(self) -> None:
        self._picture = None
        self.update()

    def _redraw(self) -> None:
        if self._is_draft:
            self._full_ms = 0.0
            self._moved()

    def _on_theme_changed(self, *_: object) -> None:
        self._moved()

    def _draw(self, shown: Scene, width: int, height: int, *, draft: bool) -> QImage | None:
        """Return the picture without labels, ``width`` x ``height`` logical pixels at this screen's ratio."""
        if self._renderer is None:
            try:
                self._renderer = Renderer()
            except RuntimeError:
                return None
            self._held.append(self._renderer)
        camera, ratio = self._camera(width, height), self.devicePixelRatioF()
        matrix = camera.matrix(width, height)
        size = round(width * ratio), round(height * ratio)
        image = self._renderer.render(parts(shown, camera), matrix, *size, theme.tokens().color("panel"), draft=draft)
        image.setDevicePixelRatio(ratio)
        return image

    def paintEvent(self, _event: QPaintEvent) -> None:
        height = self._picture_height()
        if self._scene is None or self._page is not None or height < 16:
            return
        if self._picture is None:
            draft = self._full_ms > SLOW_MS
            start = time.perf_counter()
            self._picture = self._draw(self._scene, self.width(), height, draft=draft)
            self._is_draft = draft
            if draft:
                self._rest.start()
            else:
                self._full_ms = (time.perf_counter() - start) * 1000
        painter = QPainter(self)
        if self._picture is not None:
            painter.drawImage(0, 0, self._picture)
        camera = self.camera
        self._paint_over(painter, self._scene, camera, self.width(), height)
        if self.cursor_position is not None:
            paint_pin(
                painter, self._scene, camera, self.cursor_position, self.width(), height, pinned=self.cursor_is_pinned
            )

    def _paint_over(self, painter: QPainter, shown: Scene, camera: Camera, width: int, height: int) -> None:
        paint_labels(painter, shown, camera, width, height)
        if self.shows_bar:
            side = min(180, height - 20)
            square = QRectF(width - 54 - side, 8, side, side).toRect()
            table = colormaps.table(shown.colour_map)
            paint_colour_bar(painter, square, table, shown.low, shown.high, shown.section.symbol)

    def paint_to(self, painter: QPainter, rect: QRectF) -> None:
        if self._scene is None or self._page is not None:
            return
        width, height = round(rect.width()), round(rect.height())
        camera = self._camera(width, height)
        # As many pixels as the paper has: a printer's or an enlarged image's scale, at most what the card can draw.
        scale = max(1.0, abs(painter.worldTransform().m11()))
        image = self._enlarged(self._scene, camera, width, height, scale)
        painter.save()
        painter.translate(rect.topLeft())
        if image is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRectF(0, 0, width, height), image)
        self._paint_over(painter, self._scene, camera, width, height)
        painter.restore()

    def _enlarged(self, shown: Scene, camera: Camera, width: int, height: int, scale: float) -> QImage | None:
        if self._draw(shown, 16, 16, draft=True) is None or self._renderer is None:
            return None
        scale = min(scale, self._renderer.max_side() / max(width, height))
        drawn = [replace(part, width=scale) for part in parts(shown, camera)]
        matrix = camera.matrix(width, height)
        return self._renderer.render(
            drawn, matrix, round(width * scale), round(height * scale), QColor(theme.tokens().panel)
        )

    # pointing

    def _picture_height(self) -> int:
        return max(1, self.height() - FOOT)

    def position_at(self, point: QPointF) -> Cursor | None:
        """Return the axis coordinates of the surface under a point of the widget, or None beside it."""
        if self._scene is None or point.y() >= self._picture_height():
            return None
        origin, direction = self.camera.ray(point.x(), point.y(), self.width(), self._picture_height())
        origin = origin - np.array([self._scene.shift, 0.0, 0.0])
        hit = pick(self._scene.block.heights, origin, direction)
        return None if hit is None else self._scene.place(hit[0] + self._scene.shift, hit[1])

    def point_of(self, position: Cursor) -> QPointF | None:
        """Return the point of the widget where ``position`` is on the surface, hidden or not."""
        if self._scene is None:
            return None
        world = self._scene.world(position)[None, :]
        return QPointF(*self.camera.project(world, self.width(), self._picture_height())[0].tolist())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed, self._dragged = event.position(), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None or event.buttons() == Qt.MouseButton.NoButton:
            if not self.cursor_is_pinned:
                self.move_cursor(self.position_at(event.position()))
            return
        shift = event.position() - self._pressed
        if not self._dragged and shift.manhattanLength() < 4:
            return
        self._dragged, self._pressed = True, event.position()
        if event.buttons() & LEFT and event.modifiers() == PLAIN:
            self.turn(-0.5 * shift.x(), 0.5 * shift.y())
        else:
            self._pan = (self._pan[0] + shift.x(), self._pan[1] + shift.y())
            self._moved()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._dragged:
            self.state_changed.emit()
        elif event.button() == LEFT and self._pressed is not None:
            position = self.position_at(event.position())
            if position is not None:
                self.move_cursor(position, pinned=True)
        self._pressed = None

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        self.reset_camera()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._zoom = min(20.0, max(0.2, self._zoom * 1.15 ** (event.angleDelta().y() / 120.0)))
        self._moved()
        self.state_changed.emit()
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        if not self.cursor_is_pinned:
            self.move_cursor(None)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        turns = {
            Qt.Key.Key_Left: (STEP, 0.0),
            Qt.Key.Key_Right: (-STEP, 0.0),
            Qt.Key.Key_Up: (0.0, STEP),
            Qt.Key.Key_Down: (0.0, -STEP),
        }
        key = Qt.Key(event.key())
        if key in turns:
            self.turn(*turns[key])
            self.state_changed.emit()
        elif key == Qt.Key.Key_Escape and self.cursor_position is not None:
            self.move_cursor(None)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self._zoom = min(20.0, max(0.2, self._zoom * (1 / 1.15 if key == Qt.Key.Key_Minus else 1.15)))
            self._moved()
        elif key in (Qt.Key.Key_0, Qt.Key.Key_Home):
            self.reset_camera()
        else:
            super().keyPressEvent(event)

    def turn(self, azimuth: float, elevation: float) -> None:
        """Move the camera around the surface by angles in degrees."""
        turned = Camera(*self._angles).turned(azimuth, elevation)
        self._angles = (turned.azimuth, turned.elevation)
        self._mark_look()
        self._moved()

    def reset_camera(self) -> None:
        """Look from the usual place, at the usual size."""
        self._angles, self._zoom, self._pan = LOOKS["free"], 1.0, (0.0, 0.0)
        self._fitted_look = "free"
        self._mark_look()
        self._moved()
        self.state_changed.emit()

    def _on_cursor_changed(self) -> None:
        if self.section is not None and self.cursor_position is not None:
            self.status.emit("   ".join(f"{a} = {b}" for a, b in readout.readout(self.section, self.cursor_position)))
        else:
            self.status.emit("")
        self.update()

    def hideEvent(self, event: QHideEvent) -> None:
        self._rest.stop()
        super().hideEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._moved()
        super().resizeEvent(event)

    # controls

    def _build(self) -> None:
        self._page = NoOpenGLPage(self) if opengl.probe() is None else None
        self.look = Segmented([("free", "Free"), ("top", "Top"), ("first", "α₁"), ("second", "α₂")], self)
        self.look.setObjectName("surface_look")
        self.look.setAccessibleName("Look from")
        self.look.changed.connect(self._look_from)
        self._slider = QSlider(Qt.Orientation.Horizontal, self)
        self._slider.setObjectName("surface_height")
        self._slider.setRange(0, 150)
        self._slider.setValue(50)
        self._slider.setFixedWidth(84)
        self._slider.setToolTip("How tall the surface is drawn.")
        self._slider.valueChanged.connect(self._height_moved)
        label = QLabel("Height", self)
        label.setBuddy(self._slider)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 0, 16, 16)
        column.setSpacing(0)
        if self._page is not None:
            column.addWidget(self._page, 1)
        else:
            column.addStretch(1)
        row = QHBoxLayout()
        row.addWidget(self.look)
        row.addStretch(1)
        row.addWidget(label)
        row.addSpacing(4)
        row.addWidget(self._slider)
        column.addLayout(row)
        for widget in (self.look, label, self._slider):
            widget.setVisible(self._page is None)
        self._actions = self._make_actions()

    def _look_from(self, look: str) -> None:
        self._angles, self._fitted_look = LOOKS[look], look
        self._moved()
        self.state_changed.emit()

    def _mark_look(self) -> None:
        self.look.set_value(next((look for look, angles in LOOKS.items() if angles == self._angles), "free"))

    def _height_moved(self, value: int) -> None:
        self.exaggeration = value / 50
        self._remake()
        self.state_changed.emit()

    def _make_actions(self) -> list[QAction]:
        reset = QAction("Reset view", self)
        reset.setToolTip("Look from the usual place (double-click, or the key 0).")
        reset.triggered.connect(self.reset_camera)
        self._bar_action = QAction("Colour bar", self)
        self._bar_action.setCheckable(True)
        self._bar_action.toggled.connect(partial(self._choose, "colour_bar"))
        menus = [
            self._menu("Colour map", "colour_map", [(COLOUR_MAPS[name], name) for name in colormaps.OFFERED]),
            self._menu("Show pattern", "pattern", [(words, value) for value, words in PATTERNS.items()]),
        ]
        return [*(menu.menuAction() for menu in menus), self._bar_action, reset]

    def _menu(self, words: str, option: str, choices: list[tuple[str, str]]) -> QMenu:
        menu = QMenu(words, self)
        menu.setObjectName(f"surface_{option}_menu")
        group = QActionGroup(menu)
        for label, value in choices:
            action = menu.addAction(label)
            action.setCheckable(True)
            action.setData(value)
            group.addAction(action)
            action.triggered.connect(partial(self._choose, option, value))
        menu.aboutToShow.connect(partial(self._check, menu, option))
        return menu

    def _choose(self, option: str, value: Any, _checked: bool = False) -> None:
        if self.state()[option] != value:
            self.set_options(**{option: value})
            self.state_changed.emit()

    def _check(self, menu: QMenu, option: str) -> None:
        for action in menu.actions():
            action.setChecked(action.data() == self.state()[option])

    def menu_actions(self) -> list[QAction]:
        self._bar_action.setChecked(self.shows_bar)
        return self._actions


def _destroy(renderers: list[Renderer], _gone: object = None) -> None:
    """Give the graphics side back when the widget goes."""
    while renderers:
        renderers.pop().destroy()
