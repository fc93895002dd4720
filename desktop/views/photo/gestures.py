"""What the mouse does to a photo: each gesture is a generator that takes pointers until the button is let go.

A gesture previews while it runs and commits at its end. Closing it early (Escape) leaves what the workbench cancels.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np

from core.body.keypoints import layout
from core.records import BBox, Person
from core.wishes import Pin, with_wish
from desktop.commands.neighbour_menu import exchange, exchanged_in, limb_indices
from desktop.model.workbench import Workbench
from desktop.state.joint_turns import turn_of, turned
from desktop.state.person_edits import box_between, empty_keypoints, moved
from desktop.state.view import NO_KEYPOINT
from desktop.text.translate import part, tr
from desktop.views.photo.zoom import Placing

NEW_LAYOUT = "coco17"  # of a new person in a photo without people


@dataclass(frozen=True, eq=False)
class Pointer:
    """Where the mouse is: canvas (2,) [px], photo (2,) [px]; released: the button was let go here."""

    canvas: np.ndarray
    photo: np.ndarray
    released: bool = False


Gesture = Generator[None, Pointer, None]


def move_keypoint(workbench: Workbench, index: int, start: Pointer) -> Gesture:
    """Drag a keypoint; the body follows. A click alone changes nothing."""
    person = workbench.person
    assert person is not None
    name = part(layout(person.keypoints.layout).keypoints[index])
    grabbed = person.keypoints.xy[index] - start.photo
    while not (pointer := (yield)).released:
        _follow(workbench, index, pointer.photo + grabbed)
    workbench.commit(tr("Move {name}").format(name=name))


def place_keypoint(workbench: Workbench, index: int, start: Pointer) -> Gesture:
    """Put a keypoint where the mouse is; while placing, the next absent one is selected then."""
    person = workbench.person
    assert person is not None
    names = layout(person.keypoints.layout).keypoints
    pointer = start
    while not pointer.released:
        _follow(workbench, index, pointer.photo)
        pointer = yield
    workbench.commit(tr("Place {name}").format(name=part(names[index])))
    absent = np.flatnonzero(workbench.person.keypoints.confidence <= 0) if workbench.person else []
    if workbench.view.placing:
        later = [int(other) for other in absent if other > index] or [int(other) for other in absent]
        workbench.change_view(keypoint=later[0] if later else NO_KEYPOINT, placing=bool(later))


def move_joint(workbench: Workbench, joint: str, target: Callable[[Pointer], np.ndarray]) -> Gesture:
    """Drag a joint in 3D: it is pinned at target(pointer) (3,) [m, camera frame], and the body follows."""
    while not (pointer := (yield)).released:
        person = workbench.person
        if person is None:
            return
        pin = Pin(joint, tuple(float(part) for part in target(pointer)))
        workbench.follow(person.with_(wishes=with_wish(person.wishes, pin)))
    workbench.commit(tr("Move {name} in 3D").format(name=part(joint)))


def turn_joint(workbench: Workbench, joint: str, axis: int, angle: Callable[[Pointer], float]) -> Gesture:
    """Turn a joint about one of its own axes by angle(pointer) [rad]; the fits that come keep it so."""
    person = workbench.person
    assert person is not None
    assert person.fit is not None
    start = person.fit
    label = tr("Turn {joint}").format(joint=part(joint))
    while not (pointer := (yield)).released:
        fit = turned(start, joint, axis, angle(pointer))
        workbench.fits.change_by_hand(label, fit, done=False, wish=turn_of(fit, joint))
    workbench.commit(label)


def give_limb(workbench: Workbench, index: int, other_at: Callable[[Pointer], int | None]) -> Gesture:
    """Drag the limb of a keypoint onto other_at(pointer), another person: their limbs change places."""
    person = workbench.person
    assert person is not None
    indices, other_id = limb_indices(person, index), None
    while not (pointer := (yield)).released:
        _take_over(workbench)
        photo = workbench.committed
        assert photo is not None
        person = next((one for one in photo.people if one.id == workbench.person_id), person)
        other_id = other_at(pointer)
        other = next((other for other in photo.people if other.id == other_id), None)
        workbench.preview_photo(photo if other is None else exchanged_in(photo, person, other, indices))
    workbench.cancel()
    if other_id is not None:
        exchange(workbench, other_id, indices)


def move_box(workbench: Workbench, start: Pointer) -> Gesture:
    """Drag a box by its edge."""
    assert workbench.person is not None
    grabbed = workbench.person.bbox
    while not (pointer := (yield)).released:
        center = grabbed.center + (pointer.photo - start.photo)
        preview_box(workbench, BBox(center, grabbed.scale))
    workbench.commit(tr("Move box"))


def size_box(workbench: Workbench, corner: np.ndarray) -> Gesture:
    """Drag a box by a corner. corner (2,) [px of the photo]: the opposite corner, which stays."""
    while not (pointer := (yield)).released:
        away = pointer.photo - corner
        side = max(float(np.abs(away).max()), 4.0)
        box = box_between(corner, corner + np.where(away < 0, -side, side))
        if box is not None:
            preview_box(workbench, box)
    workbench.commit(tr("Resize box"))


def draw_person(workbench: Workbench, start: Pointer) -> Gesture:
    """Draw the box of a new person. Its keypoints are placed afterwards, one after the other."""
    person = None
    while not (pointer := (yield)).released:
        box = box_between(start.photo, pointer.photo)
        if box is not None:
            person = nobody_yet(workbench, box) if person is None else person.with_(bbox=box)
            preview_new(workbench, person)
    if person is None:
        workbench.cancel()
    else:
        add_person(workbench, person)


def nobody_yet(workbench: Workbench, box: BBox) -> Person:
    """A new person of the photo on show, of whom only the box is known."""
    assert workbench.photo is not None
    assert workbench.project is not None
    used = [person.keypoints.layout for person in workbench.photo.people]
    keypoints = empty_keypoints(used[0] if used else NEW_LAYOUT)
    return Person(workbench.project.new_person_id(), box, keypoints)


def preview_box(workbench: Workbench, box: BBox) -> None:
    """Preview the selected person with this box. Its other fields are read anew: a job may have fitted it meanwhile."""
    _take_over(workbench)
    if workbench.person is not None:
        workbench.preview(workbench.person.with_(bbox=box))


def preview_new(workbench: Workbench, person: Person) -> None:
    """Show this person with all others as they are by now."""
    assert workbench.committed is not None
    workbench.preview_photo(workbench.committed.with_person(person))


def add_person(workbench: Workbench, person: Person) -> None:
    """Add this person to the photo on show, whose keypoints are placed next."""
    assert workbench.committed is not None
    label = tr("Draw person {id}").format(id=person.id)
    workbench.apply_photo(label, workbench.committed.with_person(person), person.id)
    workbench.change_view(keypoint=0, placing=True)


def pan(placing: Placing, place: Callable[[Placing], None], start: Pointer) -> Gesture:
    """Pan the photo."""
    while not (pointer := (yield)).released:
        place(placing.panned(pointer.canvas - start.canvas))


def _take_over(workbench: Workbench) -> None:
    """Cancel a running fit: it would commit the unfinished drag."""
    if workbench.fits.running:
        workbench.cancel()


def _follow(workbench: Workbench, index: int, xy: np.ndarray) -> None:
    """Move a keypoint to xy (2,) [px of the photo]. The person is read anew: a fit or a job may have changed it."""
    if workbench.person is not None:
        workbench.follow(moved(workbench.person, index, xy))
