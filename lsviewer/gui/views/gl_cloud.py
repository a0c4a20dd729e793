"""Marches through a volume with OpenGL: one line of sight a pixel, from where it enters the cube to where it leaves it.

The volume is a three-dimensional texture of two channels, loss and light, the colours a table; the shader composes them front to
back and stops where nothing would shine through. Qt's texture takes no pointer from Python, so the data goes through a buffer
(`PixelUnpackBuffer`), of which it takes the offset 0.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QMatrix4x4, QOpenGLFunctions, QVector3D
from PySide6.QtOpenGL import (
    QOpenGLBuffer,
    QOpenGLPixelTransferOptions,
    QOpenGLShader,
    QOpenGLShaderProgram,
    QOpenGLTexture,
)
from shiboken6 import Shiboken, VoidPtr

from lsviewer.gui.views.camera import Floats

MOST_STEPS = 512  # a loop must have an end the compiler knows
VERTEX_SHADER = """
attribute vec3 position; uniform mat4 matrix; varying vec3 place;
void main() { gl_Position = matrix * vec4(position, 1.0); place = position; }
"""
FRAGMENT_SHADER = """
uniform sampler3D volume; uniform sampler2D table; uniform vec3 eye, first, size; uniform float density, stride;
varying vec3 place;
void main() {
    vec3 start = (eye - vec3(-1.0, -1.0, 0.0)) / 2.0, along = (place - eye) / 2.0;
    vec3 one = -start / along, other = (1.0 - start) / along;
    vec3 nearer = min(one, other);
    float entry = max(max(max(nearer.x, nearer.y), nearer.z), 0.0);
    float whole = length(along) * (1.0 - entry);
    vec3 ahead = normalize(along), at = start + entry * along;
    float done = 0.0, left = 1.0;
    vec3 shown = vec3(0.0);
    for (int step = 0; step < MOST_STEPS; step++) {
        if (done >= whole || left < 0.01) break;
        float ds = min(stride, whole - done);
        vec2 here = texture3D(volume, first + size * (at + ahead * (done + 0.5 * ds))).rg;
        vec4 colour = texture2D(table, vec2((here.r * 255.0 + 0.5) / 256.0, 0.5));
        float through = exp(-density * colour.a * ds);
        shown += left * (1.0 - through) * here.g * colour.rgb;
        left *= through;
        done += ds;
    }
    gl_FragColor = vec4(shown, 1.0 - left);
}
""".replace("MOST_STEPS", str(MOST_STEPS))
FACES = [
    (0, 1, 3, 2),
    (4, 6, 7, 5),
    (0, 4, 5, 1),
    (2, 3, 7, 6),
    (0, 2, 6, 4),
    (1, 5, 7, 3),
]  # anticlockwise from outside

GL_TRIANGLES, GL_FLOAT, GL_UNSIGNED_INT = 0x0004, 0x1406, 0x1405
GL_BLEND, GL_ONE, GL_ONE_MINUS_SOURCE_ALPHA = 0x0BE2, 1, 0x0303
GL_CULL_FACE, GL_FRONT, GL_BACK, GL_DEPTH_TEST = 0x0B44, 0x0404, 0x0405, 0x0B71


@dataclass(frozen=True, slots=True, eq=False)
class Fog:
    """A volume in the cube from (-1, -1, 0) to (1, 1, 2), seen from ``eye``; the same arrays are not sent again."""

    points: NDArray[np.uint16]  # (n2, n1, n0, 2): loss, light
    table: NDArray[np.uint8]  # (256, 4): colour and opacity of a loss
    density: float  # absorbed per side of the cube where opacity is 1
    steps: int  # along a side of the cube
    eye: Floats  # (3,)


class FogProgram:
    """The shader, the textures and the cube on the graphics side. Raises `RuntimeError` where OpenGL does not take it."""

    def __init__(self) -> None:
        self._program = QOpenGLShaderProgram()
        self._program.addShaderFromSourceCode(QOpenGLShader.ShaderTypeBit.Vertex, VERTEX_SHADER)
        self._program.addShaderFromSourceCode(QOpenGLShader.ShaderTypeBit.Fragment, FRAGMENT_SHADER)
        self._program.bindAttributeLocation("position", 0)
        if not self._program.link():
            raise RuntimeError(f"OpenGL does not take the shader of a cloud: {self._program.log()}")
        corners = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (0, 2)], np.float32)
        triangles = np.array([(a, b, c, a, c, d) for a, b, c, d in FACES], np.uint32)
        self._corners = _buffer(QOpenGLBuffer.Type.VertexBuffer, corners)
        self._triangles = _buffer(QOpenGLBuffer.Type.IndexBuffer, triangles)
        self._textures: dict[str, QOpenGLTexture] = {}
        self._held: dict[str, NDArray[np.generic]] = {}

    def draw(self, gl: QOpenGLFunctions, fog: Fog, matrix: Floats, *, draft: bool) -> None:
        """Lay the cloud over what is drawn already; a draft takes steps twice as long."""
        self._send("volume", fog.points)
        self._send("table", fog.table[None])
        counts = np.array(fog.points.shape[2::-1], np.float64)
        program = self._program
        program.bind()
        program.setUniformValue(program.uniformLocation("matrix"), QMatrix4x4(*matrix.ravel().tolist()))
        for name, vector in (("eye", fog.eye), ("first", 0.5 / counts), ("size", 1.0 - 1.0 / counts)):
            program.setUniformValue(program.uniformLocation(name), QVector3D(*vector.tolist()))
        for name, number in (("density", fog.density), ("stride", (2.0 if draft else 1.0) / fog.steps)):
            gl.glUniform1f(program.uniformLocation(name), number)
        for unit, name in enumerate(("volume", "table")):
            self._textures[name].bind(unit)
            gl.glUniform1i(program.uniformLocation(name), unit)
        gl.glDisable(GL_DEPTH_TEST)  # the faces that are hit lie behind everything in the cube
        gl.glEnable(GL_CULL_FACE)
        gl.glCullFace(GL_FRONT)
        gl.glEnable(GL_BLEND)
        gl.glBlendFunc(GL_ONE, GL_ONE_MINUS_SOURCE_ALPHA)
        self._corners.bind()
        program.enableAttributeArray(0)
        program.setAttributeBuffer(0, GL_FLOAT, 0, 3, 12)
        self._corners.release()
        self._triangles.bind()
        gl.glDrawElements(GL_TRIANGLES, 36, GL_UNSIGNED_INT, VoidPtr(0))  # type: ignore[arg-type]
        self._triangles.release()
        program.disableAttributeArray(0)
        for texture in self._textures.values():
            texture.release()
        gl.glDisable(GL_BLEND)
        gl.glDisable(GL_CULL_FACE)
        gl.glEnable(GL_DEPTH_TEST)
        program.release()

    def destroy(self) -> None:
        """Give back everything on the graphics side; its context is current."""
        for texture in self._textures.values():
            texture.destroy()
        self._textures.clear()
        self._held.clear()
        self._corners.destroy()
        self._triangles.destroy()
        if Shiboken.isValid(self._program):
            self._program.removeAllShaders()

    def _send(self, name: str, array: NDArray[np.uint16] | NDArray[np.uint8]) -> None:
        """Keep an array (depth,) height, width, channels as a texture of that many dimensions, linear in between."""
        if self._held.get(name) is array or (
            name == "table" and np.array_equal(self._held.get(name, array[:0]), array)
        ):
            return
        form, kind = QOpenGLTexture.PixelFormat, QOpenGLTexture.PixelType
        wide = array.dtype == np.uint16
        pixels, sort = (form.RG, kind.UInt16) if wide else (form.RGBA, kind.UInt8)
        texture = self._textures.get(name)
        if texture is None or self._held[name].shape != array.shape:
            if texture is not None:
                texture.destroy()
            target = QOpenGLTexture.Target.Target3D if array.ndim == 4 else QOpenGLTexture.Target.Target2D
            texture = self._textures[name] = QOpenGLTexture(target)
            texture.setFormat(
                QOpenGLTexture.TextureFormat.RG16_UNorm if wide else QOpenGLTexture.TextureFormat.RGBA8_UNorm
            )
            texture.setSize(*array.shape[-2:-5:-1])
            texture.setMipLevels(1)
            texture.setMinMagFilters(QOpenGLTexture.Filter.Linear, QOpenGLTexture.Filter.Linear)
            texture.setWrapMode(QOpenGLTexture.WrapMode.ClampToEdge)
            texture.allocateStorage(pixels, sort)
        options = QOpenGLPixelTransferOptions()
        options.setAlignment(1)
        buffer = _buffer(QOpenGLBuffer.Type.PixelUnpackBuffer, array)
        buffer.bind()
        texture.setData(pixels, sort, VoidPtr(0), options)  # type: ignore[call-overload]
        buffer.release()
        buffer.destroy()
        self._held[name] = array


def _buffer(kind: QOpenGLBuffer.Type, array: NDArray[np.generic]) -> QOpenGLBuffer:
    buffer = QOpenGLBuffer(kind)
    buffer.create()
    buffer.bind()
    buffer.allocate(np.ascontiguousarray(array).view(np.uint8).ravel(), array.nbytes)  # type: ignore[call-overload]
    buffer.release()
    return buffer
