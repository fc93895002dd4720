"""The open project, the photo shown with its people, and the history. Knows no fit and no view.

Views ask for `preview`, `commit`, `cancel`, `undo`, `redo`. Records are replaced: "what changed?" is `old is not new`.
A commit is on the disk when it returns.
"""

from collections.abc import Sequence
from contextlib import suppress

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from core.errors import ProjectError
from core.records import Person, Photo
from core.store import Edit, Project
from desktop.state.history import Change, UndoEntry, person_of, rebased, shown_by, with_people
from desktop.text.translate import tr


class Document(QObject):
    """The edited project and photo. The workbench adds fits and jobs through `_end_work` and the methods beside it."""

    project_changed = Signal()  # another project, or people in it were added, removed or changed
    photo_changed = Signal()  # photo or person shown, also by a preview …
    previewed = Signal()  # … except for moves of a drag: only the photo redraws, as the user looks there
    cancelled = Signal()  # the committed photo is shown again: gestures end
    refused = Signal(str)  # a request failed: what, where, what next
    told = Signal(str)  # a notice that needs no answer
    asked = Signal(object, object)  # a file's question, and what takes its option and the answer
    reported = Signal(str)  # a notice of something lost, to be read whole
    noted = Signal(str)  # a line for the list of jobs alone

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.history = QUndoStack(self)
        self.project: Project | None = None
        self.photo: Photo | None = None  # the photo shown, with its people, previewed or committed
        self.committed: Photo | None = None  # the same photo as on the disk
        self.person_id: int | None = None  # of the selected person
        self.person: Person | None = None  # the selected person
        self.dragging = False  # whether the preview is a move of a drag: most views wait for its end
        self._unremembered: list[Change] = []  # changes of the running job …
        self._job_label = ""  # … and the job's label
        self._due = ""  # the label of a preview that the next other action commits

    @property
    def previewing(self) -> bool:
        """Whether the photo shown is not committed."""
        return self.photo is not self.committed

    @property
    def editable(self) -> bool:
        """Whether the selected person may be changed."""
        return self.person is not None and not self.person.locked and self.writable

    @property
    def writable(self) -> bool:
        """Whether a project is open and may be written."""
        return self.project is not None and not self.project.read_only

    @property
    def photo_id(self) -> int | None:
        """The project's id of the photo shown. None without a photo, or if another program moved it."""
        if self.project is None or self.photo is None:
            return None
        return self.project.photo_id(self.photo.path)

    # The photo and person shown

    def select(self, person_id: int | None) -> None:
        """Select a person, and show another photo if needed."""
        if person_id == self.person_id or self.project is None:
            return
        self.cancel()
        photo = self.photo
        if person_id is not None and (photo is None or person_of(photo, person_id) is None):
            try:
                photo = self.project.photo_of(person_id)
            except ProjectError as error:
                self.refused.emit(str(error))
                return
        self._set_photo(photo, person_id)

    def show_photo(self, photo_id: int) -> None:
        """Show a photo and select its first person."""
        if self.project is not None:
            self.cancel()
            photo = self.project.photo(photo_id)
            self._set_photo(photo, photo.people[0].id if photo.people else None)

    def read_anew(self) -> None:
        """Show the changes of another program. Photo and person stay the same if they still exist."""
        self.cancel()
        photo, person_id = None, self.person_id
        if self.project is not None and self.photo is not None:
            with suppress(ProjectError):  # the photo is gone
                photo = self.project.photo(self.photo.path)
        if photo is not None and person_of(photo, person_id) is None:
            person_id = photo.people[0].id if photo.people else None
        self._set_photo(photo, None if photo is None else person_id)
        self.project_changed.emit()

    # Changes

    def preview(self, person: Person) -> None:
        """Show a person in place of the person of the same id. The committed photo stays."""
        if self.photo is not None:
            self.preview_photo(self.photo.with_person(person))

    def preview_photo(self, photo: Photo) -> None:
        """Show a photo. The committed photo stays."""
        self._put(photo, self.person_id)
        self._tell_photo()

    def preview_move(self, person: Person) -> None:
        """Preview one move of a drag. Most views wait for the end of the drag."""
        self.dragging = True
        self.prepare(person)
        self._look_anew()
        self.previewed.emit()

    def prepare(self, person: Person) -> None:
        """Preview a person just before a commit. Views redraw at the commit."""
        if self.photo is not None:
            self.photo = self.photo.with_person(person)
            self.person = person if person.id == self.person_id else self.person

    def commit(self, label: str) -> None:
        """Write the preview to the disk as one entry of the history. Without a change, do nothing."""
        self._due = ""
        self._end_work(keep=True)
        before, after = self.committed, self.photo
        if before is None or after is None or before is after:
            return
        changes = [(before, after), *self._changes_beside(before, after)]
        if not self._write(label, changes):
            return self._show_committed()
        self.remember()
        self.committed = after
        self._look_anew()
        self.history.push(UndoEntry(label, changes, self.person_id))
        self._announce()
        self.project_changed.emit()

    def apply(self, label: str, person: Person) -> None:
        """Commit a person: one entry of the history."""
        self.cancel()
        self.prepare(person)
        self.commit(label)

    def apply_photo(self, label: str, photo: Photo, person_id: int | None) -> None:
        """Commit a photo with its people: one entry of the history. person_id is selected afterwards."""
        self.cancel()
        self._put(photo, person_id)
        self.commit(label)

    def write(self, label: str, changes: list[Change]) -> bool:
        """Write the changes of a job to the disk. `remember` makes all of them one entry of the history.

        A failed write stops the job, so that the error is reported once. Returns whether the disk has the changes.
        """
        written = self._write(label, changes) if changes else None
        if written is False:
            self._stop_writing()
        if not written:
            return written is None
        self._unremembered += changes
        self._job_label = label
        for before, after in changes:
            if self.committed is not None and after.path == self.committed.path:
                self._take_in([person for person in after.people if person not in before.people])
        return True

    def remember(self) -> None:
        """Make the changes of `write` one entry of the history."""
        if self._unremembered:
            self.history.push(UndoEntry(self._job_label, self._unremembered, self.person_id))
            self._unremembered = []
            self.project_changed.emit()

    def cancel(self) -> bool:
        """Commit a due preview, drop any other, and end a running fit or drag. Returns whether anything was dropped."""
        self.keep_due()
        under_way = self._end_work(keep=False) or self.previewing
        self.cancelled.emit()
        self._show_committed()
        return under_way

    def keep_due(self) -> None:
        """Commit the due preview, if there is one."""
        if self._due:
            self.commit(self._due)

    def undo(self) -> None:
        """Undo one entry, in any photo. A preview or a running fit is cancelled instead.

        A job that has written changes is stopped. Otherwise it would write results on top of undone ones.
        """
        if self.cancel():
            return
        if self._unremembered:
            self._stop_writing()
        self.remember()
        if self.history.canUndo() and self._walk(self.entry(self.history.index() - 1), back=True):
            self.history.undo()

    def redo(self) -> None:
        """Redo one entry."""
        self.cancel()
        self.remember()
        if self.history.canRedo() and self._walk(self.entry(self.history.index()), back=False):
            self.history.redo()

    def entry(self, index: int) -> UndoEntry:
        """An entry of the history."""
        command = self.history.command(index)
        assert isinstance(command, UndoEntry)
        return command

    def _end_work(self, keep: bool) -> bool:
        """End a fit or drag that previews. keep: its last body is previewed. Returns whether anything ran."""
        return False

    def _changes_beside(self, before: Photo, after: Photo) -> list[Change]:
        """Changes of other photos that belong to a commit of this one."""
        return []

    def _stop_writing(self) -> None:
        """Stop the job that writes."""

    def _other_person(self) -> None:
        """Another person is selected, or none. Views are notified afterwards."""

    def _look_anew(self) -> None:
        """The photo or the person shown changed. Views are notified afterwards."""

    def _walk(self, edit: UndoEntry, back: bool) -> bool:
        """Write the photos before an edit (back) or after it, and show the first of them."""
        label = (tr("Undo: {label}") if back else tr("Redo: {label}")).format(label=edit.text())
        changes = [(after, before) for before, after in reversed(edit.changes)] if back else edit.changes
        if self._write(label, changes) is False:
            return False
        path = self.photo.path if self.photo is not None else ""
        self._set_photo(*shown_by(edit, back, path, self.person_id))
        self.project_changed.emit()
        return True

    def _write(self, label: str, changes: Sequence[Change]) -> bool | None:
        """Write changes and report errors. Returns whether they were written; None if they changed nothing."""
        if self.project is None:
            return False
        try:
            edit_id = self.project.commit(*(Edit(label, before, after) for before, after in changes))
        except ProjectError as error:
            self.refused.emit(str(error))
            return False
        return None if edit_id is None else True

    def _take_in(self, people: Sequence[Person]) -> None:
        """Show people of the photo that a job changed on the disk. The preview of the selected person stays."""
        before = self.committed
        if before is None:
            return
        previewed = self.person if self.previewing else None
        photo = self.committed = with_people(before, people)
        if previewed is not None:
            photo = photo.with_person(rebased(previewed, before, photo))
        self._put(photo, self.person_id)
        self._tell_photo()

    def _show_committed(self) -> None:
        if not self.previewing:
            return
        photo, person_id = self.committed, self.person_id
        if photo is not None and photo.people and person_of(photo, person_id) is None:
            person_id = photo.people[0].id
        self._put(photo, person_id)
        self._tell_photo()

    def _set_photo(self, photo: Photo | None, person_id: int | None) -> None:
        other = person_id != self.person_id
        self.committed = photo
        self._put(photo, person_id)
        self._look_anew()
        if other:
            self._other_person()
        self._announce()

    def _put(self, photo: Photo | None, person_id: int | None) -> None:
        self.photo, self.person_id = photo, person_id
        self.person = None if photo is None else person_of(photo, person_id)

    def _tell_photo(self) -> None:
        self._look_anew()
        self._announce()

    def _announce(self) -> None:
        self.dragging = False
        self.photo_changed.emit()
