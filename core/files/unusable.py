"""Errors for files from elsewhere, for one record or the whole file; and the bounds."""

from __future__ import annotations

from pathlib import Path

from core.errors import FitloopError, ReadError

MAX_FILE_BYTES = 512 * 2**20
MAX_COORDINATE = 1e6  # px; farther out nothing is a place in a photo


class Unusable(FitloopError):
    """One record cannot be used; the text is the reason. Never leaves core.formats."""


def read_error(path: Path | str, problem: str, remedy: str, record: str = "") -> ReadError:
    """A ReadError with place, fault and remedy: 'people.json, annotation 3: ... Choose ...'."""
    where = f"{Path(path).name}, {record}" if record else Path(path).name
    return ReadError(f"{where}: {problem.rstrip('.')}. {remedy}")
