"""The sample project: a dozen rendered photos of people with realistic detection errors, made at first use."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QStandardPaths

from core.errors import ProjectError
from desktop.jobs.child import LAST_WORDS, run_child
from desktop.jobs.files.open_files import open_steps, waiting
from desktop.jobs.files.opening_steps import Opening
from desktop.text.translate import tr

PHOTOS = 12
SIZE_PX = 480
SEED = 7
CLIP = "crossing.mp4", "crossing.json"  # the video, and a simulated detector's people
CLIP_FOLDER = Path(__file__).parents[3] / "resources" / "sample"


def sample_folder() -> Path:
    """The folder of the sample."""
    place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericDataLocation)
    return Path(place) / "Fitloop" / "sample"


def sample_file(folder: Path) -> Path:
    """The sample's project in this folder."""
    return folder / "sample.fitloop"


def sample_steps(folder: Path) -> Iterator[Opening]:
    """Open the sample project of a folder. Make it first if it does not exist. Raises ProjectError."""
    file = sample_file(folder)
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        yield from _make(file)
    yield from open_steps(file)


def clip_steps(folder: Path) -> Iterator[Opening]:
    """Open the sample clip, three people who walk past each other. It is copied into a folder at first use. Raises
    ProjectError."""
    folder.mkdir(parents=True, exist_ok=True)
    for part in CLIP:
        if not (folder / part).exists():
            shutil.copyfile(CLIP_FOLDER / part, folder / part)
    yield from open_steps(folder / CLIP[1])


def clip_folder() -> Path:
    """The folder of the sample clip."""
    return sample_folder().with_name("sample_clip")


def _make(file: Path) -> Iterator[Opening]:
    arguments = ["--project", "--out", str(file)]
    arguments += ["--count", str(PHOTOS), "--size", str(SIZE_PX), "--seed", str(SEED)]
    child = run_child("train.synthetic", arguments)
    status, said = yield from waiting(child)
    if status:
        words = tr("{folder}: the sample could not be made.\n{why}")
        raise ProjectError(words.format(folder=file.parent, why=said[-LAST_WORDS:]))
