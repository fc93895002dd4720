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
