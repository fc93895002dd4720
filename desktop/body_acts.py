"""What commands do to the body in 3D."""

from collections.abc import Callable

import numpy as np

from core.body.keypoints import layout
from core.body.tree import JOINT_NAMES
from core.wishes import Pin, with_wish
from desktop import editing
from desktop.asks import Asks
from desktop.workbench import Workbench

FLIPPED_BY = {  # which bone a joint or keypoint means: the one that leads to it
    "elbow": "shoulder",
    "wrist": "elbow",
    "hand": "elbow",
    "knee": "hip",
    "ankle": "knee",
    "foot": "knee",
}
DEPTH_STEP_M = 0.05


def meant_joint(workbench: Workbench) -> str:
    """The selected keypoint's joint; without one, the joint selected in 3D."""
    person, index = workbench.person, workbench.view.keypoint
    if person is not None and 0 <= index < person.keypoints.k:
        return layout(person.keypoints.layout).keypoints[index]
    return workbench.view.joint


def flip_depth(workbench: Workbench, window: Asks) -> None:
    """The limb toward the camera goes away from it, and the other way round; without a limb, the whole body turns."""
    joint = meant_joint(workbench)
    side, _, part = joint.partition("_")
    name = f"{side}_{FLIPPED_BY[part]}" if part in FLIPPED_BY else "heading"
    workbench.fits.flip_depth(name)


def step_depth(by_m: float) -> Callable[[Workbench, Asks], None]:
    """The joint meant comes nearer to the camera or goes farther, and is held there."""

    def act(workbench: Workbench, window: Asks) -> None:
        posed, joint, person = workbench.fits.posed(), meant_joint(workbench), workbench.person
        if posed is None or joint not in JOINT_NAMES or person is None:
            workbench.told.emit(workbench.tr("Select a joint first: click it in the 3D view."))
            return
        pins = [wish for wish in person.wishes if isinstance(wish, Pin) and wish.name == joint]
        at = np.array(pins[0].point) if pins else posed.joints[JOINT_NAMES.index(joint)].astype(float)
        at = at * (1 + by_m / float(np.linalg.norm(at)))
        wishes = with_wish(person.wishes, Pin(joint, tuple(at.tolist())))
        label = workbench.tr("Move {name} in depth").format(name=joint.replace("_", " "))
        workbench.apply(label, person.with_(wishes=wishes), follow=True)

    return act


def let_go(workbench: Workbench, window: Asks) -> None:
    """Keypoints and priors alone decide again."""
    if workbench.person is not None:
        free = workbench.person.with_(wishes=())
        workbench.apply(workbench.tr("Let go of all that is held"), free, follow=True)


def reset_joint(workbench: Workbench, window: Asks) -> None:
    if workbench.person is not None and workbench.person.fit is not None:
        fit_ = editing.with_joint(workbench.person.fit, workbench.view.joint, np.zeros(3))
        workbench.fits.change_by_hand(workbench.tr("Reset joint"), fit_)


def reset_pose(workbench: Workbench, window: Asks) -> None:
    if workbench.person is not None and workbench.person.fit is not None:
        fit_ = editing.with_rest_pose(workbench.person.fit)
        workbench.fits.change_by_hand(workbench.tr("Reset pose"), fit_)


def reset_shape(workbench: Workbench, window: Asks) -> None:
    if workbench.person is not None and workbench.person.fit is not None:
        fit_ = editing.with_rest_shape(workbench.person.fit)
        workbench.fits.change_by_hand(workbench.tr("Reset shape"), fit_)
