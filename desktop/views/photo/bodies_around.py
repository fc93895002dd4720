"""The bodies of the people who are not selected. Each is posed once, and rendered once for a size of the photo."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QSize

from core.records import Fit, Person
from desktop.model.workbench import Workbench
from desktop.state.posed_body import PlacedBody, placed_coarsely
from desktop.views.gl.cameras import PhotoCamera
from desktop.views.gl.renderer import Backdrop, Renderer, Solid
from desktop.views.photo.body_picture import BodyPicture
from desktop.views.photo.zoom import Placing

MOST_BODIES = 24  # of one photo, the nearest ones: drawing more would take longer than a zoom may
LARGEST_PX = 2048  # side of a picture, whose middle is that of the person's box


@dataclass(frozen=True, eq=False)
class OtherBody:
    """One person's body on the canvas. depth [m]: the distance from the camera by which bodies hide each other."""

    person_id: int
    depth: float
    picture: BodyPicture


class OtherBodies:
    """Poses and renders fits. What is drawn again unchanged comes from a cache."""

    def __init__(self, workbench: Workbench, renderer: Renderer | None) -> None:
        self._workbench, self._renderer = workbench, renderer
        self._placed: dict[int, tuple[Fit, PlacedBody]] = {}
        self._drawn: dict[int, tuple[object, BodyPicture | None]] = {}

    def of(self, people: Sequence[Person], placing: Placing, ratio: float) -> list[OtherBody]:
        """The bodies of people with fits, the farthest first. ratio: screen px per canvas px."""
        body = self._workbench.fits.body
        if self._renderer is None or body is None:
            return []
        fitted = sorted((one for one in people if one.fit is not None), key=depth_of)[:MOST_BODIES]
        ids = {person.id for person in fitted}
        self._placed = {id: known for id, known in self._placed.items() if id in ids}
        self._drawn = {id: known for id, known in self._drawn.items() if id in ids}
        drawn = [self._draw(person, placing, ratio) for person in reversed(fitted)]
        return [one for one in drawn if one is not None]

    def _draw(self, person: Person, placing: Placing, ratio: float) -> OtherBody | None:
        """One body, rendered with its box in the middle of a square of its own: a pan only moves the picture."""
        corner = LARGEST_PX / 2 / ratio - placing.scale * person.bbox.center
        what_for = (person.fit, self._workbench.fits.body, placing.scale, ratio, self._workbench.view.theme)
        known = self._drawn.get(person.id)
        if known is None or known[0] != what_for:
            known = self._drawn[person.id] = (what_for, self._render(person, placing.scale, corner, ratio))
        picture = known[1]
        if picture is None:
            return None
        return OtherBody(person.id, depth_of(person), picture.moved(placing.offset - corner))

    def _render(self, person: Person, scale: float, corner: np.ndarray, ratio: float) -> BodyPicture | None:
        """corner (2,): of the photo in the square [canvas px]."""
        fit, body, renderer = person.fit, self._workbench.fits.body, self._renderer
        if fit is None or body is None or renderer is None:
            return None
        placed = self._placed.get(person.id)
        if placed is None or placed[0] is not fit:
            placed = self._placed[person.id] = (fit, placed_coarsely(body, fit, person.keypoints.layout))
        vertices, faces = placed[1].vertices, placed[1].faces
        center = fit.camera_center.astype(float)
        camera = PhotoCamera(fit.focal_length, center, scale * ratio, corner * ratio)
        rect = camera.covered(vertices, QSize(LARGEST_PX, LARGEST_PX))
        if rect is None:
            return None
        solid = Solid(vertices, faces, self._workbench.view.colours.body)
        picture = renderer.draw([solid], camera.camera(rect, vertices), rect.size(), Backdrop())
        return BodyPicture.at(picture, rect, ratio)


def depth_of(person: Person) -> float:
    """The distance [m] of a person's fit from the camera; infinite without a fit."""
    return float(person.fit.cam_t[2]) if person.fit is not None else float("inf")
