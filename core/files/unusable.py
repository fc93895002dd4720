"""What is wrong with a file from elsewhere: one record that cannot be used, or the whole file; and the bounds."""

from __future__ import annotations

from pathlib import Path

from core.errors import FitloopError, ReadError

MAX_FILE_BYTES = 512 * 2**20
MAX_COORDINATE = 1e6  # px; farther out nothing is a place in a photo


class Unusable(FitloopError):
    """One record cannot be used; the text is the reason. Never leaves core.formats."""


def read_error(path: Path | str, problem: str, remedy: str, record: str = "") -> ReadError:
    """What is wrong, where and what next: 'people.json, annotation 3: ... Choose ...'."""
    where = f"{Path(path).name}, {record}" if record else Path(path).name
    return ReadError(f"{where}: {problem.rstrip('.')}. {remedy}")
