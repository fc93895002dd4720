"""Of which of SMPL's bodies the shapes of a data set are: its column `gender`, as SPIN's files of 3DPW have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.body.model import Body, body_from_arrays
from core.errors import ReadError
from core.formats.people import text_column
from core.formats.source import read_arrays

NEUTRAL = ""
_GENDERS = {"m": "m", "male": "m", "f": "f", "female": "f", "n": NEUTRAL, "neutral": NEUTRAL, "": NEUTRAL}
GENDERS = ("m", "f")  # of the bodies that are not the neutral one


def genders_of(path: Path, count: int) -> NDArray[np.str_]:
    """(N,) 'm', 'f' or NEUTRAL of each row of a data set .npz; NEUTRAL where it tells none. Raises ReadError."""
    column = read_arrays(path, ("gender",)).get("gender")
    if column is None:
        return np.full(count, NEUTRAL)
    if column.shape != (count,) or column.dtype.kind not in "US":
        raise ReadError(
            f"{path}, gender: it is {column.shape} of {column.dtype}, but must be {count} texts. Export it again."
        )
    told = [(name or "").lower() for name in text_column(column)]
    strange = sorted(set(told) - _GENDERS.keys())
    if strange:
        raise ReadError(f"{path}, gender: {strange[0]!r} is none. Use 'm', 'f' or 'neutral'.")
    return np.array([_GENDERS[name] for name in told], np.str_)


def check_bodies(gendered: Mapping[str, Body], body: Body) -> None:
    """Raises ReadError for a gender that SMPL has no body of, or a body of another mesh than the neutral one's."""
    for name, one in gendered.items():
        if name not in GENDERS:
            raise ReadError(f"--body-of {name}: no such gender. Use {' or '.join(GENDERS)}.")
        if len(one.v_template) != len(body.v_template):
            raise ReadError(
                f"--body-of {name}: {one.name} has {len(one.v_template)} vertices, but {body.name} "
                f"{len(body.v_template)}. Give SMPL's own for all: --body, --body-of m, --body-of f."
            )


def measured_alike(gendered: Mapping[str, Body], body: Body) -> dict[str, Body]:
    """The same bodies with the regressors of `body`, as SPIN measures them: joints of one are compared with joints of
    the other, and files lie in folders of their own, of which one alone may have the regressors beside it."""
    h36m, extra = body.arrays.h36m_regressor, body.arrays.extra_regressor
    return {
        name: body_from_arrays(replace(one.arrays, h36m_regressor=h36m, extra_regressor=extra))
        for name, one in gendered.items()
    }


def each_on_its_own(
    gendered: Mapping[str, Body], body: Body, genders: NDArray[np.str_]
) -> list[tuple[Body, Tensor]]:
    """Bodies, and which rows (B,) bool stand on each: those of a gender on the body given for it, all others on
    `body`."""
    own = [(one, genders == name) for name, one in gendered.items()]
    own.append((body, ~np.isin(genders, list(gendered))))
    return [(one, torch.from_numpy(rows)) for one, rows in own if rows.any()]
