"""Arrays of a pickle, built from checked numbers and bytes only.

A pickle describes an array as "call this function of numpy with these arguments". Nothing here calls a function
that the file names: each known description is checked, and a read-only array is made with `np.frombuffer`. Objects of
chumpy and scipy.sparse are read from their attributes; neither package is needed.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.files.pickles.nodes import LazyArray, ObjectArray, Span

_PLAIN_DTYPE = re.compile(r"[<>|=]?(?:\?|b1|[iu][1248]|f[248]|c8|c16|[SU][1-9][0-9]{0,5})")
_OF_OBJECTS = ("O", "O8", "|O")
# The attributes that hold an object's numbers; no others are read.
SPARSE_PARTS = ("_shape", "shape", "data", "indices", "indptr", "row", "col", "coords")
CHUMPY_PARTS = {"Ch": ("x",), "Select": ("a", "idxs", "preferred_shape"), "Reshape": ("a", "newshape")}
_MAX_DIMENSIONS = 8
_MAX_DENSE_NUMBERS = 2**27


class Refusal(Exception):
    """The reason why a pickle is refused; `core.files.pickles.reader` adds the file and the remedy."""


def shown(value: object) -> str:
    """A short, printable form of a value in a file, for messages."""
    text = value if isinstance(value, str) else f"a {type(value).__name__}"
    text = text[:100].encode("ascii", "backslashreplace").decode("ascii")
    return "".join(c if c.isprintable() else "?" for c in text)


class Budget:
    """Memory [bytes] that a file's contents may still take: shared parts are small in the file, large when expanded."""

    def __init__(self, size: int) -> None:
        self._left = size

    def take(self, size: int) -> None:
        """Count `size` bytes before they are allocated. Raises Refusal beyond the budget."""
        self._left -= size
        if self._left < 0:
            raise Refusal("grows far beyond the size of the file when read")


@dataclass(eq=False)
class PickledDtype:
    """A dtype whose byte order may follow later in the file."""

    dtype: np.dtype

    @classmethod
    def from_code(cls, code: object) -> PickledDtype:
        """From a code like 'f8', '<i4' or 'U3'; 'O8' is of nodes. Raises Refusal for records and dates."""
        if isinstance(code, bytes):
            code = code.decode("latin-1")
        if code in _OF_OBJECTS:
            return cls(np.dtype("O"))
        if not isinstance(code, str) or not _PLAIN_DTYPE.fullmatch(code):
            kind = "an array of Python objects" if isinstance(code, str) and "O" in code else "an array"
            raise Refusal(f"holds {kind} of dtype {shown(code)}, where numbers or text belong")
        return cls(np.dtype(code))

    def set_state(self, state: object) -> None:
        """state: numpy's (version, byte order, subarray, names, fields, item size, alignment, flags …)."""
        if not isinstance(state, tuple) or len(state) < 5:
            raise Refusal("describes a dtype in an unknown way")
        order = state[1].decode("latin-1") if isinstance(state[1], bytes) else state[1]
        if not isinstance(order, str) or order not in ("<", ">", "|", "="):
            raise Refusal("gives a dtype an unknown byte order")
        if any(part is not None for part in state[2:5]):
            raise Refusal("holds an array of records, where numbers or text belong")
        if len(state) > 5 and (type(state[5]) is not int or state[5] not in (-1, self.dtype.itemsize)):
            raise Refusal("gives a dtype two different sizes")
        self.dtype = np.dtype(order + self.dtype.str[1:])


@dataclass(eq=False)
class PickledArray:
    """An array whose numbers follow later in the file."""

    value: np.ndarray | LazyArray | ObjectArray | None = None

    def set_state(self, state: object, budget: Budget) -> None:
        """state: numpy's (version, shape, dtype, Fortran order, bytes)."""
        if not isinstance(state, tuple) or len(state) not in (4, 5):
            raise Refusal("describes an array in an unknown way")
        shape, dtype, fortran, raw = state[-4:]
        if not isinstance(fortran, int):
            raise Refusal("gives an array an unknown order")
        self.value = array_from(raw, dtype, shape, "F" if fortran else "C", budget)


