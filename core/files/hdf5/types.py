"""Datatypes and dataspaces of HDF5 as numpy's."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.files.hdf5.bounded_bytes import BoundedBytes, Cursor, Hdf5Fault

MAX_DIMENSIONS = 8
MAX_MEMBERS = 64
MAX_NESTED = 4
_FIXED, _FLOAT, _STRING, _OPAQUE, _COMPOUND, _ENUM, _LISTED, _ARRAY = 0, 1, 3, 5, 6, 8, 9, 10
_OLDEST_WITHOUT_PADDING = 3  # version of datatypes
_WHOLE, _FLOATS = (1, 2, 4, 8), (2, 4, 8)


@dataclass(frozen=True)
class ValueType:
    """dtype: of one stored value; is_text: texts of any length, stored elsewhere, whose places these are."""

    dtype: np.dtype
    is_text: bool = False


def read_type(cursor: Cursor, nested: int = 0) -> ValueType:
    """The datatype at a cursor. Raises Hdf5Fault for one that is not numbers, text or records of them."""
    kind, *bits = cursor.numbers("4B")
    version, kind = kind >> 4, kind & 15
    size = cursor.number(4)
    if nested > MAX_NESTED:
        raise Hdf5Fault("its types are nested too deep")
    order = ">" if bits[0] & 1 else "<"
    if kind == _FIXED and size in _WHOLE:
        cursor.take(4)
        return ValueType(np.dtype(f"{order}{'i' if bits[0] & 8 else 'u'}{size}"))
    if kind == _FLOAT and size in _FLOATS:
        cursor.take(12)
        return ValueType(np.dtype(f"{order}f{size}"))
    if kind == _STRING and 0 < size < 2**31:
        return ValueType(np.dtype(f"S{size}"))
    if kind == _ENUM:
        base = read_type(cursor, nested + 1)
        count = bits[0] + 256 * bits[1]
        for _ in range(count):
            cursor.name(version < _OLDEST_WITHOUT_PADDING)
        cursor.take(count * base.dtype.itemsize)
        return base
    if kind == _LISTED and bits[0] & 15 == 1:
        read_type(cursor, nested + 1)
        return ValueType(np.dtype([("length", "<u4"), ("address", "<u8"), ("index", "<u4")]), is_text=True)
    if kind == _COMPOUND:
        return _record(cursor, bits[0] + 256 * bits[1], size, version, nested)
    raise Hdf5Fault("it has values that are neither numbers nor text")


def _record(cursor: Cursor, count: int, size: int, version: int, nested: int) -> ValueType:
    if count > MAX_MEMBERS:
        raise Hdf5Fault("its records have too many parts")
    names, formats, offsets = [], [], []
    for _ in range(count):
        names.append(cursor.name(version < _OLDEST_WITHOUT_PADDING))
        offsets.append(cursor.number(4 if version < _OLDEST_WITHOUT_PADDING else _bytes_for(size)))
        if version == 1:
            (dimensions,) = cursor.numbers("B")
            cursor.take(27)
            if dimensions:
                raise Hdf5Fault("its records hold arrays")
        member = read_type(cursor, nested + 1)
        if member.is_text:
            raise Hdf5Fault("its records hold texts of any length")
        formats.append(member.dtype)
    try:
        return ValueType(np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": size}))
    except (ValueError, TypeError, OverflowError) as error:
        raise Hdf5Fault("it is damaged: its records do not fit together") from error


def _bytes_for(size: int) -> int:
    """Bytes that hold a place in a record of this size."""
    return max(1, math.ceil(size.bit_length() / 8))


def read_shape(cursor: Cursor) -> tuple[int, ...]:
    """The dataspace at a cursor. Raises Hdf5Fault."""
    version, rank, _ = cursor.numbers("3B")
    if version not in (1, 2) or rank > MAX_DIMENSIONS:
        raise Hdf5Fault("it has an array of an unknown form")
    is_empty = cursor.number(1) == 2 and version == 2
    if version == 1:
        cursor.take(4)
    shape = tuple(cursor.length() for _ in range(rank))
    return (0,) if is_empty else shape


def texts_of(file: BoundedBytes, places: np.ndarray) -> np.ndarray:
    """Texts of any length, (N,) of bytes, by their places in the file's heaps. Raises Hdf5Fault."""
    heaps: dict[int, dict[int, bytes]] = {}
    texts = []
    for length, address, index in places.reshape(-1).tolist():
        file.step()
        if length and address not in heaps:
            heaps[address] = _heap(file, address)
        texts.append(heaps[address].get(index, b"")[:length] if length else b"")
    return np.array(texts, dtype=object).reshape(places.shape)


def _heap(file: BoundedBytes, address: int) -> dict[int, bytes]:
    cursor = file.cursor(address)
    if cursor.take(4) != b"GCOL":
        raise Hdf5Fault("it is damaged: its texts are not where they should be")
    cursor.take(4)
    size = cursor.length()
    cursor = file.cursor(address, size)
    cursor.take(8 + file.length_size)
    found = {}
    while cursor.left >= 8 + file.length_size:
        file.step()
        index, _, _ = cursor.numbers("HHI")
        length = cursor.length()
        if not index:
            break
        found[index] = cursor.take(length).tobytes()
        cursor.take(min(-length % 8, cursor.left))
    return found
