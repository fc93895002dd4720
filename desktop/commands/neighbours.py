"""Part of the edit menu: copy keypoints of another photo, and exchange keypoints that a detector mixed up."""

from dataclasses import replace

import numpy as np

from core.body.keypoints import layout
from core.errors import FitloopError
from core.records import Person, Photo
from desktop.commands.command import KEYPOINT, NEIGHBOUR, UNLOCKED, Command, Run
from desktop.commands.window_api import Asks
from desktop.model.workbench import Workbench
from desktop.state import person_edits
from desktop.state.history import person_of
from desktop.state.shown import Shown
from desktop.text.translate import QT_TR_NOOP, tr


def copy_from_photo(by: int) -> Run:
    """Copy keypoints from the same person in another photo: the selected keypoint, else all."""

    def act(workbench: Workbench, window: Asks, shown: Shown) -> None:
        person, beside = shown.the_person, photo_beside(workbench, by)
        if beside is None:
            workbench.told.emit(tr("There is no other photo to copy from."))
            return
        neighbour = shown.the_project.photo(beside)
        other = _same_person(shown.the_photo, person, neighbour)
        if other is None:
            words = tr("{photo} has no people.") if not neighbour.people else tr("{photo} lacks this person.")
            workbench.told.emit(words.format(photo=neighbour.path))
            return
        index = workbench.view.keypoint
        indices = (index,) if 0 <= index < person.keypoints.k else None
        try:
            copied = person_edits.copied(person, other, indices)
        except FitloopError as error:
            workbench.refused.emit(str(error))
            return
        label = tr("Copy keypoints of person {id}").format(id=other.id)
        workbench.apply(label, copied, follow=True)

    return act


def exchange_limb(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Exchange the selected keypoint's limb with the nearest person."""
    person, index = shown.the_person, workbench.view.keypoint
    other = person_edits.nearest_person(person, shown.the_photo.people, person.keypoints.xy[index])
    if other is None:
        workbench.told.emit(tr("This photo has no other person."))
    else:
        exchange(workbench, other.id, limb_indices(person, index))


def exchange_detection(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Exchange box, keypoints and bodies with the nearest person. Ids and verdicts stay."""
    workbench.cancel()  # drop a preview of a new person
    person, photo = workbench.shown.the_person, workbench.shown.the_photo
    other = person_edits.nearest_person(person, photo.people)
    if other is None:
        workbench.told.emit(tr("This photo has no other person."))
    elif _may_change(workbench, other):
        changed = photo.with_person(person_edits.with_detection_of(person, other))
        changed = changed.with_person(person_edits.with_detection_of(other, person))
        label = tr("Exchange persons {one} and {other}").format(one=person.id, other=other.id)
        workbench.apply_photo(label, changed, person.id)


def exchange(workbench: Workbench, other_id: int, indices: tuple[int, ...]) -> None:
    """Exchange keypoints of the selected person with another person. Both bodies follow."""
    workbench.cancel()
    photo, person = workbench.shown.the_photo, workbench.shown.the_person
    other = person_of(photo, other_id)
    if other is None or not _may_change(workbench, other):
        return
    changed = exchanged_in(photo, person, other, indices)
    if changed is photo:
        workbench.told.emit(tr("Only keypoints of the same layout can be exchanged."))
        return
    for each in changed.people:
        if each.id in (person.id, other_id):
            changed = changed.with_person(workbench.fits.refined(photo, each))
    label = tr("Exchange keypoints with person {id}").format(id=other_id)
    workbench.apply_photo(label, changed, person.id)


def exchanged_in(photo: Photo, person: Person, other: Person, indices: tuple[int, ...]) -> Photo:
    """The photo with keypoints of two people exchanged. The same photo if they cannot be exchanged."""
    if other.locked or other.keypoints.layout != person.keypoints.layout:
        return photo
    one, two = person_edits.exchanged(person, other, indices)
    return photo.with_person(one).with_person(two)


def limb_indices(person: Person, index: int) -> tuple[int, ...]:
    """The keypoints of a keypoint's limb."""
    return person_edits.limb_of(layout(person.keypoints.layout), index)


def _may_change(workbench: Workbench, other: Person) -> bool:
    if other.locked:
        words = tr("Person {id} is accepted and locked: select that person and press U first.")
        workbench.told.emit(words.format(id=other.id))
    return not other.locked


def photo_beside(workbench: Workbench, by: int) -> int | None:
    """Id of the photo `by` places after the photo shown, in import order. None if there is none."""
    if workbench.project is None or workbench.photo_id is None:
        return None
    ids = workbench.project.photo_ids()
    place = ids.index(workbench.photo_id) + by
    return ids[place] if 0 <= place < len(ids) else None


def _same_person(photo: Photo, person: Person, neighbour: Photo) -> Person | None:
    """The neighbour's person of the same track; else with the box nearest to the person's box, after scaling both
    photos to one size. People of another track are others."""
    known = [other for other in neighbour.people if person.track is not None and other.track == person.track]
    maybe = [other for other in neighbour.people if None in (person.track, other.track)]
    scale = np.array([neighbour.width / photo.width, neighbour.height / photo.height])
    there = person.with_(id=-1, bbox=replace(person.bbox, center=person.bbox.center * scale))
    return person_edits.nearest_person(there, known or maybe)


NEIGHBOURS = (
    Command(
        "edit.exchange_limb",
        QT_TR_NOOP("&Exchange limb with the nearest"),
        "Y",
        exchange_limb,
        UNLOCKED | KEYPOINT | NEIGHBOUR,
    ),
    Command(
        "edit.exchange_detection",
        QT_TR_NOOP("Exchange detection &with the nearest"),
        "Shift+Y",
        exchange_detection,
        UNLOCKED | NEIGHBOUR,
    ),
    Command(
        "edit.copy_last",
        QT_TR_NOOP("Copy keypoints &from the previous photo"),
        "Alt+PgUp",
        copy_from_photo(-1),
        UNLOCKED,
    ),
    Command(
        "edit.copy_next",
        QT_TR_NOOP("Copy keypoints from the next ph&oto"),
        "Alt+PgDown",
        copy_from_photo(1),
        UNLOCKED,
    ),
)
