"""The body menu: edits of the body in 3D."""

from collections.abc import Callable

import numpy as np

from core.body.tree import JOINT_NAMES, joint_index
from core.wishes import DepthOrder, GroundContact, Pin, Wish, kind_and_names, names_of, with_wish
from desktop.commands.command import FITTED, HELD, SEEN, Command, Run
from desktop.commands.window_api import Asks
from desktop.model.hover import joint_meant, name_meant
from desktop.model.workbench import Workbench
from desktop.state import person_edits
from desktop.state.floor_frame import SOLE_M
from desktop.state.joint_turns import turn_of, turned
from desktop.state.resting import resting
from desktop.state.shown import Shown
from desktop.text.translate import QT_TR_NOOP, part, tr

FLIPPED_BY = {  # joint or keypoint -> the joint where its bone starts
    "elbow": "shoulder",
    "wrist": "elbow",
    "hand": "elbow",
    "knee": "hip",
    "ankle": "knee",
    "foot": "knee",
}
DEPTH_STEP_M = 0.05
TURN_STEP_DEG = 5.0
STEP_DOWN_M = 0.7  # largest height of a foot above the floor; from farther up a fit twists the leg


def flip_depth(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Flip the depth of the selected limb. Without a limb, turn the whole body."""
    joint = name_meant(shown.person, workbench.view)
    side, _, limb = joint.partition("_")
    name = f"{side}_{FLIPPED_BY[limb]}" if limb in FLIPPED_BY else "heading"
    workbench.fits.flip_depth(name)


def step_depth(by_m: float) -> Run:
    """Move the selected joint in depth, and hold it there. by_m > 0: away from the camera."""

    def moved(at: np.ndarray) -> np.ndarray:
        return at * (1 + by_m / float(np.linalg.norm(at)))

    return hold(moved, QT_TR_NOOP("Move {name} in depth"))


def step_joint(by_m: tuple[float, float]) -> Run:
    """Move the selected joint along the axes of the photo, and hold it there. by_m: right, down."""
    return hold(lambda at: at + np.array([*by_m, 0.0]), QT_TR_NOOP("Move {name} in 3D"))


def hold(moved: Callable[[np.ndarray], np.ndarray], label: str) -> Run:
    """Hold the selected joint elsewhere. moved: from its place or pin to the new pin (3,) [m, camera frame]."""

    def act(workbench: Workbench, window: Asks, shown: Shown) -> None:
        person, joint = shown.the_person, joint_meant(shown.person, workbench.view)
        if joint not in JOINT_NAMES:
            workbench.told.emit(tr("Select a joint first: click it in the 3D view, or press Tab."))
            return
        pins = [wish for wish in person.wishes if isinstance(wish, Pin) and wish.name == joint]
        at = np.array(pins[0].point) if pins else shown.the_posed.joints[joint_index(joint)].astype(float)
        x, y, z = moved(at).tolist()
        wishes = with_wish(person.wishes, Pin(joint, (x, y, z)))
        workbench.apply(
            tr(label).format(name=part(joint)),
            person.with_(wishes=wishes),
            follow=True,
            resting=resting(shown.the_posed, joint, wishes),
        )

    return act


def order_depth(nearer: bool) -> Run:
    """Order the depths of two joints: the selected joint is nearer, or farther, than the next selected joint.

    The next joint is clicked in a view, or selected with keys before the command is repeated.
    """

    def act(workbench: Workbench, window: Asks, shown: Shown) -> None:
        joint = name_meant(shown.person, workbench.view)
        if workbench.view.compared and workbench.view.compared != joint:
            finish_order(workbench)
            return
        workbench.change_view(compared=joint, compared_nearer=nearer)
        words = (
            tr("{name} is nearer than …: click the other joint, or select it and press the key again.")
            if nearer
            else tr("{name} is farther than …: click the other joint, or select it and press the key again.")
        )
        workbench.told.emit(words.format(name=part(joint)))

    return act


def finish_order(workbench: Workbench) -> None:
    """Complete a depth order with the selected joint as the second joint."""
    view, person = workbench.view, workbench.person
    other = name_meant(person, view)
    workbench.change_view(compared="")
    if person is None or other == view.compared or not workbench.editable:
        return
    nearer, farther = (view.compared, other) if view.compared_nearer else (other, view.compared)
    wishes = with_wish(person.wishes, DepthOrder(nearer, farther))
    label = tr("{nearer} before {farther}").format(nearer=part(nearer), farther=part(farther))
    workbench.apply(label, person.with_(wishes=wishes), follow=True)


def turn_by_key(axis: int, angle_deg: float) -> Run:
    """Turn the selected joint about one of its own axes, and hold its rotation."""

    def act(workbench: Workbench, window: Asks, shown: Shown) -> None:
        joint = joint_meant(shown.person, workbench.view)
        fit = turned(shown.the_fit, joint, axis, np.radians(angle_deg))
        label = tr("Turn {joint}").format(joint=part(joint))
        workbench.fits.change_by_hand(label, fit, wish=turn_of(fit, joint))

    return act


def foot_is_down(side: str) -> Callable[[Shown], bool]:
    """Tells whether a foot is held on the floor."""

    def is_down(shown: Shown) -> bool:
        wishes = shown.person.wishes if shown.person is not None else ()
        return any(isinstance(wish, GroundContact) and wish.name == f"{side}_foot" for wish in wishes)

    return is_down


def put_foot_down(side: str) -> Run:
    """Hold a foot on the floor, or release it.

    The floor is level, as the photo's camera looks down by the angle of the 3D view. Its height comes from the other
    foot if that is held on the floor, else from the body's lowest point.
    """

    def act(workbench: Workbench, window: Asks, shown: Shown) -> None:
        posed, person, name = shown.the_posed, shown.the_person, f"{side}_foot"
        floor = workbench.floor.below(posed)
        x, y, z = floor.down.tolist()
        contact = GroundContact(name, (x, y, z), floor.depth - SOLE_M)
        if foot_is_down(side)(shown):
            wishes = tuple(wish for wish in person.wishes if kind_and_names(wish) != kind_and_names(contact))
            label = tr("Lift {name} off the floor")
        elif floor.depth - float(posed.joints[joint_index(name)] @ floor.down) > STEP_DOWN_M:
            words = tr("{name} is far above the floor. Drag it down in the 3D view first, or turn the body.")
            workbench.told.emit(words.format(name=part(name)))
            return
        else:
            wishes, label = with_wish(person.wishes, contact), tr("Put {name} on the floor")
        workbench.apply(label.format(name=part(name)), person.with_(wishes=wishes), follow=True)

    return act


def let_go_of(workbench: Workbench, wish: Wish) -> None:
    """Remove one wish of the selected person."""
    if workbench.person is not None and workbench.editable:
        wishes = tuple(other for other in workbench.person.wishes if other != wish)
        names = names_of(wish)
        label = tr("Let go of {name}").format(name=part(names[0])) if names else tr("Let go of an order")
        workbench.apply(label, workbench.person.with_(wishes=wishes), follow=True)


def let_go(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Remove all wishes of the selected person. Keypoints and priors alone then determine the fit."""
    workbench.apply(tr("Let go of all that is held"), shown.the_person.with_(wishes=()), follow=True)


def reset_joint(workbench: Workbench, window: Asks, shown: Shown) -> None:
    joint = joint_meant(shown.person, workbench.view)
    fit = person_edits.with_joint(shown.the_fit, joint, np.zeros(3))
    workbench.fits.change_by_hand(tr("Reset joint"), fit)


def reset_pose(workbench: Workbench, window: Asks, shown: Shown) -> None:
    workbench.fits.change_by_hand(tr("Reset pose"), person_edits.with_rest_pose(shown.the_fit))


def reset_shape(workbench: Workbench, window: Asks, shown: Shown) -> None:
    workbench.fits.change_by_hand(tr("Reset shape"), person_edits.with_rest_shape(shown.the_fit))


def _foot_down(side: str, text: str, shortcut: str) -> Command:
    act, is_down = put_foot_down(side), foot_is_down(side)
    return Command(f"body.{side}_foot", text, shortcut, act, FITTED | SEEN, checked=is_down)


def _move(name: str, to: tuple[int, int], text: str, shortcut: str) -> Command:
    act = step_joint((DEPTH_STEP_M * to[0], DEPTH_STEP_M * to[1]))
    return Command(f"body.move_{name}", text, shortcut, act, FITTED | SEEN)


def _turn(name: str, axis: int, sign: int, text: str, shortcut: str) -> Command:
    return Command(f"body.turn_{name}", text, shortcut, turn_by_key(axis, sign * TURN_STEP_DEG), FITTED)


BODY_MENU = (
    Command("body.flip", QT_TR_NOOP("&Flip the limb's depth"), "D", flip_depth, FITTED | SEEN),
    Command("body.nearer", QT_TR_NOOP("Joint &nearer"), "[", step_depth(-DEPTH_STEP_M), FITTED | SEEN),
    Command("body.farther", QT_TR_NOOP("Joint &away"), "]", step_depth(DEPTH_STEP_M), FITTED | SEEN),
    Command("body.nearer_than", QT_TR_NOOP("Nearer &than …"), "{", order_depth(True), FITTED | SEEN),
    Command("body.farther_than", QT_TR_NOOP("Farther t&han …"), "}", order_depth(False), FITTED | SEEN),
    _move("left", (-1, 0), QT_TR_NOOP("J&oint to the left"), "Ctrl+Shift+Left"),
    _move("right", (1, 0), QT_TR_NOOP("Jo&int to the right"), "Ctrl+Shift+Right"),
    _move("up", (0, -1), QT_TR_NOOP("Joint &up"), "Ctrl+Shift+Up"),
    _move("down", (0, 1), QT_TR_NOOP("Joint &down"), "Ctrl+Shift+Down"),
    _foot_down("left", QT_TR_NOOP("&Left foot on the floor"), ","),
    _foot_down("right", QT_TR_NOOP("&Right foot on the floor"), "."),
    Command("body.let_go", QT_TR_NOOP("Let &go of all that is held"), "", let_go, FITTED | HELD),
    _turn("x", 0, 1, QT_TR_NOOP("Turn about &x"), "Alt+Up"),
    _turn("x_back", 0, -1, QT_TR_NOOP("Turn &back about x"), "Alt+Down"),
    _turn("y", 1, 1, QT_TR_NOOP("Turn about &y"), "Alt+Right"),
    _turn("y_back", 1, -1, QT_TR_NOOP("Turn ba&ck about y"), "Alt+Left"),
    _turn("z", 2, 1, QT_TR_NOOP("Turn about &z"), "Alt+Shift+Right"),
    _turn("z_back", 2, -1, QT_TR_NOOP("Turn bac&k about z"), "Alt+Shift+Left"),
    Command("body.reset_joint", QT_TR_NOOP("Reset &joint"), "Ctrl+J", reset_joint, FITTED),
    Command("body.reset_pose", QT_TR_NOOP("Reset &pose"), "Ctrl+Shift+J", reset_pose, FITTED),
    Command("body.reset_shape", QT_TR_NOOP("Reset &shape"), "Ctrl+Shift+B", reset_shape, FITTED),
)
