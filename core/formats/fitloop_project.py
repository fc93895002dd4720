"""A project, NAME.fitloop, as one more format; photos keep their own paths."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from core.errors import ProjectError
from core.files.lock import lock_file
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import Export, Import
from core.records import Photo
from core.store.project.opening import remove
from core.store.project.project import Project

FORMAT = "project"


def read(path: Path, photos: Path | None = None) -> Import:
    """Photos and people. Raises ProjectError; also if `photos` is given, as a project knows where its photos are."""
    if photos is not None:
        raise ProjectError(
            f"{path}: --photos is not for a project, which knows where its photos are. Leave it out; photos that "
            "were moved are found in the window: File, Find moved photos."
        )
    with Project.open(path, read_only=True) as project:
        folder = PhotoFolder(project.folder, anywhere=True)
        return Import(tuple(project.photos()), format=FORMAT, folder=folder)


def write(path: Path, photos: Iterable[Photo], root: Path) -> Export:
    """A new project. root: the folder that the photos' paths start from. Raises ProjectError."""
    moved = list(_moved(photos, root, path.absolute().parent))
    project = Project.create(path)
    try:
        with project:
            project.add_photos(moved)
    except BaseException:  # no empty project stays
        remove(path)
        lock_file(path).unlink(missing_ok=True)
        raise
    return Export(len(moved), unit="photo")


def _moved(photos: Iterable[Photo], root: Path, folder: Path) -> Iterator[Photo]:
    """Photos with paths relative to another folder."""
    start = os.path.relpath(root.absolute(), folder)
    for photo in photos:
        yield photo.with_(path=os.path.normpath(str(PurePosixPath(start, photo.path))).replace(os.sep, "/"))
