"""What the mouse does to a photo: a gesture for each."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from core.body.keypoints import layout
from core.body.trunk import trunk_center
from core.records import BBox, Person
from desktop.commands.neighbours import exchange, exchanged_in, limb_indices
from desktop.model.workbench import Workbench
from desktop.state.history import person_of
from desktop.state.person_edits import box_between, empty_keypoints, moved
from desktop.state.placing_order import is_enough, next_absent
from desktop.state.view import NO_KEYPOINT
from desktop.text.translate import part, tr
from desktop.views.gesture import Gesture, Pointer
from desktop.views.photo.zoom import Placing

NEW_LAYOUT = "coco17"  # of a new person in a photo without people


def move_keypoint(workbench: Workbench, index: int, start: Pointer) -> Gesture:
    """Drag a keypoint; the body follows. A click alone changes nothing."""
    person = workbench.shown.the_person
    name = part(layout(person.keypoints.layout).keypoints[index])
    grabbed = person.keypoints.xy[index] - start.photo
    while not (pointer := (yield)).released:
        _follow(workbench, index, pointer.photo + grabbed)
    workbench.commit(tr("Move {name}").format(name=name))


def place_keypoint(workbench: Workbench, index: int, start: Pointer) -> Gesture:
    """Put a keypoint at the mouse. In placing mode the next absent keypoint is selected afterwards.

    A person with enough keypoints and without a body gets one, which follows from then on.
    """
    person = workbench.shown.the_person
    names = layout(person.keypoints.layout).keypoints
    pointer = start
    while not pointer.released:
        _follow(workbench, index, pointer.photo)
        pointer = yield
    workbench.commit(tr("Place {name}").format(name=part(names[index])))
    if workbench.view.placing:
        person = workbench.shown.the_person
        later = next_absent(person, index)
        workbench.change_view(keypoint=later, placing=later != NO_KEYPOINT)
        if person.fit is None and is_enough(person):
            workbench.fits.guess()


def give_limb(workbench: Workbench, index: int, other_at: Callable[[Pointer], int | None]) -> Gesture:
    """Drag the limb of a keypoint onto another person, other_at(pointer): the two people swap limbs."""
    person = workbench.shown.the_person
    indices, other_id = limb_indices(person, index), None
    while not (pointer := (yield)).released:
        _take_over(workbench)
        photo = workbench.committed or workbench.shown.the_photo
        person = person_of(photo, person.id) or person
        other_id = other_at(pointer)
        other = person_of(photo, other_id)
        workbench.preview_photo(photo if other is None else exchanged_in(photo, person, other, indices))
    workbench.cancel()
    if other_id is not None:
        exchange(workbench, other_id, indices)


def move_box(workbench: Workbench, start: Pointer) -> Gesture:
    """Drag a box by its edge."""
    grabbed = workbench.shown.the_person.bbox
    while not (pointer := (yield)).released:
        center = grabbed.center + (pointer.photo - start.photo)
        preview_box(workbench, replace(grabbed, center=center), dragged=True)
    workbench.commit(tr("Move box"))


def move_trunk(workbench: Workbench, start: Pointer) -> Gesture:
    """Drag the ring around a trunk, which a network of crowds takes as an input. A click changes nothing."""
    grabbed = trunk_center(workbench.shown.the_person) - start.photo
    while not (pointer := (yield)).released:
        _take_over(workbench)
        if workbench.person is not None:
            x, y = (pointer.photo + grabbed).tolist()
            workbench.preview_move(workbench.person.with_(trunk=(x, y)))
    workbench.commit(tr("Mark the trunk of person {id}").format(id=workbench.shown.the_person.id))


def size_box(workbench: Workbench, corner: np.ndarray) -> Gesture:
    """Drag a box by a corner. corner (2,) [px of the photo]: the opposite corner, which stays."""
    while not (pointer := (yield)).released:
        box = box_between(corner, pointer.photo)
        if box is not None:
            preview_box(workbench, box, dragged=True)
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
    """A new person of the current photo, with a box and no keypoints."""
    shown = workbench.shown
    used = [person.keypoints.layout for person in shown.the_photo.people]
    keypoints = empty_keypoints(used[0] if used else NEW_LAYOUT)
    return Person(shown.the_project.new_person_id(), box, keypoints)


def preview_box(workbench: Workbench, box: BBox, dragged: bool = False) -> None:
    """Preview the selected person with this box. Its other fields are read anew: a job may have fitted it meanwhile."""
    _take_over(workbench)
    if workbench.person is not None:
        preview = workbench.preview_move if dragged else workbench.preview
        preview(workbench.person.with_(bbox=box))


def preview_new(workbench: Workbench, person: Person) -> None:
    """Preview a new person in the photo. The other people are read anew."""
    photo = workbench.committed or workbench.shown.the_photo
    workbench.preview_photo(photo.with_person(person))


def add_person(workbench: Workbench, person: Person) -> None:
    """Add a person to the current photo, and start placing its keypoints."""
    photo = workbench.committed or workbench.shown.the_photo
    label = tr("Draw person {id}").format(id=person.id)
    workbench.apply_photo(label, photo.with_person(person), person.id)
    workbench.change_view(keypoint=next_absent(person), placing=True)


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
