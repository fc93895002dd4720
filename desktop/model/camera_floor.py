"""The floor of the photo on show: how far its camera looks down, and where the floor is below the selected person.

The angle is estimated from the fitted people, or chosen by the user. A choice is kept for its photo in the window's
settings.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QObject, Signal

from core.body.camera_pitch import camera_pitch
from core.body.mean_skeleton import joints_of
from core.records import Fit
from core.wishes import Wish
from desktop.model.document import Document
from desktop.settings import Settings
from desktop.state.floor_frame import FloorFrame
from desktop.state.posed_body import PosedBody

STEADY_DEG = 3.0  # an estimate stays while the next one differs less: the view would sway at every edit
LARGEST_DEG = 60.0  # that can be chosen
MOST_PEOPLE = 32  # that an estimate is made from, the nearest ones


class PhotoKey(NamedTuple):
    """A photo in the settings: the project's path, without links, and the photo's path in it."""

    project: str
    photo: str


@dataclass(frozen=True)
class _Estimate:
    """An angle [deg], and the photo and fits that it is made from."""

    pitch_deg: float
    photo: PhotoKey | None
    fits: tuple[Fit | None, ...]


@dataclass(frozen=True, eq=False)
class _Standing:
    """A frame, and what it is made from: the person with the angle chosen, and the body with the angle [deg] used."""

    frame: FloorFrame
    person: tuple[int | None, float | None]
    body: tuple[float, PosedBody, tuple[Wish, ...]]


class CameraFloor(QObject):
    """chosen: the user's angle [deg] for the photo on show; None while it is estimated."""

    changed = Signal()

    def __init__(self, document: Document, dragging: Callable[[], bool]) -> None:
        """dragging: whether a body follows the mouse. The floor then stays, so that it does so under the mouse."""
        super().__init__(document)
        self._dragging = dragging
        self.chosen: float | None = None
        self._document = document
        self._settings: Settings | None = None
        self._photo: PhotoKey | None = None  # of the choice
        self._estimate: _Estimate | None = None
        self._standing: _Standing | None = None
        document.photo_changed.connect(self._take_photo)

    def keep_in(self, settings: Settings) -> None:
        """Keep later choices in these settings."""
        self._settings = settings
        self._photo = None
        self._take_photo()

    @property
    def pitch_deg(self) -> float:
        """The angle by which the camera looks down [deg]."""
        return self._estimated() if self.chosen is None else self.chosen

    def choose(self, pitch_deg: float | None) -> None:
        """Take an angle for the photo on show, and keep it; None estimates it from now on."""
        chosen = None if pitch_deg is None else float(np.clip(pitch_deg, -LARGEST_DEG, LARGEST_DEG))
        if chosen == self.chosen or self._photo is None:
            return
        self.chosen = chosen
        if self._settings is not None:
            self._settings.keep_pitch(*self._photo, chosen)
        self.changed.emit()

    def below(self, posed: PosedBody) -> FloorFrame:
        """The frame that stands on the floor below a posed body of the selected person."""
        person, known = self._document.person, self._standing
        whose = (self._document.person_id, self.chosen)
        if known is not None and known.person == whose and self._dragging():
            return known.frame
        wishes, pitch_deg = () if person is None else person.wishes, self.pitch_deg
        body = (pitch_deg, posed, wishes)
        if known is None or known.person != whose or known.body != body:
            frame = FloorFrame.below(pitch_deg, posed.vertices, posed.joints, wishes)
            known = self._standing = _Standing(frame, whose, body)
        return known.frame

    def _estimated(self) -> float:
        """The estimate from the people of the photo as last committed; a drag does not sway it."""
        photo, known = self._document.committed or self._document.photo, self._estimate
        fits = tuple([one.fit for one in photo.people]) if photo is not None else ()
        if known is None or known.photo != self._photo or known.fits != fits:
            nearest = sorted([fit for fit in fits if fit is not None], key=lambda fit: fit.cam_t[2])
            found = camera_pitch(joints_of(nearest[:MOST_PEOPLE])) if nearest else 0.0
            stays = known is not None and known.photo == self._photo and any(known.fits)
            if known is not None and stays and abs(found - known.pitch_deg) < STEADY_DEG:
                found = known.pitch_deg
            known = self._estimate = _Estimate(found, self._photo, fits)
        return known.pitch_deg

    def _take_photo(self) -> None:
        """Another photo has its own choice."""
        project, photo = self._document.project, self._document.photo
        key = None
        if project is not None and photo is not None:
            key = PhotoKey(str(project.path.resolve()), photo.path)
        if key == self._photo:
            return
        self._photo = key
        self.chosen = None if key is None or self._settings is None else self._settings.pitch_of(*key)
        self.changed.emit()
