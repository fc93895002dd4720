"""numpy's .npz and .npy: bounded reading of files from any source, and whole-file writing.

The only reader of both. Numbers and text alone are read, nothing is executed, and sizes are bounded before memory is
allocated: a file can claim no more than `limit` bytes, nor more than it holds. A fault in a file is an
ArrayFault, which `faults_as` turns into the error of the reader.
"""

from __future__ import annotations

import contextlib
import io
import math
import os
import shutil
import struct
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO

import numpy as np

from core.errors import FitloopError, FitsError
from core.files.regular import NotOrdinary, open_regular
from core.files.whole_file import whole_file

MAX_BYTES = 2 * 2**30  # unpacked, of all arrays that are read from one file
MAX_ARRAYS = 256
GROWTH = 100  # bytes unpacked per byte of the file, beyond SMALL_BYTES: numbers of this field shrink less
SMALL_BYTES = 64 * 2**20
MAX_DIMENSIONS = 8
MAX_OBJECT_BYTES = 512 * 2**20  # of the pickles in arrays of Python objects
_DIRECTORY_BYTES = 2**20  # of an archive's list of its members: some thousands of names
_PIECE_BYTES = 4 * 2**20
_ENCRYPTED = 0x41  # flags of a member: by a password, or strongly
_SAVE_IT = "Save it with numpy.save or numpy.savez"
_BROKEN = (
    *(OSError, EOFError, ValueError, TypeError, KeyError, IndexError, AttributeError, RuntimeError),
    *(OverflowError, MemoryError, SyntaxError, RecursionError, NotImplementedError),
    *(struct.error, tokenize.TokenError, zipfile.BadZipFile, zlib.error),
)


class ArrayFault(Exception):
    """A fault in a file or in one of its arrays, and the remedy."""

    def __init__(self, problem: str, remedy: str, array: str = "") -> None:
        super().__init__(f"{array}: {problem}" if array else problem)
        self.problem, self.remedy, self.array = problem, remedy, array


@contextlib.contextmanager
def faults_as(error: type[FitloopError], where: Path | str) -> Iterator[None]:
    """Raise array faults as an error of this kind: 'where, array: fault. Remedy.'"""
    try:
        yield
    except ArrayFault as fault:
        place = f"{where}, {fault.array}" if fault.array else f"{where}"
        raise error(f"{place}: {fault.problem}. {fault.remedy}.") from fault


def read_npz(
    path: Path, wanted: Collection[str] | None = None, limit: int | None = None
) -> dict[str, np.ndarray]:
    """Those of the wanted arrays that an .npz has, or all of them. limit [bytes]: MAX_BYTES. Raises ArrayFault."""
    limit = MAX_BYTES if limit is None else limit
    with _archive(path) as archive:
        members = _members(archive)
        found = {name: info for name, info in members.items() if wanted is None or name in wanted}
        limit = min(limit, SMALL_BYTES + GROWTH * path.stat().st_size)
        if sum(info.file_size for info in found.values()) > limit:
            raise ArrayFault(f"it unpacks to more than {limit >> 20} MB", "Split it, or save it uncompressed")
        arrays = {}
        for name, info in found.items():
            with _member(archive, info, name) as stream:
                arrays[name] = _read_array(stream, info.file_size, name)
        return arrays


def npz_names(path: Path) -> list[str]:
    """The names of the arrays in an .npz. Raises ArrayFault."""
    with _archive(path) as archive:
        return list(_members(archive))


