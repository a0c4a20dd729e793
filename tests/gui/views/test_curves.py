"""Curves by their pixels and decisions: scales, names at the ends, bands, levels, read-out, linked cursor."""

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lsviewer.core.artifacts import Axis, Curve, Level, Mark, Section, Series
from lsviewer.gui import theme
from lsviewer.gui.painting.curve_canvas import CurveCanvas
from lsviewer.gui.square import square_rect
from lsviewer.gui.views.curve_data import Ranges, as_curve, scales, value_near, words_at
from lsviewer.gui.views.curves import Curves
from lsviewer.gui.views.line_labels import fitting, place, spread
from lsviewer.gui.views.plot import Frame, Scale
from tests.gui.mouse import move

SIZE = (520, 260)
STEPS = np.arange(100.0)


def loss(*, log_y: bool = True, **more: object) -> Curve:
    series = (Series("train", STEPS, np.exp(-STEPS / 10)), Series("test", STEPS, np.exp(-STEPS / 30), "dashed"))
    return Curve("loss", "Loss against step", "step", "loss", series, log_y=log_y, **more)  # type: ignore[arg-type]


@pytest.fixture
def view(qtbot: QtBot, qapp: QApplication) -> Curves:
    theme.apply(qapp, "light")
    made = Curves()
    qtbot.addWidget(made)
    made.resize(*SIZE)
    made.show()
    qtbot.waitExposed(made)
    return made


def frame(view: Curves) -> Frame:
    found = view.frame()
    assert found is not None
    return found


def near(image: QImage, point: QPointF, colour: str, reach: int = 2) -> bool:
    """Whether ``colour`` is found within ``reach`` pixels of a point."""
    wanted = QColor(colour)
    spots = [point.toPoint() + QPoint(dx, dy) for dx in range(-reach, reach + 1) for dy in range(-reach, reach + 1)]

    def far(p: QPoint) -> int:
        found = image.pixelColor(p)
        pairs = zip(found.getRgb()[:3], wanted.getRgb()[:3])
        return max(abs(a - b) for a, b in pairs)

    return min(far(p) for p in spots if image.rect().contains(p)) < 40


def test_a_line_passes_through_its_values(view: Curves) -> None:
    view.show_artifact(loss())
    image, area = view.grab().toImage(), frame(view)
    for step in (5, 40, 80):
        assert near(image, QPointF(area.px(step), area.py(np.exp(-step / 10))), theme.LIGHT.accent)


def test_the_second_series_is_orange_and_dashed(view: Curves) -> None:
    view.show_artifact(loss())
    image, area = view.grab().toImage(), frame(view)
    hits = [
        near(image, QPointF(area.px(s), area.py(np.exp(-s / 30))), theme.LIGHT.orange, 1)
        for s in np.arange(10, 60, 0.2)
    ]
    assert 0.3 < np.mean(hits) < 0.95


def test_a_section_with_one_axis_is_a_line_over_its_pattern() -> None:
    axis = np.linspace(0, 1, 20)
    one = Section(
        "s", (Axis("α₁", axis),), axis + 2, target=axis, offset=2.0, marks=(Mark((0.3,), "lowest", "minimum"),)
    )
    curve = as_curve(one)
    assert [(s.label, s.style) for s in curve.series] == [("T + a", "band"), ("L", "line")]
    assert curve.series[0].y == pytest.approx(axis + 2)
    assert curve.levels == (Level(0.3, "lowest", "x"),)


def test_the_cursor_is_linked_for_sections(view: Curves, qtbot: QtBot) -> None:
    axis = np.linspace(0, 1, 21)
    view.show_artifact(Section("s", (Axis("α₁", axis),), axis**2))
    area = frame(view)
    at = QPoint(round(area.px(0.4)), round(area.rect.center().y()))
    with qtbot.waitSignal(view.cursor_moved) as moved:
        move(view, at)
    assert moved.args[0] == pytest.approx((0.4,), abs=0.01)
    with qtbot.waitSignal(view.cursor_pinned):
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert view.cursor_position == pytest.approx((0.45,))
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert view.cursor_position is None


