"""Draws coloured blocks and lines with OpenGL into an image: a context, a framebuffer and one shader, nothing on the screen.

Reading the picture back costs a millisecond or two; in return the window stays a raster window, labels are drawn over the
image by the same QPainter, and an export is the same call with another size. Only Qt's own GL functions are used.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage, QMatrix4x4
from PySide6.QtOpenGL import (
    QOpenGLBuffer,
    QOpenGLFramebufferObject,
    QOpenGLFramebufferObjectFormat,
    QOpenGLShader,
    QOpenGLShaderProgram,
)
from shiboken6 import Shiboken, VoidPtr

from lsviewer.gui.opengl import SAMPLES, offscreen
from lsviewer.gui.views.camera import Floats
from lsviewer.gui.views.gl_cloud import Fog, FogProgram
from lsviewer.gui.views.relief import VERTEX

log = logging.getLogger(__name__)

VERTEX_SHADER = """
attribute vec3 position; attribute vec4 colour; uniform mat4 matrix; varying vec4 shown;
void main() { gl_Position = matrix * vec4(position, 1.0); shown = colour; }
"""
FRAGMENT_SHADER = "varying vec4 shown; void main() { gl_FragColor = shown; }"
# Alpha is 0 at a hole's vertices: what is not wholly opaque lies in a cell with a hole.
HOLE_SHADER = "varying vec4 shown; void main() { if (shown.a < 0.999) discard; gl_FragColor = shown; }"

GL_SHAPES = {"lines": 0x0001, "triangles": 0x0004, "strip": 0x0005}
GL_UNSIGNED_BYTE, GL_UNSIGNED_INT, GL_FLOAT = 0x1401, 0x1405, 0x1406
GL_DEPTH, GL_COLOUR, GL_DEPTH_TEST, GL_POLYGON_OFFSET_FILL, GL_LINE_SMOOTH = 0x0100, 0x4000, 0x0B71, 0x8037, 0x0B20
GL_MAX_TEXTURE_SIZE = 0x0D33
POSITION, COLOUR = 0, 1


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What is drawn at once: a triangle strip, separate triangles or separate lines.

    A part with the same ``key`` and arrays is not sent again.
    """

    key: str
    vertices: NDArray[np.void]
    indices: NDArray[np.uint32]
    shape: Literal["strip", "triangles", "lines"] = "strip"
    has_holes: bool = False
    shift: tuple[float, float, float] = (0.0, 0.0, 0.0)
    width: float = 1.0


