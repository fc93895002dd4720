"""What was done, so that it can be undone: photos before and after, in Qt's own stack."""

from collections.abc import Sequence
from dataclasses import fields

from PySide6.QtGui import QUndoCommand

from core.records import Person, Photo

Change = tuple[Photo, Photo]  # before, after


class UndoEntry(QUndoCommand):
    """One entry. The workbench writes it and takes it back; the stack only remembers it.

    Most edits change one photo; a fit of everybody changes many.
    """

    def __init__(self, label: str, changes: Sequence[Change], person_id: int | None) -> None:
        super().__init__(label)
        self.label = label
        self.changes = tuple(changes)
        self.person_id = person_id  # whom to show when it is done again or taken back


def shown_by(edit: UndoEntry, back: bool, path: str, person_id: int | None) -> tuple[Photo, int | None]:
    """The photo and person to show after an edit was taken back, or done again.

    path and person_id are on show before: they stay where the edit is of many photos and theirs is among them.
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
    """The person of this id; None where the photo has nobody of it."""
    for person in photo.people:
        if person.id == person_id:
            return person
    return None


def with_people(photo: Photo, people: Sequence[Person]) -> Photo:
    """The photo with each of these in the place of who has the id."""
    for person in people:
        photo = photo.with_person(person)
    return photo


def rebased(person: Person, before: Photo, after: Photo) -> Person:
    """An edit of the person in `before`, made to the one in `after`; as it is where either has nobody of that id."""
    old, new = person_of(before, person.id), person_of(after, person.id)
    if old is None or new is None:
        return person
    names = [field.name for field in fields(Person)]
    return new.with_(**{n: getattr(person, n) for n in names if getattr(person, n) is not getattr(old, n)})
