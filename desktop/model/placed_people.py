"""The bodies of a photo's people, posed with fewer triangles: each is posed once and kept while its fit is the same."""

from collections.abc import Sequence

from PySide6.QtCore import QObject

from core.records import Fit, Person
from desktop.model.current_fit import Fits
from desktop.state.posed_body import PlacedBody, placed_coarsely

MOST_BODIES = 24  # of one photo, the nearest ones: drawing more would take longer than a zoom may


class PlacedPeople(QObject):
    """Poses fits of one photo at a time, with the body in use."""

    def __init__(self, fits: Fits) -> None:
        super().__init__(fits)
        self._fits = fits
        self._placed: dict[int, tuple[Fit, object, PlacedBody]] = {}

    def of(self, people: Sequence[Person]) -> dict[int, PlacedBody]:
        """The bodies of people with fits by their ids, the nearest first; none without a body."""
        body = self._fits.body
        if body is None:
            return {}
        found: dict[int, tuple[Fit, object, PlacedBody]] = {}
        for person in sorted([one for one in people if one.fit is not None], key=depth_of)[:MOST_BODIES]:
            fit, known = person.fit, self._placed.get(person.id)
            if fit is None:
                continue
            if known is None or known[0] is not fit or known[1] is not body:
                known = (fit, body, placed_coarsely(body, fit, person.keypoints.layout))
            found[person.id] = known
        before = [(id, known) for id, known in self._placed.items() if id not in found]
        self._placed = dict([*before, *found.items()][-2 * MOST_BODIES :])  # those on show are never cut off
        return {id: placed for id, (_, _, placed) in found.items()}


def depth_of(person: Person) -> float:
    """The distance [m] of a person's fit from the camera; infinite without a fit."""
    return float(person.fit.cam_t[2]) if person.fit is not None else float("inf")
