"""What the reader of pickles puts on its stack for things that are no plain values yet."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Name:
    """A name in the file, in one spelling for Python 2 and 3 and for numpy 1 and 2."""

    name: str


@dataclass(eq=False)
class Instance:
    """An object of chumpy, scipy.sparse or pandas: the name of its class, and its attributes once they were read."""

    name: str
    state: dict[Any, Any] | tuple[Any, ...] | None = None


@dataclass(frozen=True, eq=False)
class ObjectArray:
    """An array whose items are nodes of their own, as the cells of a table are. items: in the order of C."""

    shape: tuple[int, ...]
    items: list[Any]


@dataclass(frozen=True, eq=False)
class Span:
    """Bytes that stay in the file until they are asked for."""

    stream: io.BufferedReader[io.FileIO]
    offset: int
    length: int

    def __len__(self) -> int:
        return self.length

    def read(self) -> bytes:
        """The bytes themselves."""
        self.stream.seek(self.offset)
        return self.stream.read(self.length)


@dataclass(frozen=True, eq=False)
class LazyArray:
    """An array of numbers that stays in the file: what `arrays.array_from` makes it of."""

    raw: Span
    dtype: object
    shape: tuple[int, ...]
    order: object
