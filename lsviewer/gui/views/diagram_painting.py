"""The drawing of a diagram: blocks as fields of lit units, what enters them on small plates, the links between them.

On plates stand the weights that enter, in the colour of what they hold (dark: fixed), and in accent the coordinate of the section
that moves the biases. Everything goes through QPainter: the diagram on paper is the diagram on the screen.
"""

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPainterPath, QPen, QPolygonF

from lsviewer.core.arrays import Array
from lsviewer.core.artifacts import Block, Diagram, Link, Role
from lsviewer.core.diagram_layout import Arrangement, Box, arrange, as_picture, brightness, cells, laid_out
from lsviewer.core.roles import colour_of, words_of
from lsviewer.gui import theme
from lsviewer.gui.numbers import format_count, format_number, format_point
from lsviewer.gui.views.diagram_words import AXES

MARGIN, HEADER, NAME, FOOT = 16.0, 18.0, 15.0, 30.0
PLATE = 14.0  # height of a plate
ARROW = 9.0  # room for the point of an arrow before a block


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """What there is to draw: the diagram, the values of its layers at a place of the section, what is picked out."""

    diagram: Diagram
    values: tuple[Array, ...] | None = None  # of the input, the hidden layers, the outputs
    loss: float | None = None
    level: float = 0.0  # of the loss between the least and the largest of the section
    at_minimum: bool = False
    picked: int | None = None

    def of_block(self, k: int) -> Array | None:
        """Return the values of a block, None where they are not known."""
        block = self.diagram.blocks[k]
        if block.roles == ("loss",):
            return None if self.loss is None else np.array([self.loss])
        if self.values is None or block.layer >= len(self.values):
            return None
        return block.of(self.values[block.layer])


def area_of(rect: QRectF, feet: int) -> Box:
    """Return where the blocks go in ``rect``, over ``feet`` lines of words."""
    height = rect.height() - HEADER - FOOT * feet - 6
    return Box(rect.left() + MARGIN, rect.top() + HEADER, rect.width() - 2 * MARGIN, max(height, 20.0))


def arranged(diagram: Diagram, rect: QRectF, feet: int) -> Arrangement:
    """Return the places of all blocks in ``rect``."""
    return arrange(diagram, area_of(rect, feet), NAME)


def paint(painter: QPainter, rect: QRectF, shown: Shown, feet: int) -> None:
    """Draw the diagram into ``rect``, over ``feet`` lines that are left for words."""
    places = arranged(shown.diagram, rect, feet)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _paint_headers(painter, shown.diagram, places, rect)
    _paint_links(painter, shown.diagram, places)
    for k, block in enumerate(shown.diagram.blocks):
        _paint_block(painter, shown, k, block, places.blocks[k])
        _paint_name(painter, block, places.blocks[k], _room(painter, shown.diagram, places, k, rect))
        _paint_plates(painter, block, places.blocks[k])


def role_colour(role: Role) -> QColor:
    """Return the colour of a role in the present theme."""
    return QColor(colour_of(role, dark=theme.tokens().is_dark))


def block_colours(block: Block) -> tuple[QColor, QColor]:
    """Return the colours of the upper and the lower half of a block; they differ where pattern and task meet."""
    return role_colour(block.roles[0]), role_colour(block.roles[-1])


def _room(painter: QPainter, diagram: Diagram, places: Arrangement, k: int, rect: QRectF) -> float:
    """Return how long the line of a name may be: up to the next column, or to a plate that stands before it."""
    block, box = diagram.blocks[k], places.blocks[k]
    if block.layer == len(places.columns) - 1:
        return rect.right() - 2 - box.x
    ends = [places.pitch - 4]
    for beside in diagram.of_layer(block.layer + 1):
        plates = _plates_rect(painter, diagram.blocks[beside], places.blocks[beside])
        if plates.width() and plates.top() < box.y and plates.bottom() > box.y - NAME:
            ends.append(plates.left() - 4 - box.x)
    return min(ends)


def _paint_headers(painter: QPainter, diagram: Diagram, places: Arrangement, rect: QRectF) -> None:
    painter.setFont(theme.font(11))
    painter.setPen(QColor(theme.tokens().ink3))
    top = max(rect.top(), min(box.y for box in places.blocks) - NAME - HEADER - 4)  # close to the highest block
    for layer, (name, column) in enumerate(zip(diagram.layers, places.columns, strict=True)):
        units = sum(diagram.blocks[k].units for k in diagram.of_layer(layer))
        words = name if layer == len(diagram.layers) - 1 else f"{name}, {format_count(units)}"
        line = QRectF(column.x, top, places.pitch, HEADER)
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)


