"""The project that is open, the photo on show with its people, and the history. Knows no fit and no view.

Views ask for changes: `preview`, `commit`, `cancel`, `undo`, `redo`. Records are replaced, not changed, so "what
changed?" is `old is not new`. A commit is on the disk when it returns.
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
    """What is edited. What works on it besides, such as a fit, is the workbench's: `_end_work` and kin."""

    project_changed = Signal()  # another project, other people in it, or other values of theirs
    photo_changed = Signal()  # photo or person on show, also while something is only previewed …
    previewed = Signal()  # … except for the moves of a drag: these wake only what is redrawn at each of them
    cancelled = Signal()  # what a gesture was about to change is shown as it is kept: the gesture is over
    refused = Signal(str)  # something asked for could not be done: what, where, what next
    told = Signal(str)  # something the user may want to know, and need not answer

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.history = QUndoStack(self)
        self.project: Project | None = None
        self.photo: Photo | None = None  # on show, with its people, previewed or committed
        self.committed: Photo | None = None  # the same as it is on the disk
        self.person_id: int | None = None  # of the person who is selected
        self.person: Person | None = None  # that person of the photo on show
        self._unremembered: list[Change] = []  # of a job that goes on …
        self._job_label = ""  # … and what it is called
        self._due = ""  # what a preview is called that is kept as soon as anything else is done

    @property
    def previewing(self) -> bool:
        """Whether something is shown that is not committed."""
        return self.photo is not self.committed

    @property
    def editable(self) -> bool:
        """Whether the person on show may be changed."""
        return self.person is not None and not self.person.locked and self.writable

    @property
    def writable(self) -> bool:
        """Whether there is a project, and it may be written."""
        return self.project is not None and not self.project.read_only

    @property
    def photo_id(self) -> int | None:
        """The project's id of the photo on show; None where there is none, or another program moved it."""
        if self.project is None or self.photo is None:
            return None
        return self.project.photo_id(self.photo.path)

    # What is on show

    def select(self, person_id: int | None) -> None:
        """Show a person, in another photo if need be."""
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
        """Show a photo and its first person."""
        if self.project is not None:
            self.cancel()
            photo = self.project.photo(photo_id)
            self._set_photo(photo, photo.people[0].id if photo.people else None)

    def read_anew(self) -> None:
        """Show what another program has written, with the same photo and person as long as they are there."""
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
        """Show this person in the place of who has the id, and keep what is committed."""
        if self.photo is not None:
            self.preview_photo(self.photo.with_person(person))

    def preview_photo(self, photo: Photo) -> None:
        """Show this photo, and keep what is committed."""
        self._put(photo, self.person_id)
        self._tell_photo()

    def preview_move(self, person: Person) -> None:
        """As `preview`, for one move of a drag: other views wait for its end."""
        self.prepare(person)
        self._look_anew()
        self.previewed.emit()

    def prepare(self, person: Person) -> None:
        """As `preview`, just before a commit, from which the views hear of it."""
        if self.photo is not None:
            self.photo = self.photo.with_person(person)
            self.person = person if person.id == self.person_id else self.person

    def commit(self, label: str) -> None:
        """Make what is previewed one entry of the history, on the disk; nothing when it changes nothing."""
        self._due = ""
        self._end_work(keep=True)
        before, after = self.committed, self.photo
        if before is None or after is None or before is after:
            return
        if not self._write(label, [(before, after)]):
            self._show_committed()
            return
        self.remember()
        self.committed = after
        self._look_anew()
        self.history.push(UndoEntry(label, [(before, after)], self.person_id))
        self.photo_changed.emit()
        self.project_changed.emit()

    def apply(self, label: str, person: Person) -> None:
        """Show this person and make it one entry of the history."""
        self.cancel()
        self.prepare(person)
        self.commit(label)

    def apply_photo(self, label: str, photo: Photo, person_id: int | None) -> None:
        """As `apply`, for a change of the photo or of who is in it; person_id is selected afterwards."""
        self.cancel()
        self._put(photo, person_id)
        self.commit(label)

    def write(self, label: str, changes: list[Change]) -> bool:
        """Put many photos on the disk; all that is written so until `remember` is one entry of the history.

        A job whose results cannot be written is stopped: what is wrong is told once, not for each of them. Returns
        whether the disk has them.
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
        """What `write` put on the disk becomes an entry of the history."""
        if self._unremembered:
            self.history.push(UndoEntry(self._job_label, self._unremembered, self.person_id))
            self._unremembered = []
            self.project_changed.emit()

    def cancel(self) -> bool:
        """Show what is committed again, after what is due was committed; a running fit or drag ends. Returns whether
        anything was under way."""
        self.keep_due()
        under_way = self._end_work(keep=False) or self.previewing
        self.cancelled.emit()
        self._show_committed()
        return under_way

    def keep_due(self) -> None:
        """Commit what is due."""
        if self._due:
            self.commit(self._due)

    def undo(self) -> None:
        """Back by one entry, wherever it was made; a preview or a running fit is cancelled instead.

        A job that has written something is stopped: its results would be written on top of what was taken back.
        """
        if self.cancel():
            return
        if self._unremembered:
            self._stop_writing()
        self.remember()
        if self.history.canUndo() and self._walk(self.entry(self.history.index() - 1), back=True):
            self.history.undo()

    def redo(self) -> None:
        """Forward by one entry."""
        self.cancel()
        self.remember()
        if self.history.canRedo() and self._walk(self.entry(self.history.index()), back=False):
            self.history.redo()

    def entry(self, index: int) -> UndoEntry:
        """An entry of the history."""
        command = self.history.command(index)
        assert isinstance(command, UndoEntry)
        return command

    # What else works on it

    def _end_work(self, keep: bool) -> bool:
        """What previews comes to its end, with what it has found where that is kept. Returns whether anything ran."""
        return False

    def _stop_writing(self) -> None:
        """The job that writes comes to its end."""

    def _other_person(self) -> None:
        """Somebody else is selected, or nobody; views have not heard of it yet."""

    def _look_anew(self) -> None:
        """Photo or person are others; views have not heard of it yet."""

    # Within

    def _walk(self, edit: UndoEntry, back: bool) -> bool:
        """Write an edit's photos as they were before it, or after it, and show where that was."""
        label = (tr("Undo: {label}") if back else tr("Redo: {label}")).format(label=edit.text())
        changes = [(after, before) for before, after in reversed(edit.changes)] if back else edit.changes
        if self._write(label, changes) is False:
            return False
        path = self.photo.path if self.photo is not None else ""
        self._set_photo(*shown_by(edit, back, path, self.person_id))
        self.project_changed.emit()
        return True

    def _write(self, label: str, changes: Sequence[Change]) -> bool | None:
        """Returns whether the disk has it now, None where it had it before; what goes wrong is told."""
        if self.project is None:
            return False
        try:
            edit_id = self.project.commit(*(Edit(label, before, after) for before, after in changes))
        except ProjectError as error:
            self.refused.emit(str(error))
            return False
        return None if edit_id is None else True

    def _take_in(self, people: Sequence[Person]) -> None:
        """People of the photo on show changed on the disk; what is just being changed by hand stays as shown."""
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
        self.photo_changed.emit()

    def _put(self, photo: Photo | None, person_id: int | None) -> None:
        self.photo, self.person_id = photo, person_id
        self.person = None if photo is None else person_of(photo, person_id)

    def _tell_photo(self) -> None:
        self._look_anew()
        self.photo_changed.emit()
