"""A pickled table of pandas (DataFrame), read as data and row by row, without pandas.

The arrays in its cells stay in the file until a row is read, so a table of gigabytes takes the memory of its other
cells and of one row. Tables of pandas 1.0 to 2 are read, and those of 3 whose text is kept as Python's.
"""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import PickleRefused
from core.files.pickles.arrays import Budget, Refusal, shown
from core.files.pickles.finish import Finisher
from core.files.pickles.nodes import Instance, LazyArray, ObjectArray
from core.files.pickles.opcodes import SpanStream
from core.files.pickles.reader import NEXT, PickleMachine
from core.files.pickles.tables import OLD_STATE, is_table
from core.files.regular import open_regular

_MOST_OPCODES = 12_000_000
_MOST_BYTES = 2**31  # of all cells but their large arrays
_ROW_BYTES = 2**30
_NO_TABLE = "holds no table of pandas"
_LONG_TEXT = (
    "holds a text of more than 1024 letters, as Python 2 stored arrays; save it with protocol 3 or later"
)
_DAMAGED = "holds a table whose parts do not fit together"


@dataclass(frozen=True, eq=False)
class DataFrameRows:
    """A table with named columns, while its file is open. columns: name -> its block and its place there."""

    columns: dict[str, tuple[Any, int]]
    count: int
    path: Path

    def row(self, number: int, names: Collection[str]) -> dict[str, Any]:
        """The cells of these columns in a row, by name: plain values, lists, arrays. Raises PickleRefused."""
        with _refused(self.path, f", row {number}"):
            finisher = Finisher(Budget(_ROW_BYTES))
            return {name: self._cell(finisher, *self.columns[name], number) for name in names}

    def _cell(self, finisher: Finisher, block: Any, place: int, number: int) -> Any:
        if isinstance(block, ObjectArray):
            return finisher.finish(block.items[place * self.count + number])
        return block[place, number].item()


@contextmanager
def open_data_frame(path: Path) -> Iterator[DataFrameRows]:
    """The table in a file, for as long as the block runs. Raises PickleRefused and OSError."""
    with open_regular(path) as raw, io.BufferedReader(raw) as stream:
        with _refused(path):
            budget = Budget(_MOST_BYTES)
            size = os.fstat(raw.fileno()).st_size
            node = PickleMachine(budget, "latin1").run(SpanStream(stream, size, budget), _MOST_OPCODES)
            rows = _rows_of(node, path)
        yield rows


@contextmanager
def _refused(path: Path, where: str = "") -> Iterator[None]:
    try:
        yield
    except Refusal as refusal:
        raise PickleRefused(f"{path}{where}: {refusal}. {NEXT}") from None
    except struct.error:  # of pickletools, which was given a place in the file for a text
        raise PickleRefused(f"{path}{where}: {_LONG_TEXT}. {NEXT}") from None
    except TypeError as error:
        words = _LONG_TEXT if "Span" in str(error) else f"{_DAMAGED} ({error})"
        raise PickleRefused(f"{path}{where}: {words}. {NEXT}") from None
    except (ValueError, IndexError, OverflowError) as error:
        raise PickleRefused(f"{path}{where}: {_DAMAGED} ({error}). {NEXT}") from None


def _rows_of(node: Any, path: Path) -> DataFrameRows:
    if not isinstance(node, Instance) or not node.name.endswith(".DataFrame"):
        raise Refusal(_NO_TABLE)
    state = node.state if isinstance(node.state, dict) else {}
    manager = state.get("_data", state.get("_mgr"))
    if not isinstance(manager, Instance) or not is_table(manager.name):
        raise Refusal(_not_read("the table's parts", manager))
    parts = _parts(manager.state)
    names, count = _texts(parts.get("axes"), 0), _length(parts.get("axes"), 1)
    columns: dict[str, tuple[Any, int]] = {}
    blocks = parts.get("blocks")
    for block in blocks if isinstance(blocks, list | tuple) else ():
        if not isinstance(block, dict):
            raise Refusal(_not_read("a group of columns", block))
        places = _places(block.get("mgr_locs"), len(names))
        values = _values(block.get("values"), [names[place] for place in places], count)
        columns |= {names[place]: (values, row) for row, place in enumerate(places)}
    return DataFrameRows(columns, count, path)


