"""The photos beside one whose keypoints were corrected: their bodies follow over time."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from core.errors import FitInputError
from core.records import Photo
from desktop.state.history import Change
from desktop.state.person_edits import with_fit

if TYPE_CHECKING:
    from core.body.model import Body
    from core.fitting.sequence.sightings import Sighting

REACH = 15  # photos to each side
EDGE = 2  # photos at an end of the reach that stay: an acceleration links a photo to the two before it
ITERATIONS = 4


def followed(body: "Body", photos: Sequence[Photo], corrected: Photo, person_id: int) -> list[Change]:
    """The photos beside `corrected` with the bodies of the person's track, drawn by its body, which is a constant.

    photos: in any order, `corrected` not among them. People who are locked, or who have no fit of this body, stay.
    """
    from core.fitting.sequence.sightings import fit_over_time
    from core.fitting.sequence.track_config import FRAME, TrackConfig
    from core.formats.motion.track_sightings import sightings_by_track

    tracks = sightings_by_track([*photos, corrected]).values()
    track = next((each for each in tracks if any(one.person.id == person_id for one in each)), [])
    fitted = [one for one in track if one.person.fit is not None and one.person.fit.body == body.fingerprint]
    place = next((place for place, one in enumerate(fitted) if one.person.id == person_id), None)
    if place is None:
        return []
    first = max(place - REACH, 0)
    window = fitted[first : place + REACH + 1]
    held = [one.person.locked or _is_edge(number + first, place) for number, one in enumerate(window)]
    if all(held):
        return []
    asked = [_from_its_fit(one, hold) for one, hold in zip(window, held, strict=True)]
    config = TrackConfig(frame=replace(FRAME, free_betas=False), iterations=ITERATIONS)
    try:
        *_, last = fit_over_time(body, asked, config)
    except FitInputError:  # keypoints of two layouts: nothing follows
        return []
    return [
        (one.photo, one.photo.with_person(with_fit(one.person, fit)))
        for one, hold, fit in zip(window, held, last.fits, strict=True)
        if not hold
    ]


def _is_edge(place: int, corrected: int) -> bool:
    return place == corrected or abs(place - corrected) > REACH - EDGE


def _from_its_fit(one: "Sighting", held: bool) -> "Sighting":
    return replace(one, person=one.person.with_(guess=None, locked=held))
