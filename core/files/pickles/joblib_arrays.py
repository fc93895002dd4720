"""Arrays of joblib's files, whose bytes stand behind the pickle's instruction and not in it.

joblib writes an object that describes the array: dtype, shape, order, alignment. Directly behind it follow one byte
with the number of filler bytes and the filler, neither of them where the alignment is not told, and the array.
"""

from __future__ import annotations

import math

from core.files.pickles.arrays import Budget, PickledArray, PickledDtype, Refusal, array_from, checked_shape
from core.files.pickles.opcodes import Stream

_ALIGNMENT = "numpy_array_alignment_bytes"


def array_behind(state: object, stream: Stream, budget: Budget) -> PickledArray:
    """The array that a description announces, taken from the stream. Raises Refusal for objects and what is cut off."""
    if type(state) is not dict:
        raise Refusal("describes an array of joblib in an unknown way")
    shape, dtype, order = (state.get(name) for name in ("shape", "dtype", "order"))
    if not isinstance(dtype, PickledDtype) or dtype.dtype.hasobject:
        raise Refusal("holds an array of joblib that is not of numbers or text")
    sizes = checked_shape(shape)
    if state.get(_ALIGNMENT) is not None:
        filler = stream.read(1)
        stream.read(filler[0] if filler else 0)
    size = math.prod(sizes) * dtype.dtype.itemsize
    raw = stream.read(size)
    return PickledArray(array_from(raw, dtype, sizes, "F" if order == "F" else "C", budget))
