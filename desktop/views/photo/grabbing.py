"""Chooses the gesture of a mouse press: on a keypoint, a box, another person, or the photo itself."""

from collections.abc import Callable

import numpy as np

from core.records import Person
from desktop.commands.body_menu import finish_order
from desktop.model.workbench import Workbench
from desktop.state.view import NO_KEYPOINT
from desktop.views.gesture import Gesture, Pointer
from desktop.views.photo import gestures
from desktop.views.photo.hit_test import box_grip, is_inside, keypoint_at, person_at, ring_at
from desktop.views.photo.zoom import Placing


def gesture_at(
    workbench: Workbench,
    placing: Placing,
    place: Callable[[Placing], None],
    pointer: Pointer,
    body_at: Callable[[np.ndarray], int | None],
    gives: bool = False,
) -> Gesture:
    """The gesture of a press; a photo must be shown.

    body_at: the id of the person whose body is drawn at a canvas point (2,) [px], if it is not the selected one's.
    gives: True to drag a limb onto another person.
    """
    photo, person = workbench.shown.the_photo, workbench.person
    if person is not None:
        gesture = _of_person(workbench, person, placing, pointer, gives)
        if gesture is not None:
            return gesture
    inside = person is not None and is_inside(person.bbox, pointer.photo)
    other = body_at(pointer.canvas)
    if other is None:
        other = person_at(photo, placing, pointer.canvas, workbench.person_id, boxes=not inside)
    if other is not None:
        workbench.select(other)
    return gestures.pan(placing, place, pointer)


def _of_person(
    workbench: Workbench, person: Person, placing: Placing, pointer: Pointer, gives: bool
) -> Gesture | None:
    """The gesture of a press on the selected person; None if the press hits nothing of it."""
    view, editable, photo = workbench.view, workbench.editable, workbench.shown.the_photo
    if view.placing and view.keypoint != NO_KEYPOINT and editable:
        return gestures.place_keypoint(workbench, view.keypoint, pointer)
    index = keypoint_at(person, workbench.shown.posed, placing, pointer.canvas)
    if index != NO_KEYPOINT:
        workbench.change_view(keypoint=index)
        if view.compared:
            finish_order(workbench)
            return gestures.pan(placing, lambda _: None, pointer)
        if editable and gives:
            return gestures.give_limb(
                workbench, index, lambda at: person_at(photo, placing, at.canvas, person.id)
            )
        if editable and person.keypoints.confidence[index] > 0:
            return gestures.move_keypoint(workbench, index, pointer)
        if editable:
            return gestures.place_keypoint(workbench, index, pointer)
    if editable and ring_at(workbench, person, placing, pointer.canvas):
        return gestures.move_trunk(workbench, pointer)
    grip = box_grip(person, placing, pointer.canvas) if view.boxes and editable else None
    if grip is None:
        return None
    if grip.opposite is None:
        return gestures.move_box(workbench, pointer)
    return gestures.size_box(workbench, grip.opposite)
