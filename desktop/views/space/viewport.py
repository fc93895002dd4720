"""The widget that shows the body in 3D, or the reason why OpenGL does not work."""

from dataclasses import replace
from functools import partial

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.body.tree import JOINT_NAMES, joint_index
from core.wishes import names_of
from desktop.commands.body_menu import finish_order
from desktop.model.hover import joint_meant, keypoint_called
from desktop.model.workbench import Workbench
from desktop.qt_override import qt_override
from desktop.state.joint_turns import axes_of
from desktop.state.posed_body import TURN, Surface
from desktop.text.translate import tr
from desktop.views.drawing import draw_focus, draw_notice
from desktop.views.gesture import ARROWS, Hand, Pointer
from desktop.views.gl.cameras import Orbit
from desktop.views.gl.opengl import OpenGL
from desktop.views.gl.renderer import Renderer
from desktop.views.repaint_later import Unhurried
from desktop.views.space.body_painter import BodyPainter
from desktop.views.space.joint_gestures import move_joint, turn_joint
from desktop.views.space.joint_marks import draw_joints
from desktop.views.space.joint_target import joint_or_view
from desktop.views.space.rings import Grip, Rings
from desktop.views.space.space_notice import notice_of
from desktop.views.space.viewpoint import Viewpoint

WHEEL_FACTOR = 1.15  # per notch
NEAR_PX = 9.0
ARROW_PX = 10.0  # length of the drag that one press of an arrow key equals


