"""Photos in boxes: the size and orientation of AVIF and HEIC, and the names of formats that cannot be read.

ISO/IEC 14496-12 (boxes), 23008-12 (HEIF: pitm, iprp, ispe, clap, irot, imir). The properties of the primary item
count; Exif's orientation does not, which these formats repeat for information only.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from core.geometry.orientation import UPRIGHT, after

_MOST_BOXES = 4096
_MOST_META = 4 * 2**20  # bytes
_AVIF = (b"avif", b"avis")
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_BRANDS = {**dict.fromkeys(_AVIF, "AVIF"), **dict.fromkeys(_HEIC, "HEIC"), b"crx ": "a camera's raw file"}
_STARTS = {
    b"\0\0\0\x0cjP  ": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"\xff\x0a": "JPEG XL",
    b"8BPS": "a Photoshop file",
    b"%PDF": "a PDF",
    b"FUJIFILM": "a camera's raw file",
    b"IIRO": "a camera's raw file",
    b"\x1aE\xdf\xa3": "a video",
    b"<svg": "a drawing, SVG",
    b"<?xml": "XML",
    b"<!DOC": "a web page",
    b"<html": "a web page",
    b"version https://git-lfs": "a pointer of Git LFS to a file that was not fetched",
}
_ROTATED = (1, 8, 3, 6)  # orientations of 0, 1, 2, 3 quarter turns against the clock
_MIRROR = (4, 2)  # orientations of imir's 0, top to bottom, and 1, left to right


class InBoxes(NamedTuple):
    """width, height [px] before `orientation`, a number of Exif, is applied."""

    width: int
    height: int
    orientation: int


def name_of(start: bytes) -> str:
    """What a file is that begins like this, for messages: AVIF, HEIC and what no photo is; "" for others."""
    if start[4:8] == b"ftyp":
        brands = (
            start[8:12],
            *(start[place : place + 4] for place in range(16, min(_length(start), 128), 4)),
        )
        return next((_BRANDS[brand] for brand in brands if brand in _BRANDS), "a video")
    return next((name for mark, name in _STARTS.items() if start.startswith(mark)), "")


def size_in_boxes(file: BinaryIO) -> InBoxes | None:
    """Of an AVIF or HEIC, open anywhere; None if it is cut off or tells no size. Raises struct.error where cut off."""
    meta = _meta(file)
    found = dict(_boxes(meta))
    primary = found.get(b"pitm", b"")
    wanted = int.from_bytes(primary[4:8] if primary[:1] == b"\1" else primary[4:6], "big")
    inner = list(_boxes(found.get(b"iprp", b"")))
    properties = [box for kind, content in inner if kind == b"ipco" for box in _boxes(content)]
    size: tuple[int, int] | None = None
    orientation = UPRIGHT
    for index in (index for kind, content in inner if kind == b"ipma" for index in _indices(content, wanted)):
        if not 1 <= index <= len(properties):
            continue
        kind, content = properties[index - 1]
        if kind == b"ispe":
            size = struct.unpack_from(">4xII", content)
        elif kind == b"clap":  # the part of the coded picture that is shown
            size = _clean_aperture(content) or size
        elif kind == b"irot":
            orientation = after(orientation, _ROTATED[content[0] & 3])
        elif kind == b"imir":
            orientation = after(orientation, _MIRROR[content[0] & 1])
    return None if size is None else InBoxes(*size, orientation)


def _clean_aperture(content: bytes) -> tuple[int, int] | None:
    """Width and height [px] of a box `clap`, which holds them as fractions; None for none."""
    width, width_of, height, height_of = struct.unpack_from(">4I", content)
    if not width_of or not height_of:
        return None
    return round(width / width_of), round(height / height_of)


def _meta(file: BinaryIO) -> bytes:
    """The content of the first box `meta`, without version and flags; b"" without one."""
    end, place = file.seek(0, os.SEEK_END), 0
    for _ in range(_MOST_BOXES):
        file.seek(place)
        head = file.read(16)
        if len(head) < 8:
            break
        length, start = _length(head), 16 if head[:4] == b"\0\0\0\1" else 8
        if head[4:8] == b"meta":
            file.seek(place + start)
            return file.read(min(length or end - place, _MOST_META) - start)[4:]
        if length < start:
            break
        place += length
    return b""


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """kind and content of the boxes that follow each other."""
    place = 0
    for _ in range(_MOST_BOXES):
        if place + 8 > len(data):
            return
        head = data[place : place + 16]
        length = _length(head) or len(data) - place
        start = 16 if head[:4] == b"\0\0\0\1" else 8
        if length < start:
            return
        yield head[4:8], data[place + start : place + length]
        place += length


def _length(head: bytes) -> int:
    """Of a box with this head, in bytes; 0 for one that goes to the end."""
    (length,) = struct.unpack_from(">I", head)
    return int(struct.unpack_from(">Q", head, 8)[0] if length == 1 else length)


def _indices(ipma: bytes, item: int) -> Iterator[int]:
    """Places, from 1 on, of an item's properties."""
    version, wide = ipma[0], ipma[3] & 1
    (count,) = struct.unpack_from(">I", ipma, 4)
    place = 8
    for _ in range(min(count, _MOST_BOXES)):
        (number,) = struct.unpack_from(">I" if version else ">H", ipma, place)
        place += 4 if version else 2
        many = ipma[place]
        place += 1
        for _ in range(many):
            (index,) = struct.unpack_from(">H" if wide else ">B", ipma, place)
            place += 2 if wide else 1
            if number == item:
                yield index & (0x7FFF if wide else 0x7F)
