"""The one door to files from elsewhere: only ordinary files of bounded size are opened.

A pipe would wait for ever, a device has no end, and a sparse file claims more than any disk holds. `NotOrdinary` is an
OSError whose `strerror` is the fault in words, so that each reader names it as it names a missing file.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from pathlib import Path

MOST_BYTES = 64 * 2**30  # no file of this field is larger
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOCTTY", 0)


class NotOrdinary(OSError):
    """A pipe, socket, device or folder, or a file beyond its bound."""


def open_regular(path: str | Path, limit: int = MOST_BYTES) -> io.FileIO:
    """An unbuffered stream of an ordinary file of at most `limit` bytes. Raises OSError.

    A name is never opened for longer than it takes to see what it is: opening a pipe waits for its writer, except with
    O_NONBLOCK. The status of the open file counts, as the name can be given to another file meanwhile.
    """
    try:
        _check(os.stat(path), limit)
        handle = os.open(path, _FLAGS)
    except ValueError as error:  # a NUL in the name
        raise NotOrdinary(errno.EINVAL, "no file can have this name") from error
    try:
        _check(os.fstat(handle), limit)
        return io.FileIO(handle)
    except BaseException:
        os.close(handle)
        raise


def contents(path: str | Path, limit: int = MOST_BYTES) -> bytes:
    """All bytes of an ordinary file of at most `limit`. Raises OSError."""
    with open_regular(path, limit) as stream:
        return start_of(stream, os.fstat(stream.fileno()).st_size)


def text_of(path: str | Path, limit: int = MOST_BYTES) -> str:
    """The text of an ordinary file in UTF-8. Raises OSError and UnicodeDecodeError."""
    return contents(path, limit).decode("utf-8")


def end_of(path: str | Path, most: int) -> bytes:
    """At most the last `most` bytes of an ordinary file of any size. Raises OSError."""
    with open_regular(path) as stream:
        stream.seek(max(0, os.fstat(stream.fileno()).st_size - most))
        return start_of(stream, most)


def start_of(stream: io.FileIO, most: int) -> bytes:
    """At most `most` bytes from where a stream stands: a single read may return fewer."""
    parts, left = [], most
    while left > 0 and (part := stream.read(left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _check(status: os.stat_result, limit: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise NotOrdinary(errno.EINVAL, f"this is {_kind(status.st_mode)}, not a file")
    if status.st_size > limit:
        size, most = status.st_size >> 20, limit >> 20
        raise NotOrdinary(errno.EFBIG, f"the file has {size} MB, more than {most} MB")


def _kind(mode: int) -> str:
    tests = {
        "a folder": stat.S_ISDIR,
        "a pipe": stat.S_ISFIFO,
        "a socket": stat.S_ISSOCK,
        "a device": lambda mode: stat.S_ISCHR(mode) or stat.S_ISBLK(mode),
    }
    return next((name for name, test in tests.items() if test(mode)), "something else")
