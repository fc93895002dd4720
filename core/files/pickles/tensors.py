"""Tensors of torch inside a pickle, read as arrays without torch.

`pickle.dump` of a tensor stores its numbers as a file of torch's old format within the pickle: four pickles (magic
number, version, system, the storage's name), a list of keys, the count as int64, and the numbers.
"""

from __future__ import annotations

import io
import math
import pickletools
from typing import Any

import numpy as np

from core.files.pickles.arrays import Budget, PickledArray, PickledDtype, Refusal, array_from, checked_shape
from core.files.pickles.nodes import Span

_DTYPES = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}
_PICKLES_BEFORE = 3  # magic number, version, system
_MOST_OPCODES = 1000  # of each of them
_MOST_SPREAD = 2**20  # numbers of a tensor that repeats those of its storage, as torch.expand makes it
_DAMAGED = "holds a tensor whose numbers cannot be read"


def storage_from(budget: Budget, raw: object) -> Any:
    """The numbers (N,) of a storage, from a file of torch within the pickle. Raises Refusal."""
    data = raw.read() if isinstance(raw, Span) else raw
    if not isinstance(data, bytes | bytearray):
        raise Refusal(_DAMAGED)
    stream = io.BytesIO(data)
    try:
        for _ in range(_PICKLES_BEFORE):
            _words_of(stream)
        words = _words_of(stream)
        _words_of(stream)
    except (ValueError, IndexError, OverflowError, UnicodeError):
        raise Refusal(_DAMAGED) from None
    code = next((_DTYPES[word] for word in words if word in _DTYPES), None)
    if code is None:
        raise Refusal("holds a tensor of a type that is not read; save it as an array of numpy")
    count = int.from_bytes(stream.read(8), "little")
    numbers = data[stream.tell() :]
    return array_from(bytes(numbers), PickledDtype.from_code(code), (count,), "C", budget)


def _words_of(stream: io.BytesIO) -> list[str]:
    """The last words of the names in the next pickle of a stream, which then stands behind it. Raises ValueError for a
    pickle longer than torch writes."""
    words = []
    for count, (opcode, argument, _) in enumerate(pickletools.genops(stream)):
        if count >= _MOST_OPCODES:
            raise ValueError("more than the head of a storage")
        if opcode.name == "GLOBAL" or (opcode.name.endswith("UNICODE") and str(argument).split()):
            words.append(str(argument).split()[-1])
    return words


def tensor_from(
    budget: Budget,
    storage: object,
    offset: object,
    size: object,
    stride: object,
    requires_grad: object = False,
    hooks: object = None,
    metadata: object = None,
) -> np.ndarray:
    """The array of a tensor: a view of its storage, copied. Raises Refusal for a view that leaves the storage."""
    shape, steps = checked_shape(size), checked_shape(stride)
    if not isinstance(storage, np.ndarray) or type(offset) is not int or len(shape) != len(steps):
        raise Refusal(_DAMAGED)
    count = math.prod(shape)
    steps = tuple(step if length > 1 else 0 for length, step in zip(shape, steps, strict=True))
    last = offset + sum((length - 1) * step for length, step in zip(shape, steps, strict=True))
    if offset < 0 or (count and last >= len(storage)):
        raise Refusal("holds a tensor that reaches beyond its numbers")
    if count > max(len(storage), _MOST_SPREAD):
        raise Refusal("holds a tensor that repeats few numbers more often than any network's does")
    budget.take(count * storage.itemsize + 96)
    if not count:
        array = np.zeros(shape, storage.dtype)
    else:
        strides = [step * storage.itemsize for step in steps]
        array = np.lib.stride_tricks.as_strided(storage[offset:], shape, strides, writeable=False).copy()
    array.flags.writeable = False
    return array


def parameter_from(
    budget: Budget, data: object, requires_grad: object = False, hooks: object = None
) -> object:
    """The array of a network's parameter: that of its tensor."""
    if not isinstance(data, np.ndarray | PickledArray):
        raise Refusal(_DAMAGED)
    return data
