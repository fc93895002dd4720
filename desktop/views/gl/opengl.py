"""Checks whether OpenGL works, before a view fails without it."""

from typing import NamedTuple

from PySide6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext

from desktop.text.translate import tr

OLDEST_OPENGL = (2, 1)
GL_RENDERER = 0x1F01
SOFTWARE_RENDERERS = ("llvmpipe", "softpipe", "swrast", "software", "gdi")


class OpenGL(NamedTuple):
    """complaint: the reason why OpenGL does not work, empty if it works. software: True if it runs on the processor.

    driver: the version and the renderer's name.
    """

    complaint: str
    software: bool = False
    driver: str = ""


def find_opengl() -> OpenGL:
    """Ask the driver for OpenGL."""
    platform = QGuiApplication.platformName()
    if platform in ("offscreen", "minimal"):
        return OpenGL(tr("Qt's platform '{name}' has no screen to draw on").format(name=platform))
    context = QOpenGLContext()
    surface = QOffscreenSurface()
    surface.create()
    if not context.create() or not context.makeCurrent(surface):
        return OpenGL(tr("no OpenGL context could be made"))
    version = context.format().version()
    renderer = str(context.functions().glGetString(GL_RENDERER))
    context.doneCurrent()
    if version < OLDEST_OPENGL:
        words = tr("the driver offers OpenGL {version}, and 2.1 is needed")
        return OpenGL(words.format(version=f"{version[0]}.{version[1]}"))
    software = any(name in renderer.lower() for name in SOFTWARE_RENDERERS)
    return OpenGL("", software, f"{version[0]}.{version[1]}, {renderer}")
