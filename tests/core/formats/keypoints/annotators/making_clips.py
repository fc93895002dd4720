"""Clips of photos for tests of tracks: written beside a file, and what was read of them."""

from pathlib import Path

import numpy as np

from core.formats.shared.report import Import
from core.records import Person
from tests.core.formats.making import write_photos
from tests.core.formats.making_keypoints import keypoint_array

FRAMES = tuple(f"clip_{number:04d}.png" for number in range(8))
XY = keypoint_array("coco17")[:, :2]


def written(folder: Path, data: bytes, name: str, photos: tuple[str, ...] = FRAMES) -> Path:
    write_photos(folder, photos)
    (folder / name).write_bytes(data)
    return folder / name


def right(px: float) -> np.ndarray:
    """The places of all keypoints, moved to the right."""
    return np.add(XY, [px, 0])


def places(imported: Import, track: int | None = None) -> dict[int, np.ndarray]:
    """xy (17, 2) of the person of a track by frame."""
    found: dict[int, np.ndarray] = {}
    for photo in imported.photos:
        for one in photo.people:
            if track in (None, one.track):
                found[int(photo.path[-8:-4])] = one.keypoints.xy
    return found


def only(imported: Import) -> Person:
    ((one,),) = (photo.people for photo in imported.photos)
    return one
