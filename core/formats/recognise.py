"""Which format a file or folder has, from its content: the surest row of the formats' table."""

from __future__ import annotations

from pathlib import Path

from core.errors import ReadError
from core.files.unpack import packed_as
from core.files.unusable import read_error
from core.formats.shared.glimpse import NO, SURE, Glimpse
from core.formats.shared.unrecognised import unrecognised
from core.formats.table import FORMATS, formats_recognised

PICKLES = {".pkl", ".pickle", ".joblib"}  # joblib packs such files itself


def recognise(path: Path) -> str:
    """The word of the format that is surest of it, of several the first. Raises ReadError if no format matches."""
    seen = Glimpse(path)
    words = [row.word for row in formats_recognised()]
    if seen.kind != "folder" and not seen.data:
        raise unrecognised(seen, words)
    packed = packed_as(path)
    try:
        word, sure = surest(seen)
    except ReadError:
        if not packed or PICKLES.intersection(path.suffixes):
            raise
        sure = NO  # what is packed is no pickle
    if sure == NO:
        if packed:
            raise read_error(path, f"it is packed as {packed}", "Unpack it first, and choose the folder.")
        raise unrecognised(seen, words)
    refuse = FORMATS[word].refuse
    if refuse is not None:
        refuse(seen)
    return word


def surest(seen: Glimpse) -> tuple[str, int]:
    """The word of the format that is surest, of several the first, and how sure it is; "" and NO if none is."""
    best, surest_yet = "", NO
    for row in formats_recognised():
        sure = NO if row.recognise is None else row.recognise(seen)
        if sure > surest_yet:
            best, surest_yet = row.word, sure
        if sure == SURE:
            break
    return best, surest_yet
