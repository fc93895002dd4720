"""Files of unknown origin read within bounded time and memory: text, JSON, .npz, .npy, pickles, numbers.

Sizes and nesting are checked before anything is allocated by them. A fault in a
whole file is a ReadError; a fault in one value is Unusable.
"""

from __future__ import annotations

import errno
import gc
import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import PickleRefused, ReadError
from core.files.npz import faults_as, npz_names, read_npy, read_npz
from core.files.pickles.reader import load_pickle
from core.files.regular import NotOrdinary, contents
from core.files.unusable import MAX_COORDINATE, MAX_FILE_BYTES, Unusable, read_error

MAX_DEPTH = 32
MAX_JSON_VALUES = 50_000_000
_PIECE_BYTES = 4 * 2**20
_BACKSLASH = ord("\\")
_STRUCTURE = b'"[]{},'
_NOT_STRUCTURE = bytes(set(range(256)) - set(_STRUCTURE))


def read_bytes(path: Path, limit: int = MAX_FILE_BYTES) -> bytes:
    """The whole file, if it is an ordinary one of at most `limit` bytes. Raises ReadError."""
    try:
        return contents(path, limit)
    except NotOrdinary as error:
        remedy = "Split it and read the parts." if error.errno == errno.EFBIG else "Choose the file itself."
        raise read_error(path, str(error.strerror), remedy) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise read_error(
            path, f"it cannot be read: {reason}", "Check that it exists and may be read."
        ) from error


def read_json(path: Path, limit: int = MAX_FILE_BYTES) -> Any:
    """The value in a JSON file in UTF-8, -16 or -32. Raises ReadError, for nesting before it is parsed."""
    data = read_bytes(path, limit)
    is_utf8 = json.detect_encoding(data).startswith("utf-8")
    depth, values = json_size(data if is_utf8 else decode(path, data).encode())
    if depth > MAX_DEPTH:
        raise read_error(
            path, f"nested more than {MAX_DEPTH} deep", "No format of this field nests like that."
        )
    if values > MAX_JSON_VALUES:
        raise read_error(path, f"more than {MAX_JSON_VALUES} values", "Split it and read the parts.")
    text = decode(path, data)
    del data
    try:
        with _without_collection():
            return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise read_error(
            path, f"this is not JSON: {error.msg}", "Was it cut off? Export it again.", where
        ) from error
    except (ValueError, RecursionError) as error:
        raise read_error(path, "a number in it has too many digits", "Export it again.") from error


@contextmanager
def _without_collection() -> Iterator[None]:
    """Without Python's search for cycles: parsed JSON has none, and the search takes longer than parsing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def decode(path: Path, data: bytes) -> str:
    """Text in UTF-8 (with or without its mark), -16 or -32.

    Raises ReadError with the place of the wrong byte.
    """
    encoding = json.detect_encoding(data)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        remedy = "Save the file as UTF-8."
        raise read_error(path, f"it is not {encoding} throughout", remedy, f"byte {error.start}") from error


def json_size(data: bytes) -> tuple[int, int]:
    """(nesting depth, an upper bound on the number of values but for keys) of JSON text in UTF-8, without parsing it.

    Piece by piece, and no farther than the first one in which either is more than is read.
    """
    depth = deepest = values = start = 0
    in_text = False
    while start < len(data) and deepest <= MAX_DEPTH and values <= MAX_JSON_VALUES:
        end = min(start + _PIECE_BYTES, len(data))
        while end < len(data) and data[end - 1] == _BACKSLASH:  # an escape stays in one piece
            end += 1
        unescaped = data[start:end].replace(b"\\\\", b"").replace(b'\\"', b"")
        marks = np.frombuffer(unescaped.translate(None, _NOT_STRUCTURE), dtype=np.uint8)
        quotes = marks == ord('"')
        inside = np.logical_xor.accumulate(quotes) ^ in_text if len(marks) else quotes
        outside = marks[~inside & ~quotes]
        opens = (outside == ord("[")) | (outside == ord("{"))
        commas = outside == ord(",")
        depths = depth + np.cumsum(opens * 2 + commas - 1, dtype=np.int64)
        deepest = max(deepest, int(depths.max(initial=0)))
        depth = int(depths[-1]) if len(depths) else depth
        values += int(opens.sum() + commas.sum())
        in_text ^= bool(quotes.sum() % 2)
        start = end
    return deepest, values + 1


def read_arrays(path: Path, wanted: Collection[str] | None = None) -> dict[str, np.ndarray]:
    """The arrays of an .npz by name, all or only the wanted ones. Raises ReadError."""
    with faults_as(ReadError, path.name):
        return read_npz(path, wanted)


def array_names(path: Path) -> list[str]:
    """The names of the arrays in an .npz. Raises ReadError."""
    with faults_as(ReadError, path.name):
        return npz_names(path)


def read_array(path: Path) -> np.ndarray:
    """The array of an .npy file. Raises ReadError."""
    with faults_as(ReadError, path.name):
        return read_npy(path)


def read_pickle(path: Path) -> Any:
    """The value in a pickle of arrays and plain values only. Raises ReadError."""
    try:
        return load_pickle(path)
    except PickleRefused as error:
        raise ReadError(str(error)) from error
    except OSError as error:
        raise read_error(
            path, f"it cannot be read: {error.strerror}", "Check that it may be read."
        ) from error


def numbers(value: object, *shape: int) -> np.ndarray:
    """A list (or array) of real numbers as float64 of the given shape; -1 is any length. Raises Unusable."""
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, OverflowError) as error:
        raise Unusable("these are not numbers") from error
    if array.dtype.kind not in "iuf":
        raise Unusable("these are not numbers")
    if shape and (
        array.ndim != len(shape)
        or any(want not in (-1, got) for want, got in zip(shape, array.shape, strict=True))
    ):
        raise Unusable(f"{_shape_in_words(array.shape)} where {_shape_in_words(shape)} belong")
    return array.astype(np.float64)


def finite(value: object, *shape: int) -> np.ndarray:
    """As `numbers`, and each is finite and no larger than anything in a photo. Raises Unusable."""
    array = numbers(value, *shape)
    if not (np.abs(array) <= MAX_COORDINATE).all():  # NaN compares false
        raise Unusable("a number is not finite, or too large to mean anything")
    return array


def number(value: object) -> float:
    """One finite number. Raises Unusable."""
    if type(value) in (int, float) and -MAX_COORDINATE <= value <= MAX_COORDINATE:  # type: ignore[operator]
        return float(value)  # type: ignore[arg-type]
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number, np.ndarray)):
        raise Unusable("a number is missing")
    return float(finite(np.asarray(value).reshape(-1), 1)[0])


def point(value: object) -> tuple[float, float]:
    """A list of two finite numbers x, y [px], without making an array of it. Raises Unusable."""
    if not isinstance(value, list) or len(value) != 2:
        raise Unusable("the place of a point is not x, y")
    return number(value[0]), number(value[1])


def _shape_in_words(shape: tuple[int, ...]) -> str:
    return (
        "×".join("any" if length == -1 else str(length) for length in shape) + " numbers"
        if shape
        else "one number"
    )
