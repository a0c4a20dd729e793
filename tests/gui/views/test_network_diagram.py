"""The diagram of a network: colours at its blocks, live values under the shared cursor, mouse and keys, large networks aside."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from lsviewer.core.artifacts import Artifact, Axis, Block, Checkpoint, Diagram, Link, Section
from lsviewer.core.diagram_layout import cells
from lsviewer.core.roles import colour_of
from lsviewer.gui import theme
from lsviewer.gui.linked_cursor import LinkedCursor
from lsviewer.gui.square import square_rect
from lsviewer.gui.views import network_diagram, views_for
from lsviewer.gui.views.heatmap import Heatmap
from lsviewer.gui.views.network_diagram import NetworkDiagram
from tests.gui.mouse import move

X, HATS, FEATURES, UNUSED, LOGITS, OUT, LOSS, STAR = range(8)
POINTS = np.linspace(0.0, 1.0, 5)


def artifacts() -> dict[str, Artifact]:
    """A network by hand: three units carry h by their biases, two see x, one does nothing; they meet in two logits."""
    first = np.zeros((6, 4))
    first[3], first[4] = (1, 0, 0, 0), (0, 1, 0, 0)
    second = np.array([[1.0, 0, 0, 2.0, 0, 0], [0, 1.0, 1.0, 0, 3.0, 0]])
    params = {
        "0.weight": first, "0.bias": np.zeros(6), "2.weight": second, "2.bias": np.zeros(2), "4.weight": np.eye(2),
        "4.bias": np.zeros(2),
    }  # fmt: skip
    steps = [{key: np.zeros_like(value) for key, value in params.items()} for _ in range(2)]
    steps[0]["0.bias"][0] = 1.0
    steps[1]["0.bias"][1:3] = (1.0, 0.5)
    spec = {"kind": "mlp", "hidden": [6, 2], "activation": {"kind": "relu"}, "inputs": 4, "outputs": 2}
    blocks = (
        Block("x", 0, 0, 4, ("task",)),
        Block("hats", 1, 0, 3, ("pattern",), ("fixed",), "0", moved=(0, 1), formula="relu(α)"),
        Block("features", 1, 3, 2, ("task",), ("fixed",), "random"),
        Block("unused", 1, 5, 1, ("unaffected",), ("fixed",), "0", idle=1),
        Block("logits", 2, 0, 2, ("pattern", "task"), ("pattern",), "T"),
        Block("outputs", 3, 0, 2, ("pattern", "task"), ("fixed",), "1"),
        Block("loss", 4, 0, 1, ("loss",)),
        Block("h*", 4, 1, 1, ("global minimum",)),
    )
    links = (
        Link(X, HATS, "zero", 0, 12), Link(X, FEATURES, "sparse", 2, 8), Link(HATS, LOGITS, "dense", 3, 6),
        Link(FEATURES, LOGITS, "dense", 2, 4), Link(LOGITS, OUT, "identity", 2, 4),
    )  # fmt: skip
    diagram = Diagram(
        "network", "The network", ("input", "hidden 1", "hidden 2", "outputs", "loss"), blocks, links,
        np.array([[0.5, 1.0, 0, 0], [2.0, 0, 0, 0]]), ("training sample 1, class 0", "training sample 2, class 1"), (4,),
        minimum=(0.25, 0.0),
    )  # fmt: skip
    values = 1.0 + POINTS[:, None] + 10.0 * POINTS[None, :]
    section = Section("section", (Axis("α₁", POINTS), Axis("α₂", POINTS)), values)
    found: list[Artifact] = [section, Checkpoint("checkpoint", spec, params, tuple(steps)), diagram]
    return {artifact.name: artifact for artifact in found}


def show(view: NetworkDiagram, among: dict[str, Artifact]) -> None:
    view.show_artifact(among["network"])
    view.accompany(among)


@pytest.fixture
def view(qtbot: QtBot, qapp: QApplication) -> Iterator[NetworkDiagram]:
    theme.apply(qapp, "light")
    made = NetworkDiagram()
    qtbot.addWidget(made)
    made.resize(940, 260)
    show(made, artifacts())
    made.show()
    qtbot.waitExposed(made)
    yield made
    theme.apply(qapp, "light")


def colours(image: QImage, rect: QRectF) -> set[str]:
    """The colours in a rectangle, as #RRGGBB."""
    inside = rect.toAlignedRect().adjusted(-1, -1, 1, 1)
    return {
        image.pixelColor(x, y).name().upper()
        for x in range(inside.left(), inside.right() + 1)
        for y in range(inside.top(), inside.bottom() + 1)
    }


