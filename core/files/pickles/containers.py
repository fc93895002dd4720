"""The values in a file of a network's answers: a pickle, plain or packed, as joblib writes it, or numpy's of objects.

Nothing in it is executed, and a packed file may not unpack to far more than it holds.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.errors import PickleRefused, ReadError
from core.files.npz import faults_as, read_npy, read_npz, read_objects
from core.files.pickles.reader import MAX_FILE_BYTES, load_pickle
from core.files.untrusted import read_bytes
from core.files.unusable import read_error

MOST_OPCODES = 5_000_000  # a video of some minutes has a million
_GROWTH = 50  # bytes unpacked per byte of the file, beyond _SMALL_BYTES
_SMALL_BYTES = 64 * 2**20
_ZLIB_OR_GZIP = zlib.MAX_WBITS | 32
_PACKED: tuple[tuple[bytes, Callable[[], Any]], ...] = (
    (b"x", lambda: zlib.decompressobj(_ZLIB_OR_GZIP)),
    (b"\x1f\x8b", lambda: zlib.decompressobj(_ZLIB_OR_GZIP)),
    (b"BZ", bz2.BZ2Decompressor),
    (b"\xfd7zXZ", lzma.LZMADecompressor),
    (b"]\0", lzma.LZMADecompressor),
)
_LZ4 = b"\x04\x22\x4d\x18"
_ARRAY, _ARCHIVE = b"\x93NUMPY", b"PK"


def read_values(path: Path) -> Any:
    """Of an .npz a dictionary of its arrays, of an .npy what it holds, else what is pickled. Raises ReadError."""
    data = read_bytes(path, MAX_FILE_BYTES)
    if not data.startswith((_ARRAY, _ARCHIVE)):
        return _unpickled(path, _unpacked(path, data))
    is_archive = data.startswith(_ARCHIVE)
    del data
    with faults_as(ReadError, path.name):
        objects = {name: _unpickled(path, content) for name, content in read_objects(path).items()}
        if is_archive:
            return read_npz(path, _Others(objects)) | objects
        return objects[""] if objects else read_npy(path)


def is_packed_pickle(data: bytes) -> bool:
    """Whether a file may be a pickle that joblib packed, by its first bytes."""
    return data.startswith(tuple(start for start, _ in _PACKED[1:])) or data[:2] in (
        b"x\x01", b"x\x5e", b"x\x9c", b"x\xda",
    )  # fmt: skip


class _Others(frozenset[str]):
    """All names but these."""

    def __contains__(self, name: object) -> bool:
        return not super().__contains__(name)


def _unpickled(path: Path, data: bytes) -> Any:
    try:
        return load_pickle(data, name=path.name, most_opcodes=MOST_OPCODES)
    except PickleRefused as error:
        raise ReadError(str(error)) from error


def _unpacked(path: Path, data: bytes) -> bytes:
    """The bytes of a pickle. Raises ReadError for what is packed otherwise, or unpacks to far too much."""
    if data.startswith(_LZ4):
        raise read_error(path, "it is packed with lz4", "Save it with joblib.dump and compress=3.")
    make = next((make for start, make in _PACKED if data.startswith(start)), None)
    if make is None:
        return data
    limit = min(MAX_FILE_BYTES, _SMALL_BYTES + _GROWTH * len(data))
    packed = make()
    try:
        found: bytes = packed.decompress(data, limit + 1)
    except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as error:
        raise read_error(path, "it is packed, and damaged", "Copy it again.") from error
    if len(found) > limit:
        raise read_error(path, f"it unpacks to more than {limit >> 20} MB", "Split it.")
    if not packed.eof:
        raise read_error(path, "it is packed, and cut off", "Copy it again.")
    return found
