"""Opens a path as a project: a project file, a folder of photos, or another program's file."""

import os
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from core.errors import FitloopError, ImageError, ProjectError, ReadError
from core.files.lock import lock_file
from core.records import Photo
from core.store import Project
from core.store.project.opening import remove
from core.store.project.photo_files import is_storable
from desktop.jobs.child import LAST_WORDS, run_child
from desktop.text.translate import tr

if TYPE_CHECKING:
    from core.formats import Import

# core.formats and core.geometry.image import torch, so they are imported on first use.
PROJECT_SUFFIX = ".fitloop"
PHOTOS_A_STEP = 20
BROKEN_SHOWN = 10  # photos that cannot be read, in a message
LARGE_BYTES = 2 * 2**20  # a parser takes 50 ms for this, and blocks all other threads
Ended = tuple[int, str]  # a child's exit status and output


@dataclass(frozen=True, eq=False)
class Opening:
    """The progress. The last step has the project and notes for the user."""

    done: int
    total: int
    project: Project | None = None
    notes: str = ""


def open_steps(
    path: Path, photo_folder: Path | None = None, body_file: Path | None = None
) -> Iterator[Opening]:
    """Open a path. The last step has the project. body_file: an SMPL file or None. Raises FitloopError.

    A folder of photos becomes FOLDER/FOLDER.fitloop, a file NAME.fitloop beside it. If that exists, it is opened, and
    new photos of the folder are added.
    """
    path = path.expanduser().absolute()
    if not path.exists():
        raise ProjectError(
            tr("{path} does not exist. Choose a project, a folder of photos, or an annotation file.").format(
                path=path
            )
        )
    if path.is_file() and path.suffix == PROJECT_SUFFIX:
        yield _opened(Project.open(path))
    elif path.is_dir() and _has_photos(path):
        yield from _open_photos(path)
    elif path.is_dir() and not any(path.iterdir()):
        words = tr("{folder} is empty. Choose a folder with photos, a project, or an annotation file.")
        raise ProjectError(words.format(folder=path))
    else:
        yield from _open_annotations(path, photo_folder, body_file)


def projects_of(path: Path) -> tuple[Path, ...]:
    """The files that `open_steps` may use as the project of a path."""
    path = path.expanduser().absolute()
    return path, path.with_name(path.stem + PROJECT_SUFFIX), path / (path.name + PROJECT_SUFFIX)


def why_read_only(project: Project) -> str:
    """The reason why a project is read-only, and a remedy. Empty for a writable project."""
    if not project.read_only:
        return ""
    words = (
        tr(
            "{name} is open for reading only: {writer} writes this project. Close it there and open it again here."
        )
        if project.writer
        else tr("{name} is open for reading only. Allow writing in its folder and open it again.")
    )
    return words.format(name=project.path.name, writer=project.writer)


def add_steps(project: Project, path: Path, body_file: Path | None = None) -> Iterator[Opening]:
    """Add another program's photos and people to a project. Photos already in it stay unchanged.

    body_file as in `open_steps`. Raises FitloopError.
    """
    yield Opening(0, 0)
    found = read_annotations(path, None, body_file)
    photos = list(_relative_to(found.photos, found.root, project.folder))
    known = {photo.path for photo in project.photos()}
    new = [photo for photo in photos if photo.path not in known]
    if new:
        project.add_photos(new, tr("Import {file}").format(file=path.name))
    notes = [found.summary()]
    if len(new) < len(photos):
        notes.append(tr("%n photos were there already and stay as they are.", "", len(photos) - len(new)))
    yield Opening(1, 1, project, "\n".join(notes))


def photos_in(folder: Path) -> list[Path]:
    """The photos of a folder and its subfolders, in order of name, without hidden folders."""
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(place, name) for name in sorted(names) if _is_photo(name)]
    return found


def read_annotations(path: Path, photo_folder: Path | None, body_file: Path | None = None) -> "Import":
    """Read photos and people of another program's file. Its format is detected from its content.

    body_file: an SMPL file, for the exact place of SMPL bodies. Raises ReadError, BodyFileError.
    """
    from core.formats.exchange import read_file
    from core.formats.table import Beside

    return read_file(path, Beside(photos=photo_folder, body=body_file))


def _opened(project: Project, notes: str = "") -> Opening:
    words = project.notes or (why_read_only(project),)
    return Opening(1, 1, project, "\n".join(filter(None, (*words, notes))))