def test_hovering_reads_the_values_out(view: Curves, qtbot: QtBot) -> None:
    view.show_artifact(loss())
    area = frame(view)
    with qtbot.waitSignal(view.status) as said:
        move(view, QPoint(round(area.px(50)), round(area.rect.center().y())))
    assert said.args[0].startswith("step = 50")
    assert "train = " in said.args[0]


def test_words_name_every_series_that_has_a_value() -> None:
    curve = Curve("c", "", "step", "y", (Series("a", STEPS, STEPS), Series("b", STEPS[:10], STEPS[:10])))
    assert words_at(curve, 5.2) == "step = 5   a = 5   b = 5"
    assert words_at(curve, 50.0) == "step = 50   a = 50"
    assert value_near(Series("c", STEPS, np.full(100, np.nan)), 3.0) is None


def test_levels_are_in_sight_and_drawn(view: Curves) -> None:
    series, levels = (Series("PSNR", STEPS, STEPS / 3),), (Level(60, "expected ≥ 60 dB"),)
    view.show_artifact(Curve("p", "PSNR in dB against step", "step", "PSNR in dB", series, levels=levels))
    area = frame(view)
    assert area.y.low < 0 < 60 < area.y.high
    assert near(view.grab().toImage(), QPointF(area.px(2), area.py(60)), theme.LIGHT.ink3, 4)


def test_a_logarithm_leaves_out_what_has_none(view: Curves) -> None:
    view.show_artifact(Curve("c", "", "x", "y", (Series("a", STEPS, STEPS - 50),), log_y=True))
    assert view.grab().toImage().width() == SIZE[0]
    x, y = scales(Curve("c", "", "x", "y", (Series("a", STEPS, np.full(100, -1.0)),), log_y=True), Ranges())
    assert y.low > 0 and x.high == 99


def test_empty_and_constant_curves_are_drawn(view: Curves) -> None:
    for series in ((), (Series("a", np.empty(0), np.empty(0)),), (Series("a", STEPS, np.ones(100)),)):
        view.show_artifact(Curve("c", "t", "x", "y", series))
        view.grab()


def test_a_gap_in_y_breaks_the_line() -> None:
    y = STEPS.copy()
    y[40:50] = np.nan
    area = Frame(QRectF(0, 0, 300, 100), Scale(0, 99), Scale(0, 99))
    assert len(area.lines(STEPS, y)) == 2


def test_long_lines_are_thinned_but_keep_their_extremes() -> None:
    x = np.arange(200_000.0)
    y = np.zeros(200_000)
    y[123_456] = 1.0
    area = Frame(QRectF(0, 0, 300, 100), Scale(0, 199_999), Scale(0, 1))
    (line,) = area.lines(x, y)
    assert line.count() < 2000
    assert line.boundingRect().height() == pytest.approx(100.0)


def test_the_wheel_zooms_across_and_a_double_click_resets(view: Curves, wheel: Callable[..., None]) -> None:
    view.show_artifact(loss())
    whole = frame(view).x
    wheel(view, frame(view).rect.center(), 240)
    assert frame(view).x.high - frame(view).x.low == pytest.approx((whole.high - whole.low) / 1.25**2)
    view.show_artifact(loss())  # refined: keeps the zoom
    assert frame(view).x != whole
    QTest.mouseDClick(
        view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, frame(view).rect.center().toPoint()
    )
    assert frame(view).x == whole


def test_names_stand_at_the_side_where_no_line_is() -> None:
    x = np.linspace(0, 100, 50)
    high, low = (x, np.full(50, 30.0)), (x, np.full(50, 45.0))
    area = (0.0, 0.0, 100.0, 100.0)
    above, below = place(high, [low], 40, area), place(low, [high], 40, area)
    assert above is not None and below is not None
    assert above[1] < 30 and below[1] > 45


def test_a_line_that_ends_early_is_named_beside_its_end() -> None:
    early, area = (np.linspace(0, 40, 20), np.full(20, 50.0)), (0.0, 0.0, 100.0, 100.0)
    assert place(early, [], 30, area) == (52.0, 50.0)
    passing = (np.linspace(0, 100, 20), np.linspace(0, 100, 20))  # through (60, 60), where the words would end
    assert place(early, [passing], 30, area) == (62.0, 50.0)  # level with the end, at the right side


