"""Maps a file's gender to the SMPL body of its shapes: neutral, male or female.

3DPW has genders, and SPIN's files made from it. SPIN's column `gender` applies to the row's own truth. Fits files
beside a data set are always of the neutral body.
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
GENDERS = ("m", "f")  # of SMPL's male and female body
BODIES = {NEUTRAL: SMPL_NEUTRAL, "m": "smpl-male", "f": "smpl-female"}
_OF_BODY = {BODIES[gender]: gender for gender in GENDERS}
_TOLD = {"m": "m", "male": "m", "f": "f", "female": "f", "n": NEUTRAL, "neutral": NEUTRAL, "": NEUTRAL}


def gender_of(told: str) -> str | None:
    """'m', 'f' or NEUTRAL for a file's text, None if it is no gender of SMPL."""
    return _TOLD.get(told.lower())


def column_of(bodies: Iterable[str]) -> NDArray[np.str_]:
    """The gender column (N,) for shapes of these bodies: 'm', 'f', or 'n' for all other bodies."""
    return np.array([_OF_BODY.get(body, "n") for body in bodies], "U1")


def is_gendered(body: str) -> bool:
    """True for the fingerprint of SMPL's male or female body."""
    return body in _OF_BODY


def genders_of(path: Path, count: int) -> NDArray[np.str_]:
    """(N,) 'm', 'f' or NEUTRAL of each row of a data set .npz; NEUTRAL without the column. Raises ReadError."""
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
        raise ReadError(f"{path}, gender: {strange[0]!r} is unknown. Use 'm', 'f' or 'neutral'.")
    return np.array([gender_of(name) for name in told], np.str_)