class Renderer:
    """Owns an OpenGL context. Raises `RuntimeError` where there is none; use and destroy it in the GUI thread."""

    def __init__(self) -> None:
        made = offscreen()
        if made is None:
            raise RuntimeError("no OpenGL 2.1 on this machine")
        self._context, self._surface = made
        self._gl = self._context.functions()
        self._plain, self._with_holes = _program(FRAGMENT_SHADER), _program(HOLE_SHADER)
        self._buffers: dict[str, _Buffers] = {}
        self._targets: dict[int, QOpenGLFramebufferObject] = {}  # by samples
        self._resolved: QOpenGLFramebufferObject | None = None
        self._fog = _fog_program()
        self._context.doneCurrent()

    @property
    def has_fog(self) -> bool:
        """Whether this OpenGL marches through volumes."""
        return self._fog is not None

    def render(
        self,
        parts: Sequence[Part | Fog],
        matrix: Floats,
        width: int,
        height: int,
        background: QColor,
        *,
        draft: bool = False,
    ) -> QImage:
        """Return ``parts`` drawn with ``matrix`` (world to clip) at ``width`` x ``height`` pixels on ``background``.

        A ``draft`` has no smoothed edges: in software that is three times as fast (15 against 40 ms at 256 x 256).
        """
        self._context.makeCurrent(self._surface)
        gl = self._gl
        target = self._framebuffer(QSize(width, height), 0 if draft else SAMPLES)
        target.bind()
        gl.glViewport(0, 0, width, height)
        gl.glClearColor(background.redF(), background.greenF(), background.blueF(), 1.0)
        gl.glClear(GL_COLOUR | GL_DEPTH)
        gl.glEnable(GL_DEPTH_TEST)
        gl.glEnable(GL_POLYGON_OFFSET_FILL)
        gl.glPolygonOffset(1.0, 1.0)  # lines on a face win over the face
        for part in parts:
            if isinstance(part, Part):
                self._draw(part, matrix)
            elif self._fog is not None:
                self._fog.draw(gl, part, matrix, draft=draft)
        for key in self._buffers.keys() - {part.key for part in parts if isinstance(part, Part)}:
            self._buffers.pop(key).destroy()
        target.release()
        image = self._read(target)
        self._context.doneCurrent()
        return image

    def max_side(self) -> int:
        """Return the longest side in pixels a picture may have."""
        self._context.makeCurrent(self._surface)
        size = self._gl.glGetIntegerv(GL_MAX_TEXTURE_SIZE)
        self._context.doneCurrent()
        return int(size) if isinstance(size, int) and size > 0 else 4096

    def destroy(self) -> None:
        """Give back everything on the graphics side."""
        if not (Shiboken.isValid(self._context) and Shiboken.isValid(self._surface)):
            return  # Qt went first, at the end of the program
        if self._context.makeCurrent(self._surface):
            for buffers in self._buffers.values():
                buffers.destroy()
            self._buffers.clear()
            if self._fog is not None:
                self._fog.destroy()
            self._targets.clear()
            self._resolved = None
            for program in (self._plain, self._with_holes):
                if Shiboken.isValid(
                    program
                ):  # where Qt takes its wrappers down one by one, the programs may have gone first
                    program.removeAllShaders()
            self._context.doneCurrent()
        self._surface.destroy()

    def _draw(self, part: Part, matrix: Floats) -> None:
        buffers = self._buffers.setdefault(part.key, _Buffers())
        buffers.fill(part)
        program = self._with_holes if part.has_holes else self._plain
        program.bind()
        model = np.eye(4)
        model[:3, 3] = part.shift
        program.setUniformValue(program.uniformLocation("matrix"), QMatrix4x4(*(matrix @ model).ravel().tolist()))
        buffers.vertices.bind()
        stride = VERTEX.itemsize
        program.enableAttributeArray(POSITION)
        program.setAttributeBuffer(POSITION, GL_FLOAT, 0, 3, stride)
        program.enableAttributeArray(COLOUR)
        program.setAttributeBuffer(COLOUR, GL_UNSIGNED_BYTE, 12, 4, stride)
        buffers.vertices.release()
        buffers.indices.bind()
        self._gl.glLineWidth(part.width)
        self._gl.glDrawElements(GL_SHAPES[part.shape], part.indices.size, GL_UNSIGNED_INT, VoidPtr(0))  # type: ignore[arg-type]
        buffers.indices.release()
        program.disableAttributeArray(POSITION)
        program.disableAttributeArray(COLOUR)
        program.release()

    def _framebuffer(self, size: QSize, samples: int) -> QOpenGLFramebufferObject:
        target = self._targets.get(samples)
        if target is None or target.size() != size:
            form = QOpenGLFramebufferObjectFormat()
            form.setAttachment(QOpenGLFramebufferObject.Attachment.Depth)
            form.setSamples(samples if QOpenGLFramebufferObject.hasOpenGLFramebufferBlit() else 0)
            target = self._targets[samples] = QOpenGLFramebufferObject(size, form)
        return target

    def _read(self, target: QOpenGLFramebufferObject) -> QImage:
        if target.format().samples() == 0:
            return target.toImage()
        if self._resolved is None or self._resolved.size() != target.size():
            self._resolved = QOpenGLFramebufferObject(target.size())
        QOpenGLFramebufferObject.blitFramebuffer(self._resolved, target)
        return self._resolved.toImage()


class _Buffers:
    """Vertices and indices of one part on the graphics side, and which arrays they hold."""

    def __init__(self) -> None:
        self.vertices = QOpenGLBuffer(QOpenGLBuffer.Type.VertexBuffer)
        self.indices = QOpenGLBuffer(QOpenGLBuffer.Type.IndexBuffer)
        self._held: dict[str, NDArray[np.generic]] = {}
        for buffer in (self.vertices, self.indices):
            buffer.create()

    def fill(self, part: Part) -> None:
        self._send("vertices", self.vertices, part.vertices)
        self._send("indices", self.indices, part.indices)

    def destroy(self) -> None:
        self.vertices.destroy()
        self.indices.destroy()

    def _send(self, name: str, buffer: QOpenGLBuffer, array: NDArray[np.generic]) -> None:
        held = self._held.get(name)
        if held is array:
            return
        data = array.view(np.uint8)
        buffer.bind()
        if held is not None and held.nbytes == array.nbytes:
            buffer.write(0, data, array.nbytes)  # type: ignore[arg-type]
        else:
            buffer.allocate(data, array.nbytes)  # type: ignore[call-overload]
        buffer.release()
        self._held[name] = array


def _fog_program() -> FogProgram | None:
    try:
        return FogProgram()
    except RuntimeError as error:
        log.info("%s", error)
        return None


def _program(fragment: str) -> QOpenGLShaderProgram:
    program = QOpenGLShaderProgram()
    program.addShaderFromSourceCode(QOpenGLShader.ShaderTypeBit.Vertex, VERTEX_SHADER)
    program.addShaderFromSourceCode(QOpenGLShader.ShaderTypeBit.Fragment, fragment)
    program.bindAttributeLocation("position", POSITION)
    program.bindAttributeLocation("colour", COLOUR)
    if not program.link():
        raise RuntimeError(f"OpenGL does not take the shader: {program.log()}")
    return program
