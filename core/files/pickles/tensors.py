"""Tensors of torch inside a plain pickle: their storage in torch's own old format, and a view of it.

torch reads the storage with `weights_only`, after its claims were compared with the bytes that are there.
"""

from __future__ import annotations

import io
import math
import pickle
from dataclasses import dataclass

import numpy as np

from core.files.pickles.arrays import Budget, Refusal, checked_shape
from core.files.pickles.claims import Overclaim, check_claims

_KINDS = "biuf"


@dataclass(frozen=True, eq=False)
class PickledStorage:
    """The numbers (N,) that tensors of a file show."""

    numbers: np.ndarray


def storage_from_bytes(budget: Budget, raw: object) -> PickledStorage:
    """The storage in these bytes. Raises Refusal for anything else in them."""
    import torch

    if not isinstance(raw, bytes):
        raise Refusal("calls torch.storage._load_from_bytes with something else than bytes")
    budget.take(3 * len(raw))
    stream = io.BytesIO(raw)
    try:
        check_claims(stream, [])
        storage = torch.load(stream, map_location="cpu", weights_only=True)
        if not isinstance(storage, torch.storage.TypedStorage):
            raise Refusal("loads something else than a storage of torch")
        array = torch.empty(0, dtype=storage.dtype).set_(storage).double().numpy()
    except (
        Overclaim,
        pickle.UnpicklingError,
        RuntimeError,
        ValueError,
        EOFError,
        TypeError,
        LookupError,
    ) as error:
        raise Refusal("holds a storage of torch that is damaged, or more than numbers") from error
    return PickledStorage(array)


def rebuilt_tensor(
    budget: Budget,
    storage: object,
    offset: object,
    size: object,
    stride: object,
    requires_grad: object = False,
    hooks: object = None,
    metadata: object = None,
) -> np.ndarray:
    """The array of a tensor that shows a part of a storage. Raises Refusal for a part outside it."""
    if not isinstance(storage, PickledStorage) or type(offset) is not int or offset < 0:
        raise Refusal("makes a tensor of something else than a storage")
    sizes, steps = checked_shape(size), checked_shape(stride)
    if not isinstance(size, tuple) or not isinstance(stride, tuple) or len(sizes) != len(steps):
        raise Refusal("gives a tensor a shape that is not made of sizes")
    last = offset + sum((length - 1) * step for length, step in zip(sizes, steps, strict=True))
    if math.prod(sizes) and last >= len(storage.numbers):
        raise Refusal("holds a tensor of numbers that are not there")
    budget.take(math.prod(sizes) * storage.numbers.itemsize + 96)
    if not math.prod(sizes):
        return np.zeros(sizes, storage.numbers.dtype)
    width = storage.numbers.itemsize
    view = np.lib.stride_tricks.as_strided(
        storage.numbers[offset:], sizes, tuple(step * width for step in steps)
    )
    array = view.copy()
    array.flags.writeable = False
    return array