def array_from(
    raw: object, dtype: object, shape: object, order: object, budget: Budget
) -> np.ndarray | LazyArray | ObjectArray:
    """The read-only array of these bytes, in this machine's byte order; lazy for bytes that stay in the file. Raises
    Refusal if size and bytes disagree."""
    if not isinstance(dtype, PickledDtype):
        raise Refusal("gives an array something else as its dtype")
    sizes = checked_shape(shape)
    if dtype.dtype.hasobject:
        return _object_array(raw, sizes, order)
    wanted = math.prod(sizes) * dtype.dtype.itemsize
    if not isinstance(raw, str | bytes | bytearray | Span) or len(raw) != wanted:
        raise Refusal(f"declares an array of shape {sizes}, but its bytes do not fit that shape")
    if isinstance(raw, Span):
        return LazyArray(raw, dtype, sizes, order)
    budget.take(2 * wanted + 96)
    data = _latin1(raw) if isinstance(raw, str) else bytes(raw)
    array = np.frombuffer(data, dtype.dtype)
    _check_items(array, data)
    if not dtype.dtype.isnative:
        array = array.astype(dtype.dtype.newbyteorder("="))
    array = array.reshape(sizes, order="F" if isinstance(order, str) and order == "F" else "C")
    array.flags.writeable = False
    return array


def _object_array(items: object, shape: tuple[int, ...], order: object) -> ObjectArray:
    if type(items) is not list or len(items) != math.prod(shape):
        raise Refusal(
            f"declares an array of Python objects of shape {shape}, but its items do not fit that shape"
        )
    if order == "F" and len(shape) > 1:
        places = np.arange(len(items)).reshape(shape, order="F").ravel()
        items = [items[place] for place in places.tolist()]
    return ObjectArray(shape, items)


def checked_shape(shape: object) -> tuple[int, ...]:
    """A shape as a tuple of sizes. Huge sizes beside a zero are refused too: no bytes would contradict them."""
    sizes = shape if isinstance(shape, tuple) else (shape,)
    if not all(type(n) is int or isinstance(n, np.integer) for n in sizes) or min(sizes, default=0) < 0:
        raise Refusal("gives an array a shape that is not made of sizes")
    sizes = tuple(int(n) for n in sizes)
    if len(sizes) > _MAX_DIMENSIONS or math.prod(max(n, 1) for n in sizes) > 2**40:
        raise Refusal(f"declares an array of {len(sizes)} dimensions and impossible size")
    return sizes


