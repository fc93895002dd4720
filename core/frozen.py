"""Fields of frozen records: read-only arrays and Python's own numbers."""

from __future__ import annotations

import numpy as np

from core.errors import FitloopError


def freeze(record: object, **shapes: tuple[int, ...]) -> None:
    """Make the named fields of a record finite, read-only float32 arrays of the given shapes."""
    for name, shape in shapes.items():
        array = np.array(getattr(record, name), dtype=np.float32)
        what = f"{type(record).__name__}: {name}"
        if array.shape != shape:
            raise FitloopError(f"{what} is {array.shape}, but must be {shape}.")
        if not np.isfinite(array).all():
            raise FitloopError(f"{what} has values that are not finite. Fit or read this person again.")
        set_array(record, name, array)


def set_array(record: object, name: str, array: np.ndarray) -> None:
    """Set a field of a frozen record to an array, which becomes read-only."""
    array.flags.writeable = False
    object.__setattr__(record, name, array)


def make_floats(record: object, *names: str) -> None:
    """Convert numbers of numpy or torch to Python's own, which every file format can write."""
    for name in names:
        object.__setattr__(record, name, float(getattr(record, name)))
