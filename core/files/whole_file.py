"""Whole-file writes: a file is there as a whole or not at all, even after a crash."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from glob import escape
from pathlib import Path
from typing import BinaryIO

STALE_AFTER_S = 3600.0  # a temporary file this old was left by a process that was killed


@contextlib.contextmanager
def whole_file(path: Path, versions: int = 0, lasting: bool = True) -> Iterator[BinaryIO]:
    """A stream whose content is at `path` once the block has ended well; until then the old file is there.

    The content is synced to the disk before it gets the name. The last `versions` files that had the name are
    kept as NAME.1 (the newest), NAME.2, … Raises OSError; the old file is then untouched. lasting=False leaves the
    syncing to the system, for thousands of files that are soon made again.
    """
    beside = half_written(path)
    try:
        with os.fdopen(new_file(beside), "wb") as stream:
            yield stream
            stream.flush()
            if lasting:
                _sync(stream.fileno())
        if versions and path.exists():
            _keep_version(path, versions)
        os.replace(beside, path)
        if lasting:
            sync_folder(path.parent)
    finally:
        beside.unlink(missing_ok=True)
        if lasting:  # the folder of thousands of files is not searched for each
            sweep(path)


def half_written(path: Path) -> Path:
    """Path at which this process writes a file before it gets its name: hidden, in the same folder."""
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


def new_file(path: Path) -> int:
    """The handle of a new, empty file of this name. What stood there goes: a file left by a kill, or a planted link,
    which is not followed. Raises OSError.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        return os.open(path, flags, 0o666)
    except FileExistsError:
        path.unlink()
        return os.open(path, flags, 0o666)


def version_file(path: Path, number: int) -> Path:
    """Path of the previous version (1), of the one before (2), …"""
    return path.with_name(f"{path.name}.{number}")


def sync_path(path: Path) -> None:
    """Sync a file's content to the disk."""
    with path.open("rb+") as stream:
        _sync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk; a system that cannot open folders does so by itself."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _keep_version(path: Path, versions: int) -> None:
    for number in range(versions, 1, -1):
        with contextlib.suppress(FileNotFoundError):
            os.replace(version_file(path, number - 1), version_file(path, number))
    newest = version_file(path, 1)
    newest.unlink(missing_ok=True)
    try:
        os.link(path, newest)
    except OSError:  # a file system without links
        shutil.copyfile(path, newest)


def _sync(handle: int) -> None:
    try:
        import fcntl

        fcntl.fcntl(handle, fcntl.F_FULLFSYNC)  # type: ignore[attr-defined]
    except (ImportError, AttributeError, OSError):
        os.fsync(handle)


def sweep(path: Path) -> None:
    """Remove half-written files of killed processes. One of the future is as old: the clock was set back."""
    for left in path.parent.glob(f".{escape(path.name)}.*.tmp"):
        with contextlib.suppress(OSError):
            if abs(time.time() - left.lstat().st_mtime) > STALE_AFTER_S:
                left.unlink()
