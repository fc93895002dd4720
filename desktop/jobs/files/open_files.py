"""Opens a path as a project: a project file, a folder of photos, or another program's file."""

import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from core.errors import FitloopError, ProjectError, ReadError
from core.files.lock import lock_file
from core.records import Photo
from core.store import Edit, Project
from core.store.project.opening import remove
from desktop.jobs.child import LAST_WORDS, run_child
from desktop.jobs.files.asking import Answers, Asked, read_or_ask
from desktop.jobs.files.open_photos import has_photos, is_photo, open_folder, open_photos
from desktop.jobs.files.open_video import open_video
from desktop.jobs.files.opening_steps import PROJECT_SUFFIX, Opening, created, opened
from desktop.text.translate import tr

if TYPE_CHECKING:
    from core.formats import Import

# core.formats imports torch, so it is imported on first use.
LARGE_BYTES = 2 * 2**20  # a parser takes 50 ms for this, and blocks all other threads
Ended = tuple[int, str]  # a child's exit status and output


def open_steps(
    path: Path,
    photo_folder: Path | None = None,
    body_file: Path | None = None,
    answers: Answers | None = None,
) -> Iterator[Opening]:
    """Open a path. The last step has the project. body_file: an SMPL file or None. Raises FitloopError.

    answers: to questions that earlier openings of the path ended with.

    A folder of photos becomes FOLDER/FOLDER.fitloop, a photo, a video or another file NAME.fitloop beside it. If that
    exists, it is opened, and new photos of the folder are added.
    """
    from core.formats.photos.video_photos import is_video

    path = path.expanduser().absolute()
    if not path.exists():
        raise ProjectError(
            tr("{path} does not exist. Choose a project, a folder of photos, or an annotation file.").format(
                path=path
            )
        )
    if path.is_file() and path.suffix == PROJECT_SUFFIX:
        yield opened(Project.open(path))
    elif is_video(path):
        yield from open_video(path, answers or {})
    elif path.is_file() and is_photo(path.name):
        yield from open_photos([path])
    elif path.is_dir() and has_photos(path):
        yield from open_folder(path)
    elif path.is_dir() and (video := _only_video(path)) is not None:
        yield from open_video(video, answers or {})
    elif path.is_dir() and not any(path.iterdir()):
        words = tr("{folder} is empty. Choose a folder with photos, a project, or an annotation file.")
        raise ProjectError(words.format(folder=path))
    else:
        yield from _open_annotations(path, Asked(photo_folder, body_file, answers or {}))


def _only_video(folder: Path) -> Path | None:
    """The one file of a folder, where that is a video."""
    from core.formats.photos.video_photos import is_video

    files = [
        file for file in folder.iterdir() if not file.name.startswith(".") and PROJECT_SUFFIX not in file.name
    ]
    return files[0] if len(files) == 1 and is_video(files[0]) else None


def projects_of(path: Path) -> tuple[Path, ...]:
    """The files that `open_steps` may use as the project of a path."""
    path = path.expanduser().absolute()
    return path, path.with_name(path.stem + PROJECT_SUFFIX), path / (path.name + PROJECT_SUFFIX)


def add_steps(
    project: Project, path: Path, body_file: Path | None = None, answers: Answers | None = None
) -> Iterator[Opening]:
    """Add another program's photos and people to a project. Photos in it that have people stay unchanged; guesses of
    their people are in the last step.

    body_file and answers as in `open_steps`. Raises FitloopError.
    """
    yield Opening(0, 0)
    asked = Asked(None, body_file, answers or {})
    if _is_large(path):
        found = yield from _read_in_child(project, path, asked)
    else:
        found = _read_here(project, path, asked)
    if isinstance(found, Opening):
        yield found
        return
    label = tr("Import {file}").format(file=path.name)
    known = set(project.photo_paths())
    new = [photo for photo in found.photos if photo.path not in known]
    if new:
        project.add_photos(new, label)
    from desktop.jobs.files.added_guesses import guesses_of_known  # imports scipy

    there = [photo for photo in found.photos if photo.path in known]
    peopled = _people_added(project, there, label)
    there = [photo for photo in there if photo.path not in peopled]
    guesses, nobody = guesses_of_known(project, there)
    notes = [found.summary]
    if peopled:
        notes.append(tr("%n photos were there already without people, and have them now.", "", len(peopled)))
    if guesses:
        notes.append(
            tr("%n people who were there already have these guesses beside others.", "", len(guesses))
        )
    elif there:
        notes.append(tr("%n photos were there already and stay as they are.", "", len(there)))
    if nobody:
        notes.append(
            tr(
                "%n guesses are of nobody in the photos that were there: mark these people, and add the file again.",
                "",
                nobody,
            )
        )
    yield Opening(1, 1, project, "\n".join(notes), guesses=guesses)


