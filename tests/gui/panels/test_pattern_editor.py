"""The pattern editor under a real mouse, a pen and a keyboard."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QInputDevice,
    QMouseEvent,
    QPointingDevice,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QLineEdit, QListWidget, QSpinBox, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from lsviewer.gui import theme
from lsviewer.gui.painting.easel import Easel
from lsviewer.gui.painting.gestures import Ink
from lsviewer.gui.painting.tools import TOOLS, Tool
from lsviewer.gui.panels.pattern_editor import PatternEditor
from lsviewer.gui.square import square_rect

N = 33
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton


class Heard:
    """Everything an editor said."""

    def __init__(self, editor: PatternEditor) -> None:
        self.edits: list[tuple[np.ndarray, str, str]] = []
        self.strokes: list[np.ndarray] = []
        self.cursors: list[tuple[float, ...] | None] = []
        self.messages: list[str] = []
        self.names: list[str] = []
        editor.edited.connect(lambda values, text, merge: self.edits.append((values, text, merge)))
        editor.stroking.connect(self.strokes.append)
        editor.cursor_moved.connect(self.cursors.append)
        editor.message.connect(self.messages.append)
        editor.name_suggested.connect(self.names.append)

    @property
    def texts(self) -> list[str]:
        return [text for _, text, _ in self.edits]


@pytest.fixture
def editor(qtbot: QtBot, qapp: QApplication) -> Iterator[PatternEditor]:
    theme.apply(qapp, "light")
    made = PatternEditor()
    qtbot.addWidget(made)
    made.resize(416, 500)
    made.show_pattern(np.zeros((N, N), np.float32), "drawing")
    made.set_ink(Ink(size=5, softness=0, value=0.75))
    with qtbot.waitActive(made):  # only an active window gives the canvas the focus
        made.show()
        made.activateWindow()
    yield made
    QGuiApplication.clipboard().clear()


@pytest.fixture
def heard(editor: PatternEditor) -> Heard:
    return Heard(editor)


def easel(editor: PatternEditor) -> Easel:
    return editor.curve if editor.curve.isVisible() else editor.canvas


def mouse(
    editor: PatternEditor, kind: QEvent.Type, at: tuple[float, float], modifiers: Qt.KeyboardModifier | None = None
) -> None:
    """Send one mouse event with the buttons a real one carries (QTest.mouseMove carries none)."""
    target = easel(editor)
    place = target.from_grid(at)  # type: ignore[attr-defined]
    button = NONE if kind is QEvent.Type.MouseMove else LEFT
    held = NONE if kind is QEvent.Type.MouseButtonRelease else LEFT
    keys = modifiers or Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(target, QMouseEvent(kind, place, target.mapToGlobal(place), button, held, keys))


def press(editor: PatternEditor, at: tuple[float, float], modifiers: Qt.KeyboardModifier | None = None) -> None:
    mouse(editor, QEvent.Type.MouseButtonPress, at, modifiers)


def drag(editor: PatternEditor, *points: tuple[float, float], modifiers: Qt.KeyboardModifier | None = None) -> None:
    press(editor, points[0], modifiers)
    for point in points[1:]:
        mouse(editor, QEvent.Type.MouseMove, point)
    mouse(editor, QEvent.Type.MouseButtonRelease, points[-1])


def button(editor: PatternEditor, name: str) -> QToolButton:
    found = editor.findChild(QToolButton, name)
    assert found is not None
    return found


# ---- drawing


def test_one_stroke_is_one_edit(editor: PatternEditor, heard: Heard) -> None:
    drag(editor, (8, 20), (16, 20), (24, 20))
    ((values, text, merge),) = heard.edits
    assert (text, merge) == ("Brush stroke", "")
    assert values.dtype == np.float32 and not values.flags.writeable
    assert (values[8:25, 20] == np.float32(0.75)).all() and values[8:25, 28].max() == 0
    assert editor.values is values


def test_stroking_tells_the_newest_values_while_the_mouse_moves(
    editor: PatternEditor, heard: Heard, qtbot: QtBot
) -> None:
    press(editor, (8, 20))
    assert len(heard.strokes) == 1 and not heard.edits
    for x in range(9, 25):
        mouse(editor, QEvent.Type.MouseMove, (x, 20))
    assert len(heard.strokes) < 10  # sixteen events within a frame or two
    qtbot.waitUntil(lambda: heard.strokes[-1][24, 20] == np.float32(0.75))
    assert not heard.strokes[-1].flags.writeable
    assert heard.strokes[0][24, 20] == 0  # what was told does not change afterwards
    mouse(editor, QEvent.Type.MouseButtonRelease, (24, 20))
    assert heard.texts == ["Brush stroke"]


def test_showing_a_pattern_emits_nothing(editor: PatternEditor, heard: Heard) -> None:
    editor.show_pattern(np.full((16, 16), 0.5), "grey")
    editor.show_pattern(np.linspace(0, 1, 40, dtype=np.float32), "ramp")
    editor.show_pattern(None, "")
    assert not heard.edits and not heard.strokes and not heard.names


def test_the_edit_given_back_is_recognised(editor: PatternEditor, heard: Heard) -> None:
    drag(editor, (8, 20), (16, 20))
    press(editor, (20, 8))
    editor.show_pattern(heard.edits[0][0], "drawing")  # the session answers late
    assert easel(editor).drawing
    mouse(editor, QEvent.Type.MouseButtonRelease, (20, 8))
    assert len(heard.edits) == 2


def test_undo_in_the_middle_of_a_stroke_drops_the_stroke(editor: PatternEditor, heard: Heard) -> None:
    press(editor, (20, 8))
    editor.show_pattern(np.full((N, N), 0.5, np.float32), "drawing")
    mouse(editor, QEvent.Type.MouseMove, (24, 8))
    mouse(editor, QEvent.Type.MouseButtonRelease, (24, 8))
    assert not heard.edits and editor.values is not None and (editor.values == 0.5).all()


def test_escape_takes_a_stroke_back(editor: PatternEditor, heard: Heard) -> None:
    press(editor, (20, 8))
    QTest.keyClick(editor.canvas, Qt.Key.Key_Escape)
    mouse(editor, QEvent.Type.MouseButtonRelease, (20, 8))
    assert not heard.edits and heard.strokes[-1].max() == 0


def test_a_stroke_that_changes_nothing_is_no_edit(editor: PatternEditor, heard: Heard) -> None:
    editor.set_tool(Tool.ERASER)
    drag(editor, (8, 20), (16, 20))
    assert not heard.edits


def test_the_wheel_changes_the_size(editor: PatternEditor) -> None:
    place = editor.canvas.from_grid((16, 16))
    for turn in (120, 120, -120):
        event = QWheelEvent(
            place, editor.canvas.mapToGlobal(place), QPoint(), QPoint(0, turn), NONE,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(editor.canvas, event)
    assert editor.ink.size == 6


def test_a_click_beside_the_square_draws_nothing(editor: PatternEditor, heard: Heard) -> None:
    drag(editor, (-4, 10), (10, 10))
    assert not heard.edits


def test_eraser_brings_zero_and_alt_click_takes_a_value(editor: PatternEditor, heard: Heard) -> None:
    editor.show_pattern(np.full((N, N), 0.5, np.float32), "grey")
    QTest.mouseClick(button(editor, "tool-eraser"), LEFT)
    drag(editor, (16, 16), (16, 16))
    assert heard.edits[-1][0][16, 16] == 0 and heard.texts == ["Eraser stroke"]
    press(editor, (4, 4), Qt.KeyboardModifier.AltModifier)
    assert editor.ink.value == pytest.approx(0.5)


def test_shift_draws_straight_from_the_last_end(editor: PatternEditor, heard: Heard) -> None:
    drag(editor, (4, 4), (4, 4))
    drag(editor, (28, 28), (28, 28), modifiers=Qt.KeyboardModifier.ShiftModifier)
    assert heard.edits[-1][0][16, 16] == np.float32(0.75)


@pytest.mark.parametrize("tool", [Tool.LINE, Tool.RECTANGLE, Tool.ELLIPSE, Tool.GRADIENT])
def test_dragged_tools(editor: PatternEditor, heard: Heard, tool: Tool) -> None:
    editor.set_tool(tool)
    drag(editor, (8, 8), (20, 20), (24, 24))
    assert heard.texts == [TOOLS[tool].title]
    assert heard.edits[0][0][16, 16] > 0.3


def test_fill_is_one_click(editor: PatternEditor, heard: Heard) -> None:
    QTest.mouseClick(button(editor, "tool-fill"), LEFT)
    drag(editor, (8, 8), (9, 9))
    assert heard.texts == ["Fill"] and (heard.edits[0][0] == np.float32(0.75)).all()


def test_polygon_by_clicks_closed_by_a_double_click(editor: PatternEditor, heard: Heard) -> None:
    editor.set_tool(Tool.POLYGON)
    for corner in ((4, 4), (28, 4), (28, 28)):
        drag(editor, corner, corner)
    assert not heard.edits and easel(editor).drawing
    mouse(editor, QEvent.Type.MouseButtonDblClick, (28, 28))
    assert heard.texts == ["Polygon"] and heard.edits[0][0][24, 10] == np.float32(0.75)
    assert heard.edits[0][0][8, 24] == 0


def test_polygon_of_two_corners_is_none(editor: PatternEditor, heard: Heard) -> None:
    editor.set_tool(Tool.POLYGON)
    drag(editor, (4, 4), (4, 4))
    drag(editor, (20, 4), (20, 4))
    QTest.keyClick(editor.canvas, Qt.Key.Key_Return)
    assert not heard.edits and not easel(editor).drawing


def test_text_appears_as_it_is_typed_and_enter_takes_it(editor: PatternEditor, heard: Heard) -> None:
    editor.set_tool(Tool.TEXT)
    editor.set_ink(Ink(value=1.0, text_size=16))
    drag(editor, (16, 16), (16, 16))
    entry = editor.findChild(QLineEdit, "text-entry")
    assert entry is not None and entry.isVisible()
    QTest.keyClicks(entry, "L")
    QTest.keyClick(entry, Qt.Key.Key_Return)
    ((values, text, _),) = heard.edits
    assert text == "Text" and not entry.isVisible()
    # L: the left half is heavier than the right, the lower half than the upper (axis 0 right, axis 1 up)
    assert values[:16].sum() > values[17:].sum() and values[:, :16].sum() > values[:, 17:].sum()
    assert len(np.unique(values)) > 4  # antialiased


def test_text_is_taken_back_by_escape(editor: PatternEditor, heard: Heard) -> None:
    editor.set_tool(Tool.TEXT)
    drag(editor, (16, 16), (16, 16))
    entry = editor.findChild(QLineEdit, "text-entry")
    assert entry is not None
    QTest.keyClicks(entry, "A")
    QTest.keyClick(entry, Qt.Key.Key_Escape)
    assert not heard.edits and not easel(editor).drawing and not entry.isVisible()


def test_tablet_pressure_scales_the_brush(editor: PatternEditor, heard: Heard) -> None:
    editor.set_ink(Ink(size=16, softness=0, value=1.0))
    areas = []
    for pressure in (0.25, 1.0):
        editor.show_pattern(np.zeros((N, N), np.float32), "drawing")
        for kind in (QEvent.Type.TabletPress, QEvent.Type.TabletRelease):
            place = editor.canvas.from_grid((16, 16))
            pen = QPointingDevice(
                "pen", 1, QInputDevice.DeviceType.Stylus, QPointingDevice.PointerType.Pen,
                QInputDevice.Capability.Position | QInputDevice.Capability.Pressure, 1, 1,
            )  # fmt: skip
            event = QTabletEvent(
                kind, pen, place, editor.canvas.mapToGlobal(place), pressure, 0, 0, 0, 0, 0,
                Qt.KeyboardModifier.NoModifier, LEFT, LEFT,
            )  # fmt: skip
            QApplication.sendEvent(editor.canvas, event)
        areas.append(heard.edits[-1][0].sum())
    assert areas[1] / areas[0] == pytest.approx(16, rel=0.2)  # discs of radius 2 and 8 on a coarse grid


# ---- keyboard


def test_drawing_by_keyboard_alone(editor: PatternEditor, heard: Heard, qtbot: QtBot) -> None:
    editor.canvas.clearFocus()
    editor.canvas.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(lambda: editor.canvas.hasFocus())
    assert heard.cursors[-1] == pytest.approx((0.5, 0.5))
    for _ in range(2):
        QTest.keyClick(editor.canvas, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert heard.cursors[-1] == pytest.approx((0.5, 1.0))
    QTest.keyPress(editor.canvas, Qt.Key.Key_Space)
    for _ in range(8):
        QTest.keyClick(editor.canvas, Qt.Key.Key_Left)
    assert not heard.edits
    QTest.keyRelease(editor.canvas, Qt.Key.Key_Space)
    ((values, text, _),) = heard.edits
    assert text == "Brush stroke" and (values[8:17, 32] == np.float32(0.75)).all() and values[20:, 32].max() == 0


def test_keys_choose_tool_size_and_value(editor: PatternEditor) -> None:
    canvas = editor.canvas
    for tool, info in TOOLS.items():
        QTest.keyClick(canvas, info.key)
        assert editor.tool is tool
    QTest.keyClick(canvas, "b")
    QTest.keyClick(canvas, "]")
    QTest.keyClick(canvas, "+")
    QTest.keyClick(canvas, "-")
    assert editor.ink.size == 6
    QTest.keyClick(canvas, "9")
    assert editor.ink.value == 1.0
    QTest.keyClick(canvas, "0")
    assert editor.ink.value == 0.0


def test_polygon_by_keyboard(editor: PatternEditor, heard: Heard, qtbot: QtBot) -> None:
    editor.set_tool(Tool.POLYGON)
    qtbot.waitUntil(lambda: editor.canvas.hasFocus())  # it is the first to get the focus
    shift = Qt.KeyboardModifier.ShiftModifier
    for key in (None, Qt.Key.Key_Right, Qt.Key.Key_Up):
        if key is not None:
            QTest.keyClick(editor.canvas, key, shift)
        QTest.keyClick(editor.canvas, Qt.Key.Key_Space)
    QTest.keyClick(editor.canvas, Qt.Key.Key_Return)
    assert heard.texts == ["Polygon"] and heard.edits[0][0][22, 18] > 0.5


def test_every_control_has_a_name_and_a_tip(editor: PatternEditor) -> None:
    for found in editor.findChildren(QToolButton):
        if found.objectName().startswith("qt_"):
            continue  # Qt's own
        assert found.accessibleName() and found.toolTip(), found.objectName()
        assert found.focusPolicy() & Qt.FocusPolicy.TabFocus
    for action in editor.menu_actions():
        assert action.isSeparator() or (action.text() and action.toolTip() and action.objectName())
    assert editor.canvas.accessibleName() and editor.canvas.accessibleDescription()


# ---- pointer and cursor


def test_the_pointer_is_told_in_alpha_and_leaves(editor: PatternEditor, heard: Heard) -> None:
    mouse(editor, QEvent.Type.MouseMove, (8, 24))
    assert heard.cursors[-1] == pytest.approx((0.25, 0.75))
    QApplication.sendEvent(editor.canvas, QEvent(QEvent.Type.Leave))
    assert heard.cursors[-1] is None


def test_the_linked_cursor_is_drawn_where_it_is(editor: PatternEditor) -> None:
    editor.set_cursor((0.25, 0.75))
    image = editor.canvas.grab().toImage()
    square = editor.canvas.square
    x = square.left() + square.width() // 4
    column = [image.pixelColor(x + d, square.bottom() - 20).lightness() for d in (-1, 0, 1)]
    assert max(column) > 200
    assert image.pixelColor(square.left() + square.width() // 2, square.bottom() - 20).lightness() < 20


# ---- picture


def test_the_square_is_the_one_of_the_section(editor: PatternEditor) -> None:
    assert editor.canvas.square == square_rect(416, 500)
    editor.resize(307, 305)
    assert editor.canvas.square == square_rect(307, 305)


@pytest.mark.parametrize("n", [4, 33, 256])
def test_axis_0_points_right_and_axis_1_up(editor: PatternEditor, n: int) -> None:
    values = np.zeros((n, n), np.float32)
    values[n // 2 :, : n // 2] = 1  # bottom right
    editor.show_pattern(values, "quarter")
    image, s = editor.canvas.grab().toImage(), editor.canvas.square

    def seen(x: float, y: float) -> int:
        return image.pixelColor(s.left() + round(x * s.width()), s.top() + round((1 - y) * s.height())).lightness()

    assert seen(0.8, 0.2) > 250 and seen(0.2, 0.2) < 5 and seen(0.8, 0.8) < 5 and seen(0.2, 0.8) < 5


def test_the_picture_follows_the_stroke(editor: PatternEditor) -> None:
    editor.set_ink(Ink(size=9, softness=0, value=1.0))
    drag(editor, (24, 8), (24, 8))
    editor.set_tool(Tool.FILL)  # no brush circle in the way
    QApplication.sendEvent(editor.canvas, QEvent(QEvent.Type.Leave))
    place = editor.canvas.from_grid((24, 8)).toPoint()
    assert editor.canvas.grab().toImage().pixelColor(place) == QColor("white")


def test_the_picture_follows_while_the_button_is_held(editor: PatternEditor) -> None:
    editor.set_ink(Ink(size=3, softness=0, value=1.0))
    editor.set_tool(Tool.LINE)
    press(editor, (4, 8))
    mouse(editor, QEvent.Type.MouseMove, (28, 20))  # rising to the right: a picture upside down would fall
    image = editor.canvas.grab().toImage()
    assert image.pixelColor(editor.canvas.from_grid((12, 12)).toPoint()) == QColor("white")
    assert image.pixelColor(editor.canvas.from_grid((12, 16)).toPoint()) == QColor("black")
    mouse(editor, QEvent.Type.MouseButtonRelease, (28, 20))


# ---- curve


def test_a_curve_is_drawn_with_the_mouse(editor: PatternEditor, heard: Heard) -> None:
    editor.show_pattern(np.full(65, 0.2, np.float32), "curve")
    editor.set_ink(Ink(size=1, softness=0))
    assert editor.curve.isVisible() and not editor.canvas.isVisible()
    drag(editor, (8, 0.2), (40, 1.0))
    ((values, text, _),) = heard.edits
    # the mouse is at whole pixels in no sense here: positions are floats, so the line is met to float32
    assert text == "Draw curve" and values[8:41] == pytest.approx(np.linspace(0.2, 1, 33), abs=1e-5)
    assert heard.cursors[-1] == pytest.approx((40 / 64,))


def test_arrows_raise_a_curve_and_merge(editor: PatternEditor, heard: Heard) -> None:
    editor.show_pattern(np.full(65, 0.2, np.float32), "curve")
    QTest.keyClick(editor.curve, Qt.Key.Key_Up)
    QTest.keyClick(editor.curve, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert [merge for _, _, merge in heard.edits] == ["curve-nudge", "curve-nudge"]
    assert heard.edits[-1][0][32] == pytest.approx(0.29)
    QTest.keyClick(editor.curve, "9")
    assert heard.edits[-1][0][32] == 1.0


def test_tools_for_planes_are_off_on_a_curve_with_a_reason(editor: PatternEditor, heard: Heard) -> None:
    editor.show_pattern(np.full(65, 0.2, np.float32), "curve")
    fill = button(editor, "tool-fill")
    assert not fill.isEnabled() and "two axes" in fill.toolTip()
    QTest.keyClick(editor.curve, "F")
    assert len(heard.messages) == 1 and editor.tool is Tool.BRUSH


# ---- whole pattern


@pytest.mark.parametrize("name", ["blur", "sharpen", "invert", "rotate-left", "flip-horizontal", "clear"])
def test_a_filter_is_one_edit(editor: PatternEditor, heard: Heard, name: str) -> None:
    editor.show_pattern(np.linspace(0, 0.9, N * N, dtype=np.float32).reshape(N, N) ** 2, "ramp")
    action = editor.commands.filters[name]
    action.trigger()
    assert heard.texts == [action.text()]
    assert editor.values is heard.edits[0][0]


def test_a_filter_that_changes_nothing_is_no_edit(editor: PatternEditor, heard: Heard) -> None:
    editor.commands.filters["clear"].trigger()
    assert not heard.edits


def test_levels_preview_and_are_taken_back(editor: PatternEditor, heard: Heard) -> None:
    editor.show_pattern(np.linspace(0.2, 0.6, N * N, dtype=np.float32).reshape(N, N), "ramp")
    before = editor.values
    for accept in (False, True):
        editor.sources.open_levels()
        dialog = editor.findChild(QWidget, "levels-dialog")
        assert dialog is not None
        dialog.black.slider.setValue(40)  # type: ignore[attr-defined]
        assert heard.strokes[-1].min() == 0
        if not accept:
            dialog.reject()  # type: ignore[attr-defined]
            assert heard.strokes[-1] is before and not heard.edits
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        else:
            dialog.accept()  # type: ignore[attr-defined]
    assert heard.texts == ["Levels"] and (heard.edits[0][0] == 0).mean() == pytest.approx(0.5, abs=0.02)


def test_resizing_the_grid_resamples(editor: PatternEditor, heard: Heard, qtbot: QtBot) -> None:
    ramp = np.repeat(np.linspace(0, 1, N, dtype=np.float32)[:, None], N, 1)
    editor.show_pattern(ramp, "ramp")
    with qtbot.waitSignal(editor.context_changed) as context:
        editor.commands.grid.trigger()
        field = editor.findChild(QSpinBox, "grid-points")
        assert field is not None and (field.minimum(), field.maximum()) == (2, 512)
        field.setValue(65)
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert context.args == ["ramp, 65 × 65"]
    assert heard.edits[0][0][:, 7] == pytest.approx(np.linspace(0, 1, 65), abs=1e-6)


# ---- sources


def test_gallery_opens_a_pattern_in_one_click(editor: PatternEditor, heard: Heard, qtbot: QtBot) -> None:
    editor.header_actions()[0].trigger()
    shown = editor.findChild(QListWidget, "gallery-list")
    assert shown is not None and shown.count() >= 12
    qtbot.waitUntil(lambda: shown.isVisible() and shown.visualItemRect(shown.item(0)).isValid())
    QTest.mouseClick(shown.viewport(), LEFT, pos=shown.visualItemRect(shown.item(0)).center())
    ((values, text, _),) = heard.edits
    assert text == f"Open {shown.item(0).text()}" and values.shape == (N, N) and np.ptp(values) > 0.5
    assert heard.names == ["cat"] and not shown.isVisible()


def test_formula_with_preview_error_and_use(editor: PatternEditor, heard: Heard, qtbot: QtBot) -> None:
    QTest.mouseClick(button(editor, "formula"), LEFT)
    field = editor.findChild(QLineEdit, "formula-field")
    problem = editor.findChild(QLabel, "formula-problem")
    use = editor.findChild(QWidget, "formula-use")
    assert field is not None and problem is not None and use is not None
    field.setText("a.real")
    qtbot.waitUntil(lambda: "not allowed" in problem.text())
    assert not use.isEnabled()
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert not heard.edits
    field.setText("a*b")
    qtbot.waitUntil(lambda: heard.strokes[-1][-1, -1] == 1 and heard.strokes[-1][0, -1] == 0)
    QTest.keyClick(field, Qt.Key.Key_Return)
    x = np.linspace(0, 1, N)
    assert heard.texts == ["Formula"] and np.allclose(heard.edits[0][0], np.outer(x, x), atol=1e-6)


def png(path: Path, corner: int = 255) -> Path:
    pixels = np.zeros((40, 40), np.uint8)
    pixels[:20, 20:] = corner  # top right
    Image.fromarray(pixels).save(path)
    return path


def drop(editor: PatternEditor, data: QMimeData) -> bool:
    """Drop data on the canvas, as a window system would deliver it; return whether it was accepted."""
    copy, keys = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(100, 100), copy, data, LEFT, keys)
    enter.ignore()
    QApplication.sendEvent(editor, enter)
    if enter.isAccepted():
        QApplication.sendEvent(editor, QDropEvent(QPointF(100, 100), copy, data, LEFT, keys))
    return enter.isAccepted()


def urls(path: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    return data


def test_dropping_an_image_takes_it(editor: PatternEditor, heard: Heard, tmp_path: Path) -> None:
    assert drop(editor, urls(png(tmp_path / "corner.png")))
    ((values, text, _),) = heard.edits
    assert text == "Import corner.png" and heard.names == ["corner"] and values.shape == (N, N)
    assert values[28, 28] == 1 and values[4, 28] == 0 and values[28, 4] == 0


def test_dropping_a_project_is_for_the_window(editor: PatternEditor, tmp_path: Path) -> None:
    path = tmp_path / "work.lsv"
    path.write_bytes(b"PK")
    assert not drop(editor, urls(path))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("bad.png", b"no image at all", "'bad.png' is not an image"),
        ("empty.png", b"", "'empty.png' is not an image"),
        ("bad.npy", b"\x93NUMPY\x01\x00v\x00{'descr'", "'bad.npy' is not a .npy file"),
    ],
)
def test_a_bad_file_is_said_and_nothing_is_lost(
    editor: PatternEditor, heard: Heard, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    before = editor.values
    assert drop(editor, urls(tmp_path / name))
    assert len(heard.messages) == 1 and said in heard.messages[0] and heard.messages[0].endswith(".")
    assert not heard.edits and editor.values is before


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.array([[0.0, np.nan], [0, 1]]), "1 values that are not finite"),
        (np.array([[0.0, 2.0], [0, 1]]), "from 0 to 2"),
        (np.zeros((3, 4)), "same length"),
    ],
)
def test_a_bad_array_is_said(editor: PatternEditor, heard: Heard, tmp_path: Path, array: np.ndarray, said: str) -> None:
    np.save(tmp_path / "array.npy", array)
    editor.import_path(tmp_path / "array.npy")
    assert said in heard.messages[0] and not heard.edits


def test_a_missing_file_is_said(editor: PatternEditor, heard: Heard, tmp_path: Path) -> None:
    editor.import_path(tmp_path / "gone.png")
    assert "no file 'gone.png'".lower() in heard.messages[0].lower() and not heard.edits


@pytest.mark.parametrize("shape", [(20,), (20, 20), (6, 6, 6)])
def test_an_array_keeps_its_axes_and_its_floats(
    editor: PatternEditor, heard: Heard, tmp_path: Path, shape: tuple[int, ...]
) -> None:
    array = np.random.default_rng(0).uniform(size=shape).astype(np.float32)
    np.save(tmp_path / "array.npy", array)
    editor.import_path(tmp_path / "array.npy")
    assert np.array_equal(heard.edits[0][0], array)
    assert editor.volume.isVisible() == (len(shape) == 3) and not editor.empty.isVisible()


def test_import_dialog_takes_the_chosen_file(editor: PatternEditor, heard: Heard, tmp_path: Path) -> None:
    path = png(tmp_path / "corner.png")
    QTest.mouseClick(button(editor, "import-image"), LEFT)
    dialog = editor.findChild(QFileDialog, "import-dialog")
    assert dialog is not None
    dialog.fileSelected.emit(str(path))
    dialog.reject()
    assert heard.texts == ["Import corner.png"]


def test_paste_a_picture(editor: PatternEditor, heard: Heard, tmp_path: Path) -> None:
    QGuiApplication.clipboard().setImage(QImage(str(png(tmp_path / "corner.png"))))
    QTest.keyClick(editor.canvas, "v", Qt.KeyboardModifier.ControlModifier)
    assert heard.texts == ["Paste picture"] and heard.edits[0][0][28, 28] == 1 and heard.edits[0][0][28, 4] == 0


def test_paste_of_words_is_said(editor: PatternEditor, heard: Heard) -> None:
    QGuiApplication.clipboard().setText("only words")
    editor.paste()
    assert len(heard.messages) == 1 and not heard.edits


def test_transparent_pictures_lie_on_white(editor: PatternEditor, heard: Heard) -> None:
    image = QImage(20, 20, QImage.Format.Format_ARGB32)
    image.fill(QColor(0, 0, 0, 0))
    QGuiApplication.clipboard().setImage(image)
    editor.paste()
    assert heard.edits[0][0].min() == 1


def test_copy_then_paste_gives_the_pattern_back(editor: PatternEditor, heard: Heard) -> None:
    values = np.random.default_rng(1).uniform(size=(N, N)).astype(np.float32)
    editor.show_pattern(values, "noise")
    editor.copy()
    editor.show_pattern(np.zeros((N, N), np.float32), "blank")
    editor.paste()
    assert np.allclose(heard.edits[0][0], values, atol=1e-5)  # 16 bits: half a level is 8e-6


def test_huge_image_is_refused(editor: PatternEditor, heard: Heard, tmp_path: Path) -> None:
    Image.new("1", (20000, 20000)).save(tmp_path / "huge.png")
    editor.import_path(tmp_path / "huge.png")
    assert "8192 x 8192" in heard.messages[0] and not heard.edits


# ---- no pattern, history, compact


def test_without_a_pattern_there_is_a_way_out(editor: PatternEditor, heard: Heard) -> None:
    editor.show_pattern(None, "")
    assert editor.context_text == "" and editor.empty.isVisible()
    blank = editor.findChild(QWidget, "empty-blank")
    assert blank is not None
    QTest.mouseClick(blank, LEFT)
    assert heard.texts == ["New drawing"] and editor.canvas.isVisible()
    assert editor.values is not None and editor.values.shape == (128, 128)


def test_undo_and_redo_are_asked_for(editor: PatternEditor, qtbot: QtBot) -> None:
    editor.set_history(can_undo=True, can_redo=False)
    assert not button(editor, "pattern-redo").isEnabled()
    with qtbot.waitSignal(editor.undo_requested):
        QTest.mouseClick(button(editor, "pattern-undo"), LEFT)


def test_sliders_give_way_in_a_low_card_and_tools_still_fit(editor: PatternEditor) -> None:
    assert button(editor, "tool-fill").isVisible()
    editor.resize(307, 305)
    assert not button(editor, "tool-fill").isVisible()
    names = (
        "tool-brush",
        "tool-eraser",
        "tool-shapes",
        "tool-text",
        "import-image",
        "formula",
        "pattern-undo",
        "pattern-redo",
    )
    right = [button(editor, name).mapTo(editor, QPoint(0, 0)).x() for name in names]
    assert all(b - a >= 28 for a, b in itertools.pairwise(right)) and right[-1] + 28 <= 307 - 16
    editor.set_compact(False)
    editor.resize(416, 500)
    assert button(editor, "tool-fill").isVisible()
    editor.set_compact(True)
    assert not button(editor, "tool-fill").isVisible()


@pytest.mark.parametrize("size", [(246, 340), (228, 215)])
def test_in_a_narrow_card_undo_gives_way_and_no_two_tools_overlap(editor: PatternEditor, size: tuple[int, int]) -> None:
    editor.resize(*size)
    QApplication.processEvents()  # hidden buttons leave their places with the next layout request
    row = [child for child in editor.findChildren(QToolButton) if child.isVisible()]
    places = sorted((child.mapTo(editor, QPoint(0, 0)).x(), child.width()) for child in row)
    assert len(places) >= 6
    assert all(x + width <= after for (x, width), (after, _) in itertools.pairwise(places))
    assert sum(places[-1]) <= size[0] - 16


def test_sliders_and_popup_show_the_same_ink(editor: PatternEditor, qtbot: QtBot) -> None:
    QTest.mouseClick(button(editor, "ink-settings"), LEFT)
    popup = editor.findChild(QWidget, "ink-popup")
    assert popup is not None and popup.isVisible()
    rows = [row for row in editor.findChildren(QWidget, "slider-size") if row.isVisible()]
    rows[0].setValue(rows[0].maximum())  # type: ignore[attr-defined]
    assert editor.ink.size == 128
    assert len({row.value() for row in editor.findChildren(QWidget, "slider-size")}) == 1  # type: ignore[attr-defined]
    popup.close()
