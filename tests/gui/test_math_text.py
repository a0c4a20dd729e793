"""Formulas as vectors, symbols as rich text."""

from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lsviewer.gui import theme
from lsviewer.gui.math_text import FormulaLabel, formula_lines, formula_renderer, formula_svg, paragraphs, rich

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
    whole = label.heightForWidth(400)
    assert 0.3 * whole < label.heightForWidth(130) < 0.7 * whole


def test_a_wide_formula_is_parted_where_it_allows_it(qapp: QApplication) -> None:
    parted = r"a + b + c = d, \qquad e + f + g = h, \qquad x = y"
    assert len(formula_lines(parted, 15, 2000)) == 1
    lines = formula_lines(parted, 15, 200)
    assert len(lines) == 2 and all(line.defaultSize().width() <= 200 for line in lines)


def test_fences_around_a_sum_keep_their_size(qapp: QApplication) -> None:
    renderer = formula_renderer(r"L\left(\theta_0 + \sum_i \alpha_i \theta_i\right) \approx a", 15)
    assert renderer is not None and renderer.defaultSize().height() < 60


def test_every_formula_of_an_experiment_is_typeset_at_a_sane_size(qapp: QApplication) -> None:
    from lsviewer.experiments import EXPERIMENTS

    for experiment in EXPERIMENTS:
        for latex in (experiment.formula, experiment.short_formula):
            for line in formula_lines(latex, 15, 288) if latex else []:
                assert 8 < line.defaultSize().height() < 80, (experiment.title, latex)
            assert not latex or formula_lines(latex, 15, 288), (experiment.title, latex)


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
    assert rich("*W_{k+2}*") == "<i>W<sub>k+2</sub></i>"


def test_a_letter_with_an_index_needs_no_stars() -> None:
    assert rich("rank [F_1, 1] < N") == "rank [<i>F<sub>1</sub></i>, 1] &lt; N"
    assert rich("W_{k+2}, …, W_L, s_min") == "<i>W<sub>k+2</sub></i>, …, <i>W<sub>L</sub></i>, <i>s<sub>min</sub></i>"
    for name in ("x_test", "rank_weights_2", "field 'y_test'", "file a_b.npz", "'x_1'", "log_10"):
        assert "<sub>" not in rich(name), name


def test_a_lone_star_stays() -> None:
    assert rich("2*x") == "2*x"


def test_plain_text_stays_plain_so_that_a_label_shows_its_signs() -> None:
    assert rich("every step > 0") == "every step > 0"


def test_paragraphs_of_a_docstring() -> None:
    assert paragraphs("One\n    line.\n\n    Two.\n") == ("One line.", "Two.")
    assert paragraphs("") == ()


def test_every_formula_on_offer_is_typeset_at_a_sensible_height() -> None:
    from lsviewer.experiments import EXPERIMENTS

    for experiment in EXPERIMENTS:
        for latex in filter(None, (experiment.formula, experiment.short_formula)):
            drawn = formula_renderer(latex)
            assert drawn is not None, (experiment.__name__, latex)
            assert 8 < drawn.defaultSize().height() < 120, (experiment.__name__, latex)
            assert drawn.defaultSize().width() < 900, (experiment.__name__, latex)
