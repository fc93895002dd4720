"""What was done, so that it can be undone: photos before and after, in Qt's own stack."""

from collections.abc import Sequence

from PySide6.QtGui import QUndoCommand

from core.records import Photo

Change = tuple[Photo, Photo]  # before, after


class Edit(QUndoCommand):
    """One entry. The workbench writes it and takes it back; the stack only remembers it.

    Most edits change one photo; a fit of everybody changes many.
    """

    def __init__(self, label: str, changes: Sequence[Change], person_id: int | None) -> None:
        super().__init__(label)
        self.label = label
        self.changes = tuple(changes)
        self.person_id = person_id  # whom to show when it is done again or taken back