def test_a_diagram_is_for_this_view() -> None:
    assert views_for(artifacts()["network"]) == [NetworkDiagram]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_block_wears_the_colours_of_its_roles(view: NetworkDiagram, qapp: QApplication, mode: theme.Mode) -> None:
    theme.apply(qapp, mode)
    image = view.grab().toImage()
    dark = mode == "dark"
    for k in (X, HATS, FEATURES, LOGITS, OUT, LOSS, STAR):
        there = colours(image, view.block_rect(k))
        assert view.diagram is not None
        for role in view.diagram.blocks[k].roles:
            assert colour_of(role, dark=dark) in there, (k, role)
    others = {colour_of(role, dark=dark) for role in ("task", "pattern", "loss", "global minimum")}
    assert not others & colours(image, view.block_rect(UNUSED))
    assert colour_of("task", dark=dark) not in colours(image, view.block_rect(HATS))
    assert len(colours(image, view.block_rect(UNUSED))) >= 2  # hatched, not only pale


def test_units_are_lit_by_their_values_at_the_cursor(view: NetworkDiagram) -> None:
    view.set_cursor((1.0, 0.0))
    np.testing.assert_allclose(view.block_values(HATS), [1.0, 0.0, 0.0])
    first = [lightness(view, HATS, k) for k in range(3)]
    view.set_cursor((0.0, 1.0))
    np.testing.assert_allclose(view.block_values(HATS), [0.0, 1.0, 0.5])
    second = [lightness(view, HATS, k) for k in range(3)]
    assert first[0] < first[1] == first[2]  # in light colours what is lit is darker than the sunken ground
    assert second[1] < second[2] < second[0]


def lightness(view: NetworkDiagram, block: int, unit: int) -> int:
    """The lightness in the middle of a unit of a block."""
    rect = view.block_rect(block)
    assert view.diagram is not None
    rows, columns = cells(view.diagram.blocks[block].units, rect.width(), rect.height())
    row, column = divmod(unit, columns)
    x, y = rect.left() + (column + 0.5) / columns * rect.width(), rect.top() + (row + 0.5) / rows * rect.height()
    return QColor(view.grab().toImage().pixelColor(QPointF(x, y).toPoint())).lightness()


def test_the_mouse_on_the_section_lights_the_units_and_a_click_keeps_them(qtbot: QtBot, qapp: QApplication) -> None:
    theme.apply(qapp, "light")
    both, heatmap, view, cursor = QWidget(), Heatmap(), NetworkDiagram(), LinkedCursor()
    row = QHBoxLayout(both)
    row.addWidget(heatmap)
    row.addWidget(view)
    both.resize(1400, 400)
    qtbot.addWidget(both)
    among = artifacts()
    heatmap.show_artifact(among["section"])
    show(view, among)
    cursor.add(heatmap)
    cursor.add(view)
    both.show()
    qtbot.waitExposed(both)
    square = square_rect(heatmap.width(), heatmap.height())

    def at(a: float, b: float) -> QPoint:
        return QPointF(square.left() + a * (square.width() - 1), square.bottom() - b * (square.height() - 1)).toPoint()

    move(heatmap, at(0.75, 0.25))
    qtbot.waitUntil(lambda: view.cursor_position is not None)
    values = view.block_values(HATS)
    assert values is not None
    np.testing.assert_allclose(values[:2], view.cursor_position)
    np.testing.assert_allclose(values[:2], (0.75, 0.25), atol=0.02)
    loss = view.block_values(LOSS)
    assert loss is not None and loss[0] == pytest.approx(1.0 + 0.75 + 2.5)
    QTest.mouseClick(heatmap, Qt.MouseButton.LeftButton, pos=at(0.5, 1.0))
    move(heatmap, at(0.0, 0.0))
    kept = view.block_values(HATS)
    assert cursor.is_pinned and kept is not None
    np.testing.assert_allclose(kept[:2], (0.5, 1.0), atol=0.02)  # pinned: it stays


def test_without_a_cursor_the_minimum_is_shown_and_its_branch_is_marked(view: NetworkDiagram) -> None:
    assert view.place == (0.25, 0.0)
    red = colour_of("global minimum", dark=False)
    image = view.grab().toImage()
    for k in (X, FEATURES, LOGITS, OUT):
        assert red in colours(image, view.block_rect(k).adjusted(-4, -4, 4, 4)), k
    assert red not in colours(image, view.block_rect(HATS).adjusted(-4, -4, 4, 4))
    view.set_cursor((1.0, 1.0))
    assert red not in colours(view.grab().toImage(), view.block_rect(FEATURES).adjusted(-4, -4, 4, 4))


