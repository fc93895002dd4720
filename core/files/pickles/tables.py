"""The names that pickles of pandas' tables mention, kept as nodes: `data_frame` reads them, other readers refuse them.

pandas 1.0 stores a table's columns as the state of a BlockManager, later versions as arguments of a call.
"""

from __future__ import annotations

import re
from typing import Any

from core.files.pickles.arrays import Budget, Refusal
from core.files.pickles.nodes import Instance, Name

OLD_STATE = "0.14.1"  # the key of what a BlockManager's state holds, since that version of pandas
_CLASS = re.compile(
    r"pandas\.(?:\w+\.)*(?:DataFrame|BlockManager|Index|RangeIndex|Int64Index|StringArray|StringDtype)",
    re.ASCII,
)


def is_table(name: str) -> bool:
    """True for the classes that a table consists of."""
    return _CLASS.fullmatch(name) is not None


def index_of(budget: Budget, cls: object, parts: object) -> Instance:
    """pandas' `_new_Index`: names of columns or numbers of rows."""
    if not isinstance(cls, Name) or not is_table(cls.name) or type(parts) is not dict:
        raise Refusal("makes an index of a table in an unknown way")
    return Instance(cls.name, parts)


def block_of(budget: Budget, values: object, placement: object, dimensions: object) -> dict[str, Any]:
    """pandas' `_unpickle_block`: columns of one type, and their places in the table."""
    return {"values": values, "mgr_locs": placement}


def manager_of(budget: Budget, blocks: object, axes: object) -> Instance:
    """pandas' BlockManager, called with its blocks."""
    return Instance("pandas.core.internals.managers.BlockManager", {"axes": axes, "blocks": blocks})


def texts_of(budget: Budget, cls: object, checksum: object, state: object = None) -> Instance:
    """pandas 3's arrays of text, whose array follows as their state."""
    if not isinstance(cls, Name) or not is_table(cls.name):
        raise Refusal("makes a column of a table in an unknown way")
    return Instance(cls.name, None)


def text_type_of(budget: Budget, *storage: object) -> Instance:
    """pandas 3's type of text, which is not looked at."""
    return Instance("pandas.StringDtype", {})


def slice_of(budget: Budget, start: object, stop: object, step: object = None) -> slice:
    """A slice of whole numbers."""
    if not all(part is None or type(part) is int for part in (start, stop, step)):
        raise Refusal("makes a slice of something else than whole numbers")
    return slice(start, stop, step)
