"""Reads pickles as data only: numbers, text, containers and arrays. No code from the file is run.

Python's own `pickle.load` calls any function that the file names. This reader follows pickle's opcodes itself
(`pickletools` only splits the file into them) and puts a node wherever the file names something. The few names of
numpy, chumpy and scipy.sparse that make arrays become arrays in `core.files.pickles`; others are refused.
The size, the number of opcodes, the nesting and the memory after expansion are bounded.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from core.errors import PickleRefused
from core.files.pickles.arrays import (
    Budget,
    PickledArray,
    PickledDtype,
    Refusal,
    SparseMatrix,
    Unevaluated,
    shown,
)
from core.files.pickles.finish import Finisher
from core.files.pickles.joblib_arrays import array_behind
from core.files.pickles.names import JOBLIB_ARRAY, call, checked_key, instance, named
from core.files.pickles.nodes import Instance
from core.files.pickles.opcodes import DAMAGED, Stream, next_opcode
from core.files.pickles.tables import is_table
from core.files.regular import contents

__all__ = ["PickleRefused", "SparseMatrix", "Unevaluated", "load_pickle"]

MAX_FILE_BYTES = 512 * 2**20
_MAX_OPCODES = 400_000
_GROWTH = 6  # bytes of memory per byte of the file: enough for two copies of each array
_TABLE_STATES = (dict, tuple)
NEXT = (
    "Nothing in it was run. "
    "Take the file from its publisher, or export it again as plain arrays, lists and numbers."
)

Encoding = Literal["latin1", "bytes"]


def load_pickle(
    path_or_bytes: str | Path | bytes,
    encoding: Encoding = "latin1",
    name: str = "the pickle",
    most_opcodes: int = _MAX_OPCODES,
) -> Any:
    """Read a pickle: containers, numbers, text, read-only numpy arrays, `SparseMatrix`, `Unevaluated`.

    chumpy objects become arrays. encoding: 'latin1' reads text of Python 2 as str, 'bytes' as bytes.
    name: of bytes, for messages. most_opcodes: instructions that are followed, which bound the time.
    Raises PickleRefused for anything else: code, persistent ids, arrays of objects, damage, sizes out of bounds.
    """
    name = name if isinstance(path_or_bytes, bytes) else str(path_or_bytes)
    try:
        data = path_or_bytes if isinstance(path_or_bytes, bytes) else _contents(Path(path_or_bytes))
        budget = Budget(_GROWTH * len(data) + 2**20)
        return Finisher(budget).finish(PickleMachine(budget, encoding).run(io.BytesIO(data), most_opcodes))
    except Refusal as refusal:
        raise PickleRefused(f"{name}: {refusal}. {NEXT}") from None


def _contents(path: Path) -> bytes:
    try:
        return contents(path, MAX_FILE_BYTES)
    except OSError as error:
        raise Refusal(f"cannot be read ({error.strerror})") from None


class PickleMachine:
    """Pickle's stack machine. A name is pushed as a node, and a call runs a function of `core.files.pickles.names`."""

    def __init__(self, budget: Budget, encoding: Encoding) -> None:
        self._budget = budget
        self._encoding = encoding
        self._stream: Stream = io.BytesIO()
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}

    def run(self, stream: Stream, most_opcodes: int = _MAX_OPCODES) -> Any:
        """The object that the opcodes build. Its arrays and instances are still nodes."""
        start, self._stream = 0, stream
        try:
            for _ in range(most_opcodes):
                start = stream.tell()
                name, argument = next_opcode(stream)
                if name == "STOP":
                    return self.pop()
                _HANDLERS[name](self, argument)
        except Refusal as refusal:
            raise Refusal(f"{refusal} (at byte {start})") from None
        except (
            ValueError,
            OverflowError,
            struct.error,
        ):  # of pickletools, for truncated or malformed arguments
            raise Refusal(f"{DAMAGED} (at byte {start})") from None
        raise Refusal(f"has more than {most_opcodes} instructions")

    def push(self, value: Any) -> None:
        self._stack.append(value)

    def push_integer(self, value: int) -> None:
        if not -(2**63) <= value < 2**64:
            raise Refusal("holds a whole number of more than 64 bits")
        self.push(value)

    def push_old_text(self, value: str) -> None:
        """Push text of Python 2, which may hold an array's bytes."""
        self.push(value.encode("latin-1") if self._encoding == "bytes" else value)

    def top(self) -> Any:
        if len(self._stack) <= (self._marks[-1] if self._marks else 0):
            raise Refusal(DAMAGED)
        return self._stack[-1]

    def pop(self) -> Any:
        self.top()
        return self._stack.pop()

    def pop_or_unmark(self) -> None:
        if self._marks and self._marks[-1] == len(self._stack):
            self._marks.pop()
        else:
            self.pop()

    def mark(self) -> None:
        self._marks.append(len(self._stack))

    def pop_to_mark(self) -> list[Any]:
        if not self._marks:
            raise Refusal(DAMAGED)
        start = self._marks.pop()
        items = self._stack[start:]
        del self._stack[start:]
        return items

    def pop_last(self, count: int) -> tuple[Any, ...]:
        return tuple([self.pop() for _ in range(count)][::-1])

    def put(self, key: int) -> None:
        self._memo[key] = self.top()

    def get(self, key: int) -> None:
        if key not in self._memo:
            raise Refusal(DAMAGED)
        self.push(self._memo[key])

    def append(self, items: list[Any]) -> None:
        target = self.top()
        if type(target) is not list:
            raise Refusal(f"adds items to {shown(target)}")
        target.extend(items)

    def add(self, items: list[Any]) -> None:
        target = self.top()
        if type(target) is not set:
            raise Refusal(f"adds items to {shown(target)}")
        target.update(map(checked_key, items))

    def set_items(self, items: list[Any]) -> None:
        target = self.top()
        if not isinstance(target, dict) or len(items) % 2:
            raise Refusal(f"sets keys of {shown(target)}")
        target.update(zip(map(checked_key, items[::2]), items[1::2], strict=True))

    def push_dict(self) -> None:
        items = self.pop_to_mark()
        self.push({})
        self.set_items(items)

    def stack_global(self) -> None:
        module, attribute = self.pop_last(2)
        if not isinstance(module, str) or not isinstance(attribute, str):
            raise Refusal(DAMAGED)
        self.push(named(module, attribute))

    def reduce(self) -> None:
        name, arguments = self.pop_last(2)
        self.push(call(name, arguments, self._budget))

    def new_object(self, count: int) -> None:
        name, *arguments = self.pop_last(count)
        if any(not isinstance(part, tuple | dict) or part for part in arguments):
            raise Refusal("makes an object with arguments")
        self.push(instance(name))

    def build(self) -> None:
        state = self.pop()
        target = self.top()
        if isinstance(target, PickledDtype):
            target.set_state(state)
        elif isinstance(target, PickledArray):
            target.set_state(state, self._budget)
        elif isinstance(target, Instance) and target.name == JOBLIB_ARRAY:
            self.pop()
            self.push(array_behind(state, self._stream, self._budget))
        elif isinstance(target, Instance) and type(state) in (
            _TABLE_STATES if is_table(target.name) else (dict,)
        ):
            target.state = state
        else:
            raise Refusal(f"sets the state of {shown(target)}")


