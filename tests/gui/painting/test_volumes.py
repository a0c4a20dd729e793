"""Built-in volumes in the gallery and as a pattern."""

import numpy as np
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from lsviewer.core.files import Files
from lsviewer.core.pattern import BuiltinPattern, builtin_names
from lsviewer.gui.painting.gallery import builtins, thumbnail
from lsviewer.gui.painting.sources import Sources


def test_the_gallery_offers_every_built_in_pattern() -> None:
    assert [builtin.name for builtin in builtins()] == builtin_names()
    assert "gyroid" in builtin_names()


def test_a_volume_comes_with_its_own_number_of_points_whatever_was_drawn_before(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    sources = Sources(window)
    sources.show_pattern(np.zeros((128, 128), np.float32))
    with qtbot.waitSignal(sources.taken) as taken:
        sources.open_builtin("torus", "Torus")
    assert taken.args[0].shape == (32, 32, 32)
    assert taken.args[1:] == ["Open Torus", "torus"]


def test_the_thumbnail_of_a_volume_is_its_middle_slice(qtbot: QtBot) -> None:
    """The middle of a torus that lies flat is a ring: bright at 0.28 from the centre, dark in the centre."""
    image = thumbnail(BuiltinPattern(name="torus").values(Files())).toImage()
    side = image.width()
    ring, centre = image.pixelColor(round(side * (0.5 + 0.28)), side // 2), image.pixelColor(side // 2, side // 2)
    assert ring.lightness() > 200 > 60 > centre.lightness()