def _parts(state: Any) -> dict[str, Any]:
    """Axes and blocks, in the form of pandas 1.0 (a tuple) or of later versions."""
    if isinstance(state, tuple) and len(state) == 4 and isinstance(state[3], dict):
        state = state[3].get(OLD_STATE)
    if not isinstance(state, dict):
        raise Refusal(_not_read("the table's parts", state))
    return state


def _axis(axes: Any, number: int) -> dict[str, Any]:
    axis = axes[number] if isinstance(axes, list | tuple) and len(axes) == 2 else None
    if not isinstance(axis, Instance) or not isinstance(axis.state, dict):
        raise Refusal(_not_read(("the names of the columns", "the numbers of the rows")[number], axis))
    return axis.state


def _texts(axes: Any, number: int) -> list[str]:
    """The names of the columns."""
    data = _plain(_axis(axes, number).get("data"))
    items = data.items if isinstance(data, ObjectArray) else None
    if items is None or not all(isinstance(name, str) for name in items) or len(set(items)) != len(items):
        raise Refusal("holds a table whose columns are not named by texts, each its own")
    return items


def _length(axes: Any, number: int) -> int:
    """The number of rows."""
    axis = _axis(axes, number)
    if "data" in axis:
        data = _plain(axis["data"])
        if not isinstance(data, ObjectArray | np.ndarray):
            raise Refusal(_not_read("the numbers of the rows", data))
        return len(data.items) if isinstance(data, ObjectArray) else len(data)
    start, stop, step = (axis.get(name) for name in ("start", "stop", "step"))
    if type(start) is not int or type(stop) is not int or type(step) is not int or not step:
        raise Refusal(_not_read("the numbers of the rows", axis))
    return len(range(start, stop, step))


def _places(locations: Any, columns: int) -> list[int]:
    """The columns of a block: a slice or an array of numbers."""
    locations = _plain(locations)
    if isinstance(locations, slice):
        return list(range(columns)[locations])
    if not isinstance(locations, np.ndarray) or locations.dtype.kind not in "iu" or locations.ndim != 1:
        raise Refusal(_not_read("the places of columns", locations))
    if np.any((locations < 0) | (locations >= columns)):
        raise Refusal(_DAMAGED)
    return [int(place) for place in locations]


def _values(values: Any, columns: list[str], count: int) -> Any:
    """The cells of the columns of a block: an array (columns, rows) of numbers, or nodes."""
    values = _plain(values)
    if not isinstance(values, np.ndarray | ObjectArray):
        raise Refusal(_not_read(f"its column {shown(', '.join(columns))}", values))
    shape = values.shape if len(values.shape) == 2 else (1, *values.shape)
    if shape != (len(columns), count):
        raise Refusal(f"holds a table whose columns have {shape} cells, not {(len(columns), count)}")
    return values.reshape(shape) if isinstance(values, np.ndarray) else values


def _not_read(part: str, node: Any) -> str:
    """That a part of the table is of a kind that is not read, which, and what to do."""
    kind = node.name if isinstance(node, Instance) else f"a {type(node).__name__}"
    return f"holds a table of which {part} is {shown(kind)}, which is not read; save it with pandas 1 or 2"


def _plain(node: Any) -> Any:
    """An array of numbers, or of nodes; others as they are. pandas 3 has text in an object of its own."""
    if isinstance(node, Instance) and isinstance(node.state, tuple):
        node = next((_plain(part) for part in node.state if hasattr(part, "value")), node)
    value = getattr(node, "value", node)
    return Finisher(Budget(_ROW_BYTES)).finish(value) if isinstance(value, LazyArray) else value
