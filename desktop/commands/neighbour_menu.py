"""What commands do with somebody else's keypoints: copy a neighbour's, give those back that a detector mixed up."""

from collections.abc import Callable

import numpy as np

from core.body.keypoints import layout
from core.errors import FitloopError
from core.records import Person, Photo
from desktop.commands.window_api import Asks
from desktop.model.workbench import Workbench
from desktop.state import person_edits
from desktop.text.translate import tr


def copy_from_photo(by: int) -> Callable[[Workbench, Asks], None]:
    """The keypoints of who is at the same place in the next photo or the last: the selected one, else all."""

    def act(workbench: Workbench, window: Asks) -> None:
        person, photo, beside = workbench.person, workbench.photo, photo_beside(workbench, by)
        if workbench.project is None or person is None or photo is None or beside is None:
            workbench.told.emit(tr("There is no other photo to copy from."))
            return
        neighbour = workbench.project.photo(beside)
        other = _same_place(photo, person, neighbour)
        if other is None:
            workbench.told.emit(tr("Nobody is in {photo}.").format(photo=neighbour.path))
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


def exchange_limb(workbench: Workbench, window: Asks) -> None:
    """The selected keypoint's limb and that of who is nearest to it change places."""
    person, photo, index = workbench.person, workbench.photo, workbench.view.keypoint
    if person is None or photo is None or not 0 <= index < person.keypoints.k:
        return
    other = person_edits.nearest_person(person, photo.people, person.keypoints.xy[index])
    if other is None:
        workbench.told.emit(tr("Nobody else is in this photo."))
    else:
        exchange(workbench, other.id, limb_indices(person, index))


def exchange_detection(workbench: Workbench, window: Asks) -> None:
    """Box, keypoints and bodies of the person and of who is nearest change places; ids and verdicts stay."""
    workbench.cancel()  # a new person whom nobody kept is not near
    person, photo = workbench.person, workbench.photo
    other = (
        person_edits.nearest_person(person, photo.people)
        if person is not None and photo is not None
        else None
    )
    if person is None or photo is None or other is None:
        workbench.told.emit(tr("Nobody else is in this photo."))
    elif _may_change(workbench, other):
        changed = photo.with_person(person_edits.with_detection_of(person, other))
        changed = changed.with_person(person_edits.with_detection_of(other, person))
        label = tr("Exchange persons {one} and {other}").format(one=person.id, other=other.id)
        workbench.apply_photo(label, changed, person.id)


def exchange(workbench: Workbench, other_id: int, indices: tuple[int, ...]) -> None:
    """These keypoints of the person on show and of another change places, and both bodies follow."""
    workbench.cancel()
    photo, person = workbench.photo, workbench.person
    others = [other for other in photo.people if other.id == other_id] if photo is not None else []
    if photo is None or person is None or not others or not _may_change(workbench, others[0]):
        return
    changed = exchanged_in(photo, person, others[0], indices)
    if changed is photo:
        workbench.told.emit(tr("Only keypoints of the same layout can be exchanged."))
        return
    for each in changed.people:
        if each.id in (person.id, other_id):
            changed = changed.with_person(workbench.fits.refined(photo, each))
    label = tr("Exchange keypoints with person {id}").format(id=other_id)
    workbench.apply_photo(label, changed, person.id)


def exchanged_in(photo: Photo, person: Person, other: Person, indices: tuple[int, ...]) -> Photo:
    """The photo with these keypoints of two people exchanged; the photo itself where that cannot be."""
    if other.locked or other.keypoints.layout != person.keypoints.layout:
        return photo
    one, two = person_edits.exchanged(person, other, indices)
    return photo.with_person(one).with_person(two)


def limb_indices(person: Person, index: int) -> tuple[int, ...]:
    """The keypoints of the limb that this one is of."""
    return person_edits.limb_of(layout(person.keypoints.layout), index)


def has_neighbour(workbench: Workbench) -> bool:
    """Whether somebody else is in the photo, and the person on show may be changed."""
    return workbench.editable and workbench.photo is not None and len(workbench.photo.people) > 1


def _may_change(workbench: Workbench, other: Person) -> bool:
    if other.locked:
        words = tr("Person {id} is accepted and locked: select that person and press U first.")
        workbench.told.emit(words.format(id=other.id))
    return not other.locked


def photo_beside(workbench: Workbench, by: int) -> int | None:
    """Id of the photo so many places after the one on show, in the order they came; None where there is none."""
    if workbench.project is None or workbench.photo_id is None:
        return None
    ids = workbench.project.photo_ids()
    place = ids.index(workbench.photo_id) + by
    return ids[place] if 0 <= place < len(ids) else None


def _same_place(photo: Photo, person: Person, neighbour: Photo) -> Person | None:
    """Who has the box that is nearest to the person's, photos taken to be of one size."""
    scale = np.array([neighbour.width / photo.width, neighbour.height / photo.height])
    there = person.with_(id=-1, bbox=type(person.bbox)(person.bbox.center * scale, person.bbox.scale))
    return person_edits.nearest_person(there, neighbour.people)
