"""Runs a detector over many photos: all of a folder or a video, or the people of an annotation file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from core.detect import Detector, detect, load_detector
from core.detect.weights import MEGABYTE, fetch_steps, missing_weights
from core.errors import ImageError, ReadError
from core.files.video.frame_cache import video_facts
from core.files.video.frame_names import VIDEO_SUFFIXES
from core.formats.photos.photo_names import PHOTO_SUFFIXES
from core.formats.photos.video_photos import VideoPhotos, is_video, video_steps
from core.formats.shared.report import Import, LeftOut
from core.formats.shared.tracking import with_video_tracks
from core.geometry.image import read_image
from core.records import Photo
from train.run.progress_line import ProgressLine


@dataclass(frozen=True)
class DetectorChoice:
    """A detector's name and options; device and weights apply to rtmpose only."""

    name: str
    device: str = "cpu"
    weights: tuple[Path, Path] | None = None


def is_photos(source: Path) -> bool:
    """True for a photo, for a video, or for a folder that contains photos."""
    if source.is_file():
        return source.suffix.lower() in (*PHOTO_SUFFIXES, *VIDEO_SUFFIXES)
    return next(_files(source), None) is not None


def photos_of(source: Path) -> list[str]:
    """Sorted paths of all photos, relative to the folder. Raises ReadError if there are none."""
    if source.is_file():
        return [source.name]
    names = sorted(path.relative_to(source).as_posix() for path in _files(source))
    if not names:
        raise ReadError(
            f"{source}: this folder holds no photos. Choose a folder of files {', '.join(PHOTO_SUFFIXES)}."
        )
    return names


def detect_in_photos(source: Path, choice: DetectorChoice, frames: str | None = None) -> Import:
    """Detect all people in the photos of a folder, or in a video's frames: there, people found again in the next ones
    get a track. frames: of the video, as `chosen_frames` takes it.

    Raises ReadError, ImageError and DetectorError.
    """
    root = source if source.is_dir() else source.parent
    if not is_video(source):
        return _detect([Photo(name, 1, 1) for name in photos_of(source)], root, choice, by_itself=True)
    video = frames_of(source, frames)
    found = _detect(video.photos, root, choice, by_itself=True)
    return replace(
        found, photos=with_video_tracks(found.photos, video.rate), notes=(*video.notes, *found.notes)
    )


def frames_of(video: Path, frames: str | None = None) -> VideoPhotos:
    """The chosen frames of a video, with a progress line. Raises ReadError, ImageError and Undecided."""
    steps = video_steps(video, frames)
    progress: ProgressLine | None = None
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            if progress is not None:
                progress.end()
            found: VideoPhotos = end.value
            return found
        progress = progress or ProgressLine(video_facts(video).claimed, 0, "frames", speaks=True)
        progress.show(step.number + 1)


def detect_round_people(known: Import, choice: DetectorChoice) -> Import:
    """Detect the keypoints of known people, each inside its bbox. Raises DetectorError."""
    found = _detect(known.photos, known.root, choice, by_itself=False)
    return replace(found, left_out=(*known.left_out, *found.left_out), notes=(*known.notes, *found.notes))


def _detect(
    photos: list[Photo] | tuple[Photo, ...], root: Path, choice: DetectorChoice, by_itself: bool
) -> Import:
    done: list[Photo] = []
    left_out: list[LeftOut] = []
    if choice.name == "rtmpose" and choice.weights is None:
        _fetch_weights()
    with closing(load_detector(choice.name, choice.device, choice.weights)) as detector:
        progress = ProgressLine(len(photos), 0, "photos", speaks=True)
        for number, photo in enumerate(photos, start=1):
            try:
                done.append(_detected(photo, root, detector, by_itself))
            except (ImageError, OSError) as error:
                left_out.append(LeftOut(photo.path, str(error)))
                continue
            left_out.extend(_missed(photo, done[-1], by_itself))
            progress.show(number)
        progress.end()
    return Import(tuple(done), tuple(left_out), (), f"detected by {choice.name}", root)


def _fetch_weights() -> None:
    """Download the weights of rtmpose that are missing, with a progress line in megabytes."""
    progress: ProgressLine | None = None
    for step in fetch_steps() if missing_weights() else ():
        megabytes = round(step.done / MEGABYTE), round(step.total / MEGABYTE)
        progress = progress or ProgressLine(megabytes[1], 0, "MB of weights", speaks=True)
        progress.show(megabytes[0])
    if progress is not None:
        progress.end()


def _detected(photo: Photo, root: Path, detector: Detector, by_itself: bool) -> Photo:
    image = read_image(root / photo.path)
    if by_itself:
        return Photo(photo.path, image.shape[1], image.shape[0], detect(image, detector))
    if image.shape[:2] != (photo.height, photo.width):
        raise ImageError(
            f"is {image.shape[1]} × {image.shape[0]} px, but its boxes refer to {photo.width} × {photo.height} px"
        )
    return photo.with_(people=detect(image, detector, photo))


def _missed(before: Photo, after: Photo, by_itself: bool) -> Iterator[LeftOut]:
    if by_itself:
        if not after.people:
            yield LeftOut(after.path, "nobody was found; the photo is kept without people")
        return
    kept = {person.id for person in after.people}
    for person in before.people:
        if person.id not in kept:
            yield LeftOut(f"{before.path}, person {person.id}", "nobody was found in this box")


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.suffix.lower() in PHOTO_SUFFIXES and path.is_file())
