"""The bodies of the people who are not selected. Each is posed once, and rendered once for a size of the photo."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QSize

from core.records import Person
from desktop.model.placed_people import depth_of
from desktop.model.workbench import Workbench
from desktop.state.posed_body import PlacedBody
from desktop.views.gl.cameras import PhotoCamera
from desktop.views.gl.renderer import Backdrop, Renderer, Solid
from desktop.views.photo.body_picture import BodyPicture
from desktop.views.photo.zoom import Placing

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
        self._drawn: dict[int, tuple[object, BodyPicture | None]] = {}

    def of(self, people: Sequence[Person], placing: Placing, ratio: float) -> list[OtherBody]:
        """The bodies of people with fits, the farthest first. ratio: screen px per canvas px."""
        if self._renderer is None:
            return []
        placed, by_id = self._workbench.placed.of(people), {person.id: person for person in people}
        self._drawn = {id: known for id, known in self._drawn.items() if id in placed}
        farthest_first = reversed(placed.items())
        drawn = [self._draw(by_id[id], body, placing, ratio) for id, body in farthest_first]
        return [one for one in drawn if one is not None]

    def _draw(self, person: Person, body: PlacedBody, placing: Placing, ratio: float) -> OtherBody | None:
        """One body, rendered with its box in the middle of a square of its own: a pan only moves the picture."""
        corner = LARGEST_PX / 2 / ratio - placing.scale * person.bbox.center
        view = self._workbench.view
        what_for = (body, placing.scale, ratio, view.theme, view.body_style)
        known = self._drawn.get(person.id)
        if known is None or known[0] != what_for:
            known = self._drawn[person.id] = (
                what_for,
                self._render(person, body, placing.scale, corner, ratio),
            )
        picture = known[1]
        if picture is None:
            return None
        return OtherBody(person.id, depth_of(person), picture.moved(placing.offset - corner))

    def _render(
        self, person: Person, body: PlacedBody, scale: float, corner: np.ndarray, ratio: float
    ) -> BodyPicture | None:
        """corner (2,): of the photo in the square [canvas px]."""
        fit, view = person.fit, self._workbench.view
        if fit is None or self._renderer is None:
            return None
        center = fit.camera_center.astype(float)
        camera = PhotoCamera(fit.focal_length, center, scale * ratio, corner * ratio)
        rect = camera.covered(body.vertices, QSize(LARGEST_PX, LARGEST_PX))
        if rect is None:
            return None
        solid = Solid(body.vertices, body.faces, view.colours.body, xray=view.body_style == "xray")
        picture = self._renderer.draw([solid], camera.camera(rect, body.vertices), rect.size(), Backdrop())
        return BodyPicture.at(picture, rect, ratio, view.body_style)
