"""Detects people in photos without people, with an installed detector."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import DetectorError, ImageError
from core.records import Person, Photo
from core.store import Project

if TYPE_CHECKING:
    from core.detect import Detector

PREFERRED = ("rtmlib", "mediapipe")  # rtmlib detects all people of a photo


@dataclass(frozen=True, eq=False)
class Detected:
    """One photo and the people detected in it. faults: errors of unreadable photos."""

    done: int
    total: int
    photo: Photo | None = None
    people: tuple[Person, ...] = ()
    faults: tuple[str, ...] = ()


def detect_steps(
    project: Project, photo_ids: Iterable[int], load: "Callable[[], Detector] | None" = None
) -> Iterator[Detected]:
    """Detect people in the photos without people. Raises DetectorError without a detector."""
    from core.detect import detect
    from core.geometry.image import read_image_as

    ids = list(photo_ids)
    yield Detected(0, len(ids))
    detector = (load or load_any)()
    try:
        for done, photo_id in enumerate(ids, start=1):
            photo = project.photo(photo_id)
            if photo.people:
                yield Detected(done, len(ids))
                continue
            try:
                image = read_image_as(project.folder / photo.path, (photo.width, photo.height))
                people = detect(image, detector)
                yield Detected(done, len(ids), photo, people)
            except ImageError as error:
                yield Detected(done, len(ids), faults=(str(error),))
    finally:
        detector.close()


def load_any() -> "Detector":
    """Load the first installed detector of PREFERRED. Raises DetectorError with the error of each."""
    from core.detect import load_detector

    lacks = []
    for name in PREFERRED:
        try:
            return load_detector(name)
        except DetectorError as error:
            lacks.append(str(error))
    raise DetectorError("\n".join(lacks))
