"""Of which of SMPL's bodies a shape is, where a file tells the person's gender: 3DPW, and SPIN's files of it.

SPIN's column `gender` speaks of the row's own truth. Fits beside it are always of the neutral body.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.body.model import SMPL_NEUTRAL
from core.errors import ReadError
from core.files.untrusted import read_arrays
from core.formats.shared.people import text_column

COLUMN = "gender"
NEUTRAL = ""
GENDERS = ("m", "f")  # of the bodies that are not the neutral one
BODIES = {NEUTRAL: SMPL_NEUTRAL, "m": "smpl-male", "f": "smpl-female"}
_OF_BODY = {BODIES[gender]: gender for gender in GENDERS}
_TOLD = {"m": "m", "male": "m", "f": "f", "female": "f", "n": NEUTRAL, "neutral": NEUTRAL, "": NEUTRAL}


def gender_of(told: str) -> str | None:
    """'m', 'f' or NEUTRAL of what a file tells, None where that is none of them."""
    return _TOLD.get(told.lower())


def column_of(bodies: Iterable[str]) -> NDArray[np.str_]:
    """The column (N,) for shapes of these bodies: 'm', 'f', and 'n' for any but SMPL's male and female one."""
    return np.array([_OF_BODY.get(body, "n") for body in bodies], "U1")


def is_gendered(body: str) -> bool:
    """Whether a shape of this body is one of SMPL's male or female one."""
    return body in _OF_BODY


def genders_of(path: Path, count: int) -> NDArray[np.str_]:
    """(N,) 'm', 'f' or NEUTRAL of each row of a data set .npz; NEUTRAL where it tells none. Raises ReadError."""
    column = read_arrays(path, (COLUMN,)).get(COLUMN)
    return np.full(count, NEUTRAL) if column is None else genders_in(column, path, count)


def genders_in(column: np.ndarray, path: Path, count: int) -> NDArray[np.str_]:
    """As `genders_of`, from the column itself."""
    if column.shape != (count,) or column.dtype.kind not in "US":
        raise ReadError(
            f"{path}, gender: it is {column.shape} of {column.dtype}, but must be {count} texts. Export it again."
        )
    told = [name or "" for name in text_column(column)]
    strange = sorted({name for name in told if gender_of(name) is None})
    if strange:
        raise ReadError(f"{path}, gender: {strange[0]!r} is none. Use 'm', 'f' or 'neutral'.")
    return np.array([gender_of(name) for name in told], np.str_)
