"""Writes a project's people to files: the fits dictionary, and other programs' formats."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import FitloopError
from core.formats.format_row import Beside, Format
from core.formats.table import FORMATS
from core.records import Photo
from core.store import Project
from desktop.text.translate import tr

if TYPE_CHECKING:
    from core.body.model import Body

FITS_SUFFIX = "_fits.npz"
PHOTOS_A_STEP = 100
REPORTED = 1000  # most records that the report of an export names for each reason
NAMED = 3  # most names of missing photos in a message


@dataclass(frozen=True)
class Saving:
    """The progress. In the last step, told: a report; lost: whether something is not in the file; moved: whether moved
    photos were found."""

    done: int
    total: int
    told: str = ""
    lost: bool = False
    moved: bool = False


def fits_file_of(project: Project) -> Path:
    """The file of the fits dictionary, beside the project."""
    return project.path.with_name(project.path.stem + FITS_SUFFIX)


def save_fits_steps(project: Project, body: str) -> Iterator[Saving]:
    """Write the fits dictionary of the project. body: fingerprint of the body in use. Raises FitsError.

    People with impossible numbers are left out and told.
    """
    from core.store.fits.from_photos import fits_of_photos, without_impossible  # here, as it imports torch

    photos: list[Photo] = []
    yield from read_photos(project, photos)
    photos, faults = without_impossible(photos)
    fits = fits_of_photos(photos, body, dataset=project.path.stem)
    file = fits_file_of(project)
    fits.save(file)
    usable = int(fits.valid_fit.sum())
    words = tr("{file}: %n people, {usable} with a fit to train on", "", len(fits))
    lines = [words.format(file=file.name, usable=usable)]
    if faults:
        lines += [tr("Left out, because no file can hold their numbers:"), *faults[:REPORTED]]
    yield Saving(1, 1, "\n".join(lines), lost=bool(faults))


def export_steps(
    project: Project, file: Path, kind: str, body: "Body | None", written_layout: str | None = None
) -> Iterator[Saving]:
    """Write all people in another program's format. kind: a word of the formats' table. written_layout: of all
    keypoints, by default each person's own. Raises FitloopError."""
    photos: list[Photo] = []
    yield from read_photos(project, photos)
    try:
        beside = Beside(body=body, written_layout=written_layout)
        yield from _write(FORMATS[kind], file, tuple(photos), beside)
    except OSError as error:
        words = tr("{file}: cannot be written ({why}). Choose another folder.")
        raise FitloopError(words.format(file=file, why=error.strerror)) from error


def relocate_steps(project: Project, folder: Path) -> Iterator[Saving]:
    """Find moved photos under a folder. Raises ProjectError."""
    yield Saving(0, 0)
    found = project.relocate(folder)
    lines = [tr("%n photos found.", "", len(found.moved))]
    for words, paths in (
        (tr("%n missing: {names}.", "", len(found.missing)), found.missing),
        (tr("%n at several places: {names}.", "", len(found.ambiguous)), found.ambiguous),
    ):
        lines += [words.format(names=", ".join(paths[:NAMED]))] if paths else []
    yield Saving(1, 1, "\n".join(lines), moved=bool(found.moved))


def _write(row: Format, file: Path, photos: tuple[Photo, ...], beside: Beside) -> Iterator[Saving]:
    """Write one file of all people, or one file per fit."""
    from core.formats.exchange import write_file

    if row.holds == "photos":
        written = write_file(row, file, photos, beside)
        yield Saving(1, 1, f"{file.name}: {written.summary(REPORTED)}", lost=bool(written.left_out))
        return
    fitted = [person for photo in photos for person in photo.people if person.fit is not None]
    fits = [(person.id, person.fit) for person in fitted if person.verdict != "rejected"]
    rejected = len(fitted) - len(fits)
    if beside.body is None or not fits:
        words = (
            tr("{file}: every fit was rejected, and rejected people get no mesh. Accept or unlock a person.")
            if beside.body is not None and rejected
            else tr("{file}: no person has a fit, so there is no mesh. Fit a person first: F.")
        )
        raise FitloopError(words.format(file=file.name))
    files = [file.with_name(f"{file.stem}_{person_id:05d}{file.suffix}") for person_id, _ in fits]
    for done, (one, (_, fit)) in enumerate(zip(files, fits, strict=True)):
        yield Saving(done, len(files))
        write_file(row, one, fit, beside)
    words = tr("%n meshes, one a person, in {folder}: {first} … {last}", "", len(files))
    lines = [words.format(folder=file.parent, first=min(files).name, last=max(files).name)]
    if rejected:
        lines.append(tr("%n fits left out, because they were rejected", "", rejected))
    yield Saving(len(files), len(files), "\n".join(lines), lost=bool(rejected))


def read_photos(project: Project, photos: list[Photo]) -> Iterator[Saving]:
    """Add all photos of a project to a list."""
    ids = project.photo_ids()
    for done, photo_id in enumerate(ids, start=1):
        photos.append(project.photo(photo_id))
        if done % PHOTOS_A_STEP == 0:
            yield Saving(done, len(ids))
