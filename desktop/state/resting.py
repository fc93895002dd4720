"""While a joint is dragged in 3D, its own limb moves first: the other joints rest at their places."""

from core.body.tree import joint_index
from core.wishes import GroundContact, Pin, Wish, names_of
from desktop.state.posed_body import PosedBody

RESTING = (
    *("pelvis", "left_hip", "right_hip", "neck", "left_collar", "right_collar"),
    *("left_shoulder", "right_shoulder", "left_wrist", "right_wrist"),
    *("left_ankle", "right_ankle"),
)
GIVE_M = 0.03  # the tolerance: beyond the limb's reach, the body comes along
DEPTH_GIVE_M = 0.01  # of the whole body, as firm as the pin of a limb
ARM, LEG = ("shoulder", "elbow", "wrist", "hand"), ("knee", "ankle", "foot")
PLACES_BODY = ("pelvis", "spine1", "left_hip", "right_hip")  # held here, the whole body is meant
TRUNK = ("spine1", "spine2", "spine3", "neck", "head", "left_collar", "right_collar")
LEGS_AND_PELVIS = ("pelvis", "left_hip", "right_hip", "left_ankle", "right_ankle")


def resting_joints(joint: str) -> tuple[str, ...]:
    """The joints that rest while `joint` is dragged. Nothing rests while a hip or the pelvis is dragged."""
    side, _, part = joint.partition("_")
    if part in ARM or part in LEG:
        limb = {f"{side}_{other}" for other in (ARM if part in ARM else LEG)}
        return tuple(name for name in RESTING if name not in limb)
    return LEGS_AND_PELVIS if joint in TRUNK else ()


def resting(posed: PosedBody, joint: str, wishes: tuple[Wish, ...]) -> tuple[Wish, ...]:
    """Wishes that hold the resting joints where they are in `posed`. Joints with a wish of the curator keep that."""
    taken = {name for wish in wishes for name in names_of(wish)}
    found = []
    for name in resting_joints(joint):
        if name not in taken:
            x, y, z = posed.joints[joint_index(name)].tolist()
            found.append(Pin(name, (x, y, z), GIVE_M))
    return tuple(found)


def resting_depth(pelvis_z: float, wishes: tuple[Wish, ...]) -> tuple[Wish, ...]:
    """Wishes that hold the body's depth [m, camera frame] in a fit, where a curator has pinned only limbs.

    Keypoints tell a body's depth by its size alone. One pin of a wrist would draw the whole body after it.
    """
    pinned = {wish.name for wish in wishes if isinstance(wish, Pin)}
    if not pinned or any(name in PLACES_BODY for wish in wishes for name in names_of(wish)):
        return ()
    return (GroundContact("pelvis", (0.0, 0.0, 1.0), pelvis_z, DEPTH_GIVE_M),)
