"""Pictures: upright, undistorted, with holes hatched."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lsviewer.core.artifacts import Picture
from lsviewer.gui import theme
from lsviewer.gui.views import views_for
from lsviewer.gui.views.picture import PictureView, fitted_rect, image_of
from tests.gui.mouse import move


@pytest.fixture
def view(qtbot: QtBot, qapp: QApplication) -> PictureView:
    theme.apply(qapp, "light")
    made = PictureView()
    qtbot.addWidget(made)
    made.resize(232, 132)
    made.show()
    qtbot.waitExposed(made)
    return made


def test_row_0_is_at_the_top_and_column_0_at_the_left(view: PictureView, qtbot: QtBot) -> None:
    pixels = np.zeros((5, 10, 3))
    pixels[0, 0] = (1.0, 0.0, 0.0)
    pixels[4, 9] = (0.0, 0.0, 1.0)
    view.show_artifact(Picture("p", "", pixels))
    image = view.grab().toImage()
    assert image.pixelColor(26, 26) == QColor(255, 0, 0)
    assert image.pixelColor(206, 106) == QColor(0, 0, 255)
    with qtbot.waitSignal(view.status) as said:
        move(view, QPoint(26, 26))
    assert said.args[0] == "row 0, column 0   1.000, 0.000, 0.000"
    assert view.value_at(QPointF(2, 2)) is None


def test_greys_are_clipped_and_holes_transparent() -> None:
    image = image_of(np.array([[0.5, 2.0], [-1.0, np.nan]]))
    assert image.pixelColor(0, 0).getRgb() == (128, 128, 128, 255)
    assert image.pixelColor(1, 0).lightness() == 255
    assert image.pixelColor(0, 1).lightness() == 0
    assert image.pixelColor(1, 1).alpha() == 0
    with pytest.raises(ValueError, match="shape"):
        image_of(np.zeros((2, 2, 4)))


def test_pictures_are_enlarged_by_whole_numbers() -> None:
    rect = fitted_rect(10, 5, QRectF(0, 0, 232, 150))
    assert (rect.width(), rect.height()) == (200, 100)


def test_a_picture_is_for_the_picture_view() -> None:
    assert views_for(Picture("p", "", np.zeros((2, 2)))) == [PictureView]
