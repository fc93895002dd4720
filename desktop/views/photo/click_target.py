"""Finds what a context menu of the photo is for: a keypoint, a bone, a person, or the photo. It becomes selected."""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QPoint, QSize
from PySide6.QtGui import QContextMenuEvent

from core.body.keypoints import layout
from core.records import Person, Photo
from desktop.commands.context_rows import Target
from desktop.commands.edit_menu import STATES
from desktop.model.workbench import Workbench
from desktop.state.person_edits import visibility
from desktop.state.view import NO_KEYPOINT
from desktop.text.translate import part, title, tr, verdict
from desktop.views.photo.hit_test import bone_at, is_inside, keypoint_at, person_at
from desktop.views.photo.zoom import Placing


def asked_for(
    event: QContextMenuEvent,
    workbench: Workbench,
    placing: Placing,
    size: QSize,
    body_at: Callable[[np.ndarray], int | None],
) -> tuple[Target | None, QPoint]:
    """What the menu is asked for, and its place on the canvas [px]: the click's target, or a key's: the selection.

    size: of the canvas; body_at: as for `grabbing.gesture_at`. None without a photo.
    """
    if event.reason() != QContextMenuEvent.Reason.Keyboard:
        at = np.array([event.pos().x(), event.pos().y()], dtype=float)
        return _clicked(workbench, placing, at, body_at), event.pos()
    corner = np.array([size.width(), size.height()], dtype=float)
    target, at = _selected(workbench, placing, corner / 2)
    x, y = np.clip(at, 0, corner).astype(int).tolist()
    return target, QPoint(x, y)


def _clicked(
    workbench: Workbench,
    placing: Placing,
    at: np.ndarray,
    body_at: Callable[[np.ndarray], int | None],
) -> Target | None:
    photo, person = workbench.photo, workbench.person
    if photo is None:
        return None
    if person is not None:
        index = keypoint_at(person, workbench.shown.posed, placing, at)
        if index != NO_KEYPOINT:
            workbench.change_view(keypoint=index)
            return _keypoint(person, index)
        bone = bone_at(person, placing, at)
        if bone is not None and workbench.view.skeleton:
            workbench.change_view(keypoint=bone[1])
            return _bone(person, bone)
    inside = person is not None and is_inside(person.bbox, placing.to_photo(at))
    other = body_at(at)
    if other is None:
        other = person_at(photo, placing, at, workbench.person_id, boxes=not inside)
    if other is not None:
        workbench.select(other)
    if workbench.person is not None and (inside or other is not None):
        return _person(workbench.person)
    return _photo(photo)


def _selected(workbench: Workbench, placing: Placing, middle: np.ndarray) -> tuple[Target | None, np.ndarray]:
    """The selected keypoint, the person, or the photo, and its place (2,) [px of the canvas]."""
    photo, person, index = workbench.photo, workbench.person, workbench.view.keypoint
    if person is None:
        return (None if photo is None else _photo(photo)), middle
    if 0 <= index < person.keypoints.k:
        return _keypoint(person, index), placing.to_canvas(person.keypoints.xy[index])
    return _person(person), placing.to_canvas(person.bbox.center)


def _keypoint(person: Person, index: int) -> Target:
    name = part(layout(person.keypoints.layout).keypoints[index])
    state = tr(STATES[visibility(person.keypoints, index)])
    return Target("keypoint", title(tr("{name}: {state}").format(name=name, state=state)))


def _bone(person: Person, bone: tuple[int, int]) -> Target:
    names = layout(person.keypoints.layout).keypoints
    words = tr("{start} – {end}").format(start=part(names[bone[0]]), end=part(names[bone[1]]))
    return Target("bone", title(words))


def _photo(photo: Photo) -> Target:
    return Target("photo", photo.path.rpartition("/")[2])


def _person(person: Person) -> Target:
    words = tr("Person {id}: {verdict}").format(id=person.id, verdict=verdict(person.verdict))
    return Target("person", words)
