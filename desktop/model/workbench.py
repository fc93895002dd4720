"""The one mutable object of the window: the document with fit, queue, jobs and view settings.

Views draw the frozen record `shown`, which is replaced at each change, and ask the workbench for changes.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from core.records import Person, Photo
from core.store import Project
from core.wishes import Wish
from desktop.jobs.files.open_body import load_steps
from desktop.jobs.job import Job
from desktop.model.alternatives import Alternatives
from desktop.model.autosave import Autosave
from desktop.model.camera_floor import CameraFloor
from desktop.model.current_fit import Fits
from desktop.model.document import Document
from desktop.model.finding import Finding
from desktop.model.hover import Hover
from desktop.model.job_log import JobLog
from desktop.model.other_writer import OtherWriter
from desktop.model.placed_people import PlacedPeople
from desktop.model.queue import Queue
from desktop.model.sequences.fitting_beside import REACH, followed
from desktop.model.sequences.sequence import PhotoSequence
from desktop.state.history import Change, person_of
from desktop.state.shown import Shown
from desktop.state.view import NO_KEYPOINT, View

if TYPE_CHECKING:
    from core.body.model import Body

BESIDE_MS = 60  # between two redraws beside the photo while a fit follows …
SOON_MS = 16  # … and during other drags


class Workbench(Document):
    """The object that views draw and ask for changes. Fits, queue and jobs know it as a Document."""

    view_changed = Signal()
    tiles_resized = Signal()  # the view changed by `tile_px` alone: only the contact sheet draws anew
    previewed_beside = Signal()  # some of the moves of a drag, for views beside the photo

    def __init__(
        self,
        view: View | None = None,
        load: "Callable[[Path | None], Iterator[Body]]" = load_steps,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.shown = Shown()
        self.view = view or View()  # settings of drawing
        self.queue = Queue(self)
        self.sequence = PhotoSequence(self)
        self.fits = Fits(self, load, lambda: self.view.card)
        self.fits.body_changed.connect(self._look_anew)
        self.placed = PlacedPeople(self.fits)
        self.floor = CameraFloor(self, lambda: self.previewing and not self.fits.running)
        self.alternatives = Alternatives(self, self.fits)
        self._other_writer = OtherWriter(self)
        self.job = Job(self)  # work on people: fits, guesses, detection
        self.files = Job(self)  # work on files: open, add, save, export
        self.downloads = Job(self)  # installations and downloads, which no change of the project ends
        for job in (self.job, self.files, self.downloads):
            job.refused.connect(self.refused)
        self.jobs = JobLog((self.job, self.files, self.downloads), self)
        for text in (self.told, self.reported, self.noted):
            text.connect(self.jobs.add_text)
        self.autosave = Autosave(self, self.files, self.fits, lambda: self.view.autosave)
        self.hover = Hover(self)
        self.finding = Finding(self)
        self._beside = QTimer(self)
        self._beside.setSingleShot(True)
        self._beside.timeout.connect(self.previewed_beside)
        self.photo_changed.connect(self._beside.stop)  # every view redraws then

    @property
    def busy(self) -> bool:
        """Whether a job runs in the background."""
        return self.job.running or self.files.running or self.downloads.running

    def change_view(self, **changes: Any) -> None:
        """Change settings of drawing: fields of `View`."""
        view = replace(self.view, **changes)
        if view != self.view:
            self.view = view
            changed = self.tiles_resized if changes.keys() == {"tile_px"} else self.view_changed
            changed.emit()

    # Projects and people

    def set_project(self, project: Project | None) -> None:
        """Close the open project, show this one, and select the first person of its queue."""
        self.cancel()
        self.job.cancel()
        self._set_photo(None, None)  # before the project closes: typed notes and tags are saved
        self.autosave.write_due()
        self.files.finish()
        if self.project is not None:
            self.project.close()
        self.project = project
        self._other_writer.watch(project)
        self.history.clear()
        self.autosave.forget()
        self.queue.reset()
        self._set_photo(None, None)
        self.project_changed.emit()
        self.show_first()

    def show_first(self) -> None:
        """Show the first person of the queue; without people, the first photo."""
        first = self.queue.first()
        if first is not None:
            self.select(first)
        elif self.project is not None and (photo_ids := self.project.photo_ids()):
            self.show_photo(photo_ids[0])

    def read_anew(self) -> None:
        super().read_anew()
        if self.photo is None:
            self.show_first()

    # Changes of keypoints together with the body

    def follow(self, person: Person, due: str = "", resting: tuple[Wish, ...] = ()) -> None:
        """Preview a person, and fit the body to their keypoints in the background.

        due: a label. The next other action then commits the preview under it instead of dropping it. resting: wishes
        that the body keeps to until the drag ends, and that are not the person's own.
        """
        self._due = due
        if self.photo is not None:
            self.fits.follow(self.photo, person, resting)
            self.preview_move(person)

    def preview_move(self, person: Person) -> None:
        super().preview_move(person)
        if not self._beside.isActive():
            self._beside.start(BESIDE_MS if self.fits.following else SOON_MS)

    def apply(self, label: str, person: Person, follow: bool = False, resting: tuple[Wish, ...] = ()) -> None:
        """Commit a person: one entry of the history. follow: refine the body to the keypoints first.

        resting: as for `follow`.
        """
        self.cancel()
        self.prepare(person)
        if follow:
            self.fits.refine(resting)
        self.commit(label)

    def stop_jobs(self) -> None:
        """Stop all jobs in the background."""
        self.job.cancel()
        self.files.cancel()
        self.downloads.cancel()

    def close(self) -> None:
        """Stop all work, wait for its end, and close the project."""
        self.keep_due()
        self.autosave.forget()
        self.fits.close()
        self.alternatives.close()
        for job in (self.job, self.files, self.downloads):
            job.close()
        self.history.clear()
        self._other_writer.watch(None)
        if self.project is not None:
            self.project.close()
            self.project = None
        self._look_anew()

    def _end_work(self, keep: bool) -> bool:
        return self.fits.end(keep)

    def _changes_beside(self, before: Photo, after: Photo) -> list[Change]:
        """Where keypoints of a fitted track were corrected and neighbours follow: their photos."""
        if not self.view.neighbours or self.fits.body is None or self.person_id is None:
            return []
        old, new = person_of(before, self.person_id), person_of(after, self.person_id)
        if old is None or new is None or new.track is None or new.keypoints is old.keypoints:
            return []
        beside = self.sequence.photos_beside(REACH)
        return followed(self.fits.body, beside, after, self.person_id)

    def _stop_writing(self) -> None:
        self.job.cancel()

    def _other_person(self) -> None:
        self.fits.forget()
        self.alternatives.forget()
        self.change_view(keypoint=NO_KEYPOINT, placing=False, compared="")

    def _look_anew(self) -> None:
        posed = None
        if self.photo is not None and self.person is not None:
            posed = self.fits.posed(self.photo, self.person)
        self.shown = Shown(self.project, self.photo, self.person, posed)
