"""Two ways to a colour: ten swatches, and a field of hues and lightness."""

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from lsviewer.gui import theme
from lsviewer.gui.painting.colours import SWATCHES, Colour, field_pixels, of_field, on_field, to_hex

SWATCH, GAP = 18, 3  # px, where there is room
LEAST = 13  # px a swatch and its gap
FIELD_AT_LEAST = 48  # px: a narrower field is left to the popup


class Swatches(QWidget):
    """Ten colours side by side; ``chosen(colour)`` for a click, arrows and Space."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("swatches")
        self.setAccessibleName("Colours")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedHeight(SWATCH)
        self.setMinimumWidth(len(SWATCHES) * LEAST - GAP)
        self.setMaximumWidth(self.full_width)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._colour: Colour = SWATCHES[0][1]
        self._at = 0  # of the keyboard
        theme.watcher.changed.connect(self.update)

    @property
    def full_width(self) -> int:
        """How wide all are at their full size."""
        return len(SWATCHES) * (SWATCH + GAP) - GAP

    @property
    def _step(self) -> float:
        return (self.width() + GAP) / len(SWATCHES)

    def show_colour(self, colour: Colour) -> None:
        """Mark the colour in use, where it is one of these."""
        self._colour = colour
        self.update()

    def place(self, index: int) -> QRectF:
        """Return where a swatch is."""
        side = self._step - GAP
        return QRectF(index * self._step, (SWATCH - side) / 2, side, side)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._choose(int(event.position().x() // self._step))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            by = 1 if event.key() == Qt.Key.Key_Right else -1
            self._at = min(len(SWATCHES) - 1, max(0, self._at + by))
            self.update()
        elif event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return):
            self._choose(self._at)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            index = min(len(SWATCHES) - 1, int(event.pos().x() // self._step))
            QToolTip.showText(event.globalPos(), f"{SWATCHES[index][0]} ({index})", self)
            return True
        return super().event(event)

    def _choose(self, index: int) -> None:
        if 0 <= index < len(SWATCHES):
            self._at = index
            self.chosen.emit(SWATCHES[index][1])

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, (_, colour) in enumerate(SWATCHES):
            used = to_hex(colour) == to_hex(self._colour)
            focused = self.hasFocus() and index == self._at
            pen = QPen(QColor(tokens.accent if used or focused else tokens.border), 2 if used or focused else 1)
            painter.setPen(pen)
            painter.setBrush(QColor(to_hex(colour)))
            painter.drawRoundedRect(self.place(index).adjusted(1, 1, -1, -1), 3, 3)
        painter.end()


class HueField(QWidget):
    """Hues to the right, lightness up; ``chosen(colour)`` while the mouse is held, arrows move by a step."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("hue-field")
        self.setAccessibleName("Hue and lightness")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip("Hue to the right, lightness up: press or drag")
        self.setMinimumSize(FIELD_AT_LEAST, SWATCH)
        self._hue, self._lightness, self._saturation = 0.0, 0.5, 1.0
        self._image = QImage()

    def show_colour(self, colour: Colour) -> None:
        """Mark a colour; a grey keeps the hue that was marked."""
        hue, self._lightness, saturation = on_field(colour)
        if saturation > 0.0 and hue != self._hue % 1.0:  # both edges of the field are red
            self._hue = hue
        self.update()

    def saturate(self, saturation: float) -> None:
        """Take the marked place at another saturation."""
        self._saturation = saturation
        self._image = QImage()
        self._move(self._hue, self._lightness)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._take(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._take(event.position())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {
            Qt.Key.Key_Left: (-0.02, 0.0),
            Qt.Key.Key_Right: (0.02, 0.0),
            Qt.Key.Key_Up: (0.0, 0.04),
            Qt.Key.Key_Down: (0.0, -0.04),
        }.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self._move(self._hue + step[0], self._lightness + step[1])

    def _take(self, at: QPointF) -> None:
        self._move(at.x() / max(1, self.width() - 1), 1.0 - at.y() / max(1, self.height() - 1))

    def _move(self, hue: float, lightness: float) -> None:
        self._hue, self._lightness = min(max(hue, 0.0), 1.0), min(max(lightness, 0.0), 1.0)
        self.update()
        self.chosen.emit(of_field(self._hue, self._lightness, self._saturation))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._image.size() != self.size():
            pixels = field_pixels(self.width(), self.height(), self._saturation)
            self._image = QImage(pixels.data, self.width(), self.height(), QImage.Format.Format_RGBA8888).copy()
        painter = QPainter(self)
        painter.drawImage(0, 0, self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        at = QPointF(self._hue * (self.width() - 1), (1.0 - self._lightness) * (self.height() - 1))
        for pen in (QPen(QColor(0, 0, 0, 150), 3), QPen(QColor(255, 255, 255), 1.5)):
            painter.setPen(pen)
            painter.drawEllipse(at, 4.5, 4.5)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.tokens().accent), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.end()
