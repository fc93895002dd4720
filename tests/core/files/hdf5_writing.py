"""Writes small HDF5 files after the format's specification, as h5py lays them out by default."""

import struct
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

SIGNATURE = b"\x89HDF\r\n\x1a\n"
NOWHERE = b"\xff" * 8
NO_FREE_LIST = 1
LEAF = 16  # half the names of one leaf of a group
GROUP_NODE = 24 + 33 * 8 + 32 * 8  # bytes of a node above leaves, with room for 32 of them


def hdf5_bytes(
    arrays: Mapping[str, np.ndarray],
    attributes: Mapping[str, Mapping[str, np.ndarray]] | None = None,
    packed: tuple[str, ...] = (),
) -> bytes:
    """A file with these arrays at its root; None is a group. attributes: by the object's name.

    packed: those that are stored in chunks of half their length, shuffled and with gzip.
    """
    file = _File()
    headers = {
        name: file.header(array, (attributes or {}).get(name, {}), name in packed)
        for name, array in sorted(arrays.items())
    }
    return file.finished(headers)


class _File:
    def __init__(self) -> None:
        self._data = bytearray(96)

    def finished(self, headers: dict[str, int]) -> bytes:
        names, places = bytearray(8), {}
        for name in headers:
            places[name] = len(names)
            names += _padded(name.encode() + b"\0")
        segment = self._add(bytes(names))
        heap = self._add(b"HEAP" + struct.pack("<IQQQ", 0, len(names), NO_FREE_LIST, segment))
        leaf = b"SNOD" + struct.pack("<BBH", 1, 0, len(headers))
        for name, header in headers.items():
            leaf += struct.pack("<QQII16x", places[name], header, 0, 0)
        leaf += bytes(8 + 40 * 2 * LEAF - len(leaf))
        last = max(places.values(), default=0)
        node = b"TREE" + struct.pack("<BBH", 0, 0, 1) + 2 * NOWHERE
        node += struct.pack("<QQQ", 0, self._add(leaf), last)
        tree = self._add(node + bytes(GROUP_NODE - len(node)))
        root = self._header([(17, struct.pack("<QQ", tree, heap))])
        block = SIGNATURE + struct.pack("<8BHHI", 0, 0, 0, 0, 0, 8, 8, 0, LEAF, 16, 0)
        block += struct.pack("<Q", 0) + NOWHERE + struct.pack("<Q", len(self._data)) + NOWHERE
        block += struct.pack("<QQII16x", 0, root, 0, 0)
        self._data[: len(block)] = block
        return bytes(self._data)

    def header(self, array: np.ndarray | None, attributes: Mapping[str, np.ndarray], packed: bool) -> int:
        messages: list[tuple[int, bytes]] = []
        if array is not None:
            messages += [(1, _space(array)), (3, _type(array.dtype))]
            if packed:
                messages += [(11, _filters(array.dtype.itemsize)), (8, self._chunked(array))]
            else:
                place = self._add(array.tobytes())
                messages.append((8, struct.pack("<BBQQ", 3, 1, place, array.nbytes)))
        for name, value in attributes.items():
            parts = [name.encode() + b"\0", _type(value.dtype), _space(value)]
            head = struct.pack("<BBHHH", 1, 0, *map(len, parts))
            messages.append((12, head + b"".join(map(_padded, parts)) + value.tobytes()))
        return self._header(messages)

    def _header(self, messages: list[tuple[int, bytes]]) -> int:
        body = b"".join(
            struct.pack("<HHB3x", kind, len(_padded(data)), 0) + _padded(data) for kind, data in messages
        )
        return self._add(struct.pack("<BBHII4x", 1, 0, len(messages), 1, len(body)) + body)

    def _chunked(self, array: np.ndarray) -> bytes:
        """The layout of an array in two chunks along its first axis, the second filled up."""
        half = -(-len(array) // 2)
        starts = range(0, len(array), half)
        node = b"TREE" + struct.pack("<BBH", 1, 0, len(starts)) + 2 * NOWHERE
        rank = array.ndim + 1
        for start in starts:
            part = np.zeros((half, *array.shape[1:]), array.dtype)
            part[: len(array[start : start + half])] = array[start : start + half]
            shuffled = np.frombuffer(part.tobytes(), np.uint8).reshape(-1, array.dtype.itemsize).T.tobytes()
            stored = zlib.compress(shuffled)
            node += struct.pack(f"<II{rank}Q", len(stored), 0, start, *[0] * (rank - 1))
            node += struct.pack("<Q", self._add(stored))
        node += struct.pack(f"<II{rank}Q", 0, 0, half * len(starts), *[0] * (rank - 1))
        sides = (half, *array.shape[1:], array.dtype.itemsize)
        tree = self._add(node + bytes(24 + 65 * 8 * (rank + 1) + 64 * 8 - len(node)))
        return struct.pack(f"<BBBQ{rank}I", 3, 2, rank, tree, *sides)

    def _add(self, data: bytes) -> int:
        self._data += bytes(-len(self._data) % 8)
        place = len(self._data)
        self._data += data
        return place


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 8)


def _space(array: np.ndarray) -> bytes:
    return struct.pack(f"<BBB5x{array.ndim}Q", 1, array.ndim, 0, *array.shape)


def _type(dtype: np.dtype[Any]) -> bytes:
    if dtype.names:
        body = b""
        for name in dtype.names:
            member, offset = dtype.fields[name][:2]  # type: ignore[index]
            body += _padded(name.encode() + b"\0") + struct.pack("<IB27x", offset, 0) + _type(member)
        return struct.pack("<BBBBI", 0x16, len(dtype.names), 0, 0, dtype.itemsize) + body
    if dtype.kind == "S":
        return struct.pack("<BBBBI", 0x13, 1, 0, 0, dtype.itemsize)
    if dtype.kind == "f":
        form = {4: (31, 23, 8, 0, 23, 127), 8: (63, 52, 11, 0, 52, 1023)}[dtype.itemsize]
        sign, exponent, bits, mantissa, size, bias = form
        head = struct.pack("<BBBBI", 0x11, 0x20, sign, 0, dtype.itemsize)
        return head + struct.pack("<HHBBBBI", 0, 8 * dtype.itemsize, exponent, bits, mantissa, size, bias)
    if dtype.kind not in "iub":
        raise ValueError(f"{dtype} is not written")
    signed = 8 if dtype.kind == "i" else 0
    return struct.pack("<BBBBIHH", 0x10, signed, 0, 0, dtype.itemsize, 0, 8 * dtype.itemsize)


def _filters(itemsize: int) -> bytes:
    """Shuffle, then gzip."""
    shuffle = struct.pack("<HHHHII", 2, 0, 1, 1, itemsize, 0)
    gzip = struct.pack("<HHHHII", 1, 0, 1, 1, 4, 0)
    return struct.pack("<BB6x", 1, 2) + shuffle + gzip