class Viewport(QWidget):
    """Shows the selected person's fit, or the body at rest.

    Left drag turns; middle or Shift drag pans; the wheel zooms. Joints of a fit can be dragged. Arrows turn, and pan
    with Shift. aside_deg: this view's azimuth relative to the viewpoint, which other views may share.
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
        self._painter = BodyPainter(workbench, opengl, renderer)
        self._legend = not aside_deg
        self.complaint = opengl.complaint
        self._without_opengl = notice_of(workbench, self.complaint) if self.complaint else ""
        self._held: tuple[Orbit, QPointF, bool] | None = None  # the camera, place and kind of a drag
        self._hand = Hand()
        self._grip: Grip | None = None  # of the ring that is held or under the cursor …
        self._turned = 0.0  # … and how far it was dragged [rad]
        self.setMinimumSize(200, 160)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Body in 3D"))
        self._shown_before: Surface | None = None  # the body last shown
        self._soon = Unhurried(self, workbench)
        workbench.photo_changed.connect(self._show_whole)
        for signal in (workbench.photo_changed, workbench.previewed):
            signal.connect(self._follow)
        workbench.cancelled.connect(self._let_go)
        workbench.fits.body_changed.connect(self._show_whole)
        for signal in (
            *(workbench.view_changed, workbench.hover.changed),
            *(workbench.fits.body_changed, workbench.fits.changed),
        ):
            signal.connect(self.update)

    @qt_override(QSize)
    def sizeHint(self) -> QSize:
        return QSize(350, 400)

    def _show_whole(self) -> None:
        """Another body or a new fit is shown whole where the last one was, unless the mouse holds the view."""
        surface, before = self.surface, self._shown_before
        if surface is None or not self.isVisible():
            return
        self._shown_before = surface
        if self._held is None and (before is None or self.orbit.shows(before[0], self.size())):
            self._turn(self.orbit.around(surface[0], self.size()))

    def _follow(self) -> None:
        if self._held is not None:
            self.update()
        else:
            self._soon.ask()

    @qt_override()
    def resizeEvent(self, event: QResizeEvent) -> None:
        if self.surface is not None and self.orbit.shows(self.surface[0], event.oldSize()):
            self._turn(self.orbit.around(self.surface[0], self.size()))

    @qt_override()
    def hideEvent(self, event: object) -> None:
        self._soon.stop()

    @property
    def orbit(self) -> Orbit:
        """This view's camera."""
        orbit = self._viewpoint.orbit
        return replace(orbit, azimuth_deg=orbit.azimuth_deg + self._aside_deg)

    def view_from(self, place: str) -> None:
        """Show the whole body from one of cameras.PLACES. "photo": from the photo's camera."""
        posed = self._workbench.shown.posed
        if place == "photo" and posed is not None:
            vertices = posed.upright[0]
            middle = (vertices.min(axis=0) + vertices.max(axis=0)) / 2
            self._turn(Orbit.from_eye(posed.to_upright(np.zeros((1, 3)))[0], middle))
        elif self.surface is not None:
            self._turn(Orbit.at(place).around(self.surface[0], self.size()))
        else:
            self._turn(Orbit.at(place))

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
        colours = view.colours
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(colours.viewport))
            ghosts = self._painter.ghosts.there() if view.ghosts else {}
            picture = self._painter.draw(
                self.orbit, self.size() * self.devicePixelRatioF(), self._held is not None, ghosts
            )
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if picture is not None:
                painter.drawImage(self.rect(), picture)
            if picture is not None and self.surface is not None:
                self._paint_joints(painter, self.surface[1])
                rings = self._rings()
                if rings is not None:
                    rings.draw(painter, self.orbit, self.size(), self._grip, self._turned)
            if view.ghosts and self._workbench.person is not None and self._legend:
                self._painter.ghosts.paint_legend(painter, colours, ghosts)
            notice = "" if picture is not None and self._workbench.shown.posed is not None else self.notice
            if notice and not ghosts:
                draw_notice(painter, QRectF(self.rect()).adjusted(20, 20, -20, -20), notice, colours)
            if self.hasFocus():
                draw_focus(painter, self.rect(), colours)

    def _paint_joints(self, painter: QPainter, joints: np.ndarray) -> None:
        """Draw the selected joint and held ones; all joints, small, while the mouse is over the view."""
        person = self._workbench.person
        draw_joints(
            painter,
            self.orbit.project(joints, self.size()),
            self._workbench.view.colours,
            joint_meant(self._workbench.person, self._workbench.view),
            self._workbench.hover.joint,
            frozenset(name for wish in person.wishes for name in names_of(wish)) if person else frozenset(),
            self.underMouse(),
        )

    def _rings(self) -> Rings | None:
        """Rings around the marked joint of an editable fit, if rings are turned on."""
        posed = self._workbench.shown.posed
        if not self._workbench.view.rings or posed is None or not self._workbench.editable:
            return None
        joint = joint_meant(self._workbench.person, self._workbench.view)
        center = posed.upright[1][joint_index(joint)]
        return Rings.around(center, axes_of(posed.fit, joint) * TURN, self.orbit, self.size())

    def joint_at(self, at: QPointF) -> str | None:
        """The joint nearest to a point of the view; None if no joint is near."""
        surface = self.surface
        if surface is None:
            return None
        away = np.linalg.norm(self.orbit.project(surface[1], self.size()) - [at.x(), at.y()], axis=1)
        index = int(np.nanargmin(np.where(np.isfinite(away), away, np.inf)))
        return JOINT_NAMES[index] if away[index] <= NEAR_PX else None

    @qt_override()
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.RightButton:
            return
        shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        pans = shifted or event.button() == Qt.MouseButton.MiddleButton
        self._held = (self.orbit, event.position(), pans)
        if pans:
            return
        grip, joint = self._grip_at(event.position()), self.joint_at(event.position())
        if grip is not None:
            self._grip = grip
            meant = joint_meant(self._workbench.person, self._workbench.view)
            angle = partial(self._angle, grip)
            self._hand.begin(turn_joint(self._workbench, meant, grip.axis, angle))
        elif joint is not None:
            self._workbench.change_view(joint=joint, keypoint=keypoint_called(self._workbench.person, joint))
            if self._workbench.view.compared:
                finish_order(self._workbench)
                return
            self._take_joint(joint, event.position())

    @qt_override()
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if not self._hand.holds:
            surface, joint = self.surface, self.joint_at(QPointF(event.pos()))
            joints_px = None if surface is None else self.orbit.project(surface[1], self.size())
            target, at = joint_or_view(event, self._workbench, joint, joints_px, self.rect())
            self.menu_asked.emit(target, self.mapToGlobal(at))

    def _grip_at(self, at: QPointF) -> Grip | None:
        """The ring under a point of the view."""
        rings = self._rings()
        return None if rings is None else rings.hit(np.array([at.x(), at.y()]), self.orbit, self.size())

    @qt_override()
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held is None:
            grip = self._grip_at(event.position())
            if (grip and grip.axis) != (self._grip and self._grip.axis):
                self.update()
            self._grip = grip
            self._workbench.hover.over_joint("" if grip else self.joint_at(event.position()) or "")
            return
        orbit, start, pans = self._held
        by = np.array([event.position().x() - start.x(), event.position().y() - start.y()])
        if self._hand.holds:
            self._hand.move(Pointer(by, by))
        else:
            self._turn(orbit.panned(by, self.size()) if pans else orbit.turned(by))

    def _angle(self, grip: Grip, pointer: Pointer) -> float:
        """The turn of a grip at a pointer [rad], which is shown beside the ring."""
        self._turned = grip.angle(pointer.canvas)
        return self._turned

    @qt_override()
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.RightButton:
            return
        self._held, self._turned = None, 0.0
        self._hand.move(Pointer(np.zeros(2), np.zeros(2), released=True))
        self.update()

    def cancel(self) -> bool:
        """Cancel a drag. Returns True if there was one."""
        self._held, self._turned = None, 0.0
        return self._hand.drop()

    def _let_go(self) -> None:  # as the gesture would overwrite another change with older values
        held = self._hand.holds
        self._hand.let_go()
        if held and not self._hand.holds:
            self._held, self._turned = None, 0.0

    def _take_joint(self, joint: str, start: QPointF) -> None:
        """From now on the mouse drags the joint of a fit, if it may be changed."""
        posed = self._workbench.shown.posed
        if posed is None or not self._workbench.editable:
            return
        orbit, size = self.orbit, self.size()
        at = posed.upright[1][joint_index(joint)]

        def target(pointer: Pointer) -> np.ndarray:
            return posed.from_upright(orbit.moved(at, pointer.canvas, size))

        self._hand.begin(move_joint(self._workbench, joint, target))

    @qt_override()
    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120
        self._turn(self.orbit.zoomed(WHEEL_FACTOR**notches))

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
