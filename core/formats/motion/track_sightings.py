"""The people of photos by their tracks, as a fit over time takes them."""

from __future__ import annotations

from collections.abc import Sequence

from core.fitting.sequence.sightings import Sighting
from core.formats.photos.numbered_names import frame_numbers
from core.records import Photo

PHOTOS_A_SECOND = 30.0


def sightings_by_track(
    photos: Sequence[Photo], photos_a_second: float = PHOTOS_A_SECOND
) -> dict[tuple[str, int], list[Sighting]]:
    """Sequence and track -> the people of that track with a keypoint, in the order of the photos' numbers.

    People without a track are left out: nothing tells which of another photo they are.
    """
    found: dict[tuple[str, int], list[Sighting]] = {}
    frames = frame_numbers([photo.path for photo in photos])
    for photo, (name, number) in zip(photos, frames, strict=True):
        for person in photo.people:
            one = Sighting(photo, person, number / photos_a_second)
            if person.track is not None and one.is_seen:
                found.setdefault((name, person.track), []).append(one)
    return {key: sorted(each, key=lambda one: one.seconds) for key, each in found.items()}
