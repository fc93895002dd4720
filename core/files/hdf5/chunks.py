"""Data sets of HDF5 that are stored in chunks, perhaps packed."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator

import numpy as np

from core.files.hdf5.bounded_bytes import UNDEFINED, BoundedBytes, Cursor, Hdf5Fault

_GZIP, _SHUFFLE, _CHECKSUM = 1, 2, 3
_FIRST_NAMED = 256  # filters from here on have a name
_NAMES = {4: "szip", 5: "nbit", 6: "scaleoffset", 32000: "lzf"}
DEEPEST = 8  # levels of a tree of chunks
MOST_SPARE_BYTES = 16 * 2**20  # of chunks beyond the array's edges


def read_filters(cursor: Cursor) -> list[int]:
    """What chunks went through when they were written, in that order. Raises Hdf5Fault for one that is not known."""
    version, count = cursor.numbers("BB")
    if version == 1:
        cursor.take(6)
    filters = []
    for _ in range(count):
        kind = cursor.number(2)
        name = cursor.number(2) if version == 1 or kind >= _FIRST_NAMED else 0
        _, values = cursor.numbers("HH")
        cursor.take(name + 4 * values + (4 if version == 1 and values % 2 else 0))
        if kind not in (_GZIP, _SHUFFLE, _CHECKSUM):
            raise Hdf5Fault(f"it is packed with {_NAMES.get(kind, f'filter {kind}')}; gzip is read")
        filters.append(kind)
    return filters


def unpacked_chunks(
    file: BoundedBytes, layout: Cursor, shape: tuple[int, ...], dtype: np.dtype, filters: list[int]
) -> np.ndarray:
    """The array of a layout message whose version and class were read; zeros where no chunk was written."""
    rank = layout.number(1)
    tree = layout.address()
    sides = [layout.number(4) for _ in range(rank)]
    if rank != len(shape) + 1 or sides[-1] != dtype.itemsize or not all(sides):
        raise Hdf5Fault("it is damaged: its chunks have another shape")
    chunk = tuple(sides[:-1])
    size = math.prod(sides)
    if size > max(2 * math.prod(shape) * dtype.itemsize, 2**20):
        raise Hdf5Fault("it is damaged: a chunk is larger than the array")
    array = np.zeros(shape, dtype)
    if tree == UNDEFINED or not array.size:
        return array
    wanted = math.prod(-(-length // side) for length, side in zip(shape, chunk, strict=True))
    if wanted * size > 8 * array.nbytes + MOST_SPARE_BYTES:
        raise Hdf5Fault("its chunks are far larger than the array")
    for offset, packed, mask in _chunks(file, tree, rank, DEEPEST):
        wanted -= 1
        if wanted < 0:
            raise Hdf5Fault("it is damaged: it has more chunks than the array")
        values = np.frombuffer(_unpacked(packed, filters, mask, size, dtype.itemsize), dtype).reshape(chunk)
        _place(array, values, offset)
    return array


def _place(array: np.ndarray, values: np.ndarray, offset: tuple[int, ...]) -> None:
    """Put a chunk, of which parts may lie outside, into the array."""
    if any(start >= length for start, length in zip(offset, array.shape, strict=True)):
        return
    target = tuple(slice(start, start + side) for start, side in zip(offset, values.shape, strict=True))
    part = array[target]
    part[...] = values[tuple(slice(0, length) for length in part.shape)]


def _chunks(
    file: BoundedBytes, address: int, rank: int, deepest: int
) -> Iterator[tuple[tuple[int, ...], memoryview, int]]:
    """Offset, stored bytes, and mask of filters that were left out, of each chunk of a tree."""
    file.step()
    cursor = file.cursor(address)
    if cursor.take(4) != b"TREE" or not deepest:
        raise Hdf5Fault("it is damaged: its chunks are not where they should be")
    kind, level, count = cursor.numbers("BBH")
    if kind != 1:
        raise Hdf5Fault("it is damaged: its chunks are not where they should be")
    cursor.take(2 * file.address_size)
    for _ in range(count):
        file.step()
        size, mask = cursor.numbers("II")
        offset = cursor.numbers(f"{rank}Q")[:-1]
        child = cursor.address()
        if level:
            yield from _chunks(file, child, rank, deepest - 1)
        else:
            yield offset, file.at(child, size), mask


def _unpacked(
    packed: memoryview, filters: list[int], mask: int, size: int, itemsize: int
) -> bytes | memoryview:
    """One chunk of `size` bytes. Raises Hdf5Fault for one of another length."""
    data: bytes | memoryview = packed
    for place in reversed(range(len(filters))):
        if mask >> place & 1:
            continue
        if filters[place] == _GZIP:
            data = zlib.decompressobj().decompress(data, size + 4)
        elif filters[place] == _CHECKSUM:
            data = data[:-4]
        elif itemsize > 1 and len(data) == size:
            data = np.frombuffer(data, np.uint8).reshape(itemsize, -1).T.tobytes()
    if len(data) != size:
        raise Hdf5Fault("it is damaged: a chunk has another length")
    return data
