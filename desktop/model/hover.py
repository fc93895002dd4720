"""What the mouse is over, wherever it is: photo, 3D view, plot and table mark the same joint.

Apart from `View`, as it changes with each move of the mouse and nothing but these marks depends on it.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from core.body.keypoints import layout
from core.body.tree import JOINT_NAMES
from desktop.state.view import NO_KEYPOINT

if TYPE_CHECKING:
    from desktop.model.workbench import Workbench

# What a keypoint that is no joint itself moves with, by words of its name; the first word found decides.
MOVES_WITH = {
    "hip": "pelvis",
    "root": "pelvis",
    "belly": "spine2",
    "spine": "spine2",
    "thorax": "spine3",
    "neck": "neck",
    "nose": "head",
    "eye": "head",
    "ear": "head",
    "mouth": "head",
    "jaw": "head",
    "head": "head",
    "toe": "foot",
    "heel": "ankle",
    "foot": "foot",
    "pinky": "hand",
    "index": "hand",
    "thumb": "hand",
    "finger": "hand",
}
SAME_PLACE = {"pelvis": ("mid_hip", "root", "hip"), "neck": ("upper_neck", "neck_base")}


class Hover(QObject):
    """Belongs to a workbench, whose person's layout says which keypoint a joint is."""

    changed = Signal()

    def __init__(self, workbench: "Workbench") -> None:
        super().__init__(workbench)
        self._workbench = workbench
        self.joint = ""  # of core.body.tree, empty for none
        self.keypoint = NO_KEYPOINT  # of the person on show
        self._person_id = workbench.person_id
        workbench.photo_changed.connect(self._forget)

    def over_joint(self, joint: str) -> None:
        """The mouse is over a joint, or over none ("")."""
        person = self._workbench.person
        names = layout(person.keypoints.layout).keypoints if person is not None else ()
        self._set(joint, keypoint_of(names, joint))

    def over_keypoint(self, index: int) -> None:
        """The mouse is over a keypoint of the person on show, or over none (NO_KEYPOINT)."""
        person = self._workbench.person
        if person is None or not 0 <= index < person.keypoints.k:
            self._set("", NO_KEYPOINT)
        else:
            self._set(joint_of(layout(person.keypoints.layout).keypoints[index]), index)

    def _forget(self) -> None:
        """Another person's keypoint is none of theirs."""
        if self._workbench.person_id != self._person_id:
            self._person_id = self._workbench.person_id
            self._set("", NO_KEYPOINT)

    def _set(self, joint: str, keypoint: int) -> None:
        if (joint, keypoint) != (self.joint, self.keypoint):
            self.joint, self.keypoint = joint, keypoint
            self.changed.emit()


def joint_of(keypoint: str) -> str:
    """The joint that a keypoint of this name is, or moves with; empty where it is none's."""
    name = keypoint.removeprefix("openpose_")
    if name in JOINT_NAMES:
        return name
    words = name.split("_")
    part = next((joint for word, joint in MOVES_WITH.items() if word in words), "")
    sided = next((f"{side}_{part}" for side in ("left", "right") if side in words), part)
    return sided if sided in JOINT_NAMES else part


def keypoint_of(names: tuple[str, ...], joint: str) -> int:
    """Which of a layout's keypoints lies where this joint is; NO_KEYPOINT where none does."""
    same = (joint, *SAME_PLACE.get(joint, ()))
    return next((index for index, name in enumerate(names) if name in same), NO_KEYPOINT)
