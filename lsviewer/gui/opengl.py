"""Whether OpenGL is here, and what must be set before the QApplication exists.

The 3D view draws off screen into a framebuffer of its own, with the functions Qt brings: the window itself stays an ordinary
raster window, nothing depends on the platform's GL window integration, and an export is the same picture as the screen.
"""

import os
from functools import lru_cache

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QOffscreenSurface, QOpenGLContext, QSurfaceFormat

SAMPLES = 4
NEEDED = (2, 1)
OFF = "LSVIEWER_OPENGL"
"""Environment variable: ``0`` runs without OpenGL, for broken drivers and for tests."""

_GL_RENDERER, _GL_VERSION = 0x1F01, 0x1F02


def configure() -> None:
    """Set surface format and shared contexts; call before the QApplication is made."""
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    surface = QSurfaceFormat.defaultFormat()
    surface.setDepthBufferSize(24)
    surface.setSamples(SAMPLES)
    QSurfaceFormat.setDefaultFormat(surface)


def probe() -> str | None:
    """Return who draws and with which OpenGL, ``llvmpipe (LLVM 15.0.6, 256 bits), 4.5 ...``, or None when there is none."""
    return None if os.environ.get(OFF) == "0" else _probe()


@lru_cache(maxsize=1)
def _probe() -> str | None:
    made = offscreen()
    if made is None:
        return None
    context, surface = made
    functions = context.functions()
    renderer, version = (functions.glGetString(name) for name in (_GL_RENDERER, _GL_VERSION))
    context.doneCurrent()
    surface.destroy()
    return f"{_text(renderer)}, {_text(version)}"


def offscreen() -> tuple[QOpenGLContext, QOffscreenSurface] | None:
    """Return a current context on an off-screen surface, or None if this machine has no OpenGL 2.1."""
    if os.environ.get(OFF) == "0":
        return None
    form = QSurfaceFormat.defaultFormat()
    form.setSamples(0)  # the framebuffer we draw into has the samples
    context = QOpenGLContext()
    context.setFormat(form)
    if (shared := QOpenGLContext.globalShareContext()) is not None:
        context.setShareContext(shared)
    if not context.create():
        return None
    surface = QOffscreenSurface()
    surface.setFormat(context.format())
    surface.create()
    if not surface.isValid() or not context.makeCurrent(surface):
        return None
    if context.format().version() < NEEDED and not context.isOpenGLES():
        return None
    return context, surface


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
