"""The size of a JPEG or PNG from its first bytes, so that a list of photos needs no decoding.

Formats as in ITU T.81 (JPEG markers), the PNG specification (IHDR, eXIf) and Exif 2.3 (orientation, tag
0x0112).
"""

from __future__ import annotations

import struct
from typing import BinaryIO

_PNG_START = b"\x89PNG\r\n\x1a\n"
_JPEG_START = b"\xff\xd8"
_JPEG_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0..15 without DHT, JPG and DAC
_JPEG_ALONE = {0x01, *range(0xD0, 0xD9)}  # markers without a length
_JPEG_SCAN, _JPEG_APP1, _JPEG_FILL = 0xDA, 0xE1, 0xFF
_EXIF_START = b"Exif\x00\x00"
_ORIENTATION_TAG = 0x0112
_LYING_DOWN = (5, 6, 7, 8)  # orientations whose width and height are swapped


def size_from_header(file: BinaryIO) -> tuple[int, int] | None:
    """Width and height [px] as shown, orientation applied; None for what is no JPEG or PNG or is cut off.

    file is open at its start; only its headers are read.
    """
    try:
        start = file.read(len(_PNG_START))
        if start == _PNG_START:
            return _png_size(file)
        if start.startswith(_JPEG_START):
            file.seek(len(_JPEG_START))
            return _jpeg_size(file)
    except (struct.error, IndexError):
        return None
    return None


def _jpeg_size(file: BinaryIO) -> tuple[int, int] | None:
    orientation = 1
    while True:
        if file.read(1)[0] != _JPEG_FILL:
            return None
        marker = file.read(1)[0]
        while marker == _JPEG_FILL:
            marker = file.read(1)[0]
        if marker in _JPEG_ALONE:
            continue
        (length,) = struct.unpack(">H", file.read(2))
        if length < 2:
            return None
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack(">xHH", file.read(5))
            return _as_shown(width, height, orientation)
        if marker == _JPEG_SCAN:
            return None
        segment = file.read(length - 2) if marker == _JPEG_APP1 else b""
        if segment.startswith(_EXIF_START):
            orientation = _exif_orientation(segment[len(_EXIF_START) :])
        file.seek(length - 2 - len(segment), 1)


def _png_size(file: BinaryIO) -> tuple[int, int] | None:
    width = height = 0
    while True:
        length, kind = struct.unpack(">I4s", file.read(8))
        if kind == b"IHDR":
            width, height = struct.unpack(">II", file.read(8))
            file.seek(length - 8 + 4, 1)
        elif kind == b"eXIf":
            return _as_shown(width, height, _exif_orientation(file.read(length)))
        elif kind in (b"IDAT", b"IEND"):
            return _as_shown(width, height, 1)
        else:
            file.seek(length + 4, 1)


def _exif_orientation(block: bytes) -> int:
    """Orientation 1..8 of an Exif block (a small TIFF), 1 where it says nothing usable."""
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None:
        return 1
    try:
        (offset,) = struct.unpack_from(order + "I", block, 4)
        (count,) = struct.unpack_from(order + "H", block, offset)
        for entry in range(offset + 2, offset + 2 + 12 * count, 12):
            tag, _, _, value = struct.unpack_from(order + "HHIH", block, entry)
            if tag == _ORIENTATION_TAG:
                return int(value)
    except struct.error:
        return 1
    return 1


def _as_shown(width: int, height: int, orientation: int) -> tuple[int, int] | None:
    if not (width and height):
        return None
    return (height, width) if orientation in _LYING_DOWN else (width, height)
