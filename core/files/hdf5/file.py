"""Reads arrays and attributes of HDF5 files as h5py writes them by default: numbers, text, and records of them.

The format's public specification, version 3, is followed: superblocks 0 to 3, object headers 1 and 2, groups as symbol
tables or short lists of links, data in one piece or in chunks, packed with gzip or shuffled. All else is refused with
words. Every claim of the file is checked against the bytes that are there before memory is allocated by it.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.files.hdf5.bounded_bytes import UNDEFINED, BoundedBytes, Cursor, Hdf5Fault
from core.files.hdf5.chunks import read_filters, unpacked_chunks
from core.files.hdf5.types import read_shape, read_type, texts_of
from core.files.untrusted import read_bytes
from core.files.unusable import read_error

SIGNATURE = b"\x89HDF\r\n\x1a\n"
MOST_BYTES = 512 * 2**20  # unpacked, of all arrays that are read from one file
_SHAPE, _LINKS, _TYPE, _LINK, _LAYOUT, _FILTERS, _ATTRIBUTE, _CONTINUED, _TABLE = (
    1,
    2,
    3,
    6,
    8,
    11,
    12,
    16,
    17,
)
_REMEDY = "Export it again, or save it with h5py's default settings."


@dataclass(frozen=True, eq=False)
class Hdf5Object:
    """array: of a data set, None for a group. Texts are bytes. attributes: by name, those that can be read."""

    array: np.ndarray | None
    attributes: dict[str, np.ndarray] = field(default_factory=dict)


def read_hdf5(path: Path, wanted: Collection[str]) -> dict[str, Hdf5Object]:
    """Those of the wanted objects at the root of a file that it has, by name. Raises ReadError."""
    data = read_bytes(path)
    try:
        return _File(data).objects(wanted)
    except (Hdf5Fault, zlib.error) as fault:
        problem = str(fault) if isinstance(fault, Hdf5Fault) else "it is damaged"
        raise read_error(path, f"this HDF5 file cannot be read: {problem}", _REMEDY) from fault


class _File:
    def __init__(self, data: bytes) -> None:
        self._bytes = BoundedBytes(memoryview(data))
        self._left = MOST_BYTES
        self._root = self._read_superblock()

    def objects(self, wanted: Collection[str]) -> dict[str, Hdf5Object]:
        return {name: self._object(address) for name, address in self._links(self._root) if name in wanted}

    def _read_superblock(self) -> int:
        """The address of the root's header."""
        cursor = self._bytes.cursor(0)
        if cursor.take(8) != SIGNATURE:
            raise Hdf5Fault("it does not begin as HDF5")
        version = cursor.number(1)
        if version > 3:
            raise Hdf5Fault(f"its version {version} is not known")
        if version < 2:
            cursor.take(4)
        self._bytes.address_size, self._bytes.length_size = cursor.numbers("BB")
        if not {self._bytes.address_size, self._bytes.length_size} <= {4, 8}:
            raise Hdf5Fault("its addresses are of an unknown size")
        cursor.take(1 if version >= 2 else 9 + 4 * version)
        self._bytes.base = cursor.address()
        if version >= 2:
            cursor.take(2 * self._bytes.address_size)
            return cursor.address()
        cursor.take(3 * self._bytes.address_size + self._bytes.address_size)
        return cursor.address()

    def _object(self, address: int) -> Hdf5Object:
        shape: tuple[int, ...] | None = None
        kind = layout = None
        filters: list[int] = []
        attributes: dict[str, np.ndarray] = {}
        for message, cursor in self._messages(address):
            if message == _SHAPE:
                shape = read_shape(cursor)
            elif message == _TYPE:
                kind = read_type(cursor)
            elif message == _FILTERS:
                filters = read_filters(cursor)
            elif message == _LAYOUT:
                layout = cursor
            elif message == _ATTRIBUTE:
                self._add_attribute(attributes, cursor)
        if layout is None or shape is None or kind is None:
            return Hdf5Object(None, attributes)
        self._claim(math.prod(shape) * kind.dtype.itemsize)
        array = self._array(layout, shape, kind.dtype, filters)
        return Hdf5Object(texts_of(self._bytes, array) if kind.is_text else array, attributes)

    def _claim(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise Hdf5Fault(f"its arrays have more than {MOST_BYTES >> 20} MB")

    def _array(
        self, layout: Cursor, shape: tuple[int, ...], dtype: np.dtype, filters: list[int]
    ) -> np.ndarray:
        version, kind = layout.numbers("BB")
        size = math.prod(shape) * dtype.itemsize
        if version not in (3, 4) or kind > 2 or (version == 4 and kind == 2):
            raise Hdf5Fault("its data are stored in a way that only newer programs write")
        if kind == 2:
            return unpacked_chunks(self._bytes, layout, shape, dtype, filters)
        if kind == 0:
            data = layout.take(layout.number(2))
        else:
            address = layout.address()
            is_written = address not in (UNDEFINED, 2**32 - 1)
            data = self._bytes.at(address, size) if is_written else memoryview(bytes(size))
        if len(data) < size:
            raise Hdf5Fault("it is damaged: an array is shorter than its shape")
        return np.frombuffer(data[:size], dtype).reshape(shape)

    def _add_attribute(self, attributes: dict[str, np.ndarray], cursor: Cursor) -> None:
        """Read one attribute; one of a kind that is not read is left out."""
        version, _ = cursor.numbers("BB")
        sizes = cursor.numbers("HHH")
        if version == 3:
            cursor.take(1)
        name, kind, space = (self._padded(cursor, size, version == 1) for size in sizes)
        try:
            value_type, shape = read_type(kind), read_shape(space)
            size = math.prod(shape) * value_type.dtype.itemsize
            array = np.frombuffer(cursor.take(size), value_type.dtype).reshape(shape)
            text = name.take(sizes[0]).tobytes().rstrip(b"\0").decode("utf-8", "replace")
            attributes[text] = texts_of(self._bytes, array) if value_type.is_text else array
        except Hdf5Fault:
            return

    def _padded(self, cursor: Cursor, size: int, padded: bool) -> Cursor:
        part = Cursor(self._bytes, cursor.take(size))
        if padded:
            cursor.take(min(-size % 8, cursor.left))
        return part

    def _links(self, group: int) -> Iterator[tuple[str, int]]:
        """Name and header of each object of a group."""
        for message, cursor in self._messages(group):
            if message == _TABLE:
                tree, heap = cursor.address(), cursor.address()
                heap_cursor = self._bytes.cursor(heap)
                if heap_cursor.take(4) != b"HEAP":
                    raise Hdf5Fault("it is damaged: its names are not where they should be")
                heap_cursor.take(4)
                size, _, names = heap_cursor.length(), heap_cursor.length(), heap_cursor.address()
                yield from self._table(tree, self._bytes.at(names, size))
            elif message == _LINK:
                yield from _link(cursor)
            elif message == _LINKS:
                flags = cursor.numbers("BB")[1]
                cursor.take(8 if flags & 1 else 0)
                if cursor.address() not in (UNDEFINED, 2**32 - 1):
                    raise Hdf5Fault("it has too many names in one group")

    def _table(self, tree: int, names: memoryview, deepest: int = 8) -> Iterator[tuple[str, int]]:
        """The symbols of a tree of names."""
        self._bytes.step()
        cursor = self._bytes.cursor(tree)
        mark = cursor.take(4)
        if mark == b"SNOD":
            cursor.take(2)
            for _ in range(cursor.number(2)):
                self._bytes.step()
                name, header = cursor.address(), cursor.address()
                cursor.take(24)
                if name < len(names):
                    yield Cursor(self._bytes, names[name:]).name(padded=False), header
        elif mark == b"TREE" and deepest:
            _, _, count = cursor.numbers("BBH")
            cursor.take(2 * self._bytes.address_size)
            for _ in range(count):
                cursor.length()
                yield from self._table(cursor.address(), names, deepest - 1)
        else:
            raise Hdf5Fault("it is damaged: a group is not where it should be")

    def _messages(self, address: int) -> Iterator[tuple[int, Cursor]]:
        """Kind and content of each message of an object's header."""
        cursor = self._bytes.cursor(address)
        is_new = cursor.take(4) == b"OHDR"
        if is_new:
            _, flags = cursor.numbers("BB")
            cursor.take((16 if flags & 32 else 0) + (4 if flags & 16 else 0))
            size = cursor.number(1 << (flags & 3))
            blocks = [Cursor(self._bytes, cursor.take(size))]
        else:
            flags = 0
            cursor.take(4)
            size = cursor.number(4)
            cursor.take(4)
            blocks = [Cursor(self._bytes, cursor.take(size))]
        head = (6 if flags & 4 else 4) if is_new else 8
        while blocks:
            block = blocks.pop(0)
            while block.left >= head:
                self._bytes.step()
                kind, size = block.numbers("BH" if is_new else "HH")
                shared = block.take(head - (3 if is_new else 4))[0] & 2
                content = Cursor(self._bytes, block.take(size))
                if kind == _CONTINUED:
                    place, length = content.address(), content.length()
                    blocks.append(self._bytes.cursor(place, length))
                    if is_new:
                        blocks[-1].take(4)
                        blocks[-1].data = blocks[-1].data[:-4]
                elif not shared:
                    yield kind, content


def _link(cursor: Cursor) -> Iterator[tuple[str, int]]:
    """A link to an object of the same file; nothing for others."""
    _, flags = cursor.numbers("BB")
    kind = cursor.number(1) if flags & 8 else 0
    cursor.take((8 if flags & 4 else 0) + (1 if flags & 16 else 0))
    name = cursor.take(cursor.number(1 << (flags & 3))).tobytes().decode("utf-8", "replace")
    if kind == 0:
        yield name, cursor.address()
