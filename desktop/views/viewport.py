"""The body in 3D, upright on its floor; where OpenGL is missing, the reason in its place."""

from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext, QResizeEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from core.body.tree import joint_index
from desktop.posing import Surface, rest_surface
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
    """Draws the fit of the person on show, or the body at rest. Without OpenGL it says why."""

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
        self._rest: Surface | None = None
        self._shown: object = None
        workbench.fits.body_changed.connect(self._take_body)
        workbench.fits.changed.connect(self._notify)
        workbench.photo_changed.connect(self._draw)
        workbench.view_changed.connect(self._dress)
        self._dress()
        self._notify()

    @property
    def notice(self) -> str:
        """What is written in the middle of the view; empty when nothing is."""
        return self._notice.text()

    def look_from(self, place: str) -> None:
        """Look at the whole body from one of body_scene.PLACES."""
        if self.scene is not None:
            self.scene.look_from(place)

    def close_scene(self) -> None:
        """Give back what OpenGL holds."""
        if self.scene is not None:
            self.scene.close()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._notice.setGeometry(self.rect().adjusted(24, 24, -24, -24))

    @property
    def surface(self) -> Surface | None:
        """What is shown; None where there is nothing to show."""
        posed = self._workbench.fits.posed()
        if posed is not None:
            return posed.upright
        return self._rest if self._workbench.person is None else None

    def _take_body(self) -> None:
        body = self._workbench.fits.body
        if self.scene is not None and body is not None:
            self.scene.set_faces(body.faces)
            self._rest = rest_surface(body)
        self._shown = None
        self._draw()

    def _draw(self) -> None:
        self._notify()
        if self.scene is None:
            return
        what = (self._workbench.fits.posed(), self._workbench.person is None, self._workbench.view.joint)
        if what == self._shown:
            return
        self._shown = what
        surface = self.surface
        if surface is None:
            self.scene.show_nothing()
        else:
            self.scene.set_points(surface[0], surface[1][joint_index(self._workbench.view.joint)])

    def _dress(self) -> None:
        if self.scene is not None:
            self.scene.dress(self._workbench.view)
        self._draw()

    def _notify(self) -> None:
        fits, text = self._workbench.fits, ""
        if self.complaint:
            text = self.tr(
                "The 3D view needs OpenGL, and it is not there: {why}.\n"
                "Update the graphics driver, or install Mesa's software OpenGL "
                "(Debian: sudo apt-get install libgl1-mesa-dri).\nEverything else goes on without it."
            ).format(why=self.complaint)
        elif fits.body is None:
            no_body = self.tr("No body is loaded. Open one with File, Open body…")
            text = self.tr("Loading the body…") if fits.loading else no_body
        elif self._workbench.person is not None and self._workbench.person.fit is None:
            text = self.tr("No body is fitted to this person yet.\nPress F to fit one.")
        if text != self._notice.text():
            self._notice.setText(text)
            self._notice.setVisible(bool(text))
            self._notice.raise_()
