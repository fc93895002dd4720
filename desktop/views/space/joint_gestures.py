"""What the mouse does to a joint in 3D: a gesture for each."""

from collections.abc import Callable

import numpy as np

from core.wishes import Pin, with_wish
from desktop.model.workbench import Workbench
from desktop.state.joint_turns import turn_of, turned
from desktop.state.resting import resting
from desktop.text.translate import part, tr
from desktop.views.gesture import Gesture, Pointer


def move_joint(workbench: Workbench, joint: str, target: Callable[[Pointer], np.ndarray]) -> Gesture:
    """Drag a joint in 3D. It is pinned at target(pointer) (3,) [m, camera frame], and its limb follows."""
    start = workbench.shown.the_posed
    while not (pointer := (yield)).released:
        person = workbench.person
        if person is None:
            return
        x, y, z = target(pointer).tolist()
        wishes = with_wish(person.wishes, Pin(joint, (x, y, z)))
        workbench.follow(person.with_(wishes=wishes), resting=resting(start, joint, wishes))
    workbench.commit(tr("Move {name} in 3D").format(name=part(joint)))


def turn_joint(workbench: Workbench, joint: str, axis: int, angle: Callable[[Pointer], float]) -> Gesture:
    """Turn a joint about one of its own axes by angle(pointer) [rad]. Later fits keep this rotation."""
    start = workbench.shown.the_fit
    label = tr("Turn {joint}").format(joint=part(joint))
    while not (pointer := (yield)).released:
        fit = turned(start, joint, axis, angle(pointer))
        workbench.fits.change_by_hand(label, fit, done=False, wish=turn_of(fit, joint))
    workbench.commit(label)
