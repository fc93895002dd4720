"""What the mouse is over, wherever it is: photo, 3D view, plot and table mark the same joint.

Apart from `View`, as it changes with each move of the mouse and nothing but these marks depends on it.
"""

from functools import cache

from PySide6.QtCore import QObject, Signal

from core.body.keypoints import layout
from core.body.tree import JOINT_NAMES
from core.records import Person
from desktop.model.document import Document
from desktop.state.view import NO_KEYPOINT, View

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
    """Belongs to a document, whose person's layout says which keypoint a joint is."""

    changed = Signal()

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self._document = document
        self.joint = ""  # of core.body.tree, empty for none
        self.keypoint = NO_KEYPOINT  # of the person on show
        self._person_id = document.person_id
        document.photo_changed.connect(self._forget)

    def over_joint(self, joint: str) -> None:
        """The mouse is over a joint, or over none ("")."""
        person = self._document.person
        names = layout(person.keypoints.layout).keypoints if person is not None else ()
        self._set(joint, keypoint_of(names, joint))

    def over_keypoint(self, index: int) -> None:
        """The mouse is over a keypoint of the person on show, or over none (NO_KEYPOINT)."""
        person = self._document.person
        if person is None or not 0 <= index < person.keypoints.k:
            self._set("", NO_KEYPOINT)
        else:
            self._set(joint_of(layout(person.keypoints.layout).keypoints[index]), index)

    def _forget(self) -> None:
        """Another person's keypoint is none of theirs."""
        if self._document.person_id != self._person_id:
            self._person_id = self._document.person_id
            self._set("", NO_KEYPOINT)

    def _set(self, joint: str, keypoint: int) -> None:
        if (joint, keypoint) != (self.joint, self.keypoint):
            self.joint, self.keypoint = joint, keypoint
            self.changed.emit()


def name_meant(person: Person | None, view: View) -> str:
    """The selected keypoint's name; without one, that of the joint selected in 3D."""
    if person is not None and 0 <= view.keypoint < len(person.keypoints.xy):
        return layout(person.keypoints.layout).keypoints[view.keypoint]
    return view.joint


def joint_meant(person: Person | None, view: View) -> str:
    """The joint of core.body.tree that the selected keypoint is or moves with; without one, that selected in 3D."""
    return joint_of(name_meant(person, view)) or view.joint


@cache
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
