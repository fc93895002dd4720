"""JSON written one record at a time: the encoder stops every other thread while it runs, a window's too."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def json_parts(document: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> Iterator[bytes]:
    """The same bytes as json.dumps(document), in parts: each value, or each record of a list or iterator, by itself.

    document: an object, or its names and values one by one. Raises ValueError for a number that is not finite.
    """
    yield b"{"
    for place, (name, value) in enumerate(document.items() if isinstance(document, Mapping) else document):
        yield (", " if place else "").encode() + _encoded(name) + b": "
        if isinstance(value, (list, Iterator)):
            yield b"["
            for index, record in enumerate(value):
                yield (b", " if index else b"") + _encoded(record)
            yield b"]"
        else:
            yield _encoded(value)
    yield b"}"


def _encoded(value: Any) -> bytes:
    return json.dumps(value, allow_nan=False).encode()
