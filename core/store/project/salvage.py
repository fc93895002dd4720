"""Reads rows of a damaged SQLite file page by page, without its b-trees.

Only table b-tree leaf pages are read (sqlite.org/fileformat2.html). Each holds whole rows, so every row of an intact
page is found, even if the pages above it, the indexes or the header are lost. The number of columns tells the table
of a row.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator

from core.store.project.schema import FILE_MAGIC, PAGE_SIZE, Value

Bytes = bytes | mmap.mmap

LEAF = 13
HEADER = 100
SHARED = 8  # so many times a page's size its rows may have together: rows that share their bytes are none
INT_SIZES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}


class Pages:
    """Pages by number, from 1."""

    def __init__(self, database: Bytes) -> None:
        self._database = database
        self._count = len(database) // PAGE_SIZE
        self._left = 2 * self._count + 100  # overflow pages that are read: rows that share theirs are none

    def __len__(self) -> int:
        return self._count

    def __contains__(self, number: int) -> bool:
        return 1 <= number <= self._count

    def __getitem__(self, number: int) -> bytes:
        return bytes(self._database[(number - 1) * PAGE_SIZE : number * PAGE_SIZE])

    def overflow(self, number: int) -> bytes:
        """A page that continues a row. Raises ValueError if it is missing, or after far more than any file has."""
        self._left -= 1
        if number not in self or self._left < 0:
            raise ValueError("its end is missing")
        return self[number]


def rows(pages: Pages) -> Iterator[tuple[int, list[Value]]]:
    """Row id and column values of every readable row. The id's own column is None, as in the file."""
    free = _free_pages(pages)
    for number in range(1, len(pages) + 1):
        page = pages[number]
        start = HEADER if number == 1 else 0
        if number in free or len(page) < PAGE_SIZE or page[start] != LEAF:
            continue
        count = struct.unpack_from(">H", page, start + 3)[0]
        left = SHARED * PAGE_SIZE
        for index in range(min(count, PAGE_SIZE // 4)):
            try:
                at = struct.unpack_from(">H", page, start + 8 + 2 * index)[0]
                left -= min(_varint(page, at)[0], PAGE_SIZE)
                if left < 0:
                    break
                yield _row(page, at, pages)
            except (struct.error, IndexError, ValueError):
                continue  # this cell is broken; the next may be intact


def _free_pages(pages: Pages) -> set[int]:
    """Numbers of the pages that the file lists as unused: their rows were deleted."""
    free: set[int] = set()
    first = pages[1]
    is_whole = first.startswith(FILE_MAGIC) and len(first) == PAGE_SIZE
    trunk = struct.unpack_from(">I", first, 32)[0] if is_whole else 0
    while trunk in pages and trunk not in free and len(pages[trunk]) == PAGE_SIZE:
        free.add(trunk)
        following, count = struct.unpack_from(">II", pages[trunk])
        free.update(struct.unpack_from(f">{min(count, PAGE_SIZE // 4 - 2)}I", pages[trunk], 8))
        trunk = following
    return free


def _row(page: bytes, at: int, pages: Pages) -> tuple[int, list[Value]]:
    size, at = _varint(page, at)
    row_id, at = _varint(page, at)
    return _signed(row_id), _values(_payload(page, at, size, pages))


def _payload(page: bytes, at: int, size: int, pages: Pages) -> bytes:
    """The record of a cell, including its overflow pages. Raises ValueError if a part is missing."""
    largest = PAGE_SIZE - 35
    if size <= largest:
        return page[at : at + size]
    if size > PAGE_SIZE * len(pages):
        raise ValueError("longer than the file")
    least = (PAGE_SIZE - 12) * 32 // 255 - 23
    local = least + (size - least) % (PAGE_SIZE - 4)
    local = local if local <= largest else least
    parts, left = [page[at : at + local]], size - local
    following = struct.unpack_from(">I", page, at + local)[0]
    while left > 0:
        overflow = pages.overflow(following)
        following = struct.unpack_from(">I", overflow)[0]
        parts.append(overflow[4 : 4 + min(left, PAGE_SIZE - 4)])
        left -= PAGE_SIZE - 4
    return b"".join(parts)


def _values(record: bytes) -> list[Value]:
    header_size, at = _varint(record, 0)
    kinds = []
    while at < header_size:
        kind, at = _varint(record, at)
        kinds.append(kind)
    values: list[Value] = []
    at = header_size
    for kind in kinds:
        size = _size_of(kind)
        if at + size > len(record):
            raise ValueError("its end is missing")
        values.append(_value(kind, record[at : at + size]))
        at += size
    return values


def _size_of(kind: int) -> int:
    if kind >= 12:
        return (kind - 12) // 2
    return 8 if kind == 7 else INT_SIZES.get(kind, 0)


def _value(kind: int, data: bytes) -> Value:
    if kind >= 12:
        return data.decode() if kind % 2 else data
    if kind in INT_SIZES:
        return int.from_bytes(data, "big", signed=True)
    if kind == 7:
        return float(struct.unpack(">d", data)[0])
    if kind in (10, 11):
        raise ValueError("no such kind of value")
    return {0: None, 8: 0, 9: 1}[kind]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of one to nine bytes, and the offset after it."""
    value = 0
    for _ in range(8):
        byte = data[at]
        at += 1
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at
    return value << 8 | data[at], at + 1


def _signed(value: int) -> int:
    return value - 2**64 if value >= 2**63 else value
