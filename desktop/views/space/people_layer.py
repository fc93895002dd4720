"""The other people of the photo in the 3D view: each in its place, paler than the selected one; a click selects."""

import numpy as np
from PySide6.QtCore import QSize

from desktop.model.workbench import Workbench
from desktop.state.floor_frame import FloorFrame
from desktop.state.posed_body import PlacedBody
from desktop.theme import mixed
from desktop.views.gl.cameras import Orbit
from desktop.views.gl.renderer import Solid

PALE = 0.55  # share of the background's colour in that of the others
NEAR_PX = 7.0  # from the picture of a vertex, for a click to hit the body


class PeopleLayer:
    """Places the bodies of the photo's other people around the selected one."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._made: tuple[object, dict[int, np.ndarray]] | None = None

    def there(self) -> dict[int, PlacedBody]:
        """The bodies of the other people by their ids, as last committed. None without the selected person's."""
        workbench = self._workbench
        photo = workbench.committed or workbench.photo
        if photo is None or workbench.shown.posed is None:
            return {}
        return workbench.placed.of([one for one in photo.people if one.id != workbench.person_id])

    def vertices(self) -> dict[int, np.ndarray]:
        """Their vertices (V, 3) [m] in the frame of the floor."""
        posed, there = self._workbench.shown.posed, self.there()
        if posed is None:
            return {}
        floor: FloorFrame = self._workbench.floor.below(posed)
        what_for = (floor, tuple(there.items()))
        if self._made is None or self._made[0] != what_for:
            made = {person_id: floor.to_floor(body.vertices) for person_id, body in there.items()}
            self._made = (what_for, made)
        return self._made[1]

    def solids(self) -> list[Solid]:
        """Their bodies to draw."""
        there, colours = self.there(), self._workbench.view.colours
        colour = mixed(colours.body, colours.viewport, PALE)
        return [Solid(vertices, there[id].faces, colour) for id, vertices in self.vertices().items()]

    def reach(self, solid: Solid) -> float:
        """The radius [m] of a floor that reaches well below a body."""
        return 1.6 * float(np.abs(solid.vertices[:, [0, 2]]).max())

    def person_at(self, at: np.ndarray, orbit: Orbit, size: QSize) -> int | None:
        """Id of the other person whose body is nearest to the eye at a point (2,) [px] of the view."""
        hits = []
        for person_id, vertices in self.vertices().items():
            away = np.linalg.norm(orbit.project(vertices, size) - at, axis=1)
            hit = vertices[away < NEAR_PX]
            if len(hit):
                hits.append((float(np.linalg.norm(hit - orbit.eye, axis=1).min()), person_id))
        return min(hits)[1] if hits else None
