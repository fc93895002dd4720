"""The size of a photo read from its header, so that photos are listed, and oversized ones refused, without decoding.

Formats as in ITU T.81 (JPEG markers), the PNG specification (IHDR, eXIf), Exif 2.3 (orientation, tag 0x0112), TIFF 6.0
and BigTIFF, RFC 9649 (WebP), Microsoft's BITMAPINFOHEADER, GIF89a and Netpbm; AVIF and HEIC in image_boxes.py.
"""

from __future__ import annotations

import io
import re
import struct
from typing import BinaryIO, NamedTuple

from core.geometry.image_boxes import name_of, size_in_boxes
from core.geometry.orientation import LYING_DOWN, UPRIGHT

FORMATS = "JPEG, PNG, TIFF, WebP, BMP, GIF, AVIF, HEIC or PNM"  # the formats that can be read, for messages

_PNG_START = b"\x89PNG\r\n\x1a\n"
_JPEG_START = b"\xff\xd8"
_TIFF_STARTS = {
    b"II*\0": "<",
    b"MM\0*": ">",
    b"II+\0": "<",
    b"MM\0+": ">",
}  # first bytes, and struct's byte order
# struct's formats of the directory's offset, of its length and of one entry; the offset of the value in an entry.
_PLAIN_TIFF = ("I", "H", "HHI4s", 8)
_BIG_TIFF = ("xxxxQ", "Q", "HHQ8s", 12)
_FARTHEST = 2**40  # bytes; no photo is so large
_START_BYTES = 4096  # enough for Netpbm's comments
_JPEG_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0..15 without DHT, JPG and DAC
_JPEG_ALONE = {0x01, *range(0xD0, 0xD9)}  # markers without a length
_JPEG_SCAN, _JPEG_APP1, _JPEG_FILL = 0xDA, 0xE1, 0xFF
_EXIF_START = b"Exif\x00\x00"
_ORIENTATION_TAG = 0x0112
_PNG_FRAME = 12  # bytes of a chunk besides its content
_WIDTH_TAG, _HEIGHT_TAG = 0x0100, 0x0101
_TIFF_NUMBERS = {1: "B", 3: "H", 4: "I", 16: "Q"}  # by type; the last one only in a BigTIFF
_MOST_TAGS = 4096
_MOST_STRAY = 65536  # bytes that decoders skip between two parts of a JPEG
_WEBP_HAS_EXIF = 8
_BMP_OLD_HEADER = 12  # bytes; it has 16 bits a side
_NETPBM = re.compile(rb"P[1-6](?:\s|#[^\n]*\n)+(\d{1,10})(?:\s|#[^\n]*\n)+(\d{1,10})\s")


class ImageHeader(NamedTuple):
    """width, height [px] as shown; orientation: 1..8 as in Exif, already applied to them."""

    width: int
    height: int
    orientation: int = UPRIGHT


def read_header(file: BinaryIO) -> ImageHeader | None:
    """Size and orientation; None if the file is none of FORMATS or is cut off.

    file: open at its start; only its headers are read.
    """
    start = file.read(_START_BYTES)
    try:
        if start.startswith(_PNG_START):
            file.seek(len(_PNG_START))
            return _png_size(file)
        if start.startswith(_JPEG_START):
            file.seek(len(_JPEG_START))
            return _jpeg_size(file)
        if start[:4] in _TIFF_STARTS:
            return _tiff_size(file)
        if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
            return _webp_size(file, start)
        if start.startswith(b"BM"):
            return _bmp_size(start)
        if start.startswith((b"GIF87a", b"GIF89a")):
            return _as_shown(*struct.unpack_from("<HH", start, 6))
        if name_of(start) in ("AVIF", "HEIC"):
            found = size_in_boxes(file)
            return None if found is None else _as_shown(*found)
        match = _NETPBM.match(start)
        return _as_shown(int(match[1]), int(match[2])) if match else None
    except (struct.error, IndexError):
        return None


def claims_too_much(data: memoryview) -> bool:
    """True if a PNG's chunk is longer than the rest of the file: OpenCV would allocate memory for all of it."""
    if data[: len(_PNG_START)] != _PNG_START:
        return False
    place = len(_PNG_START)
    while place + _PNG_FRAME <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        place += _PNG_FRAME + length
        if kind == b"IEND":
            break
    return place > len(data)


