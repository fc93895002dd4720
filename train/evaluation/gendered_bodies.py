"""Measuring on SMPL's male and female bodies, for data sets whose shapes are of them (core.formats.shared.genders)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.body.model import Body, body_from_arrays
from core.errors import ReadError
from core.formats.shared.genders import GENDERS


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
