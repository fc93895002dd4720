"""The one mutable object of the window: what is on show, its history, its fit, the view.

Views draw it and ask it for changes: `preview`, `commit`, `cancel`, `undo`, `redo`. Records are replaced, not
changed, so "what changed?" is `old is not new`. A commit is on the disk when it returns.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from core.errors import ProjectError
from core.records import Person, Photo
from core.store import Edit, Project
from desktop.jobs.files.open_body import load_steps
from desktop.jobs.job import Job
from desktop.model.current_fit import Fits
from desktop.model.hover import Hover
from desktop.model.other_writer import OtherWriter
from desktop.model.queue import Queue
from desktop.state.history import Change, UndoEntry, rebased, shown_by, with_people
from desktop.state.view import NO_KEYPOINT, View
from desktop.text.translate import tr

if TYPE_CHECKING:
    from core.body.model import Body


class Workbench(QObject):
    """What the views draw and ask for changes."""

    project_changed = Signal()  # another project, other people in it, or other values of theirs
    photo_changed = Signal()  # photo or person on show, also while something is only previewed
    view_changed = Signal()
    cancelled = Signal()  # what a gesture was about to change is shown as it is kept: the gesture is over
    refused = Signal(str)  # something asked for could not be done: what, where, what next
    told = Signal(str)  # something the user may want to know, and need not answer

    def __init__(
        self,
        view: View | None = None,
        load: "Callable[[Path | None], Iterator[Body]]" = load_steps,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.history = QUndoStack(self)
        self.project: Project | None = None
        self.queue = Queue(self)
        self.fits = Fits(self, load)
        self._other_writer = OtherWriter(self)
        self.job = Job(self)  # on people: fits, guesses, a detector
        self.files = Job(self)  # what is opened, added, saved or exported, beside the other
        for job in (self.job, self.files):
            job.refused.connect(self.refused)
        self._photo: Photo | None = None
        self._committed: Photo | None = None
        self._person_id: int | None = None
        self._unremembered: list[Change] = []  # of a job that goes on
        self._due = ""  # what a preview is called that is kept as soon as anything else is done
        self._view = view or View()
        self.hover = Hover(self)

    # What is on show

    @property
    def photo(self) -> Photo | None:
        """The photo on show with its people, previewed or committed."""
        return self._photo

    @property
    def person_id(self) -> int | None:
        """Who is selected."""
        return self._person_id

    @property
    def person(self) -> Person | None:
        """The person who is selected in the photo on show."""
        people = self._photo.people if self._photo is not None else ()
        return next((person for person in people if person.id == self._person_id), None)

    @property
    def previewing(self) -> bool:
        """Whether something is shown that is not committed."""
        return self._photo is not self._committed

    @property
    def committed(self) -> Photo | None:
        """The photo on show as it is on the disk."""
        return self._committed

    @property
    def busy(self) -> bool:
        """Whether anything is done in the background."""
        return self.job.running or self.files.running

    @property
    def editable(self) -> bool:
        """Whether the person on show may be changed."""
        return self.person is not None and not self.person.locked and self.writable

    @property
    def writable(self) -> bool:
        """Whether there is a project, and it may be written."""
        return self.project is not None and not self.project.read_only

    @property
    def view(self) -> View:
        """How things are drawn."""
        return self._view

    def change_view(self, **changes: Any) -> None:
        """Draw otherwise: fields of `View`."""
        view = replace(self._view, **changes)
        if view != self._view:
            self._view = view
            self.view_changed.emit()

    # Projects and people

    def set_project(self, project: Project | None) -> None:
        """Close the one that is open and show this, the first of its queue selected."""
        self.cancel()
        self.job.cancel()
        self.files.finish()
        self._set_photo(None, None)  # while it is open: what was typed for somebody and not entered is kept
        if self.project is not None:
            self.project.close()
        self.project = project
        self._other_writer.watch(project)
        self.history.clear()
        self.queue.reset()
        self._set_photo(None, None)
        self.project_changed.emit()
        self.show_first()

    def show_first(self) -> None:
        """The first person of the queue; without people, the first photo."""
        first = self.queue.first()
        if first is not None:
            self.select(first)
        elif self.project is not None and (photo_ids := self.project.photo_ids()):
            self.show_photo(photo_ids[0])

    def select(self, person_id: int | None) -> None:
        """Show a person, in another photo if need be."""
        if person_id == self._person_id or self.project is None:
            return
        self.cancel()
        photo = self._photo
        if person_id is not None and (photo is None or all(p.id != person_id for p in photo.people)):
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
        photo, person_id = None, self._person_id
        if self.project is not None and self._photo is not None:
            with suppress(ProjectError):  # the photo is gone
                photo = self.project.photo(self._photo.path)
        if photo is not None and all(person.id != person_id for person in photo.people):
            person_id = photo.people[0].id if photo.people else None
        self._set_photo(photo, None if photo is None else person_id)
        self.project_changed.emit()
        if photo is None:
            self.show_first()

    @property
    def photo_id(self) -> int | None:
        """The project's id of the photo on show; None where there is none, or another program moved it."""
        if self.project is None or self._photo is None:
            return None
        return self.project.photo_id(self._photo.path)

    # Changes

    def preview(self, person: Person) -> None:
        """Show this person in the place of who has the id, and keep what is committed."""
        if self._photo is not None:
            self.preview_photo(self._photo.with_person(person))

    def preview_photo(self, photo: Photo) -> None:
        """Show this photo, and keep what is committed."""
        self._photo = photo
        self.photo_changed.emit()

    def follow(self, person: Person, due: str = "") -> None:
        """Preview this person, and let the body follow the keypoints: it begins while the views hear of the change.

        due: the label to commit it by, instead of dropping it, where something else is done before its `commit`.
        """
        self._due = due
        if self._photo is not None:
            photo = self._photo.with_person(person)
            self.fits.follow(photo, person)
            self.preview_photo(photo)

    def commit(self, label: str) -> None:
        """Make what is previewed one entry of the history, on the disk; nothing when it changes nothing."""
        self._due = ""
        following = self.fits.following
        self.fits.stop()
        if following:
            self.fits.refine()
        before, after = self._committed, self._photo
        if before is None or after is None or before is after:
            return
        if self._write(label, [(before, after)]):
            self.remember(self.job.title)
            self._committed = after
            self.history.push(UndoEntry(label, [(before, after)], self._person_id))
            self.project_changed.emit()
        self._show_committed()

    def apply(self, label: str, person: Person, follow: bool = False) -> None:
        """Show this person and make it one entry of the history. follow: with the body that belongs to it."""
        self.cancel()
        self.preview(person)
        if follow:
            self.fits.refine()
        self.commit(label)

    def apply_photo(self, label: str, photo: Photo, person_id: int | None) -> None:
        """As `apply`, for a change of the photo or of who is in it; person_id is selected afterwards."""
        self.cancel()
        self._person_id = person_id
        self.preview_photo(photo)
        self.commit(label)

    def write(self, label: str, changes: list[Change]) -> bool:
        """Put many photos on the disk; all that is written so until `remember` is one entry of the history.

        A job whose results cannot be written is stopped: what is wrong is told once, not for each of them. Returns
        whether the disk has them.
        """
        written = self._write(label, changes) if changes else None
        if written is False:
            self.job.cancel()
        if not written:
            return written is None
        self._unremembered += changes
        for before, after in changes:
            if self._committed is not None and after.path == self._committed.path:
                self._take_in([person for person in after.people if person not in before.people])
        return True

    def remember(self, label: str) -> None:
        """What `write` put on the disk becomes an entry of the history."""
        if self._unremembered:
            self.history.push(UndoEntry(label, self._unremembered, self._person_id))
            self._unremembered = []
            self.project_changed.emit()

    def cancel(self) -> None:
        """Show what is committed again, after what is due was committed; a running fit or drag ends."""
        self.keep_due()
        self.fits.stop()
        self.cancelled.emit()
        self._show_committed()

    def keep_due(self) -> None:
        """Commit what is due."""
        if self._due:
            self.commit(self._due)

    def stop_jobs(self) -> None:
        """Let nothing go on in the background."""
        self.job.cancel()
        self.files.cancel()

    def undo(self) -> None:
        """Back by one entry, wherever it was made; a preview or a running fit is cancelled instead.

        A job that has written something is stopped: its results would be written on top of what was taken back.
        """
        self.keep_due()
        under_way = self.previewing or self.fits.running
        self.cancel()
        if under_way:
            return
        if self._unremembered:
            self.job.cancel()
        self.remember(self.job.title)
        if self.history.canUndo() and self._walk(self.history.command(self.history.index() - 1), back=True):
            self.history.undo()

    def redo(self) -> None:
        """Forward by one entry."""
        self.cancel()
        self.remember(self.job.title)
        if self.history.canRedo() and self._walk(self.history.command(self.history.index()), back=False):
            self.history.redo()

    def close(self) -> None:
        """Stop all work, wait for its end, and close the project."""
        self.keep_due()
        self.fits.close()
        self.job.close()
        self.files.close()
        self.history.clear()
        self._other_writer.watch(None)
        if self.project is not None:
            self.project.close()
            self.project = None

    def _walk(self, edit: Any, back: bool) -> bool:
        """Write an edit's photos as they were before it, or after it, and show where that was."""
        label = (tr("Undo: {label}") if back else tr("Redo: {label}")).format(label=edit.text())
        changes = [(after, before) for before, after in reversed(edit.changes)] if back else edit.changes
        if self._write(label, changes) is False:
            return False
        path = self._photo.path if self._photo is not None else ""
        self._set_photo(*shown_by(edit, back, path, self._person_id))
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
        assert self._committed is not None
        assert self._photo is not None
        previewed, before = (self.person if self.previewing else None), self._committed
        self._committed = with_people(self._committed, people)
        self._photo = self._committed
        if previewed is not None:
            self._photo = self._photo.with_person(rebased(previewed, before, self._committed))
        self.photo_changed.emit()

    def _show_committed(self) -> None:
        if self.previewing:
            self._photo = self._committed
            if self.person is None and self._photo is not None and self._photo.people:
                self._person_id = self._photo.people[0].id
            self.photo_changed.emit()

    def _set_photo(self, photo: Photo | None, person_id: int | None) -> None:
        other = person_id != self._person_id
        self._photo = self._committed = photo
        self._person_id = person_id
        if other:
            self.fits.forget()
            self.change_view(keypoint=NO_KEYPOINT, placing=False, compared="")
        self.photo_changed.emit()