def _jpeg_size(file: BinaryIO) -> ImageHeader | None:
    orientation = 1
    while True:
        for _ in range(_MOST_STRAY):
            if file.read(1)[0] == _JPEG_FILL:
                break
        else:
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


def _png_size(file: BinaryIO) -> ImageHeader | None:
    width = height = 0
    while True:
        length, kind = struct.unpack(">I4s", file.read(8))
        if kind == b"IHDR":
            width, height = struct.unpack(">II", file.read(8))
            file.seek(length - 8 + 4, 1)
        elif kind == b"eXIf":
            return _as_shown(width, height, _exif_orientation(file.read(length)))
        elif kind in (b"IDAT", b"IEND"):
            return _as_shown(width, height)
        else:
            file.seek(length + 4, 1)


def _tiff_size(file: BinaryIO) -> ImageHeader | None:
    tags = _tiff_tags(file)
    return _as_shown(tags.get(_WIDTH_TAG, 0), tags.get(_HEIGHT_TAG, 0), tags.get(_ORIENTATION_TAG, 1))


def _webp_size(file: BinaryIO, start: bytes) -> ImageHeader | None:
    """start: the file's first bytes."""
    kind = start[12:16]
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", start, 26)
        return _as_shown(width & 0x3FFF, height & 0x3FFF)
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", start, 21)
        return _as_shown((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind != b"VP8X":
        return None
    flags, width_low, width_high, height_low, height_high = struct.unpack_from("<BxxxHBHB", start, 20)
    size = width_low + (width_high << 16) + 1, height_low + (height_high << 16) + 1
    return _as_shown(*size, _webp_orientation(file) if flags & _WEBP_HAS_EXIF else 1)


def _webp_orientation(file: BinaryIO) -> int:
    """Exif orientation 1..8 of an extended WebP, 1 without an Exif chunk."""
    file.seek(12)
    while len(header := file.read(8)) == 8:
        kind, length = struct.unpack("<4sI", header)
        if kind == b"EXIF":
            return _exif_orientation(file.read(min(length, _START_BYTES)))
        file.seek(length + length % 2, 1)
    return 1


def _bmp_size(start: bytes) -> ImageHeader | None:
    (header_bytes,) = struct.unpack_from("<I", start, 14)
    width, height = struct.unpack_from("<HH" if header_bytes == _BMP_OLD_HEADER else "<Ii", start, 18)
    return _as_shown(width, abs(height))  # a negative height means that the first row is at the top


def _exif_orientation(block: bytes) -> int:
    """Orientation 1..8 of an Exif block (a small TIFF), 1 where it holds no usable orientation."""
    try:
        return _tiff_tags(io.BytesIO(block)).get(_ORIENTATION_TAG, 1)
    except (struct.error, KeyError):
        return 1


def _tiff_tags(file: BinaryIO) -> dict[int, int]:
    """Single-integer tags of the first directory. The first of equal tags counts; a cut-off file gives those before."""
    file.seek(0)
    mark = file.read(4)
    order = _TIFF_STARTS[mark]
    place_at, count_at, entry_at, value_at = _BIG_TIFF if b"+" in mark else _PLAIN_TIFF
    (place,) = _unpacked(file, order + place_at)
    file.seek(min(place, _FARTHEST))
    (count,) = _unpacked(file, order + count_at)
    tags: dict[int, int] = {}
    for _ in range(min(count, _MOST_TAGS)):
        entry = file.read(struct.calcsize(order + entry_at))
        if len(entry) < struct.calcsize(order + entry_at):
            break
        tag, kind, length, _ = struct.unpack(order + entry_at, entry)
        if kind in _TIFF_NUMBERS and length == 1:
            tags.setdefault(tag, struct.unpack_from(order + _TIFF_NUMBERS[kind], entry, value_at)[0])
    return tags


def _unpacked(file: BinaryIO, layout: str) -> tuple[int, ...]:
    """The next numbers of a file, in a format of struct. Raises struct.error at the end of the file."""
    return struct.unpack(layout, file.read(struct.calcsize(layout)))


def _as_shown(width: int, height: int, orientation: int = UPRIGHT) -> ImageHeader | None:
    if not (width and height):
        return None
    if orientation in LYING_DOWN:
        return ImageHeader(height, width, orientation)
    return ImageHeader(width, height, orientation if 1 <= orientation <= 8 else UPRIGHT)