def _open_photos(folder: Path) -> Iterator[Opening]:
    file = folder / (folder.name + PROJECT_SUFFIX)
    names = [photo.relative_to(folder).as_posix() for photo in photos_in(folder)]
    if not file.exists():
        photos, broken = yield from _sized(folder, names)
        if not photos:
            words = tr("{folder}: no photo in it can be read.\n{why}")
            raise ReadError(words.format(folder=folder, why="\n".join(broken[:BROKEN_SHOWN])))
        project = _created(file, photos, tr("Add %n photos", "", len(photos)))
        yield _opened(project, "\n".join(filter(None, (*broken, _unread_beside(folder)))))
        return
    project = Project.open(file)
    try:
        known = {photo.path for photo in project.photos()}
        photos, broken = yield from _sized(folder, [name for name in names if name not in known])
        if photos and not project.read_only:
            project.add_photos(photos, tr("Add %n photos", "", len(photos)))
    except BaseException:
        project.close()
        raise
    yield _opened(project, "\n".join(broken))


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


def _created(file: Path, photos: Iterable[Photo], label: str) -> Project:
    """A new project of photos; none stays where they cannot be added. Raises ProjectError."""
    project = Project.create(file)
    try:
        project.add_photos(photos, label)
    except BaseException:
        project.close()
        remove(file)
        lock_file(file).unlink(missing_ok=True)
        raise
    return project


def _open_annotations(path: Path, photo_folder: Path | None, body_file: Path | None) -> Iterator[Opening]:
    file = path.with_name(path.stem + PROJECT_SUFFIX)
    if file.exists():
        yield _opened(Project.open(file))
        return
    yield Opening(0, 0)
    if path.is_file() and path.stat().st_size > LARGE_BYTES:
        yield from _convert(path, photo_folder, body_file, file)
        return
    found = read_annotations(path, photo_folder, body_file)
    photos = _relative_to(found.photos, found.root, file.parent)
    project = _created(file, photos, tr("Import {file}").format(file=path.name))
    yield _opened(project, found.summary())


def _convert(path: Path, photo_folder: Path | None, body_file: Path | None, file: Path) -> Iterator[Opening]:
    """Read a large file with `train.convert` in a child process: its parser would block the window."""
    part = file.with_name(f".{file.stem}-part{PROJECT_SUFFIX}")
    remove(part)
    try:
        body = [] if body_file is None else ["--body", str(body_file)]
        photos = [] if photo_folder is None else ["--photos", str(photo_folder)]
        arguments = [str(path), str(part), *photos, *body]
        status, said = yield from waiting(run_child("train.convert", arguments))
        if status:
            raise ReadError(
                said if len(said) <= 2 * LAST_WORDS else f"{said[:LAST_WORDS]}…{said[-LAST_WORDS:]}"
            )
        part.rename(file)
    finally:
        remove(part)
        lock_file(part).unlink(missing_ok=True)
    yield _opened(Project.open(file), "\n".join(said.splitlines()[:-1]))


def waiting(child: Generator[None, None, Ended]) -> Generator[Opening, None, Ended]:
    """Yield steps while a child runs. Returns its exit status and output."""
    try:
        while True:
            next(child)
            yield Opening(0, 0)
    except StopIteration as end:
        return end.value
    finally:
        child.close()


def _relative_to(photos: tuple[Photo, ...], root: Path, folder: Path) -> Iterator[Photo]:
    """The photos with paths relative to the project's folder instead of `root`."""
    try:
        start = os.path.relpath(root.absolute(), folder)
    except ValueError as error:  # another drive of Windows
        words = tr("{root} is on another drive than {folder}. Copy one of them over.")
        raise FitloopError(words.format(root=root, folder=folder)) from error
    for photo in photos:
        joined = os.path.normpath(str(PurePosixPath(start, photo.path)))
        yield photo.with_(path=joined.replace(os.sep, "/"))


def _has_photos(folder: Path) -> bool:
    """Whether a folder is one of photos and not a data set whose photos lie deeper."""
    if any(_is_photo(name) for name in os.listdir(folder)):
        return True
    from core.formats.data_set import is_data_set

    return next(folder.glob("*.json"), None) is None and bool(photos_in(folder)) and not is_data_set(folder)


def _unread_beside(folder: Path) -> str:
    """Which files beside the photos of a folder hold people; empty if none do."""
    from core.formats.data_set import parts_of

    try:
        names = [part.path.name for part in parts_of(folder) if part.path != folder]
    except ReadError as error:
        return str(error)
    words = tr("People in {names} are not read: open that by itself, before or instead.")
    return words.format(names=", ".join(names)) if names else ""


def _is_photo(name: str) -> bool:
    from core.formats.photos.photo_names import PHOTO_SUFFIXES

    return name.lower().endswith(PHOTO_SUFFIXES) and not name.startswith(".")
