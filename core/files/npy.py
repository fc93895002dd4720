"""numpy's .npy and .npz read with care: sizes bounded before a number is read, and objects refused."""

from __future__ import annotations

import math
import re
import struct
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import IO, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import BodyFileError

MAX_ARRAY_BYTES = 512 * 2**20
_MAX_HEADER_BYTES = 4096
_MAX_TEXT_BYTES = 2**20
_HEADER = re.compile(
    r"\{'descr': '([<>|=]?[a-zA-Z?][0-9]*)', 'fortran_order': (True|False), 'shape': \(([0-9L, ]*)\), \}\s*"
)
_DTYPE = re.compile(r"[<>|=]?(?:\?|b1|[iu][1248]|f[248]|[SU][0-9]{1,7})")
_MAX_ITEMS = 2**31  # also of arrays without bytes
# What zipfile raises on damage, on passwords, and on kinds of compression it does not know.
_ZIP_ERRORS = (OSError, EOFError, ValueError, RuntimeError, struct.error, zipfile.BadZipFile, zlib.error)


def read_npz(path: Path, keys: Collection[str]) -> dict[str, NDArray[np.generic]]:
    """Those of the keys that the file has. Raises BodyFileError."""
    try:
        with zipfile.ZipFile(path) as file:
            members = {info.filename: info for info in file.infolist()}
            found = {key: members[f"{key}.npy"] for key in keys if f"{key}.npy" in members}
            declared = sum(info.file_size for info in found.values())
            if declared > MAX_ARRAY_BYTES:
                raise BodyFileError(_too_large(str(path), declared))
            return {key: _read_member(file, info, f"{path}, {key}") for key, info in found.items()}
    except BodyFileError:
        raise
    except _ZIP_ERRORS as error:
        text = f"{path}: is a damaged .npz ({error}). Download or copy it again."
        raise BodyFileError(text) from None


def read_npy(path: Path) -> NDArray[np.generic]:
    """One array. Raises BodyFileError."""
    try:
        with path.open("rb") as stream:
            return _read_array(stream, str(path))
    except OSError as error:
        text = f"{path}: cannot be read ({error.strerror}). Check the file and its permissions."
        raise BodyFileError(text) from None


def _read_member(file: zipfile.ZipFile, info: zipfile.ZipInfo, where: str) -> NDArray[np.generic]:
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BodyFileError(
            f"{where}: is compressed in a way numpy does not write. Save it with numpy.savez."
        )
    with file.open(info) as stream:
        return _read_array(stream, where)


def _read_array(stream: IO[bytes], where: str) -> NDArray[np.generic]:
    dtype, shape, order = _read_header(stream, where)
    size = math.prod(shape) * dtype.itemsize
    if size > (_MAX_TEXT_BYTES if dtype.kind in "SU" else MAX_ARRAY_BYTES):
        raise BodyFileError(_too_large(where, size))
    data = stream.read(size)
    if len(data) != size or stream.read(1):
        raise BodyFileError(f"{where}: is not as long as its shape {shape} says. Download or copy it again.")
    return np.frombuffer(data, dtype).reshape(shape, order=order)


def _read_header(stream: IO[bytes], where: str) -> tuple[np.dtype, tuple[int, ...], Literal["C", "F"]]:
    start = stream.read(12)
    if start[:6] != b"\x93NUMPY" or len(start) < 12:
        raise BodyFileError(f"{where}: is no numpy array. Save it with numpy.save or numpy.savez.")
    old = start[6] == 1
    length = int.from_bytes(start[8 : 10 if old else 12], "little") - (2 if old else 0)
    text = (start[10:] if old else b"") + stream.read(min(max(length, 0), _MAX_HEADER_BYTES))
    header = _HEADER.fullmatch(text.decode("latin-1"))
    if header is None or not _DTYPE.fullmatch(header[1]):
        raise BodyFileError(
            f"{where}: does not hold plain numbers or text, but Python objects or records. "
            "Save it as a plain array (of a sparse matrix, what .toarray() gives)."
        )
    shape = tuple(int(size.rstrip("L")) for size in header[3].replace(" ", "").split(",") if size)
    if math.prod(max(size, 1) for size in shape) > _MAX_ITEMS:
        raise BodyFileError(_too_large(where, math.prod(shape)))
    return np.dtype(header[1]), shape, "F" if header[2] == "True" else "C"


def _too_large(where: str, size: int) -> str:
    return (
        f"{where}: declares {size / 2**20:.0f} MiB, more than any body needs. "
        "Take a file with at most 300 shape directions."
    )
