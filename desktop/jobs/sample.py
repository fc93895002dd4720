"""The sample project: a dozen drawn photos of people, with detections as faulty as a detector's, made on the spot."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QStandardPaths

from core.errors import ProjectError
from desktop.jobs.opening import Opening, open_steps

ROOT = Path(__file__).parents[2]
PHOTOS = 12
SIZE_PX = 480
SEED = 7
LOOK_EVERY_S = 0.1


def sample_folder() -> Path:
    """Where the sample is kept."""
    place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericDataLocation)
    return Path(place) / "Fitloop" / "sample"


def sample_steps(folder: Path) -> Iterator[Opening]:
    """Make the sample project in this folder, unless it is there, and open it. Raises ProjectError."""
    file = folder / "sample.fitloop"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        yield from _make(file)
    yield from open_steps(file)


def _make(file: Path) -> Iterator[Opening]:
    command = [sys.executable, "-m", "train.synthetic", "--project", "--out", str(file)]
    command += ["--count", str(PHOTOS), "--size", str(SIZE_PX), "--seed", str(SEED)]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        while True:
            try:
                said, _ = child.communicate(timeout=LOOK_EVERY_S)
                break
            except subprocess.TimeoutExpired:
                yield Opening(0, 0)
    finally:
        if child.poll() is None:  # cancelled
            child.kill()
            child.communicate()
    if child.returncode:
        raise ProjectError(f"{file.parent}: the sample could not be made.\n{said.strip()[-400:]}")
