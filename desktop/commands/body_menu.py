"""What commands do to the body in 3D."""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QT_TR_NOOP

from core.body.keypoints import layout
from core.body.tree import JOINT_NAMES
from core.wishes import DepthOrder, GroundContact, Pin, Wish, kind_and_names, names_of, with_wish
from desktop.commands.window_api import Asks
from desktop.model.hover import joint_of
from desktop.model.workbench import Workbench
from desktop.state import person_edits
from desktop.state.joint_turns import turn_of, turned
from desktop.state.posed_body import SOLE_M
from desktop.text.translate import part, tr

FLIPPED_BY = {  # which bone a joint or keypoint means: the one that leads to it
    "elbow": "shoulder",
    "wrist": "elbow",
    "hand": "elbow",
    "knee": "hip",
    "ankle": "knee",
    "foot": "knee",
}
DEPTH_STEP_M = 0.05
TURN_STEP_DEG = 5.0
STEP_DOWN_M = 0.7  # to the floor: of a foot farther above it a fit would make knots
DOWN = (0.0, 1.0, 0.0)  # in the camera frame


def meant_joint(workbench: Workbench) -> str:
    """The selected keypoint's joint; without one, the joint selected in 3D."""
    person, index = workbench.person, workbench.view.keypoint
    if person is not None and 0 <= index < person.keypoints.k:
        return layout(person.keypoints.layout).keypoints[index]
    return workbench.view.joint


def joint_meant(workbench: Workbench) -> str:
    """The joint of core.body.tree that the selected keypoint is or moves with; without one, that selected in 3D."""
    return joint_of(meant_joint(workbench)) or workbench.view.joint


def flip_depth(workbench: Workbench, window: Asks) -> None:
    """The limb toward the camera goes away from it, and the other way round; without a limb, the whole body turns."""
    joint = meant_joint(workbench)
    side, _, limb = joint.partition("_")
    name = f"{side}_{FLIPPED_BY[limb]}" if limb in FLIPPED_BY else "heading"
    workbench.fits.flip_depth(name)


def step_depth(by_m: float) -> Callable[[Workbench, Asks], None]:
    """The joint meant comes nearer to the camera or goes farther, and is held there."""

    def act(workbench: Workbench, window: Asks) -> None:
        _hold(
            workbench,
            lambda at: at * (1 + by_m / float(np.linalg.norm(at))),
            QT_TR_NOOP("Move {name} in depth"),
        )

    return act


def step_joint(by_m: tuple[float, float]) -> Callable[[Workbench, Asks], None]:
    """The joint meant moves to the side, up or down as the photo shows it, and is held there. by_m: right, down."""

    def act(workbench: Workbench, window: Asks) -> None:
        _hold(workbench, lambda at: at + np.array([*by_m, 0.0]), QT_TR_NOOP("Move {name} in 3D"))

    return act


def _hold(workbench: Workbench, moved: Callable[[np.ndarray], np.ndarray], label: str) -> None:
    """Hold the joint meant at moved(where it is, or is held already) (3,) [m, camera frame]."""
    posed, joint, person = workbench.fits.posed(), joint_meant(workbench), workbench.person
    if posed is None or joint not in JOINT_NAMES or person is None:
        workbench.told.emit(tr("Select a joint first: click it in the 3D view, or press Tab."))
        return
    pins = [wish for wish in person.wishes if isinstance(wish, Pin) and wish.name == joint]
    at = np.array(pins[0].point) if pins else posed.joints[JOINT_NAMES.index(joint)].astype(float)
    wishes = with_wish(person.wishes, Pin(joint, tuple(moved(at).tolist())))
    workbench.apply(tr(label).format(name=part(joint)), person.with_(wishes=wishes), follow=True)


def order_depth(nearer: bool) -> Callable[[Workbench, Asks], None]:
    """The joint meant is to be nearer to the camera, or farther, than the one that is selected next.

    That is one clicked in either view, or one gone to by keys, where the command is given again.
    """

    def act(workbench: Workbench, window: Asks) -> None:
        joint = meant_joint(workbench)
        if workbench.view.compared and workbench.view.compared != joint:
            finish_order(workbench)
            return
        workbench.change_view(compared=joint, compared_nearer=nearer)
        words = (
            tr("{name} is nearer than … click that joint, or go to it and press the key again.")
            if nearer
            else tr("{name} is farther than … click that joint, or go to it and press the key again.")
        )
        workbench.told.emit(words.format(name=part(joint)))

    return act


