"""The project's photos as a sequence in time: their order, rate, and lanes of people, read when they are needed."""

from fractions import Fraction

from PySide6.QtCore import QObject, Signal

from core.errors import ProjectError
from core.records import Photo
from core.store.tracks.track_rows import TrackRow
from desktop.model.document import Document
from desktop.state.lanes import Lane, beside, lanes_of

USUAL_RATE = Fraction(30)  # photos a second, where no video has one


class PhotoSequence(QObject):
    """The sequence of a document. `there` is False where the photos are none."""

    changed = Signal()  # the photos, whether they are a sequence, or the track marked

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self._document = document
        self._project: object = None
        self._extent = (0, 0)
        self.photo_ids: list[int] = []
        self._places: dict[int, int] = {}
        self.there = False
        self.rate = USUAL_RATE
        self.marked: int | None = (
            None  # the track that an edit of tracks is about besides the selected person's
        )
        self._lanes: tuple[Lane, ...] | None = None
        self._followed: int | None = None  # the track that `show` keeps through gaps …
        self._shown: int | None = None  # … until another person than it selected is selected
        document.project_changed.connect(self._look_again)

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The people by track, as they are in the project."""
        if self._lanes is None:
            self._lanes = lanes_of(self.photo_ids, self.rows()) if self.there else ()
        return self._lanes

    @property
    def place(self) -> int | None:
        """The place of the photo shown."""
        photo_id = self._document.photo_id
        return None if photo_id is None else self._places.get(photo_id)

    @property
    def track(self) -> int | None:
        """The selected person's track."""
        return None if self._document.person is None else self._document.person.track

    def rows(self) -> list[TrackRow]:
        """Light rows of everybody."""
        project = self._document.project
        try:
            return [] if project is None else project.track_rows()
        except ProjectError as error:
            self._document.refused.emit(str(error))
            return []

    def lane_of(self, track: int | None) -> Lane | None:
        """The lane of a track."""
        return next((lane for lane in self.lanes if lane.track == track and track is not None), None)

    def mark(self, track: int | None) -> None:
        """Mark a track for the next edit of tracks; None for none."""
        if track != self.marked:
            self.marked = track
            self.changed.emit()

    def show(self, place: int, track: int | None = None) -> None:
        """Show the photo at a place, and select there the person of a track: by default of the selected one, and after
        a gap of it the one before."""
        if not self.photo_ids:
            return
        place = min(max(place, 0), len(self.photo_ids) - 1)
        photo = self.photo_at(place)
        if photo is None:
            return
        if track is not None or self._document.person_id != self._shown or self._followed is None:
            self._followed = self.track if track is None else track
        wanted = self._followed
        found = [person.id for person in photo.people if wanted is not None and person.track == wanted]
        if found:
            self._document.select(found[0])
        elif self._document.photo is None or photo.path != self._document.photo.path:
            self._document.show_photo(self.photo_ids[place])
        self._shown = self._document.person_id

    def photo_at(self, place: int) -> Photo | None:
        """The photo at a place of the sequence; None beyond its ends."""
        project = self._document.project
        if project is None or not 0 <= place < len(self.photo_ids):
            return None
        return project.photo(self.photo_ids[place])

    def photos_beside(self, reach: int) -> list[Photo]:
        """At most `reach` photos before the photo shown, and as many after it."""
        place = self.place
        if place is None:
            return []
        places = (*range(place - reach, place), *range(place + 1, place + reach + 1))
        return [photo for each in places if (photo := self.photo_at(each)) is not None]

    def step_to_corrected(self, by: int) -> bool:
        """Show the next or previous photo in which a hand corrected the selected person. False if there is none."""
        lane, place = self.lane_of(self.track), self.place
        if lane is None or place is None:
            return False
        found = beside(lane.places[lane.corrected], place, by)
        if found is not None:
            self.show(found)
        return found is not None

    def step_to_gap(self, by: int) -> bool:
        """Show the photo before the next gap of the selected person's track, or after the previous one. Returns whether
        there is one."""
        lane, place = self.lane_of(self.track), self.place
        if lane is None or place is None:
            return False
        ends = lane.gaps[:, 0] - 1 if by > 0 else lane.gaps[:, 1] + 1
        found = beside(ends, place, by)
        if found is not None:
            self.show(found)
        return found is not None

    def _look_again(self) -> None:
        self._lanes = None
        project = self._document.project
        try:
            extent = (0, 0) if project is None else project.photo_extent()
            if project is not self._project or extent != self._extent:
                ids = [] if project is None else project.photo_ids()
                self._project, self._extent, self.photo_ids = project, extent, ids
                self._places = {photo_id: place for place, photo_id in enumerate(ids)}
                self._find_out([] if project is None else project.photo_paths())
        except ProjectError as error:
            self._document.refused.emit(str(error))

    def _find_out(self, paths: list[str]) -> None:
        from core.formats.photos.photo_sequence import is_sequence

        self.there, self.marked, self._followed = is_sequence(paths), None, None
        self.rate = self._rate(paths) if self.there else USUAL_RATE
        self.changed.emit()

    def _rate(self, paths: list[str]) -> Fraction:
        from core.formats.photos.video_photos import frame_rate

        project = self._document.project
        return (frame_rate(project.folder, paths) if project is not None else None) or USUAL_RATE