def test_a_cursor_on_a_section_with_other_axes_is_not_for_this_network(view: NetworkDiagram) -> None:
    view.set_cursor((0.5,))
    np.testing.assert_allclose(view.block_values(HATS), [0.25, 0.0, 0.0])
    assert view.problem == ""


def test_another_sample_is_another_input(view: NetworkDiagram, qtbot: QtBot) -> None:
    np.testing.assert_allclose(view.block_values(FEATURES), [0.5, 1.0])
    assert view.sample.currentText() == "Training sample 1, class 0" and view.sample.accessibleName()
    view.sample.setFocus()
    QTest.keyClick(view.sample, Qt.Key.Key_Down)
    np.testing.assert_allclose(view.block_values(FEATURES), [2.0, 0.0])
    np.testing.assert_allclose(view.block_values(HATS), [0.25, 0.0, 0.0])  # what knows only h stays as it is


def test_pointing_at_a_block_says_what_it_computes(view: NetworkDiagram, qtbot: QtBot) -> None:
    view.set_cursor((0.5, 1.0))
    with qtbot.waitSignal(view.status) as said:
        move(view, view.block_rect(HATS).center().toPoint())
    assert said.args[0] == "hats, hidden 1: pattern, 3 units"
    for words in ("relu(α)", "Weights 0, fixed", "α₁, α₂ move the biases", "Values 0.5 to 1, 3 active"):
        assert words in view.toolTip()
    move(view, view.block_rect(LOGITS).center().toPoint())
    assert "Reads hats (dense, 3 of 6 weights), features (dense, 2 of 4 weights)" in view.toolTip()
    with qtbot.waitSignal(view.status) as left:
        move(view, QPoint(2, 2))
    assert left.args[0] == "" and view.toolTip() == ""


def test_a_click_and_the_arrows_choose_a_block_and_escape_lets_go(view: NetworkDiagram) -> None:
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.block_rect(HATS).center().toPoint())
    assert view.selected == HATS and "relu(α)" in view.accessibleDescription()
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert view.selected == FEATURES
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert view.selected == LOGITS
    QTest.keyClick(view, Qt.Key.Key_Left)
    QTest.keyClick(view, Qt.Key.Key_Left)
    assert view.selected == X
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert view.selected is None and "logits (pattern + task, 2)" in view.accessibleDescription()


def test_a_large_network_is_run_aside_and_the_newest_place_wins(
    view: NetworkDiagram, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    work: list[tuple[Callable[[], object], Callable[[object], None]]] = []
    monkeypatch.setattr(network_diagram, "AT_ONCE", 0)
    monkeypatch.setattr(network_diagram, "run_aside", lambda do, done, failed: work.append((do, done)))
    for place in ((0.1, 0.0), (0.2, 0.0), (0.9, 0.0)):
        view.set_cursor(place)
        view.grab()
    assert len(work) == 1  # one at a time
    do, done = work.pop()
    done(do())
    view.grab()
    do, done = work.pop()
    done(do())
    np.testing.assert_allclose(view.block_values(HATS), [0.9, 0.0, 0.0])


def test_a_checkpoint_that_does_not_fit_leaves_the_structure_and_a_sentence(view: NetworkDiagram) -> None:
    among = artifacts()
    checkpoint = among["checkpoint"]
    assert isinstance(checkpoint, Checkpoint)
    view.accompany({**among, "checkpoint": replace(checkpoint, network={"kind": "external"})})
    view.grab()
    assert view.block_values(HATS) is None and "kind 'external'" in view.problem
    show(view, among)
    assert view.block_values(HATS) is not None and view.problem == ""
    view.accompany({})
    assert view.block_values(LOSS) is None
    view.clear()
    view.grab()


@pytest.mark.parametrize("size", [(760, 110), (940, 175), (1400, 700)])
def test_names_and_blocks_fit_into_every_size(view: NetworkDiagram, size: tuple[int, int]) -> None:
    view.resize(*size)
    for k in range(8):
        assert view.rect().contains(view.block_rect(k).toAlignedRect().adjusted(1, 1, -1, -1)), k
    image = view.render_image(size[0], size[1], 2.0)
    assert (image.width(), image.height()) == (2 * size[0], 2 * size[1])
