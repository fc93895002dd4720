"""The body in 3D, upright on its floor; where OpenGL is missing, the reason in its place."""

from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext, QResizeEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from core.body.tree import joint_index
from desktop.views.body_scene import BodyScene
from desktop.workbench import Workbench

OLDEST_OPENGL = (2, 0)
GL_RENDERER = 0x1F01
SOFTWARE_RENDERERS = ("llvmpipe", "softpipe", "swrast", "software", "gdi generic")


class OpenGL(NamedTuple):
    """Why OpenGL cannot draw in a window here (empty when it can); whether the processor does its work."""

    complaint: str
    software: bool = False


def find_opengl() -> OpenGL:
    """Ask the driver, before a view would fail over it."""
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
        return OpenGL(f"the driver offers OpenGL {version[0]}.{version[1]}, and 2.0 is needed")
    return OpenGL("", any(name in renderer.lower() for name in SOFTWARE_RENDERERS))


class Viewport(QWidget):
    """Draws the workbench's surface. Without OpenGL it says so, and the rest of the window goes on."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self.setMinimumSize(320, 240)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        opengl = find_opengl()
        antialiased = workbench.view.antialiased
        self.complaint = opengl.complaint
        self.scene = (
            None
            if opengl.complaint
            else BodyScene(not opengl.software if antialiased is None else antialiased)
        )
        if self.scene is not None:
            layout.addWidget(self.scene.widget)
        self._notice = QLabel(self)
        self._notice.setObjectName("viewport_notice")
        self._notice.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._notice.setWordWrap(True)
        self._notice.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        workbench.body_changed.connect(self._take_body)
        workbench.posed_changed.connect(self._draw)
        workbench.view_changed.connect(self._dress)
        workbench.job_changed.connect(self._notify)
        self._dress()
        self._notify()

    @property
    def notice(self) -> str:
        """What is written in the middle of the view; empty when nothing is."""
        return self._notice.text()

    def reset_camera(self) -> None:
        """Look at the whole body again."""
        if self.scene is not None:
            self.scene.look_home()

    def close_scene(self) -> None:
        """Give back what OpenGL holds."""
        if self.scene is not None:
            self.scene.close()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._notice.setGeometry(self.rect().adjusted(24, 24, -24, -24))

    def _take_body(self) -> None:
        if self.scene is not None and self._workbench.body is not None:
            self.scene.set_faces(self._workbench.body.faces)
        self._draw()
        self._notify()

    def _draw(self) -> None:
        surface = self._workbench.surface
        if self.scene is not None and surface is not None:
            self.scene.set_points(surface.vertices, surface.joints[joint_index(self._workbench.view.joint)])

    def _dress(self) -> None:
        if self.scene is not None:
            self.scene.dress(self._workbench.view)
        self._draw()

    def _notify(self) -> None:
        if self.complaint:
            text = self.tr(
                "The 3D view needs OpenGL, and it is not there: {why}.\n"
                "Update the graphics driver, or install Mesa's software OpenGL "
                "(Debian: sudo apt-get install libgl1-mesa-dri).\nEverything else goes on without it."
            ).format(why=self.complaint)
        else:
            no_body = self.tr("No body is loaded. Open one with File, Open body…")
            text = (self._workbench.job or no_body) if self._workbench.body is None else ""
        self._notice.setText(text)
        self._notice.setVisible(bool(text))
        self._notice.raise_()
