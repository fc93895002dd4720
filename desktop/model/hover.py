"""The joint and keypoint under the mouse. Photo, 3D view, plot and table all mark them.

They are not part of `View`, because they change with each move of the mouse and only these marks depend on them.
"""

from functools import cache

from PySide6.QtCore import QObject, Signal

from core.body.keypoints import layout
from core.body.tree import JOINT_NAMES
from core.records import Person
from desktop.model.document import Document
from desktop.state.view import NO_KEYPOINT, View

# The joint that a keypoint moves with, by a word of the keypoint's name. The first match counts.
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
    """Holds the hovered joint and keypoint. The layout of the document's selected person relates the two.

    near: whether the mouse is in the photo at the selected person.
    """

    changed = Signal()

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self._document = document
        self.joint = ""  # a name of core.body.tree; empty for none
        self.keypoint = NO_KEYPOINT  # of the selected person
        self.near = False
        self._person_id = document.person_id
        document.photo_changed.connect(self._forget)

    def over_joint(self, joint: str) -> None:
        """Set the joint under the mouse; "" for none."""
        person = self._document.person
        names = layout(person.keypoints.layout).keypoints if person is not None else ()
        self._set(joint, keypoint_of(names, joint))

    def over_keypoint(self, index: int) -> None:
        """Set the keypoint of the selected person under the mouse; NO_KEYPOINT for none."""
        person = self._document.person
        if person is None or not 0 <= index < person.keypoints.k:
            self._set("", NO_KEYPOINT)
        else:
            self._set(joint_of(layout(person.keypoints.layout).keypoints[index]), index)

    def over_person(self, near: bool) -> None:
        """Set whether the mouse is at the selected person."""
        if near != self.near:
            self.near = near
            self.changed.emit()

    def _forget(self) -> None:
        """Clear the hover when another person is selected."""
        if self._document.person_id != self._person_id:
            self._person_id = self._document.person_id
            self._set("", NO_KEYPOINT)

    def _set(self, joint: str, keypoint: int) -> None:
        if (joint, keypoint) != (self.joint, self.keypoint):
            self.joint, self.keypoint = joint, keypoint
            self.changed.emit()


def name_meant(person: Person | None, view: View) -> str:
    """The name of the selected keypoint; without one, the name of the selected joint."""
    if person is not None and 0 <= view.keypoint < len(person.keypoints.xy):
        return layout(person.keypoints.layout).keypoints[view.keypoint]
    return view.joint


def joint_meant(person: Person | None, view: View) -> str:
    """The joint of core.body.tree that the selected keypoint moves with; without one, the selected joint."""
    return joint_of(name_meant(person, view)) or view.joint


@cache
def joint_of(keypoint: str) -> str:
    """The joint that a keypoint of this name moves with; empty for none."""
    name = keypoint.removeprefix("openpose_")
    if name in JOINT_NAMES:
        return name
    words = name.split("_")
    part = next((joint for word, joint in MOVES_WITH.items() if word in words), "")
    sided = next((f"{side}_{part}" for side in ("left", "right") if side in words), part)
    return sided if sided in JOINT_NAMES else part


def keypoint_of(names: tuple[str, ...], joint: str) -> int:
    """The index of a layout's keypoint at the place of a joint; NO_KEYPOINT for none."""
    same = (joint, *SAME_PLACE.get(joint, ()))
    return next((index for index, name in enumerate(names) if name in same), NO_KEYPOINT)


def keypoint_called(person: Person | None, joint: str) -> int:
    """The index of a person's keypoint at the place of a joint; NO_KEYPOINT for none."""
    return keypoint_of(() if person is None else layout(person.keypoints.layout).keypoints, joint)
