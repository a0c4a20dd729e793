"""Choosing the colour of the ink without a dialog: a row under the canvas, and a popup with a larger field of hues."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from lsviewer.gui import theme
from lsviewer.gui.painting.colours import SWATCHES, Colour, to_hex
from lsviewer.gui.painting.popup import Popup
from lsviewer.gui.painting.sliders import LABEL_WIDTH, SliderRow
from lsviewer.gui.painting.swatches import FIELD_AT_LEAST, SWATCH, HueField, Swatches

WELL, GAP = 28, 6  # px
POPUP = QSize(268, 148)  # of the field there


class ColourWell(QToolButton):
    """A button that shows the colour in use."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("colour-well")
        self.setFixedSize(WELL, WELL)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._colour: Colour = SWATCHES[0][1]
        self.show_colour(self._colour)

    def show_colour(self, colour: Colour) -> None:
        """Show a colour."""
        self._colour = colour
        self.setAccessibleName(f"Colour {to_hex(colour)}")
        self.setToolTip(f"Colour {to_hex(colour)}: choose another (0 to 9; Alt+click takes it from the picture)")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.tokens().border), 1))
        painter.setBrush(QColor(to_hex(self._colour)))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(4.5, 4.5, -4.5, -4.5), 4, 4)
        painter.end()


class ColourRow(QWidget):
    """The row under the canvas: what the ink is, swatches, and hues where there is room. ``chosen(colour)``."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("row-colour")
        self.setFixedHeight(28)
        self._label = QLabel("Colour")
        self._label.setProperty("role", "label")
        self._label.setFixedWidth(LABEL_WIDTH)
        self.well, self.swatches, self.field = ColourWell(), Swatches(), HueField()
        self.field.setFixedHeight(SWATCH + 4)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        for widget in (self._label, self.well):
            row.addWidget(widget)
        row.addWidget(self.swatches, 10)  # takes its full width before the field takes any
        row.addWidget(self.field, 1)
        row.addStretch()
        self.popup = ColourPopup(self)
        self.swatches.chosen.connect(self.chosen)
        self.field.chosen.connect(self.chosen)
        self.popup.chosen.connect(self.chosen)
        self.well.clicked.connect(lambda: self.popup.pop_up(self.well))

    def show_colour(self, colour: Colour) -> None:
        """Show the colour in use without telling."""
        for part in (self.well, self.swatches, self.field, self.popup):
            part.show_colour(colour)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The label gives way to the swatches, then the field does."""
        left = self.width() - (WELL + GAP + self.swatches.full_width)
        self._label.setVisible(left >= LABEL_WIDTH + GAP)
        left -= LABEL_WIDTH + GAP if left >= LABEL_WIDTH + GAP else 0
        self.field.setVisible(left >= FIELD_AT_LEAST + GAP)


class ColourPopup(Popup):
    """Swatches, a large field of hues and its saturation; ``chosen(colour)`` for what the user does."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("colour-popup")
        self.setAccessibleName("Colour")
        self.swatches, self.field = Swatches(), HueField()
        self.field.setFixedSize(POPUP)
        self.saturation = SliderRow("Saturation", 0, 1, 0.01, tip="How far the field is from grey")
        self.saturation.show_value(1.0)
        self._name = QLabel()
        self._name.setProperty("role", "number")
        top = QHBoxLayout()
        top.addWidget(self.swatches)
        top.addStretch(1)
        top.addWidget(self._name)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.field)
        column.addWidget(self.saturation)
        self.swatches.chosen.connect(self.chosen)
        self.field.chosen.connect(self.chosen)
        self.saturation.moved.connect(self.field.saturate)

    def show_colour(self, colour: Colour) -> None:
        """Show the colour in use without telling."""
        self.swatches.show_colour(colour)
        self.field.show_colour(colour)
        self._name.setText(to_hex(colour))

    def pop_up(self, over: QWidget) -> None:
        super().pop_up(over)
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)