@dataclass(frozen=True, eq=False)
class _ToAdd:
    """photos: their paths start from the project's folder."""

    photos: list[Photo]
    summary: str


def _people_added(project: Project, photos: list[Photo], label: str) -> set[str]:
    """Add people to those photos that have the same size in the project, and nobody yet. Returns their paths."""
    edits = []
    for photo in photos:
        there = project.photo(photo.path)
        same = (there.width, there.height) == (photo.width, photo.height)
        if same and photo.people and not there.people:
            people = tuple(person.with_(id=project.new_person_id()) for person in photo.people)
            edits.append(Edit(label, there, there.with_(people=people)))
    if edits:
        project.commit(*edits)
    return {edit.after.path for edit in edits if edit.after is not None}


def _read(path: Path, asked: Asked) -> "Import | Opening":
    """What was read, or a last step with the question that the file leaves open. Raises FitloopError."""
    from core.formats.question import Question

    found = read_or_ask(path, asked, with_looks=not path.is_file() or path.stat().st_size <= LARGE_BYTES)
    return Opening(1, 1, question=found) if isinstance(found, Question) else found


def _read_here(project: Project, path: Path, asked: Asked) -> "_ToAdd | Opening":
    found = _read(path, asked)
    if isinstance(found, Opening):
        return found
    return _ToAdd(list(_relative_to(found.photos, found.root, project.folder)), found.summary())


def _read_in_child(
    project: Project, path: Path, asked: Asked
) -> "Generator[Opening, None, _ToAdd | Opening]":
    """As `_read_here`, of a large file: through a project beside the project, which is removed."""
    part = project.folder / f".{path.stem}-adding{PROJECT_SUFFIX}"
    try:
        found = yield from _converted(path, asked, part)
        if isinstance(found, Opening):
            return found
        with Project.open(part) as read:
            return _ToAdd(list(read.photos()), found)
    finally:
        remove(part)
        lock_file(part).unlink(missing_ok=True)


def _is_large(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > LARGE_BYTES


def _open_annotations(path: Path, asked: Asked) -> Iterator[Opening]:
    file = path.with_name(path.stem + PROJECT_SUFFIX)
    if file.exists():
        yield opened(Project.open(file))
        return
    yield Opening(0, 0)
    if _is_large(path):
        yield from _open_large(path, asked, file)
        return
    found = _read(path, asked)
    if isinstance(found, Opening):
        yield found
        return
    photos = _relative_to(found.photos, found.root, file.parent)
    project = created(file, photos, tr("Import {file}").format(file=path.name))
    yield opened(project, found.summary())


def _open_large(path: Path, asked: Asked, file: Path) -> Iterator[Opening]:
    part = file.with_name(f".{file.stem}-part{PROJECT_SUFFIX}")
    try:
        found = yield from _converted(path, asked, part)
        if isinstance(found, Opening):
            yield found
            return
        part.rename(file)
    finally:
        remove(part)
        lock_file(part).unlink(missing_ok=True)
    yield opened(Project.open(file), found)


def _converted(path: Path, asked: Asked, part: Path) -> Generator[Opening, None, Opening | str]:
    """Read a large file into the project `part` with `train.convert` in a child process: its parser would block the
    window. Returns what was read in words, or a last step with the question that the file leaves open, which comes from
    there as a file. Raises ReadError."""
    from core.formats.question_file import load_question

    question = part.with_suffix(".npz")
    remove(part)
    question.unlink(missing_ok=True)
    try:
        arguments = [str(path), str(part), "--question", str(question), *asked.arguments]
        status, words = yield from waiting(run_child("train.convert", arguments))
        if status and question.exists():
            return Opening(1, 1, question=load_question(question))
    finally:
        question.unlink(missing_ok=True)
    if status:
        is_long = len(words) > 2 * LAST_WORDS
        raise ReadError(f"{words[:LAST_WORDS]}…{words[-LAST_WORDS:]}" if is_long else words)
    return "\n".join(words.splitlines()[:-1])


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
