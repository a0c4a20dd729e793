"""A picture found beside its channels: orientation, PSNR and error as computed by hand, one cursor."""

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from lsviewer.core.artifacts import Artifact, Picture
from lsviewer.gui.views import views_for
from lsviewer.gui.views.channels import Channels, amplified, reach_of
from lsviewer.gui.views.colour_map import ColourMap
from lsviewer.gui.views.plane_picture import PlanePicture, channels_of


def picture() -> Picture:
    """A picture that is red at the top left and blue at the bottom, with a known error in green."""
    target = np.zeros((9, 9, 3))
    target[:4, :4, 0] = 1.0
    target[5:, :, 2] = 1.0
    found = target.copy()
    found[..., 1] += 0.01
    found[0, 0, 0] -= 0.09
    return Picture("picture", "Three losses as colour", found, target)


@pytest.fixture(params=[ColourMap, Channels])
def view(request: pytest.FixtureRequest, qtbot: QtBot) -> PlanePicture:
    made: PlanePicture = request.param()
    qtbot.addWidget(made)
    made.resize(400, 480)
    made.show_artifact(picture())
    made.show()
    return made


def test_channels_are_as_near_as_the_arrays_say() -> None:
    red, green, blue = channels_of(picture())
    assert red.psnr_db == pytest.approx(-10 * np.log10(0.09**2 / 81)) and red.largest_error == pytest.approx(0.09)
    assert green.psnr_db == pytest.approx(40.0) and blue.psnr_db == np.inf


def test_the_found_picture_stands_the_right_way_up(qtbot: QtBot) -> None:
    view = ColourMap()
    qtbot.addWidget(view)
    view.show_artifact(picture())
    image = view.render_image(400, 480)
    (square,) = view.squares(QRectF(0, 0, 400, 480))
    top_left, bottom = (
        image.pixelColor(square.topLeft() + QPoint(30, 30)),
        image.pixelColor(square.center() + QPoint(0, 120)),
    )
    assert top_left.red() > 250 and top_left.blue() < 10
    assert bottom.blue() > 250 and bottom.red() < 10


def test_the_channels_are_shown_one_by_one_and_the_error_amplified(qtbot: QtBot) -> None:
    view = Channels()
    qtbot.addWidget(view)
    view.show_artifact(picture())
    image = view.render_image(400, 480)
    red, green, blue, error = view.squares(QRectF(0, 0, 400, 480))
    assert image.pixelColor(red.topLeft() + QPoint(30, 30)).red() > 200
    assert image.pixelColor(red.bottomRight() - QPoint(30, 30)).red() < 10
    assert image.pixelColor(blue.bottomRight() - QPoint(30, 30)).blue() > 200
    assert image.pixelColor(green.center()).green() < 10
    found = picture().error
    reach = reach_of(found)  # 0.09 is one of 243 values: four times their root mean square is less
    assert reach == pytest.approx(4 * np.sqrt((81 * 0.01**2 + 0.09**2) / 243))
    shown = amplified(found, reach)
    assert shown[0, 0, 0] == 0.0 and shown[4, 4, 2] == 0.5 and shown[4, 4, 1] == pytest.approx(0.5 + 0.01 / (2 * reach))
    middle = image.pixelColor(error.center())
    assert abs(middle.red() - 128) <= 1 and middle.green() > 135
    assert reach_of(np.full((2, 2, 3), -0.5)) == 0.5


def test_a_click_pins_the_cursor_where_it_was_and_another_view_shows_it(view: PlanePicture) -> None:
    said: list[object] = []
    view.cursor_pinned.connect(said.append)
    square = view.squares(QRectF(view.rect()))[-1]
    QTest.mouseClick(
        view, Qt.MouseButton.LeftButton, pos=square.topLeft() + QPoint(square.width() // 4, square.height() // 4)
    )
    assert view.cursor_position == pytest.approx((0.25, 0.75), abs=0.02) and said
    before = view.grab().toImage()
    view.set_cursor((0.5, 0.5), pinned=True)
    assert view.grab().toImage() != before
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert view.cursor_position == pytest.approx((0.625, 0.5))
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert view.cursor_position is None


def test_only_a_picture_in_colour_with_a_target_lies_on_a_plane() -> None:
    plain: Callable[[Artifact], list[str]] = lambda artifact: [kind.name for kind in views_for(artifact)]  # noqa: E731
    assert plain(picture()) == ["Picture found", "Channels", "Picture"]
    assert plain(Picture("p", "P", np.zeros((3, 3, 3)))) == ["Picture"]
    with pytest.raises(ValueError, match="target has shape"):
        Picture("p", "P", np.zeros((3, 3, 3)), np.zeros((3, 3)))
