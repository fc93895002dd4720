"""Which camera shows what comes next: another person, another fit, the same person among all people of the photo."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QSize

from desktop.model.workbench import Workbench
from desktop.state.floor_frame import FloorFrame
from desktop.state.posed_body import Surface
from desktop.views.gl.cameras import Orbit


class _Seen(NamedTuple):
    """What was shown last: the photo and person, the body, and the floor below it."""

    path: str
    person_id: int | None
    surface: Surface
    floor: FloorFrame | None


class NextLook:
    """Remembers what a view showed last."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._before: _Seen | None = None
        self._filled: Orbit | None = (
            None  # the camera that was placed so that what is to be seen fills the view
        )

    def after(self, orbit: Orbit, surface: Surface, size: QSize) -> Orbit | None:
        """The camera that shows a body, which was seen by `orbit` or is new. None: frame it anew.

        A new fit of the same person is shown whole if the last one was. Among all people of the photo the camera stays
        where it is.
        """
        workbench, before = self._workbench, self._before
        photo, posed = workbench.photo, workbench.shown.posed
        floor = None if posed is None else workbench.floor.below(posed)
        now = _Seen("" if photo is None else photo.path, workbench.person_id, surface, floor)
        self._before = now
        if before is not None and before.person_id == now.person_id:
            return orbit.around(surface[0], size) if orbit.shows(before.surface[0], size) else orbit
        same_scene = before is not None and before.path == now.path and workbench.view.everyone
        if before is None or not same_scene or before.floor is None or floor is None:
            return None
        moved = floor.to_floor(before.floor.origin[None])[0]
        return replace(orbit, center=tuple((np.array(orbit.center) + moved).tolist()))

    def filled(self, orbit: Orbit, points: np.ndarray, size: QSize) -> Orbit:
        """The camera in the same direction from where points (N, 3) [m] fill the view."""
        self._filled = orbit.framing(points, size)
        return self._filled

    def resized(self, orbit: Orbit, points: np.ndarray, before: QSize, size: QSize) -> Orbit:
        """The camera after a resize: a view that was filled stays filled, a body that was whole stays whole."""
        if orbit == self._filled:
            return self.filled(orbit, points, size)
        return orbit.around(points, size) if orbit.shows(points, before) else orbit
