"""Which format a file or folder has, from its content: the surest row of the formats' table."""

from __future__ import annotations

from pathlib import Path

from core.formats.shared.glimpse import NO, SURE, Glimpse
from core.formats.shared.unrecognised import unrecognised
from core.formats.table import formats_recognised


def recognise(path: Path) -> str:
    """The word of the format that is surest of it, of several the first. Raises ReadError if no format matches."""
    seen = Glimpse(path)
    best, surest = None, NO
    words = [row.word for row in formats_recognised()]
    if seen.kind != "folder" and not seen.data:
        raise unrecognised(seen, words)
    for row in formats_recognised():
        sure = NO if row.recognise is None else row.recognise(seen)
        if sure > surest:
            best, surest = row, sure
        if surest == SURE:
            break
    if best is None:
        raise unrecognised(seen, words)
    if best.refuse is not None:
        best.refuse(seen)
    return best.word
