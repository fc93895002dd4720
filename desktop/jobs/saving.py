"""Write what the project holds for others to read: the fits dictionary, and other programs' files."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.records import Photo
from core.store import Project

FITS_SUFFIX = "_fits.npz"


@dataclass(frozen=True)
class Saving:
    """How far it is; at the end `told` says what was written."""

    done: int
    total: int
    told: str = ""


def fits_file_of(project: Project) -> Path:
    """The fits dictionary beside a project."""
    return project.path.with_name(project.path.stem + FITS_SUFFIX)


def save_fits_steps(project: Project, body: str) -> Iterator[Saving]:
    """Write the fits dictionary of the project. body: fingerprint of the body in use. Raises FitsError."""
    from core.store.curated import fits_of_photos  # here, as it imports torch

    photos: list[Photo] = []
    yield from _read(project, photos)
    fits = fits_of_photos(photos, body, dataset=project.path.stem)
    file = fits_file_of(project)
    fits.save(file)
    usable = int(fits.valid_fit.sum())
    yield Saving(1, 1, f"{file.name}: {len(fits)} people, {usable} with a fit to train on")


def export_steps(
    project: Project, file: Path, write: Callable[[Path, tuple[Photo, ...]], object]
) -> Iterator[Saving]:
    """Write all people in another program's format. Raises FitloopError."""
    photos: list[Photo] = []
    yield from _read(project, photos)
    write(file, tuple(photos))
    yield Saving(1, 1, f"{file.name}: {sum(len(photo.people) for photo in photos)} people")


def _read(project: Project, photos: list[Photo]) -> Iterator[Saving]:
    ids = project.photo_ids()
    for done, photo_id in enumerate(ids, start=1):
        photos.append(project.photo(photo_id))
        if done % 100 == 0:
            yield Saving(done, len(ids))
