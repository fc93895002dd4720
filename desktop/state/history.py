"""Entries of the undo history: photos before and after an edit, in Qt's own stack."""

from collections.abc import Sequence
from dataclasses import fields

from PySide6.QtGui import QUndoCommand

from core.records import Person, Photo

Change = tuple[Photo, Photo]  # before, after


class UndoEntry(QUndoCommand):
    """One entry. The workbench writes and undoes the edit; Qt's stack only holds it.

    Most edits change one photo. A fit of the whole queue changes many photos.
    """

    def __init__(self, label: str, changes: Sequence[Change], person_id: int | None) -> None:
        super().__init__(label)
        self.label = label
        self.changes = tuple(changes)
        self.person_id = person_id  # the person to show after undo or redo


def shown_by(edit: UndoEntry, back: bool, path: str, person_id: int | None) -> tuple[Photo, int | None]:
    """The photo and the person to show after an edit was undone or redone.

    path and person_id: the photo and person shown before. They stay if the edit has many photos including theirs.
    """
    after = {
        pair[1].path: pair[0 if back else 1] for pair in (reversed(edit.changes) if back else edit.changes)
    }
    first = edit.changes[0][1].path
    photo = after.get(path, after[first])
    wanted = person_id if len(edit.changes) > 1 else edit.person_id
    ids = [person.id for person in photo.people]
    return photo, wanted if wanted in ids else next(iter(ids), None)


def person_of(photo: Photo, person_id: int | None) -> Person | None:
    """The person of this id. None if the photo has no such person."""
    for person in photo.people:
        if person.id == person_id:
            return person
    return None


def with_people(photo: Photo, people: Sequence[Person]) -> Photo:
    """The photo with each of these people in place of the person of the same id."""
    for person in people:
        photo = photo.with_person(person)
    return photo


def rebased(person: Person, before: Photo, after: Photo) -> Person:
    """The edit of a person of `before`, applied to the same person of `after`. Unchanged if one lacks that id."""
    old, new = person_of(before, person.id), person_of(after, person.id)
    if old is None or new is None:
        return person
    names = [field.name for field in fields(Person)]
    return new.with_(**{n: getattr(person, n) for n in names if getattr(person, n) is not getattr(old, n)})
