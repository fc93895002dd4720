"""Reads what data.yaml of a YOLO data set tells of its keypoints: `kpt_shape` and `kpt_names`.

Only these two keys are looked at, in the few forms that tools write them in, and only the file's first lines: no YAML
is needed for it, whose anchors, tags and nesting a hostile file could use.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from core.errors import ReadError
from core.files.untrusted import read_bytes

MOST_BYTES = 2**20
MOST_NAMES = 1000
_FOLDERS_UP = 3
_FILES = 16  # that are looked into in a folder
_COMMENT = re.compile(r"(^|\s)#.*")
_NUMBER = re.compile(r"(?<![\w.])\d{1,4}(?![\w.])")
_LIST = re.compile(r"\[([^\[\]]*)\]")
_ITEM = re.compile(r"^\s*-\s+(.+)$")
_CLASS = re.compile(r"^\s*['\"]?\w+['\"]?\s*:\s*$")


@dataclass(frozen=True)
class YoloConfig:
    """count: keypoints of a person, columns: numbers of each, 2 or 3; 0 if the file does not tell. names: of the
    keypoints, as many as count, or none."""

    file: str
    count: int = 0
    columns: int = 0
    names: tuple[str, ...] = ()


def config_beside(labels: Path) -> YoloConfig | None:
    """What the .yaml file of a folder of labels, or the nearest above it, tells of keypoints. None without one."""
    for folder in (labels, *labels.absolute().parents[:_FOLDERS_UP]):
        try:
            files = sorted(file for file in folder.iterdir() if file.suffix.lower() in (".yaml", ".yml"))
        except OSError:
            continue
        for file in sorted(files, key=lambda file: file.stem != "data")[:_FILES]:
            found = read_config(file)
            if found is not None:
                return found
    return None


def read_config(file: Path) -> YoloConfig | None:
    """What the file tells of keypoints; None if nothing, or if it cannot be read."""
    try:
        text = read_bytes(file, MOST_BYTES).decode("utf-8-sig", "replace")
    except ReadError:
        return None
    lines = [_COMMENT.sub("", line).rstrip() for line in text.splitlines()]
    shape = [int(number) for number in _NUMBER.findall("\n".join(_block(lines, "kpt_shape")))]
    names = _names(_block(lines, "kpt_names"))
    count, columns = shape if len(shape) == 2 and shape[0] > 0 and shape[1] in (2, 3) else (len(names), 0)
    if not count:
        return None
    return YoloConfig(file.name, count, columns, names if len(names) == count else ())


def _block(lines: list[str], key: str) -> list[str]:
    """The lines of a key of the file itself, the first without the key."""
    for start, line in enumerate(lines):
        if re.match(rf"['\"]?{key}['\"]?\s*:", line):
            rest = lines[start + 1 :]
            inner = next(
                (n for n, one in enumerate(rest) if one and not one[0].isspace() and one[0] not in "-]}"),
                None,
            )
            return [line.partition(":")[2], *rest[:inner]]
    return []


def _names(block: list[str]) -> tuple[str, ...]:
    """Of the first class: in brackets, or an item a line."""
    listed = _LIST.search("\n".join(block)[:100_000])
    if listed:
        words = listed[1].replace("\n", " ").split(",")
    else:
        words = []
        for line in block:
            item = _ITEM.match(line)
            if item:
                words.append(item[1])
            elif words and _CLASS.match(line):
                break
    names = tuple(word.strip().strip("'\"") for word in words[: MOST_NAMES + 1] if word.strip())
    return names if len(names) <= MOST_NAMES else ()