def _paint_links(painter: QPainter, diagram: Diagram, places: Arrangement) -> None:
    tokens = theme.tokens()
    ends = list(diagram.links)
    loss = next((k for k, block in enumerate(diagram.blocks) if block.roles == ("loss",)), None)
    if loss is not None:  # no weights there: the loss reads the outputs
        ends += [Link(k, loss, "identity", 1, 1) for k in diagram.of_layer(len(diagram.layers) - 2)]
    for link in ends:
        source, target = places.blocks[link.source], places.blocks[link.target]
        there = diagram.blocks[link.target]
        start = QPointF(source.right + 2, source.middle)
        end = QPointF(target.x - ARROW - _plates_width(painter, there), target.middle)
        pen = QPen(QColor(tokens.border), 1.0 + (1.2 if link.kind == "dense" else 0.0))
        if link.kind == "zero":
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        path = QPainterPath(start)
        bend = 0.45 * (end.x() - start.x())
        path.cubicTo(start + QPointF(bend, 0), end - QPointF(bend, 0), end)
        painter.drawPath(path)
    for k in {link.target for link in ends}:
        box = places.blocks[k]
        _paint_arrow(painter, box.x - 1, box.middle, QColor(tokens.ink3))


def _paint_arrow(painter: QPainter, x: float, y: float, colour: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF([QPointF(x, y), QPointF(x - 6, y - 3.5), QPointF(x - 6, y + 3.5)]))


def _plates(block: Block) -> list[tuple[str, Role | None]]:
    """Return what enters a block: its weights with what they hold, and the coordinates that move its biases."""
    plates: list[tuple[str, Role | None]] = []
    if block.moved:
        plates.append((f"+ {', '.join(AXES[axis] for axis in block.moved)}", None))
    if block.weights and block.parameters and block.roles != ("unaffected",):
        plates.append((block.weights, block.parameters[0]))
    return plates


def _plates_width(painter: QPainter, block: Block) -> float:
    painter.setFont(theme.font(10, 600))
    return max((painter.fontMetrics().horizontalAdvance(words) + 6.0 for words, _ in _plates(block)), default=0.0)


def _plates_rect(painter: QPainter, block: Block, box: Box) -> QRectF:
    width, height = _plates_width(painter, block), len(_plates(block)) * (PLATE + 1)
    return QRectF(box.x - ARROW - width, box.middle - height / 2, width, height)


def _paint_plates(painter: QPainter, block: Block, box: Box) -> None:
    plates, tokens = _plates(block), theme.tokens()
    area = _plates_rect(painter, block, box)
    for k, (words, role) in enumerate(plates):
        place = QRectF(area.left(), area.top() + k * (PLATE + 1), area.width(), PLATE)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.accent) if role is None else role_colour(role))
        painter.drawRoundedRect(place, 3, 3)
        painter.setPen(QColor(tokens.panel))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)


def _paint_name(painter: QPainter, block: Block, box: Box, room: float) -> None:
    """Write name and role over a block; where both do not fit the role is cut, and said in full when pointed at."""
    tokens = theme.tokens()
    line = QRectF(box.x, box.y - NAME - 2, room, NAME - 1)
    painter.setFont(theme.font(11, 600))
    painter.setPen(QColor(tokens.ink))
    painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, block.name)
    if words_of(block.roles) == block.name:
        return
    line.setLeft(line.left() + painter.fontMetrics().horizontalAdvance(block.name) + 4)
    painter.setFont(theme.font(10, 500))
    painter.setPen(role_colour(block.roles[0]))
    words = painter.fontMetrics().elidedText(
        words_of(block.roles), Qt.TextElideMode.ElideRight, math.ceil(line.width())
    )
    painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, words)


def _paint_block(painter: QPainter, shown: Shown, k: int, block: Block, box: Box) -> None:
    tokens, place = theme.tokens(), QRectF(box.x, box.y, box.width, box.height)
    values = shown.of_block(k)
    upper, lower = block_colours(block)
    if block.roles == ("global minimum",):
        _paint_minimum(painter, shown, box)
    elif block.roles == ("loss",):
        _paint_loss(painter, shown, place)
    else:
        painter.fillRect(place, QColor(tokens.sunken))
        if values is not None:
            _paint_units(painter, values, block, place, shown.diagram.sample_shape if block.layer == 0 else ())
        if block.roles == ("unaffected",):
            _paint_unaffected(painter, place)
        else:
            _paint_frame(painter, place, upper, lower)
    if shown.at_minimum and k in shown.diagram.branch:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(role_colour("global minimum"), 2))
        painter.drawRect(place.adjusted(-2.5, -2.5, 2.5, 2.5))
    if k == shown.picked:
        theme.paint_focus(painter, place.adjusted(-5, -5, 5, 5))


