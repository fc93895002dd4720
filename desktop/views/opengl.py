"""Can OpenGL draw here? Asked of the driver before a view would fail over it."""

from typing import NamedTuple

from PySide6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext

OLDEST_OPENGL = (2, 1)
GL_RENDERER = 0x1F01
SOFTWARE_RENDERERS = ("llvmpipe", "softpipe", "swrast", "software", "gdi generic")


class OpenGL(NamedTuple):
    """Why OpenGL cannot draw here (empty when it can); whether the processor does its work."""

    complaint: str
    software: bool = False


def find_opengl() -> OpenGL:
    """What the driver offers."""
    platform = QGuiApplication.platformName()
    if platform in ("offscreen", "minimal"):
        return OpenGL(f"Qt's platform '{platform}' has no screen to draw on")
    context = QOpenGLContext()
    surface = QOffscreenSurface()
    surface.create()
    if not context.create() or not context.makeCurrent(surface):
        return OpenGL("no OpenGL context could be made")
    version = context.format().version()
    renderer = str(context.functions().glGetString(GL_RENDERER))
    context.doneCurrent()
    if version < OLDEST_OPENGL:
        return OpenGL(f"the driver offers OpenGL {version[0]}.{version[1]}, and 2.1 is needed")
    return OpenGL("", any(name in renderer.lower() for name in SOFTWARE_RENDERERS))
