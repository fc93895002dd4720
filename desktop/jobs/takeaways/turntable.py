"""A turning body as a film: the window draws a picture at each step, and the job's thread writes the file."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from core.errors import FitloopError
from core.files.regular import contents
from desktop.jobs.takeaways.view_picture import write_whole
from desktop.text.translate import tr

PICTURES, FRAME_MS = 60, 50  # of one turn, and how long each is shown: three seconds
SUFFIXES = (".gif", ".mp4", ".webp")


@dataclass(frozen=True)
class TurnStep:
    """The progress. angle_deg: the picture of the body turned so far is wanted before the next step; told: the end."""

    done: int
    total: int
    angle_deg: float | None = None
    told: str = ""


def turntable_steps(file: Path, pictures: list[np.ndarray]) -> Iterator[TurnStep]:
    """Ask for the pictures of one turn and write them. Raises FitloopError if the file cannot be written.

    pictures: the caller appends the picture that each step asks for, (H, W, 3) uint8 RGB, of one even size.
    """
    for number in range(PICTURES):
        yield TurnStep(number, PICTURES, 360.0 * number / PICTURES)
        if len(pictures) <= number:
            return  # nobody draws any more
    yield TurnStep(PICTURES, PICTURES)
    _write(file, pictures)
    words = tr("{file}: a turn of {count} pictures, {size:.1f} MB")
    size = file.stat().st_size / 1e6
    yield TurnStep(PICTURES, PICTURES, told=words.format(file=file.name, count=len(pictures), size=size))


def _write(file: Path, pictures: list[np.ndarray]) -> None:
    """OpenCV names a file's format by its ending, so the film is made elsewhere and then given its name whole."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, f"turn{file.suffix.lower()}")
        if not (_as_video(made, pictures) if made.suffix == ".mp4" else _as_animation(made, pictures)):
            words = tr("{file}: no {kind} can be written here. Choose another ending: {others}.")
            others = ", ".join(other for other in SUFFIXES if other != made.suffix)
            raise FitloopError(words.format(file=file.name, kind=made.suffix, others=others))
        write_whole(file, contents(made))


def _as_video(file: Path, pictures: list[np.ndarray]) -> bool:
    height, width = pictures[0].shape[:2]
    video = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"mp4v"), 1000 / FRAME_MS, (width, height))
    if not video.isOpened():
        return False
    for picture in pictures:
        video.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    video.release()
    return file.is_file()


def _as_animation(file: Path, pictures: list[np.ndarray]) -> bool:
    """A .gif or .webp that is repeated for ever."""
    film = cv2.Animation()
    film.frames = [cv2.cvtColor(picture, cv2.COLOR_RGB2BGR) for picture in pictures]
    film.durations = [FRAME_MS] * len(pictures)
    film.loop_count = 0
    try:
        return bool(cv2.imwriteanimation(str(file), film))
    except cv2.error:
        return False
