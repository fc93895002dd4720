"""Moves people to later or earlier frames, where a file counts its frames otherwise than the video does."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path, PurePosixPath

from core.errors import ImageError
from core.files.video.frame_cache import frame_size
from core.files.video.frame_names import frame_name, frame_of
from core.formats.shared.report import Import, LeftOut

_LAST_NUMBER = re.compile(r"^(.*?)(\d{1,18})$")


def shifted(found: Import, by: int) -> Import:
    """The import with each photo's people in the photo whose number is `by` more; those that it lacks are left out."""
    photos, left_out = [], list(found.left_out)
    for photo in found.photos:
        path = path_beside(photo.path, by)
        if path is None or not _is_there(found.root / path):
            left_out.append(LeftOut(photo.path, f"there is no photo {by:+d} from it"))
        else:
            photos.append(photo.with_(path=path))
    note = f"people were moved by {by:+d} frames"
    return replace(found, photos=tuple(photos), left_out=tuple(left_out), notes=(*found.notes, note))


def _is_there(path: Path) -> bool:
    if frame_of(path) is None:
        return path.is_file()
    try:
        frame_size(path)
    except ImageError:
        return False
    return True


def path_beside(path: str, by: int) -> str | None:
    """The path of the photo or frame whose number is `by` more, with as many digits; None where there is no number."""
    frame = frame_of(path)
    if frame is not None:
        return frame_name(frame[0], frame[1] + by) if frame[1] + by >= 0 else None
    pure = PurePosixPath(path)
    named = _LAST_NUMBER.match(pure.stem)
    if named is None or int(named[2]) + by < 0:
        return None
    return str(pure.with_name(f"{named[1]}{int(named[2]) + by:0{len(named[2])}d}{pure.suffix}"))