def finish_order(workbench: Workbench) -> None:
    """The joint meant is the other one of the two."""
    view, other, person = workbench.view, meant_joint(workbench), workbench.person
    workbench.change_view(compared="")
    if person is None or other == view.compared or not workbench.editable:
        return
    nearer, farther = (view.compared, other) if view.compared_nearer else (other, view.compared)
    wishes = with_wish(person.wishes, DepthOrder(nearer, farther))
    label = tr("{nearer} before {farther}").format(nearer=part(nearer), farther=part(farther))
    workbench.apply(label, person.with_(wishes=wishes), follow=True)


def turn_by_key(axis: int, angle_deg: float) -> Callable[[Workbench, Asks], None]:
    """The joint meant turns about one of its own axes, and is kept so."""

    def act(workbench: Workbench, window: Asks) -> None:
        person, joint = workbench.person, joint_meant(workbench)
        if person is None or person.fit is None:
            return
        fit_ = turned(person.fit, joint, axis, np.radians(angle_deg))
        label = tr("Turn {joint}").format(joint=part(joint))
        workbench.fits.change_by_hand(label, fit_, wish=turn_of(fit_, joint))

    return act


def foot_is_down(workbench: Workbench, side: str) -> bool:
    """Whether the curator put this foot on the floor."""
    wishes = workbench.person.wishes if workbench.person is not None else ()
    return any(isinstance(wish, GroundContact) and wish.name == f"{side}_foot" for wish in wishes)


def put_foot_down(side: str) -> Callable[[Workbench, Asks], None]:
    """The foot goes on the floor and stays there, or is let go of. The floor is level, as the photo is taken to be:
    where another foot was put on it, else under the body's lowest point.
    """

    def act(workbench: Workbench, window: Asks) -> None:
        posed, person, name = workbench.fits.posed(), workbench.person, f"{side}_foot"
        if posed is None or person is None:
            return
        contact = GroundContact(name, DOWN, posed.floor_y - SOLE_M)
        if foot_is_down(workbench, side):
            wishes = tuple(wish for wish in person.wishes if kind_and_names(wish) != kind_and_names(contact))
            label = tr("Lift {name} off the floor")
        elif posed.floor_y - float(posed.joints[JOINT_NAMES.index(name), 1]) > STEP_DOWN_M:
            words = tr("{name} is far above the floor. Drag it down in the 3D view first, or turn the body.")
            workbench.told.emit(words.format(name=part(name)))
            return
        else:
            wishes, label = with_wish(person.wishes, contact), tr("Put {name} on the floor")
        workbench.apply(label.format(name=part(name)), person.with_(wishes=wishes), follow=True)

    return act


def let_go_of(workbench: Workbench, wish: Wish) -> None:
    """One thing that is held no more."""
    if workbench.person is not None and workbench.editable:
        wishes = tuple(other for other in workbench.person.wishes if other != wish)
        name = part(names_of(wish)[0])
        label = tr("Let go of {name}").format(name=name)
        workbench.apply(label, workbench.person.with_(wishes=wishes), follow=True)


def let_go(workbench: Workbench, window: Asks) -> None:
    """Keypoints and priors alone decide again."""
    if workbench.person is not None:
        free = workbench.person.with_(wishes=())
        workbench.apply(tr("Let go of all that is held"), free, follow=True)


def reset_joint(workbench: Workbench, window: Asks) -> None:
    if workbench.person is not None and workbench.person.fit is not None:
        fit_ = person_edits.with_joint(workbench.person.fit, joint_meant(workbench), np.zeros(3))
        workbench.fits.change_by_hand(tr("Reset joint"), fit_)


def reset_pose(workbench: Workbench, window: Asks) -> None:
    if workbench.person is not None and workbench.person.fit is not None:
        fit_ = person_edits.with_rest_pose(workbench.person.fit)
        workbench.fits.change_by_hand(tr("Reset pose"), fit_)


def reset_shape(workbench: Workbench, window: Asks) -> None:
    if workbench.person is not None and workbench.person.fit is not None:
        fit_ = person_edits.with_rest_shape(workbench.person.fit)
        workbench.fits.change_by_hand(tr("Reset shape"), fit_)