def _refusing(reason: str) -> Callable[[PickleMachine, Any], None]:
    def refuse(reader: PickleMachine, argument: Any) -> None:
        raise Refusal(reason)

    return refuse


def _inst(reader: PickleMachine, names: tuple[str, str]) -> None:
    raise Refusal(f"makes an object of {named(*names).name} in the manner of old classes")


_HANDLERS: dict[str, Callable[[PickleMachine, Any], object]] = {
    **dict.fromkeys(("PROTO", "FRAME"), lambda reader, argument: None),
    **dict.fromkeys(
        ("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4"), PickleMachine.push_integer
    ),
    **dict.fromkeys(("STRING", "BINSTRING", "SHORT_BINSTRING"), PickleMachine.push_old_text),
    **dict.fromkeys(("UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"), PickleMachine.push),
    **dict.fromkeys(
        ("SHORT_BINBYTES", "BINBYTES", "BINBYTES8", "BYTEARRAY8", "FLOAT", "BINFLOAT"), PickleMachine.push
    ),
    "NONE": lambda reader, _: reader.push(None),
    "NEWTRUE": lambda reader, _: reader.push(True),
    "NEWFALSE": lambda reader, _: reader.push(False),
    "EMPTY_LIST": lambda reader, _: reader.push([]),
    "EMPTY_DICT": lambda reader, _: reader.push({}),
    "EMPTY_SET": lambda reader, _: reader.push(set()),
    "EMPTY_TUPLE": lambda reader, _: reader.push(()),
    "MARK": lambda reader, _: reader.mark(),
    "POP": lambda reader, _: reader.pop_or_unmark(),
    "POP_MARK": lambda reader, _: reader.pop_to_mark(),
    "DUP": lambda reader, _: reader.push(reader.top()),
    "LIST": lambda reader, _: reader.push(reader.pop_to_mark()),
    "TUPLE": lambda reader, _: reader.push(tuple(reader.pop_to_mark())),
    "TUPLE1": lambda reader, _: reader.push(reader.pop_last(1)),
    "TUPLE2": lambda reader, _: reader.push(reader.pop_last(2)),
    "TUPLE3": lambda reader, _: reader.push(reader.pop_last(3)),
    "FROZENSET": lambda reader, _: reader.push(frozenset(map(checked_key, reader.pop_to_mark()))),
    "DICT": lambda reader, _: reader.push_dict(),
    "APPEND": lambda reader, _: reader.append([reader.pop()]),
    "APPENDS": lambda reader, _: reader.append(reader.pop_to_mark()),
    "ADDITEMS": lambda reader, _: reader.add(reader.pop_to_mark()),
    "SETITEM": lambda reader, _: reader.set_items(list(reader.pop_last(2))),
    "SETITEMS": lambda reader, _: reader.set_items(reader.pop_to_mark()),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), PickleMachine.put),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), PickleMachine.get),
    "MEMOIZE": lambda reader, _: reader.put(len(reader._memo)),
    "GLOBAL": lambda reader, names: reader.push(named(*names)),
    "STACK_GLOBAL": lambda reader, _: reader.stack_global(),
    "REDUCE": lambda reader, _: reader.reduce(),
    "NEWOBJ": lambda reader, _: reader.new_object(2),
    "NEWOBJ_EX": lambda reader, _: reader.new_object(3),
    "BUILD": lambda reader, _: reader.build(),
    "INST": _inst,
    "OBJ": _refusing("makes an object in the manner of old classes"),
    **dict.fromkeys(("EXT1", "EXT2", "EXT4"), _refusing("asks for a class by its number in a registry")),
    **dict.fromkeys(("PERSID", "BINPERSID"), _refusing("asks for an object kept elsewhere (persistent id)")),
    **dict.fromkeys(("NEXT_BUFFER", "READONLY_BUFFER"), _refusing("asks for a buffer kept elsewhere")),
}
