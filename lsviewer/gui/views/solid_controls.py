"""The row of controls under a volume in 3D, and its ``...`` menu: surface or cloud, level, density, colours."""

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

from lsviewer.gui.segmented import Segmented
from lsviewer.gui.views.option_menu import COLOUR_MAPS, OptionMenu

if TYPE_CHECKING:
    from lsviewer.gui.views.solid import SolidView

HEIGHT = 28
STEPS = 200  # of a slider
WITH_WORDS = 330  # px: a narrower row has no room for the value beside its slider
DRAWN = [("surface", "Isosurface"), ("cloud", "Opacity")]
SIDES = [("High losses", "high"), ("Low losses", "low")]
TIPS = {
    "level": "The loss on the surface that is drawn.",
    "threshold": "Losses up to here are clear.",
    "density": "How opaque the losses beyond the threshold are.",
}


class SolidMenu(OptionMenu):
    """What is opaque in a cloud, colours, the usual view."""

    def __init__(self, view: "SolidView", reset: QAction) -> None:
        super().__init__(view)
        self._menus = (
            self._choices("Show as", "drawn", [(words, value) for value, words in DRAWN]),
            self._choices("Opaque are", "side", SIDES),
            self._choices("Colour map", "colour_map", COLOUR_MAPS),
        )
        self._solid = view
        self._reset = reset

    def _listed(self) -> list[QAction]:
        self._menus[1].menuAction().setEnabled(self._solid.drawn == "cloud")
        return [*(menu.menuAction() for menu in self._menus), self._reset]

    def _is_possible(self, option: str, value: Any) -> bool:
        return value != "cloud" or self._solid.has_clouds


class SolidControls(QWidget):
    """Tells a volume what was chosen; the volume says what stands (`show_state`)."""

    def __init__(self, view: "SolidView") -> None:
        super().__init__(view)
        self._view = view
        self.setFixedHeight(HEIGHT)
        self.drawn = Segmented(DRAWN)
        self.drawn.setAccessibleName("Show the volume as")
        self.drawn.changed.connect(partial(self._choose, "drawn"))
        self._sliders: dict[str, QSlider] = {}
        for option, tip in TIPS.items():
            slider = self._sliders[option] = QSlider(Qt.Orientation.Horizontal)
            slider.setObjectName(f"volume_{option}")
            slider.setAccessibleName(option.capitalize())
            slider.setRange(0, STEPS)
            slider.setMinimumWidth(36)
            slider.setToolTip(tip)
            slider.valueChanged.connect(partial(self._slid, option))
        self._words = QLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.drawn)
        for option in ("level", "threshold"):
            row.addWidget(self._sliders[option], 3)
        row.addWidget(self._words)
        row.addWidget(self._sliders["density"], 2)

    def show_state(self, state: dict[str, Any], words: str) -> None:
        """Show what the view's options are, and the loss they mean in words; tells nobody."""
        is_cloud = state["drawn"] == "cloud"
        self.drawn.set_value(state["drawn"])
        for option, slider in self._sliders.items():
            slider.blockSignals(True)
            slider.setValue(round(state[option] * STEPS))
            slider.blockSignals(False)
            slider.setVisible((option != "level") == is_cloud)
        self._words.setText(words)

    def refuse_clouds(self) -> None:
        """Say that this machine draws no clouds."""
        self.drawn.set_option_enabled("cloud", False, "Opacity needs OpenGL with textures in three dimensions.")

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._words.setVisible(self.width() >= WITH_WORDS)

    def _slid(self, option: str, value: int) -> None:
        self._choose(option, value / STEPS)

    def _choose(self, option: str, value: Any) -> None:
        if self._view.state()[option] != value:
            self._view.set_options(**{option: value})
            self._view.state_changed.emit()
