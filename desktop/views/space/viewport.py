"""The widget that shows the body in 3D, or the reason why OpenGL does not work."""

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from desktop.model.workbench import Workbench
from desktop.qt_override import qt_override
from desktop.state.floor_frame import heading_deg
from desktop.state.posed_body import Surface
from desktop.text.translate import tr
from desktop.views.drawing import draw_focus, draw_notice
from desktop.views.gesture import ARROWS, Pointer
from desktop.views.gl.cameras import Orbit
from desktop.views.gl.opengl import OpenGL
from desktop.views.gl.renderer import Renderer
from desktop.views.repaint_later import Unhurried
from desktop.views.sized_view import SizedView
from desktop.views.space.body_painter import BodyPainter
from desktop.views.space.gizmo import OPPOSITE, Gizmo
from desktop.views.space.joint_hand import JointHand
from desktop.views.space.joint_target import joint_or_view
from desktop.views.space.next_look import NextLook
from desktop.views.space.space_notice import notice_of
from desktop.views.space.studio import studio
from desktop.views.space.viewpoint import Viewpoint

WHEEL_FACTOR = 1.15  # per notch
ARROW_PX = 10.0  # length of the drag that one press of an arrow key equals
CLICK_PX = 3.0  # a press that moves less is a click
HAND = Qt.CursorShape.PointingHandCursor


