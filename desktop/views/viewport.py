"""The body in 3D, upright on its floor; where OpenGL is missing, the reason in its place."""

from contextlib import suppress

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.body.keypoints import layout
from core.body.tree import JOINT_NAMES, joint_index
from desktop.hover import joint_of, keypoint_of
from desktop.posing import Surface, rest_surface
from desktop.theme import theme
from desktop.views.cameras import Orbit
from desktop.views.gestures import Gesture, Pointer, move_joint
from desktop.views.joint_marks import draw_joints
from desktop.views.opengl import OpenGL
from desktop.views.renderer import Look, Renderer
from desktop.workbench import Workbench

WHEEL_FACTOR = 1.15  # per notch
NEAR_PX = 9.0
LIVE_MS = 60  # between two pictures while a keypoint is dragged in the photo


class Viewport(QWidget):
    """Draws the fit of the person on show, or the body at rest.

    Left drag turns; middle or Shift drag pans; the wheel zooms. Joints of a fit can be dragged.
    """

    def __init__(
        self, workbench: Workbench, opengl: OpenGL, renderer: Renderer | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._workbench, self._renderer = workbench, renderer
        antialiased = workbench.view.antialiased
        self._fine = not opengl.software if antialiased is None else antialiased
        self.complaint = opengl.complaint
        self.orbit = Orbit()
        self._rest: tuple[object, Surface] | None = None
        self._picture: tuple[object, QImage] | None = None  # with what it was drawn for
        self._held: tuple[Orbit, QPointF, bool] | None = None  # the camera, place and kind of a drag
        self._gesture: Gesture | None = None
        self.setMinimumSize(200, 160)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Body in 3D"))
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(LIVE_MS)
        self._soon.timeout.connect(self.update)
        workbench.photo_changed.connect(self._follow)
        for signal in (
            *(workbench.view_changed, workbench.hover.changed),
            *(workbench.fits.body_changed, workbench.fits.changed),
        ):
            signal.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(350, 400)

    def _follow(self) -> None:
        """While a keypoint is dragged the photo comes first: the body there is what the eye is on."""
        if not self._workbench.fits.following or self._held is not None:
            self.update()
        elif not self._soon.isActive():
            self._soon.start()

    def hideEvent(self, event: object) -> None:
        self._soon.stop()

    def look_from(self, place: str) -> None:
        """The whole body from one of cameras.PLACES."""
        self._turn(Orbit.at(place))

    @property
    def surface(self) -> Surface | None:
        """Vertices and joints that are shown; None where there is nothing to show."""
        posed, body = self._workbench.fits.posed(), self._workbench.fits.body
        if posed is not None:
            return posed.upright
        if body is None or self._workbench.person is not None:
            return None
        if self._rest is None or self._rest[0] is not body:
            self._rest = (body, rest_surface(body))
        return self._rest[1]

    @property
    def notice(self) -> str:
        """What is written in the middle of the view; empty when nothing is."""
        fits = self._workbench.fits
        if self.complaint:
            return self.tr(
                "The 3D view needs OpenGL, and it is not there: {why}.\n"
                "Update the graphics driver, or install Mesa's software OpenGL "
                "(Debian: sudo apt-get install libgl1-mesa-dri).\nEverything else goes on without it."
            ).format(why=self.complaint)
        if fits.body is None:
            no_body = self.tr("No body is loaded. Open one with File, Open body…")
            return self.tr("Loading the body…") if fits.loading else no_body
        if self._workbench.person is not None and self._workbench.person.fit is None:
            return self.tr("No body is fitted to this person yet.\nPress F to fit one.")
        return ""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colours = QPainter(self), theme(self._workbench.view.theme)
        painter.fillRect(self.rect(), QColor(colours.viewport))
        surface = self.surface
        if self._renderer is not None:
            painter.drawImage(self.rect(), self._draw(surface))
        if surface is not None and self._renderer is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_joints(painter, surface[1])
        if self.notice:
            painter.setPen(QColor(colours.text))
            room = QRectF(self.rect()).adjusted(20, 20, -20, -20)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.notice)

    def _draw(self, surface: Surface | None) -> QImage:
        """The body and its floor; kept until something changes."""
        assert self._renderer is not None
        view, body = self._workbench.view, self._workbench.fits.body
        size = self.size() * self.devicePixelRatioF()
        moving = self._workbench.previewing or self._held is not None
        shown = self._workbench.fits.posed() or (surface is not None)
        fine = self._fine and not moving
        what_for = (shown, body, self.orbit, size, view.theme, view.wireframe, view.floor, fine)
        if self._picture is None or self._picture[0] != what_for:
            colours = theme(view.theme)
            posed = self._workbench.fits.posed()
            if body is not None:
                self._renderer.set_faces(body.faces if posed is None else posed.faces)
            look = Look(
                colours.body,
                colours.wire if view.wireframe else None,
                colours.floor if view.floor else None,
                colours.viewport,
                fine,
            )
            vertices = None if surface is None else surface[0]
            self._picture = (what_for, self._renderer.draw(vertices, self.orbit.camera(size), size, look))
        return self._picture[1]

    def _paint_joints(self, painter: QPainter, joints: np.ndarray) -> None:
        """The selected joint; all of them, small, while the mouse is over the view."""
        draw_joints(
            painter,
            self.orbit.project(joints, self.size()),
            theme(self._workbench.view.theme),
            self._joint_marked(),
            self._workbench.hover.joint,
            self.underMouse(),
        )

    def joint_at(self, at: QPointF) -> str | None:
        """The joint nearest to a point of the view, if one is near."""
        surface = self.surface
        if surface is None:
            return None
        away = np.linalg.norm(self.orbit.project(surface[1], self.size()) - [at.x(), at.y()], axis=1)
        index = int(np.nanargmin(np.where(np.isfinite(away), away, np.inf)))
        return JOINT_NAMES[index] if away[index] <= NEAR_PX else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        pans = shifted or event.button() == Qt.MouseButton.MiddleButton
        joint = None if pans else self.joint_at(event.position())
        self._held = (self.orbit, event.position(), pans)
        if joint is not None:
            self._workbench.look(joint=joint, keypoint=self._keypoint_called(joint))
            self._gesture = self._joint_gesture(joint, event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held is None:
            self._workbench.hover.over_joint(self.joint_at(event.position()) or "")
            return
        orbit, start, pans = self._held
        by = np.array([event.position().x() - start.x(), event.position().y() - start.y()])
        if self._gesture is not None:
            self._gesture.send(Pointer(by, by))
        else:
            self._turn(orbit.panned(by, self.size()) if pans else orbit.turned(by))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        gesture, self._gesture, self._held = self._gesture, None, None
        if gesture is not None:
            with suppress(StopIteration):
                gesture.send(Pointer(np.zeros(2), np.zeros(2), released=True))
        self.update()

    def cancel(self) -> bool:
        """End a drag without its change. Returns whether there was one."""
        gesture, self._gesture, self._held = self._gesture, None, None
        if gesture is None:
            return False
        gesture.close()
        return True

    def _joint_gesture(self, joint: str, start: QPointF) -> Gesture | None:
        """Drags the joint of a fit; None where there is nothing that may be changed."""
        posed = self._workbench.fits.posed()
        if posed is None or not self._workbench.editable:
            return None
        orbit, size = self.orbit, self.size()
        at = posed.upright[1][joint_index(joint)]

        def target(pointer: Pointer) -> np.ndarray:
            return posed.from_upright(orbit.moved(at, pointer.canvas, size))

        gesture = move_joint(self._workbench, joint, target)
        next(gesture)
        return gesture

    def _keypoint_called(self, joint: str) -> int:
        """The person's keypoint of a joint's name."""
        person = self._workbench.person
        return keypoint_of(layout(person.keypoints.layout).keypoints if person is not None else (), joint)

    def _joint_marked(self) -> str:
        """The joint of the keypoint selected in the photo, else the one selected here."""
        view, person = self._workbench.view, self._workbench.person
        if person is not None and 0 <= view.keypoint < person.keypoints.k:
            return joint_of(layout(person.keypoints.layout).keypoints[view.keypoint]) or view.joint
        return view.joint

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120
        self._turn(self.orbit.zoomed(WHEEL_FACTOR**notches))

    def enterEvent(self, event: object) -> None:
        self.update()

    def leaveEvent(self, event: object) -> None:
        self._workbench.hover.over_joint("")
        self.update()

    def _turn(self, orbit: Orbit) -> None:
        self.orbit = orbit
        self.update()
