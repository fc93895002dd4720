"""The floor of the photo on show: how far its camera looks down, and where the floor is below the selected person.

The angle is estimated from the fitted people, or chosen by the user. A choice is kept for its photo in the window's
settings.
"""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, Signal

from core.body.camera_pitch import camera_pitch
from core.body.mean_skeleton import joints_of
from core.records import Fit
from desktop.model.document import Document
from desktop.settings import Settings
from desktop.state.floor_frame import FloorFrame
from desktop.state.posed_body import PosedBody

STEADY_DEG = 3.0  # an estimate stays while the next one differs less: the view would sway at every edit
LARGEST_DEG = 60.0  # that can be chosen
MOST_PEOPLE = 32  # that an estimate is made from, the nearest ones


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
        self._photo: tuple[str, str] | None = None  # of the choice: the project's path and the photo's
        self._estimate = 0.0
        self._estimated_from: tuple[object, tuple[Fit | None, ...]] | None = None
        self._frame: tuple[tuple[object, ...], FloorFrame] | None = None
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
        person, known = self._document.person, self._frame
        wishes = () if person is None else person.wishes
        kept = (self._document.person_id, self.pitch_deg)
        what_for = (*kept, posed, wishes)
        stays = known is not None and known[0][:2] == kept and self._dragging()
        if known is None or not (stays or known[0] == what_for):
            known = (what_for, FloorFrame.below(self.pitch_deg, posed.vertices, posed.joints, wishes))
            self._frame = known
        return known[1]

    def _estimated(self) -> float:
        """The estimate from the people of the photo as last committed; a drag does not sway it."""
        photo = self._document.committed or self._document.photo
        people = () if photo is None else photo.people
        made_from = (self._photo, tuple(person.fit for person in people))
        if self._estimated_from != made_from:
            nearest = sorted((one.fit for one in people if one.fit is not None), key=lambda fit: fit.cam_t[2])
            found = camera_pitch(joints_of(nearest[:MOST_PEOPLE])) if nearest else 0.0
            before = self._estimated_from
            stays = before is not None and before[0] == made_from[0] and any(before[1])
            if not stays or abs(found - self._estimate) >= STEADY_DEG:
                self._estimate = found
            self._estimated_from = made_from
        return self._estimate

    def _take_photo(self) -> None:
        """Another photo has its own choice."""
        project, photo = self._document.project, self._document.photo
        key = None if project is None or photo is None else (str(project.path), photo.path)
        if key == self._photo:
            return
        self._photo = key
        self.chosen = None if key is None or self._settings is None else self._settings.pitch_of(*key)
        self.changed.emit()
