"""Fits of whole tracks, after each person was fitted alone: `train.fits --over-time`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.body.model import Body
from core.errors import FitInputError
from core.fitting.sequence.sightings import Sighting, fit_over_time
from core.formats.motion.track_sightings import sightings_by_track
from core.records import Fit, Photo


@dataclass(frozen=True, eq=False)
class TracksFitted:
    """photos: with the fits of their tracks; tracks, people: the numbers of fitted ones; faults: track -> reason."""

    photos: list[Photo]
    tracks: int
    people: int
    faults: dict[str, str]


def fit_tracks_of(photos: Sequence[Photo], body: Body, photos_a_second: float) -> TracksFitted:
    """Fit every track of photos whose people were fitted alone. Locked and accepted people are constants."""
    found: dict[tuple[str, int], Fit] = {}
    faults: dict[str, str] = {}
    tracks = 0
    for (_, track), some in sightings_by_track(photos, photos_a_second).items():
        ready = [_held(one) for one in some if _has_fit(one, body)]
        try:
            fits = [fit for step in fit_over_time(body, ready) for fit in step.fits] if ready else []
        except FitInputError as error:
            faults[f"track {track}"] = str(error)
            continue
        tracks += bool(fits)
        for one, fit in zip(ready, fits, strict=True):
            found[one.photo.path, one.person.id] = fit
    changed = [
        photo.with_(
            people=tuple(
                person.with_(fit=found.get((photo.path, person.id), person.fit)) for person in photo.people
            )
        )
        for photo in photos
    ]
    return TracksFitted(changed, tracks, len(found), faults)


def _has_fit(one: Sighting, body: Body) -> bool:
    return one.person.fit is not None and one.person.fit.body == body.fingerprint


def _held(one: Sighting) -> Sighting:
    """The fit alone is the start, and an accepted person's does not move."""
    held = one.person.locked or one.person.verdict == "accepted"
    return replace(one, person=one.person.with_(guess=None, locked=held))
