"""Opens photos, or a folder of photos, as a project."""

import os
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

from core.errors import ImageError, ReadError
from core.records import Photo
from core.store import Project
from core.store.photos.photo_files import is_storable
from desktop.jobs.files.opening_steps import PROJECT_SUFFIX, Opening, created, opened
from desktop.text.translate import tr

# core.formats and core.geometry.image import torch, so they are imported on first use.
PHOTOS_A_STEP = 20
BROKEN_SHOWN = 10  # photos that cannot be read, in a message


def open_folder(folder: Path) -> Iterator[Opening]:
    """Open all photos of a folder as FOLDER/FOLDER.fitloop. Raises FitloopError."""
    names = [photo.relative_to(folder).as_posix() for photo in photos_in(folder)]
    yield from _open(folder, folder / (folder.name + PROJECT_SUFFIX), names, with_others=True)


def open_photos(photos: Sequence[Path]) -> Iterator[Opening]:
    """Open one photo as NAME.fitloop beside it; several as a project of their common folder. Raises FitloopError."""
    if len(photos) == 1:
        (photo,) = photos
        yield from _open(photo.parent, photo.with_suffix(PROJECT_SUFFIX), [photo.name])
        return
    folder = Path(os.path.commonpath([photo.parent for photo in photos]))
    names = sorted({photo.relative_to(folder).as_posix() for photo in photos})
    yield from _open(folder, folder / (folder.name + PROJECT_SUFFIX), names)


def photos_in(folder: Path) -> list[Path]:
    """The photos of a folder and its subfolders, in order of name, without hidden folders."""
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(place, name) for name in sorted(names) if is_photo(name)]
    return found


def is_photo(name: str) -> bool:
    """Whether a file of this name is a photo."""
    from core.formats.photos.photo_names import PHOTO_SUFFIXES

    return name.lower().endswith(PHOTO_SUFFIXES) and not name.startswith(".")


def has_photos(folder: Path) -> bool:
    """Whether a folder is one of photos and not a data set whose photos lie deeper."""
    if any(is_photo(name) for name in os.listdir(folder)):
        return True
    from core.formats.data_set import is_data_set

    return next(folder.glob("*.json"), None) is None and bool(photos_in(folder)) and not is_data_set(folder)


def _open(folder: Path, file: Path, names: list[str], with_others: bool = False) -> Iterator[Opening]:
    """Open a project of these photos, and add those that it lacks. with_others: name the annotations beside them."""
    if not file.exists():
        photos, broken = yield from _sized(folder, names)
        if not photos:
            words = tr("{folder}: no photo in it can be read.\n{why}")
            raise ReadError(words.format(folder=folder, why="\n".join(broken[:BROKEN_SHOWN])))
        project = created(file, photos, tr("Add %n photos", "", len(photos)))
        beside = _unread_beside(folder) if with_others else ""
        yield opened(project, "\n".join(filter(None, (*broken, beside))), project.photo_ids())
        return
    project = Project.open(file)
    added: list[int] = []
    try:
        known = {photo.path for photo in project.photos()}
        photos, broken = yield from _sized(folder, [name for name in names if name not in known])
        if photos and not project.read_only:
            added = project.add_photos(photos, tr("Add %n photos", "", len(photos)))
    except BaseException:
        project.close()
        raise
    yield opened(project, "\n".join(broken), added)


def _sized(folder: Path, names: list[str]) -> Generator[Opening, None, tuple[list[Photo], list[str]]]:
    """The photos of these names with their sizes, and why others cannot be read."""
    from core.geometry.image import image_size

    photos, broken = [], []
    for done, name in enumerate(names, start=1):
        if not is_storable(name):
            shown = name.encode(errors="replace").decode()
            broken.append(tr("{name}: its name is not UTF-8. Rename the file.").format(name=shown))
            continue
        try:
            photos.append(Photo(name, *image_size(folder / name)))
        except ImageError as error:
            broken.append(str(error))
        if done % PHOTOS_A_STEP == 0:
            yield Opening(done, len(names))
    return photos, broken


def _unread_beside(folder: Path) -> str:
    """Which files beside the photos of a folder hold people; empty if none do."""
    from core.formats.data_set import parts_of

    try:
        names = [part.path.name for part in parts_of(folder) if part.path != folder]
    except ReadError as error:
        return str(error)
    words = tr("People in {names} are not read: open that by itself, before or instead.")
    return words.format(names=", ".join(names)) if names else ""
