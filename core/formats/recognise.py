"""Which format a file or folder has, from its content: the surest row of the formats' table."""

from __future__ import annotations

from pathlib import Path

from core.files.unusable import read_error
from core.formats.shared.glimpse import NO, SURE, Glimpse
from core.formats.table import formats_recognised


def recognise(path: Path) -> str:
    """The word of the format that is surest of it, of several the first. Raises ReadError if no format matches."""
    seen = Glimpse(path)
    best, surest = None, NO
    for row in formats_recognised():
        sure = NO if row.recognise is None else row.recognise(seen)
        if sure > surest:
            best, surest = row, sure
        if surest == SURE:
            break
    if best is None:
        words = ", ".join(row.word for row in formats_recognised())
        remedy = f"Name the format, or choose another file. Formats: {words}."
        raise read_error(path, "its format is not one of those that are read", remedy)
    if best.refuse is not None:
        best.refuse(seen)
    return best.word
