"""Arrays in .npz files: numbers and text only, nothing executed, and no more memory than the file
may claim.
"""

from __future__ import annotations

import contextlib
import math
import shutil
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO

import numpy as np

from core.errors import FitsError
from core.files.whole_file import whole_file

MAX_BYTES = 2 * 2**30  # of all arrays that are read from one file
PLAIN_KINDS = "biufSU"  # truth values, integers, floats and text: no objects, no records
_BROKEN = (
    *(
        OSError,
        EOFError,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        RuntimeError,
        OverflowError,
        MemoryError,
    ),
    *(SyntaxError, RecursionError, NotImplementedError, struct.error, tokenize.TokenError),
    *(zipfile.BadZipFile, zlib.error),
)


def read_arrays(path: Path, wanted: Collection[str]) -> dict[str, np.ndarray]:
    """Those of the wanted arrays that an .npz has. Raises FitsError with file, array and remedy."""
    with _explained(path), zipfile.ZipFile(path) as archive:
        members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        if len(members) < len(archive.infolist()):
            raise FitsError(f"{path} holds an array twice. Save it again.")
        found = {name: members[name] for name in wanted if name in members}
        if sum(info.file_size for info in found.values()) > MAX_BYTES:
            raise FitsError(f"{path} unpacks to more than {MAX_BYTES >> 30} GB. Split it.")
        arrays = {}
        for name, info in found.items():
            with archive.open(info) as stream:
                arrays[name] = _read_array(stream, info.file_size, f"{path}, {name}")
        return arrays


def write_arrays(path: Path, arrays: dict[str, np.ndarray], versions: int = 0) -> None:
    """An .npz that is there as a whole or not at all; the last `versions` files of this name are kept."""
    with written(path), whole_file(path, versions) as stream:
        np.savez(stream, allow_pickle=False, **arrays)


def copy_with(source: Path, destination: Path, changed: dict[str, np.ndarray]) -> None:
    """A copy of an .npz with some arrays changed or added; all other arrays are the same bytes. Raises
    FitsError.
    """
    if destination.exists() and destination.samefile(source):
        raise FitsError(f"{destination} is the file that is to be copied. Choose another name.")
    left = dict(changed)
    with (
        written(destination),
        zipfile.ZipFile(source) as old,
        whole_file(destination) as stream,
        zipfile.ZipFile(stream, "w") as new,
    ):
        for info in old.infolist():
            array = left.pop(info.filename.removesuffix(".npy"), None)
            if array is None:
                with old.open(info) as content, new.open(_like(info), "w", force_zip64=True) as copy:
                    shutil.copyfileobj(content, copy)
            else:
                _add(new, _like(info), array)
        for name, array in left.items():
            _add(new, zipfile.ZipInfo(f"{name}.npy"), array)


def _add(archive: zipfile.ZipFile, member: zipfile.ZipInfo, array: np.ndarray) -> None:
    with archive.open(member, "w", force_zip64=True) as stream:
        np.lib.format.write_array(stream, array, allow_pickle=False)


@contextlib.contextmanager
def written(path: Path) -> Iterator[None]:
    """Say what failed writing means: the old file is still there."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise FitsError(
            f"{path} cannot be written ({reason}); what was there before is untouched. "
            "Free some space, or choose another folder."
        ) from error


def _like(info: zipfile.ZipInfo) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(info.filename, info.date_time)
    member.compress_type = info.compress_type
    member.external_attr = info.external_attr
    return member


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except FitsError:
        raise
    except FileNotFoundError as error:
        raise FitsError(f"{path} is not there. Choose another file.") from error
    except _BROKEN as error:
        raise FitsError(
            f"{path} is no numpy file, or it is damaged ({error}). Take an earlier version."
        ) from error


def _read_array(stream: IO[bytes], size: int, where: str) -> np.ndarray:
    """One .npy stream of `size` bytes; what its header claims is held against that before memory is asked
    for.
    """
    version = np.lib.format.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise FitsError(f"{where} is of an unknown array format {version}. Save it with numpy.savez.")
    first = version == (1, 0)
    read_header = np.lib.format.read_array_header_1_0 if first else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read_header(stream)
    if dtype.kind not in PLAIN_KINDS:
        raise FitsError(f"{where} holds Python objects, not plain numbers or text. Save it as a plain array.")
    expected = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or expected != size - stream.tell():
        raise FitsError(f"{where} is not as long as its shape {shape} says. Take an earlier version.")
    data = bytearray(stream.read(expected))
    if len(data) != expected or stream.read(1):
        raise FitsError(f"{where} is cut short. Take an earlier version.")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")