@pytest.mark.parametrize("kind", ["linear", "log", "signed_log"])
def test_scales_are_inverted_by_value(kind: str) -> None:
    scale = Scale(1e-3, 1e3, kind)  # type: ignore[arg-type]
    for value in (2e-3, 1.0, 900.0):
        assert scale.value(float(scale.unit(value))) == pytest.approx(value, rel=1e-9)


def test_the_signed_scale_is_odd_and_has_its_zero() -> None:
    scale = Scale(-1e3, 1e3, "signed_log", 1e-6)
    assert float(scale.unit(0.0)) == 0.5
    assert float(scale.unit(-5.0)) == pytest.approx(1 - float(scale.unit(5.0)))
    labels = [label for _, label in scale.ticks(9)[0]]
    assert "0" in labels and any(label.startswith("−10") for label in labels)


@pytest.mark.parametrize("size", [(246, 338), (416, 480), (228, 215)])
def test_a_section_in_the_square_stands_as_its_pattern_does(view: Curves, size: tuple[int, int], qtbot: QtBot) -> None:
    x = np.linspace(0, 1, 33)
    target = (1 - np.cos(4 * np.pi * x)) / 2
    view.resize(*size)
    view.set_options(square=True, title=False)
    view.show_artifact(Section("s", (Axis("α₁", x),), target + 2.3, target=target, offset=2.3))
    canvas = CurveCanvas()
    qtbot.addWidget(canvas)
    canvas.resize(*size)
    canvas.place(square_rect(*size))
    canvas.show_values(target.astype(np.float32))
    found = frame(view)
    for index in (0, 8, 13, 32):
        pattern = canvas.from_grid((index, float(target[index])))
        assert found.px(x[index]) == pytest.approx(pattern.x(), abs=1)
        assert found.py(2.3 + target[index]) == pytest.approx(pattern.y(), abs=1)


def test_a_section_that_leaves_its_pattern_is_in_sight(view: Curves) -> None:
    x = np.linspace(0, 1, 9)
    view.set_options(square=True)
    view.show_artifact(Section("s", (Axis("α₁", x),), x + 1.5, target=x, offset=1.0))
    assert frame(view).y.low <= 1.0 and frame(view).y.high >= 2.5


def test_two_lines_at_the_upper_edge_are_named_apart() -> None:
    x = np.linspace(0, 100, 50)
    first, second = (x, np.full(50, 4.0)), (x, np.full(50, 6.0))
    area = (0.0, 0.0, 100.0, 100.0)
    one = place(first, [second], 40, area)
    assert one is not None
    two = place(second, [first], 40, area, [one[1]])
    assert two is not None
    assert one[1] - 8 > 6 and two[1] - 8 > 6 and abs(one[1] - two[1]) >= 14


def test_names_that_cannot_be_read_are_counted_instead() -> None:
    assert fitting(3, 100) == 3 and fitting(8, 91) == 8  # 13 px from one to the next
    assert fitting(9, 91) == 7 and fitting(9, 40) == 3  # and a row that says how many more
    assert fitting(5, 5) == 0


def test_names_beside_keep_their_order_and_their_distance() -> None:
    rows = [50.0, 20.0, 51.0, 21.0, 99.0]
    placed = spread(rows, 0.0, 100.0)
    assert np.argsort(placed).tolist() == np.argsort(rows).tolist()
    assert np.diff(sorted(placed)).min() >= 14 - 1e-9
    assert min(placed) >= 0 and max(placed) <= 100
    assert spread([5.0] * 11, 0.0, 50.0) == pytest.approx(np.arange(0, 51, 5.0))


def test_many_lines_are_named_right_of_the_plot(view: Curves) -> None:
    series = tuple(Series(f"line {k}", STEPS, STEPS * k) for k in range(5))
    view.show_artifact(Curve("c", "", "step", "loss", series))
    right = frame(view).rect.right()
    assert right < SIZE[0] - 45
    image = view.grab().toImage()
    panel = QColor(theme.LIGHT.panel)
    ink = [x for x in range(int(right) + 6, SIZE[0]) for y in range(0, SIZE[1], 2) if image.pixelColor(x, y) != panel]
    assert ink and max(ink) < SIZE[0] - 3
