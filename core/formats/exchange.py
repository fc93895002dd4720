"""Read and write files of any format through the formats' table, with the extra inputs that each row needs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from core.body.model import load_body
from core.errors import FitloopError, ReadError
from core.files.unusable import read_error
from core.formats.photos.photo_sizes import as_in_photos
from core.formats.recognise import recognise
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import Export, Import
from core.formats.table import FORMATS, Beside, Format


def read_file(path: Path, beside: Beside | None = None, word: str | None = None) -> Import:
    """Photos and people of a file or folder. word: its format; by default it is recognised.

    Raises FitloopError, also where nobody could be read.
    """
    beside = beside or Beside()
    row = FORMATS[word or recognise(path)]
    if row.read is None:
        raise read_error(path, f"files of {row.word} are only written", "Choose a format that is read.")
    found = row.read(path, **_asked(row.read_asks, beside))
    if beside.layout_name is not None and "layout_name" not in row.read_asks:
        told = f"the layout '{beside.layout_name}' is not used: files of {row.word} have one of their own"
        found = replace(found, notes=(*found.notes, told))
    root = beside.photos or row.root(path)
    folder = found.folder or PhotoFolder(root)
    found = replace(as_in_photos(found, folder.header), root=root, folder=folder)
    if not found.people:
        raise ReadError(f"{path.name}: no person could be read from it.\n{found.summary()}")
    return found


def write_file(row: Format, path: Path, content: object, beside: Beside) -> Export:
    """Write the content of one file of the format (`Format.holds`).

    Raises OSError, and FitloopError, also where nobody could be written: such a file is removed.
    """
    if row.write is None:
        raise FitloopError(f"{path}: files of {row.word} are only read. Choose a format that is written.")
    done = row.write(path, content, **_asked(row.write_asks, beside))
    if row.holds == "photos" and not done.written and beside.base is None:
        path.unlink(missing_ok=True)
        raise FitloopError(f"{path}: nobody was written, so there is no such file.\n{done.summary()}")
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
