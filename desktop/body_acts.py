"""What commands do to the body in 3D."""

from collections.abc import Callable

import numpy as np

from core.body.keypoints import layout
from core.body.tree import JOINT_NAMES
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
        from core.fitting import Pin  # here, as it imports torch

        posed, joint = workbench.fits.posed(), meant_joint(workbench)
        if posed is None or joint not in JOINT_NAMES or workbench.person is None:
            workbench.told.emit(workbench.tr("Select a joint first: click it in the 3D view."))
            return
        pins = [wish for wish in workbench.fits.options.wishes if getattr(wish, "name", "") == joint]
        at = np.array(pins[0].point) if pins else posed.joints[JOINT_NAMES.index(joint)].astype(float)
        at = at * (1 + by_m / float(np.linalg.norm(at)))
        workbench.fits.wish(Pin(joint, tuple(at.tolist())))
        label = workbench.tr("Move {name} in depth").format(name=joint.replace("_", " "))
        workbench.apply(label, workbench.person, follow=True)

    return act


def forget_wishes(workbench: Workbench, window: Asks) -> None:
    workbench.fits.forget_wishes()
    if workbench.person is not None:
        workbench.apply(workbench.tr("Let go of joints"), workbench.person, follow=True)


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
