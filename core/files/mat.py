"""MATLAB's .mat files of version 5 to 7, read with bounds: numbers, text, cells and structures.

scipy.io.loadmat allocates the memory that a file claims; here every claim is checked against the bytes that
are there. Version 7.3 is HDF5 and is refused with words, as are objects and functions (they become None).
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from core.files.untrusted import read_bytes
from core.files.unusable import read_error

MAX_UNPACKED_BYTES = 512 * 2**20
GROWTH = 50  # bytes unpacked per byte of the file, beyond SMALL_BYTES: annotations shrink less
SMALL_BYTES = 64 * 2**20
MAX_VALUES = 20_000_000
FEW_VALUES = 500_000
MAX_DEPTH = 24
HEADER_BYTES = 128
_HDF5 = b"\x89HDF\r\n\x1a\n"
_MATRIX, _COMPRESSED = 14, 15
_NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_TEXT = {1: "latin-1", 2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}
_WIDE_TEXT = (4, 17, 18)
_CELL, _STRUCT, _CHAR, _FIRST_NUMBER, _LAST_NUMBER = 1, 2, 4, 6, 15
_LEAST_ELEMENT = 8  # bytes of an empty element

_EMPTY = np.zeros((0, 0))

Struct = list[dict[str, Any]]


class _Broken(Exception):
    """The bytes are not valid."""


def read_mat(path: Path) -> dict[str, Any]:
    """The variables by name. Raises ReadError.

    Arrays have MATLAB's shape, text is str, cells are a list, structures a list of dict, all else is None.
    Lists are in MATLAB's order, first dimension fastest.
    """
    data = read_bytes(path)
    if data[:8] == _HDF5 or data[:10] == b"MATLAB 7.3":
        remedy = "Open it in MATLAB and save it with save(..., '-v7')."
        raise read_error(path, "this .mat file is of version 7.3 (HDF5), which is not read", remedy)
    order = {b"IM": "<", b"MI": ">"}.get(data[126:128])
    if len(data) < HEADER_BYTES or order is None:
        raise read_error(path, "this is not a .mat file of version 5 to 7", "Save it in MATLAB with '-v7'.")
    try:
        return dict(_Reader(order, len(data)).variables(data[HEADER_BYTES:]))
    except (_Broken, struct.error, zlib.error, UnicodeDecodeError) as error:
        raise read_error(path, "this .mat file is damaged", "Was it cut off? Copy it again.") from error


class _Reader:
    def __init__(self, order: str, file_bytes: int) -> None:
        self._order = order
        self._left = min(MAX_UNPACKED_BYTES, SMALL_BYTES + GROWTH * file_bytes)
        self._values_left = min(
            MAX_VALUES, FEW_VALUES + file_bytes
        )  # a small file does not unpack to millions

    def variables(self, data: bytes) -> Iterator[tuple[str, Any]]:
        """Name and value of each variable."""
        for kind, content in self._elements(memoryview(data)):
            if kind == _COMPRESSED:
                inner = next(self._elements(memoryview(self._unpack(content))), None)
                if inner is None:
                    raise _Broken
                kind, content = inner
            if kind == _MATRIX:
                yield self._matrix(content, 0)

    def _unpack(self, content: memoryview) -> bytes:
        unpacked = zlib.decompressobj().decompress(content, self._left)
        self._left -= len(unpacked)
        if self._left <= 0:
            raise _Broken
        return unpacked

    def _elements(self, data: memoryview) -> Iterator[tuple[int, memoryview]]:
        """Type and content of each element; a small one keeps its content in its tag."""
        place = 0
        while place + _LEAST_ELEMENT <= len(data):
            kind, size = struct.unpack_from(f"{self._order}II", data, place)
            if kind >> 16:
                kind, size, start = kind & 0xFFFF, kind >> 16, place + 4
                if size > 4:
                    raise _Broken
                place += _LEAST_ELEMENT
            else:
                start = place + _LEAST_ELEMENT
                if size > len(data) - start:
                    raise _Broken
                place = start + size + (-size % 8 if kind != _COMPRESSED else 0)
            yield kind, data[start : start + size]

    def _matrix(self, data: memoryview, depth: int) -> tuple[str, Any]:
        """Name and value: flags, dimensions and name, then what the class has."""
        self._values_left -= 1
        if depth > MAX_DEPTH or self._values_left < 0:
            raise _Broken
        if not len(data):
            return "", _EMPTY
        parts = self._elements(data)
        flags, dimensions, name = (self._next(parts) for _ in range(3))
        kind = int(self._integers(flags)[0]) & 0xFF if len(flags[1]) >= 4 else 0
        shape = tuple(int(length) for length in self._integers(dimensions))
        if not 2 <= len(shape) <= 8 or any(length < 0 for length in shape):
            raise _Broken
        count = math.prod(shape)
        return bytes(name[1]).decode("latin-1"), self._value(kind, shape, count, parts, depth)

    def _value(self, kind: int, shape: tuple[int, ...], count: int, parts: Iterator[Any], depth: int) -> Any:
        if _FIRST_NUMBER <= kind <= _LAST_NUMBER:
            values = self._integers(self._next(parts))
            if len(values) != count:
                raise _Broken
            return values.reshape(shape, order="F")
        if kind == _CHAR:
            code, content = next(parts, (16, b""))
            if code not in _TEXT:
                raise _Broken
            ending = {"<": "-le", ">": "-be"}[self._order] if code in _WIDE_TEXT else ""
            return bytes(content).decode(_TEXT[code] + ending)
        if kind == _CELL:
            return [self._matrix(self._matrix_in(parts), depth + 1)[1] for _ in range(count)]
        if kind == _STRUCT:
            return self._struct(count, parts, depth)
        return None

    def _struct(self, count: int, parts: Iterator[Any], depth: int) -> Struct:
        length = int(self._integers(self._next(parts))[0:1].sum())
        names = bytes(self._next(parts)[1])
        if not 1 <= length <= 64 or len(names) % length:
            raise _Broken
        fields = [
            names[i : i + length].split(b"\0")[0].decode("latin-1") for i in range(0, len(names), length)
        ]
        if not fields:
            return []
        return [
            {field: self._matrix(self._matrix_in(parts), depth + 1)[1] for field in fields}
            for _ in range(count)
        ]

    def _matrix_in(self, parts: Iterator[Any]) -> memoryview:
        kind, content = self._next(parts)
        if kind != _MATRIX:
            raise _Broken
        return content

    def _next(self, parts: Iterator[tuple[int, memoryview]]) -> tuple[int, memoryview]:
        part = next(parts, None)
        if part is None:
            raise _Broken
        return part

    def _integers(self, element: tuple[int, memoryview]) -> np.ndarray:
        kind, content = element
        if kind not in _NUMBERS:
            raise _Broken
        dtype = np.dtype(self._order + _NUMBERS[kind])
        if len(content) % dtype.itemsize:
            raise _Broken
        return np.frombuffer(content, dtype)
