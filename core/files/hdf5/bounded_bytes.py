"""The bytes of an HDF5 file, of which only those that are there can be read."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

MOST_STEPS = 200_000  # nodes, messages and chunks that are looked at in one file
UNDEFINED = 2**64 - 1  # an address that leads nowhere


class Hdf5Fault(Exception):
    """The bytes are not valid, or of a kind that is not read; the text says which."""


@dataclass
class BoundedBytes:
    """A file in memory. base: where its addresses start; address_size, length_size: bytes of its numbers."""

    data: memoryview
    base: int = 0
    address_size: int = 8
    length_size: int = 8
    _steps: int = field(default=0, repr=False)

    def step(self) -> None:
        """Count one node, message or chunk. Raises Hdf5Fault for too many."""
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise Hdf5Fault("it has more parts than any file of this field")

    def at(self, address: int, size: int) -> memoryview:
        """`size` bytes from an address of the file. Raises Hdf5Fault if they are not there."""
        start = self.base + address
        if address < 0 or size < 0 or start + size > len(self.data):
            raise Hdf5Fault("it is damaged, or cut off")
        return self.data[start : start + size]

    def cursor(self, address: int, size: int | None = None) -> Cursor:
        """A cursor over `size` bytes from an address, by default to the end of the file."""
        return Cursor(self, self.at(address, len(self.data) - self.base - address if size is None else size))


@dataclass
class Cursor:
    """Reads numbers one after another. Raises Hdf5Fault beyond the end."""

    file: BoundedBytes
    data: memoryview
    place: int = 0

    def take(self, size: int) -> memoryview:
        """The next bytes."""
        if size < 0 or self.place + size > len(self.data):
            raise Hdf5Fault("it is damaged, or cut off")
        self.place += size
        return self.data[self.place - size : self.place]

    def number(self, size: int) -> int:
        """The next number, without sign, little-endian."""
        return int.from_bytes(self.take(size), "little")

    def numbers(self, form: str) -> tuple[int, ...]:
        """The next numbers as `struct` reads them, little-endian."""
        return struct.unpack(f"<{form}", self.take(struct.calcsize(f"<{form}")))

    def address(self) -> int:
        """The next address."""
        return self.number(self.file.address_size)

    def length(self) -> int:
        """The next length."""
        return self.number(self.file.length_size)

    def name(self, padded: bool) -> str:
        """The next text that ends with a zero; padded: to a multiple of 8 bytes."""
        start = self.place
        end = self.data[start : start + 1024].tobytes().find(b"\0")
        if end < 0:
            raise Hdf5Fault("it is damaged: a name does not end")
        text = self.take(end + 1)[:end].tobytes().decode("utf-8", "replace")
        if padded:
            self.take(-(end + 1) % 8)
        return text

    @property
    def left(self) -> int:
        """Number of bytes to the end."""
        return len(self.data) - self.place