def _paint_units(painter: QPainter, values: Array, block: Block, place: QRectF, shape: tuple[int, ...]) -> None:
    """Light every unit by its value: the colour of the role where it is the largest of its block, sunken where it is 0."""
    picture = shape or ((len(values),) if block.layer == 0 else ())
    values = as_picture(values, picture)
    rows, columns = cells(len(values), place.width(), place.height(), picture)
    lit = laid_out(brightness(values), rows, columns)
    upper, lower = block_colours(block)
    if block.roles == ("unaffected",):
        upper = lower = QColor(theme.tokens().ink3)
    field_ = np.zeros((rows, columns, 4), np.uint8)
    for half, colour in ((slice(0, (rows + 1) // 2), upper), (slice((rows + 1) // 2, rows), lower)):
        field_[half, :, :3] = (colour.red(), colour.green(), colour.blue())
    field_[..., 3] = np.nan_to_num(lit) * 255
    image = QImage(field_.data, columns, rows, 4 * columns, QImage.Format.Format_RGBA8888).copy()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    painter.drawImage(_fitted(place, rows, columns, bool(picture)), image)
    painter.restore()


def _fitted(place: QRectF, rows: int, columns: int, undistorted: bool) -> QRectF:
    if not undistorted:
        return place
    side = min(place.width() / columns, place.height() / rows)
    width, height = side * columns, side * rows
    return QRectF(place.center().x() - width / 2, place.center().y() - height / 2, width, height)


def _paint_frame(painter: QPainter, place: QRectF, upper: QColor, lower: QColor) -> None:
    painter.save()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, part in ((upper, 0.0), (lower, 0.5)):
        painter.setClipRect(
            QRectF(
                place.left() - 2, place.top() - 2 + part * (place.height() + 4), place.width() + 4, place.height() + 4
            )
        )
        painter.setPen(QPen(colour, 2))
        painter.drawRect(place)
    painter.restore()


def _paint_unaffected(painter: QPainter, place: QRectF) -> None:
    """Hatch and dash what no longer affects the model."""
    tokens = theme.tokens()
    painter.fillRect(place, QBrush(QColor(tokens.border), Qt.BrushStyle.BDiagPattern))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(tokens.ink3), 1, Qt.PenStyle.DashLine))
    painter.drawRect(place)


def _paint_loss(painter: QPainter, shown: Shown, place: QRectF) -> None:
    colour = role_colour("loss")
    painter.fillRect(place, QColor(theme.tokens().sunken))
    if shown.loss is not None:
        level = QRectF(place)
        level.setTop(place.bottom() - min(max(shown.level, 0.0), 1.0) * place.height())
        soft = QColor(colour)
        soft.setAlpha(90)
        painter.fillRect(level, soft)
    _paint_frame(painter, place, colour, colour)
    painter.setFont(theme.font(12, 600))
    painter.setPen(QColor(theme.tokens().ink))
    number = "" if shown.loss is None else format_number(shown.loss, 4, trim=False)
    words = f"L = {number}" if number else "L"
    if painter.fontMetrics().horizontalAdvance(words) > place.width() - 4:
        words = number
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)


def _paint_minimum(painter: QPainter, shown: Shown, box: Box) -> None:
    size = min(12.0, max(8.0, box.height))
    colour = role_colour("global minimum")
    dot = QRectF(box.x, box.middle - size / 2, size, size)
    painter.setPen(QPen(colour, 2))
    painter.setBrush(colour)
    painter.drawEllipse(dot)
    painter.setFont(theme.font(11))
    painter.setPen(QColor(theme.tokens().ink2))
    where = shown.diagram.minimum
    words = "the values are here" if shown.at_minimum else "" if where is None else format_point(where)
    line = QRectF(dot.right() + 5, dot.center().y() - 8, 200, 16)
    painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, words)


def paint_legend(painter: QPainter, diagram: Diagram, line: QRectF) -> None:
    """Draw a swatch and the word for every role of the diagram, and one for the coordinates of the section."""
    tokens = theme.tokens()
    x = line.left()
    painter.setFont(theme.font(11))
    entries: list[tuple[str, Role | None]] = [(role, role) for role in diagram.roles]
    if any(block.moved for block in diagram.blocks):
        entries.append(("moved by α", None))
    for words, role in entries:
        width = painter.fontMetrics().horizontalAdvance(words)
        if x + 15 + width > line.right():
            return
        swatch = QRectF(x, line.center().y() - 5, 10, 10)
        if role == "unaffected":
            _paint_unaffected(painter, swatch)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.accent) if role is None else role_colour(role))
            painter.drawEllipse(swatch) if role == "global minimum" else painter.drawRect(swatch)
        painter.setPen(QColor(tokens.ink2))
        painter.drawText(QRectF(x + 15, line.top(), width + 2, line.height()), Qt.AlignmentFlag.AlignVCenter, words)
        x += 15 + width + 12
