"""The pattern editor in colour, under a real mouse and a keyboard."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from lsviewer.gui import theme
from lsviewer.gui.painting.colour_picker import ColourPopup, ColourRow
from lsviewer.gui.painting.colours import SWATCHES
from lsviewer.gui.painting.gestures import Ink
from lsviewer.gui.painting.tools import Tool
from lsviewer.gui.panels.pattern_editor import PatternEditor

N = 33
LEFT = Qt.MouseButton.LeftButton
ORANGE = (1.0, 0.5, 0.0)


@pytest.fixture
def editor(qtbot: QtBot, qapp: QApplication) -> PatternEditor:
    theme.apply(qapp, "light")
    made = PatternEditor()
    qtbot.addWidget(made)
    made.resize(416, 500)
    made.show_pattern(np.zeros((N, N, 3), np.float32), "painting", coloured=True)
    made.set_ink(Ink(size=5, softness=0, colour=ORANGE))
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    return made


def drag(editor: PatternEditor, *points: tuple[float, float]) -> None:
    kinds = [QEvent.Type.MouseButtonPress, *[QEvent.Type.MouseMove] * (len(points) - 1)]
    for kind, at in [*zip(kinds, points, strict=True), (QEvent.Type.MouseButtonRelease, points[-1])]:
        place = editor.canvas.from_grid(at)
        button = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseMove else LEFT
        held = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseButtonRelease else LEFT
        where = editor.canvas.mapToGlobal(place)
        QApplication.sendEvent(
            editor.canvas, QMouseEvent(kind, place, where, button, held, Qt.KeyboardModifier.NoModifier)
        )


def on_screen(editor: PatternEditor, at: tuple[float, float]) -> tuple[int, int, int]:
    place = editor.canvas.from_grid(at).toPoint()
    colour = editor.canvas.grab().toImage().pixelColor(place)
    return colour.red(), colour.green(), colour.blue()


def child(editor: QWidget, kind: type[QWidget], name: str = "") -> QWidget:
    found = editor.findChild(kind, name or None)
    assert isinstance(found, QWidget)
    return found


def test_a_stroke_is_one_edit_and_stands_on_screen_where_it_was_drawn(editor: PatternEditor) -> None:
    edits: list[tuple[np.ndarray, str]] = []
    strokes: list[np.ndarray] = []
    editor.edited.connect(lambda values, text, merge: edits.append((values, text)))
    editor.stroking.connect(strokes.append)
    drag(editor, (6.0, 26.0), (20.0, 26.0))
    assert [text for _, text in edits] == ["Brush stroke"] and strokes
    values = edits[0][0]
    assert values.shape == (N, N, 3) and values.dtype == np.float32 and not values.flags.writeable
    assert np.allclose(values[12, 26], ORANGE) and not values[26, 12].any()  # axis 0 to the right, axis 1 up
    editor.set_cursor(None)
    assert on_screen(editor, (12.0, 26.0)) == (255, 128, 0)
    assert on_screen(editor, (26.0, 12.0)) == (0, 0, 0)
    assert editor.context_text == "painting, 33 × 33" and editor.title_text == "Painting"


def test_the_eyedropper_takes_a_colour_and_gives_the_brush_back(editor: PatternEditor) -> None:
    drag(editor, (8.0, 8.0))
    editor.set_ink(Ink(size=5, softness=0, colour=(0.0, 0.0, 1.0)))
    QTest.keyClick(editor.canvas, Qt.Key.Key_I)
    assert editor.tool is Tool.PICK
    drag(editor, (8.0, 8.0))
    assert editor.ink.colour == pytest.approx(ORANGE) and editor.tool is Tool.BRUSH
    assert np.allclose(editor.values[8, 8], ORANGE)  # nothing was drawn


def test_swatches_digits_and_hues_choose_the_colour(editor: PatternEditor) -> None:
    row = child(editor, ColourRow)
    assert isinstance(row, ColourRow) and row.isVisible() and not child(editor, QWidget, "row-value").isVisible()
    QTest.mouseClick(row.swatches, LEFT, pos=row.swatches.place(4).center().toPoint())
    assert editor.ink.colour == SWATCHES[4][1]
    editor.canvas.setFocus()
    QTest.keyClick(editor.canvas, Qt.Key.Key_6)
    assert editor.ink.colour == SWATCHES[6][1]
    QTest.mouseClick(row.field, LEFT, pos=QPoint(0, row.field.height() // 2))
    red, green, blue = editor.ink.colour
    assert red > 0.9 and green < 0.1 and blue < 0.1  # half-way up at the left edge: red
    QTest.mouseClick(row.well, LEFT)
    popup = row.popup
    assert isinstance(popup, ColourPopup) and popup.isVisible()
    popup.saturation.slider.setValue(0)
    red, green, blue = editor.ink.colour
    assert red == pytest.approx(green) == pytest.approx(blue)
    popup.close()


@pytest.mark.parametrize("width", [255, 300, 340, 416, 700])
def test_every_swatch_is_in_reach_at_every_width(editor: PatternEditor, width: int) -> None:
    editor.resize(width, 700)
    row = child(editor, ColourRow)
    assert isinstance(row, ColourRow)
    QApplication.sendPostedEvents()
    QApplication.processEvents()
    assert row.isVisible() and row.swatches.geometry().right() <= row.width()
    assert row.swatches.place(9).right() <= row.swatches.width() + 1
    if row.field.isVisible():
        assert row.field.width() >= 48 and row.field.geometry().right() <= row.width()
    QTest.mouseClick(row.swatches, LEFT, pos=row.swatches.place(9).center().toPoint())
    assert editor.ink.colour == (1.0, 1.0, 1.0)


def test_a_low_card_keeps_the_colour_within_reach(editor: PatternEditor) -> None:
    editor.set_compact(True)
    well = next(found for found in editor.findChildren(QToolButton, "colour-well") if found.isVisible())
    assert not child(editor, ColourRow).isVisible()
    QTest.mouseClick(well, LEFT)
    popup = child(editor, ColourPopup)
    assert popup.isVisible()
    popup.close()


def test_everything_is_filled_cleared_and_typed_in_colour(editor: PatternEditor, qtbot: QtBot) -> None:
    edits: list[str] = []
    editor.edited.connect(lambda values, text, merge: edits.append(text))
    editor.fill_all()
    assert editor.values is not None and np.allclose(editor.values, ORANGE)
    editor.commands.filters["clear"].trigger()
    assert not editor.values.any()
    editor.sources.open_formula()
    fields = [editor.findChild(QLineEdit, name) for name in ("formula-field", "formula-field-2", "formula-field-3")]
    assert all(fields)
    fields[0].setText("a")
    fields[2].setText("b")
    QTest.mouseClick(child(editor, QWidget, "formula-use"), LEFT)
    assert np.allclose(editor.values[N - 1, 0], (1.0, 1.0, 0.0))  # green as red, blue rises upwards
    assert edits == ["Fill all", "Clear", "Formula"]
    editor.sources.open_builtin("galaxy", "Galaxy")
    assert (
        editor.values.shape == (N, N, 3) and np.ptp(editor.values[N // 2, N // 2]) > 0.1
    )  # in the colours of the gradient
    messages: list[str] = []
    editor.message.connect(messages.append)
    editor.sources.open_builtin("gyroid", "Gyroid")
    assert messages == ["Gyroid has 3 axes, a picture has two."]


def test_greys_are_back_as_they_were(editor: PatternEditor) -> None:
    editor.show_pattern(np.zeros((N, N), np.float32), "drawing")
    assert editor.title_text == "Pattern" and child(editor, QWidget, "row-value").isVisible()
    drag(editor, (8.0, 8.0), (20.0, 8.0))
    assert editor.values.shape == (N, N) and editor.values[12, 8] == pytest.approx(editor.ink.value)