def _latin1(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        raise Refusal("holds text where an array's bytes belong") from None


def _check_items(array: np.ndarray, data: bytes) -> None:
    """Refuse bytes that numpy does not check itself: truth values beyond 0 and 1, letters beyond Unicode."""
    if array.dtype.kind == "b" and np.any(np.frombuffer(data, np.uint8) > 1):
        raise Refusal("holds truth values that are neither true nor false")
    if array.dtype.kind == "U":
        letters = np.frombuffer(data, np.dtype("u4").newbyteorder(array.dtype.byteorder))
        if np.any(letters > 0x10FFFF) or np.any((letters >= 0xD800) & (letters < 0xE000)):
            raise Refusal("holds text that is not Unicode")


@dataclass(frozen=True, eq=False)
class SparseMatrix:
    """A scipy.sparse matrix as its entries: values[i] at (rows[i], columns[i]). Entries at the same place add up."""

    shape: tuple[int, int]
    rows: np.ndarray
    columns: np.ndarray
    values: np.ndarray

    def toarray(self) -> np.ndarray:
        """The dense matrix, float64. Raises ValueError if it would need more than a gibibyte."""
        if math.prod(self.shape) > _MAX_DENSE_NUMBERS:
            raise ValueError(f"a sparse matrix of shape {self.shape} is too large to be made dense")
        dense = np.zeros(self.shape)
        np.add.at(dense, (self.rows, self.columns), self.values)
        return dense


def sparse_matrix(class_name: str, state: dict[str, Any], budget: Budget) -> SparseMatrix:
    """A SparseMatrix from the attributes of a csc_matrix, csr_array, coo_matrix, …"""
    budget.take(sum(8 * part.size for part in state.values() if isinstance(part, np.ndarray)))
    shape = checked_shape(state.get("_shape", state.get("shape")))
    if len(shape) != 2:
        raise Refusal(f"holds a sparse matrix of {len(shape)} dimensions")
    values = _vector(state.get("data"), "biuf")
    if class_name.startswith("coo"):
        coords = state.get("coords", (state.get("row"), state.get("col")))
        rows, columns = _pair(coords)
    else:
        indices, starts = _vector(state.get("indices"), "iu"), _vector(state.get("indptr"), "iu")
        by_column = class_name.startswith("csc")
        groups = _group_of_each(starts, len(indices), shape[1] if by_column else shape[0])
        indices, values = indices[: len(groups)], values[: len(groups)]
        rows, columns = (indices, groups) if by_column else (groups, indices)
    for index, size in ((rows, shape[0]), (columns, shape[1])):
        if len(index) != len(values) or np.any((index < 0) | (index >= size)):
            raise Refusal("holds a sparse matrix whose entries lie outside it")
    return SparseMatrix((shape[0], shape[1]), rows, columns, values)


def _pair(coords: object) -> tuple[np.ndarray, np.ndarray]:
    if not isinstance(coords, tuple) or len(coords) != 2:
        raise Refusal("holds a sparse matrix without rows and columns")
    return _vector(coords[0], "iu"), _vector(coords[1], "iu")


def _vector(value: object, kinds: str) -> np.ndarray:
    if not isinstance(value, np.ndarray) or value.ndim != 1 or value.dtype.kind not in kinds:
        raise Refusal("holds a sparse matrix with parts missing or of the wrong kind")
    return value.astype(np.int64) if value.dtype.kind in "iu" else value


def _group_of_each(starts: np.ndarray, entries: int, groups: int) -> np.ndarray:
    """The row (csr) or column (csc) index of each entry."""
    counts = np.diff(starts)
    if len(starts) != groups + 1 or starts[0] != 0 or np.any(counts < 0) or starts[-1] > entries:
        raise Refusal("holds a sparse matrix whose parts do not fit together")
    return np.repeat(np.arange(groups), counts)


@dataclass(frozen=True)
class Unevaluated:
    """A chumpy object that would need a computation. Only its class name is kept."""

    name: str


def chumpy_array(name: str, state: dict[str, Any], budget: Budget) -> np.ndarray | Unevaluated:
    """The array of a chumpy object: a plain array, or a selection or reshape of one; else `Unevaluated`."""
    operation = name.rpartition(".")[2]
    source = state.get("x" if operation == "Ch" else "a")
    if isinstance(source, Unevaluated):
        return source
    if operation == "Ch" and isinstance(source, int | float | np.generic):
        source = np.asarray(source)
    if operation not in CHUMPY_PARTS or not isinstance(source, np.ndarray):
        return Unevaluated(name)
    if operation == "Ch":
        return source
    indices = state.get("idxs")
    if operation == "Select":
        if not isinstance(indices, np.ndarray) or indices.dtype.kind not in "iu":
            raise Refusal(f"holds a {name} without indices")
        if np.any((indices < 0) | (indices >= source.size)):
            raise Refusal(f"holds a {name} of numbers that are not there")
        budget.take(source.nbytes + indices.size * source.itemsize)
        source = source.ravel()[indices]
    return _reshaped(source, state.get("preferred_shape", state.get("newshape")), name)


def _reshaped(array: np.ndarray, shape: object, name: str) -> np.ndarray:
    if shape is not None:
        if isinstance(shape, int | tuple) and shape in (-1, (-1,)):
            shape = (array.size,)
        sizes = checked_shape(shape)
        if math.prod(sizes) != array.size:
            raise Refusal(f"holds a {name} whose shape {sizes} does not fit its {array.size} numbers")
        array = array.reshape(sizes)
    array.flags.writeable = False
    return array