class Viewport(SizedView):
    """Shows the selected person's fit, or the body at rest.

    Left drag turns; middle or Shift drag pans; the wheel zooms. Joints of a fit can be dragged. Arrows turn, and pan
    with Shift. A click on an end of the axes shows the body from there, one on another person selects them.
    aside_deg: this view's azimuth relative to the viewpoint, which other views may share.
    """

    menu_asked = Signal(object, QPoint)  # the Target of a context menu, and its place on the screen

    def __init__(
        self,
        workbench: Workbench,
        opengl: OpenGL,
        renderer: Renderer | None,
        viewpoint: Viewpoint | None = None,
        aside_deg: float = 0.0,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._viewpoint, self._aside_deg = viewpoint or Viewpoint(self), aside_deg
        self._viewpoint.changed.connect(self.update)
        self._painter = BodyPainter(workbench, opengl, renderer, self)
        self._painter.timeout.connect(self.update)
        self._legend = not aside_deg
        self.complaint = opengl.complaint
        self._without_opengl = notice_of(workbench, self.complaint) if self.complaint else ""
        self._held: tuple[Orbit, QPointF, bool] | None = None  # the camera, place and kind of a drag
        self.hand = JointHand(workbench, lambda: (self.orbit, self.size()))
        self._end: str | None = None  # of the axes, under the mouse
        self.setMinimumSize(200, 160)
        self.setAccessibleName(tr("Body in 3D"))
        self._next_look = NextLook(workbench)
        self._soon = Unhurried(self, workbench)
        for signal in (workbench.photo_changed, workbench.floor.changed, workbench.fits.body_changed):
            signal.connect(self._show_whole)
        workbench.previewed.connect(self._follow_hand)
        workbench.cancelled.connect(self._let_go)
        for signal in (
            *(workbench.view_changed, workbench.hover.changed, workbench.floor.changed),
            *(workbench.fits.body_changed, workbench.fits.changed),
        ):
            signal.connect(self.update)

    @qt_override(QSize)
    def sizeHint(self) -> QSize:
        return QSize(350, 400)

    def _show_whole(self) -> None:
        """Show what is new whole, unless the mouse holds the view."""
        surface = self.surface
        if surface is None or not self.isVisible():
            return
        orbit = self._next_look.after(self.orbit, surface, self.size())
        if self._held is not None:
            return
        if orbit is None and not self._aside_deg:
            self.frame(self._workbench.view.everyone)
        else:  # a view from aside follows the other one
            self._turn(orbit or self.orbit.around(surface[0], self.size()))

    def _follow_hand(self) -> None:
        if self._held is not None:  # the user looks here, and not at the photo
            self.update()

    @qt_override()
    def resizeEvent(self, event: QResizeEvent) -> None:
        points = self._points(self._workbench.view.everyone)
        if points is not None:
            self._turn(self._next_look.resized(self.orbit, points, event.oldSize(), self.size()))
        super().resizeEvent(event)

    @qt_override()
    def showEvent(self, event: QShowEvent) -> None:
        self._show_whole()
        super().showEvent(event)

    @qt_override()
    def hideEvent(self, event: object) -> None:
        self._soon.stop()
        self._painter.stop()

    @property
    def orbit(self) -> Orbit:
        """This view's camera."""
        orbit = self._viewpoint.orbit
        return replace(orbit, azimuth_deg=orbit.azimuth_deg + self._aside_deg)

    def view_from(self, place: str) -> None:
        """Show the whole body: from one of cameras.SIDES, "home" for the first look, "photo" for the photo's camera."""
        posed, surface = self._workbench.shown.posed, self.surface
        if place == "photo" and posed is not None and surface is not None:
            eye = self._workbench.floor.below(posed).to_floor(np.zeros((1, 3), np.float32))[0]
            self._turn(Orbit.from_eye(eye, surface[0], self.size()))
            return
        orbit = Orbit() if place in ("home", "photo") else Orbit.at(place, self.gizmo.heading_deg)
        if surface is not None:
            self._turn(self._next_look.filled(orbit, surface[0], self.size()))

    def frame(self, everyone: bool = False) -> None:
        """Show the whole body from where the camera is, as large as it can be. everyone: all people of the photo."""
        points = self._points(everyone)
        if points is not None:
            towards = Orbit(self.orbit.azimuth_deg, self.orbit.elevation_deg)
            self._turn(self._next_look.filled(towards, points, self.size()))

    def _points(self, everyone: bool) -> np.ndarray | None:
        """What is to be seen (N, 3) [m]: the selected body, or everybody's."""
        surface, others = self.surface, self._painter.people.vertices().values() if everyone else ()
        return None if surface is None else np.concatenate([surface[0], *others])

    def zoom(self, factor: float) -> None:
        """Zoom in by a factor."""
        self._turn(self.orbit.zoomed(factor))

    @property
    def surface(self) -> Surface | None:
        """Vertices and joints to show; None if there is no body to show."""
        return self._painter.surface

    @property
    def notice(self) -> str:
        """The text in the middle of the view; empty if there is none."""
        return self._without_opengl or notice_of(self._workbench, "")

    @qt_override()
    def paintEvent(self, event: QPaintEvent) -> None:
        view = self._workbench.view
        colours, held = view.colours, self._held is not None
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), studio(self.width(), self.height(), colours.name == "dark"))
            ghosts = self._painter.ghosts.there() if view.ghosts else {}
            picture = None
            if not self.complaint:
                picture = self._painter.draw(self.orbit, self.size() * self.devicePixelRatioF(), held, ghosts)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if picture is not None:
                painter.drawImage(self.rect(), picture)
                self._draw_tools(painter)
            if view.ghosts and self._workbench.person is not None and self._legend:
                self._painter.ghosts.paint_legend(painter, colours, ghosts)
            notice = "" if picture is not None and self._workbench.shown.posed is not None else self.notice
            if notice and not ghosts:
                draw_notice(painter, QRectF(self.rect()).adjusted(20, 20, -20, -20), notice, colours)
            if self.hasFocus():
                draw_focus(painter, self.rect(), colours)

    def _draw_tools(self, painter: QPainter) -> None:
        surface = self.surface
        if surface is not None:
            self.hand.draw(painter, surface[1], self.underMouse())
            self.gizmo.draw(painter, self._workbench.view.colours, self._end)

    @property
    def gizmo(self) -> Gizmo:
        """The axes in the corner."""
        surface = self.surface
        return Gizmo(self.orbit, 0.0 if surface is None else heading_deg(surface[1]), self.size())

    @qt_override()
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.RightButton:
            return
        at, surface = event.position(), self.surface
        end = self.gizmo.hit(np.array([at.x(), at.y()]))
        if end is not None and surface is not None:
            there = np.allclose(Orbit.at(end, self.gizmo.heading_deg).axes, self.orbit.axes, atol=1e-3)
            self.view_from(OPPOSITE[end] if there else end)
            return
        shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        pans = shifted or event.button() == Qt.MouseButton.MiddleButton
        self._held = (self.orbit, at, pans)
        if not pans and surface is not None:
            self.hand.press(at, surface[1])

    @qt_override()
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.hand.holds:
            return
        surface, at = self.surface, QPointF(event.pos())
        joint = None if surface is None else self.hand.joint_at(at, surface[1])
        joints_px = None if surface is None else self.orbit.project(surface[1], self.size())
        target, place = joint_or_view(event, self._workbench, joint, joints_px, self.rect())
        self.menu_asked.emit(target, self.mapToGlobal(place))

    @qt_override()
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at, surface = event.position(), self.surface
        if self._held is None:
            if surface is not None:
                before, self._end = self._end, self.gizmo.hit(np.array([at.x(), at.y()]))
                if self._end != before:
                    self.setCursor(HAND if self._end else Qt.CursorShape.ArrowCursor)
                if self.hand.hover(at, surface[1]) or self._end != before:
                    self.update()
            return
        orbit, start, pans = self._held
        by = np.array([at.x() - start.x(), at.y() - start.y()])
        if self.hand.holds:
            self.hand.move(Pointer(by, by))
        else:
            self._turn(orbit.panned(by, self.size()) if pans else orbit.turned(by))

    @qt_override()
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.RightButton:
            return
        held, self._held = self._held, None
        turned, at, workbench = not self.hand.holds, event.position(), self._workbench
        self.hand.release()
        clicked = held is not None and turned and (at - held[1]).manhattanLength() < CLICK_PX
        if clicked and workbench.view.everyone:
            person_id = self._painter.people.person_at(np.array([at.x(), at.y()]), self.orbit, self.size())
            workbench.select(workbench.person_id if person_id is None else person_id)
        self.update()

    def cancel(self) -> bool:
        """Cancel a drag. Returns True if there was one."""
        self._held = None
        return self.hand.drop()

    def _let_go(self) -> None:  # as the gesture would overwrite another change with older values
        held = self.hand.holds
        self.hand.let_go()
        if held and not self.hand.holds:
            self._held = None

    @qt_override()
    def wheelEvent(self, event: QWheelEvent) -> None:
        self.zoom(WHEEL_FACTOR ** (event.angleDelta().y() / 120))

    @qt_override()
    def keyPressEvent(self, event: QKeyEvent) -> None:
        arrow = ARROWS.get(Qt.Key(event.key()))
        if arrow is None:
            super().keyPressEvent(event)
            return
        by, pans = ARROW_PX * np.array(arrow), event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        self._turn(self.orbit.panned(by, self.size()) if pans else self.orbit.turned(by))

    @qt_override()
    def enterEvent(self, event: object) -> None:
        self.update()

    @qt_override()
    def leaveEvent(self, event: object) -> None:
        self._workbench.hover.over_joint("")
        self.update()

    def _turn(self, orbit: Orbit) -> None:
        self._viewpoint.turn(replace(orbit, azimuth_deg=orbit.azimuth_deg - self._aside_deg))
