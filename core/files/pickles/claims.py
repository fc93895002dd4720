"""What a checkpoint's pickles would have torch allocate, compared with the file before torch reads it.

A storage is named by a tuple that ends in its number of elements. In torch's old format (pickles one after the other,
then the storages' bytes) that number is allocated before a byte is read. A bytearray is allocated by its length alone.
"""

from __future__ import annotations

import io
import os
import pickletools
import zipfile
from typing import IO

PICKLES = 5  # of the old format: magic number, version, system, the object, the storages' names
MOST_OPCODES = 2_000_000
_MOST_PICKLE_BYTES = 64 * 2**20
_WHOLE = {"BININT", "BININT1", "BININT2", "LONG1", "LONG4", "INT", "LONG"}
_NEVER = ("bytearray",)


class Overclaim(ValueError):
    """A file that names more than it has."""


def check_claims(stream: IO[bytes], entries: list[zipfile.ZipInfo]) -> None:
    """Raises Overclaim for a checkpoint that names more than it has. entries: those of an archive; the stream is at its
    start afterwards."""
    size = os.fstat(stream.fileno()).st_size
    stream.seek(0)
    if entries:
        with zipfile.ZipFile(stream) as archive:
            for entry in entries:
                if entry.filename.endswith("data.pkl"):
                    if entry.file_size > _MOST_PICKLE_BYTES:
                        raise Overclaim("its list of weights is longer than that of any network")
                    _check_pickle(io.BytesIO(archive.read(entry)), size)
    else:
        for _ in range(PICKLES):
            if not _check_pickle(stream, size):
                break
    stream.seek(0)


def _check_pickle(stream: IO[bytes], size: int) -> bool:
    """False where there is no whole pickle: torch's own reader says what is wrong."""
    last = 0
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(stream)):
            if opcode.name in _WHOLE:
                last = int(argument or 0)
            elif opcode.name == "GLOBAL" and str(argument).endswith(_NEVER):
                raise Overclaim(f"asks for {argument}, which is more than weights and plain values")
            elif opcode.name in ("BINPERSID", "PERSID") and last > size:
                raise Overclaim("it names more numbers than it has bytes")
            if count > MOST_OPCODES:
                raise Overclaim("it has more instructions than the weights of any network")
    except Overclaim:
        raise
    except (ValueError, IndexError, OverflowError, AttributeError, UnicodeError):
        return False
    return True
