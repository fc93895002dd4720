"""Projects of rendered photos and a clip for pictures: python -m tests.pictures.rendered crowd FILE.fitloop"""

import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from core.formats.shared.tracking import with_video_tracks
from core.records import Photo
from core.store import Project
from train.synthesis.clip import write_clip
from train.synthesis.sample import photos_with_truth, write_photos

PHOTO_PX, SEED = 640, 11
PEOPLE = 8  # of a crowd
CHILD, MOST_PHOTOS = 0.6, 60  # kid of a child, and photos made until one shows one


def crowd(folder: Path) -> list[Photo]:
    """Eight people in each photo."""
    return write_photos(folder, 2, SEED, PHOTO_PX, people=(PEOPLE, PEOPLE))


def child(folder: Path) -> list[Photo]:
    """A child alone."""
    for photo, truth in photos_with_truth(folder, MOST_PHOTOS, SEED, PHOTO_PX, people=(1, 1)):
        if len(truth) and truth.kid[0] > CHILD:
            return [photo]
    raise AssertionError(f"No child in {MOST_PHOTOS} photos.")


def crossing(folder: Path) -> list[Photo]:
    """A clip of three people who walk past each other, with their tracks."""
    return list(with_video_tracks(write_clip(folder), Fraction(30)))


KINDS: dict[str, Callable[[Path], list[Photo]]] = {"crowd": crowd, "child": child, "crossing": crossing}


def main() -> None:
    what, file = sys.argv[1], Path(sys.argv[2])
    photos = KINDS[what](file.parent)
    with Project.create(file) as project:
        project.add_photos(photos)


if __name__ == "__main__":
    main()
