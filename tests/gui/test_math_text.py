"""Formulas as vectors, symbols as rich text."""

from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lsviewer.gui import theme
from lsviewer.gui.math_text import FormulaLabel, formula_renderer, formula_svg, paragraphs, rich

THEOREM = r"\min_{a\in\mathbb{R}}\int_{[0,1]^z}\left\|\mathcal{T}(h)-L(\theta^*_\epsilon(h))+a\right\|^2 dh < \epsilon"


def dark_pixels(image: QImage) -> int:
    return sum(image.pixelColor(x, y).lightness() < 128 for x in range(image.width()) for y in range(image.height()))


def test_a_formula_is_drawn_by_qt(qapp: QApplication) -> None:
    renderer = formula_renderer(THEOREM, 15, "#000000")
    assert renderer is not None and renderer.isValid()
    image = QImage(renderer.defaultSize() * 2, QImage.Format.Format_RGB32)
    image.fill(0xFFFFFFFF)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    # svg2 output (symbols and <use>) would leave the image white
    assert dark_pixels(image) > 500


def test_a_mistake_in_a_formula_is_no_accident(caplog) -> None:
    assert formula_svg(r"\frac{1", 15, "#000000") == b""
    assert formula_renderer(r"\frac{1", 15, "#000000") is None


def test_a_formula_shrinks_to_its_column_and_keeps_its_shape(qtbot: QtBot) -> None:
    label = FormulaLabel()
    qtbot.addWidget(label)
    label.show_formula(THEOREM)
    label.resize(400, 60)
    whole = label.height()
    label.resize(130, 60)
    assert 0.3 * whole < label.height() < 0.7 * whole


def test_a_formula_takes_the_colours_in_use(qapp: QApplication, qtbot: QtBot) -> None:
    label = FormulaLabel()
    qtbot.addWidget(label)
    label.show_formula("x")
    theme.apply(qapp, "dark")
    image = label.grab().toImage()
    theme.apply(qapp, "light")
    brightest = max(image.pixelColor(x, y).lightness() for x in range(image.width()) for y in range(image.height()))
    assert brightest > 150


def test_stars_make_italics_and_indices_are_lowered() -> None:
    assert rich("for *ε* > 0 there is *θ_0*") == "for <i>ε</i> &gt; 0 there is <i>θ<sub>0</sub></i>"
    assert rich("*x_{ij}*") == "<i>x<sub>ij</sub></i>"


def test_a_lone_star_stays() -> None:
    assert rich("2*x") == "2*x"


def test_paragraphs_of_a_docstring() -> None:
    assert paragraphs("One\n    line.\n\n    Two.\n") == ("One line.", "Two.")
    assert paragraphs("") == ()
