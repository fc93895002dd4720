"""Detects people in photos without people, with an installed detector."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from core.detect.installs import INSTALLS, is_installed
from core.errors import DetectorError, ImageError
from core.records import Person, Photo
from core.store import Project
from desktop.jobs.detector_process import DetectorProcess
from desktop.state.view import DetectorName
from desktop.text.translate import tr

if TYPE_CHECKING:
    from core.detect import Detector
    from core.detect.weights import Fetched

PREFERRED = tuple(INSTALLS)  # RTMPose first, as it detects all people of a photo
FAILURES = 2  # photos in a row whose fault is the detector's; then the rest is left
Then = Callable[[Photo], tuple[Photo, tuple[str, ...]]]


@dataclass(frozen=True, eq=False)
class Detected:
    """One photo that was looked at, with the people found in it. faults: errors in words.

    lack: why no detector can be used; then nothing was looked at. left: photos that were not looked at after failures.
    """

    done: int
    total: int
    photo: Photo | None = None
    people: tuple[Person, ...] = ()
    faults: tuple[str, ...] = ()
    lack: str = ""
    left: int = 0


def detect_steps(
    project: Project,
    photo_ids: Iterable[int],
    then: Then = lambda photo: (photo, ()),
    wanted: DetectorName = "",
) -> Iterator[Detected]:
    """Detect people in the photos without people. What a step has found stays, whatever happens afterwards.

    then: called with each photo and the people found in it, before they are handed over; for example to fit them.
    wanted: the detector to try before the others.
    """
    ids = [photo_id for photo_id in photo_ids if not project.photo(photo_id).people]
    yield Detected(0, len(ids))
    work = _Detecting(partial(load_any, wanted) if wanted else load_any)
    try:
        for done, photo_id in enumerate(ids, start=1):
            step = work.look(project, photo_id, then, done, len(ids))
            yield step
            if step.lack or step.left:
                return
    finally:
        work.close()


def installed(wanted: DetectorName = "") -> list[str]:
    """The installed detectors, in the order in which `load_any` tries them."""
    return [name for name in sorted(PREFERRED, key=lambda name: name != wanted) if is_installed(name)]


def weights_steps() -> "Iterator[Fetched]":
    """Download the weights of RTMPose, as `core.detect.weights.fetch_steps`. Raises DetectorError."""
    from core.detect.weights import fetch_steps

    return fetch_steps()


def lacks_weights(names: Sequence[str]) -> bool:
    """Whether the weights of the first of these detectors are to be downloaded."""
    from core.detect.weights import missing_weights

    return names[:1] == ["rtmpose"] and bool(missing_weights())


def load_any(wanted: DetectorName = "") -> "Detector":
    """Load the first installed detector that can be used. Raises DetectorError with the reason of each."""
    lacks = []
    for name in installed(wanted):
        try:
            return DetectorProcess(name)
        except DetectorError as error:
            lacks.append(str(error))
    raise DetectorError(
        "\n".join(lacks) or tr("A detector finds people. Install one here, or draw somebody yourself.")
    )


class _Detecting:
    """The detector of one job. It is loaded again after a failure."""

    def __init__(self, load: "Callable[[], Detector]") -> None:
        self._load, self._failed = load, 0
        self._detector: Detector | None = None

    def look(self, project: Project, photo_id: int, then: Then, done: int, total: int) -> Detected:
        """One photo's step."""
        from core.detect import detect
        from core.geometry.image import read_image_as

        photo = project.photo(photo_id)
        if photo.people:  # somebody drew them meanwhile
            return Detected(done, total)
        try:
            detector = self._detector = self._detector or self._load()
        except DetectorError as error:
            return self._lacking(str(error), done, total)
        try:
            image = read_image_as(project.folder / photo.path, (photo.width, photo.height))
            people = detect(image, detector)
            self._failed = 0
            found, faults = then(photo.with_(people=people)) if people else (photo, ())
            return Detected(done, total, photo, found.people, faults)
        except ImageError as error:
            return Detected(done, total, faults=(str(error),))
        except DetectorError as error:
            return self._failure(photo, str(error), done, total)

    def close(self) -> None:
        detector, self._detector = self._detector, None
        if detector is not None:
            detector.close()

    def _lacking(self, why: str, done: int, total: int) -> Detected:
        """No detector at the first photo; later the one that was there cannot be loaded again."""
        if done == 1:
            return Detected(0, total, lack=why)
        return Detected(done - 1, total, faults=(why,), left=total - done + 1)

    def _failure(self, photo: Photo, why: str, done: int, total: int) -> Detected:
        self.close()
        self._failed += 1
        words = tr("{photo}: the detector failed. {why}").format(photo=photo.path, why=why)
        return Detected(done, total, faults=(words,), left=total - done if self._failed >= FAILURES else 0)
