"""Read and write files of any format through the formats' table, with the extra inputs that each row needs."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from core.body.model import load_body
from core.errors import FitloopError, ReadError
from core.files.unusable import read_error
from core.files.video.frame_names import frame_of
from core.formats.data_set import Part, parts_of
from core.formats.format_row import Beside, Format
from core.formats.photos.photo_sequence import is_sequence
from core.formats.photos.photo_sizes import as_in_photos
from core.formats.photos.video_photos import frame_rate
from core.formats.recognise import recognise
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import Export, Import, LeftOut, grouped
from core.formats.shared.tracking import with_video_tracks
from core.formats.table import FORMATS
from core.records import Photo

PROJECT = "project"


def read_file(path: Path, beside: Beside | None = None, word: str | None = None) -> Import:
    """Photos and people of a file or folder. word: its format; by default it is recognised.

    Raises FitloopError, also where nobody could be read.
    """
    beside = beside or Beside()
    parts = (Part(path),) if word == PROJECT else parts_of(path)
    found = with_identities(_joined([_in_photos(_read_part(part, beside, word)) for part in parts]))
    if not found.people:
        raise ReadError(f"{path.name}: no person could be read from it.\n{found.summary()}")
    return found


def _read_part(part: Part, beside: Beside, word: str | None) -> Import:
    """What one reader finds, with the root of its photos' names. Raises FitloopError."""
    row = FORMATS[word or recognise(part.path)]
    if row.read is None:
        raise read_error(part.path, f"files of {row.word} are only written", "Choose a format that is read.")
    beside = replace(beside, photos=beside.photos or part.photos)
    found = row.read(part.path, **_asked(row.read_asks, beside))
    notes = found.notes
    if beside.layout_name is not None and "layout_name" not in row.read_asks:
        told = f"the layout '{beside.layout_name}' is not used: files of {row.word} have one of their own"
        notes = (*notes, told)
    return replace(found, notes=notes, root=beside.photos or row.root(part.path), file=part.path)


def _in_photos(found: Import) -> Import:
    folder = found.folder or PhotoFolder(found.root)
    return as_in_photos(found, folder.header)


def with_identities(found: Import) -> Import:
    """People in the frames of one video with tracks, where the file gives none."""
    paths = [photo.path for photo in found.photos]
    is_given = any(person.track is not None for photo in found.photos for person in photo.people)
    if is_given or not is_sequence(paths) or not all(map(frame_of, paths)):
        return found
    return replace(found, photos=with_video_tracks(found.photos, frame_rate(found.root, paths)))


def _joined(parts: list[Import]) -> Import:
    """Parts of one data set, with their photos' paths from one root. A photo of two parts stays with the first."""
    if len(parts) == 1:
        return parts[0]
    root = Path(os.path.commonpath([part.root.absolute() for part in parts]))
    photos: dict[str, Photo] = {}
    left_out: list[LeftOut] = []
    for part in parts:
        start = part.root.absolute().relative_to(root)
        for photo in part.photos:
            moved = photo.with_(path=str(PurePosixPath(start.as_posix(), photo.path)))
            if moved.path in photos:
                left_out.append(
                    LeftOut(moved.path, "its people of a second file are not read; read that by itself")
                )
            photos.setdefault(moved.path, moved)
        left_out += part.left_out
    notes = dict.fromkeys(note for part in parts for note in part.notes)
    return Import(tuple(photos.values()), tuple(left_out), tuple(notes), parts[0].format, root)


def write_file(row: Format, path: Path, content: object, beside: Beside) -> Export:
    """Write the content of one file of the format (`Format.holds`).

    Raises OSError, and FitloopError, also where nobody could be written: such a file is removed.
    """
    if row.write is None:
        raise FitloopError(f"{path}: files of {row.word} are only read. Choose a format that is written.")
    done = row.write(path, content, **_asked(row.write_asks, beside))
    if row.holds == "photos" and not done.written and beside.base is None:
        path.unlink(missing_ok=True)
        reasons = grouped(done.left_out) or [
            f"files of {row.word} hold fits, and nobody has one: fit them first"
        ]
        raise FitloopError("\n".join([f"{path}: nobody was written, so there is no such file.", *reasons]))
    return done


def _asked(names: tuple[str, ...], beside: Beside) -> dict[str, Any]:
    """The extra arguments of a row's function, with bodies loaded and people read. Raises FitloopError."""
    given = {name: getattr(beside, name) for name in names}
    if isinstance(given.get("body"), Path):
        given["body"] = load_body(given["body"])
    if "known" in given:
        known = given["known"]
        given["known"] = (
            () if known is None else read_file(known, replace(beside, known=None, layout_name=None)).photos
        )
    return given
