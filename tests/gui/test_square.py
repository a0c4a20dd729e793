"""The square shared by pattern and section: as large as fits, always at the same place for the same card."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from lsviewer.gui import colormaps, theme
from lsviewer.gui.square import LAYOUT, bar_rect, foot_rect, paint_axes, paint_colour_bar, source_rect, square_rect


def test_the_studio_card_has_the_square_of_the_look() -> None:
    assert square_rect(416, 504) == QRect(44, 10, 318, 318)
    assert bar_rect(square_rect(416, 504)) == QRect(373, 34, 10, 294)


def test_a_low_card_gives_up_its_foot_before_its_square() -> None:
    assert square_rect(307, 305).width() == 307 - LAYOUT.left - LAYOUT.right
    assert foot_rect(307, 305).height() >= LAYOUT.narrow_foot


@given(st.integers(160, 2000), st.integers(160, 2000))
def test_square_and_foot_fit_into_the_body_and_do_not_meet(width: int, height: int) -> None:
    square, foot = square_rect(width, height), foot_rect(width, height)
    assert square.width() == square.height() >= 16
    assert square.left() >= LAYOUT.left and square.right() < width - LAYOUT.right + 16
    assert square.bottom() + LAYOUT.bottom <= foot.top()
    assert foot.bottom() < height


def test_grid_points_lie_on_the_edges_of_the_square() -> None:
    source = source_rect(128, 64)
    assert (source.left(), source.right(), source.top(), source.bottom()) == (0.5, 127.5, 0.5, 63.5)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_axes_and_bar_take_their_colours_from_theme_and_map(qapp: QApplication, mode: theme.Mode) -> None:
    theme.apply(qapp, mode)
    tokens = theme.tokens()
    image = QImage(416, 504, QImage.Format.Format_RGB32)
    image.fill(QColor(tokens.panel))
    painter = QPainter(image)
    square = square_rect(416, 504)
    paint_axes(painter, square)
    paint_colour_bar(painter, square, colormaps.table("lipari"), 2.3, 3.3, "L")
    painter.end()
    bar = bar_rect(square)
    assert image.pixelColor(square.left() - 1, square.center().y() + 20) == QColor(tokens.border)
    assert image.pixelColor(bar.center().x(), bar.bottom()) == QColor(*colormaps.table("lipari")[0].tolist())
    assert image.pixelColor(bar.center().x(), bar.top()) == QColor(*colormaps.table("lipari")[-1].tolist())
    assert image.pixelColor(square.center()) == QColor(tokens.panel)
    theme.apply(qapp, "light")
