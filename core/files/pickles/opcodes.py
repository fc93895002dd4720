"""The instructions of a pickle, split by `pickletools`; its own reading of a few is replaced."""

from __future__ import annotations

import codecs
import io
import pickletools
import re
from collections.abc import Callable
from typing import Any, Protocol

from core.files.pickles.arrays import Budget, Refusal
from core.files.pickles.nodes import Span

DAMAGED = "is no pickle, or a damaged one"
_OPCODES = {opcode.code.encode("latin-1"): opcode for opcode in pickletools.opcodes}
_UNKNOWN_ESCAPE = re.compile(rb"\\(?![\\'\"nrtabfvx])")
_LONGEST_LINE = 2**16
_INLINE_BYTES = 1024  # texts and small arrays; longer ones stay in the file


class Stream(Protocol):
    """What opcodes are read from."""

    def read(self, size: int, /) -> Any: ...

    def readline(self) -> bytes: ...

    def tell(self) -> int: ...


class SpanStream:
    """A file of any size: what is longer than a text is left there, as a Span."""

    def __init__(self, stream: io.BufferedReader[io.FileIO], size: int, budget: Budget) -> None:
        self._stream = stream
        self._size = size
        self._budget = budget

    def read(self, size: int, /) -> bytes | Span:
        """The next bytes, or where they are. Fewer than asked for at the end of the file."""
        if size <= _INLINE_BYTES:
            self._budget.take(size)
            return self._stream.read(size)
        offset = self._stream.tell()
        length = min(size, self._size - offset)
        self._stream.seek(offset + length)
        return Span(self._stream, offset, length)

    def readline(self) -> bytes:
        """A line of bounded length."""
        self._budget.take(_INLINE_BYTES)
        return self._stream.readline(_LONGEST_LINE)

    def tell(self) -> int:
        """Bytes from the start of the file."""
        return self._stream.tell()


def next_opcode(stream: Stream) -> tuple[str, Any]:
    """The next instruction's name and argument. Raises Refusal, and ValueError for a cut or malformed argument."""
    opcode = _OPCODES.get(stream.read(1))
    if opcode is None:
        raise Refusal(DAMAGED)
    if opcode.name in _OWN_READERS:
        return opcode.name, _OWN_READERS[opcode.name](stream)
    return opcode.name, None if opcode.arg is None else opcode.arg.reader(stream)  # type: ignore[arg-type]


def _long_bytes(stream: Stream) -> Any:
    length = int.from_bytes(stream.read(8), "little")
    data = stream.read(length)
    if len(data) != length:
        raise Refusal(DAMAGED)
    return bytearray(data) if isinstance(data, bytes) else data


def _two_names(stream: Stream) -> tuple[str, str]:
    """Module and attribute, one per line."""
    module, attribute = stream.readline(), stream.readline()
    if not attribute.endswith(b"\n"):
        raise Refusal(DAMAGED)
    return module.rstrip(b"\r\n").decode("utf-8"), attribute.rstrip(b"\r\n").decode("utf-8")


def _quoted_text(stream: Stream) -> str:
    """Text in Python 2's repr. pickletools reads it only if it is ASCII."""
    quoted = stream.readline().rstrip(b"\r\n")
    text = quoted[1:-1]
    if len(quoted) < 2 or quoted[:1] not in b"'\"" or quoted[:1] != quoted[-1:]:
        raise Refusal(DAMAGED)
    if _UNKNOWN_ESCAPE.search(text.replace(rb"\\", b"")):
        raise Refusal(DAMAGED)
    return codecs.escape_decode(text)[0].decode("latin-1")


# Read here and not by pickletools, which interprets escapes in these and warns.
_OWN_READERS: dict[str, Callable[[Stream], Any]] = {
    "STRING": _quoted_text,
    "GLOBAL": _two_names,
    "BYTEARRAY8": _long_bytes,
    "INST": _two_names,
    "PERSID": lambda stream: stream.readline(),
}
