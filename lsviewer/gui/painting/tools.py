"""The tools: their names, icons, keys, and the gesture each begins."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from lsviewer.core.arrays import Array
from lsviewer.gui.painting.colours import BLACK
from lsviewer.gui.painting.gestures import BrushStroke, Fill, Gesture, Gradient, Ink, PolygonClicks, ShapeDrag, Stamp
from lsviewer.gui.painting.shapes import Point


class Tool(StrEnum):
    """What the mouse does on the canvas."""

    BRUSH = "brush"
    ERASER = "eraser"
    LINE = "line"
    RECTANGLE = "rectangle"
    ELLIPSE = "ellipse"
    POLYGON = "polygon"
    GRADIENT = "gradient"
    FILL = "fill"
    TEXT = "text"
    PICK = "pick"


@dataclass(frozen=True, slots=True)
class ToolInfo:
    """How a tool presents itself."""

    title: str
    icon: str  # Phosphor name
    key: str
    tip: str


TOOLS: dict[Tool, ToolInfo] = {
    Tool.BRUSH: ToolInfo("Brush", "paint-brush", "B", "Draw with the value. Shift: straight from the last end."),
    Tool.ERASER: ToolInfo("Eraser", "eraser", "E", "Draw with 0, black."),
    Tool.LINE: ToolInfo("Line", "line-segment", "L", "Drag from end to end. Shift: eighths of a turn."),
    Tool.RECTANGLE: ToolInfo("Rectangle", "rectangle", "R", "Drag from corner to corner. Shift: a square."),
    Tool.ELLIPSE: ToolInfo("Ellipse", "circle", "O", "Drag from corner to corner. Shift: a circle."),
    Tool.POLYGON: ToolInfo(
        "Polygon", "polygon", "P", "Click the corners; double click or Enter closes, Backspace takes one back."
    ),
    Tool.GRADIENT: ToolInfo("Gradient", "square-half", "G", "Drag from full value to nothing."),
    Tool.FILL: ToolInfo("Fill", "paint-bucket", "F", "Fill what hangs together and differs little."),
    Tool.TEXT: ToolInfo("Text", "text-aa", "T", "Click the place, type, Enter."),
    Tool.PICK: ToolInfo(
        "Eyedropper", "eyedropper", "I", "Take the ink from the picture; then the tool before is back."
    ),
}

SHAPES = (Tool.LINE, Tool.RECTANGLE, Tool.ELLIPSE, Tool.POLYGON, Tool.GRADIENT)
ON_CURVES = (Tool.BRUSH, Tool.LINE)
"""Tools that make sense for a pattern with one axis."""


def begin(tool: Tool, base: Array, ink: Ink, at: Point, constrained: bool = False) -> Gesture | None:
    """Return the gesture that ``tool`` begins on a plane pattern at grid coordinates ``at``; nothing is drawn yet.

    None for the eyedropper, which takes and draws nothing.
    """
    match tool:
        case Tool.BRUSH:
            return BrushStroke(base, ink)
        case Tool.ERASER:
            return BrushStroke(base, replace(ink, value=0.0, colour=BLACK), "Eraser stroke")
        case Tool.LINE:
            return ShapeDrag(base, ink, start=at, constrained=constrained, shape="line")
        case Tool.RECTANGLE:
            return ShapeDrag(base, ink, start=at, constrained=constrained, shape="rectangle")
        case Tool.ELLIPSE:
            return ShapeDrag(base, ink, start=at, constrained=constrained, shape="ellipse")
        case Tool.GRADIENT:
            return Gradient(base, ink, start=at, constrained=constrained)
        case Tool.POLYGON:
            return PolygonClicks(base, ink)
        case Tool.FILL:
            return Fill(base, ink)
        case Tool.TEXT:
            return Stamp(base, ink)
        case Tool.PICK:
            return None
        case _:
            assert_never(tool)
