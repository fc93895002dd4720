"""The mouse on the joints of a 3D view: it drags a joint, or turns it by a ring."""

from collections.abc import Callable
from functools import partial

import numpy as np
from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QPainter

from core.body.tree import JOINT_NAMES, joint_index
from core.wishes import names_of
from desktop.commands.body_menu import finish_order
from desktop.model.hover import joint_meant, keypoint_called
from desktop.model.workbench import Workbench
from desktop.state.joint_turns import axes_of
from desktop.views.gesture import Hand, Pointer
from desktop.views.gl.cameras import Orbit
from desktop.views.space.joint_gestures import move_joint, turn_joint
from desktop.views.space.joint_marks import draw_joints
from desktop.views.space.rings import Grip, Rings

NEAR_PX = 9.0
View = Callable[[], tuple[Orbit, QSize]]


class JointHand(Hand):
    """view: the camera and the size [px] of the view now."""

    def __init__(self, workbench: Workbench, view: View) -> None:
        super().__init__()
        self._workbench, self._view = workbench, view
        self._grip: Grip | None = None  # of the ring that is held or under the cursor …
        self._turned = 0.0  # … and how far it was dragged [rad]

    def rings(self) -> Rings | None:
        """Rings around the marked joint of an editable fit, if rings are turned on."""
        workbench, posed = self._workbench, self._workbench.shown.posed
        if not workbench.view.rings or posed is None or not workbench.editable:
            return None
        joint, floor = joint_meant(workbench.person, workbench.view), workbench.floor.below(posed)
        center = floor.to_floor(posed.joints[joint_index(joint)][None])[0]
        orbit, size = self._view()
        return Rings.around(center, axes_of(posed.fit, joint) @ floor.turn.T, orbit, size)

    def joint_at(self, at: QPointF, joints: np.ndarray) -> str | None:
        """The joint nearest to a point of the view, of joints (24, 3) in its frame; None if no joint is near."""
        orbit, size = self._view()
        away = np.linalg.norm(orbit.project(joints, size) - [at.x(), at.y()], axis=1)
        index = int(np.nanargmin(np.where(np.isfinite(away), away, np.inf)))
        return JOINT_NAMES[index] if away[index] <= NEAR_PX else None

    def drop(self) -> bool:
        self._turned = 0.0
        return super().drop()

    def press(self, at: QPointF, joints: np.ndarray) -> bool:
        """Take the ring or joint at a point of the view. Returns whether there was one."""
        workbench = self._workbench
        grip, joint = self.grip_at(at), self.joint_at(at, joints)
        if grip is not None:
            self._grip = grip
            meant = joint_meant(workbench.person, workbench.view)
            self.begin(turn_joint(workbench, meant, grip.axis, partial(self._angle, grip)))
        elif joint is not None:
            workbench.change_view(joint=joint, keypoint=keypoint_called(workbench.person, joint))
            if workbench.view.compared:
                finish_order(workbench)
            else:
                self._take(joint)
        return grip is not None or joint is not None

    def grip_at(self, at: QPointF) -> Grip | None:
        """The ring under a point of the view."""
        rings = self.rings()
        orbit, size = self._view()
        return None if rings is None else rings.hit(np.array([at.x(), at.y()]), orbit, size)

    def hover(self, at: QPointF, joints: np.ndarray) -> bool:
        """Mark the ring or joint under the mouse. Returns whether another ring is marked than before."""
        before, self._grip = self._grip, self.grip_at(at)
        joint = None if self._grip else self.joint_at(at, joints)
        self._workbench.hover.over_joint(joint or "")
        return (self._grip and self._grip.axis) != (before and before.axis)

    def release(self) -> None:
        """Keep what was dragged."""
        self._turned = 0.0
        self.move(Pointer(np.zeros(2), np.zeros(2), released=True))

    def draw(self, painter: QPainter, joints: np.ndarray, all_of_them: bool) -> None:
        """Draw the selected joint and held ones, or all joints, small, and the rings."""
        person, (orbit, size) = self._workbench.person, self._view()
        draw_joints(
            painter,
            orbit.project(joints, size),
            self._workbench.view.colours,
            joint_meant(person, self._workbench.view),
            self._workbench.hover.joint,
            frozenset(name for wish in person.wishes for name in names_of(wish)) if person else frozenset(),
            all_of_them,
        )
        rings = self.rings()
        if rings is not None:
            rings.draw(painter, orbit, size, self._grip, self._turned)

    def _angle(self, grip: Grip, pointer: Pointer) -> float:
        """The turn of a grip at a pointer [rad], which is shown beside the ring."""
        self._turned = grip.angle(pointer.canvas)
        return self._turned

    def _take(self, joint: str) -> None:
        """From now on the mouse drags the joint of a fit, if it may be changed."""
        posed = self._workbench.shown.posed
        if posed is None or not self._workbench.editable:
            return
        (orbit, size), floor = self._view(), self._workbench.floor.below(posed)
        at = floor.to_floor(posed.joints[joint_index(joint)][None])[0]

        def target(pointer: Pointer) -> np.ndarray:
            return floor.from_floor(orbit.moved(at, pointer.canvas, size))

        self.begin(move_joint(self._workbench, joint, target))