def read_npy(path: Path, limit: int | None = None) -> np.ndarray:
    """The array of an .npy. limit [bytes]: MAX_BYTES. Raises ArrayFault."""
    limit = MAX_BYTES if limit is None else limit
    with _explained(), _opened(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > limit:
            raise ArrayFault(f"it has more than {limit >> 20} MB", "Split it")
        return _read_array(stream, size, "")


def read_objects(path: Path) -> dict[str, bytes]:
    """The pickles in an .npy (named \"\") or .npz whose arrays are of Python objects, by array. Raises ArrayFault."""
    with _explained(), _opened(path) as stream:
        if stream.peek(2)[:2] != b"PK":
            return _pickle_of(stream, "", MAX_OBJECT_BYTES)
    found: dict[str, bytes] = {}
    with _archive(path) as archive:
        limit = min(MAX_OBJECT_BYTES, SMALL_BYTES + GROWTH * path.stat().st_size)
        for name, info in _members(archive).items():
            left = limit - sum(map(len, found.values()))
            with _member(archive, info, name) as member:
                if info.file_size > left:
                    raise ArrayFault(f"it unpacks to more than {limit >> 20} MB", "Split it", name)
                found |= _pickle_of(member, name, left)
    return found


def _pickle_of(stream: IO[bytes], name: str, limit: int) -> dict[str, bytes]:
    """What stands behind the header of an array of objects; nothing of other arrays."""
    _, _, dtype = _header(stream, name)
    if not dtype.hasobject or dtype.kind != "O":
        return {}
    content = stream.read(limit + 1)
    if len(content) > limit:
        raise ArrayFault(f"it unpacks to more than {limit >> 20} MB", "Split it", name)
    return {name: content}


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
        _opened(source) as stream_of_old,
        zipfile.ZipFile(stream_of_old) as old,
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
    """Turn a failed write into a FitsError whose message states that the old file is untouched."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise FitsError(
            f"{path} cannot be written ({reason}); the old file is untouched. "
            "Free some space, or choose another folder."
        ) from error


def _like(info: zipfile.ZipInfo) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(info.filename, info.date_time)
    member.compress_type = info.compress_type
    member.external_attr = info.external_attr
    return member


class _Directory(io.BufferedReader):
    """A file for zipfile, which reads the list of members in one piece of any claimed length: refuses one too long."""

    bounded = False

    def read(self, size: int | None = -1, /) -> bytes:
        if self.bounded and size is not None and size > _DIRECTORY_BYTES:
            raise ArrayFault("it lists more arrays than any file of this field", _SAVE_IT)
        return super().read(size)


@contextlib.contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    with _explained(), _opened(path) as stream:
        stream.bounded = True
        with zipfile.ZipFile(stream) as archive:
            stream.bounded = False
            yield archive


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[_Directory]:
    """An ordinary file: to open a pipe would wait for ever."""
    try:
        stream = _Directory(open_regular(path))
    except NotOrdinary as error:
        raise ArrayFault(str(error.strerror), "Choose the file itself") from error
    except FileNotFoundError as error:
        raise ArrayFault("it is not there", "Choose another file") from error
    except OSError as error:
        raise ArrayFault(
            f"it cannot be read ({error.strerror or error})", "Check the file and its permissions"
        ) from error
    with stream:
        yield stream


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except ArrayFault:
        raise
    except _BROKEN as error:
        problem = f"this is no numpy file, or it is damaged ({str(error) or type(error).__name__})"
        raise ArrayFault(problem, "Export or copy it again, or take an earlier version") from error


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Name and entry of each array; names are looked up and never used as paths."""
    entries = archive.infolist()
    if len(entries) > MAX_ARRAYS:
        raise ArrayFault(f"it has more than {MAX_ARRAYS} arrays", "Choose an .npz file of this field")
    members = {info.filename.removesuffix(".npy"): info for info in entries}
    if len(members) < len(entries):
        raise ArrayFault("it holds an array twice", _SAVE_IT)
    return members


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> IO[bytes]:
    """The bytes of one array, packed as numpy packs it. Raises ArrayFault."""
    if info.flag_bits & _ENCRYPTED:
        raise ArrayFault("it is encrypted", "Save it without a password", name)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ArrayFault("it is compressed in a way numpy does not write", _SAVE_IT, name)
    return archive.open(info)


def _header(stream: IO[bytes], name: str) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, whether in Fortran's order, and dtype, as an array's header claims them."""
    version = np.lib.format.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise ArrayFault(f"it is of an unknown array format {version}", _SAVE_IT, name)
    first = version == (1, 0)
    read_header = np.lib.format.read_array_header_1_0 if first else np.lib.format.read_array_header_2_0
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", UserWarning
        )  # that Python 2 wrote it, as it did most files of this field
        shape, fortran, dtype = read_header(stream)
    return shape, fortran, dtype


def _read_array(stream: IO[bytes], size: int, name: str) -> np.ndarray:
    """One .npy stream of `size` bytes; its header's claims are checked against that before memory is allocated."""
    shape, fortran, dtype = _header(stream, name)
    if dtype.kind not in "biufSU" or dtype.subdtype is not None:
        problem = "it does not hold plain numbers or text, but Python objects or records"
        remedy = "Save it as a plain array (of a sparse matrix, what .toarray() gives)"
        raise ArrayFault(problem, remedy, name)
    if any(type(length) is not int or length < 0 for length in shape) or len(shape) > MAX_DIMENSIONS:
        raise ArrayFault(f"its shape {shape} is none", _SAVE_IT, name)
    count = math.prod(shape)
    if count * dtype.itemsize != size - stream.tell() or max(shape, default=0) > size:
        raise ArrayFault(
            f"it is not as long as its shape {shape} says", "Was it cut off? Export it again", name
        )
    data = np.empty(count * dtype.itemsize, np.uint8)
    for start in range(0, len(data), _PIECE_BYTES):
        piece = data[start : start + _PIECE_BYTES]
        piece[:] = np.frombuffer(stream.read(len(piece)), np.uint8)  # raises ValueError where it is cut off
    stream.read(1)  # the archive compares its checksum at the end
    array = data.view(dtype) if len(data) else np.zeros(count, dtype)
    return array.reshape(shape, order="F" if fortran else "C")
