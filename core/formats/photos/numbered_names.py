"""Numbers in photos' names: photos of one name with consecutive numbers are a sequence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import count
from math import gcd
from pathlib import PurePosixPath

from core.files.video.frame_names import frame_of

_NUMBERED = re.compile(r"(.*?)(\d{1,18})$")


def name_and_number(path: str) -> tuple[str, int] | None:
    """What stands before the last number in a photo's path, and the number: photos of one name are a sequence. Of a
    frame, its video and its number there."""
    frame = frame_of(path)
    if frame is not None:
        return frame[0] + "#", frame[1]
    pure = PurePosixPath(path)
    found = _NUMBERED.match(pure.stem)
    return (str(pure.with_name(found[1] + "#")), int(found[2])) if found else None


def frame_numbers(paths: Sequence[str]) -> list[tuple[str, int]]:
    """Of each photo: what it is a frame of, and its number there. Numbers of photos that were taken out at an even step
    count steps; photos without numbers count as they come."""
    unnumbered = count()
    named = [name_and_number(path) or ("", next(unnumbered)) for path in paths]
    steps: dict[str, int] = {}
    first: dict[str, int] = {}
    for name, number in named:
        first.setdefault(name, number)
        steps[name] = gcd(steps.get(name, 0), number - first[name])
    return [(name, (number - first[name]) // (steps[name] or 1)) for name, number in named]
